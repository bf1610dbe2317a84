"""`practice` without an argument proposes an exercise; every prompt accepts what fits it, and can be left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from backprop_tutor.course.catalogue import catalogue
from tests.cli.recorded import SIMPLE, left, progress_now, skip_everything
from tests.cli.running import Terminal, tutor


@pytest.mark.parametrize("typed", ["help", "nope", "reluu", "999"])
def test_other_prompts_ask_again_for_what_they_do_not_know(typed: str) -> None:
    left(*SIMPLE[:3])
    listing = Terminal("practice")
    listing.type(typed, "simple", prompt="): ")
    listing.type(typed, "no", prompt="[Y/n] ")
    listing.type("quit")
    assert listing.end() == 1
    assert "Type yes or no" in listing.shown
    assert "Question 1 of 8" in listing.shown


@pytest.mark.parametrize("prompts", [["): "], ["): ", "[Y/n] "]])
def test_every_prompt_is_left_politely(prompts: list[str]) -> None:
    left(*SIMPLE[:3])
    for how, status in (("quit", 1), ("ctrl-c", 130), ("ctrl-d", 1)):
        listing = Terminal("practice")
        for prompt in prompts[:-1]:
            listing.type("", prompt=prompt)
        if how == "quit":
            listing.type("quit", prompt=prompts[-1])
        else:
            listing.press(how[-1], prompt=prompts[-1])
        assert listing.end() == status, how
        assert listing.shown.endswith("\n")
        assert ("Interrupted." in listing.shown) == (status == 130)


def test_practice_without_an_argument_proposes() -> None:
    left(*SIMPLE[:3])
    tutor("practice", "sigmoid", stdin="0.53\n0.53\n0.53\n")
    terminal = Terminal("practice")
    terminal.type("", prompt="): ")
    terminal.type("", prompt="[Y/n] ")
    terminal.type("quit")
    terminal.end()
    assert "Unfinished: simple, 5 questions open." in terminal.shown
    assert f"Next on the path: {catalogue()[0].id}." in terminal.shown
    assert "Question 4 of 8" in terminal.shown


def test_an_unfinished_exercise_of_ones_own_is_proposed_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "relu.yaml"
    mine.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    left("3", exercise=str(mine))
    terminal = Terminal("practice")
    terminal.type("", prompt="): ")
    terminal.type("", prompt="[Y/n] ")
    terminal.type("2")
    assert terminal.end() == 0
    assert "Unfinished: ./relu.yaml, 1 question open." in terminal.shown


def test_nothing_is_proposed_by_a_folder_that_is_gone(tmp_path: Path) -> None:
    mine, gone = tmp_path / "mine.yaml", tmp_path / "gone"
    mine.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    left("3", exercise=str(mine))
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m backprop_tutor practice'
    child = pexpect.spawn(
        "sh", ["-c", command], encoding="utf-8", timeout=30, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    child.expect_exact("Number or name")
    assert f"Unfinished: {mine}" in "".join(child.before.split("\r\n"))
    child.sendeof()
    child.expect(pexpect.EOF)


def test_an_unfinished_circuit_that_was_typed_goes_on_from_its_sitting() -> None:
    first = Terminal("practice", "--graph", "f = a*b", "--at", "a=2", "--at", "b=3")
    first.type("3", "quit")
    first.end()
    terminal = Terminal("practice")
    terminal.type("", prompt="): ")
    terminal.type("", prompt="[Y/n] ")
    terminal.type("quit")
    terminal.end()
    assert "Unfinished: f = a*b, " in terminal.shown
    assert "Question 2 of" in terminal.shown


def test_what_was_only_skipped_is_not_finished_and_the_path_stays_there() -> None:
    first = catalogue()[0].id
    skip_everything(first)
    listing = Terminal("practice")
    listing.type("quit", prompt="): ")
    assert listing.end() == 1
    assert f"Next on the path: {first}." in listing.shown


def test_an_exercise_in_ones_own_folder_is_proposed_by_its_name_and_left_behind_when_it_is_done(home: Path) -> None:
    (home / "exercises").mkdir(parents=True)
    mine = home / "exercises" / "a-mine.yaml"
    mine.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\nlevel: 1\n")
    left("3", exercise="a-mine")
    listing = Terminal("practice")
    listing.type("", prompt="): ")
    listing.type("", prompt="[Y/n] ")
    listing.type("2")
    assert listing.end() == 0
    assert "Unfinished: a-mine, 1 question open." in listing.shown
    done = {row["exercise"]: row["finished"] for row in progress_now()["exercises"]}
    assert done == {str(mine): 1}


def test_the_lesson_waits_for_a_word_that_it_knows() -> None:
    terminal = Terminal("explain", "simple")
    terminal.type("bakc", "help", "", "back", "q", prompt="q: quit ")
    assert terminal.end() == 0
    assert terminal.shown.count("Enter: next") == 5
    prompt = "Enter: next · b: back · q: quit"
    assert f"{prompt} bakc\n{prompt} help\n{prompt}\n" in terminal.shown


@pytest.mark.parametrize("typed", [["quit"], ["f = x*y", "", "exit"]])
def test_a_new_exercise_is_left_by_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal("new", "mine")
    for line in typed:
        terminal.child.expect(r"(graph>|=) ")
        terminal.child.sendline(line)
    assert terminal.end() == 1
    assert not list(tmp_path.iterdir())
