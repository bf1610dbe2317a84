"""What can be wrong with a record, each in one line that says what to do; nothing of it is ever deleted."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from backprop_tutor.errors import TutorError, visible

_SENTENCES: Final = {
    "locked": "is locked by another program",
    "read-only": "cannot be written",
    "full": "cannot grow: the disk is full",
    "damaged": "is damaged. It is left as it is; `backprop-tutor progress reset` sets it aside and begins a new one",
    "newer": "was written by a newer version of backprop-tutor. It is left as it is; a newer version reads it",
    "foreign": "is no record of backprop-tutor. It is left as it is; BACKPROP_TUTOR_HOME names another folder",
}
_BY_CODE: Final = {
    sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked", sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_CORRUPT: "damaged", sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_ERROR: "damaged", sqlite3.SQLITE_CONSTRAINT: "damaged", sqlite3.SQLITE_MISMATCH: "damaged",
}  # fmt: skip


class RecordTrouble(TutorError):
    """A record that cannot be used as it should: `kind` is one of the table above."""

    def __init__(self, kind: str, path: Path) -> None:
        super().__init__(kind, path)
        self.kind, self.path = kind, path

    def __str__(self) -> str:
        return f"the record {visible(str(self.path))} {_SENTENCES[self.kind]}."

    @property
    def passes(self) -> bool:
        """Whether it may be over at the next try."""
        return self.kind in ("locked", "full")


def trouble_of(error: sqlite3.Error | UnicodeDecodeError | OSError, path: Path) -> RecordTrouble:
    """The trouble behind an error of SQLite or of the file system. Our own statements are right: what they do not find
    is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return RecordTrouble("read-only" if isinstance(error, OSError) else "damaged", path)
    return RecordTrouble(_BY_CODE.get(code & 0xFF, "read-only"), path)
