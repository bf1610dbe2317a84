"""Arrays on the screen: the end of a lesson, JSON, the patterns of their gates, and the circuit behind one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.array_passes import (
    ArraySolution,
    gradient_formula,
    in_words,
    is_named,
    pull_of,
    solve_arrays,
)
from backprop_tutor.engine.arrays import Matrix, mapped, shape_of, written_shape
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.unfolding import unfolded
from backprop_tutor.show.pictures import drawn
from backprop_tutor.show.words import Indented, Look, heading
from backprop_tutor.text import visible
from backprop_tutor.tutor.array_derivation import arrays_of, backward_steps, new_array, spread

_MOST_OPENED: Final = 60  # gates of the circuit behind one array gate: more would not make a picture


def closing(exercise: Exercise) -> Iterator[RenderableType]:
    """Every gradient as a formula, and the new weights of a training step."""
    solution = arrays_of(exercise.solution)
    graph = solution.graph
    yield Text("\nAs formulas", style="bold")
    lines = []
    for name in reversed(graph.names):
        if is_named(graph, name) and name != graph.output_name and name not in exercise.given:
            found = gradient_formula(graph, name)
            shape = f"{written_shape(graph.shape(name))}{spread(graph, found, name).replace(' for', ', for')}"
            lines.append(Text(f"∂{exercise.loss}/∂{name} = {found}   ({shape})"))
    yield Indented(Text("\n").join(lines))
    if exercise.update is not None:
        yield Text(f"\nOne training step, at the rate {exercise.update.rate:g}", style="bold")
        steps = []
        for name in exercise.update.nodes:
            new = in_words(new_array(solution, name, exercise.update.rate))
            steps.append(Text(f"new {name} = {name} - {exercise.update.rate:g}*d{name} = ").append(new, "value"))
        yield Indented(Text("\n").join(steps))


def array_json(exercise: Exercise, nodes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`nodes` with shape, value and gradient each, every branch with upstream, pull and downstream, the new arrays."""
    solution, graph = arrays_of(exercise.solution), exercise.graph
    with_numbers = not solution.is_sample
    for name, what in nodes.items():
        what["shape"] = list(graph.shape(name))
        if with_numbers:
            what |= {"value": _clean(solution.array(name)), "gradient": _clean(solution.slope(name))}
    branches = {}
    for branch in graph.branches:
        flow = solution.array_flow(branch)
        row: dict[str, Any] = {"gate": branch.gate, "pull": flow.pull}
        if with_numbers:
            row |= {"upstream": _clean(flow.upstream), "downstream": _clean(flow.downstream)}
            row |= {"local": _clean(flow.local)} if flow.local is not None else {}
        branches[branch.name] = row
    upstream = exercise.upstream if exercise.upstream_array is None else exercise.upstream_array
    found: dict[str, Any] = {"upstream": upstream, "nodes": nodes, "branches": branches}
    if exercise.update is not None:
        rate = exercise.update.rate
        found["updates"] = {
            name: {
                "old": _clean(solution.array(name)),
                "step": _clean(mapped(lambda slope: -rate * slope, solution.slope(name))),
                "new": _clean(new_array(solution, name, rate)),
            }
            for name in exercise.update.nodes
        }
    return found


def _clean(array: Matrix) -> Matrix:
    return mapped(lambda entry: entry + 0.0, array)  # never -0.0


_TINY: Final = ([[1.0, 2.0], [3.0, -4.0]], [[2.0, -1.0], [0.5, 3.0]])
"""The inputs of a tiny circuit, where the row of its gate names none."""
_UPSTREAM: Final = (2.0, -1.0, 3.0)


def tiny(name: str) -> ArraySolution:
    """The tiny circuit of an array gate, solved, with an upstream array whose entries differ."""
    gate = ARRAY_GATES[name]
    written, inputs = gate.example
    at = dict(zip(gate.slots, inputs or _TINY, strict=False))
    text = f"f = {written or gate.written(gate.slots, 2.0 if gate.has_constant else None)}"
    graph = read_graph(text, at, shapes={one: shape_of(array) for one, array in at.items()})
    rows, columns = (int(size) for size in graph.shapes[graph.output])
    up = [[_UPSTREAM[(row + column) % len(_UPSTREAM)] for column in range(columns)] for row in range(rows)]
    return solve_arrays(graph, at, up)


def array_pattern(name: str, look: Look) -> RenderableType:
    """One gate of arrays: its sentence, a tiny circuit with numbers, and each pull as a formula and in numbers."""
    solution, gate = tiny(name), ARRAY_GATES[name]
    (step,) = backward_steps(solution, "L")
    lines = Text("\n").join(Text("  " * line.under + line.text).append(line.result, "gradient") for line in step.lines)
    head = Indented(Text(gate.pattern[:1].upper() + gate.pattern[1:]), 0)
    return Group(heading(name, look.width), head, drawn(complete_picture(solution), look), Indented(lines, 0), Text())


def opened(exercise: Exercise, name: str, look: Look) -> RenderableType:
    """The circuit of numbers behind a gate of arrays, with every value and gradient."""
    solution = arrays_of(exercise.solution)
    node = solution.graph.node(name)
    behind = unfolded(solution, name)
    numbers = solve(behind.graph, behind.inputs)
    size = len(behind.graph.gate_names)
    words = (
        f"{name} = {node.written} is made of {size} gates of one number. The last of them multiply each entry by its"
    )
    parts: list[RenderableType] = [heading(f"Behind {name} = {node.written}", look.width)]
    parts.append(Text(f"{words} upstream gradient, ∂{visible(exercise.loss)}/∂{name}, and add the results."))
    forks = [one for one in behind.graph.forks if one in behind.inputs]
    if forks:
        parts.append(Text(f"Used more than once, and therefore forks: {', '.join(forks)}."))
    parts.append(drawn(complete_picture(numbers), look._replace(view="tape") if size > _MOST_OPENED else look))
    for source in dict.fromkeys(node.inputs):
        array = [[numbers.gradients[one] for one in row] for row in behind.nodes[source]]
        pulls = [pull_of(solution.graph, one) for one in solution.graph.branches_into(name) if one.source == source]
        parts.append(Text(f"d{source} = {' + '.join(pulls)} = {in_words(array)}"))
    return Group(*parts)
