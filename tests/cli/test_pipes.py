"""Output that nobody reads, as with `| head -1`: every command that prints ends quietly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backprop_tutor.cli.main import COMMANDS
from tests.cli.running import in_a_process

PRINTS: dict[str, list[list[str]]] = {
    "practice": [["relu"], ["--random", "--seed", "7"]],
    "explain": [["xor", "--all"], ["relu", "--format", "json"], ["relu", "--graph-text"]],
    "draw": [["relu"]],
    "train": [["xor", "--epochs", "3"]],
    "check": [["relu", "-"], ["relu", "-", "--format", "json"], ["relu", "--template"]],
    "grade": [["{answers}"], ["{answers}", "-o", "{report}", "--summary"]],
    "sheets": [],
    "export": [],
    "kit": [],
    "patterns": [[]],
    "list": [[], ["--format", "json"]],
    "review": [["--no-record"]],
    "validate": [["{exercise}"], ["{exercise}", "--format", "json"], ["{exercise}", "--format", "github", "--strict"]],
    "new": [["{new}", "--graph", "x*y", "--at", "x=2", "--at", "y=3"]],
    "schema": [[]],
    "progress": [[], ["--format", "json"], ["reset", "--yes"]],
}
OUTPUTS = [(name, arguments) for name in COMMANDS for arguments in PRINTS[name]]


def test_every_command_is_here() -> None:
    assert set(PRINTS) == set(COMMANDS)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Files to read and to write."""
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "one.yaml").write_text("exercise: relu\nstudent: one\nbackward: {w0: 5}\n")
    (tmp_path / "mine.yaml").write_text("title: T\ngraph: f = max(x, y)\ninputs: {x: 1, y: 1}\n")
    found = {"answers": "answers", "report": "report.csv", "exercise": "mine.yaml", "new": "new.yaml"}
    return {name: str(tmp_path / file) for name, file in found.items()}


@pytest.mark.parametrize(("command", "arguments"), [*OUTPUTS, ("--help", []), ("--version", [])])
def test_a_closed_pipe_is_a_quiet_end(command: str, arguments: list[str], places: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    filled = [argument.format(**places) for argument in arguments]
    try:
        ran = in_a_process(command, *filled, stdin="backward: {w0: 5}\n", stdout=writing)
    finally:
        os.close(writing)
    assert ran.status == 0
    assert "Broken" not in ran.err
    assert "Traceback" not in ran.err
