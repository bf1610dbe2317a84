"""The worked solution as a lesson, and as JSON; and the pattern of each gate, worked out at a tiny circuit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.solution import complete_picture, forward_picture, partial_picture
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.formatting import equation, formula, product, shown
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.show.network import network_lesson
from backprop_tutor.show.pictures import drawn
from backprop_tutor.show.practice import given_upstream, is_the_loss, problem
from backprop_tutor.show.words import Indented, Look, heading
from backprop_tutor.tutor.derivation import Step, carried, local_of, sides_beyond, sum_of
from backprop_tutor.tutor.lesson import backward_steps, forward_steps
from backprop_tutor.tutor.mistakes.words import often_said, slips_at_fork, slips_at_gate
from backprop_tutor.tutor.network import Signals

MOST_SYMBOLIC = 40
"""The most gates for which the gradients are written as formulas."""
DERIVATION = (
    "exp(-x)/(1 + exp(-x))**2",
    "((1 + exp(-x) - 1)/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - 1/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - sigmoid(x)) * sigmoid(x)",
)
"""dσ/dx from the reciprocal and chain rules to (1 - σ)σ, each step equal to the previous one, in the graph language."""
_UNDER: Final = "\n              = "
_SIGMOID: Final = [("scale", -1.0), ("exp", None), ("shift", 1.0), ("reciprocal", None)]
"""The gates of 1/(1 + exp(-h)), one after another, with their constants."""
UPSTREAM: Final = 2.0
FORK: Final = "fork"
_OPERANDS: Final[tuple[float, ...]] = (3.0, -4.0)
_POSITIVE: Final = 0.5
_CONSTANT: Final = 3.0
_FORK_SENTENCE: Final = (
    "distributes forward and adds backward: a fork's gradient is the sum of what its branches carry back"
)


def forward_lines(solution: Solution) -> Indented:
    """The forward pass, one gate a line: `g1 = w0 * x0 = 2.00 * (-1.00) = -2.00`."""
    lines = [line for step in forward_steps(solution) for line in step.lines]
    return Indented(Text("\n").join(Text(line.text).append(line.result, "value") for line in lines))


def step_text(step: Step) -> RenderableType:
    """One gate of the backward pass: its formula, with its lines underneath."""
    said = [Text("  " * line.under + line.text).append(line.result, "gradient") for line in step.lines]
    said += [Text(step.often)] if step.often else []
    return Group(Text(step.formula, style="bold"), Indented(Text("\n").join([Text(step.pattern), *said])))


def lesson(exercise: Exercise, look: Look) -> Iterator[RenderableType]:
    """The whole lesson, part by part, down the page."""
    yield opening(exercise, look)
    yield Text("\nForward pass", style="bold")
    yield forward_lines(exercise.solution)
    yield Text("\nBackward pass, one gate at a time", style="bold")
    why = ": the backward pass starts at the loss itself." if is_the_loss(exercise) else " is given."
    yield Text(f"  {given_upstream(exercise)}{why}")
    yield from map(step_text, backward_steps(exercise.solution, exercise.loss))
    if exercise.has_numbers:
        yield drawn(complete_picture(exercise.solution), look)
    yield from closing(exercise)


def opening(exercise: Exercise, look: Look) -> RenderableType:
    """The function and its numbers, and the graph with its forward values."""
    return Group(problem(exercise, look.width), Text(), drawn(forward_picture(exercise.solution), look))


def opening_screens(exercise: Exercise, look: Look, rows: int, rows_of: Callable[[RenderableType], int]) -> list[Group]:
    """What comes before the first step: the exercise, its circuit and the forward pass, on one screen if they fit into
    this many rows; else the forward pass on its own."""
    lines = forward_lines(exercise.solution)
    whole = Group(opening(exercise, look), lines)
    if rows_of(whole) <= rows:
        return [whole]
    about, solution = problem(exercise, look.width), exercise.solution
    room = look._replace(rows=max(1, rows - rows_of(about) - 1))
    picture = drawn(forward_picture(solution), room, [solution.graph.output_name])
    head, pages = heading("Forward pass", look.width), [Text()]
    for line in lines.text.split("\n"):
        longer = Text("\n").join([pages[-1], line])
        if not pages[-1] or rows_of(Group(head, Indented(longer))) > rows:
            pages.append(line)
        else:
            pages[-1] = longer
    return [Group(about, Text(), picture), *(Group(head, Indented(page)) for page in pages[1:])]


def step_screen(solution: Solution, steps: Sequence[Step], number: int, look: Look) -> RenderableType:
    """One step of the animation: the circuit with this gate lit, and what happens at it."""
    step = steps[number]
    head = heading(f"Backward pass, step {number + 1} of {len(steps)}", look.width)
    known = {name for done in steps[: number + 1] for _, name in done.shows}
    picture = drawn(partial_picture(solution, known, lit=step.gate), look, step.branches)
    return Group(head, picture, Text(), step_text(step))


def has_formulas(exercise: Exercise) -> bool:
    """Whether the lesson ends with the gradients as formulas, for which SymPy is loaded."""
    return not exercise.neurons and len(exercise.graph.gate_names) <= MOST_SYMBOLIC


def closing(exercise: Exercise) -> Iterator[RenderableType]:
    """∂f/∂input as one formula each, beside the gradient found; for a network, its deltas and new weights instead."""
    if exercise.is_array:
        yield from _of_arrays().closing(exercise)
        return
    if exercise.neurons or exercise.update:
        yield from network_lesson(exercise)
    if has_formulas(exercise):
        yield Text("\nAs formulas", style="bold")
        yield Indented(Text("\n").join(_formulas(exercise)))
    tail = _sigmoid_tail(exercise.solution)
    if tail:
        yield Text("\nThe last four gates are one sigmoid gate", style="bold")
        yield _sigmoid_lesson(exercise, tail)


def _formulas(exercise: Exercise) -> Iterator[Text]:
    from backprop_tutor.engine.symbolic import gradient_formulas  # 0.4 s, and `patterns` and JSON do without

    solution, graph = exercise.solution, exercise.graph
    formulas = gradient_formulas(graph, solution.values)
    names = dict(zip(graph.names, solution.values, strict=True))
    asked = (name for name in graph.input_names if name not in exercise.given)
    for name, found in ((name, formulas.get(name)) for name in asked):
        text, gradient = Text(f"∂{graph.output_name}/∂{name}"), solution.gradient(name)
        worked = ""
        if found is None:
            text.append(": as one formula too long to read; ")
        else:
            value = evaluate(parse(tokens(found), (0, len(found))), names)
            text.append(f" = {formula(found)}{sides_beyond(solution, name)}\n  = {shown(value)}; ")
            if exercise.upstream != 1:
                worked = f"{product(exercise.upstream, value, result=gradient).left} = "
        text.append(f"the backward pass found ∂{exercise.loss}/∂{name} = {worked}")
        yield text.append(shown(gradient), "gradient")


def _sigmoid_tail(solution: Solution) -> list[str]:
    graph = solution.graph
    names = graph.gate_names[-len(_SIGMOID) :]
    kinds = [(node.gate.name if node.gate else "", node.constant) for node in map(graph.node, names)]
    chained = all(
        graph.node(later).inputs == (name,) and len(graph.branches_from[name]) == 1 for name, later in pairwise(names)
    )
    return names if kinds == _SIGMOID and chained else []


def _sigmoid_lesson(exercise: Exercise, tail: Sequence[str]) -> Indented:
    """Derives σ' step by step, then finds the gradient at the input of the four gates in one step."""
    solution, loss = exercise.solution, exercise.loss
    flow = solution.flow(solution.graph.branches_into(tail[0])[0])
    entering, sigma, upstream = flow.branch.source, solution.value(tail[-1]), solution.gradient(tail[-1])
    local = sigma * (1 - sigma)
    at = f"{entering} = {shown(solution.value(entering))}"
    text = Text(f"{', '.join(tail)} compute sigmoid(x) = 1/(1 + e^-x) at x = {at}. Its derivative:\n")
    text.append(f"  sigmoid'(x) = {_UNDER.join(formula(line, folds=False) for line in DERIVATION)}\n")
    text.append(f"So one sigmoid gate with the value {shown(sigma)} has the local gradient ")
    text.append(f"{equation('(1 - s) * s', {'s': sigma}, local)}, ")
    worked = product(upstream, local)
    text.append(f"and ∂{loss}/∂{entering} = {worked.left} = ")
    text.append(worked.right, "gradient")
    return Indented(text.append(f", as found through the four gates: {shown(flow.downstream)}."))


