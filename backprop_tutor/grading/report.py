"""What a report is made of: the submissions that count, and the questions of their exercises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from backprop_tutor.grading.chosen import Chosen
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.row import Row


class Report(NamedTuple):
    """The rows, the questions of an exercise by its id, and who sees the feedback on Gradescope."""

    chosen: Chosen
    asked: Callable[[str], Asked | None]
    visibility: str = "visible"


def verdicts_of(row: Row) -> list[dict[str, Any]]:
    """The verdicts of a row whose words were kept."""
    found: list[dict[str, Any]] = json.loads(row.words or "[]")
    return found


def scored(row: Row) -> Iterator[dict[str, Any]]:
    """The verdicts that count for the score."""
    return (verdict for verdict in verdicts_of(row) if verdict["scored"])


def counts(verdict: dict[str, Any]) -> bool:
    """Whether a verdict scores."""
    return verdict["verdict"] in ("right", "follow-through")


def said(verdict: dict[str, Any]) -> str:
    """A verdict in words: what was answered, and why it is not right."""
    if verdict["verdict"] == "missing":
        return "Not answered."
    answered = "" if verdict["answer"] is None or verdict["stage"] == "graph" else f"{verdict['answer'][:80]}: "
    return f"{answered}{verdict['verdict']}. {verdict['message']}".strip()
