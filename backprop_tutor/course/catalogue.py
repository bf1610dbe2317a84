"""Finds exercises by what a person types: an id of the catalogue, a path, or an ad-hoc circuit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import normalize

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.index import About, about, kept, kept_about
from backprop_tutor.course.values import ArrayInput, Choice
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import cut, is_name, parse, tokens
from backprop_tutor.errors import Fault, Faults, TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import Unreadable, is_folder, read_file, walk
from backprop_tutor.text import beginning, listed, nearest_names, quoted, visible

SUFFIXES: Final = (".yaml", ".yml")
AD_HOC: Final = "circuit"
"""The id of an exercise that has no file."""
FOLDERS_VARIABLE: Final = "BACKPROP_TUTOR_EXERCISES"  # folders of exercises, separated as in PATH

_MOST_NEAR: Final = 5  # how many exercises are suggested when one is not found

Given = float | ArrayInput
"""The values of inputs given on the command line."""


class UnknownExercise(TutorError):
    """An id that no exercise has."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        super().__init__(name, near)
        self.name, self.near = name, near

    @property
    def in_short(self) -> str:
        """The same without a word about where exercises are listed."""
        meant = f" Did you mean {listed(self.near, 'or', _MOST_NEAR)}?" if self.near else ""
        named = quoted(self.name) or '""'
        return f"there is no exercise {named}.{meant}"

    def __str__(self) -> str:
        where = "`backprop-tutor list --all` shows all of them. For a file, give a path such as ./mine.yaml."
        return f"{self.in_short} {where}"


class BadInput(TutorError):
    """An `--at NAME=NUMBER` that cannot be used."""


class Entry(NamedTuple):
    """An exercise file or a folder of them, and where it was named: `--exercises`, the variable, `your own` or
    `built in`."""

    file: str
    origin: str

    @property
    def path(self) -> Path:
        """The file or folder; made when it is needed, since a start needs one of many."""
        return Path(self.file)

    @property
    def id(self) -> str:
        """The exercise's id."""
        return self.file.rpartition(os.sep)[2].rpartition(".")[0]


class Clash(NamedTuple):
    """Two files with one id: the nearer one is used, the other is hidden."""

    used: Entry
    hidden: Entry

    def __str__(self) -> str:
        used, hidden = (f"{visible(entry.file)} ({entry.origin})" for entry in self)
        name = visible(self.used.id)
        return f"two exercises are called {name}: {used} is used, {hidden} is hidden. Rename one of them."


def entries(named: Sequence[str] = ()) -> tuple[dict[str, Entry], list[Clash]]:
    """The catalogue by id, and the clashes of ids; `named` are folders in addition to the usual ones, nearest first.
    Raises Unreadable for a named folder that does not exist."""
    _check_folders(named)
    found: dict[str, Entry] = {}
    clashes: list[Clash] = []
    for folder in folders(named):
        for file in _files(folder.path):
            entry = Entry(file, folder.origin)
            used = found.setdefault(entry.id, entry)
            if used is not entry and used.file != file:
                clashes.append(Clash(used, entry))
    return found, clashes


def _check_folders(named: Iterable[str]) -> None:
    for name in named:
        if not is_folder(Path(name)):
            raise Unreadable(name, "there is no such folder.")


def paths(named: Sequence[str] = ()) -> dict[str, Path]:
    """The file of each exercise in the catalogue, by its id. Raises Unreadable."""
    return {id_: entry.path for id_, entry in entries(named)[0].items()}


def find(name: str, named: Sequence[str] = (), clashes: list[Clash] | None = None) -> Exercise:
    """The exercise with a name (see `meant`), a path or a text, without numbers yet; clashes of its id go into
    `clashes`. Raises UnknownExercise, Unreadable, Faults."""
    if is_text(name):
        return read_catalogued(name, AD_HOC)
    if is_path(name):
        return _read(read_file(Path(name)), Path(name).stem, name)
    known, clashing = entries(named)
    id_ = meant(name, known, lambda: [exercise.id for exercise in in_order(known.values())])
    if clashes is not None:
        clashes += [clash for clash in clashing if clash.used.id == id_]
    return load_catalogued(known[id_].path)


