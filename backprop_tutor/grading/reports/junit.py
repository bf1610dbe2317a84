"""JUnit XML for CI: one suite per submission, one test case per question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TextIO
from xml.sax.saxutils import escape, quoteattr

from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.reports.report import Report, Scored, of_each
from backprop_tutor.grading.rows import Row
from backprop_tutor.tutor.marking.verdicts import Verdict

BEGINS: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="backprop-tutor">'
_SUITE: Final = "\1"
"""Stands for the suite's name, which is not known while the cases are written: a character that XML cannot contain."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    stream.write(f"{BEGINS.decode()}\n")
    for row in report.rows():
        stream.write(_suite(row))
    stream.write("</testsuites>\n")


def _suite(row: Row) -> str:
    name = _attribute(f"{row.student or row.source} {row.exercise or ''}".strip())
    if not row.readable:
        case = f'  <testcase name="submission" classname={name}><error message={_attribute(row.note)}/></testcase>\n'
        return f'<testsuite name={name} tests="1" failures="0" errors="1" skipped="0">\n{case}</testsuite>\n'
    cases = row.words or ""
    count, failed = cases.count("<testcase "), cases.count("<failure ")  # text in XML contains no bare <
    about = {"student": row.student, "exercise": row.exercise, "seed": row.seed}
    about |= {"score": f"{row.score:.10g}", "max": f"{row.max_score:g}"}
    known = {name: _attribute(str(value)) for name, value in about.items() if value is not None}
    properties = "".join(f'<property name="{name}" value={value}/>' for name, value in known.items())
    note = f"  <system-out>{_text(row.note)}</system-out>\n" if row.note else ""
    head = f'<testsuite name={name} tests="{count}" failures="{failed}" errors="0" skipped="0">'
    cases = cases.replace(_SUITE, name)
    return f"{head}\n  <properties>{properties}</properties>\n{cases}{note}</testsuite>\n"


def cases(verdicts: Sequence[Verdict], columns: Columns, visibility: str) -> str:  # noqa: ARG001
    """A test case for each question that counts, with a placeholder for the name of the suite."""
    return "".join(of_each(verdicts, _case))


def _case(question: Scored) -> str:
    head = f"  <testcase name={_attribute(question.name)} classname={_SUITE}"
    if question.scores:
        return f"{head}/>\n"
    outcome = next(outcome for outcome in question.outcomes if not outcome.counts)
    kind = _attribute(" ".join(question.mistakes) or outcome)
    failure = f"<failure type={kind} message={_attribute(outcome)}>{_text(question.said)}</failure>"
    return f"{head}>{failure}</testcase>\n"


def _attribute(text: str) -> str:
    return _text(text, quoteattr)


def _text(text: str, escaped: Callable[[str], str] = escape) -> str:
    """A text in XML in which control and invisible characters are written as references, so that nothing is lost."""
    xml = escaped(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return xml if xml.isprintable() else "".join(c if c.isprintable() or c in "\n\t" else f"&#{ord(c)};" for c in xml)
