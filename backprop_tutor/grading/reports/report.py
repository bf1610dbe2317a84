"""What a report is made of: the submissions that count, and the questions of their exercises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from backprop_tutor.errors import visible
from backprop_tutor.grading.attempts import Row, question_name
from backprop_tutor.grading.marks import Asked

VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
"""When a student sees the feedback, in Gradescope's words."""


class Report(NamedTuple):
    """The submissions that count and their exercises, both read anew at each call, the questions of an exercise by its
    id, and when students see the feedback."""

    rows: Callable[[], Iterable[Row]]
    exercises: Callable[[], list[str]]
    asked: Callable[[str], Asked | None]
    visibility: str = "visible"


def verdicts_of(row: Row) -> list[dict[str, Any]]:
    """The verdicts of a row whose words were kept."""
    found: list[dict[str, Any]] = json.loads(row.words or "[]")
    return found


def scored(row: Row) -> Iterator[list[dict[str, Any]]]:
    """The verdicts that count for the score, question by question: one was perhaps answered under both of its names."""
    counted = (verdict for verdict in verdicts_of(row) if verdict["scored"])
    return (list(verdicts) for _, verdicts in groupby(counted, lambda verdict: (verdict["stage"], verdict["question"])))


def counts(verdicts: Sequence[dict[str, Any]]) -> bool:
    """Whether a question scores: every answer to it does."""
    return all(verdict["verdict"] in ("right", "follow-through") for verdict in verdicts)


def name_of(verdicts: Sequence[dict[str, Any]]) -> str:
    """A question's stage and name; as it was answered, where that was once."""
    first = verdicts[0]
    return question_name(first["stage"], first["target"] if len(verdicts) == 1 else first["question"])


def mistakes_of(verdicts: Sequence[dict[str, Any]]) -> list[str]:
    """The mistakes that the answers to a question match."""
    return list(dict.fromkeys(id_ for verdict in verdicts for id_ in verdict["diagnoses"]))


def said_of(verdicts: Sequence[dict[str, Any]]) -> str:
    """The answers to a question in words: of several, those that are not right, each under its name."""
    if len(verdicts) == 1:
        return said(verdicts[0])
    return "\n".join(f"{verdict['target']}: {said(verdict)}" for verdict in verdicts if verdict["verdict"] != "right")


def said(verdict: dict[str, Any]) -> str:
    """A verdict in words: what was answered, and why it is not right."""
    if verdict["verdict"] == "missing":
        return "Not answered."
    answered = "" if verdict["answer"] is None or verdict["stage"] == "graph" else f"{verdict['answer'][:80]}: "
    return f"{answered}{verdict['verdict']}. {verdict['message']}".strip()


def whence(row: Row) -> str:
    """A row's note; where it has no student, with where it stands."""
    return (
        row.note
        if row.student or not row.readable
        else f"{visible(row.source)}: it does not say whose it is. {row.note}".strip()
    )
