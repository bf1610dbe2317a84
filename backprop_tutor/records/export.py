"""The record as a file for others, and the record set aside; nothing of it is ever deleted."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from backprop_tutor.errors import TutorError, escaped, visible
from backprop_tutor.records.store import EVERYTHING, Store
from backprop_tutor.tutor.cells import defused

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_BESIDE: Final = ("", "-wal", "-shm")


class NoExport(TutorError):
    """A file that the record cannot be written to."""


def export_log(store: Store, file: str) -> int:
    """Writes every entry of the log; how many there were. The suffix chooses. Raises NoExport, RecordTrouble."""
    writer = _WRITERS.get(Path(file).suffix.lower())
    if writer is None:
        raise NoExport(f"export takes a file that ends in one of {', '.join(_WRITERS)}, not {visible(file)}.")
    place = Path(os.path.realpath(file))
    part = place.with_name(f"{place.name}.part")  # an earlier export stays whole until this one is
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            count = writer(stream, store.everything())
        part.replace(place)
    except OSError as error:
        raise NoExport(f"{visible(file)}: it cannot be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):
            part.unlink()
    return count


def _csv(stream: TextIO, rows: Iterator[tuple[object, ...]]) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EVERYTHING)
    count = 0
    for row in rows:
        writer.writerow([cell if _is_number(cell) else defused(_shown(cell)) for cell in row])
        count += 1
    return count


def _shown(cell: object) -> object:
    """A text line by line without what would move a cursor or hide; anything else as it is."""
    return "\n".join(visible(line) for line in cell.split("\n")) if isinstance(cell, str) else cell


def _is_number(cell: object) -> bool:
    """Whether a text is a plain number, such as -0.84: no spreadsheet runs it."""
    return isinstance(cell, str) and _NUMBER.fullmatch(cell) is not None


def _jsonl(stream: TextIO, rows: Iterator[tuple[object, ...]]) -> int:
    count = 0
    for row in rows:
        stream.write(escaped(json.dumps(dict(zip(EVERYTHING, row, strict=True)), ensure_ascii=False)) + "\n")
        count += 1
    return count


_WRITERS: Final[dict[str, Callable[[TextIO, Iterator[tuple[object, ...]]], int]]] = {".csv": _csv, ".jsonl": _jsonl}


def set_aside(path: Path) -> Path:
    """Gives the record's files another name, with the moment in it; the new name. Raises NoExport."""
    moment = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    target = path.with_name(f"{path.stem}-{moment}{path.suffix}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}-{moment}-{number}{path.suffix}")
    try:
        for ending in _BESIDE:
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(target.with_name(target.name + ending))
    except OSError as error:
        raise NoExport(f"{visible(str(path))}: it cannot be renamed ({error.strerror or error}).") from None
    return target
