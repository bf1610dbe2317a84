"""`list`: the path from easy to hard, from which folder each comes, and what is wrong with some."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import catalogue
from tests.cli.running import Terminal, tutor

COURSE = catalogue()
PATH = [exercise.id for exercise in COURSE]
MINE = "title: {}\ngraph: f = x*y\ninputs: {{x: 2, y: 3}}\nsource: the blackboard\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an exercise, one whose id is taken, and one that is broken."""
    found = tmp_path / "mine"
    found.mkdir()
    (found / "mine.yaml").write_text(MINE.format("My own"))
    (found / "relu.yaml").write_text(MINE.format("Another relu"))
    (found / "broken.yaml").write_text("title: [\n")
    return found


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("plain", [False, True])
def test_it_fits_every_width_and_shows_every_exercise_in_order(columns: int, plain: bool) -> None:
    ran = tutor("list", *["--plain"] * plain, env={"COLUMNS": str(columns)})
    assert (ran.status, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= columns
    assert ran.out.isascii() or not plain
    first = [line.split()[0] for line in ran.out.splitlines() if line[:1].isalnum()]
    assert [word for word in first if word in PATH] == PATH
    assert [line.split()[2] for line in ran.out.splitlines() if line.startswith(("── Level", "-- Level"))] == [
        "1",
        "2",
        "3",
        "4",
        "5",
    ]


def test_each_says_where_it_is_from(folder: Path) -> None:
    assert "[built in]" not in tutor("list").out
    out = tutor("list", "--exercises", str(folder), env={"COLUMNS": "120"}).out
    assert "[--exercises] the blackboard" in out
    assert "[built in] Backpropagation on the loss function, Exercise" not in out
    assert "[built in] Backpropagation on the loss function: a simple example" in out
    assert out.count("Another relu") == 1


def test_clashes_and_broken_files_are_told_beside_it(folder: Path) -> None:
    ran = tutor("list", "--exercises", str(folder))
    assert ran.status == 0
    assert "two exercises are called relu" in ran.err
    assert "broken.yaml" in ran.err
    assert "My own" in ran.out


@pytest.mark.parametrize("command", ["practice", "explain", "draw"])
def test_whoever_asks_for_an_id_of_two_is_told_which_is_used(command: str, folder: Path) -> None:
    ran = tutor(command, "relu", "--exercises", str(folder))
    assert ran.err.count("two exercises are called relu") == 1
    assert str(folder) in ran.err
    assert tutor(command, "mine", "--exercises", str(folder)).err == ""


def test_machines_are_told_the_level_and_the_folder(folder: Path) -> None:
    ran = tutor(
        "list", "--format", "json", "--exercises", str(folder), env={"BACKPROP_TUTOR_EXERCISES": str(folder.parent)}
    )
    data = json.loads(ran.out)
    by_id = {entry["id"]: entry for entry in data["exercises"]}
    assert by_id["relu"]["title"] == "Another relu"
    assert (by_id["mine"]["origin"], by_id["simple"]["origin"]) == ("--exercises", "built in")
    assert (by_id["mine"]["level"], by_id["simple"]["level"]) == (None, 1)
    assert [entry["id"] for entry in data["exercises"]][-2:] == ["mine", "relu"]


def test_the_variable_names_several_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "other.yaml").write_text(MINE.format("The other"))
    ran = tutor("list", env={"BACKPROP_TUTOR_EXERCISES": os.pathsep.join([str(folder), str(tmp_path / "other")])})
    assert "My own" in ran.out
    assert "The other" in ran.out
    assert "[BACKPROP_TUTOR_EXERCISES]" in ran.out


def test_a_folder_that_is_none_is_told() -> None:
    ran = tutor("list", "--exercises", "/nowhere")
    assert (ran.status, ran.out) == (2, "")
    assert "/nowhere: there is no such folder" in ran.err


@pytest.mark.parametrize("columns", [60, 80])
def test_one_chooses_from_the_path_by_number_or_by_name(columns: int) -> None:
    for typed in ("12", PATH[11]):
        terminal = Terminal("practice", columns=columns)
        terminal.type(typed, prompt="Which exercise? ")
        terminal.type("quit")
        terminal.end()
        listed = terminal.shown.split("Which exercise? ")[0]
        assert f"12  {PATH[11]}" in listed
        assert all(len(line) <= columns for line in listed.splitlines())
        assert COURSE[11].title in terminal.shown.split("Which exercise? ")[1]
