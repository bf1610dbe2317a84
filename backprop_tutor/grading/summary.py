"""A class summed up for its teacher: how the scores lie, which questions are hard, which mistakes were made, where, and
by how many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from backprop_tutor.grading.chosen import Chosen
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.row import Row, slips_of
from backprop_tutor.tutor.marking.verdicts import Outcome

BARS: Final = 10
"""Into so many equal parts the scores from 0 to full are sorted; a full score stands in the last."""
UNKNOWN: Final = "no known mistake"


@dataclass
class Hardness:
    """One question: what it asks, and how many answers were right, followed through, wrong, unreadable, missing."""

    exercise: str
    stage: str
    target: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((outcome.letter for outcome in Outcome), 0))

    @property
    def asked(self) -> int:
        """How many submissions had this question."""
        return sum(self.counts.values())

    @property
    def right(self) -> int:
        """How many of them score."""
        return self.counts["R"] + self.counts["F"]


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


def summed(chosen: Chosen, asked: Callable[[str], Asked | None]) -> ClassSummary:
    """The summary of the rows that count. Each student's come together, so that nobody needs to be remembered."""
    summary = ClassSummary()
    student: str | None = None
    for row in chosen.by_student():
        summary.submissions += 1
        if row.student is not None and row.student != student:
            summary.students += 1
        student = row.student
        _add_score(summary, row)
        if not row.readable:
            summary.unreadable += 1
            continue
        _add_letters(summary, row, asked)
        whose: object = row.student if row.student is not None else summary.submissions
        for slip in slips_of(row.slips):
            _add_slip(
                summary,
                (slip.mistakes[0] if slip.mistakes else UNKNOWN, row.exercise or "", slip.gate, slip.kind),
                whose,
            )
    return summary


def _add_score(summary: ClassSummary, row: Row) -> None:
    share = row.score / row.max_score if row.max_score else 0.0
    summary.shares += share
    summary.scores[min(BARS - 1, int(share * BARS + 1e-9))] += 1
    summary.full += share >= 1


def _add_letters(summary: ClassSummary, row: Row, asked: Callable[[str], Asked | None]) -> None:
    exercise = row.exercise or ""
    for number, letter in enumerate(row.letters):
        question = summary.questions.get((exercise, number))
        if question is None:
            known = asked(exercise)
            assert known is not None
            one = known.questions[number]
            question = summary.questions[exercise, number] = Hardness(exercise, one.stage, one.target)
        if letter != "-":
            question.counts[letter] += 1


def _add_slip(summary: ClassSummary, key: tuple[str, str, str, str], whose: object) -> None:
    made = summary.made.setdefault(key, Made(*key))
    made.times += 1
    if made.last != whose:
        made.last = whose
        made.students += 1
