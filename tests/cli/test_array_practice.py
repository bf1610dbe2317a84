"""Practising arrays at a terminal: rows one after another, the shape in the prompt, the grid of what is right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.at_a_prompt import typed
from tests.cli.running import tutor

PRODUCT = """\
title: A matrix times a vector
graph: |
  q = W @ x
  f = sum(q^2)
inputs:
  W: [[0.1, 0.5], [-0.3, 0.8]]
  x: [0.2, 0.4]
stages: [shape, forward, backward]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "product.yaml"
    path.write_text(PRODUCT)
    return str(path)


def test_the_key_to_a_circuit_of_arrays_speaks_of_shapes(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typed(monkeypatch, ["practice", file, "--no-record"], "2x1", "quit")
    assert shown.count("above a wire: its shape, rows x columns") == 1
    assert "its value; below" not in shown
    left = typed(monkeypatch, ["practice", file, "--no-record"], "q")  # a node, but no shape names one
    assert "Not yet" not in left
    assert "So far: 0 of" in left


def test_an_array_is_typed_row_by_row_and_marked_entry_by_entry(file: str) -> None:
    words = "from backprop_tutor.cli.main import run; import sys; run(sys.argv[1:])"
    command = ["-c", words, "practice", file, "--no-record", "--plain"]
    child = pexpect.spawn(sys.executable, command, encoding="utf-8", timeout=30, dimensions=(60, 80))
    for line in ("2x1", "1x1", "0.22 0.26", "0.116"):
        child.expect("> ")
        child.sendline(line)
    child.expect_exact("(2x1) > ")
    child.sendline("2*q")
    child.expect_exact("(2x2) > ")
    child.sendline("0.088 0.104")
    child.expect_exact("row 2 > ")
    child.sendline("0.176 0.208")
    child.expect_exact("2 of 4 entries are right. You transposed it")
    child.expect("0.088 .*0.104")
    child.expect_exact("(2x2) > ")
    child.sendline("dq @ x'")
    child.expect_exact("Right")
    child.expect_exact("(2x1) > ")
    child.sendline("W.T @ [0.44; 0.52")
    child.expect_exact("row 2 > ")
    child.sendline("")
    child.expect_exact("(2x1) > ")
    child.sendline("W.T*dq")
    child.expect_exact("That is 2x2, and dL/dx has the shape of x, 2x1.")
    child.expect_exact("(2x1) > ")
    child.sendline("W^T @ dq")
    child.expect_exact("All done: 7 of 7")
    child.expect(pexpect.EOF)


def test_a_command_is_understood_at_a_further_row_too(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    to_w = ["2x1", "1x1", "0.22 0.26", "0.116", "2*q"]
    command = ["practice", file, "--no-record", "--plain"]
    said = typed(monkeypatch, command, *to_w, "0.088 0.104", "hint", "[0.088 0.104", "back", "", "0.1 0.2", "quit", "1")
    assert "hint 1 of" in said
    assert "Your answer, 2*q, is right." in said
    assert said.count("row 2 > ") == 3
    assert said.count("(2x2) > ") == 3
    assert "So far: 5 of 7 right, 2 left unanswered" in said.rpartition("row 2 > ")[2]
    assert not any(fault in said for fault in ("is not a number", "entries", "row 2 has"))


def test_answers_about_arrays_are_marked_from_a_file(file: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "shape: {q: 2x1, f: 1x1}\n"
        "forward: {q: [0.22, 0.26], f: 0.12}\n"
        "backward:\n  q: [0.44, 0.52]\n  W: [[0.088, 0.104], [0.176, 0.208]]\n  x: W.T @ dq\n"
        "symbolic: {x: 2}\n"
    )
    found = json.loads(tutor("check", file, str(answers), "--format", "json").out)
    assert (found["score"], found["max_score"]) == (6.0, 7.0)
    (wrong,) = [one for one in found["verdicts"] if one["verdict"] == "wrong"]
    assert (wrong["target"], wrong["diagnoses"][0], wrong["shape"]) == ("W", "transposed", [2, 2])
    assert wrong["entries"] == [["right", "wrong"], ["wrong", "right"]]
    (stranger,) = [one for one in found["verdicts"] if one["verdict"] == "unreadable"]
    assert stranger["message"] == "this exercise is about arrays: it has no stage symbolic."


def test_the_template_of_an_exercise_of_arrays_has_every_question(file: str) -> None:
    assert "shape:\n  q:" in tutor("check", file, "--template").out


@pytest.mark.parametrize("command", [["list"], ["validate"], ["draw"], ["explain", "--all"]])
def test_other_commands_take_exercises_of_arrays(command: list[str], file: str) -> None:
    arguments = (
        ["list", "--exercises", str(Path(file).parent)] if command == ["list"] else [command[0], file, *command[1:]]
    )
    done = tutor(*arguments)
    assert (done.status, done.err) == (0, "")


def test_a_class_is_graded_on_arrays(file: str, tmp_path: Path) -> None:
    handed_in = tmp_path / "class"
    handed_in.mkdir()
    (handed_in / "65010001.yaml").write_text("backward: {q: [0.44, 0.52], W: 'dq @ x.T', x: [9, 9]}\n")
    done = tutor("grade", str(handed_in), "--exercise", file, "-o", str(tmp_path / "grades.jsonl"))
    assert done.status in (0, 1), done
    row = json.loads((tmp_path / "grades.jsonl").read_text().splitlines()[0])
    assert row["score"] == 2.0
    assert [one["entries"] for one in row["verdicts"] if one["target"] == "x"] == [[["wrong"], ["wrong"]]]
