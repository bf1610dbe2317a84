"""Every report format, once: its name, its suffix, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.report import Report
from backprop_tutor.grading.reports import csv, gradescope, json, jsonl, junit, markdown
from backprop_tutor.text import nearest, visible


class Format(NamedTuple):
    """A format: what its files end in, whether it shows the messages, and how it is written."""

    suffix: str
    words: bool
    write: Callable[[TextIO, Report], None]


FORMATS: Final[dict[str, Format]] = {
    "csv": Format(".csv", False, csv.write),
    "json": Format(".json", True, json.write),
    "jsonl": Format(".jsonl", True, jsonl.write),
    "gradescope": Format("", True, gradescope.write),
    "junit": Format(".xml", True, junit.write),
    "markdown": Format(".md", True, markdown.write),
}
"""Every format by its name; one without a suffix is chosen by name alone."""
SUFFIXES: Final = tuple(form.suffix for form in FORMATS.values() if form.suffix)
"""What a report's name ends in, by which its format is known."""


def format_named(name: str | None, output: str | None) -> str:
    """The name of the format that is asked for, by name, else by the file's suffix, else CSV. Raises CannotGrade."""
    if name is not None:
        if name not in FORMATS:
            raise CannotGrade(f"--format is one of {', '.join(FORMATS)}, not {visible(name)}.{nearest(name, FORMATS)}")
        return name
    if output is None:
        return "csv"
    suffix = Path(output).suffix.lower()
    found = next((name for name, form in FORMATS.items() if form.suffix and form.suffix == suffix), None)
    if found is None:
        given = visible(suffix) or "no suffix"
        more = nearest(suffix, SUFFIXES)
        raise CannotGrade(
            f"-o takes a file that ends in one of {', '.join(SUFFIXES)}, not {given}.{more} Or name a --format."
        )
    return found
