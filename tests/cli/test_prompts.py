"""What a prompt costs and what it takes: each file read once, and each word a row of one table."""

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
from backprop_tutor.tutor.commands import COMMANDS, Command, Prompt, command_typed, words_at
from tests.cli.at_a_prompt import typed

CIRCUIT = ["--graph", "f = x*y", "--at", "x=2", "--at", "y=3"]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each exercise file is opened, and each folder walked, from now on."""
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
    assert "Which exercise?" in typed(monkeypatch, ["practice"])
    assert {name for name in reads if name.startswith("open")} == {f"open {path}" for path in files.values()}
    assert set(reads.values()) == {1}


def test_a_word_is_one_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Command("where", "says where you are", (Prompt.QUESTION,), lambda loop: loop.screen.show("You are here."))
    monkeypatch.setattr(commands, "COMMANDS", [*COMMANDS, row])
    shown = typed(monkeypatch, ["practice", *CIRCUIT], "where", "help", "wheer")
    assert "Type an answer, or hint, show, skip, back, quit, help, where." in shown
    assert "You are here." in shown
    assert re.search(r"where +says where you are", shown)
    assert "Did you mean where?" in shown


@pytest.mark.parametrize("prompt", Prompt)
def test_no_word_means_two_things_at_one_prompt(prompt: Prompt) -> None:
    words = [word for row in COMMANDS if prompt in row.at for word in (row.word, *row.also)]
    assert len(set(words)) == len(words)
    for word in words:
        assert command_typed(f"  {word.upper()} ", prompt) is not None


def test_every_word_of_a_question_does_something(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in words_at(*commands.ASKING):
        shown = typed(monkeypatch, ["practice", *CIRCUIT, "--no-record"], word)
        assert "this should not happen" not in shown
        assert "So far: 0 of 2 right" in shown


def test_a_choice_and_a_new_exercise_are_left_as_a_session_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for word in ("quit", "EXIT"):
        assert "Question 1" not in typed(monkeypatch, ["practice"], word, "relu")
        assert "Nothing is written" in typed(monkeypatch, ["new", str(tmp_path / "mine")], word, "x*y", "2", "3")
