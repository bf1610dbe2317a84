"""Stores every marked submission outside memory, and chooses which of a student's attempts count."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final
from weakref import finalize

from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.rows import Row, refused_as_several
from backprop_tutor.text import listed, visible

_COLUMNS: Final = ", ".join(Row._fields)
_TABLES: Final = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -500;  -- KiB: memory stays flat from the first thousand on
CREATE TABLE submission (number INTEGER PRIMARY KEY, {_COLUMNS});
CREATE TABLE several (number INTEGER PRIMARY KEY, kept INTEGER, remark TEXT);
"""
_INSERT: Final = f"INSERT INTO submission ({_COLUMNS}) VALUES (?{', ?' * (len(Row._fields) - 1)})"  # noqa: S608  our own names
_TWICE: Final = """
SELECT number, student, exercise, attempt, score, source, unordered FROM submission WHERE (student, exercise) IN (
    SELECT student, exercise FROM submission WHERE student > '' AND max_score > 0
    GROUP BY student, exercise HAVING count(*) > 1
) ORDER BY student, exercise, number
"""
_COUNTING: Final = f"""
SELECT kept, remark, {_COLUMNS} FROM submission LEFT JOIN several USING (number) WHERE kept IS NOT 0 ORDER BY
"""  # noqa: S608  our own names
_DIGITS: Final = re.compile(r"([0-9]{1,18})")  # as many digits as an SQLite integer holds
_MOST_NAMED: Final = 3  # how many other places are named if a student handed in several times
_REFUSED: Final = 2  # the row stays, but unmarked: nothing says which of several is the last


class _Attempt(NamedTuple):
    number: int
    student: str
    exercise: str
    attempt: str | None
    score: float
    source: str
    unordered: int


class Attempts:
    """The rows of a class, in a temporary file that SQLite creates once there are many and then removes itself. Every
    method raises sqlite3.Error if there is no room for it."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        finalize(self, self._connection.close)  # from 3.13 on, Python complains of one that is only dropped
        self._connection.executescript(_TABLES)
        self.total = self.unreadable = self.other_seeds = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Stores the next rows."""
        self.total += len(rows)
        self.unreadable += sum(not row.readable for row in rows)
        self.other_seeds += sum(row.other_seed for row in rows)
        self._in_one(_INSERT, map(_stored, rows))

    def choose(self, how: str) -> None:
        """Makes only each student's `best` or `last` attempt count; if all count, notes where there are several."""
        attempts = map(_Attempt._make, self._connection.execute(_TWICE))
        groups = groupby(attempts, key=lambda one: (one.student, one.exercise))
        remarks = [remark for _, group in groups for remark in _remarks(list(group), how)]
        self.unreadable += sum(kept == _REFUSED for _, kept, _ in remarks)
        self._in_one("INSERT INTO several VALUES (?, ?, ?)", remarks)

    def _in_one(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Runs statements in one transaction, which is many times faster than one per row."""
        self._connection.execute("BEGIN")
        self._connection.executemany(statement, rows)
        self._connection.execute("COMMIT")

    def rows(self, order: str = "number") -> Iterator[Row]:
        """The rows that count, in a given SQL order, with a remark where a student has several."""
        for found in self._connection.execute(_COUNTING + order):
            (kept, remark), row = found[:2], Row._make(found[2:])
            if kept == _REFUSED:
                row = refused_as_several(row, remark)
            elif remark is not None:
                row = row._replace(note=f"{row.note} {remark}".strip())
            yield row

    def has_late(self) -> bool:
        """Whether anything is known to have been handed in late."""
        return self._connection.execute("SELECT 1 FROM submission WHERE late LIMIT 1").fetchone() is not None

    def students(self) -> set[str]:
        """Everybody who handed in anything."""
        query = "SELECT DISTINCT student FROM submission WHERE student > ''"
        return {student for (student,) in self._connection.execute(query)}

    def exercises(self) -> list[str]:
        """The exercises that were handed in, in order of first appearance."""
        query = "SELECT exercise FROM submission WHERE max_score > 0 GROUP BY exercise ORDER BY min(number)"
        return [exercise for (exercise,) in self._connection.execute(query)]


def _stored(row: Row) -> Sequence[object]:
    """A row with 1 for true and 0 for false: of any other type, sqlite3 searches for what adapts it."""
    return [+one if one is True or one is False else one for one in row]


def _remarks(attempts: list[_Attempt], how: str) -> Iterator[tuple[int, int, str]]:
    """For each attempt of a student: its number, whether it counts, and the remark on it."""
    count = len(attempts)
    if how:
        if how == "last" and any(one.unordered for one in attempts):
            files = listed((visible(one.source) for one in attempts), most=_MOST_NAMED)
            yield attempts[0].number, _REFUSED, f"{count} files, {files}"
            yield from ((one.number, 0, "") for one in attempts[1:])
            return
        if how == "best":
            kept = max(attempts, key=lambda one: (one.score, -one.number))
        else:
            kept = max(attempts, key=lambda one: (_when(one.attempt), one.number))
        yield from ((one.number, int(one is kept), f"The {how} of {count}.") for one in attempts)
        return
    for place, one in enumerate(attempts, 1):
        others = [other.source for other in attempts[: _MOST_NAMED + 1] if other is not one][:_MOST_NAMED]
        more = f" and {count - 1 - len(others):,} more" if count - 1 > len(others) else ""
        yield one.number, 1, f"Attempt {place} of {count}; see also {', '.join(others)}{more}."


def _when(attempt: str | None) -> list[int | str]:
    """The key by which attempts are sorted: the name, with the numbers in it (every second part) as numbers."""
    parts = enumerate(_DIGITS.split(attempt or ""))
    return [int(part) if place % 2 else part for place, part in parts]
