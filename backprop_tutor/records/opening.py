"""A record's file, found or begun, and brought to this version.

In WAL mode two sittings write without waiting for one another. `synchronous` is NORMAL: a committed answer
is with the operating system, so it survives the death of this process; a power cut may take the last ones,
never the rest. Where WAL is not to be had (some network folders), it is FULL.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from backprop_tutor.records.migrations import APPLICATION, MIGRATIONS, VERSION
from backprop_tutor.records.store import Store
from backprop_tutor.records.troubles import RecordTrouble, trouble_of

BUSY_SECONDS: Final = 1.0
"""How long another program's write is waited for."""


def open_store(path: Path, create: bool = False, busy: float = BUSY_SECONDS) -> Store:
    """The record in a file, brought to this version; begun where there is none, if `create`. Raises RecordTrouble."""
    try:
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _opened(path, "rwc" if create else "rw", busy)
        except RecordTrouble as trouble:
            if create or trouble.kind != "read-only" or not _is_at_rest(path):
                raise
            return _opened(path, "ro&immutable=1", busy)
    except OSError as error:
        raise trouble_of(error, path) from error


def _is_at_rest(path: Path) -> bool:
    """Whether all of a record is in its one file, so that it can be read where WAL's own files cannot be made."""
    beside = path.with_name(f"{path.name}-wal")
    return path.exists() and not (beside.exists() and beside.stat().st_size)


def _opened(path: Path, mode: str, busy: float) -> Store:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", timeout=busy, isolation_level=None, uri=True
        )
    except sqlite3.Error as error:
        raise trouble_of(error, path) from error
    store = Store(connection, path)
    try:
        with store.working():
            _prepare(store)
    except BaseException:
        connection.close()
        raise
    return store


def _prepare(store: Store) -> None:
    connection = store.connection
    connection.execute("BEGIN")  # another sitting may begin the record just now: look at one moment of it
    version = _version(store)
    connection.execute("COMMIT")
    if version == 0:
        _use_wal(connection)
    wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    if version < VERSION:
        migrate(store)


def _use_wal(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):  # another sitting begins the record just now, and does it
        connection.execute("PRAGMA journal_mode = WAL")


def migrate(store: Store, to: int = VERSION) -> None:
    """Takes the steps that lead from a record's version to another, all or none."""
    with store.transaction() as connection:
        for step in MIGRATIONS[_version(store) : to]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {to}")


def _version(store: Store) -> int:
    """The version of a record, 0 for an empty file. Raises RecordTrouble for a newer one, and for another program's
    file."""
    connection = store.connection
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        if version or connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise RecordTrouble("foreign", store.path)
        return 0
    if version > VERSION:
        raise RecordTrouble("newer", store.path)
    return version
