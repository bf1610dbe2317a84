"""What the record shows: `progress`, its export, its reset; what counts as a first try."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from backprop_tutor import __version__
from tests.cli.recorded import RELU, SIMPLE, left, log_of, progress_now
from tests.cli.running import Terminal, tutor


def test_progress_of_nobody_says_so() -> None:
    assert "Nothing is recorded yet" in tutor("progress").out
    assert json.loads(tutor("progress", "--format", "json").out)["skills"] == []
    assert "Nothing is recorded yet" in tutor("progress", "export", "x.csv").out
    assert "Nothing is recorded yet" in tutor("progress", "reset").out


def test_progress_shows_skills_exercises_days_and_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    tutor("practice", "simple", stdin="\n".join(SIMPLE))
    tutor("practice", "sigmoid", stdin="0.53\n")
    shown = tutor("progress").out
    for text in (
        "mul gates",
        "add gates",
        "simple: 8 of 8 right on the first try",
        "8 of 9 right on the first try",
        "dropped the minus sign of the function's derivative",
    ):
        assert text in shown, text
    named = [line[:16].rstrip() for line in shown.splitlines()]
    places = [named.index(name) for name in ("local gradients", "gradients", "add gates", "mul gates")]
    assert places == sorted(places)  # as in the course
    assert max(map(len, shown.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "45")
    assert not {"answer", "answers"} & set(tutor("progress").out.splitlines())  # bars give way to words
    assert tutor("progress", "--plain").out.isascii()
    data = json.loads(tutor("progress", "--format", "json").out)
    assert data["format"] == "backprop-tutor/progress@1"
    assert all({"skill", "mastery", "answers"} <= set(skill) for skill in data["skills"])
    assert {skill["skill"] for skill in data["skills"]} >= {"mul", "add", "local", "backward"}


def test_the_record_is_exported(tmp_path: Path) -> None:
    tutor("practice", "simple", stdin="1\n=cmd()\n-0.5\n")
    assert tutor("progress", "export", str(tmp_path / "a.csv")).status == 0
    with (tmp_path / "a.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["typed"] for row in rows if row["move"] == "answer"] == ["1", "'=cmd()", "-0.5"]
    assert (rows[0]["exercise"], rows[0]["seed"], json.loads(rows[0]["numbers"])) == (
        "simple",
        "",
        {"x": -2, "y": 5, "z": -4},
    )
    assert tutor("progress", "export", str(tmp_path / "a.jsonl")).status == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert lines[0]["verdict"] == "right"
    assert tutor("progress", "export", str(tmp_path / "a.xls")).status == 2
    assert tutor("progress", "export", str(tmp_path / "no" / "a.csv")).status == 2


def test_a_reset_asks_and_keeps_a_backup(home: Path) -> None:
    tutor("practice", "simple", stdin="1\n")
    assert tutor("progress", "reset").status == 2
    terminal = Terminal("progress", "reset")
    terminal.type("n", prompt="]: ")
    assert terminal.end() == 1
    assert "Nothing was changed." in terminal.shown
    assert (home / "record.sqlite3").exists()
    assert tutor("progress", "reset", "--yes").status == 0
    assert not (home / "record.sqlite3").exists()
    assert len(list(home.glob("record-*.sqlite3"))) == 1
    assert "Nothing is recorded yet" in tutor("progress").out


def test_a_record_that_is_set_aside_meanwhile_leaves_the_rest_to_the_new_one(home: Path) -> None:
    terminal = Terminal("practice", "simple")
    terminal.type("1", "1")
    terminal.child.expect_exact("> ")
    assert tutor("progress", "reset", "--yes").status == 0
    tutor("practice", "add-gate", stdin="1\n")
    terminal.child.sendline("z")
    terminal.type("quit")
    assert terminal.end() == 1
    assert tutor("progress", "export", str(home / "new.jsonl")).status == 0
    rows = [json.loads(line) for line in (home / "new.jsonl").read_text().splitlines()]
    assert [(row["exercise"], row["typed"]) for row in rows] == [("add-gate", "1"), ("simple", "z")]
    assert rows[0]["sitting"] != rows[1]["sitting"]
    again = Terminal("practice", "simple")
    again.type("quit")
    again.end()
    assert "Resume?" not in again.shown
    assert "Question 1 of 8" in again.shown


def test_two_terminals_that_go_on_with_one_sitting_count_one_first_try(home: Path) -> None:
    left(*SIMPLE[:3])
    two = [Terminal("practice", "simple") for _ in range(2)]
    for terminal in two:
        terminal.type("", prompt="[Y/n] ")
        terminal.child.expect_exact("> ")
    for terminal in two:
        terminal.child.sendline(SIMPLE[3])
        terminal.type("quit")
        terminal.end()
    assert tutor("progress", "export", str(home / "all.jsonl")).status == 0
    rows = [json.loads(line) for line in (home / "all.jsonl").read_text().splitlines()]
    assert [row["tries"] for row in rows if row["target"] == rows[3]["target"]] == [0, 1]


def test_whatever_is_recorded_nothing_of_it_moves_a_cursor(tmp_path: Path) -> None:
    strange = tmp_path / "\x1b[31mred.yaml"
    strange.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    tutor("practice", str(strange), stdin="3\n2\n")
    for more in ([], ["--plain"]):
        out = tutor("progress", *more).out
        assert "\x1b[31m" not in out
        assert "red.yaml" in "".join(out.split())  # however long its folder is
        assert out.isascii() or not more
        assert "\\u" not in out


@pytest.mark.parametrize("exercise", ["simple", "relu"])
def test_what_was_shown_is_no_first_try(home: Path, exercise: str) -> None:
    """Skipped, gone back to, and typed off."""
    terminal = Terminal("practice", exercise)
    for lines in [[answer] for answer in SIMPLE[:4]] if exercise == "simple" else [RELU]:
        terminal.type("skip", "back", *lines)
    terminal.type("quit")
    terminal.end()
    first = [row for row in log_of(home) if row["verdict"] == "right" and row["tries"] == 0]
    assert not [row for row in first if exercise == "simple" or row["stage"] == "graph"]
    known = {skill["skill"] for skill in progress_now()["skills"]}
    assert not known if exercise == "simple" else "graph" not in known


def test_hints_are_counted_as_they_are_given_and_what_they_helped_with_is_not_right_at_the_first_try(
    home: Path,
) -> None:
    terminal = Terminal("practice", "simple")
    terminal.type(*["hint"] * 9, "1", "1")
    terminal.type("quit")
    terminal.end()
    rows = log_of(home)
    assert "That was the last hint." in terminal.shown
    (answer,) = [row for row in rows if row["typed"] == "1" and row["target"] == rows[0]["target"]]
    assert answer["hints"] == sum(row["move"] == "hint" for row in rows) < 9
    (done,) = progress_now()["exercises"]
    assert (done["answers"], done["right"]) == (2, 1)


def test_a_file_of_ones_own_is_told_from_the_exercise_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "add-gate.yaml").write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    tutor("practice", "./add-gate.yaml", stdin="3\n2\n")
    assert "./add-gate.yaml: 2 of 2 right" in tutor("progress").out
    (known,) = progress_now()["exercises"]
    assert known["exercise"] == str(tmp_path / "add-gate.yaml")


def test_an_answer_has_the_version_that_marked_it(home: Path) -> None:
    left(*SIMPLE[:2])
    connection = sqlite3.connect(home / "record.sqlite3")
    with connection:
        connection.execute("UPDATE sitting SET version = '0.0.9'")
    connection.close()
    terminal = Terminal("practice", "simple")
    terminal.type("", prompt="[Y/n] ")
    terminal.type(SIMPLE[2], "quit")
    terminal.end()
    assert [row["version"] for row in log_of(home)] == ["0.0.9", "0.0.9", __version__]
