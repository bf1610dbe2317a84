"""Finds exercises by what a person types: an id of the catalogue, a path, or an ad-hoc circuit."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from zlib import crc32

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.inputs import ArrayInput, Choice
from backprop_tutor.course.load import exercise_of, load
from backprop_tutor.course.yaml_text import Path as Keys
from backprop_tutor.course.yaml_text import Source, Unreadable, read_file, read_yaml
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import cut, is_name, parse, tokens
from backprop_tutor.errors import Fault, Faults, TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import is_folder
from backprop_tutor.text import Span, listed, nearest_names, quoted, visible

SUFFIXES: Final = (".yaml", ".yml")
AD_HOC: Final = "circuit"
"""The id of an exercise that has no file."""
FOLDERS_VARIABLE: Final = "BACKPROP_TUTOR_EXERCISES"  # folders of exercises, separated as in PATH

INDEX: Final = "index.json"
"""The file in the built-in exercises' folder that holds their plain values, so that no YAML is read at the start."""
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

    path: Path
    origin: str

    @property
    def id(self) -> str:
        """The exercise's id."""
        return self.path.stem


class Clash(NamedTuple):
    """Two files with one id: the nearer one is used, the other is hidden."""

    used: Entry
    hidden: Entry

    def __str__(self) -> str:
        used, hidden = (f"{visible(str(entry.path))} ({entry.origin})" for entry in self)
        name = visible(self.used.id)
        return f"two exercises are called {name}: {used} is used, {hidden} is hidden. Rename one of them."


def entries(named: Sequence[str] = ()) -> tuple[dict[str, Entry], list[Clash]]:
    """The catalogue by id, and the clashes of ids; `named` are folders in addition to the usual ones, nearest first.
    Raises Unreadable for a named folder that does not exist."""
    _check_folders(named)
    found: dict[str, Entry] = {}
    clashes: list[Clash] = []
    for folder in folders(named):
        for path in exercise_files(folder.path):
            entry = Entry(path, folder.origin)
            used = found.setdefault(entry.id, entry)
            if used is not entry and used.path != path:
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
        return load(Path(name))
    known, clashing = entries(named)
    id_ = meant(name, known, lambda: [exercise.id for exercise in in_order(known.values())])
    if clashes is not None:
        clashes += [clash for clash in clashing if clash.used.id == id_]
    return load_catalogued(known[id_].path)


def meant(name: str, ids: Collection[str], path: Callable[[], Sequence[str]]) -> str:
    """The id that a person means: one of `ids` in any case, a number on the `path` (from 1), or the beginning of an id.
    If several ids fit, the one that is the beginning of all others is meant: `sig` is sigmoid, not sigmoid-gate. Raises
    UnknownExercise.
    """
    if name in ids:
        return name
    if name.isascii() and name.isdigit():
        numbered = {str(number): id_ for number, id_ in enumerate(path(), 1)}
        if name in numbered:
            return numbered[name]
    start = name.casefold()
    begun = sorted((id_ for id_ in ids if start and id_.casefold().startswith(start)), key=len)
    if begun and all(id_.casefold().startswith(begun[0].casefold()) for id_ in begun):
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
    found = next((place / name for place, _, names in places for name in names if name in wanted), None)
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
    return level or 6, str(Path(path).parent), size, id_


class About(NamedTuple):
    """The kind of an exercise: its level and stages, how many nodes it has, its gates' names and whether a node is a
    fork."""

    level: int | None
    stages: Sequence[str]
    size: int
    gates: Sequence[str]
    has_forks: bool


def about(exercise: Exercise) -> About:
    """The kind of an exercise."""
    graph = exercise.graph
    gates = list(dict.fromkeys(gate.name for gate in graph.gates if gate is not None))
    return About(exercise.level, list(exercise.stages), len(graph), gates, bool(graph.forks))


