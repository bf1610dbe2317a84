"""The class's summary as one page for its teacher: no network, no script, readable in print and without sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Final

from backprop_tutor.grading.row import question_name
from backprop_tutor.grading.summary import BARS, ClassSummary, Hardness, Made
from backprop_tutor.text import counted, visible

PAGE_SUFFIXES: Final = (".html", ".htm")
"""What the page's name ends in."""


def summary_page(summary: ClassSummary, title: str = "The class at a glance") -> str:
    """One file."""
    parts = {
        "title": escape(title), "head": escape(in_short(summary)), "bars": "\n".join(_bars(summary)),
        "questions": "\n".join(map(_question, summary.hardest())), "mistakes": "\n".join(map(_mistake,
        summary.mistakes())),
        "nothing_hard": "" if summary.hardest() else "<p>Every question was answered right by all.</p>",
        "nothing_made": "" if summary.made else "<p>No wrong answer was given.</p>",
    }  # fmt: skip
    template = (files("backprop_tutor.grading") / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)  # in one pass: a text is no template


def in_short(summary: ClassSummary) -> str:
    """The summary in a sentence or two."""
    submissions = counted(summary.submissions, "submission")
    students = f" of {counted(summary.students, 'student')}" if summary.students else ", none with a name"
    mean = f"{summary.mean:.0%} of the points on average, {summary.full:,} with all of them."
    unreadable = f" {summary.unreadable:,} could not be read." if summary.unreadable else ""
    return f"{submissions}{students}: {mean}{unreadable}"


def part_name(number: int) -> str:
    """What stands beside a bar of the distribution."""
    width = 100 // BARS
    return f"{number * width} to {(number + 1) * width} %"


def _bars(summary: ClassSummary) -> Iterator[str]:
    most = max(summary.scores) or 1
    for number, count in enumerate(summary.scores):
        bar = f'<div class="bar" style="width:{100 * count / most:.1f}%"></div>'
        yield (
            f'<tr><th scope="row">{part_name(number)}</th><td class="wide">{bar}</td><td '
            f'class="number">{count:,}</td></tr>'
        )


def _question(question: Hardness) -> str:
    share = question.right / question.asked
    counts = "".join(f'<td class="number">{question.counts[letter]:,}</td>' for letter in "RFWUM")
    name = escape(f"{visible(question.exercise)}: {question_name(question.stage, question.target)}")
    return f'<tr><th scope="row">{name}</th><td class="number">{share:.0%}</td>{counts}</tr>'


def _mistake(made: Made) -> str:
    cells = (made.mistake, f"{visible(made.exercise)}: {made.gate} ({made.kind})")
    words = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr>{words}<td class="number">{made.times:,}</td><td class="number">{made.students:,}</td></tr>'
