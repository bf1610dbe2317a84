"""Turns a class's files, folders and archives into pieces of work, always in the same order; follows no links."""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import MOST_BYTES, reason, walk
from backprop_tutor.grading import archives
from backprop_tutor.grading.contents import NotHandedIn, answers_in, kind_of
from backprop_tutor.grading.layouts import CannotGrade, Place
from backprop_tutor.grading.people import LINES, File, Person
from backprop_tutor.text import MOST_QUOTED, visible
from backprop_tutor.tutor.marking.submission import StandsTwice, json_answers

STANDARD_INPUT: Final = "-"
NAMELESS: Final = "standard input"
"""The name for lines that are not in a file."""
_BLOCK: Final = 1 << 17  # bytes of lines in one piece of work: a few tenths of a second of marking
_FILES_A_UNIT: Final = 32
_SUFFIXES: Final = (".yaml", ".yml", ".json", *LINES)  # a folder with such a name gets a row too
_LEFT_BEHIND: Final = frozenset((
    ".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", ".directory", ".git", ".gitignore", ".gitattributes",
    ".gitkeep", ".hg", ".svn", ".idea", ".vscode", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "desktop.ini",
))  # fmt: skip
"""What systems, editors and version control put beside files."""
_NO_FILE: Final = "is not a regular file. To read lines from a pipe, use -, standard input."
_NO_FILES: Final = {stat.S_IFLNK: "is a link, and links are not followed.", stat.S_IFDIR: "is a folder, not a file."}


class Lines(NamedTuple):
    """Whole lines of a JSON Lines text, starting at line `first`, with what the path of their file says about all of
    them."""

    shown: str
    place: Place
    size: int
    first: int
    data: bytes


class Unit(NamedTuple):
    """A piece of work for one process; the sizes of all pieces add up to `total_size`."""

    items: tuple[File | Lines | Person, ...]
    size: int


def check_arguments(arguments: Sequence[str]) -> None:
    """Raises CannotGrade for an argument that does not exist, before anything is marked."""
    if arguments.count(STANDARD_INPUT) > 1:
        raise CannotGrade("- is standard input, which can only be read once.")
    for argument in arguments:
        if argument != STANDARD_INPUT and not os.path.lexists(argument):
            raise CannotGrade(f"{visible(argument)}: there is no such file or folder.")


def units(items: Iterable[File | Lines | Person]) -> Iterator[Unit]:
    """All pieces of work."""
    for is_lines, run in groupby(items, key=lambda item: isinstance(item, Lines)):
        while unit := tuple(islice(run, 1 if is_lines else _FILES_A_UNIT)):
            yield Unit(unit, sum(item.size for item in unit))


def total_size(arguments: Sequence[str], ours: Collection[Path] = ()) -> int | None:
    """The sum of the sizes of all pieces, for a progress bar; None if only the end will tell."""
    if STANDARD_INPUT in arguments:
        return None
    return sum(entry.size for argument in arguments for entry in files_of(argument, ours))


def handed_in(arguments: Sequence[str], stdin: BinaryIO, ours: Collection[Path] = ()) -> Iterator[File | Lines]:
    """Everything under the arguments. `stdin` is what `-` stands for; `ours`, which this run writes itself, is left
    out. Raises CannotGrade for a file that should be an archive but is not."""
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield from _lines(stdin, NAMELESS, Place())
        else:
            yield from opened(files_of(argument, ours))


def opened(files: Iterable[File]) -> Iterator[File | Lines]:
    """Each file; for a file of lines, its pieces."""
    for file in files:
        if file.why or not _is_lines(file.shown):
            yield file
            continue
        try:
            with _stream(file) as stream:
                yield from _lines(stream, file.shown, file.place)
        except archives.BROKEN as error:
            yield file._replace(size=1, why=f"cannot be read: {_said(error)}.")


def _stream(file: File, most: int = archives.MOST_NESTED) -> BinaryIO:
    """A file's bytes as a stream; for a file in an archive, no more bytes than are wanted. Raises the exceptions in
    BROKEN."""
    if file.member is None:
        return _open_regular(file.path)
    return BytesIO(archives.contents(file.path, file.member, most))


def _is_lines(path: str) -> bool:
    return path.lower().endswith(LINES)


