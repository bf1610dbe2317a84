"""The results.json of an external grader of PrairieLearn: docs.prairielearn.com/externalGrading, "Grading result"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as in_quotes
from typing import Final, TextIO

from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.reports.report import Report, Scored, of_each
from backprop_tutor.grading.rows import Row, in_json
from backprop_tutor.tutor.marking.verdicts import POINT_DIGITS, Verdict

BEGINS: Final = b'{\n "gradable":'
_BREAK: Final = ",\n"


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student; if nothing could be read, says that it cannot be graded, which costs no
    attempt."""
    rows = list(report.rows())
    if not any(row.readable for row in rows):
        json.dump({"gradable": False, "format_errors": [row.note for row in rows]}, stream, indent=1)
        stream.write("\n")
        return
    most = sum(row.max_score for row in rows)
    score = in_json(sum(row.score for row in rows) / most if most else 0.0)
    said = in_quotes("\n".join(row.note for row in rows if row.note))
    tests = _BREAK.join(row.words or _whole_test(row) for row in rows)
    # As json indents it, which takes as long as the marking.
    stream.write(f'{{\n "gradable": true,\n "score": {score},\n "output": {said},\n "tests": [\n{tests}\n ]\n}}\n')


def tests(verdicts: Sequence[Verdict], columns: Columns, visibility: str) -> str:  # noqa: ARG001
    """A test for each question that counts."""
    return _BREAK.join(of_each(verdicts, _test, columns.exercise.id))


def _test(question: Scored, exercise: str) -> str:
    most = round(question.points, POINT_DIGITS)
    return _written(f"{exercise}: {question.name}", most if question.scores else 0.0, most, question.said)


def _whole_test(row: Row) -> str:
    """The one test of a submission without questions."""
    return _written(row.exercise or row.source, 0.0, row.max_score, row.note)


def _written(name: str, points: float, most: float, said: str) -> str:
    lines = (
        f'"name": {in_quotes(name)}', f'"points": {in_json(points)}', f'"max_points": {in_json(most)}',
        f'"output": {in_quotes(said)}',
    )  # fmt: skip
    return "  {\n   " + ",\n   ".join(lines) + "\n  }"
