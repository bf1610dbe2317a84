"""The record: one SQLite file to which answers are appended, one transaction each, and from which nothing is deleted
here.

In WAL mode two sittings write without waiting for each other. `synchronous` is NORMAL: a committed answer has reached
the operating system, so it survives the death of this process; a power cut may lose the last ones, never the rest.
Where WAL is unavailable (some network folders), it is FULL. Only the empty tables of a new record are written without
waiting for the disk, which would delay a new user's first answer by seven writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os.path import samestat
from pathlib import Path
from typing import Any, Final, get_type_hints

from backprop_tutor.errors import TutorError
from backprop_tutor.records.sittings import ASKS_AGAIN, TRIED, Entry, Logged, Sitting, is_whole
from backprop_tutor.text import visible

APPLICATION: Final = 0x42705475  # marks an SQLite file as a record of this program: "BpTu"
VERSION: Final = 3
"""The version of the tables below; 1 and 2 were never released. Any change to them is a new version."""
BUSY_SECONDS: Final = 1.0  # how long to wait while another program writes
MOST_SITTINGS: Final = 50  # how many sittings are searched for one that was left unfinished

_TYPES: Final = {int: "INTEGER NOT NULL", str: "TEXT NOT NULL", str | None: "TEXT", float | None: "REAL"}


def _table(name: str, fields: Mapping[str, Any], more: str = "") -> str:
    columns = ", ".join(f"{field} {_TYPES[kind]}" for field, kind in fields.items())
    return f"CREATE TABLE IF NOT EXISTS {name} (id INTEGER PRIMARY KEY AUTOINCREMENT, {more}{columns})"


_TABLES: Final = (
    _table("sitting", get_type_hints(Sitting)),
    "CREATE INDEX IF NOT EXISTS sitting_of_exercise ON sitting (exercise, numbers)",
    _table("entry", get_type_hints(Entry), "sitting INTEGER NOT NULL REFERENCES sitting (id), "),
    "CREATE INDEX IF NOT EXISTS entry_of_sitting ON entry (sitting)",
    _table("summary", {"rules": str, "upto": int, "state": str}),  # one row, which the log can restore at any time
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
"""The statements that begin a record; another sitting may be doing so at the same time."""
EVERYTHING: Final = ("id", "sitting", *Sitting._fields[1:-1], *Entry._fields)
"""The columns about each entry: all of it and of its sitting, except when that began."""
_ALL_COLUMNS = ", ".join(EVERYTHING[1:]).replace("version", "coalesce(entry.version, sitting.version)")
_FIELDS = ", ".join(f"entry.{name}" for name in Entry._fields)
_NAME = "CASE path WHEN '' THEN exercise ELSE path END"  # a user's own file may have an id of the catalogue
_JOINED = "FROM entry JOIN sitting ON sitting.id = sitting"
_LOG = f"SELECT entry.id, mode, {_NAME}, {_FIELDS} {_JOINED} WHERE entry.id > ? ORDER BY entry.id LIMIT ?"
_TRIES = (
    "SELECT COUNT(*) FROM entry WHERE sitting = ? AND stage = ? AND target = ? "  # noqa: S608
    f"AND (verdict IN {TRIED} OR move = 'skip')"
)
_REMAINING = "(SELECT remaining FROM entry WHERE sitting = sitting.id ORDER BY id DESC LIMIT 1)"


class RecordTrouble(TutorError):
    """A record that cannot be used: its file, and the reason, in the words of SQLite or of the system."""

    def __str__(self) -> str:
        path, why = self.args
        return f"{visible(str(path))}: {visible(str(why))}."


@contextmanager
def _troubles(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordTrouble(path, error.strerror or error) from error
    except (sqlite3.OperationalError, UnicodeDecodeError) as error:  # SQLite's own message may quote damaged data
        raise RecordTrouble(path, error) from error
    except sqlite3.Error as error:  # the file itself is damaged: waiting will not help
        cure = "Nothing in it was changed; `backprop-tutor progress reset` sets it aside and starts a new one"
        raise RecordTrouble(path, f"{error}. {cure}") from error


def open_store(path: Path, create: bool = False) -> Store:
    """The record in a file; begun if there is none and `create` is set. Raises RecordTrouble."""
    with _troubles(path):
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(uri, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return Store(connection, path)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")  # another sitting may be beginning the record: look at a single moment of it
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    connection.execute("COMMIT")
    if not tables and not any(marks):
        connection.execute("PRAGMA synchronous = OFF")
        with suppress(sqlite3.OperationalError):  # the other one does it
            connection.execute("PRAGMA journal_mode = WAL")
        with _transaction(connection):
            for statement in _TABLES:
                connection.execute(statement)
    elif marks != [APPLICATION, VERSION]:
        raise sqlite3.DatabaseError("it is not a record of this version of backprop-tutor")
    wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is either on disk when it ends, or has not happened."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


class Store:
    """An open record. Every method raises RecordTrouble if the file cannot be used; damaged rows are left out."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._file = path.stat()

    @property
    def was_set_aside(self) -> bool:
        """Whether another file, or none, is now where this record was opened."""
        try:
            return not samestat(self._file, self.path.stat())
        except OSError:
            return True

    def close(self) -> None:
        """Lets the file go."""
        self.connection.close()

    def _rows(self, query: str, *values: object) -> Generator[tuple[Any, ...], None, None]:
        with _troubles(self.path):
            yield from self.connection.execute(query, values)

    def append(self, number: int | None, sitting: Sitting, entries: Sequence[Entry]) -> int:
        """Appends entries to a sitting, which is begun if it has no number yet, and returns its number. If two
        terminals continue one sitting, the tries of both count."""
        with _troubles(self.path), _transaction(self.connection):
            if number is None:
                number = self.connection.execute(_insert("sitting", Sitting._fields), sitting).lastrowid
                assert number is not None
            else:
                entries = [entry._replace(tries=max(entry.tries, self._tries(number, entry))) for entry in entries]
            insert = _insert("entry", ("sitting", *Entry._fields))
            self.connection.executemany(insert, ((number, *entry) for entry in entries))
        return number

    def _tries(self, sitting: int, entry: Entry) -> int:
        ((tries,),) = self._rows(_TRIES, sitting, entry.stage, entry.target)
        return int(tries)

    def newest(self, **wanted: str | None) -> Iterator[tuple[int, Sitting, int]]:
        """The sittings at the terminal with these fields (None: any), newest first, each with its number and how many
        questions are open."""
        given = {"mode": ASKS_AGAIN, **{column: value for column, value in wanted.items() if value is not None}}
        where = " AND ".join(f"{column} = ?" for column in given)
        columns = ", ".join(Sitting._fields)
        query = f"SELECT id, {_REMAINING}, {columns} FROM sitting WHERE {where} ORDER BY id DESC LIMIT {MOST_SITTINGS}"  # noqa: S608
        for number, left, *fields in self._rows(query, *given.values()):
            sitting = Sitting(*fields)
            if is_whole(sitting):
                yield number, sitting, left or 0

    def begun(self) -> frozenset[str]:
        """The exercises begun at a terminal, by id, or by path for the user's own files."""
        rows = self._rows(f"SELECT DISTINCT {_NAME} FROM sitting WHERE mode = ?", ASKS_AGAIN)  # noqa: S608
        return frozenset(name for (name,) in rows)

    def entries(self, sitting: int) -> list[Entry]:
        """What was typed in a sitting, in order."""
        rows = self._rows(f"SELECT {_FIELDS} FROM entry WHERE sitting = ? ORDER BY id", sitting)  # noqa: S608
        return [entry for entry in map(Entry._make, rows) if is_whole(entry)]

    def log(self, after: int = 0, most: int = -1) -> Iterator[Logged]:
        """The log after the entry with this number, in order: `most` entries (all if negative)."""
        for number, mode, exercise, *fields in self._rows(_LOG, after, most):
            entry = Entry(*fields)
            if is_whole(entry) and isinstance(mode, str) and isinstance(exercise, str):
                yield Logged(number, mode, exercise, entry)

    def everything(self) -> Generator[tuple[object, ...], None, None]:
        """Every entry in order, together with its whole sitting: the columns of EVERYTHING."""
        return self._rows(f"SELECT entry.id, {_ALL_COLUMNS} {_JOINED} ORDER BY entry.id")

    def has_asked(self, exercise: str, numbers: str) -> bool:
        """Whether an exercise was ever asked with these numbers."""
        query = "SELECT 1 FROM sitting WHERE exercise = ? AND numbers = ? LIMIT 1"
        return any(self._rows(query, exercise, numbers))

    def kept_summary(self) -> tuple[str, str] | None:
        """The stored summary: its stamp and its text."""
        return next(self._rows("SELECT rules, state FROM summary"), None)

    def keep_summary(self, stamp: str, upto: int, text: str) -> None:
        """Replaces the stored summary by one of the log up to an entry."""
        with _troubles(self.path), _transaction(self.connection):
            query = "REPLACE INTO summary (id, rules, upto, state) VALUES (1, ?, ?, ?)"
            self.connection.execute(query, (stamp, upto, text))


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
