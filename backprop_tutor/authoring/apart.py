"""Which mistakes an answer of two decimals cannot tell apart at an exercise's numbers. (`collisions` are those at one
exact number.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from backprop_tutor.authoring.collisions import RIGHT, beside, is_one
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.mistakes.diagnosis import mistakes_in, outcomes, predictions
from backprop_tutor.tutor.questions import Question, stage_questions

MINOR: Final = frozenset({"added-upstream", "stale-upstream"})
"""Mistakes whose numbers, sums and products of what is at hand, are near another one all the time."""
_NEAR, _HUNDREDTH = 0.045, 0.0105


class Alike(NamedTuple):
    """Two mistakes, or RIGHT and a mistake, that lead to one number at a backward question, or to numbers near it."""

    target: str
    one: str
    other: str


def alike(exercise: Exercise) -> Iterator[Alike]:
    """The mistakes that are alike by an exercise's numbers. Those that are alike by a gate's rule, at whatever numbers,
    are left out.

    (At an add gate the upstream gradient is passed on unchanged: to forget the local gradient, 1, is no mistake there.)
    """
    point = beside(exercise.solution, also_upstream=True)
    here, elsewhere = _Numbers(exercise, exercise.solution), None if point is None else _Numbers(exercise, point)
    for question in stage_questions("backward", exercise, exercise.graph):
        found = list(_pairs(here.of(question, here.on_paper(question)), _is_near))
        always = set(_pairs(elsewhere.of(question), is_one)) if found and elsewhere is not None else set()
        yield from (Alike(question.target, *pair) for pair in found if pair not in always)


def is_idle_rule(exercise: Exercise) -> bool:
    """Whether a gate's own mistake is right at some branch, be it at whatever numbers: a mul gate whose inputs are one
    number."""
    numbers = _Numbers(exercise, exercise.solution)
    return any(numbers.own_and_right(question) for question in stage_questions("backward", exercise, exercise.graph))


class _Numbers:
    """What each mistake leads to at the questions of an exercise at a solution, with the right answer in front."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.marker = Marker(exercise, solution)
        self.carrying = Carrying(self.marker.solution)

    def of(self, question: Question, also_right: Sequence[float] = ()) -> list[tuple[str, list[float]]]:
        """RIGHT and the mistakes' ids, each with its numbers; none for a mistake that leads to the right one."""
        case = self.marker.cases(question, self.carrying)[0]
        mistakes = [mistake for mistake in mistakes_in(case) if mistake.group != "writing"]
        return [(RIGHT, [case.right, *also_right]), *((mistake.id, predictions(mistake, case)) for mistake in mistakes)]

    def own_and_right(self, question: Question) -> list[str]:
        """The gate's own mistakes that are made here and lead to the right number."""
        case = self.marker.cases(question, self.carrying)[0]
        own = (mistake for mistake in mistakes_in(case) if mistake.group == "gate")
        return [
            mistake.id for mistake in own if case.right and outcomes(mistake, case) and not predictions(mistake, case)
        ]

    def on_paper(self, question: Question) -> list[float]:
        """What comes of rounding every step to two decimals, which is right as well."""
        passes = self.marker.rounded
        found = [p.carried(question.branch) if question.branch else p.gradient(question.node) for p in passes]
        return [number for number in found if number]


def _pairs(
    numbers: Sequence[tuple[str, list[float]]], meet: Callable[[float, float], bool]
) -> Iterator[tuple[str, str]]:
    for (one, ones), (other, others) in combinations(numbers, 2):
        if (one == RIGHT and not others) or any(meet(a, b) for a in ones for b in others):
            yield one, other


def _is_near(a: float, b: float) -> bool:
    """Whether one answer of two decimals may stand for both."""
    return is_one(a, b) or abs(a - b) <= max(_NEAR * max(abs(a), abs(b)), _HUNDREDTH)
