"""A course's settings in one file, `course.yaml`, so that nobody types them twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backprop_tutor.course.catalogue import SUFFIXES, is_path
from backprop_tutor.course.yaml_text import Source, read_yaml
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import read_file
from backprop_tutor.text import nearest, visible

_TEXTS: Final = ("salt", "layout", "roster", "column", "student-column")
_LISTS: Final = ("exercises", "answers")
_KEYS: Final = (*_TEXTS, *_LISTS, "points")


class Course(NamedTuple):
    """The settings of a course for all of its homework; None or empty where the file says nothing. Paths are relative
    to the file's own folder, which is among `folders` if it contains exercises."""

    salt: str | None = None
    exercises: Sequence[str] = ()
    points: float | None = None
    layout: str | None = None
    roster: str | None = None
    answers: Sequence[str] = ()
    column: str | None = None
    student_column: str | None = None
    folders: Sequence[str] = ()


def read_course(path: str) -> Course:
    """Reads the settings in a file. Raises Unreadable, Faults."""
    text, folder = read_file(Path(path)), Path(path).parent
    source = read_yaml(text, path)
    faults = list(source.faults)
    value = source.value
    if not isinstance(value, dict):
        raise Faults(
            text, [Fault((0, 1), what="course settings must be keys and values, such as salt: ml-2026.")], path
        )
    for key in value:
        if key not in _KEYS:
            known = f"{visible(key)} is not one of {', '.join(_KEYS)}.{nearest(key, _KEYS)}"
            faults.append(Fault(source.keys[(key,)], what=known))
    texts = {key: _text(source, key, faults) for key in _TEXTS}
    lists = {key: _list(source, key, faults) for key in _LISTS}
    points = value.get("points")
    if points is not None and (isinstance(points, bool) or not isinstance(points, int | float) or not points > 0):
        faults.append(Fault(source.place(("points",)), what="points must be a number above 0, such as points: 20."))
    if faults:
        raise Faults(text, faults, path)
    exercises = [str(folder / name) if is_path(name) else name for name in lists["exercises"]]
    is_here = any((folder / f"{name}{suffix}").is_file() for name in exercises for suffix in SUFFIXES)
    roster = texts["roster"]
    return Course(
        texts["salt"], exercises, None if points is None else float(points), texts["layout"],
        None if roster is None else str(folder / roster), lists["answers"], texts["column"], texts["student-column"],
        [str(folder)] if is_here else [],
    )  # fmt: skip


def _text(source: Source, key: str, faults: list[Fault]) -> str | None:
    """A text as it was written, since a salt may look like a number."""
    value = source.value.get(key)
    if isinstance(value, dict | list):
        faults.append(Fault(source.place((key,)), what=f"{key} must be a single text."))
        return None
    return None if value is None else source.written[(key,)]


def _list(source: Source, key: str, faults: list[Fault]) -> list[str]:
    value = source.value.get(key)
    if not isinstance(value, list):
        one = _text(source, key, faults)
        return [] if one is None else [one]
    if not all(isinstance(one, str) for one in value):
        faults.append(Fault(source.place((key,)), what=f"{key} must be a list of texts, such as [relu, simple]."))
        return []
    return value
