"""JUnit XML, for CI: one suite a submission, one test case a question."""

from __future__ import annotations

import re
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from backprop_tutor.grading.report import Report, counts, said, scored
from backprop_tutor.grading.row import Row

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="backprop-tutor">\n')
    for row in report.chosen.rows():
        stream.write(_suite(row))
    stream.write("</testsuites>\n")


def _suite(row: Row) -> str:
    name = f"{row.student or row.source} {row.exercise or ''}".strip()
    if not row.readable:
        case = f'  <testcase name="submission" classname={_attribute(name)}><error message={_attribute(row.note)}/></testcase>\n'
        return f'<testsuite name={_attribute(name)} tests="1" failures="0" errors="1" skipped="0">\n{case}</testsuite>\n'
    verdicts = list(scored(row))
    failed = sum(not counts(verdict) for verdict in verdicts)
    properties = {
        "student": row.student,
        "exercise": row.exercise,
        "seed": row.seed,
        "score": f"{row.score:g}",
        "max": f"{row.max_score:g}",
    }
    known = "".join(f'<property name="{key}" value={_attribute(str(value))}/>' for key, value in properties.items() if value is not None)
    cases = "".join(_case(verdict, name) for verdict in verdicts)
    note = f"  <system-out>{_text(row.note)}</system-out>\n" if row.note else ""
    head = f'<testsuite name={_attribute(name)} tests="{len(verdicts)}" failures="{failed}" errors="0" skipped="0">'
    return f"{head}\n  <properties>{known}</properties>\n{cases}{note}</testsuite>\n"


def _case(verdict: dict[str, Any], suite: str) -> str:
    head = f"  <testcase name={_attribute(verdict['stage'] + ' ' + verdict['target'])} classname={_attribute(suite)}"
    if counts(verdict):
        return f"{head}/>\n"
    kind = " ".join(verdict["diagnoses"]) or verdict["verdict"]
    return f"{head}><failure type={_attribute(kind)} message={_attribute(verdict['verdict'])}>{_text(said(verdict))}</failure></testcase>\n"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
