"""Reads ZIP archives in memory, entry by entry, whatever their names and headers say; nothing is ever extracted."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import MOST_BYTES

SUFFIX: Final = ".zip"
MOST_NESTED: Final = 20_000_000
"""The most bytes of an archive that a student hands in: it may contain photographs too."""
_MOST_ENTRIES: Final = 500  # how many files of a student's archive are read
_LONGEST_DIRECTORY: Final = 1_000_000  # bytes; a longer list of contents is an attack on the memory
_END: Final = b"PK\5\6"
_UTF8: Final = 0x800  # the flag that says that a name is UTF-8
_ENCRYPTED: Final = 1
BROKEN: Final = (BadZipFile, LargeZipFile, OSError, EOFError, zlib.error, RuntimeError, ValueError)
"""The exceptions that reading a broken or strange archive raises."""


class Member(NamedTuple):
    """One file in an archive: its path, its place in the list of contents, and, if it is not read, `why`."""

    path: str
    number: int
    size: int
    why: str = ""


def members(archive: str | bytes) -> list[Member]:
    """The files in an archive, given as a path or as the archive itself, sorted by path. Raises the exceptions in
    BROKEN."""
    if isinstance(archive, bytes):
        with ZipFile(BytesIO(_bounded(archive))) as opened:
            return sorted(_members(opened))[:_MOST_ENTRIES]
    return sorted(_members(_opened(archive)))


def _bounded(archive: bytes) -> bytes:
    """The archive, if its list of contents is no longer than a student's would be. Raises BadZipFile."""
    end = archive.rfind(_END)
    if len(archive) > MOST_NESTED or int.from_bytes(archive[end + 12 : end + 16], "little") > _LONGEST_DIRECTORY:
        raise BadZipFile("it is too large")
    return archive


def _members(opened: ZipFile) -> Iterator[Member]:
    seen: set[str] = set()
    for number, info in enumerate(opened.infolist()):
        path = _name(info)
        if info.is_dir():
            continue
        why = _refused(info, path)
        if not why and path in seen:
            why = "occurs twice in the archive under this name."
        seen.add(path)
        yield Member(path, number, info.file_size, why)


def _name(info: ZipInfo) -> str:
    """The name as UTF-8 if its bytes are valid UTF-8, even without the flag that says so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode()
        except ValueError:
            name = info.orig_filename
    return normalize("NFC", name)


def _refused(info: ZipInfo, path: str) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link, and links are not followed."
    if path.startswith("/") or "\\" in path or "\0" in path or path[1:2] == ":" or ".." in path.split("/"):
        return "has a name that leads out of the archive."
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted."
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is compressed in an unusual way."
    return ""


def contents(archive: str | bytes, number: int, most: int = MOST_BYTES) -> bytes:
    """The first bytes of a file in an archive: at most one more than `most`, whatever its header says. Raises the
    exceptions in BROKEN."""
    opened = ZipFile(BytesIO(archive)) if isinstance(archive, bytes) else _opened(archive)
    with opened.open(opened.infolist()[number]) as stream:
        return stream.read(most + 1)


def _opened(path: str) -> ZipFile:
    """An opened archive; its list of contents is read once per process."""
    found = Path(path).stat()
    return _opened_once(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _opened_once(path: str, _time: int, _size: int) -> ZipFile:
    return ZipFile(path)
