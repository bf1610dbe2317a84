"""Reads files; writes them next to their destination and then renames them, so that an old file stays whole until the
new one is complete; and packs files into an archive."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO
from unicodedata import normalize

from backprop_tutor.errors import TutorError
from backprop_tutor.text import about, visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MOST_BYTES: Final = 1_000_000
"""The largest file that is read."""
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP archive can hold
_AS_USUAL: Final = 0o666  # permissions of a new file, but for what the user's mask takes away
_MODE: Final = 16  # bits of a file's attributes below its permissions


class NotWritten(TutorError):
    """A file that cannot be written, and why."""

    def __init__(self, path: str | Path, why: str = "it already exists") -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{visible(str(self.path))} cannot be written: {self.why}."


class AlreadyThere(NotWritten):
    """A file that should be new but already exists."""

    def __str__(self) -> str:
        return f"{visible(str(self.path))} already exists and will not be overwritten. Give another name."


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; an overlong name counts as no."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def walk(
    folder: str | Path,
    unreadable: Callable[[OSError], None] | None = None,
    elsewhere: Callable[[Path], None] | None = None,
    is_left_out: Callable[[str], bool] = _is_hidden,
    one_disk: bool = True,
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walks a folder, itself first: the path, the names of its folders and the names of its files, sorted. Left out are
    hidden folders and files (editors and systems put their own beside `mine.yaml`: `.#mine.yaml`, `._mine.yaml`), or
    others if told so; folders behind links (which might form loops); and folders on another disk, so that no walk goes
    through a whole network, if all is to be on `one_disk`: they are passed to `elsewhere`, those that cannot be listed
    to `unreadable`.
    """

    def sorted_names(names: list[str]) -> list[str]:
        return sorted((name for name in names if not is_left_out(name)), key=os.fsencode)

    disk = _disk(folder) if one_disk else None
    for place, inside, names in os.walk(folder, onerror=unreadable):
        inside[:] = sorted_names(inside)
        for name in [name for name in inside if one_disk and _disk(Path(place, name)) not in (disk, None)]:
            inside.remove(name)
            if elsewhere is not None:
                elsewhere(Path(place, name))
        yield place, inside, sorted_names(names)


def _disk(path: str | Path) -> int | None:
    try:
        return os.lstat(path).st_dev
    except OSError:
        return None


def as_typed(path: str) -> str:
    """A file's path as written from here."""
    try:
        return f"./{Path(path).relative_to(Path.cwd())}"
    except (ValueError, OSError):  # it is elsewhere, or the current folder is gone
        return path


def reason(error: OSError | ValueError) -> str:
    """The system's reason for refusing, in words: `no space left on device`."""
    said = error.strerror if isinstance(error, OSError) else "this is not a valid file name"
    return (said or str(error) or "unknown error").lower()


class Unreadable(TutorError):
    """A file that cannot be read as text: `path`, and `why`."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        return about(visible(self.path), self.why)


def read_file(path: Path) -> str:
    """A file as text. Raises Unreadable: no such file, a folder, not UTF-8, too large."""
    return decoded(file_bytes(path), str(path))


def file_bytes(path: Path) -> bytes:
    """A file's bytes, at most one more than MOST_BYTES. Raises Unreadable."""
    shown = str(path)
    try:
        if not path.is_file():
            raise Unreadable(shown, "this is not a file." if path.exists() else "there is no such file.")
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(shown, f"cannot be read: {reason(error)}.") from None


