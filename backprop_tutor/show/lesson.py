"""The worked solution as a lesson, and as JSON; and the pattern of each gate, worked out at a tiny circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.gates import GATES, Gate
from backprop_tutor.engine.graph import GraphBuilder
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.show.network import network_lesson
from backprop_tutor.show.pictures import complete_picture, drawn, forward_picture, partial_picture
from backprop_tutor.show.practice import given_upstream, is_the_loss, problem
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.tutor.lesson import Step, backward_steps, forward_steps
from backprop_tutor.tutor.signals import Signals
from backprop_tutor.tutor.stages.stage import formula_of

MOST_SYMBOLIC = 40
"""The most gates for which the gradients are written as formulas."""
DERIVATION = (
    "exp(-x)/(1 + exp(-x))**2",
    "((1 + exp(-x) - 1)/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - 1/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - sigmoid(x)) * sigmoid(x)",
)
"""dσ/dx from the reciprocal and chain rules to (1 - σ)σ, each step equal to the one before, in the graph language."""
_UNDER: Final = "\n              = "
UPSTREAM: Final = 2.0
FORK: Final = "fork"
_OPERANDS: Final = (3.0, -4.0)
_POSITIVE: Final = 0.5
_CONSTANT: Final = 3.0
_FORK_SENTENCE: Final = (
    "distributes forward and adds backward: the gradient of a fork is the sum of what its branches carry back"
)


@dataclass(frozen=True, slots=True)
class View:
    """How a lesson is drawn."""

    width: int
    view: str
    plain: bool


def forward_lines(solution: Solution) -> Text:
    """The forward pass, one gate a line: `g1 = w0 * x0 = 2.00 * (-1.00) = -2.00`."""
    lines = [line for step in forward_steps(solution) for line in step.lines]
    return Text("\n").join(Text(f"  {line.text}").append(line.result, "green") for line in lines)


def step_text(step: Step) -> RenderableType:
    """One gate of the backward pass: its formula, and under it what is said."""
    said = [Text("  " * line.under + line.text).append(line.result, "red") for line in step.lines]
    return Group(Text(step.formula, style="bold"), Indented(Text("\n").join([Text(step.pattern), *said])))


def lesson(exercise: Exercise, solution: Solution, view: View) -> Iterator[RenderableType]:
    """The whole lesson, part by part, down the page."""
    yield opening(exercise, solution, view)
    yield Text("\nForward pass", style="bold")
    yield forward_lines(solution)
    yield Text("\nBackward pass, one gate a step", style="bold")
    why = ": it begins at the loss itself." if is_the_loss(exercise) else " is given."
    yield Text(f"  {given_upstream(exercise)}{why}")
    for step in backward_steps(solution, exercise.loss):
        yield step_text(step)
    yield drawn(complete_picture(solution), view.width, view.view, view.plain)
    yield from closing(exercise, solution)


def opening(exercise: Exercise, solution: Solution, view: View) -> RenderableType:
    """The function and its numbers, and the graph with its forward values."""
    circuit = drawn(forward_picture(solution), view.width, view.view, view.plain)
    return Group(problem(exercise, view.width), Text(), circuit)


def step_screen(solution: Solution, steps: Sequence[Step], number: int, view: View) -> RenderableType:
    """One step of the animation: the circuit with this gate lit, and what happens at it."""
    step = steps[number]
    head = heading(f"Backward pass, step {number + 1} of {len(steps)}", view.width)
    known = {name for done in steps[: number + 1] for _, name in done.shows}
    picture = partial_picture(solution, known, lit=step.gate)
    return Group(head, drawn(picture, view.width, view.view, view.plain), Text(), step_text(step))


def closing(exercise: Exercise, solution: Solution) -> Iterator[RenderableType]:
    """∂f/∂input as one formula each, beside the gradient found; of a network, its deltas and new weights instead."""
    graph = solution.graph
    if exercise.neurons or exercise.update:
        yield from network_lesson(exercise, solution)
    if not exercise.neurons and len(graph.gate_names) <= MOST_SYMBOLIC:
        yield Text("\nAs formulas", style="bold")
        yield _formulas(exercise, solution)
    tail = sigmoid_tail(solution)
    if tail:
        yield Text("\nThe last four gates are one sigmoid gate", style="bold")
        yield sigmoid_lesson(exercise, solution, tail)


def _formulas(exercise: Exercise, solution: Solution) -> RenderableType:
    from backprop_tutor.engine.symbolic import gradient_formulas  # 0.4 s, and `patterns` and JSON do without

    graph = solution.graph
    formulas = gradient_formulas(graph, solution.values)
    names = dict(zip(graph.names, solution.values, strict=True))
    times = f" (that times ∂{exercise.loss}/∂{graph.output_name} = {shown(exercise.upstream)})"
    times = "" if exercise.upstream == 1 else times
    text = Text()
    for name in graph.input_names:
        partial = f"∂{graph.output_name}/∂{name}"
        found = f"the backward pass found ∂{exercise.loss}/∂{name}{times} = "
        formula = formulas.get(name)
        if formula is None:
            text.append(f"{partial}: as one formula too long to read; {found}")
        else:
            value = evaluate(parse(tokens(formula), (0, len(formula))), names)
            text.append(f"{partial} = {formula}\n  = {shown(value)}; {found}")
        text.append(f"{shown(solution.gradient(name))}\n", "red")
    text.rstrip()
    return Indented(text)


def sigmoid_tail(solution: Solution) -> list[str]:
    """The last four gates, if they are 1/(1 + exp(-h)): scale -1, exp, shift 1, reciprocal, one after another."""
    graph = solution.graph
    names = graph.gate_names[-4:]
    kinds = [(node.gate.name if node.gate else "", node.constant) for node in map(graph.node, names)]
    wanted = [("scale", -1.0), ("exp", None), ("shift", 1.0), ("reciprocal", None)]
    if kinds != wanted:
        return []
    chained = all(
        graph.node(later).inputs == (name,) and len(graph.branches_from[name]) == 1 for name, later in pairwise(names)
    )
    return names if chained else []


def sigmoid_lesson(exercise: Exercise, solution: Solution, tail: Sequence[str]) -> Indented:
    """Derives σ' step by step, then finds the gradient at the input of the four gates in one step."""
    graph, loss = solution.graph, exercise.loss
    (entering,) = graph.node(tail[0]).inputs
    output = tail[-1]
    sigma = solution.value(output)
    flow = solution.flow(graph.branches_into(tail[0])[0])
    at = f"{entering} = {shown(solution.value(entering))}"
    text = Text(f"{', '.join(tail)} compute sigmoid(x) = 1/(1 + e^-x) at x = {at}. Its derivative:\n")
    text.append(f"  sigmoid'(x) = {_UNDER.join(DERIVATION)}\n")
    local = f"(1 - {shown(sigma)}) * {shown(sigma)} = {shown(sigma * (1 - sigma))}"
    text.append(f"So one sigmoid gate with the value {shown(sigma)} has the local gradient {local}, ")
    text.append(f"and ∂{loss}/∂{entering} = {shown(solution.gradient(output))} * {signed(sigma * (1 - sigma))} = ")
    text.append(shown(solution.gradient(output) * sigma * (1 - sigma)), "red")
    text.append(f", as found through the four gates: {shown(flow.downstream)}.")
    return Indented(text)


