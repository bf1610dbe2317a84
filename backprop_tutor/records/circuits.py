"""An exercise as a sitting's line of the log holds it, and back: the same circuit, the same numbers, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprop_tutor import __version__
from backprop_tutor.course.catalogue import built_in, find, home
from backprop_tutor.course.exercise import Choice, Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.reading import read_graph
from backprop_tutor.errors import TutorError
from backprop_tutor.records.entries import Sitting


def database() -> Path:
    """The file of this user's record; it need not exist."""
    return home() / "record.sqlite3"


def is_there(path: Path) -> bool:
    """Whether a record's file exists; a path that cannot even be asked about has none."""
    try:
        return path.exists()
    except OSError:
        return False


def place_of(exercise: Exercise) -> str:
    """The file that an exercise comes from, from anywhere; empty for one that comes with the package, or has none."""
    if not exercise.path:
        return ""
    path = Path(exercise.path).absolute()
    return "" if path.is_relative_to(built_in()) else str(path)


def circuit_of(exercise: Exercise) -> str:
    """What is asked about, as JSON; of two exercises with equal ones the same is right."""
    circuit: dict[str, Any] = {
        "graph": exercise.graph_text, "output": exercise.graph.output_name, "upstream": exercise.upstream,
        "loss": exercise.loss, "stages": list(exercise.stages),
    }  # fmt: skip
    if exercise.neurons:
        circuit["neurons"] = dict(exercise.neurons)
    if exercise.update is not None:
        circuit["update"] = {"rate": exercise.update.rate, "nodes": list(exercise.update.nodes)}
    return json.dumps(circuit)


def numbers_of(values: Mapping[str, float]) -> str:
    """The inputs' numbers as JSON, in the inputs' order."""
    return json.dumps(dict(values))


def sitting_of(exercise: Exercise, mode: str, started: int) -> Sitting:
    """The line of the log for a new sitting with an exercise at its numbers."""
    seed = None if exercise.seed is None else str(exercise.seed)
    return Sitting(
        started,
        mode,
        exercise.id,
        place_of(exercise),
        seed,
        circuit_of(exercise),
        numbers_of(exercise.values),
        __version__,
    )


def same_again(exercise: Exercise, sitting: Sitting) -> Exercise | None:
    """The exercise at a sitting's numbers; None where its circuit or its ranges have changed since."""
    try:
        again = variant(exercise, None if sitting.seed is None else int(sitting.seed))
    except (TutorError, ValueError):
        return None
    same = (circuit_of(again), numbers_of(again.values)) == (sitting.circuit, sitting.numbers)
    return again if same else None


def exercise_of(sitting: Sitting) -> Exercise | None:
    """The exercise of a sitting at its numbers, from its file, or from the log where it has none. None where it
    changed."""
    try:
        return same_again(find(sitting.path or sitting.exercise), sitting)
    except TutorError:
        pass
    try:
        return None if sitting.path else _from_log(sitting)
    except (ValueError, KeyError, TypeError):  # a line that nobody wrote
        return None


def _from_log(sitting: Sitting) -> Exercise | None:
    circuit: dict[str, Any] = json.loads(sitting.circuit)
    values: dict[str, float] = json.loads(sitting.numbers)
    text, stages = str(circuit["graph"]), tuple(circuit["stages"])
    try:
        graph = read_graph(text, values, circuit["output"], [circuit["loss"]])
    except TutorError:
        return None
    choices = {name: Choice(value) for name, value in values.items()}
    return Exercise(
        id=sitting.exercise, title=text.strip(), graph_text=text, graph=graph, choices=choices, values=values,
        seed=None if sitting.seed is None else int(sitting.seed), upstream=float(circuit["upstream"]),
        loss=circuit["loss"], stages=stages,
    )  # fmt: skip
