"""JSON, for programs: one object with every submission, as in the JSON Lines."""

from __future__ import annotations

from typing import TextIO

from backprop_tutor.grading.report import Report
from backprop_tutor.grading.reports.jsonl import as_json


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    stream.write('{"format": "backprop-tutor/grades@1", "submissions": [')
    for number, row in enumerate(report.chosen.rows()):
        stream.write(f"{',' * (number > 0)}\n{as_json(row)}")
    stream.write("\n]}\n")
