"""A class summed up for its teacher, in numbers and as one page without script that print and readers show too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from itertools import chain
from typing import Final

from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.rows import Row, question_name, slips_of
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.marking.verdicts import Outcome

BARS: Final = 10  # equal parts from 0 to full into which scores are sorted; a full score stands in the last
UNKNOWN: Final = "no known mistake"
PAGE_SUFFIXES: Final = (".html", ".htm")
PAGE_BEGINS: Final = (
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="backprop-tutor grade">'
)
"""How every page begins."""


@dataclass
class Hardness:
    """One question: what it asks, and how many answers were each of the outcomes, by letter (`-`: not asked)."""

    exercise: str
    stage: str
    target: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        """How many submissions had this question."""
        return self.counts.total() - self.counts["-"]

    @property
    def right(self) -> int:
        """How many of them score."""
        return sum(self.counts[outcome.letter] for outcome in Outcome if outcome.counts)


@dataclass
class Made:
    """One mistake at one gate: how often it was made, and by how many students."""

    mistake: str
    exercise: str
    gate: str
    kind: str
    times: int = 0
    students: int = 0
    last: object = None


@dataclass
class ClassSummary:
    """What a report's rows say together. A wrong answer counts once, as its likeliest mistake."""

    submissions: int = 0
    unreadable: int = 0
    students: int = 0
    scores: list[int] = field(default_factory=lambda: [0] * BARS)
    full: int = 0
    shares: float = 0.0
    questions: dict[str, list[Hardness]] = field(default_factory=dict)
    made: dict[tuple[str, str, str, str], Made] = field(default_factory=dict)

    def hardest(self) -> list[Hardness]:
        """The questions that some did not get right, the hardest first, then those that more were asked."""
        every = chain.from_iterable(self.questions.values())
        found = [question for question in every if question.right < question.asked]
        return sorted(found, key=lambda question: (question.right / question.asked, -question.asked))

    def mistakes(self) -> list[Made]:
        """The mistakes, the most frequent first."""
        return sorted(self.made.values(), key=lambda made: (-made.times, made.mistake, made.exercise, made.gate))


def summed(rows: Iterable[Row], columns: Callable[[str], Columns | None]) -> ClassSummary:
    """The summary of rows in which each student's come together, so that nobody needs to be remembered."""
    summary = ClassSummary()
    student: str | None = None
    for row in rows:
        summary.submissions += 1
        summary.students += row.student is not None and row.student != student
        student = row.student
        share = row.score / row.max_score if row.max_score else 0.0
        summary.shares += share
        summary.scores[min(BARS - 1, int(share * BARS + 1e-9))] += 1  # 0.3 * 10 is a little less than 3
        summary.full += share >= 1
        summary.unreadable += not row.readable
        exercise = row.exercise or ""
        if row.readable:
            if exercise not in summary.questions:
                known = columns(exercise)
                assert known is not None
                summary.questions[exercise] = [Hardness(exercise, one.stage, one.target) for one in known.questions]
            for question, letter in zip(summary.questions[exercise], row.letters, strict=True):
                question.counts[letter] += 1
        for slip in slips_of(row):
            mistake = (slip.mistakes[0] if slip.mistakes else UNKNOWN, exercise, slip.gate, slip.kind)
            made = summary.made.setdefault(mistake, Made(*mistake))
            made.times += 1
            whose: object = row.student if row.student is not None else summary.submissions
            made.students += made.last != whose
            made.last = whose
    return summary


def summary_page(summary: ClassSummary) -> str:
    """One file."""
    heads = (f'<th scope="col" class="number">{outcome.value}</th>' for outcome in Outcome)
    parts = {
        "head": escape(in_short(summary)), "bars": "\n".join(_bars(summary)),
        "questions": "\n".join(map(_question, summary.hardest())), "outcomes": "".join(heads),
        "mistakes": "\n".join(map(_mistake, summary.mistakes())),
        "nothing_hard": "" if summary.hardest() else "<p>Every question was answered right by all.</p>",
        "nothing_made": "" if summary.made else "<p>No wrong answer was given.</p>",
    }  # fmt: skip
    template = (files("backprop_tutor.grading") / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)  # in one pass: a text is no template


def in_short(summary: ClassSummary) -> str:
    """The summary in a sentence or two."""
    submissions = counted(summary.submissions, "submission")
    students = f" of {counted(summary.students, 'student')}" if summary.students else ", none with a name"
    share = summary.shares / max(summary.submissions, 1)  # what could not be read has none of the points
    mean = f"{share:.0%} of the points on average, {summary.full:,} with all of them."
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
        name = f'<th scope="row">{part_name(number)}</th>'
        yield f'<tr>{name}<td class="wide">{bar}</td>{_numbers(f"{count:,}")}</tr>'


def _numbers(*numbers: str) -> str:
    return "".join(f'<td class="number">{number}</td>' for number in numbers)


def _question(question: Hardness) -> str:
    counts = (f"{question.counts[outcome.letter]:,}" for outcome in Outcome)
    name = escape(f"{visible(question.exercise)}: {question_name(question.stage, question.target)}")
    return f'<tr><th scope="row">{name}</th>{_numbers(f"{question.right / question.asked:.0%}", *counts)}</tr>'


def _mistake(made: Made) -> str:
    cells = (made.mistake, f"{visible(made.exercise)}: {made.gate} ({made.kind})")
    words = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{words}{_numbers(f'{made.times:,}', f'{made.students:,}')}</tr>"
