"""Packs files into a ZIP archive: always the same bytes for the same files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP archive can hold
_MODE: Final = 16  # bits of a file's attributes below its permissions


def zipped(members: Mapping[str, str | bytes], executable: Iterable[str] = ()) -> bytes:
    """An archive of these files, some of which are `executable`."""
    runs = frozenset(executable)
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        for name, data in members.items():
            about = ZipInfo(name, _LONG_AGO)
            about.compress_type = ZIP_DEFLATED  # by default, zipfile only stores
            about.external_attr = (0o100755 if name in runs else 0o100644) << _MODE
            file.writestr(about, data)
    return archive.getvalue()
