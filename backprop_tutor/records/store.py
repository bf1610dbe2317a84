"""The record: one SQLite file that answers are appended to, one transaction each, and that nothing here deletes."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from backprop_tutor.records.entries import ASKS_AGAIN, TRIED, Entry, Kept, Logged, Sitting
from backprop_tutor.records.troubles import trouble_of

IMPATIENT_SECONDS: Final = 0.05
"""How long another program's write is waited for, once it was told that the record is locked."""
MOST_SITTINGS: Final = 50
"""So many sittings are looked through for one that was left unfinished."""
_TRIED = f"(verdict IN {TRIED} OR move = 'skip')"
_COUNT = f"SELECT COUNT(*) FROM entry WHERE sitting = ? AND stage = ? AND target = ? AND {_TRIED}"  # noqa: S608

_FIELDS = ", ".join(f"entry.{name}" for name in Entry._fields)
_NAME = "CASE path WHEN '' THEN exercise ELSE path END"  # files of one's own may have an id of the catalogue
_JOINED = f"SELECT entry.id, sitting, mode, {_NAME}, {_FIELDS} FROM entry JOIN sitting ON sitting.id = sitting"  # noqa: S608
EVERYTHING: Final = (
    "id",
    "sitting",
    *(name for name in Sitting._fields if name not in ("started", "version")),
    *Entry._fields,
)
"""What is known of each entry."""
_COLUMNS = ", ".join(
    "coalesce(entry.version, sitting.version)" if name == "version" else name for name in EVERYTHING[1:]
)
_EVERYTHING = f"SELECT entry.id, {_COLUMNS} FROM entry JOIN sitting ON sitting.id = sitting ORDER BY entry.id"  # noqa: S608
_LOG = f"{_JOINED} WHERE entry.id > ? ORDER BY entry.id LIMIT ?"


class Store:
    """An open record. Every method raises RecordTrouble where the file does not let it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._file = _file_at(path)

    @property
    def was_set_aside(self) -> bool:
        """Whether another file, or none, stands where this record was opened."""
        return _file_at(self.path) != self._file

    def close(self) -> None:
        """Lets the file go."""
        self.connection.close()

    def wait_no_longer(self) -> None:
        """From now on another program's write is not waited for: once was enough."""
        self.connection.execute(f"PRAGMA busy_timeout = {IMPATIENT_SECONDS * 1000:.0f}")

    @contextmanager
    def working(self) -> Iterator[sqlite3.Connection]:
        """The connection, whose errors become troubles."""
        try:
            yield self.connection
        except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's own message may quote what is damaged
            raise trouble_of(error, self.path) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on disk when it ends, or has not happened."""
        with self.working() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def append(self, number: int | None, sitting: Sitting, entries: Sequence[Entry]) -> int:
        """Appends entries to a sitting, which is begun where it has no number yet; its number.

        Where two terminals go on with one sitting, the tries of both count.
        """
        with self.transaction() as connection:
            known = connection.execute("SELECT id FROM sitting WHERE id = ?", (number,)).fetchone()
            begun = (
                known or connection.execute(f"{_insert('sitting', Sitting._fields)} RETURNING id", sitting).fetchone()
            )
            for entry in entries:
                if known:
                    (tries,) = connection.execute(_COUNT, (*begun, entry.stage, entry.target)).fetchone()
                    entry = entry._replace(tries=max(tries, entry.tries))
                connection.execute(_insert("entry", ("sitting", *Entry._fields)), (*begun, *entry))
        return int(begun[0])

    def newest(self, exercise: str, path: str, **more: str | None) -> Iterator[Kept]:
        """The sittings at the terminal with an exercise, the newest first; with this seed, circuit, numbers where they
        are given."""
        wanted = {"exercise": exercise, "path": path, "mode": ASKS_AGAIN, **more}
        given = {column: value for column, value in wanted.items() if value is not None}
        return self._kept(" AND ".join(f"{column} = ?" for column in given), tuple(given.values()), MOST_SITTINGS)

    def newest_of_all(self) -> Iterator[Kept]:
        """The sittings at the terminal, the newest first."""
        return self._kept("mode = ?", (ASKS_AGAIN,), MOST_SITTINGS)

    def _kept(self, where: str, values: Sequence[object], most: int) -> Iterator[Kept]:
        columns = ", ".join(Sitting._fields)
        remaining = "(SELECT remaining FROM entry WHERE sitting = sitting.id ORDER BY id DESC LIMIT 1)"
        query = f"SELECT id, {remaining}, {columns} FROM sitting WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  our own column names
        with self.working() as connection:
            for number, left, *fields in connection.execute(query, (*values, most)):
                yield Kept(number, Sitting(*fields), left or 0)

    def entries(self, sitting: int) -> list[Entry]:
        """What was typed in a sitting, in order."""
        query = f"SELECT {', '.join(Entry._fields)} FROM entry WHERE sitting = ? ORDER BY id"  # noqa: S608
        with self.working() as connection:
            return [Entry(*row) for row in connection.execute(query, (sitting,))]

    def log(self, after: int = 0, most: int = -1) -> Iterator[Logged]:
        """The log after an entry's number, in order, `most` entries of it (all of them where it is negative)."""
        with self.working() as connection:
            for number, sitting, mode, exercise, *fields in connection.execute(_LOG, (after, most)):
                yield Logged(number, sitting, mode, exercise, Entry(*fields))

    def everything(self) -> Generator[tuple[object, ...], None, None]:
        """Every entry in order, with all of its sitting: the columns of EVERYTHING."""
        with self.working() as connection:
            yield from connection.execute(_EVERYTHING)

    def has_asked(self, exercise: str, numbers: str) -> bool:
        """Whether an exercise was ever asked with these numbers."""
        with self.working() as connection:
            found = connection.execute(
                "SELECT 1 FROM sitting WHERE exercise = ? AND numbers = ? LIMIT 1", (exercise, numbers)
            )
            return found.fetchone() is not None

    def kept_summary(self, rules: str) -> tuple[int, str] | None:
        """The summary that was kept, if it was made by these rules: the entry it goes up to, and its text."""
        with self.working() as connection:
            row = connection.execute("SELECT upto, state FROM summary WHERE rules = ?", (rules,)).fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    def keep_summary(self, rules: str, upto: int, state: str) -> None:
        """Keeps a summary, unless one is there that goes further, or the log that it sums up was set aside."""
        with self.transaction() as connection:
            known = connection.execute("SELECT 1 FROM summary WHERE rules = ? AND upto >= ?", (rules, upto)).fetchone()
            if known is None and connection.execute("SELECT 1 FROM entry WHERE id = ?", (upto,)).fetchone():
                connection.execute(
                    "INSERT OR REPLACE INTO summary (id, rules, upto, state) VALUES (1, ?, ?, ?)", (rules, upto, state)
                )


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, by its numbers in the file system."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
