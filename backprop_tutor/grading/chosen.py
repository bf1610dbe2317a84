"""Which submissions the report shows, in their order: all of them, or of each student's several the best or the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from backprop_tutor.grading.journal import Journal
from backprop_tutor.grading.row import Row

_COLUMNS: Final = ", ".join(f"submission.{name}" for name in Row._fields)
_TWICE: Final = """
SELECT number, student, exercise, attempt, score, source FROM submission
WHERE key IN (SELECT key FROM submission WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)
ORDER BY student, exercise, number
"""
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
        for attempts in self._groups():
            self.connection.executemany("INSERT INTO temp.several VALUES (?, ?, ?)", _remarks(attempts, how))
        self.connection.execute("COMMIT")

    def _groups(self) -> Iterator[list[_Attempt]]:
        group: list[_Attempt] = []
        for row in self.connection.execute(_TWICE):
            one = _Attempt(*row)
            if group and (one.student, one.exercise) != (group[0].student, group[0].exercise):
                yield group
                group = []
            group.append(one)
        if group:
            yield group

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


def _remarks(attempts: list[_Attempt], how: str) -> Iterator[tuple[int, int, str]]:
    """Of each attempt: its number, whether it counts, and what is said of it."""
    if len(attempts) == 1:  # two hashes were equal by chance
        return
    kept = None
    if how == "best":
        kept = max(attempts, key=lambda one: (one.score, -one.number))
    elif how == "last":
        kept = max(attempts, key=lambda one: one.when)
    for place, one in enumerate(attempts, 1):
        if kept is None:
            others = ", ".join(other.source for other in attempts if other is not one)
            more = others if len(others) <= 200 else f"{others[:200]}…"
            yield one.number, 1, f"Handed in {len(attempts)} times, number {place}; also {more}."
        else:
            yield one.number, int(one is kept), f"The {how} of {len(attempts)}." if one is kept else ""