def meant(name: str, ids: Collection[str], path: Callable[[], Sequence[str]]) -> str:
    """The id that a person means: one of `ids` in any case, a number on the `path` (from 1), or the beginning of an id.
    Raises UnknownExercise.
    """
    if name in ids:
        return name
    if name.isascii() and name.isdigit():
        numbered = {str(number): id_ for number, id_ in enumerate(path(), 1)}
        if name in numbered:
            return numbered[name]
    begun = beginning(name, ids)
    if len(begun) == 1:
        return begun[0]
    raise UnknownExercise(name, begun or nearest_names(name, ids, most=3))


def is_text(name: str) -> bool:
    """Whether it is the text of an exercise file, which has several lines."""
    return "\n" in name.strip() and not name.endswith(SUFFIXES)


def is_path(name: str) -> bool:
    """Whether it is the path of an exercise file rather than an id."""
    return name.endswith(SUFFIXES) or "/" in name or "\\" in name


def path_of(id_: str, named: Sequence[str] = ()) -> Path:
    """The file of an id, without looking any further. Raises UnknownExercise, Unreadable."""
    _check_folders(named)
    wanted = {id_ + suffix for suffix in SUFFIXES}
    places = (place for folder in folders(named) for place in walk(folder.path))
    found = next((Path(place, name) for place, _, names in places for name in names if name in wanted), None)
    if found is None:
        raise UnknownExercise(id_, nearest_names(id_, paths(named), most=3))
    return found


def catalogue(named: Sequence[str] = (), broken: list[TutorError] | None = None) -> list[Exercise]:
    """Every exercise of the catalogue, from easy to hard; faults of the other files go into `broken`."""
    return in_order(entries(named)[0].values(), broken)


def in_order(catalogued: Iterable[Entry], broken: list[TutorError] | None = None) -> list[Exercise]:
    """The exercises of these entries: by level (those without one last), then in the order of the files in their
    folders. Files with faults are left out and go into `broken`."""
    found: list[Exercise] = []
    for entry in catalogued:
        try:
            found.append(load_catalogued(entry.path))
        except TutorError as error:
            if broken is not None:
                broken.append(error)
    return sorted(found, key=lambda one: _place(one.path, one.id, one.level, len(one.graph)))


def _place(path: str, id_: str, level: int | None, size: int) -> tuple[object, ...]:
    return level or 6, str(Path(path).parent), size, id_  # without a level, behind the five


def outlines() -> dict[Path, About]:
    """The kind of every exercise in the catalogue, by its file, from easy to hard; the circuits of built-in exercises
    are not read. Files with faults are left out."""
    found: dict[Path, About] = {}
    for entry in entries()[0].values():
        with suppress(TutorError):
            found[entry.path] = _about(entry.path)
    return dict(sorted(found.items(), key=lambda one: _place(str(one[0]), one[0].stem, one[1].level, one[1].size)))


def _about(path: Path) -> About:
    text = read_file(path)
    found = kept_about(text, built_in()) if _is_shipped(path) else None
    return found or about(read_catalogued(text, path.stem, str(path)))


def load_catalogued(path: Path) -> Exercise:
    """The exercise of a file in the catalogue. Raises Unreadable, Faults."""
    return read_catalogued(read_file(path), path.stem, str(path))


def read_catalogued(text: str, id_: str, path: str = "") -> Exercise:
    """The exercise in a text; from the index, if its path is that of a built-in one. Raises Faults."""
    return (_is_shipped(Path(path)) and kept(text, built_in(), id_, path)) or _read(text, id_, path)


def _read(text: str, id_: str, path: str = "") -> Exercise:
    # Imported only for exercises that are not in the index: the first prompt of the others would wait for it.
    from backprop_tutor.course.load import read_exercise

    return read_exercise(text, id_, path)