def _of_arrays() -> ModuleType:
    """The screens of arrays, loaded only when an exercise has arrays."""
    from backprop_tutor.show import arrays

    return arrays


def pattern(name: str, look: Look) -> RenderableType:
    """One gate, or the fork: its sentence, a circuit with numbers, and how each branch's gradient is found."""
    if name not in (FORK, *GATES):
        pattern_of_arrays: RenderableType = _of_arrays().array_pattern(name, look)
        return pattern_of_arrays
    solutions = _solved(name)
    if name == FORK:
        worked, sentence = [(solutions[0], [f"∂L/∂x = {sum_of(solutions[0], 'x')}"])], _FORK_SENTENCE
    else:
        gate = GATES[name]
        worked = [(one, [_worked(one, slot) for slot in range(gate.arity)]) for one in solutions]
        sentence = gate.pattern
    parts: list[RenderableType] = [heading(name, look.width), Indented(Text(sentence[:1].upper() + sentence[1:]), 0)]
    for solution, lines in worked:
        parts += [drawn(complete_picture(solution), look), Indented(Text("\n".join(lines)), 0), Text()]
    return Group(*parts)


def _solved(name: str) -> list[Solution]:
    """The tiny circuit of a gate of numbers, or of the fork, at each point that shows something else."""
    inputs, points = ["x", "y"], [_OPERANDS]
    written = "p = x*y; f = p + x"
    if name != FORK:
        gate = GATES[name]
        inputs = inputs[: gate.arity]
        written = f"f = {gate.written(inputs, _CONSTANT if gate.has_constant else None)}"
        if gate.arity == 1:  # beyond a kink something else happens
            points = [(_POSITIVE,), (-_POSITIVE,)] if gate.kinks else [(_POSITIVE,)]
    graph = read_graph(written, inputs)
    return [solve(graph, at, UPSTREAM) for at in points]


