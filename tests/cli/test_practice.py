"""`practice` at a pseudo-terminal and through a pipe: right, wrong, hint, show, skip, back, quit, Ctrl-C, Ctrl-D."""

from __future__ import annotations

import re

import pytest

from tests.cli.running import Terminal, tutor

SIMPLE = ["1", "1", "z", "q", "-4", "3", "-4", "-4"]


def test_a_session_with_everything_in_it() -> None:
    terminal = Terminal("practice", "simple", "--no-ask")
    terminal.type(
        "2", "1", "1", "hint", "hint", "z", "nonsense(", "q", "show", "-4", "skip", "help", "-4", "back", "-4", "-4"
    )
    assert terminal.end() == 1  # one was skipped
    shown = terminal.shown
    for text in (
        "Question 1 of 8", "Not yet.", "3 more tries", "Right:", "I can't read that:", "nonsense(", "Skipped",
        "hint", "quit",
        "Question 8 of 8", "distributor", "switcher", "hint",
    ):  # fmt: skip
        assert text in shown, text
    assert "Traceback" not in shown


def test_all_right_ends_with_the_whole_graph_the_patterns_and_the_score() -> None:
    terminal = Terminal("practice", "simple")
    terminal.type(*SIMPLE)
    assert terminal.end() == 0
    closing = terminal.shown.split("Question 8 of 8")[-1]
    for text in ("-12.00", "-4.00", "3.00", "add", "mul", "8 of 8"):
        assert text in closing, text


def test_an_empty_line_only_prompts_again() -> None:
    terminal = Terminal("practice", "simple")
    terminal.type("", "  ", "1", "quit")
    terminal.end()
    first = terminal.shown.split("Question 2 of 8")[0].split("What is")[1]
    assert first.count("∂q/∂x >") == 3
    assert "can't read" not in first
    assert "Right:" in first


def test_three_more_tries_then_the_answer_is_worked_out() -> None:
    terminal = Terminal("practice", "simple", "--no-ask")
    terminal.type("7", "8", "9", "10", "quit")
    assert terminal.end() == 1
    assert "1 more try" in terminal.shown
    assert "Here is the working: ∂q/∂x = 1.00" in terminal.shown


def test_the_students_own_graph_is_asked_about() -> None:
    terminal = Terminal("practice", "relu")
    terminal.type(
        "mine = w0*x0", "show", "other = x1*w1", "s = b + other", "t = mine + s", "out = relu(t)", "0.2", "quit"
    )
    assert terminal.end() == 1
    assert "mine" in terminal.shown.split("Question 2 of")[1]


@pytest.mark.parametrize("key", ["c", "d"])
@pytest.mark.parametrize("exercise", ["simple", "relu", "sigmoid"])
def test_ctrl_c_and_ctrl_d_end_politely_and_say_what_was_done(key: str, exercise: str) -> None:
    terminal = Terminal("practice", exercise)
    terminal.press(key)
    assert terminal.end() == (130 if key == "c" else 1)
    assert "So far: 0 of " in terminal.shown
    assert "Traceback" not in terminal.shown


def test_quit_works_at_every_prompt() -> None:
    for done in range(len(SIMPLE)):
        terminal = Terminal("practice", "simple", "--restart")
        terminal.type(*SIMPLE[:done], "quit")
        assert terminal.end() == 1
        assert f"{done} of 8 right" in terminal.shown


def test_a_terminal_that_becomes_narrower_gets_what_fits() -> None:
    terminal = Terminal("practice", "sigmoid")
    terminal.type("-0.53")
    terminal.child.expect_exact("> ")
    terminal.child.setwinsize(60, 60)
    terminal.child.sendline("-0.53")
    terminal.type("quit")
    terminal.end()
    later = terminal.shown.split("Question 3 of 12")[1]
    assert max(map(len, later.splitlines())) <= 60


def test_without_an_argument_one_chooses_from_the_list() -> None:
    terminal = Terminal("practice")
    terminal.type("Simp", prompt="): ")
    terminal.type("quit")
    assert terminal.end() == 1
    assert "Question 1 of 8" in terminal.shown


def test_a_pipe_is_asked_once_a_question_and_never_waits() -> None:
    ran = tutor("practice", "simple", stdin="\n".join(["7", *SIMPLE[1:]]) + "\n")
    assert ran.status == 1
    assert "7 of 8" in ran.out
    assert "more tr" not in ran.out


def test_a_pipe_that_ends_says_what_was_left_unanswered() -> None:
    ran = tutor("practice", "simple", stdin="1\n1\n")
    assert ran.status == 1
    assert "2 of 8 right, 6 left unanswered (∂f/∂q, ∂f/∂z, ∂L/∂q and 3 more)" in ran.out


def test_questions_of_one_symbol_that_are_left_are_named_apart() -> None:
    assert "(local x->f#1, local x->f#2, ∂L/∂x along x->f#1" in " ".join(tutor("practice", "square").out.split())


def test_a_pipe_with_all_right_exits_0() -> None:
    assert tutor("practice", "simple", stdin="\n".join(SIMPLE)).status == 0


def test_in_a_pipe_hints_are_refused_by_name_and_cost_no_question() -> None:
    ran = tutor("practice", "simple", stdin="\n".join(["?", "hint", *SIMPLE[:3], "h", "BACK", "help", *SIMPLE[3:]]))
    assert ran.status == 0
    for word, place in (("hint", "1/8"), ("hint", "4/8"), ("back", "4/8"), ("help", "4/8")):
        assert re.search(rf"{place}  \S+: `{word}` works only at a terminal\.", ran.out), (word, place)
    assert "can't read" not in ran.out


def test_in_a_pipe_skip_and_quit_do_what_they_say() -> None:
    ran = tutor("practice", "simple", stdin="skip\n1\nquit\nz\n")
    assert "1/8  ∂q/∂x: Skipped: ∂q/∂x = 1.00." in ran.out
    assert "1 of 8 right" in ran.out
    assert "3/8" not in ran.out
    assert ran.status == 1


def test_in_a_pipe_a_node_of_that_name_is_an_answer() -> None:
    assert "3/8  ∂f/∂q: Not right. You multiplied by q itself." in tutor("practice", "simple", stdin="1\n1\nq\n").out


@pytest.mark.parametrize(
    "stdin", [b"\xff\xfe\x00", b"\x00\x00\n", b"\x1b[31m1\n", "\u0661\n".encode(), b"9" * 300_000 + b"\n"]
)
def test_hostile_input_is_only_wrong_or_unreadable(stdin: bytes) -> None:
    ran = tutor("practice", "simple", stdin=stdin)
    assert ran.status == 1
    assert "\x1b" not in ran.out
    assert "Traceback" not in ran.err
