"""Which files there are to check, one at a time; what cannot be one has its report at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from backprop_tutor.authoring.report import Report, whole_file
from backprop_tutor.course.catalogue import SUFFIXES, walk


def files(paths: Iterable[Path]) -> Iterator[Path | Report]:
    """The files among these paths and in these folders, in the order of their names.

    What the catalogue leaves out is left out here too.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        elif os.path.lexists(path):
            yield path
        else:
            yield Report(str(path), (whole_file("there is no such file or folder."),))


def _in_folder(folder: Path) -> Iterator[Path | Report]:
    troubles: list[OSError] = []
    for place, inside, names in walk(folder, troubles.append):
        for name in inside:
            if name.endswith(SUFFIXES):
                yield Report(
                    str(place / name), (), (whole_file("this is a folder with the name of a file. Call it otherwise."),)
                )
        yield from (place / name for name in names if name.endswith(SUFFIXES))
        yield from _told(troubles)
    yield from _told(troubles)


def _told(troubles: list[OSError]) -> Iterator[Report]:
    while troubles:
        error = troubles.pop(0)
        why = f"this folder cannot be read: {(error.strerror or 'unknown error').lower()}."
        yield Report(str(error.filename), (whole_file(why),))
