"""A class summed up for its teacher, in numbers and as one page: no network, no script, readable in print and without
sight."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Final

from backprop_tutor.grading.attempts import Row, question_name, slips_of
from backprop_tutor.grading.marks import Columns
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.marking.verdicts import Outcome

BARS: Final = 10
"""Into so many equal parts the scores from 0 to full are sorted; a full score stands in the last."""
UNKNOWN: Final = "no known mistake"
PAGE_SUFFIXES: Final = (".html", ".htm")
"""What the page's name ends in."""
PAGE_BEGINS: Final = (
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="backprop-tutor grade">'
)
"""How every page begins."""


@dataclass
class Hardness:
    """One question: what it asks, and how many answers were each of the outcomes, by letter."""

    exercise: str
    stage: str
    target: str
    counts: dict[str, int] = field(default_factory=lambda: {outcome.letter: 0 for outcome in Outcome})

    @property
    def asked(self) -> int:
        """How many submissions had this question."""
        return sum(self.counts.values())

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
    questions: dict[tuple[str, int], Hardness] = field(default_factory=dict)
    made: dict[tuple[str, str, str, str], Made] = field(default_factory=dict)

    def hardest(self) -> list[Hardness]:
        """The questions that some did not get right, the hardest first; of equally hard ones those that more were
        asked."""
        found = [question for question in self.questions.values() if question.right < question.asked]
        return sorted(found, key=lambda question: (question.right / question.asked, -question.asked))

    def mistakes(self) -> list[Made]:
        """The mistakes, the most frequent first."""
        return sorted(self.made.values(), key=lambda made: (-made.times, made.mistake, made.exercise, made.gate))

    @property
    def mean(self) -> float:
        """The mean share of the points, from 0 to 1; what could not be read has none."""
        return self.shares / self.submissions if self.submissions else 0.0


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
        _add_letters(summary, row, columns)
        for slip in slips_of(row.slips):
            mistake = (slip.mistakes[0] if slip.mistakes else UNKNOWN, row.exercise or "", slip.gate, slip.kind)
            made = summary.made.setdefault(mistake, Made(*mistake))
            made.times += 1
            whose: object = row.student if row.student is not None else summary.submissions
            made.students += made.last != whose
            made.last = whose
    return summary


def _add_letters(summary: ClassSummary, row: Row, columns: Callable[[str], Columns | None]) -> None:
    exercise = row.exercise or ""
    for number, letter in enumerate(row.letters if row.readable else ""):
        question = summary.questions.get((exercise, number))
        if question is None:
            known = columns(exercise)
            assert known is not None
            one = known.questions[number]
            question = summary.questions[exercise, number] = Hardness(exercise, one.stage, one.target)
        if letter in question.counts:  # not "-", which stands for a question that was not asked
            question.counts[letter] += 1


def summary_page(summary: ClassSummary, title: str = "The class at a glance") -> str:
    """One file."""
    parts = {
        "title": escape(title), "head": escape(in_short(summary)), "bars": "\n".join(_bars(summary)),
        "questions": "\n".join(map(_question, summary.hardest())), "outcomes": "".join(map(_heading, Outcome)),
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
        name = f'<th scope="row">{part_name(number)}</th>'
        yield f'<tr>{name}<td class="wide">{bar}</td><td class="number">{count:,}</td></tr>'


def _heading(outcome: Outcome) -> str:
    return f'<th scope="col" class="number">{outcome.value}</th>'


def _question(question: Hardness) -> str:
    share = question.right / question.asked
    counts = "".join(f'<td class="number">{count:,}</td>' for count in question.counts.values())
    name = escape(f"{visible(question.exercise)}: {question_name(question.stage, question.target)}")
    return f'<tr><th scope="row">{name}</th><td class="number">{share:.0%}</td>{counts}</tr>'


def _mistake(made: Made) -> str:
    cells = (made.mistake, f"{visible(made.exercise)}: {made.gate} ({made.kind})")
    words = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr>{words}<td class="number">{made.times:,}</td><td class="number">{made.students:,}</td></tr>'
