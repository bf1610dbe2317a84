"""`practice` asks how a wrong number came about, at a terminal and only if allowed, and records the answer."""

from __future__ import annotations

from pathlib import Path

from tests.cli.recorded import log_of, progress_now
from tests.cli.running import Terminal, tutor

ASKED = "How did you get 0.31?"
AT_G7 = ("--only", "g7")


def test_it_asks_at_a_terminal_and_records_what_it_finds(home: Path) -> None:
    terminal = Terminal("practice", "sigmoid", *AT_G7)
    terminal.type("0.31")
    terminal.type("1*(0.73", "1*0.73", prompt="g7 = ")
    terminal.type("quit")
    assert terminal.end() == 1
    assert "I can't read that: " in terminal.shown
    assert "Type it as upstream × local, or press Enter to go on." in " ".join(terminal.shown.split())
    assert "1 is the upstream gradient" in terminal.shown
    answer, unread, how = log_of(home)
    assert (unread["move"], unread["verdict"]) == ("how", "unreadable")
    assert (answer["move"], answer["typed"], answer["tries"]) == ("answer", "0.31", 0)
    assert (how["move"], how["typed"], how["verdict"]) == ("how", "1*0.73", None)
    found = str(how["diagnoses"]).split()
    assert found
    assert progress_now()["mistakes"] == {found[0]: 1}


def test_enter_or_a_word_that_acts_declines(home: Path) -> None:
    terminal = Terminal("practice", "sigmoid", *AT_G7)
    terminal.type("0.31")
    terminal.type("hint", prompt="g7 = ")
    terminal.type("quit")
    assert terminal.end() == 1
    assert [(row["move"], row["typed"]) for row in log_of(home)] == [("answer", "0.31"), ("how", ""), ("hint", "")]


def test_it_never_asks_where_nobody_wants_it_or_waits() -> None:
    terminal = Terminal("practice", "sigmoid", *AT_G7, "--no-ask")
    terminal.type("0.31", "quit")
    assert terminal.end() == 1
    assert ASKED not in terminal.shown
    assert ASKED not in tutor("practice", "sigmoid", *AT_G7, stdin="0.31\n").out
    assert ASKED not in tutor("check", "sigmoid", "-", stdin="backward: {g7: 0.31}\n").out


def test_of_an_array_it_asks_which_arrays_it_was_made_of(home: Path) -> None:
    terminal = Terminal("practice", "matrix-vector", "--only", "W", "--plain")
    for typed in ("[0.3 0.7; 0.9 0.15]", ("dq @ x", "dL/dW (2x2) = "), "[0.5 0.7; 0.9 0.15]", "dq @ x.T"):
        words, prompt = (typed, "> ") if isinstance(typed, str) else typed
        terminal.type(words, prompt=prompt)
    assert terminal.end() == 0
    shown = " ".join(terminal.shown.split())
    assert shown.count("As a product: which two arrays?") == 1
    assert "Both arrays are right. The rows and columns of x are the wrong way round." in shown
    assert [(row["move"], row["tries"]) for row in log_of(home)] == [
        ("answer", 0), ("how", 1), ("answer", 1), ("answer", 2),
    ]  # fmt: skip
    assert progress_now()["mistakes"] == {"forgot-transpose": 1}
    terminal = Terminal("practice", "matrix-vector", "--only", "W", "--plain", "--no-ask")
    terminal.type("[0.3 0.7; 0.9 0.15]", "quit")
    assert terminal.end() == 1
    assert "How did you get it" not in terminal.shown