def files_of(argument: str, ours: Collection[Path] = ()) -> Iterator[File]:
    """The files under an argument, entry by entry; in folders, `ours` is skipped. Of an archive only the list of
    contents is read. Raises CannotGrade for a file that should be an archive but is not."""
    if Path(argument).is_dir():
        yield from _folder(argument, frozenset(map(os.path.realpath, ours)))
        return
    real, whole = os.path.realpath(argument), f"/{shown_path(argument.replace(os.sep, '/')).lstrip('/')}"
    if argument.lower().endswith(archives.SUFFIX) and Path(real).is_file():
        yield from _in_archive(real, shown_path(argument))
    elif os.path.lexists(real):
        yield _entry(real, shown_path(argument), whole)
    else:  # a pipe given by its number
        yield File(real, shown_path(argument), whole, why=_NO_FILE)


def _in_archive(path: str, shown: str) -> Iterator[File]:
    try:
        found = archives.members(path)
    except archives.BROKEN as error:
        raise CannotGrade(f"{visible(shown)} is not a ZIP archive that can be read: {_said(error)}.") from None
    for inside, number, size, why in found:
        if not any(_is_left_behind(part) for part in inside.split("/")):
            yield File(path, shown_path(f"{shown}/{inside}"), shown_path(inside), size + 1, why, number)


def _said(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) and error.strerror else str(error).lower() or "it is broken"


def _folder(root: str, own: Collection[str]) -> Iterator[File]:
    refused: list[File] = []

    def inside(path: str) -> str:
        return shown_path(os.path.relpath(path, root).replace(os.sep, "/"))

    def refuse(error: OSError) -> None:
        path = str(error.filename)
        refused.append(File(path, shown_path(path), inside(path), why=_unread(error)))

    # Whatever is handed in shows: hidden files and those on other disks too.
    for path, folders, names in walk(root, refuse, is_left_out=_is_left_behind, one_disk=False):
        yield from refused
        refused.clear()
        folders[:] = [name for name in folders if os.path.realpath(Path(path, name)) not in own]
        strange = [name for name in folders if Path(path, name).is_symlink() or name.lower().endswith(_SUFFIXES)]
        for full in (str(Path(path, name)) for name in (*names, *strange)):
            if os.path.realpath(full) not in own or Path(full).is_symlink():
                yield _entry(full, shown_path(full), inside(full))
    yield from refused


def _is_left_behind(name: str) -> bool:
    return name in _LEFT_BEHIND or name.startswith("._")  # what macOS puts beside a file


def _entry(path: str, shown: str, inside: str) -> File:
    try:
        found = os.lstat(path)
    except OSError as error:
        return File(path, shown, inside, why=_unread(error))
    if stat.S_ISREG(found.st_mode):  # counted as more than its bytes, so that empty files move the bar too
        return File(path, shown, inside, found.st_size + (not _is_lines(path)))
    return File(path, shown, inside, why=_NO_FILES.get(stat.S_IFMT(found.st_mode), _NO_FILE))


def shown_path(path: str) -> str:
    """A path as text that can be written anywhere: bytes that are not UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _unread(error: OSError) -> str:
    return f"cannot be read: {reason(error)}."


def _open_regular(path: str) -> BinaryIO:
    """Opens a regular file for reading without following a link or waiting for a pipe. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is not a regular file")
    return os.fdopen(descriptor, "rb")


def _lines(stream: BinaryIO, shown: str, place: Place) -> Iterator[Lines]:
    """Runs of whole lines; of a line that is too long, only its beginning, so that it is never held as a whole."""
    first = 1
    while run := stream.read(_BLOCK):
        if not run.endswith(b"\n"):
            run += _rest_of_line(stream)
        yield Lines(shown, place, len(run), first, run)
        first += run.count(b"\n")


def _rest_of_line(stream: BinaryIO) -> bytes:
    line = rest = stream.readline(MOST_BYTES + 1)
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(_BLOCK)
    return line if line.endswith(b"\n") or len(line) <= MOST_BYTES else line + b"\n"


class Text(NamedTuple):
    """One text that was handed in: its name in messages; the function that reads it into plain values, with a remark on
    how it was read, or raises NotHandedIn; and the name of its `file` if that is inside an archive."""

    shown: str
    read: Callable[[], tuple[Any, str]]
    file: str = ""


