"""Gradescope's results.json: one test a question, with feedback. Such a file is about one student, so a class is a
folder of them.

https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.report import Report, counts, mistakes_of, name_of, said_of, scored
from backprop_tutor.grading.row import Row

_RESERVED: Final = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)))
)
"""Names that no file has on Windows."""
VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
"""When a student sees the feedback, in Gradescope's words."""


class SeveralStudents(CannotGrade):
    """A class for a results.json, which is about one student."""


def check_students(number: int) -> None:
    """Raises SeveralStudents where there are more than one; a submission without a name is the one student's."""
    if number > 1:
        raise SeveralStudents(
            "a results.json is about one student, and these are several. Give -o a folder, one file a student."
        )


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student, with all that has no name. Raises CannotGrade where there are more."""
    students: set[str] = set()
    rows: list[Row] = []
    for row in report.chosen.by_student():
        if row.student is not None:
            students.add(row.student)
            check_students(len(students))
        rows.append(row)
    once = {
        row.exercise if row.readable else row.source: row for row in rows
    }  # copies without a name are attempts of the one student
    _dump(stream, results(list(once.values()), report))


def write_folder(folder: Path, report: Report) -> None:
    """Writes a file for each student into a folder, by the student's name; by its number where there is none."""
    taken: set[str] = set()
    for number, (student, rows) in enumerate(_students(report), 1):
        name = _file_name(f".submission-{number}" if student is None else student, taken)
        taken.add(name.lower())
        with (folder / f"{name}.json").open("w", encoding="utf-8", newline="\n") as stream:
            _dump(stream, results(rows, report))


def _file_name(student: str, taken: Collection[str]) -> str:
    """The student's name, where it can be a file's as it is; else as much of it as can, and a hash of it: the same in
    every run."""
    name = re.sub(r"[^\w.@+-]", "_", student)[:60].strip(".")
    is_exact = name == student and name.lower() not in taken and name.partition(".")[0].upper() not in _RESERVED
    return name if is_exact else f"{name or '_'}.{sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def results(rows: list[Row], report: Report) -> dict[str, Any]:
    """The results.json of one student's submissions."""
    notes = [f"{row.exercise or row.source}: {row.note}" for row in rows if row.note]
    return {
        "score": sum(row.score for row in rows), "output": "\n".join(notes), "visibility": report.visibility,
        "stdout_visibility": "hidden",
        "tests": [test for row in rows for test in _tests(row, report.visibility, report.asked(row.exercise or ""))],
        "extra_data": {"submissions": [_about(row) for row in rows]},
    }  # fmt: skip


def _about(row: Row) -> dict[str, Any]:
    """What a course needs to know of a submission beside its score."""
    return {
        key: getattr(row, key) for key in ("student", "exercise", "seed", "attempt", "score", "max_score", "source")
    }


def _tests(row: Row, visibility: str, asked: Asked | None) -> Iterator[dict[str, Any]]:
    questions = list(scored(row))
    if not questions:
        yield {
            "name": row.exercise or row.source, "score": 0.0, "max_score": row.max_score, "status": "failed",
            "output": row.note,
            "visibility": visibility,
        }  # fmt: skip
        return
    shares = _shares(questions, asked)
    for verdicts in questions:
        most = shares[verdicts[0]["stage"]]
        yield {
            "name": f"{row.exercise}: {name_of(verdicts)}", "score": most if counts(verdicts) else 0.0,
            "max_score": most, "status": "passed" if counts(verdicts) else "failed", "output": said_of(verdicts),
            "visibility": visibility, "tags": mistakes_of(verdicts),
        }  # fmt: skip


def _shares(questions: list[list[dict[str, Any]]], asked: Asked | None) -> dict[str, float]:
    """What one test of each stage is worth: 1, or in proportion where the student's own graph has more questions, or
    fewer."""
    given = Counter(verdicts[0]["stage"] for verdicts in questions)
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
