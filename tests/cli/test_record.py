"""Sessions that are resumed, restarted or gone back in; and sessions that record nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.recorded import RELU, SIMPLE, left, skip_everything
from tests.cli.running import Terminal, tutor


def test_an_unfinished_session_goes_on_at_the_same_question() -> None:
    left(*SIMPLE[:3])
    terminal = Terminal("practice", "simple")
    terminal.type("", prompt="[Y/n] ")
    terminal.type(*SIMPLE[3:])
    assert terminal.end() == 0
    assert "with 5 questions open" in " ".join(terminal.shown.split())
    assert "Question 1 of 8" not in terminal.shown
    assert "Question 4 of 8" in terminal.shown
    assert "8 of 8" in terminal.shown


def test_ones_own_graph_is_resumed_with_it() -> None:
    left(*RELU, exercise="relu")
    terminal = Terminal("practice", "relu")
    terminal.type("yes", prompt="[Y/n] ")
    terminal.type("quit")
    terminal.end()
    assert "What is the value of other" in terminal.shown


def test_the_same_numbers_come_back() -> None:
    first = Terminal("practice", "forks", "--seed", "7")
    first.type("quit")
    first.end()
    first = Terminal("practice", "forks", "--seed", "7")
    first.type("hint", "quit")
    first.end()
    again = Terminal("practice", "forks")
    again.type("", prompt="[Y/n] ")
    again.type("quit")
    again.end()
    assert "(seed 7)" in again.shown


@pytest.mark.parametrize("how", [["--restart"], ["--no-record"]])
def test_it_begins_anew_where_that_is_wanted(how: list[str]) -> None:
    left(*SIMPLE[:3])
    terminal = Terminal("practice", "simple", *how)
    terminal.type("quit")
    terminal.end()
    assert "Question 1 of 8" in terminal.shown
    assert "Resume" not in terminal.shown


def test_no_begins_anew_too_and_a_finished_session_is_not_offered() -> None:
    left(*SIMPLE[:3])
    terminal = Terminal("practice", "simple")
    terminal.type("no", prompt="[Y/n] ")
    terminal.type(*SIMPLE)
    assert terminal.end() == 0
    last = Terminal("practice", "simple")
    last.type("quit")
    last.end()
    assert "Resume" not in last.shown


def test_no_record_leaves_no_trace(home: Path) -> None:
    assert tutor("practice", "simple", "--no-record", stdin="1\n").status == 1
    assert not home.exists()


def test_back_returns_to_the_last_question() -> None:
    terminal = Terminal("practice", "simple")
    terminal.type("1", "back", "1", "quit")
    terminal.end()
    assert terminal.shown.count("Question 1 of 8") == 2


def test_an_unfinished_session_is_found_behind_a_finished_one_with_other_numbers() -> None:
    left(*SIMPLE[:2], exercise="square")
    skip_everything("square", "--seed", "9")
    again = Terminal("practice", "square")
    again.type("", prompt="[Y/n] ")
    again.type("quit")
    again.end()
    assert "(seed 9)" not in again.shown
