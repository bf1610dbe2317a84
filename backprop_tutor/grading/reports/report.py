"""The contents of a report: the submissions that count, and the questions of their exercises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.gradebooks import Gradebook
from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.people import Register
from backprop_tutor.grading.rows import Row, question_name
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict
from backprop_tutor.tutor.stages import WORDS, is_drawn

VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
"""When a student sees the feedback, in Gradescope's words."""


_DRAWN: Final = frozenset(filter(is_drawn, WORDS))
_MOST_NAMED: Final = 10  # how many files whose owner is unknown are named
_LONGEST_ANSWER: Final = 80  # characters of it that are shown
_MOST_ANSWERS: Final = 10_000  # that are remembered with what is written of them
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,17})?")  # what nearly every answer is
_ANY_NUMBER: Final = "31415926535897932384626433832795028842"  # stands for it: longer than any that is taken for one
_LONGEST_NAME: Final = 100  # characters of the name under which an answer was given, if it is remembered


class Report(NamedTuple):
    """The submissions that count and their exercises, both read anew at each call; the questions of an exercise by its
    id; when students see the feedback; whether the system says of any submission that it is late; the class; the
    gradebook to fill in; out of how many points; and the function that receives remarks."""

    rows: Callable[[], Iterable[Row]]
    exercises: Callable[[], list[str]]
    columns: Callable[[str], Columns | None]
    visibility: str = "visible"
    has_late: bool = False
    register: Register | None = None
    gradebook: Gradebook | None = None
    points: float | None = None
    say: Callable[[str], None] = lambda _: None

    def say_nobodys(self) -> list[Row]:
        """For a report with a row for each student: reports, and returns, the rows that are left out since nobody knows
        whose they are."""
        found = [row for row in self.rows() if row.student is None]
        if found:
            self.say(
                f"{counted(len(found), 'submission')} left out of the report, because it is unclear whose they are:"
            )
            for row in found[:_MOST_NAMED]:
                self.say(whence(row))
            if len(found) > _MOST_NAMED:
                self.say(f"and {len(found) - _MOST_NAMED:,} more.")
        return found


class Scored(NamedTuple):
    """A question that counts for the score: its name, the outcomes of its answers (it may have been answered under both
    of its names), the mistakes that they match, what is said about them, and what it is worth."""

    stage: str
    name: str
    outcomes: tuple[Outcome, ...]
    mistakes: tuple[str, ...]
    said: str
    points: float

    @property
    def scores(self) -> bool:
        """Whether every answer to it scores."""
        return all(outcome.counts for outcome in self.outcomes)


def of_each(
    verdicts: Iterable[Verdict], write: Callable[..., str], *about: str, as_written: Callable[[str], str] = str
) -> list[str]:
    """What `write` makes of each question that counts, given it and what the report is `about`; in the report, a number
    is `as_written`."""
    counting = [one for one in verdicts if one.scored]
    if len({(one.stage, one.asked or one.target) for one in counting}) < len(counting):  # hardly ever
        groups = groupby(counting, key=lambda one: (one.stage, one.asked or one.target))
        return [write(_scored(*question, list(group)), *about) for question, group in groups]
    found = []
    for stage, target, answer, outcome, _, mistakes, message, _, _, _, points, _ in counting:
        find = _of_one if len(target) <= _LONGEST_NAME else _of_one.__wrapped__
        if answer and _NUMBER.fullmatch(answer):
            parts = find(write, about, stage, target, _ANY_NUMBER, outcome, mistakes, message, points)
            found.append(as_written(answer).join(parts))
        else:
            shown = answer and answer[:_LONGEST_ANSWER]
            found += find(write, about, stage, target, shown, outcome, mistakes, message, points)
    return found


@lru_cache(_MOST_ANSWERS)
def _of_one(write: Callable[..., str], about: tuple[str, ...], *answer: Any) -> list[str]:
    """What is written of a question with one answer, in the parts around any number: of a class, most are alike."""
    return write(_alone(*answer), *about).split(_ANY_NUMBER)


def _scored(stage: str, question: str, verdicts: list[Verdict]) -> Scored:
    if len(verdicts) == 1:
        (one,) = verdicts
        return _alone(stage, one.target, one.answer, one.outcome, one.diagnoses, one.message, one.points)
    wrong = (verdict for verdict in verdicts if verdict.outcome is not Outcome.RIGHT)  # each under its own name
    return Scored(
        stage,
        question_name(stage, question),
        tuple([verdict.outcome for verdict in verdicts]),
        tuple(dict.fromkeys(id_ for verdict in verdicts for id_ in verdict.diagnoses)),
        "\n".join(f"{one.target}: {_said(stage, one.answer, one.outcome, one.message)}" for one in wrong),
        verdicts[0].points,
    )


def _alone(
    stage: str, target: str, answer: str | None, outcome: Outcome, mistakes: tuple[str, ...], message: str,
    points: float,
) -> Scored:  # fmt: skip
    said = _said(stage, answer, outcome, message)
    return Scored(stage, question_name(stage, target), (outcome,), mistakes, said, points)


def _said(stage: str, answer: str | None, outcome: Outcome, message: str) -> str:
    """A verdict in words: what was answered, and why it is not right."""
    if outcome is Outcome.MISSING:
        return "Not answered."
    answered = "" if not answer or stage in _DRAWN else f"{answer[:_LONGEST_ANSWER]}: "
    return f"{answered}{outcome.words}{outcome.then(message)}"


def whence(row: Row) -> str:
    """A row's note; if the row has no student, with the place where it was found."""
    if row.student or not row.readable:
        return row.note
    return f"{visible(row.source)} does not say whose it is. {row.note}".strip()
