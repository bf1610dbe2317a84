"""The gradebook that was given as the roster, filled in."""

from __future__ import annotations

from typing import TextIO

from backprop_tutor.grading.feedback import comment
from backprop_tutor.grading.marks import totals
from backprop_tutor.grading.reports.report import Report


def write(stream: TextIO, report: Report) -> None:
    """Writes its bytes, with one new column."""
    assert report.gradebook is not None  # the run makes sure of it
    found = totals(report.rows(), report.exercises(), report.columns)
    filled = report.gradebook.filled(found, comment, bool(report.say_nobodys()))
    stream.flush()
    stream.buffer.write(filled.data)
    for remark in filled.remarks:
        report.say(remark)