def outlines() -> dict[Path, About]:
    """The kind of every exercise in the catalogue, by its file, from easy to hard; the circuits of built-in exercises
    are not read. Files with faults are left out."""
    found: dict[Path, About] = {}
    for entry in entries()[0].values():
        with suppress(TutorError):
            found[entry.path] = _kept_about(entry.path) or about(load_catalogued(entry.path))
    return dict(sorted(found.items(), key=lambda one: _place(str(one[0]), one[0].stem, one[1].level, one[1].size)))


def load_catalogued(path: Path) -> Exercise:
    """The exercise of a file in the catalogue. Raises Unreadable, Faults."""
    return read_catalogued(read_file(path), path.stem, str(path))


def read_catalogued(text: str, id_: str, path: str = "") -> Exercise:
    """The exercise in a text; from the index, if its path is that of a built-in one. Raises Faults."""
    found = kept(text, built_in()) if _is_shipped(Path(path)) else None
    return exercise_of(found or read_yaml(text, path), id_, path)


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
    found = [Entry(Path(name), "--exercises") for name in named]
    found += [Entry(Path(name), FOLDERS_VARIABLE) for name in in_environment]
    return [*found, Entry(home() / "exercises", "your own"), Entry(built_in(), "built in")]


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
    for place, _, names in walk(folder):
        yield from (place / name for name in names if name.endswith(SUFFIXES))


def walk(
    folder: Path, unreadable: Callable[[OSError], None] | None = None, elsewhere: Callable[[Path], None] | None = None
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walks a folder, itself first: the path, the names of its folders and the names of its files, sorted. Left out are
    hidden folders and files (editors and systems put their own beside `mine.yaml`: `.#mine.yaml`, `._mine.yaml`),
    folders behind links (which might form loops), and folders on another disk, so that no walk goes through a whole
    network; the last are passed to `elsewhere`, those that cannot be listed to `unreadable`.
    """
    disk = _disk(folder)
    for place, inside, names in os.walk(folder, onerror=unreadable):
        here = Path(place)
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        for name in [name for name in inside if _disk(here / name) not in (disk, None)]:
            inside.remove(name)
            if elsewhere is not None:
                elsewhere(here / name)
        yield here, inside, sorted(name for name in names if not name.startswith("."))


def _disk(path: Path) -> int | None:
    try:
        return path.lstat().st_dev
    except OSError:
        return None


class _Anywhere(dict[Keys, Span]):
    """The places of keys, for a text that has no fault to show."""

    def __missing__(self, path: Keys) -> Span:
        return (0, 1)


def kept(text: str, folder: Path) -> Source | None:
    """What a folder's index contains for a text; None if it was made from a different one: a file changed since then is
    read as YAML, like any other."""
    found = _entry(text, folder)
    if found is None:
        return None
    written = {tuple(path): scalar for path, scalar in found["written"]}
    return Source(text, found["value"], keys=_Anywhere(), written=written)


def _kept_about(path: Path) -> About | None:
    """What the index says about a file's circuit, so that it need not be read; None if it says nothing."""
    found = _entry(read_file(path), built_in()) if _is_shipped(path) else None
    return None if found is None else About(*found["about"])


def index_of(texts: Iterable[str]) -> str:
    """The index of these exercises, each with its kind. Raises Faults."""
    lines = []
    for text in texts:
        source = read_yaml(text)
        entry = {
            "about": about(exercise_of(source, "", "")),
            "value": source.value,
            "written": list(source.written.items()),
        }
        lines.append(f"{json.dumps(_stamp(text))}: {json.dumps(entry, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"  # one exercise per line, so that a change is one line


def _entry(text: str, folder: Path) -> Any:
    line = _lines(folder).get(_stamp(text))
    return None if line is None else json.loads(line)


@cache
def _lines(folder: Path) -> dict[str, str]:
    """The entries by their stamps, in JSON: a start reads one of them, not all."""
    try:
        lines = (folder / INDEX).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):  # without an index, every file is read as YAML
        return {}
    return {stamp.strip('"'): entry.rstrip(",") for stamp, _, entry in (line.partition(": ") for line in lines)}


def _stamp(text: str) -> str:
    return f"{crc32(text.encode()):08x}-{len(text)}"
