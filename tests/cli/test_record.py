"""What is remembered: resuming, beginning anew, going back, progress, review, proposals; and remembering nothing."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from backprop_tutor.cli.review import pool_of
from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.course.exercise import STAGES
from backprop_tutor.engine.gates import GATES
from tests.cli.running import Terminal, tutor

SIMPLE = ["1", "1", "z", "q", "-4", "3", "-4", "-4"]
RELU = ["mine = w0*x0", "other = x1*w1", "s = b + other", "t = mine + s", "out = relu(t)", "0.2"]


def left(*answers: str, exercise: str = "simple") -> None:
    """A session that was left after these answers."""
    terminal = Terminal("practice", exercise)
    terminal.type(*answers, "quit")
    assert terminal.end() == 1


def test_an_unfinished_session_goes_on_at_the_same_question() -> None:
    left(*SIMPLE[:3])
    terminal = Terminal("practice", "simple")
    terminal.type("", prompt="anew: ")
    terminal.type(*SIMPLE[3:])
    assert terminal.end() == 0
    assert "with 5 questions open" in " ".join(terminal.shown.split())
    assert "Question 1 of 8" not in terminal.shown
    assert "Question 4 of 8" in terminal.shown
    assert "8 of 8" in terminal.shown


def test_ones_own_graph_is_resumed_with_it() -> None:
    left(*RELU, exercise="relu")
    terminal = Terminal("practice", "relu")
    terminal.type("yes", prompt="anew: ")
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
    again.type("", prompt="anew: ")
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
    assert "anew" not in terminal.shown


def test_no_begins_anew_too_and_a_finished_session_is_not_offered() -> None:
    left(*SIMPLE[:3])
    terminal = Terminal("practice", "simple")
    terminal.type("no", prompt="anew: ")
    terminal.type(*SIMPLE)
    assert terminal.end() == 0
    last = Terminal("practice", "simple")
    last.type("quit")
    last.end()
    assert "anew" not in last.shown


def test_no_record_leaves_no_trace(home: Path) -> None:
    assert tutor("practice", "simple", "--no-record", stdin="1\n").status == 1
    assert not home.exists()


def test_back_returns_to_the_last_question() -> None:
    terminal = Terminal("practice", "simple")
    terminal.type("1", "back", "1", "quit")
    terminal.end()
    assert terminal.shown.count("Question 1 of 8") == 2


def test_progress_of_nobody_says_so() -> None:
    assert "Nothing is recorded yet" in tutor("progress").out
    assert json.loads(tutor("progress", "--format", "json").out)["skills"] == []
    assert "Nothing is recorded yet" in tutor("progress", "export", "x.csv").out
    assert "Nothing is recorded yet" in tutor("progress", "reset").out


def test_progress_shows_skills_exercises_days_and_mistakes() -> None:
    tutor("practice", "simple", stdin="\n".join(SIMPLE))
    tutor("practice", "sigmoid", stdin="0.53\n")
    shown = tutor("progress").out
    for text in ("mul", "add", "backward", "simple: 8 of 8 right", "1 day in a row", "reciprocal-missing-minus"):
        assert text in shown, text
    assert max(map(len, shown.splitlines())) <= 80
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
    assert (rows[0]["exercise"], rows[0]["seed"], json.loads(rows[0]["numbers"])) == ("simple", "", {"x": -2, "y": 5, "z": -4})
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
    assert "It stays as it is." in terminal.shown
    assert (home / "record.sqlite3").exists()
    assert tutor("progress", "reset", "--yes").status == 0
    assert not (home / "record.sqlite3").exists()
    assert len(list(home.glob("record-*.sqlite3"))) == 1
    assert "Nothing is recorded yet" in tutor("progress").out


def test_review_asks_what_is_due_with_numbers_never_seen_and_says_when_to_come_back(home: Path) -> None:
    tutor("practice", "simple", stdin="1\n9\n")
    ran = tutor("review", stdin="1\n" * 10)
    heads = [line for line in ran.out.splitlines() if line.startswith("── Review, question")]
    assert len(heads) == 10
    numbers = [line for line in ran.out.splitlines() if line.startswith("with ")]
    assert len(set(numbers)) == len(numbers)
    assert "Come back in" in ran.out
    assert tutor("review").status == 1  # nobody answers


def test_a_review_at_the_terminal_takes_hints_and_ends_politely() -> None:
    terminal = Terminal("review", "--questions", "2")
    terminal.type("hint", "skip", "quit")
    assert terminal.end() == 1
    assert "Review, question 2" in terminal.shown
    assert "0 of 1 right." in terminal.shown


def test_an_interrupted_review_ends_as_every_interrupted_command(home: Path) -> None:
    terminal = Terminal("review")
    terminal.type("back")
    terminal.press("c")
    assert terminal.end() == 130
    assert "every question stands by itself" in terminal.shown
    assert terminal.shown.count("Review, question") == 1
    assert "0 of 0 right." in terminal.shown
    assert not home.exists()


@pytest.mark.parametrize("how", ["no record", "a record that cannot be read"])
def test_a_review_that_records_nothing_still_never_asks_the_same_numbers(home: Path, how: str) -> None:
    home.mkdir()
    if how != "no record":
        (home / "record.sqlite3").write_bytes(b"junk" * 2000)
    ran = tutor("review", "--questions", "40", *["--no-record"] * (how == "no record"), stdin="1\n" * 40)
    heads = [line for line in ran.out.splitlines() if line.startswith("── Review, question")]
    numbers = [line for line in ran.out.splitlines() if line.startswith("with ")]
    assert len(heads) == 40
    assert len({*zip(heads, numbers, strict=True)}) == 40
    assert len({head.partition(": ")[2] for head in heads}) > 10
    assert [path.name for path in home.iterdir()] == ["record.sqlite3"] * (how != "no record")


def test_an_unfinished_exercise_of_ones_own_is_proposed_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "relu.yaml"
    mine.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    left("3", exercise=str(mine))
    terminal = Terminal("practice")
    terminal.type("", prompt="Which exercise? ")
    terminal.type("", prompt="anew: ")
    terminal.type("2")
    assert terminal.end() == 0
    assert "Unfinished: ./relu.yaml, 1 question open." in terminal.shown


def test_nothing_is_proposed_by_a_folder_that_is_gone(tmp_path: Path) -> None:
    mine, gone = tmp_path / "mine.yaml", tmp_path / "gone"
    mine.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [backward]\n")
    left("3", exercise=str(mine))
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m backprop_tutor practice'
    child = pexpect.spawn("sh", ["-c", command], encoding="utf-8", timeout=30, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    child.expect_exact("Which exercise? ")
    assert f"Unfinished: {mine}" in "".join(child.before.split("\r\n"))
    child.sendeof()
    child.expect(pexpect.EOF)


def test_an_unfinished_circuit_that_was_typed_goes_on_from_its_sitting() -> None:
    first = Terminal("practice", "--graph", "f = a*b", "--at", "a=2", "--at", "b=3")
    first.type("3", "quit")
    first.end()
    terminal = Terminal("practice")
    terminal.type("", prompt="Which exercise? ")
    terminal.type("", prompt="anew: ")
    terminal.type("quit")
    terminal.end()
    assert "Unfinished: f = a*b, " in terminal.shown
    assert "Question 2 of" in terminal.shown


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
    assert "Go on with it?" not in again.shown
    assert "Question 1 of 8" in again.shown


def test_two_terminals_that_go_on_with_one_sitting_count_one_first_try(home: Path) -> None:
    left(*SIMPLE[:3])
    two = [Terminal("practice", "simple") for _ in range(2)]
    for terminal in two:
        terminal.type("", prompt="anew: ")
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
        assert "red" in out
        assert out.isascii() or not more
        assert "\\u" not in out


def test_practice_without_an_argument_proposes() -> None:
    left(*SIMPLE[:3])
    tutor("practice", "sigmoid", stdin="0.53\n0.53\n0.53\n")
    terminal = Terminal("practice")
    terminal.type("", prompt="Which exercise? ")
    terminal.type("", prompt="anew: ")
    terminal.type("quit")
    terminal.end()
    assert "Unfinished: simple, 5 questions open." in terminal.shown
    assert f"Next on the path: {catalogue()[0].id}." in terminal.shown
    assert "Question 4 of 8" in terminal.shown


def test_every_kind_of_gate_and_every_stage_can_be_reviewed() -> None:
    """Also the gates that no exercise has: in circuits that are generated."""
    skills = pool_of(lambda _exercise: False).skills
    assert {*GATES, "upstream", "fork", *STAGES} <= {*skills}
