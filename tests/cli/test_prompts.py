"""What a prompt costs and accepts: each file is read once, and each word is a row of one table."""

from __future__ import annotations

import builtins
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backprop_tutor.course import catalogue
from backprop_tutor.tutor import commands
from backprop_tutor.tutor.commands import COMMANDS, Command, Prompt, command_typed, commands_at
from tests.cli.at_a_prompt import typed

CIRCUIT = ["--graph", "f = x*y", "--at", "x=2", "--at", "y=3"]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each exercise file is opened, and each folder searched, from now on."""
    found: Counter[str] = Counter()
    walk, opened = catalogue.walk, io.open

    def counted_walk(folder: Path, *rest: Any) -> Iterator[Any]:
        found[f"walk {folder}"] += 1
        return walk(folder, *rest)

    def counted_open(file: Any, *rest: Any, **more: Any) -> Any:
        if str(file).endswith(".yaml"):
            found[f"open {file}"] += 1
        return opened(file, *rest, **more)

    monkeypatch.setattr(catalogue, "walk", counted_walk)
    for place in (io, builtins):
        monkeypatch.setattr(place, "open", counted_open)
    return found


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("practice", []),
        ("practice", ["--no-record", "--restart"]),
        ("practice", ["--student", "ada", "--salt", "2027"]),
        ("explain", ["--graph-text"]),
        ("explain", ["--student", "ada"]),
        ("draw", ["--seed", "7"]),
        ("check", ["--template", "--student", "ada"]),
    ],
)
def test_an_exercise_is_read_once_and_each_folder_walked_once(
    command: str, options: list[str], reads: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = catalogue.paths()
    reads.clear()
    typed(monkeypatch, [command, "relu", *options])
    assert [name for name in reads if name.startswith("open")] == [f"open {files['relu']}"]
    assert set(reads.values()) == {1}


def test_the_list_to_choose_from_reads_each_exercise_once(reads: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    files = catalogue.paths()
    reads.clear()
    assert "Number or name" in typed(monkeypatch, ["practice"])
    assert {name for name in reads if name.startswith("open")} == {f"open {path}" for path in files.values()}
    assert set(reads.values()) == {1}


def test_a_word_is_one_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Command("where", "says where you are", (Prompt.QUESTION,), lambda loop: loop.screen.show("You are here."))
    monkeypatch.setattr(commands, "COMMANDS", [*COMMANDS, row])
    shown = typed(monkeypatch, ["practice", *CIRCUIT], "where", "help", "wheer")
    assert "Type an answer, or hint, show, skip, back, quit, help, where." in shown
    assert "You are here." in shown
    assert re.search(r"where +says where you are", shown)
    assert "Did you mean where?" in " ".join(shown.split())


@pytest.mark.parametrize("prompt", Prompt)
def test_no_word_means_two_things_at_one_prompt(prompt: Prompt) -> None:
    words = [word for row in COMMANDS if prompt in row.at for word in (row.word, *row.also)]
    assert len(set(words)) == len(words)
    for word in words:
        assert command_typed(f"  {word.upper()} ", prompt) is not None


def test_every_word_of_a_question_does_something(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in commands_at(*commands.ASKING):
        shown = typed(monkeypatch, ["practice", *CIRCUIT, "--no-record"], word)
        assert "this should not happen" not in shown
        assert "So far: 0 of 2 right" in shown


def test_a_choice_and_a_new_exercise_are_left_as_a_session_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for word in ("quit", "EXIT"):
        assert "Question 1" not in typed(monkeypatch, ["practice"], word, "relu")
        assert "Nothing was written" in typed(monkeypatch, ["new", str(tmp_path / "mine")], word, "x*y", "2", "3")
    for word in ("help", "?"):
        assert "A circuit is a formula" in typed(monkeypatch, ["new", str(tmp_path / "mine")], word, "quit")


@pytest.mark.parametrize(("short", "word"), [("h", "hint"), ("?", "hint"), ("S", "show"), ("b", "back"), ("q", "quit")])
def test_a_word_has_a_short_form_that_does_the_same(short: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(typing: str) -> str:
        return typed(monkeypatch, ["practice", *CIRCUIT, "--no-record"], "3", typing)

    assert shown(short) == shown(word)


@pytest.mark.parametrize("word", ["hint", "show", "skip", "back", "h", "?", "help"])
def test_a_word_of_a_question_typed_at_the_menu_says_what_can_be_typed_there(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Type a number, a name" in typed(monkeypatch, ["practice"], word, "quit")


def test_where_a_node_has_the_name_of_a_command_the_answer_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    named = ["practice", "--graph", "q = h*s; f = q*b", "--at", "h=2", "--at", "s=3", "--at", "b=5", "--no-record"]
    shown = typed(monkeypatch, named, "b", "q", "help", "5*s", "quit", "10")
    assert "So far: 3 of 4 right" in shown
    assert re.search(r"hint, \? .*\n +show  .*\n +skip .*\n +back  .*\n +quit, exit  ", shown)
    drawing = typed(monkeypatch, ["practice", "relu", "--no-record"], "c = w1*x1", "s", "q")
    assert "c = w1*x1" in drawing
    assert "So far: 0 of 15" in drawing


def test_whoever_quits_is_told_that_the_place_is_kept_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Your place is kept." in typed(monkeypatch, ["practice", *CIRCUIT], "3", "quit")
    assert "kept" not in typed(monkeypatch, ["practice", *CIRCUIT, "--restart"], "quit")
    for loses in ("--no-record", "--only=x"):
        assert "kept" not in typed(monkeypatch, ["practice", *CIRCUIT, loses], "7", "quit")


def test_looking_back_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typed(monkeypatch, ["practice", *CIRCUIT, "--no-record"], "3", "back", "skip", "2")
    assert "Your answer, 3, is right. Press Enter to go on." in shown
    assert "2 of 2, 2 on the first try" in shown
    assert "2 of 2, 2 on the first try" in typed(
        monkeypatch, ["practice", *CIRCUIT, "--no-record"], "3", "back", "", "2"
    )


@pytest.mark.parametrize(
    ("exercise", "said"),
    [
        ("relu", "Type one gate per line"),
        ("simple", "An answer is a formula"),
        ("xor", "An answer is a number"),
        ("matrix-vector", "An answer is a shape"),
        ("softmax-row", "An answer is an array"),
    ],
)
def test_help_fits_the_question(exercise: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typed(monkeypatch, ["practice", exercise, "--no-record"], "help")
    assert said in shown
    assert ("undo" in shown) == (exercise == "relu")


def test_undo_where_nothing_is_drawn_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is nothing to undo." in typed(monkeypatch, ["practice", "simple", "--no-record"], "undo")


def test_a_question_says_what_it_is_worth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "worth.yaml"
    file.write_text("title: T\ngraph: q = x*y\ninputs: {x: 2, y: 3}\npoints: {x: 2, y: 0.5}\n")
    shown = typed(monkeypatch, ["practice", str(file), "--no-record"], "skip")
    assert "Question 1 of 2, 2 points -" in shown
    assert "Question 2 of 2, 0.5 points -" in shown
