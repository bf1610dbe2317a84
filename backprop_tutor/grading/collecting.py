"""A class's files and folders in, pieces of work out, in an order that never varies; no link is followed."""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from backprop_tutor.course.yaml_text import MOST_BYTES, Unreadable, decoded
from backprop_tutor.errors import Faults, TutorError
from backprop_tutor.files import reason
from backprop_tutor.text import place, visible
from backprop_tutor.tutor.marking.submission import StandsTwice, json_answers, plain_answers

STANDARD_INPUT: Final = "-"
NAMELESS: Final = "standard input"
"""What lines that are in no file are called."""
_BLOCK: Final = 1 << 17  # bytes of lines that are one piece of work: some tenths of a second's marking
_FILES_A_UNIT: Final = 32
_LINES_SUFFIXES: Final = (".jsonl", ".ndjson")
_SUFFIXES: Final = (".yaml", ".yml", ".json", *_LINES_SUFFIXES)  # a folder that ends so gets a row too
_LEFT_BEHIND: Final = frozenset((
    ".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", ".directory", ".git", ".gitignore", ".gitattributes",
    ".gitkeep", ".hg", ".svn", ".idea", ".vscode", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "desktop.ini",
))  # fmt: skip
"""What systems, editors and version control put beside files."""
_NO_FILE: Final = "is no regular file. Lines from a pipe are read as -, standard input."
_NO_FILES: Final = {stat.S_IFLNK: "is a link, and links are not followed.", stat.S_IFDIR: "is a folder, not a file."}


class CannotGrade(TutorError):
    """Nothing can be done: arguments that do not fit, or a report that has no place."""


class NotHandedIn(TutorError):
    """One submission that cannot be marked; the others are."""


class File(NamedTuple):
    """One file: its path, how messages name it, its path `inside` the folder that was given (of a file that was given
    itself all of it, from `/`), what it counts for in a progress bar, and `why` it is not read, where it is not."""

    path: str
    shown: str
    inside: str | None
    size: int = 1
    why: str = ""


class Lines(NamedTuple):
    """Whole lines of a JSON Lines text from line `first`; `inside` as for a file (None for standard input)."""

    shown: str
    inside: str | None
    size: int
    first: int
    data: bytes


class Unit(NamedTuple):
    """A piece of work for one process; the sizes of all come to `total_size`."""

    items: tuple[File | Lines, ...]
    size: int


def check_arguments(arguments: Sequence[str]) -> None:
    """Raises CannotGrade for an argument that is nothing, before anything is marked."""
    if arguments.count(STANDARD_INPUT) > 1:
        raise CannotGrade("- is standard input, and it can be read once.")
    for argument in arguments:
        if argument != STANDARD_INPUT and not os.path.lexists(argument):
            raise CannotGrade(f"{visible(argument)}: there is no such file or folder.")


def units(arguments: Sequence[str], stdin: BinaryIO, ours: Collection[Path] = ()) -> Iterator[Unit]:
    """Every piece of work. `stdin` is what `-` stands for; `ours`, which this run writes itself, is not marked."""
    for is_lines, run in groupby(_items(arguments, stdin, ours), key=lambda item: isinstance(item, Lines)):
        while unit := tuple(islice(run, 1 if is_lines else _FILES_A_UNIT)):
            yield Unit(unit, sum(item.size for item in unit))


def total_size(arguments: Sequence[str], ours: Collection[Path] = ()) -> int | None:
    """What the sizes of all units come to, for a progress bar; None where only the end tells."""
    if STANDARD_INPUT in arguments:
        return None
    return sum(entry.size for argument in arguments for entry in _entries(argument, ours))


def _items(arguments: Sequence[str], stdin: BinaryIO, ours: Collection[Path]) -> Iterator[File | Lines]:
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield from _lines(stdin, NAMELESS, None)
            continue
        for entry in _entries(argument, ours):
            if entry.why or not _is_lines(entry.path):
                yield entry
                continue
            try:
                with _open_regular(entry.path) as stream:
                    yield from _lines(stream, entry.shown, entry.inside)
            except OSError as error:
                yield entry._replace(size=1, why=_unread(error))


def _is_lines(path: str) -> bool:
    return path.lower().endswith(_LINES_SUFFIXES)


def _entries(argument: str, ours: Collection[Path]) -> Iterator[File]:
    """What lies under an argument, entry by entry; `ours` is passed over in folders. Nothing is opened."""
    if Path(argument).is_dir():
        yield from _folder(argument, frozenset(map(os.path.realpath, ours)))
        return
    real, whole = os.path.realpath(argument), f"/{shown_path(argument.replace(os.sep, '/')).lstrip('/')}"
    if os.path.lexists(real):
        yield _entry(real, shown_path(argument), whole)
    else:  # a pipe by its number
        yield File(real, shown_path(argument), whole, why=_NO_FILE)