def _is_shipped(path: Path) -> bool:
    return path.is_relative_to(built_in())


def ad_hoc(graph_text: str, at: Iterable[str]) -> Exercise:
    """The circuit of `--graph` at the numbers of `--at NAME=NUMBER`. Raises BadInput, Faults."""
    return exercise_at(graph_text, inputs_at(at))


def exercise_at(graph_text: str, given: Mapping[str, Given]) -> Exercise:
    """The circuit of a text at these numbers and arrays. Raises Faults."""
    arrays = {name: value for name, value in given.items() if isinstance(value, ArrayInput)}
    choices: dict[str, Choice] = {}
    for name, value in given.items():
        choices |= value.choices(name) if isinstance(value, ArrayInput) else {name: Choice(value)}
    values = {name: choice.value for name, choice in choices.items() if choice.value is not None}
    shapes = {name: arrays[name].shape if name in arrays else (1, 1) for name in given} if arrays else None
    graph = read_graph(graph_text, given, reserved=["L"], shapes=shapes)
    return Exercise(AD_HOC, graph_text.strip(), graph_text, graph, choices, values)


def inputs_at(at: Iterable[str]) -> dict[str, Given]:
    """The numbers and arrays of `--at NAME=NUMBER` and `--at 'W=[1 2; 3 4]'`, by name. Raises BadInput, Faults."""
    values: dict[str, Given] = {}
    for item in at:
        name, equals, number = (part.strip() for part in normalize("NFC", item).partition("="))
        if not equals or not is_name(name):
            raise BadInput(f"--at takes NAME=NUMBER, such as --at x=-2, not {quoted(cut(item))}.")
        if name in values:
            raise BadInput(f"--at gives {quoted(name)} twice.")
        try:
            values[name] = _array_at(number) if number.startswith("[") else _number_at(number, 0, len(number))
        except Fault as fault:
            raise Faults(number, [fault], f"--at {cut(visible(item))}") from None
    return values


def _number_at(text: str, start: int, end: int) -> float:
    return evaluate(parse(tokens(text, start, end), (start, end)), {}, "a number")


def _array_at(text: str) -> ArrayInput:
    # Circuits of numbers load no code for arrays.
    from backprop_tutor.engine.array_text import read_numbers
    from backprop_tutor.engine.arrays import shape_of

    rows = read_numbers(text, lambda start, end: _number_at(text, start, end))
    return ArrayInput(shape_of(rows), rows)


def folders(named: Sequence[str] = ()) -> list[Entry]:
    """The folders of the catalogue, nearest first: named in the command, named in the environment, the user's own, the
    built-in one."""
    in_environment = filter(None, os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep))
    found = [Entry(str(Path(name)), "--exercises") for name in named]
    found += [Entry(str(Path(name)), FOLDERS_VARIABLE) for name in in_environment]
    return [*found, Entry(str(home() / "exercises"), "your own"), Entry(str(built_in()), "built in")]


def home() -> Path:
    """The user's data folder; it need not exist."""
    named = os.environ.get("BACKPROP_TUTOR_HOME")
    if named:
        return Path(named)
    # platformdirs supports every system; if one of two variables decides, the first prompt need not wait for it
    base, user = os.environ.get("XDG_DATA_HOME", ""), os.environ.get("HOME", "")
    if sys.platform == "linux" and (base or user).startswith("/"):
        return Path(base or f"{user}/.local/share", "backprop-tutor")
    from platformdirs import user_data_path

    return user_data_path("backprop-tutor", appauthor=False)


@cache
def built_in() -> Path:
    """The folder of the exercises that come with the package: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "exercises"
    return inside if inside.is_dir() else package.parent / "exercises"


def exercise_files(folder: Path) -> Iterator[Path]:
    """The exercise files in a folder and its subfolders, sorted by name, one at a time."""
    yield from map(Path, _files(folder))


def _files(folder: Path) -> Iterator[str]:
    for place, _, names in walk(folder):
        yield from (f"{place}{os.sep}{name}" for name in names if name.endswith(SUFFIXES))
