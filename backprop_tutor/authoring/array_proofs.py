"""Verifies arrays: gradients equal finite differences of forward passes; and reports what shapes and numbers hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from backprop_tutor.authoring.proofs import Disproved
from backprop_tutor.authoring.report import Places, Remark
from backprop_tutor.course.array_numbers import array_kinks, asked_arrays, why_unusable_arrays
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.array_gates import is_entrywise, wrong_pulls
from backprop_tutor.engine.array_passes import ArraySolution, array_forward, labels_of, sample, solve_arrays
from backprop_tutor.engine.arrays import Matrix, entries, largest, shape_of, written_shape
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.text import listed

_STEP: Final = 1e-4
_CLOSE: Final = 1e-6
_ZERO: Final = 1e-9
_BY_SIZES: Final = "wrong-shape"
"""The mistake that equal sizes hide: an author who accepts it gets no warning about them."""
_MOST_ENTRIES: Final = 300
"""The most entries moved to verify one set of numbers; if there are more, every second one is moved, and so on."""


def gradients(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """Gradients that finite differences do not confirm. On a kink there is no slope to compare; labels cannot be moved,
    since they add up to 1."""
    solution = exercise.solution
    if not exercise.has_numbers or not isinstance(solution, ArraySolution) or any(array_kinks(solution)):
        return
    graph = solution.graph
    labels = labels_of(graph)
    inputs = [node for node in graph.leaves if node not in labels]
    places_of = [
        (graph.names[node], row, column)
        for node in inputs
        for row in range(len(solution.arrays[node]))
        for column in range(len(solution.arrays[node][0]))
    ]
    for name, row, column in places_of[:: 1 + len(places_of) // _MOST_ENTRIES]:
        computed = solution.slope(name)[row][column]
        found = _slope(solution, exercise.arrays, name, row, column)
        if found is None or abs(found - computed) > _CLOSE * max(1.0, abs(computed), solution.largest):
            what = f"d{exercise.loss}/d{name} in row {row + 1}, column {column + 1}"
            if found is None:
                yield Remark(places.node(name), what=f"{what} cannot be verified: its numbers are too extreme.")
            else:
                why = f"computed as {computed:.9g}, but finite differences give {found:.9g}. Please report it."
                yield Disproved(places.node(name), what=f"{what} is {why}")


def _slope(solution: ArraySolution, inputs: dict[str, Matrix], name: str, row: int, column: int) -> float | None:
    """The slope of the loss along one entry, by central differences of two widths and Richardson's extrapolation; None
    outside a domain."""
    graph, given = solution.graph, solution.slopes[solution.graph.output]

    def loss(change: float) -> float:
        moved = [list(line) for line in inputs[name]]
        moved[row][column] += change
        out = array_forward(graph, {**inputs, name: moved})[graph.output]
        return sum(u * v for us, vs in zip(given, out, strict=True) for u, v in zip(us, vs, strict=True))

    try:
        wide, narrow = ((loss(step) - loss(-step)) / (2 * step) for step in (_STEP, _STEP / 2))
    except OutOfDomain:
        return None
    return (4 * narrow - wide) / 3  # Richardson: the error of half the step is a quarter


def vanishes(exercise: Exercise, numbers: Mapping[str, float]) -> bool:
    """Whether every entry of some gradient that may be asked for is 0."""
    solution = exercise._replace(values=numbers).solution
    assert isinstance(solution, ArraySolution)
    asked = (name for name in exercise.graph.input_names if name not in exercise.given)
    return any(largest(solution.slope(name)) <= _ZERO * solution.largest for name in asked)


def doubtful(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """What is wrong with an exercise's own numbers, and what its sizes and numbers hide."""
    solution = exercise.solution
    assert isinstance(solution, ArraySolution)
    if exercise.has_numbers:
        why = why_unusable_arrays(exercise)
        if why is not None:
            yield Remark(places.key("inputs"), what=f"{why} Choose other numbers.")
        yield from _hidden_by_numbers(places, exercise, solution)
    if _BY_SIZES not in exercise.accept:
        yield from _hidden_by_sizes(places, exercise.graph)


def _hidden_by_sizes(places: Places, graph: Graph) -> Iterator[Remark]:
    """Square factors, where the transposed one fits too; and equal numbers of rows and columns, where a stretched row
    cannot be told from a column."""
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        shapes = [graph.shape(source) for source in node.inputs]
        if node.gate.name == "matmul":
            square = [source for source, shape in zip(node.inputs, shapes, strict=True) if shape[0] == shape[1] != 1]
            if square:
                are = "is square" if len(square) == 1 else "are square"
                what = f"{listed(square)} {are}, so {square[0]} fits in place of {square[0]}.T"
                yield Remark(places.node(name), what=f"{what}: the shape hides this mistake. Use sizes that differ.")
        elif is_entrywise(node.gate) and len(shapes) == 2:
            out = graph.shape(name)
            narrow = next((source for source, shape in zip(node.inputs, shapes, strict=True) if shape != out), None)
            if narrow is not None and out[0] == out[1] and graph.shape(narrow) != (1, 1):
                what = f"{name} has as many rows as columns, {written_shape(out)}, so the sum over the other axis"
                yield Remark(places.node(name), what=f"{what} has the shape of {narrow} too. Use sizes that differ.")


def _hidden_by_numbers(places: Places, exercise: Exercise, solution: ArraySolution) -> Iterator[Remark]:
    """Gates whose own mistakes give the right array here but not at other numbers; those that always do are not
    mistakes."""
    graph = solution.graph
    asked = {name for name, _ in asked_arrays(exercise, solution)}
    elsewhere = solve_arrays(*sample(graph))
    for branch in graph.branches:
        if branch.source not in asked:
            continue
        idle = set(_hidden(elsewhere, branch))
        hidden = [id_ for id_ in _hidden(solution, branch) if id_ not in exercise.accept and id_ not in idle]
        if hidden:
            what = f"at {branch.source} {listed(hidden)} would also give the right array. Choose other numbers."
            yield Remark(places.node(branch.gate), what=what)


def _hidden(solution: ArraySolution, branch: Branch) -> Iterator[str]:
    """The mistakes of a branch's own gate that give the right array."""
    gate, right = solution.graph.node(branch.gate).gate, solution.downstream(branch)
    assert gate is not None
    for wrong, array in wrong_pulls(gate, branch.slot, solution.at(branch.gate), right):
        if shape_of(array) == shape_of(right) and _are_one(array, right):
            yield wrong.id


def _are_one(array: Matrix, other: Matrix) -> bool:
    size = max(1e-30, *map(abs, entries(other)))  # so that nothing is divided by 0
    return all(abs(a - b) <= _ZERO * size for a, b in zip(entries(array), entries(other), strict=True))