def decoded(data: bytes, shown: str) -> str:
    """Bytes as text. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(shown, f"is larger than {MOST_BYTES:,} bytes.")
    # Windows PowerShell redirects output in UTF-16.
    name, encoding = ("UTF-16", "utf-16") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("UTF-8", "utf-8-sig")
    try:
        return normalize("NFC", data.decode(encoding)).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(shown, f"is not {name} (byte {error.start + 1}). Save it as UTF-8.") from None


@contextmanager
def replaced(path: str | Path, is_new: bool = False) -> Iterator[TextIO]:
    """A stream of UTF-8 whose text replaces the file once all of it is written. Raises NotWritten. Links are followed,
    and the file keeps its permissions. Anything other than a regular file (a pipe, a terminal) cannot be replaced, so
    it is written to directly. A file that `is_new` must not exist yet (AlreadyThere)."""
    with _in_words(path):
        place = Path(path if is_new else os.path.realpath(path))
        has_part = is_new or place.is_file() or not place.exists()
        part = _beside(place) if has_part else place
        raw = io.BufferedWriter(_Bytes(part, path, "x" if has_part else "w"))
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
    try:
        yield stream
        with _in_words(path):
            stream.flush()
            if has_part:
                os.fsync(stream.fileno())  # a full disk may be reported only now
                stream.close()
                if is_new:
                    _link(part, place)
                    return
                if place.exists():
                    shutil.copymode(place, part)
                part.replace(place)
    finally:
        # Whatever happened, nothing half written remains.
        with suppress(OSError, NotWritten):
            stream.close()
        with suppress(OSError):
            if has_part:
                part.unlink()


def replace(path: str | Path, data: bytes) -> None:
    """Replaces a file's contents by these bytes, as `replaced` does. Raises NotWritten."""
    with replaced(path) as stream:
        stream.buffer.write(data)


def write_new(path: str | Path, text: str) -> None:
    """Writes a file that must not exist yet, not even since a moment ago. Raises NotWritten, AlreadyThere."""
    with replaced(path, is_new=True) as stream:
        stream.write(text)


def write_inside(path: str, data: bytes) -> None:
    """Writes a file into a folder that is being filled. Raises OSError. A class has thousands, and a file object asks
    the system twice as much."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, _AS_USUAL)
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)


@contextmanager
def refilled(folder: str | Path, is_old: Callable[[Path], bool]) -> Iterator[Path]:
    """A folder whose files, once all are written, replace those in `folder`. Raises NotWritten."""
    with _in_words(folder):
        place = Path(os.path.realpath(folder))
        part = _beside(place)
        part.mkdir()
        try:
            yield part
            if not place.exists():
                part.rename(place)
                return
            names = {path.relative_to(part) for path in part.rglob("*") if path.is_file()}
            for path in [path for path in place.rglob("*") if path.relative_to(place) not in names and is_old(path)]:
                path.unlink()
                with suppress(OSError):  # it may contain other files
                    if path.parent != place:
                        path.parent.rmdir()
            for name in names:
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).replace(place / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)


class _Bytes(io.FileIO):
    """An open file whose errors name the file that was asked for, not one of the others written in the same block."""

    def __init__(self, opened: Path, path: str | Path, mode: str) -> None:
        super().__init__(opened, mode)
        self.path = path

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise NotWritten(self.path, reason(error)) from None


def zipped(members: Mapping[str, str | bytes], executable: Iterable[str] = ()) -> bytes:
    """A ZIP archive of these files, some of which are `executable`: always the same bytes for the same files."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo  # loaded for archives alone, which are seldom written

    runs = frozenset(executable)
    archive = io.BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        for name, data in members.items():
            about = ZipInfo(name, _LONG_AGO)
            about.compress_type = ZIP_DEFLATED  # by default, zipfile only stores
            about.external_attr = (0o100755 if name in runs else 0o100644) << _MODE
            file.writestr(about, data)
    return archive.getvalue()


def _beside(place: Path) -> Path:
    """A hidden name in the same folder, so that a rename is one step; no two runs use the same."""
    return place.with_name(f".{os.urandom(6).hex()}.part")


def _link(part: Path, place: Path) -> None:
    """Gives a file another name that must be free; on a file system without hard links, checks that first."""
    try:
        os.link(part, place)
    except OSError:
        if os.path.lexists(place):
            raise FileExistsError from None
        part.rename(place)


@contextmanager
def _in_words(path: str | Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise AlreadyThere(path) from None
    except (OSError, ValueError) as error:
        raise NotWritten(path, reason(error)) from None
