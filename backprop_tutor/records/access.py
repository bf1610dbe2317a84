"""A student's record as far as it can be used: what cannot be read or written is told in one line, once, and nothing is
raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from backprop_tutor.records.store import Store
    from backprop_tutor.records.troubles import RecordTrouble

_T = TypeVar("_T")


class Access:
    """The record in a file (by default this user's). `say` is given one line, once, where it cannot be used."""

    def __init__(self, say: Callable[[str], None], path: Path | None = None) -> None:
        self._say, self._path = say, path
        self._store: Store | None = None
        self._is_broken = self._is_told = self._gave_up_reading = False

    def read(self, found: Callable[[Store], _T], otherwise: _T) -> _T:
        """What is found in the record; where there is none, or it cannot be read, the other."""
        if self._gave_up_reading or not self._is_there():
            return otherwise
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            return found(self._opened())
        except RecordTrouble as trouble:
            self._tell(trouble, trouble.passes)
            return otherwise

    def write(self, change: Callable[[Store], None]) -> bool:
        """Changes the record, which is begun where there is none; whether it was changed, or never will be."""
        if self._is_broken:
            return True
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            change(self._opened(create=True))
        except RecordTrouble as trouble:
            self._tell(trouble, trouble.passes)
            return self._is_broken
        self._gave_up_reading = False
        return True

    def close(self, last: Callable[[Store], object]) -> None:
        """Lets the file go, if it was opened, after one more thing that may be left undone: what was written is
        written."""
        if self._store is None:
            return
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            if not self._is_broken:
                last(self._store)
        except RecordTrouble as trouble:
            if not self._is_told and not trouble.passes:
                self._say(f"Your answers were recorded, but {trouble}")
        finally:
            self._store.close()
            self._store = None

    def _is_there(self) -> bool:
        from backprop_tutor.records.circuits import database, is_there

        self._path = self._path or database()
        return is_there(self._path)

    def _opened(self, create: bool = False) -> Store:
        if self._store is not None and self._store.was_set_aside:  # by `progress reset`, meanwhile
            self._store.close()
            self._store = None
        if self._store is None:
            from backprop_tutor.records.circuits import database
            from backprop_tutor.records.opening import BUSY_SECONDS, open_store
            from backprop_tutor.records.store import IMPATIENT_SECONDS

            self._path = self._path or database()
            self._store = open_store(self._path, create, IMPATIENT_SECONDS if self._is_told else BUSY_SECONDS)
        return self._store

    def _tell(self, trouble: RecordTrouble, passes: bool) -> None:
        self._is_broken = not passes
        self._gave_up_reading = True  # until something could be written
        if self._store is not None:
            self._store.wait_no_longer()
        if not self._is_told:
            self._is_told = True
            self._say(f"Your answers are not being recorded: {trouble}")


class NoAccess(Access):
    """As if there were no record, and none to begin (`review --no-record`)."""

    def __init__(self) -> None:
        super().__init__(lambda _text: None)

    def _is_there(self) -> bool:
        return False

    def write(self, change: Callable[[Store], None]) -> bool:  # noqa: ARG002  nothing is changed
        """Nothing is written."""
        return True
