"""Are two formulas equal? They are if they agree at many seeded points of the circuit's domain; SymPy has no say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from random import Random
from typing import Final

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.graph import Graph, Kinked
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward, solve
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.marking.answers import Answer

POINTS: Final = 24  # twice as many as tell any two formulas of a lesson apart
_ENOUGH: Final = 6  # where a formula has a value at so few of them only, agreement there is no chance yet
_TRIES: Final = 400  # draws for those points: near a kink most fall on its other side
_WIDTHS: Final = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
_MOST_CROSSINGS: Final = 4  # points on each side of each kink: a difference near it shows at any of them
_HALVINGS: Final = 40  # leave a 1e-12th of the way: floats tell no kink more nearly
_BESIDE: Final = (1e-6, 1e-4, 1e-2)  # distance from a kink, as a fraction of the way to the point on that side
_SCALES: Final = (1.0, 3.0, 0.3, 10.0, 100.0, 1000.0)


def points_beside(solution: Solution, wanted_points: int = POINTS) -> list[Solution]:
    """Both passes at seeded points around a solution's inputs where every max, min, relu and abs stays on the same
    side."""
    graph = solution.graph
    inputs = [solution.value(name) for name in graph.input_names]
    wanted = sides(graph, solution.values)
    random = Random(20_240_607)  # noqa: S311  seeded, so that a verdict never changes
    found: list[Solution] = []
    for attempt in range(_TRIES):
        width = _WIDTHS[attempt * len(_WIDTHS) // _TRIES]
        moved = [value + width * (1 + abs(value)) * random.uniform(-1, 1) for value in inputs]
        try:
            point = solve(graph, moved, solution.upstream)
        except OutOfDomain:
            continue
        if sides(graph, point.values) == wanted:
            found.append(point)
            if len(found) == wanted_points:
                break
    return found or [solution]


def points_everywhere(graph: Graph) -> Iterator[list[float]]:
    """Seeded inputs of all sizes and signs at which a graph can be evaluated, so that both sides of every kink
    occur."""
    random = Random(20_240_607)  # noqa: S311
    names = len(graph.input_names)
    for attempt in range(_TRIES):
        scale = _SCALES[attempt % len(_SCALES)]
        inputs = [
            scale * random.uniform(-1, 1) if attempt % 4 else scale * abs(random.gauss(0, 1)) for _ in range(names)
        ]
        if values_at(graph, inputs) is not None:
            yield inputs


def values_at(graph: Graph, inputs: list[float]) -> list[float] | None:
    """A graph's values at these inputs; None outside a gate's domain."""
    try:
        return forward(graph, inputs)
    except OutOfDomain:
        return None


def points_at_kinks(graph: Graph, spread: Sequence[list[float]]) -> Iterator[list[float]]:
    """Inputs close to every kink of a graph, on both sides, found between points of `spread` that lie on different
    sides of it."""
    on_side = [(inputs, _sides_at(graph, inputs)) for inputs in spread]
    met: Counter[tuple[int, int]] = Counter()
    for (one, sides_of_one), (other, sides_of_other) in combinations(on_side, 2):
        if sides_of_one is None or sides_of_other is None:
            continue
        for kink, (side, far) in enumerate(zip(sides_of_one, sides_of_other, strict=True)):
            if side * far < 0 and met[kink, side] < _MOST_CROSSINGS:
                met[kink, side] += 1
                at = _crossing(graph, kink, one, other)
                for far_end, share in product((one, other), _BESIDE):
                    yield [a + share * (b - a) for a, b in zip(at, far_end, strict=True)]


def _crossing(graph: Graph, kink: int, one: list[float], other: list[float]) -> list[float]:
    """The point between two at which a kink is crossed, by halving."""
    side = (_sides_at(graph, one) or [0] * (kink + 1))[kink]
    for _ in range(_HALVINGS):
        middle = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
        here = _sides_at(graph, middle)
        if here is not None and here[kink] == side:
            one = middle
        else:
            other = middle
    return one


def _sides_at(graph: Graph, inputs: list[float]) -> list[int] | None:
    values = values_at(graph, inputs)
    return None if values is None else sides(graph, values)


def formula_agrees(answer: Answer, points: Sequence[Solution], wanted: Callable[[Solution], float]) -> bool:
    """Whether a formula in node names, or a number, equals the right one wherever it is defined, at enough points."""
    agreed = 0
    for point in points:
        names = dict(zip(point.graph.names, point.values, strict=True))
        try:
            value = evaluate(answer.steps, names) if answer.steps else answer.value
        except Fault:
            continue
        right = wanted(point)
        # The same number up to the rounding of floats of this size.
        if abs(value - right) > 1e-9 * max(abs(value), abs(right)) + 1e-12 * point.largest:
            return False
        agreed += 1
    return agreed >= min(_ENOUGH, len(points))


def sides(graph: Graph, values: Sequence[float]) -> list[int]:
    """On which side of its kink each max, min, relu and abs is: 1, -1, or 0 for on the kink."""
    return sides_of(graph.kinked, values)


def sides_of(kinked: Sequence[Kinked], values: Sequence[float]) -> list[int]:
    """The same for some of them."""
    return [
        (distance > 0) - (distance < 0)
        for _, distances, sources, constant in kinked
        for distance in distances(values, sources, constant)
    ]