def often_wrong(name: str) -> RenderableType:
    """What people often do wrong at a gate, or at the fork; empty for a gate of arrays."""
    if name not in (FORK, *GATES):
        return Group()
    slips = slips_at_fork("x") if name == FORK else slips_at_gate(_solved(name), "f")
    return Indented(Text(often_said(slips)), 0)


def with_pattern() -> list[str]:
    """Everything with a pattern: the lecture's four first, then all other gates of both tables."""
    return list(dict.fromkeys(("add", "max", "mul", FORK, *GATES, *_of_arrays().ARRAY_GATES)))


def _worked(solution: Solution, slot: int) -> str:
    branch = solution.graph.branches_into("f")[slot]
    worked, local = carried(solution, branch), local_of(solution, branch)
    return f"∂L/∂{branch.source} = upstream × local = {worked}, since {local.whole}"


def solution_json(exercise: Exercise) -> dict[str, Any]:
    """Every node with its value and gradient, every branch with upstream, local and downstream."""
    solution, graph = exercise.solution, exercise.graph
    nodes: dict[str, dict[str, Any]] = {}
    for node in graph.nodes:
        what: dict[str, Any] = {"kind": "input"}
        if node.gate is not None:
            what = {"kind": "gate", "gate": node.gate.name, "inputs": list(node.inputs)}
        if node.constant is not None:
            what["constant"] = node.constant
        nodes[node.name] = what
    found: dict[str, Any] = {
        "format": "backprop-tutor/solution@1", "exercise": exercise.id, "seed": exercise.seed,
        "output": graph.output_name,
    }  # fmt: skip
    if exercise.is_array:
        found |= _of_arrays().array_json(exercise, nodes)
        return found
    for name, what in nodes.items():
        what |= {"value": solution.value(name) + 0.0, "gradient": solution.gradient(name) + 0.0}
    branches = {}
    for flow in map(solution.flow, graph.branches):
        numbers = {"upstream": flow.upstream, "local": flow.local + 0.0, "downstream": flow.downstream}
        branches[flow.branch.name] = {"gate": flow.branch.gate, **numbers}
    found |= {"upstream": exercise.upstream, "nodes": nodes, "branches": branches}
    if exercise.neurons:
        signals = Signals(exercise, solution)
        desired = signals.neurons.desired
        errors = {y: {"error": signals.error(y) + 0.0} for y in signals.neurons.outputs if desired[y] is not None}
        found["deltas"] = {y: {**errors.get(y, {}), "delta": signals.delta(y)} for y in signals.neurons.order}
    if exercise.update is not None:
        steps = {name: -exercise.update.rate * solution.gradient(name) + 0.0 for name in exercise.update.nodes}
        old = {name: solution.value(name) for name in steps}
        found["updates"] = {
            name: {"old": old[name], "step": steps[name], "new": old[name] + steps[name]} for name in old
        }
    return found
