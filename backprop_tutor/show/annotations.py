"""Reports as workflow commands: GitHub shows each finding at its line of the file."""

from __future__ import annotations

from collections.abc import Iterator

from backprop_tutor.authoring.report import Finding, Report
from backprop_tutor.text import visible


def workflow_commands(report: Report) -> Iterator[str]:
    """`::error file=…,line=…,col=…::message`, one line for each error and each warning."""
    for kind, findings in (("error", report.errors), ("warning", report.warnings)):
        for finding in findings:
            yield _command(kind, report.file, finding)


def _command(kind: str, file: str, finding: Finding) -> str:
    return (
        f"::{kind} file={_property(visible(file))},line={finding.line},col={finding.column}::{_data(finding.message)}"
    )


def _data(text: str) -> str:
    """A message; `%` first, since the others become it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
