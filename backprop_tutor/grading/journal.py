"""What was marked so far, beside the report: one transaction a unit, so that whatever ends a run, the next one goes on
there."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.row import Row
from backprop_tutor.text import visible

_FORMAT: Final = "backprop-tutor/journal@1"
_COLUMNS: Final = ", ".join(Row._fields)
_SCHEMA: Final = f"""
CREATE TABLE run (settings TEXT NOT NULL);
CREATE TABLE unit (number INTEGER PRIMARY KEY, identity BLOB NOT NULL);
CREATE TABLE submission (number INTEGER PRIMARY KEY, unit INTEGER NOT NULL, {_COLUMNS});
"""
_INSERT: Final = f"INSERT INTO submission (unit, {_COLUMNS}) VALUES (?{', ?' * len(Row._fields)})"  # noqa: S608  our own names
BESIDE: Final = ("", "-wal", "-shm")
"""What the names of a journal's files end in."""


class Journal:
    """An open journal. Every method raises CannotGrade where its file does not let it; `connection` is for what only
    reads."""

    def __init__(self, path: Path, settings: object, resume: bool) -> None:
        self.path = path
        if not resume:
            self._make_way()
        with self._working():
            self.connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute(
                "PRAGMA synchronous = OFF"
            )  # what outlives the process is enough: the input is there still
            self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.connection.execute("PRAGMA cache_size = -500")  # KiB: memory stays flat from the first thousand on
            self._begin(json.dumps([_FORMAT, settings]))

    def _make_way(self) -> None:
        """Takes an interrupted run's journal away; one that another run works with, and what is no journal, stays."""
        with contextlib.suppress(FileNotFoundError):  # the other run has come to its end meanwhile
            self._check_idle()
        self.remove()

    def _check_idle(self) -> None:
        self.path.stat()
        try:
            with self._working():
                connection = sqlite3.connect(self.path, timeout=1.0, isolation_level=None)
                try:
                    connection.execute("BEGIN EXCLUSIVE")
                    tables = [
                        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                    ]
                    if tables and "run" not in tables:
                        raise sqlite3.DatabaseError
                finally:
                    connection.close()
        except CannotGrade:
            self.path.stat()
            raise

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise CannotGrade(f"{visible(str(self.path))}: another run writes this report just now.") from None
            raise CannotGrade(f"{visible(str(self.path))}: cannot be written ({error}).") from None
        except sqlite3.Error:
            raise CannotGrade(
                f"{visible(str(self.path))}: is no journal of a run, and one would take its place. Move it away."
            ) from None

    def _begin(self, settings: str) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        if not self.connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in _SCHEMA.split(";"):
                self.connection.execute(statement)
            self.connection.execute("INSERT INTO run VALUES (?)", (settings,))
        (known,) = self.connection.execute("SELECT settings FROM run").fetchone()
        self.connection.execute("COMMIT")
        if known != settings:
            raise CannotGrade(
                "the run that was interrupted had other options, another version or other exercises. Start without "
                "--resume."
            )

    def done(self, number: int, identity: bytes) -> bool:
        """Whether a unit was marked; one that has changed since is forgotten, with all that follow."""
        with self._working():
            known = self.connection.execute("SELECT identity FROM unit WHERE number = ?", (number,)).fetchone()
            if known is not None and known[0] == identity:
                return True
            if known is not None:
                self.forget_from(number)
        return False

    def forget_from(self, number: int) -> None:
        """Forgets the units from a number on."""
        with self._working():
            self.connection.execute("BEGIN")
            self.connection.execute("DELETE FROM submission WHERE unit >= ?", (number,))
            self.connection.execute("DELETE FROM unit WHERE number >= ?", (number,))
            self.connection.execute("COMMIT")

    def add(self, number: int, identity: bytes, rows: Sequence[Row]) -> None:
        """Notes a unit as marked."""
        with self._working():
            self.connection.execute("BEGIN")
            self.connection.executemany(_INSERT, [(number, *row) for row in rows])
            self.connection.execute("INSERT INTO unit VALUES (?, ?)", (number, identity))
            self.connection.execute("COMMIT")

    def count(self) -> int:
        """How many rows there are."""
        with self._working():
            return int(self.connection.execute("SELECT count(*) FROM submission").fetchone()[0])

    def close(self) -> None:
        """Lets the file go."""
        self.connection.close()

    def remove(self) -> None:
        """Takes the journal away: the report is whole."""
        with contextlib.suppress(AttributeError):
            self.connection.close()
        for ending in BESIDE:
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + ending).unlink()