def pattern(name: str, width: int, view: str, plain: bool) -> RenderableType:
    """One gate, or the fork: its sentence, a circuit with numbers, and how each branch comes about."""
    if name == FORK:
        builder = GraphBuilder()
        x, y = builder.input("x"), builder.input("y")
        added = builder.gate("add", builder.gate("mul", x, y, name="p"), x, name="f")
        solution = solve(builder.build(added), _OPERANDS, UPSTREAM)
        terms = " + ".join(signed(solution.flow(branch).downstream) for branch in solution.graph.branches_from["x"])
        lines = [f"∂L/∂x = {terms} = {shown(solution.gradient('x'))}"]
        sentence = _FORK_SENTENCE
    else:
        solution = tiny(GATES[name])
        lines = [_worked(solution, slot) for slot in range(GATES[name].arity)]
        sentence = GATES[name].pattern
    head = Text.assemble((name, "bold"), f"  {sentence}")
    circuit = drawn(complete_picture(solution), width, view, plain)
    return Group(heading(name, width), head, circuit, Text("\n".join(lines)), Text())


def names() -> list[str]:
    """Everything that has a pattern: the lecture's four first, then every other gate of the table."""
    first = ["add", "max", "mul", FORK]
    return first + [name for name in GATES if name not in first]


def tiny(gate: Gate) -> Solution:
    """The gate alone, at numbers of its domain."""
    builder = GraphBuilder()
    inputs = [builder.input(name) for name in ("x", "y")[: gate.arity]]
    node = builder.gate(gate.name, *inputs, constant=_CONSTANT if gate.has_constant else None, name="f")
    values = _OPERANDS if gate.arity == 2 else (_POSITIVE,)
    return solve(builder.build(node), values, UPSTREAM)


