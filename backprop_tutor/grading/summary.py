"""A summary of a class for its teacher: in numbers, and as one page without scripts, fit for print and screen
readers."""

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
from backprop_tutor.tutor.mistakes.table import mistake_name

BARS: Final = 10  # equal parts from 0 to full into which scores are sorted; a full score belongs to the last
UNKNOWN: Final = "no known mistake"
UNRECOGNISED: Final = "Wrong answers that match no known mistake"
ABSENT: Final = "Handed in nothing"
UNMARKED: Final = "Could not be marked"
NO_MISTAKE: Final = "No known mistakes were made."
PAGE_SUFFIXES: Final = (".html", ".htm")
PAGE_BEGINS: Final = (
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="backprop-tutor grade">'
)
"""How every page begins."""


@dataclass
class Hardness:
    """One question: its name, and how many answers had each outcome, by letter (`-`: not asked)."""

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
    """One mistake at one gate: how often it was made, by how many students, and one example with its student. What is
    not recognised is grouped by question."""

    mistake: str
    exercise: str
    gate: str
    kind: str
    times: int = 0
    students: int = 0
    last: object = None
    question: str = ""
    answer: str = ""
    student: str = ""

    @property
    def example(self) -> str:
        """One such answer: `w1 = 0.7 (65010003)`."""
        whose = f" ({self.student})" if self.student else ""
        return visible(f"{self.question} = {self.answer}{whose}")


@dataclass
class ClassSummary:
    """What a report's rows say together. A wrong answer counts once, as its likeliest mistake. What could not be marked
    is listed separately in `unmarked`, by owner and reason, and is left out of every average."""

    submissions: int = 0
    unreadable: int = 0
    students: int = 0
    scores: list[int] = field(default_factory=lambda: [0] * BARS)
    full: int = 0
    shares: float = 0.0
    questions: dict[str, list[Hardness]] = field(default_factory=dict)
    made: dict[tuple[str, str, str, str], Made] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unmarked: list[tuple[str, str]] = field(default_factory=list)

    def hardest(self) -> list[Hardness]:
        """The questions that some did not get right, hardest first; among equals, those that more students had."""
        every = chain.from_iterable(self.questions.values())
        found = [question for question in every if question.right < question.asked]
        return sorted(found, key=lambda question: (question.right / question.asked, -question.asked))

    def mistakes(self) -> list[Made]:
        """The mistakes, most frequent first."""
        return self._most_frequent(is_known=True)

    def unrecognised(self) -> list[Made]:
        """The questions with wrong answers that match no mistake, those with most of them first."""
        return self._most_frequent(is_known=False)

    def _most_frequent(self, is_known: bool) -> list[Made]:
        found = [made for made in self.made.values() if (made.mistake != UNKNOWN) == is_known]
        return sorted(found, key=lambda made: (-made.times, made.mistake, made.exercise, made.gate))


def summed(rows: Iterable[Row], columns: Callable[[str], Columns | None]) -> ClassSummary:
    """The summary of rows in which each student's rows are together, so that nobody needs to be remembered."""
    summary = ClassSummary()
    student: str | None = None
    for row in rows:
        summary.submissions += 1
        summary.students += row.student is not None and row.student != student
        student = row.student
        if not row.readable:  # a picture handed in is not a score of 0
            summary.unreadable += 1
            summary.unmarked.append((row.student or "", row.note))
            continue
        share = row.score / row.max_score if row.max_score else 0.0
        summary.shares += share
        summary.scores[min(BARS - 1, int(share * BARS + 1e-9))] += 1  # 0.3 * 10 is a little less than 3
        summary.full += share >= 1
        exercise = row.exercise or ""
        if exercise not in summary.questions:
            known = columns(exercise)
            assert known is not None
            summary.questions[exercise] = [Hardness(exercise, one.stage, one.target) for one in known.questions]
        for question, letter in zip(summary.questions[exercise], row.letters, strict=True):
            question.counts[letter] += 1
        for slip in slips_of(row):
            at = slip.gate if slip.mistakes else question_name(slip.stage, slip.target)
            mistake = (slip.mistakes[0] if slip.mistakes else UNKNOWN, exercise, at, slip.kind)
            example = (slip.target, slip.answer, row.student or "")
            made = summary.made.setdefault(mistake, Made(*mistake, 0, 0, None, *example))
            made.times += 1
            whose: object = row.student if row.student is not None else summary.submissions
            made.students += made.last != whose
            made.last = whose
    return summary


