"""The record as a file for others, and the record set aside; nothing of it is ever deleted."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from backprop_tutor.errors import TutorError, visible
from backprop_tutor.files import reason, replaced
from backprop_tutor.records.store import EVERYTHING, Store
from backprop_tutor.tutor.cells import defused

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_BESIDE: Final = ("", "-wal", "-shm")


class NoExport(TutorError):
    """A file that the record is not written to, or a record that cannot be set aside."""


def export_log(store: Store, file: str) -> int:
    """Writes every entry of the log; how many there were. The suffix chooses. Raises NoExport, NotWritten,
    RecordTrouble."""
    writer = _WRITERS.get(Path(file).suffix.lower())
    if writer is None:
        raise NoExport(f"export takes a file that ends in one of {', '.join(_WRITERS)}, not {visible(file)}.")
    with closing(store.everything()) as rows, replaced(file) as stream:
        return writer(stream, rows)


def _csv(stream: TextIO, rows: Iterator[tuple[object, ...]]) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EVERYTHING)
    count = 0
    for row in rows:
        writer.writerow([cell if _is_number(cell) else defused(cell) for cell in row])
        count += 1
    return count


def _is_number(cell: object) -> bool:
    """Whether a text is a plain number, such as -0.84: no spreadsheet runs it."""
    return isinstance(cell, str) and _NUMBER.fullmatch(cell) is not None


def _jsonl(stream: TextIO, rows: Iterator[tuple[object, ...]]) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(dict(zip(EVERYTHING, row, strict=True)), ensure_ascii=False) + "\n")
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
        raise NoExport(f"{visible(str(path))}: it cannot be renamed ({reason(error)}).") from None
    return target
