"""What submissions are marked against: exercises by their ids, and their markers at the numbers of a seed, each made
once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from backprop_tutor.course.catalogue import UnknownExercise, entries, find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import load
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.grading.items import shown_path
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.quick import Quick
from backprop_tutor.text import nearest_names

_T = TypeVar("_T")
_MOST_VARIANTS: Final = 64
_MOST_EXERCISES: Final = 256


class Exercises:
    """The catalogue with `folders`, and beside it the `chosen` exercise (an id or a path), against which all are
    marked.

    Raises TutorError for an exercise or a folder that cannot be used.
    """

    def __init__(self, chosen: str | None, folders: Sequence[str]) -> None:
        self._known = entries(folders)[0]
        self._chosen = find(chosen, folders) if chosen is not None else None
        self.only = self._chosen.id if self._chosen is not None else None
        self._found = lru_cache(_MOST_EXERCISES)(self._of_catalogue)
        self._quick = lru_cache(_MOST_VARIANTS)(self._marker)
        self._asked = lru_cache(_MOST_EXERCISES)(lambda id_: Asked(self.exercise(id_)))

    def check_only(self) -> None:
        """Raises TutorError where all are marked against an exercise that has one set of numbers, which cannot be
        used."""
        if self._chosen is not None and not has_ranges(self._chosen):
            self.quick(self._chosen.id, None)

    @property
    def files(self) -> list[tuple[str, int, int]]:
        """The file of each exercise, with what tells whether it changed."""
        paths = [entry.path for entry in self._known.values()]
        if self._chosen is not None:
            paths.append(Path(self._chosen.path))
        found = ((path, path.stat()) for path in paths if path.exists())
        return [(shown_path(str(path)), stat.st_size, stat.st_mtime_ns) for path, stat in found]

    def exercise(self, id_: str) -> Exercise:
        """An exercise by its id, never by a path: what is handed in opens no file. Raises TutorError."""
        return self._chosen if self._chosen is not None and id_ == self.only else _made(self._found(id_))

    def quick(self, id_: str, seed: int | None) -> Quick:
        """The marker of an exercise at the numbers of a seed. Raises TutorError."""
        found = self._quick(id_, seed)
        return found if isinstance(found, Quick) else _made(found)

    def asked(self, id_: str) -> Asked | None:
        """The questions of an exercise, whatever its numbers; None where there is no such exercise, or its file cannot
        be used."""
        try:
            return self._asked(id_)
        except TutorError:
            return None

    def _of_catalogue(self, id_: str) -> Exercise | TutorError:
        entry = self._known.get(id_)
        if entry is None:
            return UnknownExercise(id_[:60], nearest_names(id_, self._known, most=3))
        try:
            return load(entry.path)
        except TutorError as error:
            return error

    def _marker(self, id_: str, seed: int | None) -> Quick | TutorError:
        try:
            return Quick(variant(self.exercise(id_), seed))
        except TutorError as error:
            return error


def _made(found: _T | TutorError) -> _T:
    """What could be made; what could not is raised anew, without the frames of those who asked before."""
    if isinstance(found, TutorError):
        raise found.with_traceback(None)
    return found
