"""The README is true: its screen, its commands and what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import Terminal, tutor

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
CONSOLE = [block for kind, block in BLOCKS if kind == "console"]
COMMANDS = [command for block in CONSOLE for command in re.findall(r"^\$ (backprop-tutor .*)$", block, re.MULTILINE)]
FILES = {match[1]: block for kind, block in BLOCKS if kind == "yaml" and (match := re.match(r"# (\S+\.yaml)\n", block))}


def test_the_screen_that_it_opens_with_is_real() -> None:
    kind, screen = BLOCKS[0]
    assert kind == "text"
    terminal = Terminal("practice", "sigmoid")
    terminal.type("0.53")
    terminal.press("c")
    terminal.end()
    assert screen in terminal.shown


def test_its_two_setup_commands_are_single_lines() -> None:
    setup = [block.removeprefix("$ ").strip() for block in CONSOLE[:2]]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ") for command in setup)
    assert setup[0].endswith("practice relu")
    assert setup[1].endswith("pytest")


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run_and_print_what_it_shows(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(tmp_path / "home"))
    arguments = shlex.split(command)[1:]
    ran = tutor(*arguments)
    assert ran.status == (1 if arguments[0] in ("check", "practice") else 0), ran.err
    shown = next(block for block in CONSOLE if f"$ {command}\n" in block).split(f"$ {command}\n")[1].split("\n$ ")[0]
    assert shown.rstrip("\n") in ("", ran.out.rstrip("\n"))


def test_nothing_in_a_console_block_goes_unrun() -> None:
    every = [line[2:] for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")]
    assert [command for command in every if not command.startswith("python3 -m venv")] == COMMANDS
