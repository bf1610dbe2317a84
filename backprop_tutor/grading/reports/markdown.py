"""Markdown for people: a table of the class, then each submission with what was not right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TextIO

from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.reports.report import Report, Scored, of_each, whence
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict

BEGINS: Final = b"# Grades\n\n| student |"
_POINTED: Final = re.compile(r"(?:^|\n).*\n *\^[ ^]*(?=\n|$)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    stream.write(
        "# Grades\n\n| student | exercise | score | of | seed | note |\n| --- | --- | ---: | ---: | ---: | --- |\n"
    )
    for row in report.rows():
        seed = "" if row.seed is None else str(row.seed)
        score = f"{row.score:g}" if row.readable else ""
        cells = (row.student or "", row.exercise or "", score, f"{row.max_score:g}", seed, whence(row))
        stream.write(f"| {' | '.join(map(_plain, cells))} |\n")
    for row in report.rows():
        if row.words:
            title = f"{row.student or row.source}, {row.exercise}: {row.score:g} of {row.max_score:g}"
            stream.write(f"\n## {_plain(title)}\n\n{row.words}")


def remarks(verdicts: Sequence[Verdict], columns: Columns, visibility: str) -> str:  # noqa: ARG001
    """What was not right, one line each; what was not answered, in one line."""
    found = of_each([one for one in verdicts if one.outcome is not Outcome.MISSING], _remark, as_written=_plain)
    missing = of_each([one for one in verdicts if one.outcome is Outcome.MISSING], _name)
    last = f"- Not answered: {', '.join(missing)}\n" if missing else ""
    return "".join(found) + last


def _name(question: Scored) -> str:
    return _plain(question.name)


def _remark(question: Scored) -> str:
    """What was not right about one answer."""
    if all(outcome is Outcome.RIGHT for outcome in question.outcomes):
        return ""
    # On a single line, carets would follow the text that they point at.
    lines = _POINTED.sub("", question.said).strip().split("\n")
    return f"- **{_plain(question.name)}** {_plain(' '.join(line.strip() for line in lines))}\n"


def _plain(text: str) -> str:
    """A text on one line in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", visible(text))
