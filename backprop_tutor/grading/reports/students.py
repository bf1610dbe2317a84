"""CSV for a spreadsheet: one student per line, one exercise per column, and the total; with a mark if Excel needs
one."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Final, TextIO

from backprop_tutor.grading.marks import Total, totals
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.rows import Row
from backprop_tutor.text import defused, visible

BEGINS: Final = b"student,name,"
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Tells Excel that a file is UTF-8: without it, Excel garbles names with accents."""


def write(stream: TextIO, report: Report) -> None:
    """Writes everybody who handed in anything and, if there is a roster, everybody on it."""
    exercises = report.exercises()
    found = {total.student: total for total in totals(report.rows(), exercises, report.columns)}
    report.say_nobodys()
    points = report.points
    text = StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    late = ["late"] if report.has_late else []
    scaled = [] if points is None else [f"of {points:g}"]
    lines.writerow(["student", "name", *map(defused, exercises), "total", "max", *scaled, *late, "note"])
    people = report.register.by_number if report.register is not None else {}
    for student in (*people, *(one for one in found if one not in people)):
        name = people[student].name if student in people else ""
        total = found.get(student)
        cells = (
            [""] * (len(exercises) + 2 + len(scaled) + len(late)) if total is None else _cells(total, exercises, report)
        )
        note = "Handed in nothing." if total is None else " ".join(filter(None, (row.note for row in total.rows)))
        lines.writerow([_safe(cell) for cell in (student, name, *cells, note)])
    written = text.getvalue()
    stream.write(written if written.isascii() else _MARK + written)


def _cells(total: Total, exercises: list[str], report: Report) -> list[str]:
    """Blank if nothing could be marked, which is not the same as 0."""
    by_exercise: dict[str | None, Row] = {row.exercise: row for row in total.rows if row.readable}
    scores = [f"{by_exercise[id_].score:.10g}" if id_ in by_exercise else "" for id_ in exercises]
    sums = [f"{total.score:.10g}", f"{total.most:g}", *([] if report.points is None else [total.scaled(report.points)])]
    late = ["late" if any(row.late for row in total.rows) else ""] if report.has_late else []
    return [*scores, *(sums if total.is_marked else [""] * len(sums)), *late]


def _safe(cell: str) -> str:
    return str(defused(visible(cell)))
