"""Every report format: its name, how its files begin and end, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from backprop_tutor.course.roster import SYSTEMS
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.layouts import CannotGrade
from backprop_tutor.grading.marks import Keep, verdicts_as_json
from backprop_tutor.grading.reports import csv, gradebook, gradescope, json, junit, markdown, prairielearn, students
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.text import nearest, visible


class Format(NamedTuple):
    """A report format. Its fields say what its files end in and begin with; which function writes one; whether it shows
    the messages; whether a file is about one student (a class is then a folder of such files); whether it fills in the
    roster; whether each student is one line; and what is kept of a submission's verdicts until the report is written:
    the text for the report, including messages if these are shown. Formats about one student, of one line per student,
    and those that fill in the roster are chosen by name only."""

    suffix: str
    begins: bytes
    write: Callable[[TextIO, Report], None]
    words: bool = True
    of_one_student: bool = False
    fills: bool = False
    by_student: bool = False
    keep: Keep = verdicts_as_json


FORMATS: Final[dict[str, Format]] = {
    "csv": Format(".csv", csv.BEGINS, csv.write, words=False),
    "json": Format(".json", json.BEGINS, json.write),
    "jsonl": Format(".jsonl", json.LINES_BEGIN, json.write_lines),
    "students": Format(".csv", students.BEGINS, students.write, words=False, by_student=True),
    **{
        system.name: Format(".csv", b"", gradebook.write, words=False, fills=True, by_student=True)
        for system in SYSTEMS
    },
    "gradescope": Format(".json", gradescope.BEGINS, gradescope.write, of_one_student=True, keep=gradescope.tests),
    "prairielearn": Format(
        ".json", prairielearn.BEGINS, prairielearn.write, of_one_student=True, keep=prairielearn.tests
    ),
    "junit": Format(".xml", junit.BEGINS, junit.write, keep=junit.cases),
    "markdown": Format(".md", markdown.BEGINS, markdown.write, keep=markdown.remarks),
}
"""Every format by its name."""


def format_named(name: str | None, output: str | None) -> str:
    """The name of the wanted format: as given, else by the file's suffix, else CSV. Raises CannotGrade."""
    if name is not None:
        if name not in FORMATS:
            raise CannotGrade(
                f"--format must be one of {', '.join(FORMATS)}, not {visible(name)}.{nearest(name, FORMATS)}"
            )
        return name
    if output is None:
        return next(iter(FORMATS))
    by_suffix = {form.suffix: name for name, form in FORMATS.items() if not form.of_one_student and not form.by_student}
    suffix = Path(output).suffix.lower()
    if suffix not in by_suffix:
        more = f"{visible(suffix) or 'no suffix'}.{nearest(suffix, by_suffix)} Or name a --format."
        raise CannotGrade(f"-o needs a file name that ends in one of {', '.join(by_suffix)}, not {more}")
    return by_suffix[suffix]