def summary_page(summary: ClassSummary) -> str:
    """One file."""
    heads = (f'<th scope="col" class="number">{outcome.words}</th>' for outcome in Outcome)
    parts = {
        "head": escape(in_short(summary)), "bars": "\n".join(_bars(summary)),
        "questions": "\n".join(map(_question, summary.hardest())), "outcomes": "".join(heads),
        "mistakes": "\n".join(map(_mistake, summary.mistakes())),
        "unrecognised": _unrecognised(summary), "absent": _absent(summary), "unmarked": _unmarked(summary),
        "nothing_hard": "" if summary.hardest() else "<p>Everybody got every question right.</p>",
        "nothing_made": "" if summary.mistakes() else f"<p>{NO_MISTAKE}</p>",
    }  # fmt: skip
    template = (files("backprop_tutor.grading") / "page.html").read_text(encoding="utf-8")
    # In one pass, since inserted text is not a template.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def in_short(summary: ClassSummary) -> str:
    """The summary in a sentence or two."""
    submissions = counted(summary.submissions, "submission")
    students = f" of {counted(summary.students, 'student')}" if summary.students else ", none with a name"
    marked = summary.submissions - summary.unreadable
    unmarked = f" {summary.unreadable:,} could not be marked." if summary.unreadable else ""
    if not marked:
        return f"{submissions}{students}:{unmarked}"
    mean = f"{summary.shares / marked:.0%} of the points on average, {summary.full:,} with full marks."
    return f"{submissions}{students}: {mean}{unmarked}"


def part_name(number: int) -> str:
    """The label of a bar of the distribution."""
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
    cells = (mistake_name(made.mistake), f"{visible(made.exercise)}: {made.gate} ({made.kind})", made.example)
    words = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{words}{_numbers(f'{made.times:,}', f'{made.students:,}')}</tr>"


def _unrecognised(summary: ClassSummary) -> str:
    """The table of wrong answers that match no mistake; empty if there are none."""
    rows = "\n".join(
        f"<tr><td>{escape(visible(one.exercise))}: {escape(one.gate)}</td><td>{escape(one.example)}</td>"
        f"{_numbers(f'{one.times:,}', f'{one.students:,}')}</tr>"
        for one in summary.unrecognised()
    )
    heads = '<th scope="col">question</th><th scope="col">example</th>'
    heads += '<th scope="col" class="number">times</th><th scope="col" class="number">students</th>'
    body = f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
    return f'<div class="scroll"><table>\n<caption>{UNRECOGNISED}</caption>\n{body}\n</table></div>' if rows else ""


def _unmarked(summary: ClassSummary) -> str:
    items = "".join(f"<li>{escape(visible(one))}</li>" for one in unmarked_lines(summary))
    return f'<h2>{UNMARKED} ({len(summary.unmarked):,})</h2>\n<ul class="whys">{items}</ul>' if items else ""


def unmarked_lines(summary: ClassSummary) -> list[str]:
    """What could not be marked, one line each: whose it is, if known, and why."""
    return [": ".join(filter(None, one)) for one in summary.unmarked]


def _absent(summary: ClassSummary) -> str:
    names = "".join(f"<li>{escape(visible(name))}</li>" for name in summary.absent)
    return f"<h2>{ABSENT} ({len(summary.absent):,})</h2>\n<ul>{names}</ul>" if names else ""
