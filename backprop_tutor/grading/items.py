"""What there is to mark, in pieces of work: files, runs of lines, and what is neither, each with where it stands."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

MOST_BYTES: Final = 1_000_000
"""The largest file, and the longest line, that is read as one submission."""


class File(NamedTuple):
    """One file: its path, how it is shown, its path within the folder that was given (or all of it, from `/`), its size
    and time."""

    path: str
    shown: str
    inside: str
    size: int
    changed: int


class Lines(NamedTuple):
    """Whole lines of a JSON Lines text from line `first`; `inside` as for a file (None for standard input)."""

    shown: str
    inside: str | None
    first: int
    data: bytes


class Refused(NamedTuple):
    """What gets a row without being read, and why."""

    shown: str
    inside: str | None
    why: str


Item = File | Lines | Refused


class Unit(NamedTuple):
    """A piece of work for one process; `identity` is the same in another run only where its items are."""

    items: tuple[Item, ...]
    size: int

    @property
    def identity(self) -> bytes:
        """A digest of what is to be marked, without opening a file."""
        digest = blake2b(digest_size=16)
        for item in self.items:
            if isinstance(item, Lines):
                digest.update(item.data)
                item = item._replace(data=b"")
            digest.update(repr(item).encode("utf-8", "backslashreplace"))
        return digest.digest()


def shown_path(path: str) -> str:
    """A path as text that can be written anywhere: bytes that are no UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
