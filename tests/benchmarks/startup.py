"""How long a student waits for the first prompt, against importing the libraries alone; and of a review of the whole
course, against that of an exercise."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pexpect

from backprop_tutor.course.catalogue import catalogue
from tests.benchmarks.timing import Measure, compared
from tests.cli.recorded import practised

LIBRARIES = "import typer, rich.console, rich.table, ruamel.yaml, pydantic"
COMMAND = str(Path(sys.executable).parent / "backprop-tutor")


def libraries() -> None:
    """Seconds to import the libraries and nothing else."""
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)


def prompted(command: str, *arguments: str) -> float:
    """Seconds until a program at a terminal prints `> `; ending it, for which pexpect sleeps, is not counted."""
    start = time.perf_counter()
    child = pexpect.spawn(command, list(arguments), dimensions=(40, 80), timeout=60)
    child.expect("> ")
    spent = time.perf_counter() - start
    child.close(force=True)
    return spent


def help_page() -> None:
    """`--help`."""
    subprocess.run([COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)


def measures() -> Iterator[Measure]:
    """First prompt and help, against the libraries alone."""
    # The libraries are imported in a pseudo-terminal too, so that both sides pay for one.
    sides = (COMMAND, "practice", "relu"), (sys.executable, "-c", f"{LIBRARIES}; print('> ')")
    # A home of its own: in the user's, a session that was left might be offered again.
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, BACKPROP_TUTOR_HOME=home):
        rounds = [[prompted(*side) for side in sides] for _ in range(40)]
    ours, theirs = (min(column) for column in zip(*rounds, strict=True))
    detail = f"{ours * 1e3:.1f} ms against {theirs * 1e3:.1f} ms"
    yield Measure("first prompt of practice relu / importing the libraries", ours / theirs, "<= 0.9", detail)
    yield compared("--help / importing the libraries", help_page, libraries, "<= 0.6", rounds=15)
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, BACKPROP_TUTOR_HOME=home):
        practised(Path(home), *(exercise.id for exercise in catalogue()))
        sides = (COMMAND, "review"), (COMMAND, "practice", "relu", "--restart")
        rounds = [[prompted(*side) for side in sides] for _ in range(15)]
    ours, theirs = (min(column) for column in zip(*rounds, strict=True))
    detail = f"{ours * 1e3:.1f} ms against {theirs * 1e3:.1f} ms, with all that the course asks practised"
    yield Measure("first prompt of review / of practice relu", ours / theirs, "<= 2", detail)
