"""The results.json for one student on Gradescope:
gradescope-autograders.readthedocs.io/en/latest/specs/#output-format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as in_quotes
from typing import Final, TextIO

from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.reports.report import Report, Scored, of_each
from backprop_tutor.grading.rows import Row, in_json
from backprop_tutor.tutor.marking.verdicts import POINT_DIGITS, Verdict

BEGINS: Final = b'{\n "score":'
_BREAK: Final = ",\n  "
_ABOUT: Final = ("student", "exercise", "seed", "attempt", "score", "max_score", "source")
"""What a course needs to know about a submission."""


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student, including what has no name; of unnamed copies the last counts."""
    once = {(row.readable, row.exercise if row.readable else row.source): row for row in report.rows()}
    rows = list(once.values())
    notes = [f"{row.exercise or row.source}: {row.note}" for row in rows if row.note]
    results = {
        "score": sum(row.score for row in rows), "output": "\n".join(notes), "visibility": report.visibility,
        "stdout_visibility": "hidden",
    }  # fmt: skip
    tests = _BREAK.join(row.words or json.dumps(whole_test(row, report.visibility)) for row in rows)
    # One test per line: with indentation json works in pure Python, which takes as long as the marking.
    lines = [f'"{key}": {in_json(value)}' for key, value in results.items()]
    lines.append(f'"extra_data": {{"submissions": [{", ".join(map(_about, rows))}]}}')
    lines.append(f'"tests": [\n  {tests}\n ]')
    stream.write("{\n " + ",\n ".join(lines) + "\n}\n")


def _about(row: Row) -> str:
    return "{" + ", ".join([f'"{name}": {in_json(getattr(row, name))}' for name in _ABOUT]) + "}"


def tests(verdicts: Sequence[Verdict], columns: Columns, visibility: str) -> str:
    """A test for each question that counts, one per line."""
    return _BREAK.join(of_each(verdicts, _test, columns.exercise.id, visibility))


def _test(question: Scored, exercise: str, visibility: str) -> str:
    """One question as a line."""
    most = in_json(round(question.points, POINT_DIGITS))
    score, status = (most, "passed") if question.scores else ("0.0", "failed")
    return (
        f'{{"name": {in_quotes(f"{exercise}: {question.name}")}, "score": {score}, "max_score": {most}, '
        f'"status": "{status}", "output": {in_quotes(question.said)}, "visibility": {in_quotes(visibility)}, '
        f'"tags": [{", ".join(map(in_quotes, question.mistakes))}]}}'
    )


def whole_test(row: Row, visibility: str = "visible") -> dict[str, object]:
    """The only test of a submission without questions."""
    return {
        "name": row.exercise or row.source, "score": 0.0, "max_score": row.max_score, "status": "failed",
        "output": row.note, "visibility": visibility,
    }  # fmt: skip