def texts(item: File | Lines, called_as_answers: Callable[[list[str]], list[str]] = list) -> Iterator[Text]:
    """The texts of an item; for an archive, the files in it that are named like answers."""
    if isinstance(item, Lines):
        yield from texts_of_lines(item.shown, item.data.split(b"\n"), item.first)
    elif not item.why and _is_lines(item.shown):  # all of them belong to one student
        for part in opened([item]):
            yield from texts(part) if isinstance(part, Lines) else [Text(item.shown, partial(_refused, part.why))]
    elif item.why or not item.shown.lower().endswith(archives.SUFFIX):
        yield Text(item.shown, partial(_of_file, item))
    else:
        yield from _nested(item, called_as_answers)


def _nested(item: File, called_as_answers: Callable[[list[str]], list[str]]) -> Iterator[Text]:
    """The texts in an archive that a student handed in; archives inside it are not opened."""
    try:
        data = bytes_of(item, archives.MOST_NESTED)
        if "archive" not in kind_of(data):
            yield Text(item.shown, partial(answers_in, data, item.shown))
            return
        found = [one for one in archives.members(data) if not any(map(_is_left_behind, one.path.split("/")))]
    except (NotHandedIn, *archives.BROKEN) as error:
        why = str(error) if isinstance(error, NotHandedIn) else f"is an archive that cannot be read: {_said(error)}."
        yield Text(item.shown, partial(_refused, why))
        return
    chosen = frozenset(called_as_answers([one.path for one in found]))
    candidates = [one for one in found if one.path in chosen]
    for one in candidates:
        shown = shown_path(f"{item.shown}/{one.path}")
        read = partial(_refused, one.why) if one.why else partial(_of_member, data, one.number, shown)
        yield Text(shown, read, one.path.rpartition("/")[2])
    if not candidates:
        yield Text(item.shown, partial(_refused, "is a ZIP archive without an answer file."))


def _refused(why: str) -> tuple[Any, str]:
    raise NotHandedIn(why)


def _of_member(archive: bytes, number: int, shown: str) -> tuple[Any, str]:
    try:
        return answers_in(archives.contents(archive, number), shown)
    except archives.BROKEN as error:
        raise NotHandedIn(f"cannot be read: {_said(error)}.") from None


def texts_of_lines(shown: str, lines: Iterable[Any], first: int = 1) -> Iterator[Text]:
    """The same for each line that is not blank; the first one has the given number. A line should be bytes; anything
    else cannot be read."""
    for number, line in enumerate(lines, first):
        if not isinstance(line, bytes):
            yield Text(f"{shown}, line {number}", partial(_of_no_line, line))
        elif len(line) > MOST_BYTES or (line and not line.isspace()):
            yield Text(f"{shown}, line {number}", partial(_of_line, line))


def bytes_of(file: File, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, at most one more than `most`, wherever it is. Raises NotHandedIn."""
    if file.why:
        raise NotHandedIn(file.why)
    try:
        with _stream(file, most) as stream:
            return stream.read(most + 1)
    except archives.BROKEN as error:
        raise NotHandedIn(f"cannot be read: {_said(error)}.") from None


def _of_file(file: File) -> tuple[Any, str]:
    return answers_in(bytes_of(file), file.shown)


def _of_no_line(thing: object) -> tuple[Any, str]:
    raise NotHandedIn(f"is not a line of text, but of type {type(thing).__name__}.")


def _of_line(data: bytes) -> tuple[Any, str]:
    if len(data) > MOST_BYTES:
        raise NotHandedIn(f"is longer than {MOST_BYTES:,} bytes.")
    try:
        return json_answers(data.removeprefix(BOM_UTF8).decode()), ""
    except UnicodeDecodeError as error:
        raise NotHandedIn(f"is not UTF-8 (byte {error.start + 1}).") from None
    except StandsTwice as error:
        raise NotHandedIn(f"duplicate key {visible(str(error))[:MOST_QUOTED]}.") from None
    except RecursionError:
        raise NotHandedIn("is nested too deeply.") from None
    except ValueError as error:
        column = getattr(error, "colno", 0)  # Python counts lines too, in a text that is one line
        why = f"{getattr(error, 'msg', '').lower()} at column {column}" if column else str(error)[:80]
        raise NotHandedIn(f"is not JSON: {why}.") from None
