"""The worked solution as a lesson: the function, the forward pass, the backward pass one gate a step, the formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.picture import drawn
from backprop_tutor.show.pictures import complete_picture, forward_picture, partial_picture
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.tutor.stages.circuit import formula_of, terms_of, worked_operands

MOST_SYMBOLIC = 40
"""The most gates for which the gradients are written as formulas."""


@dataclass(frozen=True, slots=True)
class View:
    """How a lesson is drawn."""

    width: int
    view: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One gate of the backward pass: the gate, and what is known of the gradients once it is done."""

    gate: str
    known: frozenset[str]


def backward_steps(solution: Solution) -> list[Step]:
    """The gates in reverse topological order, each with the labels known after it: its branches, and the forks they
    complete."""
    graph = solution.graph
    known = {graph.output_name}
    steps = []
    for gate in reversed(graph.gate_names):
        known |= {branch.name for branch in graph.branches_into(gate)}
        known |= {name for name in graph.forks if all(branch.name in known for branch in graph.branches_from[name])}
        steps.append(Step(gate, frozenset(known)))
    return steps


def forward_lines(solution: Solution) -> Text:
    """The forward pass, one gate a line: `g1 = w0 * x0 = 2.00 * (-1.00) = -2.00`."""
    graph = solution.graph
    text = Text()
    for name in graph.gate_names:
        text.append(f"  {name} = {graph.node(name).written} = {worked_operands(solution, name)} = ")
        text.append(f"{shown(solution.value(name))}\n", "green")
    text.rstrip()
    return text


def step_text(exercise: Exercise, solution: Solution, step: Step) -> RenderableType:
    """One gate of the backward pass: its pattern, and upstream, local, downstream of every branch; then the forks it
    completes."""
    graph, loss = solution.graph, exercise.loss
    node = graph.node(step.gate)
    assert node.gate is not None
    text = Text(f"{node.gate.name}, {node.gate.pattern}\n")
    text.append(f"upstream ∂{loss}/∂{node.name} = {shown(solution.gradient(node.name))}\n")
    for branch in graph.branches_into(step.gate):
        flow = solution.flow(branch)
        text.append(
            f"{branch.name}: local ∂{node.name}/∂{branch.source} = "
            f"{with_number(formula_of(solution, flow), flow.local)}\n"
        )
        text.append(f"  upstream × local = {shown(flow.upstream)} * {signed(flow.local)} = ")
        text.append(f"{shown(flow.downstream)}\n", "red")
    for name in forks_completed(solution, step):
        text.append(f"forks add: ∂{loss}/∂{name} = {terms_of(solution, name)}\n")
    text.rstrip()
    return Group(Text(f"{node.name} = {node.written}", style="bold"), Indented(text))


def forks_completed(solution: Solution, step: Step) -> list[str]:
    """The forks whose last branch enters this gate."""
    graph = solution.graph
    sources = dict.fromkeys(branch.source for branch in graph.branches_into(step.gate))
    return [name for name in sources if name in graph.forks and graph.branches_from[name][0].gate == step.gate]


def lesson(exercise: Exercise, solution: Solution, view: View) -> Iterator[RenderableType]:
    """The whole lesson, part by part, down the page."""
    yield opening(exercise, solution, view)
    yield Text("\nForward pass", style="bold")
    yield forward_lines(solution)
    yield Text("\nBackward pass, one gate a step", style="bold")
    yield _beginning(exercise)
    for step in backward_steps(solution):
        yield step_text(exercise, solution, step)
    yield drawn(complete_picture(solution), view.width, view.view, view.plain)
    yield from closing(exercise, solution)


def _beginning(exercise: Exercise) -> Text:
    from backprop_tutor.show.practice import given_upstream, is_the_loss

    return Text(
        f"  {given_upstream(exercise)}" + (": it begins at the loss itself." if is_the_loss(exercise) else " is given.")
    )


def opening(exercise: Exercise, solution: Solution, view: View) -> RenderableType:
    """The function and its numbers, and the graph with its forward values."""
    from backprop_tutor.show.practice import problem

    return Group(
        problem(exercise, view.width), Text(), drawn(forward_picture(solution), view.width, view.view, view.plain)
    )


def step_screen(exercise: Exercise, solution: Solution, steps: list[Step], number: int, view: View) -> RenderableType:
    """One step of the animation: the circuit with this gate lit, and what happens at it."""
    step = steps[number]
    head = heading(f"Backward pass, step {number + 1} of {len(steps)}", view.width)
    picture = partial_picture(solution, step.known, lit=step.gate)
    return Group(head, drawn(picture, view.width, view.view, view.plain), Text(), step_text(exercise, solution, step))


def closing(exercise: Exercise, solution: Solution) -> Iterator[RenderableType]:
    """∂f/∂input as one formula each, beside the gradient found; of a network, its deltas and new weights instead."""
    graph = solution.graph
    if exercise.neurons or exercise.update:
        from backprop_tutor.show.network import network_lesson

        yield from network_lesson(exercise, solution)
    if not exercise.neurons and len(graph.gate_names) <= MOST_SYMBOLIC:
        yield Text("\nAs formulas", style="bold")
        yield _formulas(exercise, solution)
    tail = sigmoid_tail(solution)
    if tail:
        from backprop_tutor.show.sigmoid import sigmoid_lesson

        yield Text("\nThe last four gates are one sigmoid gate", style="bold")
        yield sigmoid_lesson(exercise, solution, tail)


def _formulas(exercise: Exercise, solution: Solution) -> RenderableType:
    from backprop_tutor.engine.evaluate import evaluate
    from backprop_tutor.engine.language import parse, tokens
    from backprop_tutor.engine.symbolic import gradient_formulas

    graph = solution.graph
    formulas = gradient_formulas(graph, solution.values)
    names = dict(zip(graph.names, solution.values, strict=True))
    times = (
        ""
        if exercise.upstream == 1
        else f" (that times ∂{exercise.loss}/∂{graph.output_name} = {shown(exercise.upstream)})"
    )
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
