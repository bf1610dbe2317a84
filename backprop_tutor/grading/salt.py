"""Checks whether the answers of a class fit the numbers that a salt gives its students, before all of them are
marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Final

from backprop_tutor.course.variants import has_ranges
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.collecting import Lines, Unit
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.marks import Columns
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict

_LOOKED_AT: Final = 32  # submissions that are looked at
_FEWEST_STUDENTS: Final = 3
_FEWEST_ANSWERS: Final = 12  # answers; with fewer, being right may be chance
_BY_CHANCE: Final = 0.15  # above chance: classes that know a third of it or more were never below this
_KNOWS_LITTLE: Final = 1 / 3
_SPREAD: Final = 1.5  # three times the largest standard error of a share of n answers, times the root of n
_FITS: Final = 0.3, 2.0  # above chance: a wrong salt is hardly ever above this; at least, and times the same root
_OTHERWISE: Final = "\0"  # a salt that nobody ever typed
_RIGHT, _WRONG = Outcome.RIGHT.letter, Outcome.WRONG.letter  # what only follows through says nothing about the numbers
_NAME: Final = re.compile(r"(?![eE][-+]?[0-9])[^\W\d_]")  # a letter, except the e of 2e-3


class Fit(NamedTuple):
    """Of the right or wrong answers in numbers, how many are right, and from how many students they come."""

    right: int
    answered: int
    students: int

    @property
    def share(self) -> float:
        """The share that is right, from 0 to 1."""
        return self.right / max(self.answered, 1)

    def above(self, chance: Fit) -> float:
        """How far the share is above chance: 0 at chance, 1 if all are right."""
        return (self.share - chance.share) / max(1 - chance.share, 1e-9)


def doubt(settings: Settings, unit: Unit) -> str:
    """Why the salt is probably not the one with which the students practised; empty if it may be. The same answers,
    marked at the numbers of another salt, show how many are right by chance."""
    unit = _beginning(unit)
    found = _fit(settings, unit)
    if found.students < _FEWEST_STUDENTS or found.answered < _FEWEST_ANSWERS:
        return ""
    chance = _fit(settings._replace(salt=settings.salt + _OTHERWISE), unit)
    above, root = found.above(chance), sqrt(found.answered)
    if found.share == 1 or above >= _BY_CHANCE:
        return ""
    least, spread = _FITS
    fits = max(least, spread / root)
    better = next((words for words, other in _others(settings) if _fit(other, unit).above(chance) > fits), "")
    if not better and above >= _KNOWS_LITTLE - _SPREAD / root:  # few answers, perhaps of a weak class
        return ""
    what = (
        f"of the answers looked at, {found.share:.0%} are right with this salt, and {chance.share:.0%} with any other"
    )
    why = "so it, or the column of student numbers, is probably not the one that the students practised with"
    return f"{what}, {why}.{f' Their answers fit {better}.' if better else ''}"


def _beginning(unit: Unit) -> Unit:
    items = [
        one._replace(data=b"\n".join(one.data.split(b"\n")[:_LOOKED_AT])) if isinstance(one, Lines) else one
        for one in unit.items[:_LOOKED_AT]
    ]
    return unit._replace(items=tuple(items))


def _fit(settings: Settings, unit: Unit) -> Fit:
    grader = Grader(settings._replace(words=True, keep=_of_numbers))
    rows = [
        row
        for row in grader(unit)
        if row.readable and row.exercise is not None and has_ranges(grader.exercises.exercise(row.exercise))
    ]
    letters = "".join(row.words or "" for row in rows)
    right = letters.count(_RIGHT)
    return Fit(right, right + letters.count(_WRONG), len({row.student for row in rows if row.words}))


def _of_numbers(verdicts: Sequence[Verdict], columns: Columns, visibility: str) -> str:  # noqa: ARG001
    """The letters of the answers that are numbers: a formula is equally right or wrong at any numbers."""
    return "".join(one.outcome.letter for one in verdicts if one.scored and one.answer and not _NAME.search(one.answer))


def _others(settings: Settings) -> Iterator[tuple[str, Settings]]:
    """What else the students may have practised with: a corrected salt, no salt, or the author's numbers."""
    salt = settings.salt
    for other in dict.fromkeys((salt.strip(), salt.lower(), salt.upper(), salt.strip().lower(), salt.strip().upper())):
        if other != salt:
            yield f"the salt {visible(other)}", settings._replace(salt=other)
    yield "no salt at all", settings._replace(salt="")
    yield "the exercises' own numbers, without --seed-from student", settings._replace(seed_from_student=False)
