"""Decides whether the numbers of an exercise of arrays can be asked for: what the student has to write, and whether a
gate sits on a kink."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import STAGE_WORDS
from backprop_tutor.engine.array_gates import ArrayGate
from backprop_tutor.engine.array_passes import ArraySolution
from backprop_tutor.engine.arrays import Matrix, entries, stretched
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import OutOfDomain

_ZERO: Final = 1e-12  # relative to the largest entry: what rounding leaves of a 0
SMALLEST: Final = 0.005
"""An entry that is asked for is 0 or at least this large: with two decimals a smaller one would be written as 0, and a
single wrong entry makes the array wrong."""
_LARGEST: Final = 1e5  # larger numbers can hardly be typed without an exponent


def named_gates(graph: Graph) -> list[str]:
    """The named gates; the others are not asked about."""
    pairs = zip(graph.names, graph.gates, strict=True)
    return [name for (name, gate), label in zip(pairs, graph.labels, strict=True) if gate is not None and label]


def asked_arrays(exercise: Exercise, solution: ArraySolution) -> Iterator[tuple[str, Matrix]]:
    """Every array that the stages ask for, by the name of its node or branch."""
    graph = solution.graph
    gates = named_gates(graph)
    asked = {STAGE_WORDS[stage].asks for stage in exercise.stages}
    if "values" in asked:
        yield from ((name, solution.array(name)) for name in gates)
    if "gradients" in asked:
        for name in (*graph.input_names, *gates):
            if name != graph.output_name and name not in exercise.given:
                yield name, solution.slope(name)
                leaving = graph.branches_from[name]
                yield from ((one.name, solution.downstream(one)) for one in leaving if len(leaving) > 1)


def why_unusable_arrays(exercise: Exercise) -> str | None:
    """Why an exercise's numbers cannot be asked for, in words; None if they can."""
    try:
        solution = exercise.solution
    except OutOfDomain as error:
        return str(error)
    assert isinstance(solution, ArraySolution)
    kink = next(array_kinks(solution), None)
    if kink is not None:
        return f"{kink} has an entry on a kink, where its gradient is a convention."
    zero = _ZERO * solution.largest
    if all(abs(entry) <= zero for leaf in solution.graph.leaves for entry in entries(solution.slopes[leaf])):
        return "every gradient is 0: there is nothing to find."
    for name, array in asked_arrays(exercise, solution):
        for entry in entries(array):
            if abs(entry) > zero and not SMALLEST <= abs(entry) < _LARGEST:
                how = "small" if abs(entry) < 1 else "long"
                return f"an entry of {name} is {entry:.3g}, which is too {how} to ask for."
    return None


def array_kinks(solution: ArraySolution) -> Iterator[str]:
    """The gates with an entry on a kink; for pooling, a block with two equal largest entries."""
    graph, zero = solution.graph, _ZERO * solution.largest
    for node, (gate, sources, constant) in enumerate(graph.rows):
        if gate is None:
            continue
        operands = [solution.arrays[source] for source in sources]
        if isinstance(gate, ArrayGate):
            if gate.tied(*operands, *([constant] if gate.has_constant else [])):
                yield graph.names[node]
        elif gate.kinks:
            out = solution.arrays[node]
            wide = [stretched(one, (len(out), len(out[0]))) for one in operands]
            places = range(len(wide))
            met = zip(*(entries(one) for one in wide), strict=True)
            if any(abs(far) <= zero for at in met for far in gate.distances(at, places, constant)):
                yield graph.names[node]
