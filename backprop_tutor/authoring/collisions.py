"""Mistakes that cannot be told apart: they lead to one number, or to the right one, by chance of the numbers.

What holds at numbers just beside them too is no chance: through an add gate the upstream gradient *is* the right
answer, whatever the inputs. So an author is told only what other numbers would mend.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Final, NamedTuple

from backprop_tutor.authoring.report import Collision
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.marking.formulas import sides
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.mistakes.diagnosis import mistakes_in, outcomes
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.questions import Question, asked_for, stage_questions

RIGHT: Final = "the right answer"
"""Stands beside the mistakes for the number that is right."""
MOST_QUESTIONS: Final = 400
"""How many questions of one exercise are looked at."""
_CLOSE: Final = 1e-9
_ANOTHER_RATE: Final = 1.01
_STEPS: Final = (1e-4, 1e-6, 1e-8)


class Meeting(NamedTuple):
    """One number that several mistakes lead to at one question, by chance; `names` may hold RIGHT."""

    question: Question
    number: float
    names: tuple[str, ...]

    @property
    def unseen(self) -> tuple[str, ...]:
        """The mistakes that give the right number, so that nobody sees them."""
        return tuple(name for name in self.names if name != RIGHT) if RIGHT in self.names else ()

    @property
    def unseen_own(self) -> tuple[str, ...]:
        """Those of them that are the gate's or the fork's own: what the question is there for."""
        return tuple(name for name in self.unseen if MISTAKES[name].group in OWN)

    def told(self, loss: str) -> Collision:
        """The meeting in plain values."""
        return Collision(
            asked_for(self.question, loss), self.number, tuple(n for n in self.names if n != RIGHT), RIGHT in self.names
        )


OWN: Final = ("gate", "fork")
"""The groups of mistakes that a question is there for."""
TRAINED: Final = ("delta", "update")
"""The groups of mistakes that lead to a wrong new weight."""
METHOD: Final = (*OWN, "chain", *TRAINED)
"""The groups of mistakes of method: a slip of the pen shows wherever the number does."""


def meetings(exercise: Exercise, groups: Collection[str] = METHOD) -> list[Meeting]:
    """Which mistakes of these groups meet at which questions, at an exercise's numbers and at none just beside them."""
    asked = [
        question
        for stage in exercise.stages
        if stage not in _FORMULAS
        for question in stage_questions(stage, exercise, exercise.graph)
    ]
    together = _together(exercise, exercise.solution, asked[:MOST_QUESTIONS], groups)
    point = beside(exercise.solution) if together else None
    if point is None:
        return []
    marker, carrying = Marker(_with_another_rate(exercise), point), Carrying(point)
    found = []
    for question, number, names in together:
        there = _numbers(marker.cases(question, carrying)[0], groups)
        if any(not _meet(there, one, other) for one, other in combinations(names, 2)):
            found.append(Meeting(question, number, names))
    return found


_FORMULAS: Final = ("graph", "symbolic")


def alike_by_rate(exercise: Exercise) -> dict[tuple[str, str], list[Question]]:
    """Two mistakes that lead to one number at new weights, whatever the other numbers are, because of the rate."""
    point = beside(exercise.solution) if exercise.update is not None else None
    if point is None:
        return {}
    here, elsewhere = (Marker(made, point) for made in (exercise, _with_another_rate(exercise)))
    carrying = Carrying(point)
    found: dict[tuple[str, str], list[Question]] = {}
    for question in stage_questions("update", exercise, exercise.graph):
        numbers, others = (_numbers(marker.cases(question, carrying)[0], TRAINED) for marker in (here, elsewhere))
        for pair in combinations([name for name in numbers if name != RIGHT], 2):
            if _meet(numbers, *pair) and not _meet(others, *pair):
                found.setdefault(pair, []).append(question)
    return found


def _with_another_rate(exercise: Exercise) -> Exercise:
    """The same with a rate just beside its own, so that what is so by the rate is not taken for a rule."""
    update = exercise.update
    return exercise if update is None else replace(exercise, update=update._replace(rate=update.rate * _ANOTHER_RATE))


def _together(
    exercise: Exercise, solution: Solution, asked: Sequence[Question], groups: Collection[str]
) -> list[Meeting]:
    """Which mistakes lead to one number at these numbers, by chance or not."""
    marker, carrying = Marker(exercise, solution), Carrying(solution)
    found: dict[tuple[Question, tuple[str, ...]], Meeting] = {}
    for question in asked:
        here = _numbers(marker.cases(question, carrying)[0], groups)
        for numbers in here.values():
            for number in numbers:
                names = tuple(name for name, others in here.items() if any(is_one(number, other) for other in others))
                if len(names) > 1:
                    found.setdefault((question, names), Meeting(question, number, names))
    return list(found.values())


def beside(solution: Solution, also_upstream: bool = False) -> Solution | None:
    """Both passes at seeded inputs very near a solution's, on the same side of every kink; None where there are none.

    The given upstream gradient is moved where it is wanted too: it is an accident of an exercise, but mostly 1.
    """
    graph = solution.graph
    here = sides(graph, solution.values)
    random = Random(20_241_124)  # noqa: S311  seeded, so that the same is said each time
    for step in _STEPS:
        moved = [
            solution.value(name) + step * (1 + abs(solution.value(name))) * random.uniform(0.5, 1)
            for name in graph.input_names
        ]
        try:
            point = solve(graph, moved, solution.upstream * (1 + step * random.uniform(0.5, 1) * also_upstream))
        except OutOfDomain:
            continue
        if sides(graph, point.values) == here:
            return point
    return None


Numbers = Mapping[str, Sequence[float]]
"""By the id of a mistake, or RIGHT: the numbers that it leads to."""


def _numbers(case: Case, groups: Collection[str]) -> Numbers:
    found: dict[str, Sequence[float]] = {RIGHT: [case.right]}
    for mistake in mistakes_in(case):
        if mistake.group in groups:
            found[mistake.id] = outcomes(mistake, case)
    return found


def _meet(numbers: Numbers, one: str, other: str) -> bool:
    return any(is_one(a, b) for a in numbers.get(one, ()) for b in numbers.get(other, ()))


def is_one(a: float, b: float) -> bool:
    """Whether two numbers are one but for how they were computed."""
    return abs(a - b) <= _CLOSE * max(abs(a), abs(b), 1e-3)
