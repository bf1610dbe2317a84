"""A new user: from `backprop-tutor` alone to the third exercise, with Enter and answers only."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.course.variants import variant
from backprop_tutor.records.sittings import Standings
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.stages import questions
from tests.cli.at_a_prompt import typed
from tests.cli.running import Terminal, tutor

COURSE = catalogue()


def answers(number: int) -> list[str]:
    """The right answers to an exercise of the course, one question after another."""
    exercise = variant(COURSE[number], None)
    key = AnswerKey(exercise)
    return [str(question.kind.model_answer(question, key)) for question in questions(exercise)]


def test_somebody_new_comes_to_the_third_exercise_with_enter_and_answers_only() -> None:
    terminal = Terminal()
    terminal.type("", prompt="(Enter: add-gate): ")
    for number in range(2):
        terminal.type(*answers(number))
        terminal.type("", prompt=f"Next: {COURSE[number + 1].id} (Enter), or q: ")
    terminal.type(answers(2)[0])
    terminal.child.expect_exact("Right")
    terminal.press("d", prompt="∂f/∂y > ")
    assert terminal.end() == 1
    greeting, *exercises = terminal.shown.split("\n── ")
    assert greeting.startswith("Welcome.")
    assert len(greeting.strip().splitlines()) == 5
    assert all(len(line) <= 80 for line in terminal.shown.splitlines())
    assert [exercise.title for exercise in COURSE[:3]] == [
        title for part in exercises for title in (part.split(" ──")[0],) if title in {one.title for one in COURSE}
    ]
    assert terminal.shown.count("All done: ") == 2
    assert "Not yet" not in terminal.shown
    assert "Your place is kept." in " ".join(terminal.shown.split())


def test_whoever_was_here_before_sees_where_they_are() -> None:
    terminal = Terminal("practice", "add-gate")
    terminal.type(*answers(0))
    assert terminal.end() == 0
    again = Terminal()
    again.type("q", prompt="(Enter: constants): ")
    again.end()
    assert "Welcome" not in again.shown
    assert "✓ add-gate" in again.shown
    assert "Next on the path: constants." in again.shown


def test_elsewhere_it_shows_its_help() -> None:
    ran = tutor()
    assert (ran.status, ran.err.strip()) == (2, tutor("--help").out.strip())


def test_a_new_user_may_choose_and_look_at_the_list_first(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typed(monkeypatch, ["practice", "--welcome"], "list", "?", "nonsense", "Sig", "quit")
    assert shown.index("Welcome.") < shown.index("Level 1: 7 exercises")
    assert "Type a number, a name or the beginning of a name." in shown
    assert "There is no exercise nonsense." in shown
    assert "Question 1 of 12" in shown


def test_after_the_last_exercise_comes_what_is_not_done_and_then_nothing() -> None:
    ids = [exercise.id for exercise in COURSE]
    assert Standings().next(COURSE) is COURSE[0]
    assert Standings().next(COURSE, COURSE[-1]) is COURSE[0]
    assert Standings(frozenset(ids[:3])).next(COURSE) is COURSE[3]
    assert Standings(frozenset(ids[1:])).next(COURSE, COURSE[5]) is COURSE[0]
    assert Standings(frozenset(ids)).next(COURSE, COURSE[5]) is None


@pytest.mark.parametrize("more", [["--only", "x"], ["--graph", "f = x*y", "--at", "x=2", "--at", "y=3"]])
def test_what_is_not_of_the_course_is_followed_by_nothing(more: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = [] if "--graph" in more else ["mul-gate"]
    shown = typed(monkeypatch, ["practice", *exercise, *more, "--no-ask", "--no-record"], *["skip"] * 9)
    assert "All done: " in shown
    assert "Next: " not in shown
