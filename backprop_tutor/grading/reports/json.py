"""JSON, for programs: every submission with every verdict and its message, one a line, or all in one object."""

from __future__ import annotations

from typing import Final, TextIO

from backprop_tutor.grading.attempts import Row
from backprop_tutor.grading.marks import in_json
from backprop_tutor.grading.reports.report import Report

BEGINS: Final = b'{"format": "backprop-tutor/grades@'
LINES_BEGIN: Final = b'{"format": "backprop-tutor/grade@'


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count as one object."""
    stream.write('{"format": "backprop-tutor/grades@1", "submissions": [')
    for number, row in enumerate(report.rows()):
        stream.write(f"{',' * (number > 0)}\n{_as_json(row)}")
    stream.write("\n]}\n")


def write_lines(stream: TextIO, report: Report) -> None:
    """Writes the rows that count, one a line."""
    for row in report.rows():
        stream.write(f"{_as_json(row)}\n")


def _as_json(row: Row) -> str:
    head = {
        "format": "backprop-tutor/grade@1", "student": row.student, "exercise": row.exercise, "attempt": row.attempt,
        "seed": row.seed, "score": row.score, "max_score": row.max_score, "readable": bool(row.readable),
        "source": row.source, "note": row.note,
    }  # fmt: skip
    parts = ", ".join([f'"{key}": {in_json(value)}' for key, value in head.items()])
    return f'{{{parts}, "verdicts": {row.words or "[]"}}}'
