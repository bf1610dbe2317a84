"""Which submissions the report shows, in their order: all of them, or of each student's several the best or the
last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from backprop_tutor.grading.journal import Journal
from backprop_tutor.grading.row import Row

_COLUMNS: Final = ", ".join(f"submission.{name}" for name in Row._fields)
_TWICE: Final = """
SELECT number, student, exercise, attempt, score, source FROM submission
WHERE key IN (SELECT key FROM submission WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)
ORDER BY student, exercise, number
"""
_MOST_NAMED: Final = 3
"""So many other places are named where a student handed in several times."""
_DIGITS = re.compile(r"([0-9]{1,18})")


class _Attempt(NamedTuple):
    number: int
    student: str
    exercise: str
    attempt: str | None
    score: float
    source: str

    @property
    def when(self) -> tuple[list[tuple[int, int, str]], int]:
        """Attempts by their names, numbers in them as numbers; then in the order in which they were given."""
        parts = _DIGITS.split(self.attempt or "")
        return [(1, int(part), "") if place % 2 else (0, 0, part) for place, part in enumerate(parts)], self.number


class Chosen:
    """The rows of a journal that count. `how` is best, last, or empty for all."""

    def __init__(self, journal: Journal, how: str = "") -> None:
        self.connection = journal.connection
        self.connection.execute("CREATE TEMP TABLE several (number INTEGER PRIMARY KEY, kept INTEGER, remark TEXT)")
        self.connection.execute("BEGIN")
        for several, attempts in zip(
            map(_seen, self._groups()), self._groups(), strict=True
        ):  # twice, since one student's may be many
            self.connection.executemany("INSERT INTO temp.several VALUES (?, ?, ?)", _remarks(several, attempts, how))
        self.connection.execute("COMMIT")

    def _groups(self) -> Iterator[Iterator[_Attempt]]:
        attempts = map(_Attempt._make, self.connection.execute(_TWICE))
        return (group for _, group in groupby(attempts, key=lambda one: (one.student, one.exercise)))

    def rows(self, order: str = "submission.number") -> Iterator[Row]:
        """The rows that count, with what is to be said where there are several."""
        several = self.connection.execute("SELECT 1 FROM temp.several LIMIT 1").fetchone()
        query = f"SELECT {_COLUMNS} FROM submission ORDER BY {order}"  # noqa: S608  our own column names
        if not several:
            yield from map(Row._make, self.connection.execute(query))
            return
        query = (
            f"SELECT remark, {_COLUMNS} FROM submission LEFT JOIN temp.several ON several.number = submission.number "  # noqa: S608
            f"WHERE kept IS NOT 0 ORDER BY {order}"
        )
        for remark, *fields in self.connection.execute(query):
            row = Row._make(fields)
            yield row if remark is None else row._replace(note=f"{row.note} {remark}".strip())

    def by_student(self) -> Iterator[Row]:
        """The rows that count, each student's together; those of nobody first."""
        return self.rows("submission.student, submission.number")

    def exercises(self) -> list[str]:
        """The exercises that were handed in, in the order in which they first were."""
        query = "SELECT exercise FROM submission WHERE max_score > 0 GROUP BY exercise ORDER BY min(number)"
        return [exercise for (exercise,) in self.connection.execute(query)]

    def unreadable(self) -> int:
        """How many submissions could not be read, whether the report shows them or not."""
        return int(self.connection.execute("SELECT count(*) FROM submission WHERE readable = 0").fetchone()[0])


class _Several(NamedTuple):
    """What there is of a student and an exercise: how many attempts, which are the best and the last, and where the
    first few stand."""

    attempts: int
    best: int
    last: int
    sources: list[tuple[int, str]]


def _seen(attempts: Iterable[_Attempt]) -> _Several:
    count, sources = 0, []
    best: _Attempt | None = None
    last: _Attempt | None = None
    for one in attempts:
        count += 1
        if count <= _MOST_NAMED + 1:
            sources.append((one.number, one.source))
        best = one if best is None or one.score > best.score else best
        last = one if last is None or one.when > last.when else last
    assert best is not None
    assert last is not None
    return _Several(count, best.number, last.number, sources)


def _remarks(several: _Several, attempts: Iterable[_Attempt], how: str) -> Iterator[tuple[int, int, str]]:
    """Of each attempt: its number, whether it counts, and what is said of it."""
    if several.attempts == 1:  # two hashes were equal by chance
        return
    kept = {"best": several.best, "last": several.last}.get(how)
    for place, one in enumerate(attempts, 1):
        if kept is None:
            others = [source for number, source in several.sources if number != one.number][:_MOST_NAMED]
            more = f" and {several.attempts - 1 - len(others):,} more" if several.attempts - 1 > len(others) else ""
            yield one.number, 1, f"Handed in {several.attempts} times, number {place}; also {', '.join(others)}{more}."
        else:
            yield one.number, int(one.number == kept), f"The {how} of {several.attempts}." if one.number == kept else ""
