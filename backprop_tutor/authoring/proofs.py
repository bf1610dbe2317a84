"""Verifies numbers: gradients equal finite differences of forward passes, and the exercise's own solution gets full
marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from math import fsum, isfinite
from typing import Final

from backprop_tutor.authoring.report import Places, Remark
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import on_kinks
from backprop_tutor.engine.gate import Forward
from backprop_tutor.engine.graph import Graph, Kinked, Step
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import ZERO, sides_of
from backprop_tutor.tutor.marking.answers import MOST_CHARACTERS
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission

_MOST_MARKED: Final = 2_000
"""The most gates for which the whole solution is marked."""
_MOST_WORK: Final = 400_000
"""The most gates computed to verify one set of numbers; larger circuits are verified only at some nodes."""
_WIDTHS: Final = tuple(10.0**-power for power in range(2, 10))
_EPSILON: Final = 2.0**-52
_CLOSE: Final = 1e-6
_UNSURE, _SURE = 1e-3, 1e-9  # an error, relative to the slope, that proves nothing, and one that need not be less
_TRIES: Final = 6  # of a node, as each width is tried on both sides until one is sure


class Disproved(Remark):
    """One of our own numbers that is wrong."""


def gradients(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """Gradients that finite differences do not confirm. On a kink there is no slope to compare."""
    if on_kinks(exercise.solution):
        return
    for node, branch, computed, found in doubts(exercise.solution):
        at = _at(exercise)
        what = f"the local gradient of {branch}" if branch else f"d{exercise.loss}/d{node}"
        if found is None:
            why = f"{computed:.6g}, cannot be verified: its numbers are too extreme for finite differences"
            yield Remark(places.node(node), what=f"{what}, {why}{at}")
        else:
            why = f"computed as {computed:.9g}, but finite differences give {found:.9g}. Please report it"
            yield Disproved(places.node(node), what=f"{what} is {why}{at}")


def full_marks(places: Places, exercise: Exercise, checkers: list[Checker]) -> Iterator[Remark]:
    """The questions for which the exercise's own solution, handed in like a student's, does not get full marks.
    `checkers` holds the file's first checker, once there is one."""
    if len(exercise.graph.gate_names) > _MOST_MARKED:
        why = "so its solution was not marked. No student would answer that many questions."
        yield Remark(places.key("graph"), what=f"this circuit has more than {_MOST_MARKED:,} gates, {why}")
        return
    checker = Checker(exercise, *checkers)
    checkers[:] = checkers or [checker]
    answers: dict[str, dict[str, str | None]] = {}
    left_out: set[tuple[str, str]] = set()
    drawn: str | None = None
    for question in (question for word in exercise.stages for question in checker.key.asked(word)):
        text = question.kind.model_answer(question, checker.key)
        if question.kind.picture == "lines":
            drawn = text
        elif text is not None:
            answers.setdefault(question.stage, {})[question.target] = text
        else:
            left_out.add((question.stage, question.target))
            what = f"{question.symbol} as a formula takes more than {MOST_CHARACTERS:,} characters: too long to answer."
            yield Remark(places.part(question.node), what=what)
    result = checker.check(Submission(answers, graph=drawn), words=False)
    for verdict in result.verdicts:
        if not verdict.outcome.counts and (verdict.stage, verdict.target) not in left_out:
            mine = f"{verdict.stage}: our own answer for {verdict.target}, {verdict.answer or 'none'}, was marked"
            what = f"{mine} {verdict.outcome}{_at(exercise)}. Please report it."
            yield Disproved(places.part(verdict.target), what=what)
    if result.score + len(left_out) < result.max_score and all(verdict.outcome.counts for verdict in result.verdicts):
        what = f"our own solution gets {result.score:g} of {result.max_score:g}{_at(exercise)}. Please report it."
        yield Disproved(places.key("graph"), what=what)


def _at(exercise: Exercise) -> str:
    return "" if exercise.seed is None else f" (at seed {exercise.seed})"


class _Slope(NamedTuple):
    value: float
    error: float  # the tolerance


class Doubt(NamedTuple):
    """A number that finite differences do not confirm: the gradient of a node, or the local gradient of a branch into
    it; `measured` is None if the numbers are too extreme."""

    node: str
    branch: str
    computed: float
    measured: float | None


