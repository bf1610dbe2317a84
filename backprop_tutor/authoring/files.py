"""Which files there are to check, one at a time; what cannot be one has its report at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from backprop_tutor.authoring.report import Report, whole_file
from backprop_tutor.course.catalogue import SUFFIXES, is_folder, walk


def files(paths: Iterable[Path], looking: Callable[[Path], None] | None = None) -> Iterator[Path | Report]:
    """The files among these paths and in these folders, in the order of their names.

    What the catalogue leaves out is left out here too. `looking` is called with each folder that is walked.
    """
    for path in paths:
        if is_folder(path):
            yield from _in_folder(path, looking)
        elif os.path.lexists(path):
            yield path
        else:
            yield Report(str(path), (whole_file("there is no such file or folder."),))


def _in_folder(folder: Path, looking: Callable[[Path], None] | None) -> Iterator[Path | Report]:
    unread: list[Report] = []

    def unreadable(error: OSError) -> None:
        why = f"this folder cannot be read: {(error.strerror or 'unknown error').lower()}."
        unread.append(Report(str(error.filename), (whole_file(why),)))

    def elsewhere(mount: Path) -> None:
        why = "this folder is on another disk, so it was not read. Give its path to have it checked too."
        unread.append(Report(str(mount), (), (whole_file(why),)))

    for place, inside, names in walk(folder, unreadable, elsewhere):
        if looking is not None:
            looking(place)
        for name in inside:
            if name.endswith(SUFFIXES):
                why = "this is a folder with the name of a file. Call it otherwise."
                yield Report(str(place / name), (), (whole_file(why),))
        yield from (place / name for name in names if name.endswith(SUFFIXES))
        yield from unread
        unread.clear()
    yield from unread
