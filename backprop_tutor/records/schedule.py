"""When a skill is due again: the FSRS schedule, as the `fsrs` package computes it, with its random fuzz off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from backprop_tutor.tutor.stages import easy_seconds

if TYPE_CHECKING:
    from fsrs import Scheduler

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
"""FSRS's ratings, in its own numbers."""

STEP: Final = timedelta(minutes=10)
"""After so long a skill comes back that was wrong."""
AHEAD: Final = timedelta(minutes=20)
"""What is due within this time may be asked now: nobody comes back for one question."""
MASSED: Final = timedelta(days=1)
"""What is answered right again within this time, before it is due, is the same practice and counts once."""

Card = dict[str, Any]
"""The state of one skill in the schedule, as `fsrs.Card.to_dict` writes it."""


@cache
def scheduler() -> Scheduler:
    """The FSRS scheduler with its published parameters."""
    from fsrs import Scheduler

    return Scheduler(learning_steps=(STEP,), relearning_steps=(STEP,), enable_fuzzing=False)


def rating_of(right: bool, hints: int, seconds: float | None, stage: str) -> int:
    """The rating of an answer at the first try: Again, Hard with hints, Easy where it took little time, else Good."""
    if not right:
        return AGAIN
    if hints:
        return HARD
    return EASY if seconds is not None and seconds <= easy_seconds(stage) else GOOD


def reviewed(card: Card | None, rating: int, at: datetime) -> Card:
    """A skill's card after an answer: unchanged by what is no review of its own, anew where the clock was set back."""
    if card is not None and at < datetime.fromisoformat(card["last_review"]):
        card = None
    if card is not None and not _is_review(card, rating, at):
        return card
    from fsrs import Card as FsrsCard
    from fsrs import Rating

    before = FsrsCard(card_id=0, due=at) if card is None else FsrsCard.from_dict(card)  # type: ignore[arg-type]
    after, _ = scheduler().review_card(before, Rating(rating), at)
    return dict(after.to_dict())


def _is_review(card: Card, rating: int, at: datetime) -> bool:
    # Ten right answers in a row are one review; so are three wrong ones. A wrong one where one was sure always is.
    last = datetime.fromisoformat(card["last_review"])
    settled = card["step"] is None
    return at >= due(card) or at - last >= MASSED or (rating == AGAIN) == settled


def due(card: Card) -> datetime:
    """When a skill is due."""
    return datetime.fromisoformat(card["due"])


def moment(milliseconds: int) -> datetime:
    """The moment of an entry of the log."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