def _folder(root: str, own: Collection[str]) -> Iterator[File]:
    refused: list[File] = []

    def inside(path: str) -> str:
        return shown_path(os.path.relpath(path, root).replace(os.sep, "/"))

    def refuse(error: OSError) -> None:
        path = str(error.filename)
        refused.append(File(path, shown_path(path), inside(path), why=_unread(error)))

    for path, folders, names in os.walk(root, onerror=refuse):
        yield from refused
        refused.clear()
        folders[:] = [name for name in _in_order(folders) if os.path.realpath(Path(path, name)) not in own]
        strange = [name for name in folders if Path(path, name).is_symlink() or name.lower().endswith(_SUFFIXES)]
        for full in (str(Path(path, name)) for name in (*_in_order(names), *strange)):
            if os.path.realpath(full) not in own or Path(full).is_symlink():
                yield _entry(full, shown_path(full), inside(full))
    yield from refused


def _in_order(names: Iterable[str]) -> list[str]:
    made = (name for name in names if name not in _LEFT_BEHIND and not name.startswith("._"))  # macOS beside a file
    return sorted(made, key=os.fsencode)


def _entry(path: str, shown: str, inside: str) -> File:
    try:
        found = os.lstat(path)
    except OSError as error:
        return File(path, shown, inside, why=_unread(error))
    if stat.S_ISREG(found.st_mode):  # it counts for more than its bytes, so that empty ones move the bar too
        return File(path, shown, inside, found.st_size + (not _is_lines(path)))
    return File(path, shown, inside, why=_NO_FILES.get(stat.S_IFMT(found.st_mode), _NO_FILE))


def shown_path(path: str) -> str:
    """A path as text that can be written anywhere: bytes that are no UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _unread(error: OSError) -> str:
    return f"cannot be read: {reason(error)}."


def _open_regular(path: str) -> BinaryIO:
    """A regular file, opened for reading without following a link or waiting for a pipe. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def _lines(stream: BinaryIO, shown: str, inside: str | None) -> Iterator[Lines]:
    """Runs of whole lines, but of one that is too long its beginning: that is never held as a whole."""
    lines = enumerate(iter(partial(_line, stream), b""), 1)
    for first, line in lines:
        run = bytearray(line)
        while len(run) < _BLOCK and (more := next(lines, None)) is not None:
            run += more[1]
        yield Lines(shown, inside, len(run), first, bytes(run))


def _line(stream: BinaryIO) -> bytes:
    line = rest = stream.readline(MOST_BYTES + 1)
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(_BLOCK)
    return line if line.endswith(b"\n") or len(line) <= MOST_BYTES else line + b"\n"


def texts(item: File | Lines) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each text of an item: how messages name it, and what reads it into plain values or raises NotHandedIn."""
    if isinstance(item, File):
        yield item.shown, partial(_of_file, item)
        return
    yield from texts_of_lines(item.shown, item.data.split(b"\n"), item.first)


def texts_of_lines(shown: str, lines: Iterable[Any], first: int = 1) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The same of each line that is not blank, the first of which has a number. A line is bytes; what else is handed in
    for one cannot be read."""
    for number, line in enumerate(lines, first):
        if not isinstance(line, bytes):
            yield f"{shown}, line {number}", partial(_of_no_line, line)
        elif len(line) > MOST_BYTES or (line and not line.isspace()):
            yield f"{shown}, line {number}", partial(_of_line, line)


def _of_file(file: File) -> Any:
    if file.why:
        raise NotHandedIn(file.why)
    try:
        with _open_regular(file.path) as stream:
            data = stream.read(MOST_BYTES + 1)
        text = decoded(data, "this")
        if not data.strip():
            raise NotHandedIn("is empty.")
        return plain_answers(text)
    except OSError as error:
        raise NotHandedIn(_unread(error)) from None
    except Unreadable as error:
        raise NotHandedIn(error.why) from None
    except Faults as error:
        line, column = place(error.text, error.faults[0].span[0])
        raise NotHandedIn(f"line {line}, column {column}: {error.faults[0]}") from None


def _of_no_line(thing: object) -> Any:
    raise NotHandedIn(f"is no line of text, but of the type {type(thing).__name__}.")


def _of_line(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise NotHandedIn(f"is longer than {MOST_BYTES:,} bytes.")
    try:
        return json_answers(data.removeprefix(BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        raise NotHandedIn(f"is not UTF-8 (byte {error.start + 1}).") from None
    except StandsTwice as error:
        raise NotHandedIn(f"{visible(str(error))[:60]} stands twice in it.") from None
    except RecursionError:
        raise NotHandedIn("is nested too deeply.") from None
    except ValueError as error:
        raise NotHandedIn(f"is not JSON: {str(error)[:80]}.") from None
