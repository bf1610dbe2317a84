"""JSON Lines, for programs: one submission a line, with every verdict and its message."""

from __future__ import annotations

import json
from typing import TextIO

from backprop_tutor.grading.report import Report
from backprop_tutor.grading.row import Row


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    for row in report.chosen.rows():
        stream.write(f"{as_json(row)}\n")


def as_json(row: Row) -> str:
    """A row as one JSON object."""
    head = {
        "format": "backprop-tutor/grade@1", "student": row.student, "exercise": row.exercise, "attempt": row.attempt,
        "seed": row.seed,
        "score": row.score, "max_score": row.max_score, "readable": bool(row.readable), "source": row.source,
        "note": row.note,
    }  # fmt: skip
    return f'{json.dumps(head)[:-1]}, "verdicts": {row.words or "[]"}}}'
