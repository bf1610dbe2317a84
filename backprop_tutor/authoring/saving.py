"""An exercise as the text of an exercise file, and into a file that is never overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.folders import SUFFIXES
from backprop_tutor.errors import TutorError, visible
from backprop_tutor.files import AlreadyThere, write_new


class NotSaved(TutorError):
    """A file that an exercise cannot be written to."""


def exercise_text(exercise: Exercise) -> str:
    """The YAML of an exercise at its numbers; `load` reads it back."""
    graph = "".join(f"  {line}\n" for line in exercise.graph_text.strip().split("\n"))
    inputs = "".join(f"  {name}: {exercise.values[name]:.15g}\n" for name in exercise.graph.input_names)
    return (
        f"title: {json.dumps(exercise.title, ensure_ascii=False)}\n"
        f"graph: |\n{graph}"
        f"inputs:  # a range makes variants of it: {{value: 3, from: -4, to: 4, step: 0.5}}\n{inputs}"
        f"upstream: {exercise.upstream:.15g}\n"
        f"stages: [{', '.join(exercise.stages)}]\n"
        f"tags: [{', '.join(exercise.tags)}]\n"
        f"source: {json.dumps(exercise.source, ensure_ascii=False)}\n"
    )


def check_place(file: str) -> Path:
    """Where an exercise is to be written. Raises NotSaved where it cannot be, AlreadyThere."""
    path = Path(file)
    if not file.endswith(SUFFIXES):
        raise NotSaved(f"{visible(file)}: an exercise file ends in .yaml.")
    if os.path.lexists(file):
        raise AlreadyThere(file)
    if not os.path.isdir(path.parent):  # noqa: PTH112  Path's own raises for a name that is too long
        raise NotSaved(f"{visible(file)}: there is no folder {visible(str(path.parent))}.")
    return path


def save(exercise: Exercise, file: str) -> None:
    """Writes an exercise file. Raises NotSaved, NotWritten."""
    write_new(check_place(file), exercise_text(exercise))
