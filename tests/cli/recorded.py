"""Sessions at the terminal that leave a record, and what is in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.running import Terminal, tutor

SIMPLE = ["1", "1", "z", "q", "-4", "3", "-4", "-4"]
RELU = ["mine = w0*x0", "other = x1*w1", "s = b + other", "t = mine + s", "out = relu(t)", "0.2"]


def left(*answers: str, exercise: str = "simple") -> None:
    """A session that was left after these answers."""
    terminal = Terminal("practice", exercise, "--no-ask")
    terminal.type(*answers, "quit")
    assert terminal.end() == 1


def skip_everything(*arguments: str) -> None:
    """Goes through a session to its end without an answer."""
    terminal = Terminal("practice", *arguments)
    while terminal.child.expect_exact(["> ", "or q: "]) == 0:
        terminal.child.sendline("skip")
    terminal.child.sendline("q")
    terminal.end()


def practised(home: Path, *exercises: str, days: int = 40) -> None:
    """A record with one try at every question of these exercises, this many days ago."""
    for exercise in exercises:
        tutor("practice", exercise, stdin="1\n" * 60)
    with closing(sqlite3.connect(home / "record.sqlite3")) as connection, connection:
        connection.execute("UPDATE entry SET at = at - ?", (days * 86_400_000,))
        connection.execute("DELETE FROM summary")


def log_of(home: Path) -> list[dict[str, object]]:
    """The record's entries."""
    assert tutor("progress", "export", str(home / "log.jsonl")).status == 0
    return [json.loads(line) for line in (home / "log.jsonl").read_text().splitlines()]


def progress_now() -> dict[str, list[dict[str, object]]]:
    """What `progress` reports."""
    found: dict[str, list[dict[str, object]]] = json.loads(tutor("progress", "--format", "json").out)
    return found
