"""Arguments in, units of work out, one at a time and in an order that never varies; nothing is followed, nothing
blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.items import MOST_BYTES, File, Item, Lines, Refused, Unit
from backprop_tutor.grading.walk import NO_FILE, Found, found, real_names, reason
from backprop_tutor.text import visible

STANDARD_INPUT: Final = "-"
_BLOCK = 1 << 17
_FILES_A_UNIT = 32


def check_arguments(arguments: Sequence[str]) -> None:
    """Raises CannotGrade for an argument that is nothing, before anything is marked."""
    if arguments.count(STANDARD_INPUT) > 1:
        raise CannotGrade("- is standard input, and it can be read once.")
    for argument in arguments:
        if argument != STANDARD_INPUT and not os.path.lexists(argument):
            raise CannotGrade(f"{visible(argument)}: there is no such file or folder.")


def units(arguments: Sequence[str], stdin: BinaryIO, ours: Collection[Path] = ()) -> Iterator[Unit]:
    """Every piece of work. `stdin` is what `-` stands for; `ours` are files that this run writes itself, and does not
    mark."""
    own = real_names(ours)
    waiting: list[Item] = []
    for item in _items(arguments, stdin, own):
        if isinstance(item, Lines):
            if waiting:
                yield _unit(waiting)
                waiting = []
            yield Unit((item,), len(item.data))
        else:
            waiting.append(item)
            if len(waiting) == _FILES_A_UNIT:
                yield _unit(waiting)
                waiting = []
    if waiting:
        yield _unit(waiting)


def _unit(items: list[Item]) -> Unit:
    return Unit(tuple(items), sum(item.size + 1 if isinstance(item, File) else 1 for item in items))


def total_size(arguments: Sequence[str], ours: Collection[Path] = ()) -> int | None:
    """What the sizes of all units come to, for a progress bar; None where only the end tells."""
    if STANDARD_INPUT in arguments:
        return None
    return sum(_size(one) for argument in arguments for one in found(argument, real_names(ours)))


def _size(one: Found | Refused) -> int:
    try:
        entry = None if isinstance(one, Refused) else os.lstat(one.path)
    except OSError:
        return 1
    if isinstance(one, Refused) or entry is None or not stat.S_ISREG(entry.st_mode):
        return 1
    return entry.st_size + (not one.is_lines)


def _items(arguments: Sequence[str], stdin: BinaryIO, own: Collection[str]) -> Iterator[Item]:
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield from _lines(stdin, "standard input", None)
            continue
        for one in found(argument, own):
            if isinstance(one, Refused):
                yield one
            else:
                yield from _entry(one)


def _entry(one: Found) -> Iterator[Item]:
    try:
        entry = os.lstat(one.path)
    except OSError as error:
        yield Refused(one.shown, one.inside, reason(error))
        return
    if stat.S_ISLNK(entry.st_mode):
        yield Refused(one.shown, one.inside, "is a link, and links are not followed.")
    elif not stat.S_ISREG(entry.st_mode):
        yield Refused(one.shown, one.inside, NO_FILE)
    elif one.is_lines:
        try:
            with open_regular(one.path) as stream:
                yield from _lines(stream, one.shown, one.inside)
        except OSError as error:
            yield Refused(one.shown, one.inside, reason(error))
    else:
        yield File(one.path, one.shown, one.inside, entry.st_size, entry.st_mtime_ns)


def open_regular(path: str) -> BinaryIO:
    """A regular file, opened for reading without following a link or waiting for a pipe. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def _lines(stream: BinaryIO, shown: str, inside: str | None) -> Iterator[Item]:
    """Runs of whole lines; a line that is too long is refused, and never held as a whole."""
    first, rest = 1, b""
    while block := stream.read(_BLOCK):
        end = block.rfind(b"\n") + 1
        if end:
            data = rest + block[:end]
            yield from _run(data, shown, inside, first)
            first += data.count(b"\n")
            rest = block[end:]
        else:
            rest += block
        if len(rest) > MOST_BYTES:
            yield _too_long(shown, inside, first)
            rest = _after_newline(stream)
            first += 1
    yield from _run(rest, shown, inside, first)


def _run(data: bytes, shown: str, inside: str | None, first: int) -> Iterator[Item]:
    if not data.strip():
        return
    if len(data) <= MOST_BYTES or max(map(len, data.split(b"\n"))) <= MOST_BYTES:
        yield Lines(shown, inside, first, data)
        return
    for number, line in enumerate(data.split(b"\n")):
        if len(line) > MOST_BYTES:
            yield _too_long(shown, inside, first + number)
        elif line.strip():
            yield Lines(shown, inside, first + number, line)


def _too_long(shown: str, inside: str | None, number: int) -> Refused:
    return Refused(f"{shown}, line {number}", inside, f"is longer than {MOST_BYTES:,} bytes.")


def _after_newline(stream: BinaryIO) -> bytes:
    """Reads on to the end of a line; what was read of the next."""
    while block := stream.read(_BLOCK):
        _, newline, rest = block.partition(b"\n")
        if newline:
            return rest
    return b""


def lines_of(item: Lines) -> Iterable[tuple[int, bytes]]:
    """Each line that holds something, with its number."""
    return (
        (number, line) for number, line in enumerate(item.data.split(b"\n"), item.first) if line and not line.isspace()
    )
