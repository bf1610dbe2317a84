"""Exercises by what a person writes for one: an id of the catalogue, a path, or an ad-hoc circuit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from backprop_tutor.course.exercise import Choice, Exercise
from backprop_tutor.course.load import load
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import is_name, parse, tokens
from backprop_tutor.engine.reading import read_graph
from backprop_tutor.errors import Fault, Faults, TutorError, nearest_names, visible

SUFFIXES = (".yaml", ".yml")


class UnknownExercise(TutorError):
    """An id that no exercise has."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        super().__init__(name, near)
        self.name, self.near = name, near

    def __str__(self) -> str:
        meant = f" Did you mean {' or '.join(self.near)}?" if self.near else ""
        return f"there is no exercise {visible(self.name)}.{meant} `backprop-tutor list` shows them all; a file is given by its path, ./mine.yaml."


class BadInput(TutorError):
    """An `--at NAME=NUMBER` that cannot be used."""


def built_in() -> Path:
    """The folder of the exercises that come with the package: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "exercises"
    return inside if inside.is_dir() else package.parent / "exercises"


@cache
def paths() -> dict[str, Path]:
    """The file of each exercise in the catalogue, by its id."""
    found = sorted(path for path in built_in().rglob("*") if path.suffix in SUFFIXES)
    return {path.stem: path for path in found}


def find(name: str) -> Exercise:
    """The exercise of an id or a path, at no numbers yet. Raises UnknownExercise, Unreadable, Faults."""
    if name in paths():
        return load(paths()[name], trusted=True)
    if name.endswith(SUFFIXES) or "/" in name or "\\" in name:
        return load(Path(name))
    raise UnknownExercise(name, nearest_names(name, paths(), most=3))


def catalogue() -> list[Exercise]:
    """Every exercise of the catalogue, from easy to hard."""
    exercises = [load(path, trusted=True) for path in paths().values()]
    return sorted(exercises, key=lambda exercise: (exercise.level or 6, len(exercise.graph), exercise.id))


def ad_hoc(graph_text: str, at: Iterable[str]) -> Exercise:
    """The circuit of `--graph` at the numbers of `--at NAME=NUMBER`. Raises BadInput, Faults."""
    values: dict[str, float] = {}
    for item in at:
        name, equals, number = (part.strip() for part in item.partition("="))
        if not equals or not is_name(name):
            raise BadInput(f"--at takes NAME=NUMBER, such as --at x=-2, not {visible(item)}.")
        if name in values:
            raise BadInput(f"--at gives {visible(name)} twice.")
        values[name] = _number(number, item)
    graph = read_graph(graph_text, values, reserved=["L"])
    choices = {name: Choice(value) for name, value in values.items()}
    return Exercise(id="circuit", title=graph_text.strip(), graph_text=graph_text, graph=graph, choices=choices, values=values)


def _number(text: str, item: str) -> float:
    try:
        return evaluate(parse(tokens(text), (0, len(text))), {}, "a number")
    except Fault as fault:
        raise Faults(text, [fault], f"--at {visible(item)}") from None