def doubts(solution: Solution) -> Iterator[Doubt]:
    """What finite differences do not confirm in a solution that is not on a kink: by node, then by branch."""
    graph, values, upstream = solution.graph, solution.values, solution.upstream
    zero = ZERO * solution.largest
    terms = [abs(value * slope) for value, slope in zip(values, solution.gradients, strict=True)]
    noise = _EPSILON * fsum(terms) / (abs(upstream) or 1)
    stride = 1 + len(graph) * _TRIES * len(graph.steps) // _MOST_WORK
    for node, steps, kinked in _moving(graph, stride):
        is_near = partial(_is_beside, kinked, sides_of(kinked, values)) if kinked else None
        output = partial(_moved, values, node, steps, graph.output, is_near)
        found = _measured(output, values[node], noise)
        yield from _compared(graph.names[node], "", solution.gradients[node], found, zero, upstream)
    for node, compute, _, sources, constant in graph.steps[::stride]:
        operands = [values[source] for source in sources]
        for branch, slope in zip(graph.branches_into(graph.names[node]), solution.locals[node], strict=True):
            value = partial(_moved_gate, operands, branch.slot, compute, range(len(sources)), constant)
            found = _measured(value, operands[branch.slot], _EPSILON * abs(values[node]))
            yield from _compared(branch.gate, branch.name, float(slope), found, zero)


def _compared(
    node: str, branch: str, computed: float, found: _Slope | None, zero: float, factor: float = 1.0
) -> Iterator[Doubt]:
    if found is None or found.error > _UNSURE * abs(found.value) + _CLOSE:
        yield Doubt(node, branch, computed, None)
    elif abs(computed - factor * found.value) > _CLOSE * abs(computed) + 10 * abs(factor) * found.error + zero:
        yield Doubt(node, branch, computed, factor * found.value)


def _measured(function: Callable[[float], float | None], at: float, noise: float) -> _Slope | None:
    """The slope at 0 of a function of a change in the number `at`, by central differences of shrinking width. Takes
    Richardson's extrapolation of each pair of widths, and the best of these; `noise` is the possible error of the
    function's own rounding. None if it has no value (or is beyond a kink) however near.
    """
    best: _Slope | None = None
    earlier: tuple[float, float] | None = None
    size = max(1.0, abs(at))
    for part in _WIDTHS:
        width = (at + part * size) - at  # the actual step in floats
        up, down = function(width), function(-width)
        if up is None or down is None:
            continue
        slope = (up - down) / (2 * width)
        if earlier is not None:
            ratio = (earlier[1] / width) ** 2
            better = slope + (slope - earlier[0]) / (ratio - 1)
            found = _Slope(better, abs(better - slope) + noise / width)
            best = found if best is None or found.error < best.error else best
            if found.error <= _SURE * abs(better):
                break
        earlier = (slope, width)
    return best


@lru_cache(1)  # for every set of numbers of one file
def _moving(graph: Graph, stride: int) -> list[tuple[int, list[Step], list[Kinked]]]:
    """Each node that is moved, with the gates that it leads to, and those of them that have kinks: all other values
    stay the same."""
    found = []
    for node in range(0, len(graph), stride):
        reached, steps = {node}, []
        for step in graph.steps:
            if not reached.isdisjoint(step[3]) and step[0] not in reached:
                reached.add(step[0])
                steps.append(step)
        reached.remove(node)
        found.append((node, steps, [one for one in graph.kinked if one[0] in reached]))
    return found


def _is_beside(kinked: list[Kinked], here: list[int], moved: Sequence[float]) -> bool:
    return sides_of(kinked, moved) == here


def _moved_gate(
    operands: list[float], slot: int, compute: Forward, slots: Sequence[int], constant: float, by: float
) -> float | None:
    """A gate's value when one of its inputs is moved; None outside its domain."""
    moved = operands.copy()
    moved[slot] += by
    try:
        value = compute(moved, slots, constant)
        return value if isfinite(value) and isfinite(moved[slot]) else None
    except (ArithmeticError, ValueError, TypeError):  # the final one, for a complex number
        return None


def _moved(
    values: Sequence[float],
    node: int,
    steps: list[Step],
    end: int,
    is_near: Callable[[list[float]], bool] | None,
    by: float,
) -> float | None:
    """A node's value when another is moved; None outside a domain and beyond a kink."""
    moved = list(values)
    moved[node] += by
    try:
        for gate, compute, _, sources, constant in steps:
            moved[gate] = compute(moved, sources, constant)
        is_finite = isfinite(sum(moved)) or all(map(isfinite, moved))
        return moved[end] if is_finite and (is_near is None or is_near(moved)) else None
    except (ArithmeticError, ValueError, TypeError):  # the final one, for a complex number
        return None
