"""A session as a pure state machine: tries, hints, skipping, going back, the student's own graph."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.commands import Prompt, commands_at
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Reply, Session
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.graph import Draft
from tests.full import times
from tests.tutor.classroom import with_graph

SIMPLE = variant(find("simple"), None)
RIGHT = ["1", "1", "z", "q", "-4", "3", "-4", "-4"]


def test_right_answers_lead_to_the_end() -> None:
    session = Session(SIMPLE)
    for answer in RIGHT:
        reply = session.answer(answer)
        assert (reply.outcome, reply.closes) == (Outcome.RIGHT, True)
    assert session.question is None
    assert session.score()[:3] == (8, 8, 8)


def test_an_unreadable_answer_costs_no_attempt() -> None:
    session = Session(SIMPLE)
    before = session.tries_left
    for _ in range(20):
        assert session.answer("1,555").outcome is Outcome.UNREADABLE
    assert session.tries_left == before


def test_after_the_last_try_the_step_is_worked_out_and_the_questions_go_on_with_the_true_numbers() -> None:
    session = Session(variant(find("sigmoid"), None))
    replies = [session.answer(text) for text in ("7", "8", "9", "10")]
    assert [reply.closes for reply in replies] == [False, False, False, True]
    assert "-0.53" in replies[-1].message
    assert session.answer("7").outcome is Outcome.WRONG  # 7 followed 7 through +1, but the true upstream was shown
    assert session.answer("-0.53").outcome is Outcome.RIGHT


def test_hints_are_counted() -> None:
    session = Session(SIMPLE)
    seen = [session.hint().message for _ in range(9)]
    assert len(set(seen)) >= 4
    assert "last hint" in seen[-1]
    session.answer("1")
    assert session.score().hints == len([hint for hint in seen if "last hint" not in hint])


def test_going_back_looks_and_loses_nothing_that_was_right() -> None:
    session = Session(SIMPLE)
    assert not session.back()
    session.answer("1")
    score = session.score()
    for looked in (session.skip, lambda: session.answer("7"), lambda: session.answer("1")):
        assert session.back()
        assert session.current.is_right
        assert session.hint().message
        assert looked().closes
        assert (session.position, session.score()) == (1, score)


def test_going_back_opens_again_what_was_not_right_but_no_longer_at_the_first_try() -> None:
    session = Session(SIMPLE)
    session.skip()
    session.back()
    assert session.answer("1").outcome is Outcome.RIGHT
    assert session.score()[:3] == (1, 8, 0)
    for wrong in ("7", "8", "9", "10"):
        session.answer(wrong)
    session.back()
    assert session.current.outcome is None
    assert session.tries_left == 4


def test_ones_own_graph_is_asked_about_and_going_back_returns_to_the_drawing() -> None:
    session = Session(variant(find("relu"), None))
    for line in ("p = w0*x0", "q = w1*x1", "r = q + b", "s = p + r"):
        assert not session.answer(line).closes
    assert session.answer("out = relu(s)").closes
    assert session.question is not None
    assert session.question.node == "p"
    session.answer("0.2")
    for _ in range(2):
        session.back()
    assert session.question is not None
    assert session.question.stage == "graph"
    session.skip()
    assert session.question.node == "p"
    assert session.score().right == 2
    session.back()
    session.answer("s = p*r")
    assert "stands" in session.answer("done").message
    session.back()
    session.answer("s = p + r")
    assert session.question.node == "p"
    assert session.score().right == 2


@pytest.mark.parametrize("lines", [
    ["a = w0*x0", "b2 = w1*x1", "c = a + b2", "d = c + b", "f = relu(d)"],
    ["p = w0*x0", "q = w1*x1", "r = b + q", "s = p + r", "n = -s", "m = min(0, n)", "f = -m"],
])  # fmt: skip
def test_a_graph_that_is_right_line_by_line_is_right_at_the_first_try(lines: list[str]) -> None:
    session = Session(variant(find("relu"), None))
    *first, last = lines
    assert [session.answer(line).outcome for line in first] == [None] * len(first)
    assert session.answer(last).outcome is Outcome.RIGHT
    assert session.progress[0].at_first_try


def test_done_with_nothing_drawn_costs_no_try() -> None:
    session = Session(variant(find("relu"), None))
    reply = session.answer("done")
    assert (reply.outcome, session.current.tries) == (None, 0)
    assert reply.message.startswith("Nothing is drawn yet.")


def test_done_has_a_graph_judged_and_says_what_is_wrong() -> None:
    session = Session(variant(find("relu"), None))
    for line in ("a = w0*x1", "b2 = w1*x0", "c = a + b2", "d = c + b", "f = relu(d)"):
        assert session.answer(line).outcome is None
    reply = session.answer("done")
    assert reply.outcome is Outcome.WRONG
    assert "a = w0 × x1 is wrong" in reply.message
    assert "w0 × x0" not in reply.message
    assert session.current.tries == 1
    assert session.answer("done").message.startswith("You have tried that already. a = w0 × x1 is wrong")
    assert session.current.tries == 1


def test_an_empty_line_does_nothing_and_skip_shows_the_exercises_graph() -> None:
    session = Session(variant(find("relu"), None))
    assert session.answer("  ") == Reply(None, "")
    assert session.position == 0
    assert session.skip().message == "The questions are about the exercise's circuit."
    assert session.question is not None
    assert session.question.node == "g1"
    assert session.answer("") == Reply(None, "")
    assert (session.tries_left, session.position) == (4, 1)


@settings(max_examples=times(30, 240))
@given(st.lists(st.sampled_from(["hint", "skip", "back", "1", "-4", "z", "1,5", "q", "(", "0", "3"]), max_size=40))
def test_whatever_is_done_the_session_stays_whole(moves: list[str]) -> None:
    session = Session(SIMPLE)
    asked = len(questions(SIMPLE))
    for move in moves:
        if session.question is None:
            break
        if move == "hint":
            session.hint()
        elif move == "skip":
            session.skip()
        elif move == "back":
            session.back()
        else:
            session.answer(move)
        assert 0 <= session.position <= asked
        assert len(list(session.closed())) <= asked
        assert 0 <= session.score().right <= asked


def mistyped(word: str) -> set[str]:
    """A word with two adjacent letters swapped, with one left out, with one doubled."""
    turned = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return (
        turned | {word[:at] + word[at + 1 :] for at in range(4)} | {word[:at] + word[at] + word[at:] for at in range(4)}
    ) - {word}


@pytest.mark.parametrize("command", commands_at(Prompt.QUESTION))
def test_a_mistyped_command_is_told_as_one_and_costs_nothing(command: str) -> None:
    for exercise in (SIMPLE, variant(find("relu"), None)):
        session = Session(exercise)
        for typed in mistyped(command):
            reply = session.answer(typed)
            assert (reply.outcome, reply.closes) == (Outcome.UNREADABLE, False)
            assert f"Did you mean {command}?" in reply.message
        assert session.tries_left == Session(exercise).tries_left


@pytest.mark.parametrize("typed", ["w9", "sigmoi", "1,555", "hint 2", "g"])
def test_what_is_near_no_command_is_read_as_mathematics(typed: str) -> None:
    assert "no command" not in Session(SIMPLE).answer(typed).message
    assert "no command" not in Session(SIMPLE, retries=0).answer("hnit").message


@pytest.mark.parametrize("line", ["t/3", "t*1e-7", "t*(0.1 + 0.2)", "2/t", "t^(1/3)"])
def test_the_last_hint_about_a_graph_is_right_when_it_is_typed_in(line: str) -> None:
    session = Session(with_graph(f"m = {line}\nf = m*x", {"t": 1.5, "x": 2.0}, ("graph", "backward")))
    hints = [session.hint().message for _ in range(5)]
    (whole,) = [hint for hint in hints if "the whole circuit:" in hint]
    for written in whole.split("\n")[1:]:
        reply = session.answer(written.strip().removesuffix("."))
    reply = reply if reply.closes else session.answer("done")
    assert reply.outcome is Outcome.RIGHT, hints


def test_undo_while_drawing_takes_back_what_was_typed_last_even_where_it_replaced_a_line() -> None:
    draft = Draft(["x", "y", "z"])
    texts = [draft.text]
    for line in ("q = x + y", "f = q * z", "q = x - y", "f = q + z", "q = x * y"):
        assert draft.add(line) == ""
        texts.append(draft.text)
    assert draft.add("q = sine(x)")  # refused: nothing to take back
    for text in texts[-2::-1]:
        draft.undo()
        assert draft.text == text
    draft.undo()
    assert draft.text == ""
