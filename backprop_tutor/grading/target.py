"""Where a report goes: written beside its place and renamed, so that the old one is whole until the new one is."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.recognised import is_report
from backprop_tutor.grading.sources import STANDARD_INPUT
from backprop_tutor.text import visible


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """A stream whose text is the file's when all of it is written. Raises CannotGrade."""
    path = real(path)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    except OSError as error:
        raise cannot_be_written(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def replaced_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """A folder that `fill` writes, in the place of the one before. Raises CannotGrade."""
    folder = real(folder)
    part, before = (folder.with_name(f"{folder.name}.{word}") for word in ("part", "before"))
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        fill(part)
        if before.exists() and not folder.exists():  # a run was ended between the two renames
            before.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            folder.rename(before)
        part.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        raise cannot_be_written(folder, error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Raises CannotGrade where a folder of reports would take the place of something else."""
    if not folder.name:
        raise CannotGrade(f"{visible(str(folder))}: name a folder of its own for the report.")
    if folder.exists() and not folder.is_dir():
        raise CannotGrade(f"{visible(str(folder))}: is a file, and a folder is to be written there.")
    ours = real(folder)
    for place in (ours, *(ours.with_name(f"{ours.name}.{word}") for word in ("part", "before"))):
        is_begun = place is not ours
        if place.is_dir() and any(
            entry.suffix != ".json" or not is_report(entry, is_begun) for entry in place.iterdir()
        ):
            raise CannotGrade(
                f"{visible(str(place))}: holds other files than reports, and the report would replace it. Name a new "
                f"folder."
            )
    _check_parent(folder)


def check_place(path: Path, suffixes: Collection[str]) -> None:
    """Raises CannotGrade where a file cannot be made, or would take the place of one of another kind, before anything
    is marked."""
    if path.is_dir():
        raise CannotGrade(f"{visible(str(path))}: is a folder. Name a file in it.")
    if path.exists() and not path.is_file():
        raise CannotGrade(f"{visible(str(path))}: is no regular file. Without -o the report goes to standard output.")
    if path.exists() and path.suffix.lower() not in suffixes and not is_report(path):
        raise CannotGrade(f"{visible(str(path))}: is no report, and the report would replace it. Name another place.")
    _check_parent(path)


def _check_parent(path: Path) -> None:
    if not path.absolute().parent.is_dir():
        raise CannotGrade(f"{visible(str(path))}: there is no such folder to write it to.")


def check_no_submission(place: Path, submissions: Sequence[str], exercise: str | None) -> None:
    """Raises CannotGrade where a report, or a folder of reports, would take the place of something that is handed in.

    That is every file in a folder of submissions but earlier reports; and the exercise that all are marked against.
    """
    ours = real(place)
    beside = ours.with_name(f"{ours.name}.part")
    if exercise is not None and ours == real(exercise):
        raise CannotGrade(
            f"{visible(str(place))}: is the exercise, and the report would replace it. Name another place."
        )
    if STANDARD_INPUT in submissions and _is_standard_input(ours):
        raise _is_handed_in(place)
    for given in (real(submission) for submission in submissions if submission != STANDARD_INPUT):
        of_one = ours == given or (place.is_dir() and given.is_relative_to(ours))
        among_them = [path for path in (ours, beside) if path.is_relative_to(given) and path.is_file()]
        if of_one or not all(is_report(path, is_begun=path is beside) for path in among_them):
            raise _is_handed_in(place)


def _is_handed_in(place: Path) -> CannotGrade:
    return CannotGrade(f"{visible(str(place))}: is handed in, and the report would replace it. Name another place.")


def _is_standard_input(path: Path) -> bool:
    """Whether standard input is redirected from a file."""
    try:
        return os.path.samestat(os.fstat(0), path.stat())
    except OSError:
        return False


def real(path: str | Path) -> Path:
    """What a path leads to; of links in a circle the path itself."""
    return Path(os.path.realpath(path))


def cannot_be_written(path: Path, error: OSError) -> CannotGrade:
    """The error in words."""
    return CannotGrade(f"{visible(str(path))}: it cannot be written ({error.strerror or error}).")
