"""`review`: what is due, with new numbers, and when to come back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from backprop_tutor.cli.review import come_back, pool_of
from backprop_tutor.course.values import STAGES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records import review
from tests.cli.at_a_prompt import typed
from tests.cli.recorded import SIMPLE, log_of, practised, progress_now
from tests.cli.running import Terminal, tutor


def test_review_asks_what_is_due_with_numbers_never_seen_and_says_when_to_come_back(home: Path) -> None:
    practised(home, "simple", "relu", "sigmoid", "forks")
    ran = tutor("review", "--questions", "8", stdin="1\n" * 8)
    heads = [line for line in ran.out.splitlines() if line.startswith("── Review, question")]
    assert len(heads) == 8
    numbers = [line for line in ran.out.splitlines() if line.startswith("with ")]
    assert len(set(numbers)) == len(numbers)
    assert "More is due now" in ran.out or "Come back in" in ran.out


def test_a_review_repeats_only_what_was_met(home: Path) -> None:
    assert tutor("review").out.startswith("There is nothing to review yet")
    practised(home, "mul-gate")
    met = {skill["skill"] for skill in progress_now()["skills"]}
    tutor("review", stdin="1\n" * 9)
    asked = [str(row["skills"]).split() for row in log_of(home) if row["mode"] == "review"]
    assert asked
    assert all(met.issuperset(skills) for skills in asked)


def test_a_review_says_how_many_questions_are_coming(home: Path) -> None:
    practised(home, "simple", "relu")
    ran = tutor("review", "--questions", "1", stdin="1\n")
    found = re.search(r"Due for review: (\d+) questions\. This session asks 1 of them\.", ran.out)
    assert found is not None
    assert "Review, question 1 of 1: " in ran.out
    again = tutor("review", stdin="1\n")
    assert re.search(r"^Due for review: \d+ questions?, with new numbers\.$", again.out, re.MULTILINE)
    assert re.search(r"Review, question 1 of \d+: ", again.out)
    assert again.status == 1  # nobody answers


def test_a_review_at_the_terminal_takes_hints_and_ends_politely(home: Path) -> None:
    practised(home, "relu")
    terminal = Terminal("review", "--questions", "2")
    terminal.type("hint", "skip", "quit")
    assert terminal.end() == 1
    assert "Review, question 2" in terminal.shown
    assert "0 of 1 right." in terminal.shown


def test_an_interrupted_review_ends_as_every_interrupted_command(home: Path) -> None:
    practised(home, "relu")
    before = log_of(home)
    terminal = Terminal("review")
    terminal.type("back")
    terminal.press("c")
    assert terminal.end() == 130
    assert "cannot go back in a review" in terminal.shown
    assert terminal.shown.count("Review, question") == 1
    assert "Nothing was answered." in terminal.shown
    assert log_of(home) == before


def test_a_review_left_after_wrong_answers_says_what_was_answered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    practised(home, "relu")
    left = typed(monkeypatch, ["review"], "12345.6", "q")
    assert "Nothing was answered." not in left
    assert "0 of 1 right. More is due now" in left
    assert "Nothing was answered." in typed(monkeypatch, ["review"], "hint", "12 +", "q")


@pytest.mark.parametrize("how", ["no record", "a record that cannot be read"])
def test_without_a_record_there_is_nothing_to_review(home: Path, how: str) -> None:
    home.mkdir()
    if how != "no record":
        (home / "record.sqlite3").write_bytes(b"junk" * 2000)
    ran = tutor("review", *["--no-record"] * (how == "no record"), stdin="1\n")
    assert "There is nothing to review yet" in ran.out
    assert [path.name for path in home.iterdir()] == ["record.sqlite3"] * (how != "no record")


def test_every_kind_of_gate_and_every_stage_can_be_reviewed() -> None:
    """Also the gates that no exercise has: in circuits that are generated."""
    skills = pool_of(lambda _exercise: False).skills
    assert {*GATES, "upstream", "fork", *STAGES} <= {*skills}


def test_an_exercise_of_ones_own_that_nobody_can_solve_does_not_stop_a_review(home: Path) -> None:
    (home / "exercises").mkdir(parents=True)
    (home / "exercises" / "bad.yaml").write_text("title: B\ngraph: f = log(x)\ninputs: {x: -2}\n")
    practised(home, "relu")
    ran = tutor("review", "--questions", "3", stdin="1\n1\n1\n")
    assert "Review, question 3" in ran.out


def test_a_review_is_of_what_is_due(home: Path) -> None:
    """Forty days after one exercise: its skills, and none that was never asked."""
    tutor("practice", "simple", stdin="\n".join(["q = x + y; f = q*z", *SIMPLE]) + "\n")
    skills = {skill["skill"] for skill in progress_now()["skills"]}
    practised(home)
    ran = tutor("review", stdin="1\n" * 30)
    asked = [row for row in log_of(home) if row["mode"] == "review"]
    assert asked
    assert all(skills.intersection(str(row["skills"]).split()) for row in asked)
    assert "Come back" in ran.out or "More is due now" in ran.out


@pytest.mark.parametrize(
    ("right", "asked", "minutes", "said"),
    [
        (2, 3, 600, "2 of 3 right. Come back in 10 hours, on "), (0, 0, 60,
        "Nothing is due. Come back in 60 minutes, on "),
        (0, 0, None, "There is nothing to review yet: a review repeats what you have practised."), (1, 1, 3 * 1440,
        "1 of 1 right. Come back in 3 days, on "),
        (10, 10, -5, "10 of 10 right. More is due now: continue with `backprop-tutor review`."),
    ],
)  # fmt: skip
def test_it_ends_with_when_to_come_back(right: int, asked: int, minutes: int | None, said: str) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert come_back(right, asked, None if minutes is None else now + timedelta(minutes=minutes), now).plain.startswith(
        said
    )


def test_a_review_starts_without_the_questions_of_the_whole_course(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    practised(home, "simple", "relu", "sigmoid")
    made: list[str] = []
    items = review.items
    monkeypatch.setattr(review, "items", lambda exercise: made.append(exercise.id) or items(exercise))
    shown = tutor("review", stdin="").out
    assert "Review, question 1 of" in shown
    assert 0 < len(set(made)) <= 8


def test_what_is_skipped_is_not_asked_again_in_the_same_review(home: Path) -> None:
    practised(home, "relu", "sigmoid", "log-gate", "forks")
    terminal = Terminal("review", "--questions", "6")
    while terminal.child.expect(["> ", pexpect.EOF]) == 0:
        terminal.child.sendline("skip")
    heads = [line for line in terminal.shown.splitlines() if line.startswith("── Review, question")]
    assert 4 <= len(heads) <= 6
    assert "Skipped. Skipped" not in terminal.shown
    assert terminal.shown.count("Draw the complete circuit: type it") <= 1
    skipped = [(row["exercise"], row["stage"], row["target"]) for row in log_of(home) if row["move"] == "skip"]
    assert len(set(skipped)) == len(heads)
