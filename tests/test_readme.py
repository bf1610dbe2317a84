"""The documents are true: their screens, their commands and what they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Terminal
from tests.documents import EXISTING, Document

README = Document("README.md")
DOCUMENTS = [README, Document("exercises/README.md")]
COMMANDS = [(document, command) for document in DOCUMENTS for command in document.commands]


def test_the_screen_that_it_opens_with_is_real() -> None:
    kind, screen = README.blocks[0]
    assert kind == "text"
    terminal = Terminal("practice", "sigmoid")
    terminal.type("0.53")
    terminal.press("c")
    terminal.end()
    assert screen in terminal.shown


def test_its_two_setup_commands_are_single_lines() -> None:
    setup = [block.removeprefix("$ ").strip() for block in README.console[:2]]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ") for command in setup)
    assert setup[0].endswith("practice relu")
    assert setup[1].endswith("pytest -n auto")


@pytest.mark.parametrize(("document", "command"), COMMANDS, ids=lambda value: str(value))
def test_its_commands_run_and_print_what_it_shows(
    document: Document, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.split()[1] in EXISTING
    folder = tmp_path / "here"
    folder.mkdir()
    document.write_files(folder)
    monkeypatch.chdir(folder)
    document.hold_to(command)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_nothing_in_a_console_block_goes_unrun(document: Document) -> None:
    every = [line[2:] for block in document.console for line in block.splitlines() if line.startswith("$ ")]
    assert [command for command in every if not command.startswith("python3 -m venv")] == document.commands
