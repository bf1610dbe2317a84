"""Exports the record as a file for others, and sets the record aside; nothing is ever deleted."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Final, TextIO

from backprop_tutor.errors import TutorError
from backprop_tutor.files import reason, replaced
from backprop_tutor.records.store import EVERYTHING, Store
from backprop_tutor.text import defused, escaped, visible

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_Row = tuple[object, ...]


class NoExport(TutorError):
    """A file to which the record cannot be exported."""


def export_log(store: Store, file: str) -> int:
    """Writes every entry of the log to a file, in the format of its suffix, and returns their number. Raises NoExport,
    RecordTrouble."""
    writer = _WRITERS.get(Path(file).suffix.lower())
    if writer is None:
        raise NoExport(f"export takes a file that ends in one of {', '.join(_WRITERS)}, not {visible(file)}.")
    count = 0
    with closing(store.everything()) as rows, replaced(file) as stream:
        write = writer(stream)
        for row in rows:
            write(row)
            count += 1
    return count


def _csv(stream: TextIO) -> Callable[[_Row], object]:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EVERYTHING)
    # No spreadsheet evaluates a plain number, such as -0.84.
    return lambda row: writer.writerow(
        [cell if _NUMBER.fullmatch(str(cell)) else defused(_shown(cell)) for cell in row]
    )


def _shown(cell: object) -> object:
    return "\n".join(visible(line) for line in cell.split("\n")) if isinstance(cell, str) else cell


def _jsonl(stream: TextIO) -> Callable[[_Row], object]:
    return lambda row: stream.write(
        escaped(json.dumps(dict(zip(EVERYTHING, row, strict=True)), ensure_ascii=False)) + "\n"
    )


_WRITERS: Final[dict[str, Callable[[TextIO], Callable[[_Row], object]]]] = {".csv": _csv, ".jsonl": _jsonl}
"""By suffix: from a stream, the function that writes a row into it."""


def set_aside(path: Path) -> Path:
    """Renames the record's files, adding the date and time, and returns the new name. Raises NoExport."""
    stem = f"{path.stem}-{datetime.now():%Y-%m-%d-%H%M%S}"
    stems = chain([stem], (f"{stem}-{number}" for number in count(2)))
    target = next(name for stem in stems if not (name := path.with_name(stem + path.suffix)).exists())
    try:
        for ending in ("", "-wal", "-shm"):  # the additional files that SQLite keeps
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(target.with_name(target.name + ending))
    except OSError as error:
        raise NoExport(f"{visible(str(path))}: it cannot be renamed ({reason(error)}).") from None
    return target
