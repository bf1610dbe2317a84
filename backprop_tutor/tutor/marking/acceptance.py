"""When is an answer right? The contract's rules for a number and the exact one; and formulas are equal if they agree at
many seeded points of the circuit's domain: SymPy has no say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from math import floor
from random import Random
from typing import Final

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.graph import Graph, Kinked
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward, solve
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.answers import Answer

ZERO = 1e-12
"""A number this small relative to the largest in the graph counts as 0."""
EXACT = 1e-9  # relative: more than floats lose on the way to a number, less than anybody writes
_LONG = 1e-12  # relative: what reading three digits back as a float leaves
_BY_LONG_FACTORS = 0.002  # relative: about what three digits of a factor leave
_AWAY = 0.5 + 1e-9  # a half of which floats have lost a little is a half still
HALF_A_UNIT = 0.51  # of a last digit, with room for what floats lose: what is further off is not rounded from there
_HUNDREDTH = 0.0101  # 0.01, however a float has it
_WHOLE = 1e15  # floats this large have no second decimal
HALVES = (_AWAY, 0.5 - 1e-9)
"""Added before truncation, so that halves are rounded away from 0, or towards it."""


class Scale(NamedTuple):
    """The scale for judging numbers: sizes up to `zero` count as 0; long numbers may be off by the relative
    `tolerance`."""

    zero: float
    tolerance: float = 0.02


def is_right(answer: Answer, exact: float, scale: Scale, factors: Sequence[float] = ()) -> bool:
    """Whether an answer gives an exact number: equal to it, correctly rounded, or close to it if it is a long one.

    `factors` are the numbers that the exact one is found from: if one of them is long, a result worked out from it on
    paper is a little off, however short the exact number is.
    """
    value = answer.value
    off = abs(value - exact)
    size = abs(exact)
    if off <= (answer.precision or EXACT) * size:
        return True
    if size <= scale.zero:  # the rounding noise of another program's floats counts as 0 too
        return abs(value) <= scale.zero * (1 + answer.precision / ZERO)
    if value == 0 or (off > scale.tolerance * size and off > HALF_A_UNIT * answer.unit):
        return False  # too far off by any rule
    if shows_enough(answer) and is_rounded(answer, exact):
        return True
    if off > scale.tolerance * size:
        return False
    return is_long(exact) or (off <= _BY_LONG_FACTORS * size and any(map(is_long, factors)))


def is_right_step(answer: Answer, old: float, step: float, scale: Scale) -> bool:
    """Whether a new weight, old + step, is right: judged by its step, or rounded with a last digit no coarser than that
    step.

    An unchanged weight is right only if the step is 0.
    """
    if abs(step) <= scale.zero:
        return abs(answer.value - old) <= (answer.precision or EXACT) * abs(old)
    off, noise = abs(answer.value - old - step), answer.precision * abs(old + step)
    # A program's last digit, 2 noise, must not be coarser than the step; otherwise an unchanged weight would pass.
    if off <= scale.tolerance * abs(step) or off <= noise <= abs(step) / 2:
        return True
    return answer.is_plain and answer.unit <= abs(step) * (1 + EXACT) and is_rounded(answer, old + step)


def is_rounded(answer: Answer, exact: float) -> bool:
    """Whether a plain answer is the number rounded to the digits written; at a tie, either way."""
    off = abs(answer.value - exact)
    return off <= 0.5 * answer.unit + EXACT * min(abs(exact), answer.unit)


def shows_enough(answer: Answer) -> bool:
    """Whether a plain answer shows at least two decimals or two significant digits."""
    return answer.unit > 0 and (answer.unit < _HUNDREDTH or answer.digits >= 2)


def is_long(exact: float) -> bool:
    """Whether a number needs more than three significant digits."""
    return abs(exact - float(f"{exact:.3g}")) > _LONG * abs(exact)


def to_two_decimals(value: float, halves: float = _AWAY) -> float:
    """The number rounded to two decimals, halves away from 0, as on paper, or towards it."""
    size = abs(value)
    if not size < _WHOLE:
        return value
    rounded = floor(size * 100 + halves) / 100
    return -rounded if value < 0 and rounded else rounded


def both_ways(value: float) -> tuple[float, ...]:
    """The number rounded to two decimals: one number, or both neighbours at a tie."""
    if round(value, 2) == value:  # like nearly every number that people write
        return (value,)
    away = to_two_decimals(value, HALVES[0])
    towards = to_two_decimals(value, HALVES[1])
    return (away,) if away == towards else (away, towards)


POINTS: Final = 24  # twice as many as tell any two formulas of a lesson apart
_ENOUGH: Final = 6  # where a formula has a value at so few of them only, agreement there is no chance yet
_TRIES: Final = 400  # draws for those points: near a kink most fall on its other side
_WIDTHS: Final = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
_MOST_CROSSINGS: Final = 4  # points on each side of each kink: a difference near it shows at any of them
_ABOVE_0: Final = 4  # every fourth point is positive, for circuits with logarithms and roots
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
            scale * random.uniform(-1, 1) if attempt % _ABOVE_0 else scale * abs(random.gauss(0, 1))
            for _ in range(names)
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
        if abs(value - right) > EXACT * max(abs(value), abs(right)) + ZERO * point.largest:
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
