"""The schedule is FSRS's own; time is passed in, and no test sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler

from backprop_tutor.records.skills import AGAIN, EASY, GOOD, HARD, STEP, due, rating_of, reviewed

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("ratings", [[3, 3, 3, 3], [4, 4, 3], [1, 3, 3, 1, 3], [2, 2, 3], [3, 1, 1, 3, 4]])
def test_cards_are_those_of_fsrs(ratings: list[int]) -> None:
    scheduler = Scheduler(learning_steps=(STEP,), relearning_steps=(STEP,), enable_fuzzing=False)
    theirs, ours, at = Card(card_id=0, due=START), None, START
    for rating in ratings:
        theirs, _ = scheduler.review_card(theirs, Rating(rating), at)
        ours = reviewed(ours, rating, at)
        assert due(ours) == theirs.due
        assert ours["stability"] == theirs.stability
        at = theirs.due + timedelta(minutes=1)


def test_right_answers_come_back_later_and_later() -> None:
    at, card, gaps = START, None, []
    for _ in range(5):
        card = reviewed(card, GOOD, at)
        gaps.append(due(card) - at)
        at = due(card)
    assert gaps == sorted(gaps)
    assert gaps[-1] > timedelta(days=20)


@pytest.mark.parametrize(
    ("right", "hints", "seconds", "rating"),
    [(False, 0, 5, AGAIN), (True, 1, 5, HARD), (True, 0, 5, EASY), (True, 0, 60, GOOD), (True, 0, None, GOOD)],
)
def test_ratings(right: bool, hints: int, seconds: float | None, rating: int) -> None:
    assert rating_of(right, hints, seconds, "backward") == rating


def test_a_clock_that_ran_ahead_does_not_hold_a_skill_back() -> None:
    ahead = reviewed(None, GOOD, START + timedelta(days=3650))
    for rating in (AGAIN, HARD, GOOD):
        assert reviewed(ahead, rating, START) == reviewed(None, rating, START)