def _worked(solution: Solution, slot: int) -> str:
    flow = solution.flow(solution.graph.branches_into("f")[slot])
    source, local = flow.branch.source, with_number(formula_of(solution, flow), flow.local)
    product = f"{shown(flow.upstream)} * {signed(flow.local)} = {shown(flow.downstream)}"
    return f"∂L/∂{source} = upstream × local = {product}, since ∂f/∂{source} = {local}"


def solution_json(exercise: Exercise) -> dict[str, Any]:
    """Every node with its value and gradient, every branch with upstream, local and downstream."""
    solution, graph = exercise.solution, exercise.graph
    nodes: dict[str, dict[str, Any]] = {}
    for node in graph.nodes:
        numbers = {"value": solution.value(node.name) + 0.0, "gradient": solution.gradient(node.name) + 0.0}
        what: dict[str, Any] = {"kind": "input"}
        if node.gate is not None:
            what = {"kind": "gate", "gate": node.gate.name, "inputs": list(node.inputs)}
            what |= {} if node.constant is None else {"constant": node.constant}
        nodes[node.name] = what | numbers
    branches = {}
    for flow in map(solution.flow, graph.branches):
        numbers = {"upstream": flow.upstream, "local": flow.local + 0.0, "downstream": flow.downstream}
        branches[flow.branch.name] = {"gate": flow.branch.gate, **numbers}
    head = {"format": "backprop-tutor/solution@1", "exercise": exercise.id, "seed": exercise.seed}
    given = {"output": graph.output_name, "upstream": exercise.upstream}
    return {**head, **given, "nodes": nodes, "branches": branches, **_deltas(exercise), **_updates(exercise)}


def _deltas(exercise: Exercise) -> dict[str, Any]:
    """Every neuron's delta, from the output layer back; the error of those at the output beside it."""
    if not exercise.neurons:
        return {}
    signals = Signals(exercise, exercise.solution)
    neurons = signals.neurons
    errors = {y: {"error": signals.error(y) + 0.0} for y in neurons.outputs if neurons.desired[y] is not None}
    return {"deltas": {y: {**errors.get(y, {}), "delta": signals.delta(y)} for y in neurons.order}}


def _updates(exercise: Exercise) -> dict[str, Any]:
    """Every updated input, before and after one step of descent: step = -rate * dL/dw."""
    update, solution = exercise.update, exercise.solution
    if update is None:
        return {}
    found = {}
    for name in update.nodes:
        old, step = solution.value(name), -update.rate * solution.gradient(name) + 0.0
        found[name] = {"old": old, "step": step, "new": old + step}
    return {"updates": found}
