"""Arguments in, units of work out, one at a time and in an order that never varies; nothing is followed, nothing blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from backprop_tutor.errors import visible
from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.items import MOST_BYTES, File, Item, Lines, Refused, Unit, shown_path

FILE_SUFFIXES: Final = (".yaml", ".yml", ".json")
"""What a file of answers ends in; every other file of a folder gets a row too."""
LINES_SUFFIXES: Final = (".jsonl", ".ndjson")
"""What a file of one submission a line ends in."""
STANDARD_INPUT: Final = "-"
_NO_FILE: Final = "is no regular file. Lines from a pipe are read as -, standard input."
_LEFT_BEHIND: Final = frozenset((
    ".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", ".directory", ".git", ".gitignore", ".gitattributes", ".gitkeep", ".hg",
    ".svn", ".idea", ".vscode", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "desktop.ini",
))  # fmt: skip
"""What systems, editors and version control put beside files."""
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
    """Every piece of work. `stdin` is what `-` stands for; `ours` are files that this run writes itself, and does not mark."""
    own = {os.path.realpath(path) for path in ours}
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


def total_size(arguments: Sequence[str]) -> int | None:
    """How much there is to mark, for a progress bar; None where only the end tells."""
    if STANDARD_INPUT in arguments:
        return None
    total = 0
    for argument in arguments:
        for entry in _entries(argument):
            try:
                total += os.lstat(entry).st_size + 1
            except OSError:
                total += 1
    return total


def _entries(argument: str) -> Iterator[str]:
    if not Path(argument).is_dir():
        yield argument
        return
    for path, _, names in os.walk(argument):
        yield from (str(Path(path, name)) for name in names)


def _items(arguments: Sequence[str], stdin: BinaryIO, own: Collection[str]) -> Iterator[Item]:
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield from _lines(stdin, "standard input", None)
        elif Path(argument).is_dir():
            yield from _folder(argument, own)
        else:
            real = os.path.realpath(argument)
            if os.path.lexists(real):
                yield from _entry(real, argument, Path(argument).name)
            else:  # a pipe by its number
                yield Refused(shown_path(argument), shown_path(Path(argument).name), _NO_FILE)


def _folder(root: str, own: Collection[str]) -> Iterator[Item]:
    """Every entry of a folder and the folders in it, in the order of their names, but for those that systems and editors leave behind."""
    refused: list[Item] = []

    def unreadable(error: OSError) -> None:
        name = str(error.filename)
        refused.append(Refused(shown_path(name), _inside(root, name), _reason(error)))

    for path, inside, names in os.walk(root, onerror=unreadable):
        yield from refused
        refused.clear()
        visible_ones = (name for name in inside if not _is_left_behind(name) and os.path.realpath(Path(path, name)) not in own)
        inside[:] = sorted(visible_ones, key=os.fsencode)
        links = [name for name in inside if Path(path, name).is_symlink()]
        for name in sorted((name for name in names if not _is_left_behind(name)), key=os.fsencode):
            full = str(Path(path, name))
            if os.path.realpath(full) not in own or Path(full).is_symlink():
                yield from _entry(full, full, _inside(root, full))
        for name in inside:
            full = str(Path(path, name))
            if name in links:
                yield Refused(shown_path(full), _inside(root, full), "is a link, and links are not followed.")
            elif name.lower().endswith((*FILE_SUFFIXES, *LINES_SUFFIXES)):
                yield Refused(shown_path(full), _inside(root, full), "is a folder, not a file.")
    yield from refused


def _is_left_behind(name: str) -> bool:
    """Whether no person has made this file or folder; another hidden one may be handed in."""
    return name in _LEFT_BEHIND or name.startswith("._")  # what macOS keeps beside a file


def _inside(root: str, path: str) -> str:
    return shown_path(os.path.relpath(path, root).replace(os.sep, "/"))


def _entry(path: str, shown: str, inside: str) -> Iterator[Item]:
    shown, inside = shown_path(shown), shown_path(inside)
    try:
        found = os.lstat(path)
    except OSError as error:
        yield Refused(shown, inside, _reason(error))
        return
    if stat.S_ISLNK(found.st_mode):
        yield Refused(shown, inside, "is a link, and links are not followed.")
    elif not stat.S_ISREG(found.st_mode):
        yield Refused(shown, inside, _NO_FILE)
    elif path.lower().endswith(LINES_SUFFIXES):
        try:
            with open_regular(path) as stream:
                yield from _lines(stream, shown, inside)
        except OSError as error:
            yield Refused(shown, inside, _reason(error))
    else:
        yield File(path, shown, inside, found.st_size, found.st_mtime_ns)


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


def _reason(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or 'unknown error').lower()}."


def lines_of(item: Lines) -> Iterable[tuple[int, bytes]]:
    """Each line that holds something, with its number."""
    return ((number, line) for number, line in enumerate(item.data.split(b"\n"), item.first) if line and not line.isspace())
