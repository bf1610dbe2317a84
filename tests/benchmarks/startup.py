"""How long a student waits for the first prompt, against importing the libraries alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect

from tests.benchmarks.timing import Measure, compared

LIBRARIES = "import typer, rich.console, rich.table, ruamel.yaml, pydantic"
COMMAND = str(Path(sys.executable).parent / "backprop-tutor")


def libraries() -> None:
    """The libraries, imported and nothing else."""
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)


def first_prompt() -> None:
    """`practice relu` at a terminal, up to its first prompt."""
    child = pexpect.spawn(COMMAND, ["practice", "relu"], dimensions=(40, 80), timeout=60)
    child.delaybeforesend = None
    child.expect("> ")
    child.close(force=True)


def libraries_at_a_terminal() -> None:
    """The same libraries in a pseudo-terminal, so that both sides pay for one."""
    child = pexpect.spawn(sys.executable, ["-c", f"{LIBRARIES}; print('> ')"], dimensions=(40, 80), timeout=60)
    child.expect("> ")
    child.close(force=True)


def help_page() -> None:
    """`--help`."""
    subprocess.run([COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)


def measures() -> Iterator[Measure]:
    """First prompt and help, against the libraries alone."""
    yield compared(
        "first prompt of practice relu / importing the libraries",
        first_prompt,
        libraries_at_a_terminal,
        "<= 0.9",
        rounds=15,
    )
    yield compared("--help / importing the libraries", help_page, libraries, "<= 0.6", rounds=15)
