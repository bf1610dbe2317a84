"""Gradescope's results.json: one test a question, with feedback. Such a file is about one student, so a class is a folder of them.

https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.report import Report, counts, said, scored
from backprop_tutor.grading.row import Row

_RESERVED: Final = frozenset(("CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))))
"""Names that no file has on Windows."""
VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
"""When a student sees the feedback, in Gradescope's words."""


class SeveralStudents(CannotGrade):
    """A class for a results.json, which is about one student."""


def check_students(number: int) -> None:
    """Raises SeveralStudents where there are more than one."""
    if number > 1:
        raise SeveralStudents("a results.json is about one student, and these are several. Give -o a folder, one file a student.")


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student. Raises CannotGrade where there are more."""
    found = _students(report)
    only = next(found, None)
    check_students((only is not None) + (next(found, None) is not None))
    assert only is not None
    _dump(stream, results(only[1], report))


def write_folder(folder: Path, report: Report) -> None:
    """Writes a file for each student into a folder, by the student's name; `submission-N` where there is none."""
    taken: set[str] = set()
    for number, (student, rows) in enumerate(_students(report), 1):
        name = re.sub(r"[^\w.@+-]", "_", student or f"submission-{number}")[:60].lstrip(".") or "_"
        if name.partition(".")[0].upper() in _RESERVED:
            name = f"_{name}"
        while name.lower() in taken:
            name += f"-{number}"
        taken.add(name.lower())
        with (folder / f"{name}.json").open("w", encoding="utf-8", newline="\n") as stream:
            _dump(stream, results(rows, report))


def results(rows: list[Row], report: Report) -> dict[str, Any]:
    """The results.json of one student's submissions."""
    notes = [f"{row.exercise or row.source}: {row.note}" for row in rows if row.note]
    return {
        "score": sum(row.score for row in rows), "output": "\n".join(notes), "visibility": report.visibility, "stdout_visibility": "hidden",
        "tests": [test for row in rows for test in _tests(row, report.visibility, report.asked(row.exercise or ""))],
        "extra_data": {"submissions": [_about(row) for row in rows]},
    }  # fmt: skip


def _about(row: Row) -> dict[str, Any]:
    """What a course needs to know of a submission beside its score."""
    return {key: getattr(row, key) for key in ("student", "exercise", "seed", "attempt", "score", "max_score", "source")}


def _tests(row: Row, visibility: str, asked: Asked | None) -> Iterator[dict[str, Any]]:
    verdicts = list(scored(row))
    if not verdicts:
        yield {
            "name": row.exercise or row.source, "score": 0.0, "max_score": row.max_score, "status": "failed", "output": row.note,
            "visibility": visibility,
        }  # fmt: skip
        return
    shares = _shares(verdicts, asked)
    for verdict in verdicts:
        most = shares[verdict["stage"]]
        yield {
            "name": f"{row.exercise}: {verdict['stage']} {verdict['target']}", "score": most if counts(verdict) else 0.0,
            "max_score": most, "status": "passed" if counts(verdict) else "failed", "output": said(verdict),
            "visibility": visibility, "tags": verdict["diagnoses"],
        }  # fmt: skip


def _shares(verdicts: list[dict[str, Any]], asked: Asked | None) -> dict[str, float]:
    """What one test of each stage is worth: 1, or in proportion where the student's own graph has more questions, or fewer."""
    given = Counter(verdict["stage"] for verdict in verdicts)
    wanted = Counter(question.stage for question in asked.questions) if asked is not None else given
    return {stage: round(wanted[stage] / count, 9) for stage, count in given.items()}


def _students(report: Report) -> Iterator[tuple[str | None, list[Row]]]:
    """Each student with their rows; each row of nobody alone."""
    for student, rows in groupby(report.chosen.by_student(), key=lambda row: row.student):
        if student is None:
            yield from ((None, [row]) for row in rows)
        else:
            yield student, list(rows)


def _dump(stream: TextIO, data: dict[str, Any]) -> None:
    json.dump(data, stream, indent=1)
    stream.write("\n")
