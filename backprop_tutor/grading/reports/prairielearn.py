"""The results.json of an external grader of PrairieLearn: docs.prairielearn.com/externalGrading, "Grading result"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TextIO

from backprop_tutor.grading.reports import gradescope
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.rows import Row

BEGINS: Final = b'{\n "gradable":'
tests = gradescope.tests
"""What is kept of a submission's verdicts: the same tests, under other names."""


def write(stream: TextIO, report: Report) -> None:
    """Writes the results of one student; if nothing could be read, says that it cannot be graded, which costs no
    attempt."""
    rows = list(report.rows())
    results: dict[str, Any] = {"gradable": any(row.readable for row in rows)}
    if results["gradable"]:
        most = sum(row.max_score for row in rows)
        results |= {
            "score": sum(row.score for row in rows) / most if most else 0.0,
            "output": "\n".join(row.note for row in rows if row.note),
            "tests": [test for row in rows for test in _tests(row)],
        }
    else:
        results["format_errors"] = [row.note for row in rows]
    json.dump(results, stream, indent=1)
    stream.write("\n")


def _tests(row: Row) -> Iterator[dict[str, Any]]:
    for test in json.loads(f"[{row.words}]") if row.words else [gradescope.whole_test(row)]:
        yield {
            "name": test["name"], "points": test["score"], "max_points": test["max_score"], "output": test["output"],
        }  # fmt: skip
