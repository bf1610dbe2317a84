"""What a report is made of: the submissions that count, and the questions of their exercises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

from backprop_tutor.grading.attempts import Row, question_name
from backprop_tutor.grading.marks import Columns
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages import is_drawn

VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
"""When a student sees the feedback, in Gradescope's words."""


class Report(NamedTuple):
    """The submissions that count and their exercises, both read anew at each call, the questions of an exercise by its
    id, and when students see the feedback."""

    rows: Callable[[], Iterable[Row]]
    exercises: Callable[[], list[str]]
    columns: Callable[[str], Columns | None]
    visibility: str = "visible"


class Scored(NamedTuple):
    """A question that counts for the score: what it is called, the outcomes of its answers (it was perhaps answered
    under both of its names), the mistakes that they match, and what is said of them."""

    stage: str
    name: str
    outcomes: list[Outcome]
    mistakes: list[str]
    said: str

    @property
    def scores(self) -> bool:
        """Whether every answer to it does."""
        return all(outcome.counts for outcome in self.outcomes)


def scored(row: Row) -> Iterator[Scored]:
    """The questions of a row whose words were kept, one by one."""
    counted = (verdict for verdict in json.loads(row.words or "[]") if verdict["scored"])
    for (stage, question), found in groupby(counted, lambda verdict: (verdict["stage"], verdict["question"])):
        verdicts = list(found)
        name, said = verdicts[0]["target"], _said(verdicts[0])
        if len(verdicts) > 1:  # those that are not right, each under its name
            wrong = (verdict for verdict in verdicts if verdict["verdict"] != "right")
            name, said = question, "\n".join(f"{verdict['target']}: {_said(verdict)}" for verdict in wrong)
        yield Scored(
            stage,
            question_name(stage, name),
            [Outcome(verdict["verdict"]) for verdict in verdicts],
            list(dict.fromkeys(id_ for verdict in verdicts for id_ in verdict["diagnoses"])),
            said,
        )


def _said(verdict: dict[str, Any]) -> str:
    """A verdict in words: what was answered, and why it is not right."""
    if verdict["verdict"] == "missing":
        return "Not answered."
    answered = "" if verdict["answer"] is None or is_drawn(verdict["stage"]) else f"{verdict['answer'][:80]}: "
    return f"{answered}{verdict['verdict']}. {verdict['message']}".strip()


def whence(row: Row) -> str:
    """A row's note; where it has no student, with where it stands."""
    if row.student or not row.readable:
        return row.note
    return f"{visible(row.source)}: it does not say whose it is. {row.note}".strip()
