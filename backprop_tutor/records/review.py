"""What to ask in a review: the questions that exercise most of what is due, with fresh numbers, mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.records.schedule import AHEAD
from backprop_tutor.records.skills import exercised, told_apart
from backprop_tutor.records.summary import Summary
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.questions import Question, questions

Seen = Callable[[Exercise], bool]
"""Whether an exercise was asked with these numbers before."""
VARIANTS: Final = 3
"""At so many numbers each exercise is looked at, to find those at which most mistakes can be told apart."""
_MOST_SEEDS: Final = 200
_UNTESTED: Final = 0.25
"""What a question gains for each mistake that no question before it would have shown."""
NOTHING: Final[Mapping[str, int]] = {}
"""Where no question was asked before."""
_AGAIN: Final = 0.02
"""What a question gains for each mistake that one question before it would have shown; half of it for two of them, and
so on."""
_HARDER: Final = 0.01
"""What a question loses for each level of its exercise (of a generated circuit, the middle one): the simple ones come
first."""
_AGAIN_AT_ONCE: Final = 0.4
"""What a question loses that comes from the same exercise, or asks about the same gate, as the last one."""


class Item(NamedTuple):
    """One question of a review: an exercise at fresh numbers, the question, the skills it exercises, the mistakes it
    tells apart."""

    exercise: Exercise
    question: Question
    skills: tuple[str, ...]
    apart: tuple[str, ...]

    @property
    def gate(self) -> str:
        """The kind of gate that is asked about, or the stage."""
        return self.skills[1] if len(self.skills) > 1 else self.skills[0]


def items(exercise: Exercise) -> list[Item]:
    """The questions of an exercise at its numbers, with what each exercises."""
    marker = Marker(exercise)
    return [
        Item(exercise, question, exercised(question, marker), tuple(told_apart(question, marker)))
        for question in questions(exercise)
    ]


def fresh(exercise: Exercise, seen: Seen, most: int = 1) -> list[Exercise]:
    """The exercise at numbers that were never asked: of up to `most` seeds; without ranges, at its own."""
    found: list[Exercise] = []
    seeds: Iterable[int | None] = islice(count(1), _MOST_SEEDS) if has_ranges(exercise) else (None,)
    for seed in seeds:
        try:
            drawn = variant(exercise, seed)
        except TutorError:
            break  # hundreds of draws gave nothing: another seed hardly would
        if not seen(drawn):
            found.append(drawn)
        if len(found) == most:
            break
    return found


def due_now(summary: Summary, skills: Iterable[str], at: datetime) -> list[str]:
    """Those of the skills that are due now, or soon."""
    due = set(summary.due_by(at + AHEAD))
    return [skill for skill in skills if skill in due]


def wanted(summary: Summary, skills: Sequence[str], at: datetime, new: bool = True) -> dict[str, float]:
    """How much it is worth to ask for each skill now: those due, and (if `new`) those never asked; the weak ones most.

    What is due alone is worth more: as much of it as can be in each question, whatever else that would show.
    """
    asked = [*due_now(summary, skills, at), *(skill for skill in skills if new and skill not in summary.skills)]
    return {skill: (1.5 if new else 3.0) - summary.mastery_of(skill) for skill in asked}


def choose(
    pool: Sequence[Item], worth: Mapping[str, float], last: Item | None = None, tested: Mapping[str, int] = NOTHING
) -> Item | None:
    """The question that is worth most now, another gate of another exercise than the last one; None where nothing is
    wanted.

    `tested` says how many of the questions before would have shown each mistake: the least tested are looked for first.
    Choosing one after another, each for what is still due, covers the skills in nearly as few questions as can be.
    """
    useful = (item for item in pool if any(skill in worth for skill in item.skills))
    return max(useful, key=lambda item: _worth(item, worth, last, tested), default=None)


def _worth(item: Item, worth: Mapping[str, float], last: Item | None, tested: Mapping[str, int]) -> float:
    again = last is not None and (item.exercise.id == last.exercise.id) + (item.gate == last.gate)
    shows = sum(_AGAIN / tested[mistake] if tested.get(mistake) else _UNTESTED for mistake in item.apart)
    value = sum(worth.get(skill, 0.0) for skill in item.skills)
    return value + shows - _AGAIN_AT_ONCE * again - _HARDER * (item.exercise.level or 3)
