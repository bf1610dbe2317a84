"""`list`: the path from easy to hard, the folder of each exercise, and what is wrong with some."""

from __future__ import annotations

import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import catalogue, find
from backprop_tutor.course.variants import variant
from backprop_tutor.records.sittings import Entry, sitting_of
from backprop_tutor.records.store import open_store
from backprop_tutor.records.summary import current
from backprop_tutor.show.listing import MOST_ROWS
from backprop_tutor.tutor.stages import questions
from tests.cli.at_a_prompt import typed
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


def numbered(text: str) -> list[tuple[int, str, str]]:
    """The rows of a list: number, mark and id."""
    found = re.findall(r"^ *(\d+) (ok|\S(?= )| ) *(\S+)", text, re.MULTILINE)
    return [(int(number), mark, id_) for number, mark, id_ in found]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("plain", [False, True])
def test_it_fits_every_width_and_shows_every_exercise_in_order(columns: int, plain: bool) -> None:
    ran = tutor("list", "--all", *["--plain"] * plain, env={"COLUMNS": str(columns)})
    assert (ran.status, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= columns
    assert ran.out.isascii() or not plain
    assert numbered(ran.out) == [(number, " ", id_) for number, id_ in enumerate(PATH, 1)]
    levels = [line.split()[2] for line in ran.out.splitlines() if line.startswith(("── Level", "-- Level"))]
    assert levels == ["1:", "2:", "3:", "4:", "5:"]


@pytest.mark.parametrize("at", [0, 7, len(COURSE) - 1])
def test_it_unfolds_the_level_that_one_is_at_and_fits_24_lines(
    at: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, begun = COURSE[:at], COURSE[at]
    for exercise in [*done, begun]:
        sit(home, exercise.id, 0 if exercise is not begun else 2)
    due(home)
    text = tutor("list").out
    assert len(text.splitlines()) <= 22
    group = [exercise.id for exercise in COURSE if exercise.level == begun.level]
    rows = [id_ for _, _, id_ in numbered(text)]
    first = group.index(rows[0])
    assert rows == group[first : first + (MOST_ROWS if len(group) <= MOST_ROWS else MOST_ROWS - 1)]
    assert all(re.search(rf"\b{id_}\b", text) for id_ in group)
    assert begun.id in rows
    marks = {id_: mark for _, mark, id_ in numbered(text)}
    assert all(marks[exercise.id] == "✓" for exercise in done if exercise.id in marks)
    assert marks[begun.id] == "◐"
    menu = typed(monkeypatch, ["practice"], "q")
    assert len(menu.splitlines()) <= 24
    assert f"Unfinished: {begun.id}, 2 questions open." in menu
    assert f"(Enter: {begun.id}): " in menu
    assert "Due for review: " in menu
    whole = typed(monkeypatch, ["practice"], "list 3", "q").partition(menu.splitlines()[-1])[2]
    assert [id_ for _, _, id_ in numbered(whole)] == [exercise.id for exercise in COURSE if exercise.level == 3]
    assert len(whole.splitlines()) <= 24


def sit(home: Path, exercise: str, left: int) -> None:
    """Adds a sitting with an exercise to the record, with one answer and this many questions left open."""
    made = variant(find(exercise), None)
    question = questions(made)[-1]
    entry = Entry(1, "answer", question.stage, question.target, "mul", "1", "right", remaining=left)
    with closing(open_store(home / "record.sqlite3", create=True)) as store:
        store.append(None, sitting_of(made, "practice", 1), [entry])


def due(home: Path) -> None:
    """Makes everything that was answered due, with an up-to-date summary."""
    with closing(open_store(home / "record.sqlite3")) as store:
        current(store)


def test_a_level_with_more_exercises_than_lines_is_shown_around_where_one_is(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"z{number:02}.yaml").write_text(f"{MINE.format('Mine')}level: 1\n")
    out = tutor("list", "--exercises", str(tmp_path)).out
    assert len(out.splitlines()) <= 22
    assert numbered(out)[0][0] == 1


def test_a_level_and_an_exercise_are_shown_alone() -> None:
    assert [id_ for _, _, id_ in numbered(tutor("list", "--level", "3").out)] == [
        exercise.id for exercise in COURSE if exercise.level == 3
    ]
    for name in ("relu", "ReLU", "19"):
        out = tutor("list", name).out
        assert "Number 19, level 2: 5 gates, 15 questions (graph, forward, backward)." in out
        assert "From: Backpropagation on the loss function, Exercise" in out
    assert "must be from 1 to 5" in tutor("list", "--level", "9").err
    assert tutor("list", "relu", "--all").status == 2
    for filtered in (["--level", "2"], ["relu"]):
        rows = json.loads(tutor("list", *filtered, "--format", "json").out)["exercises"]
        assert {row["level"] for row in rows} == {2}
        assert (len(rows) == 1) == (filtered == ["relu"])


def test_each_says_where_it_is_from(folder: Path) -> None:
    assert "[built in]" not in tutor("list", "--all").out
    out = tutor("list", "--all", "--exercises", str(folder), env={"COLUMNS": "120"}).out
    assert "[--exercises] the blackboard" in out
    assert "[built in] Backpropagation on the loss function, Exercise" not in out
    assert "[built in] Backpropagation on the loss function: a simple example" in out
    assert out.count("Another relu") == 1


def test_clashes_and_broken_files_are_told_beside_it(folder: Path) -> None:
    ran = tutor("list", "--all", "--exercises", str(folder))
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
    ran = tutor(
        "list", "--all", env={"BACKPROP_TUTOR_EXERCISES": os.pathsep.join([str(folder), str(tmp_path / "other")])}
    )
    assert "My own" in ran.out
    assert "The other" in ran.out
    assert "[BACKPROP_TUTOR_EXERCISES]" in ran.out


def test_a_folder_that_is_none_is_told() -> None:
    ran = tutor("list", "--exercises", "/nowhere")
    assert (ran.status, ran.out) == (2, "")
    assert "/nowhere: there is no such folder" in ran.err


@pytest.mark.parametrize("columns", [60, 80])
def test_one_chooses_from_the_path_by_number_or_by_name(columns: int) -> None:
    for name in ("12", PATH[11].upper()):
        terminal = Terminal("practice", columns=columns)
        terminal.type(name, prompt="): ")
        terminal.type("quit")
        terminal.end()
        listed = terminal.shown.split("Number or name")[0]
        assert "Level 2: 13 exercises (8 to 20)" in listed
        assert all(len(line) <= columns for line in listed.splitlines())
        assert COURSE[11].title in terminal.shown.split("Number or name")[1]
