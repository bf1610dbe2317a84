"""The verdict on one answer, and the result of all of them with its score."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Self

from backprop_tutor.fields import NamedTuple

POINT_DIGITS = 9
"""Decimals of a score: ten tenths of a point, added up as floats, are a point."""


class Outcome(StrEnum):
    """The outcomes of an answer, one row each: the word in JSON, the letter in a report's row, the sign and style on a
    screen, the word on the wire of a drawing, how the tutor's reply begins, whether it scores, and whether it is right
    or would be with the student's own earlier numbers. Follow-through: a wrong number, found
    by the right method from an earlier wrong answer. Moot: a 0 that follows from an earlier 0 that was wrong. It shows
    nothing, so it neither scores nor counts as a mistake.
    """

    words: str
    """How people read it in a report, where nothing explains the word that programs read."""
    letter: str
    sign: str
    style: str
    mark: str
    head: str
    counts: bool
    is_consistent: bool

    RIGHT = "right", "R", "✓", "right", "right", "Right.", True, True
    FOLLOW_THROUGH = "follow-through", "F", "~", "carried", "carried", "Right method.", True, True
    MOOT = "moot", "0", "-", "missing", "quiet", "Not counted.", False, True
    WRONG = "wrong", "W", "✗", "wrong", "wrong", "Not yet.", False, False
    UNREADABLE = "unreadable", "U", "✗", "unreadable", "wrong", "I can't read that:", False, False
    MISSING = "missing", "M", "○", "missing", "missing", "Skipped.", False, False

    def __new__(cls, word: str, *row: Any) -> Self:
        """A member; its value is only its word."""
        outcome = str.__new__(cls, word)
        outcome._value_ = word
        outcome.words = {"follow-through": "carried through", "missing": "not answered"}.get(word, word)
        outcome.letter, outcome.sign, outcome.style, outcome.mark, outcome.head = row[:5]
        outcome.counts, outcome.is_consistent = row[5:]
        return outcome

    __hash__ = str.__hash__  # an enumeration's own is computed in Python

    def then(self, message: str) -> str:
        """What follows the word: its message, which begins in lower case where the answer cannot be read."""
        return f"{':' if self is Outcome.UNREADABLE and message else '.'} {message}".rstrip()


class Verdict(NamedTuple):
    """One marked answer. `answer` is the text as written (None if missing), `expected` the exact number (None for a
    graph; for arrays rows, a shape or a formula), `more` the additional facts about arrays. `diagnoses` lists the ids
    of all mistakes that the answer matches, likeliest first; empty unless wrong. `asked` is the question's own name,
    which the student may have spelled differently, `label` the number on a picture, `points` what its question is
    worth.
    """

    stage: str
    target: str
    answer: str | None
    outcome: Outcome
    expected: Any = None
    diagnoses: tuple[str, ...] = ()
    message: str = ""
    scored: bool = True
    label: tuple[str, str] | None = None
    asked: str = ""
    points: float = 1.0
    more: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The verdict as the contract writes it."""
        return {
            "stage": self.stage, "target": self.target, "answer": self.answer, "verdict": self.outcome.value,
            "expected": self.expected, "diagnoses": list(self.diagnoses), "message": self.message,
            **dict(self.more),
        }  # fmt: skip


class Result(NamedTuple):
    """Every verdict on one submission, and its score out of `max_score` points."""

    exercise: str
    student: str | None
    seed: int | None
    score: float
    max_score: float
    verdicts: Sequence[Verdict]

    @property
    def is_full(self) -> bool:
        """Whether every question scored and nothing else was wrong or unreadable."""
        return self.score == self.max_score and all(verdict.outcome.counts for verdict in self.verdicts)

    def as_json(self) -> dict[str, Any]:
        """The result as the contract writes it."""
        return {
            "format": "backprop-tutor/result@1", "exercise": self.exercise, "student": self.student, "seed": self.seed,
            "score": self.score, "max_score": self.max_score,
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
        }  # fmt: skip
