"""What a session says and counts: a reply to what was typed, where a question stands, how it all went."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backprop_tutor.tutor.marking.verdicts import Outcome

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answers import Answer

RETRIES = 3
"""How often a wrong answer may be tried again before it is worked out."""


class Reply(NamedTuple):
    """What comes of one thing typed: `outcome` of an answer (None of a hint or a skip), and what to say.

    `closes` says that the question is done with; `diagnoses` are the ids that a wrong answer matches;
    `unfinished` that a graph was taken so far and may go on.
    """

    outcome: Outcome | None
    message: str
    closes: bool = False
    diagnoses: tuple[str, ...] = ()
    unfinished: bool = False


class Progress:
    """Where one question stands: wrong tries, hints, and how it ended (None while it is open)."""

    def __init__(self) -> None:
        self.tries = 0
        self.hints = 0
        self.outcome: Outcome | None = None
        self.answer: Answer | None = None

    @property
    def at_first_try(self) -> bool:
        """Right at once, without a hint."""
        return self.outcome is not None and self.outcome.counts and self.tries == 0 and self.hints == 0


class Score(NamedTuple):
    """How a session went, in questions: right in the end, of how many, at the first try; hints taken."""

    right: int
    total: int
    first_try: int
    hints: int
