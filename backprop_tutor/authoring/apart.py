"""Which mistakes cannot be told apart at an exercise's numbers, because they lead to one number there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.misconceptions import mistakes_in, outcomes, predictions
from backprop_tutor.tutor.questions import Question, stage_questions

RIGHT: Final = "right"
"""Stands for the right answer, where a mistake leads to it."""
MINOR: Final = frozenset({"added-upstream", "stale-upstream"})
"""Mistakes whose numbers, sums and products of what is at hand, are near another one all the time."""
_NEAR, _HUNDREDTH = 0.045, 0.0105
_EXACT: Final = 1e-9


class Collision(NamedTuple):
    """Two mistakes, or RIGHT and a mistake, that lead to one number at a backward question."""

    target: str
    one: str
    other: str


def collisions(exercise: Exercise) -> Iterator[Collision]:
    """The collisions that come of an exercise's numbers. Those that lie in a gate's rule, at whatever numbers, are left out.

    (At an add gate the upstream gradient is passed on unchanged: to forget the local gradient, 1, is no mistake there.)
    """
    here, elsewhere = _Numbers(exercise), _nudged(exercise)
    for question in stage_questions("backward", exercise, exercise.graph):
        found = list(_pairs(here.of(question, here.on_paper(question)), near=True))
        always = set(_pairs(elsewhere.of(question), near=False)) if found and elsewhere is not None else set()
        yield from (Collision(question.target, *pair) for pair in found if pair not in always)


def is_idle_rule(exercise: Exercise) -> bool:
    """Whether a gate's own mistake is right at some branch, be it at whatever numbers: a mul gate whose inputs are one number."""
    numbers = _Numbers(exercise)
    return any(numbers.own_and_right(question) for question in stage_questions("backward", exercise, exercise.graph))


def _nudged(exercise: Exercise) -> _Numbers | None:
    """The exercise at other numbers close by: what is equal there too is no accident."""
    values = {name: value * (1 + 0.0137 * number) for number, (name, value) in enumerate(exercise.values.items(), 1)}
    nudged = replace(exercise, values=values, upstream=exercise.upstream * 1.0171)
    try:
        return _Numbers(nudged)
    except TutorError:
        return None


class _Numbers:
    """What each mistake leads to at the questions of an exercise, with the right answer in front."""

    def __init__(self, exercise: Exercise) -> None:
        self.marker = Marker(exercise)
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
        return [mistake.id for mistake in own if case.right and outcomes(mistake, case) and not predictions(mistake, case)]

    def on_paper(self, question: Question) -> list[float]:
        """What comes of rounding every step to two decimals, which is right as well."""
        passes = self.marker.rounded
        found = [p.carried(question.branch) if question.branch else p.gradient(question.node) for p in passes]
        return [number for number in found if number]


def _pairs(numbers: Sequence[tuple[str, list[float]]], near: bool) -> Iterator[tuple[str, str]]:
    """What leads to one number, or (where `near`) to numbers that one answer of two decimals may stand for."""
    for (one, ones), (other, others) in combinations(numbers, 2):
        if (one == RIGHT and not others) or _meet(ones, others, near):
            yield one, other


def _meet(ones: Sequence[float], others: Sequence[float], near: bool) -> bool:
    return any(_is_one(a, b, near) for a in ones for b in others)


def _is_one(a: float, b: float, near: bool) -> bool:
    off, size = abs(a - b), max(abs(a), abs(b))
    return off <= _EXACT * size or (near and off <= max(_NEAR * size, _HUNDREDTH))
