"""Gradescope's results.json of one student: gradescope-autograders.readthedocs.io/en/latest/specs/#output-format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, TextIO

from backprop_tutor.grading.attempts import Row
from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.reports.report import Report, scored

BEGINS: Final = b'{\n "score":'
_BREAK: Final = ",\n  "
_ABOUT: Final = ("student", "exercise", "seed", "attempt", "score", "max_score", "source")
"""What a course needs to know of a submission."""


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student, with all that has no name; of copies without a name the last counts."""
    once = {(row.readable, row.exercise if row.readable else row.source): row for row in report.rows()}
    rows = list(once.values())
    notes = [f"{row.exercise or row.source}: {row.note}" for row in rows if row.note]
    about = [{name: getattr(row, name) for name in _ABOUT} for row in rows]
    results = {
        "score": sum(row.score for row in rows), "output": "\n".join(notes), "visibility": report.visibility,
        "stdout_visibility": "hidden", "extra_data": {"submissions": about},
    }  # fmt: skip
    tests = (test for row in rows for test in _tests(row, report.visibility, report.columns(row.exercise or "")))
    # A test a line: json indents in Python alone, which takes as long as the marking.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in results.items()]
    lines.append(f'"tests": [\n  {_BREAK.join(map(json.dumps, tests))}\n ]')
    stream.write("{\n " + ",\n ".join(lines) + "\n}\n")


def _tests(row: Row, visibility: str, columns: Columns | None) -> Iterator[dict[str, Any]]:
    questions = list(scored(row))
    given = Counter(question.stage for question in questions)
    wanted = Counter(question.stage for question in columns.questions) if columns is not None else given
    for question in questions:
        # One, or in proportion where the student's own graph has more questions of the stage, or fewer.
        most = round(wanted[question.stage] / given[question.stage], 9)
        yield {
            "name": f"{row.exercise}: {question.name}", "score": most if question.scores else 0.0, "max_score": most,
            "status": "passed" if question.scores else "failed", "output": question.said, "visibility": visibility,
            "tags": question.mistakes,
        }  # fmt: skip
    if not questions:
        yield {
            "name": row.exercise or row.source, "score": 0.0, "max_score": row.max_score, "status": "failed",
            "output": row.note, "visibility": visibility,
        }  # fmt: skip
