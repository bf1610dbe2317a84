"""JSON for programs: every submission with every verdict and its message, one per line or all in one object."""

from __future__ import annotations

from typing import Final, TextIO

from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.rows import as_json

BEGINS: Final = b'{"format": "backprop-tutor/grades@'
LINES_BEGIN: Final = b'{"format": "backprop-tutor/grade@'


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count as one object."""
    stream.write('{"format": "backprop-tutor/grades@1", "submissions": [')
    for number, row in enumerate(report.rows()):
        stream.write(f"{',' * (number > 0)}\n{as_json(row)}")
    stream.write("\n]}\n")


def write_lines(stream: TextIO, report: Report) -> None:
    """Writes the rows that count, one per line."""
    for row in report.rows():
        stream.write(f"{as_json(row)}\n")
