"""Writes exercise files: a new one ready to edit, or an exercise at its numbers; never overwrites anything."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from backprop_tutor.course.catalogue import SUFFIXES
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.inputs import ArrayInput
from backprop_tutor.course.keys import ARRAY_STAGES, KEYS, STAGES, json_schema
from backprop_tutor.errors import TutorError
from backprop_tutor.files import AlreadyThere, write_new
from backprop_tutor.text import visible

SCHEMA_FILE: Final = "exercise.schema.json"
"""The file of the JSON Schema, beside the exercises that name it in their first line."""
STAGES_NOTE: Final = f"# What is asked, in this order, of: {', '.join(STAGES)}."
_NOTES: Final = {
    "graph": ("The circuit, one line `name = expression` after another; the last line is the output.",),
    "inputs": (
        "A number for each input. To add a range for drawing other numbers (practice --seed 7), write",
        "{value: 2, from: -3, to: 3, step: 0.5} or {value: 2, choose: [-1, 2, 3]}.",
    ),
}  # fmt: skip


class CannotWrite(TutorError):
    """A text that cannot be the name of a new file."""


def file_text(
    title: str, graph: str, inputs: Mapping[str, str], more: Iterable[str], notes: Mapping[str, Sequence[str]] = _NOTES,
    schema: str = "",
) -> str:  # fmt: skip
    """The YAML of an exercise: `inputs` as written, the lines of its other keys in `more`; notes come above their key,
    and the schema, if named, in the first line."""
    rows = (line.strip() for line in graph.replace(";", "\n").splitlines())
    lines = [
        *([f"# yaml-language-server: $schema={schema}"] if schema else []),  # this leads an editor to the schema
        f"title: {_quoted(title)}",
        "", *(f"# {note}" for note in notes["graph"]), "graph: |", *(f"  {row}" for row in rows if row),
        "", *(f"# {note}" for note in notes["inputs"]), "inputs:", *(f"  {name}: {at}" for name, at in inputs.items()),
        "", *more,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def new_text(title: str, graph: str, inputs: Mapping[str, float | ArrayInput], schema: str = SCHEMA_FILE) -> str:
    """A new file for a graph in lines. Lines that begin with # and a letter are keys to enable by removing the #."""
    output = graph.replace(";", "\n").strip().splitlines()[-1].partition("=")[0].strip()
    words = {"output": output, "input": next(iter(inputs))}
    is_array = any(isinstance(value, ArrayInput) for value in inputs.values())
    more = [
        f"# What is asked, in this order, of: {', '.join(ARRAY_STAGES)}." if is_array else STAGES_NOTE,
        "stages: [backward]",
        "",
        "# More keys. Remove the # to use a line.",
    ]
    more += [f"#{key.name}: {key.sample.format(**words)}  # {key.words}" for key in KEYS if key.sample]
    here = ("title", "graph", "inputs", "stages")
    others = [key.name for key in KEYS if not key.sample and key.name not in here]
    if others:
        more.append(f"# And {', '.join(others)}: `backprop-tutor schema` describes them.")
    return file_text(title, graph, _numbers(inputs), more, schema=schema)


def _numbers(values: Mapping[str, float | ArrayInput]) -> dict[str, str]:
    """Numbers as they are written; arrays row by row."""
    return {
        name: _rows(value.rows or ()) if isinstance(value, ArrayInput) else _number(value)
        for name, value in values.items()
    }


def _rows(rows: Sequence[Sequence[float]]) -> str:
    written = ", ".join(f"[{', '.join(map(_number, row))}]" for row in rows)
    return f"[{written}]"


def _number(value: float) -> str:
    """The shortest text for exactly this number."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def file_of(name: str) -> Path:
    """The file that a name such as `week1/mine` or `mine.yaml` stands for. Raises CannotWrite, AlreadyThere."""
    path = Path(name if name.endswith(SUFFIXES) else f"{name}{SUFFIXES[0]}")
    if not name.strip() or name.endswith(("/", "\\")) or not name.isprintable() or path.stem.startswith("."):
        raise CannotWrite(
            f"{visible(name) or 'an empty text'} cannot be the name of a file. Give one such as my-neuron."
        )
    return _free(path)


def check_place(file: str) -> Path:
    """The path for a new exercise. Raises CannotWrite if it cannot be written there, or if something exists there."""
    if not file.endswith(SUFFIXES):
        raise CannotWrite(f"{visible(file)}: the name of an exercise file must end in .yaml.")
    return _free(Path(file))


def _free(path: Path) -> Path:
    # Not Path's own checks: they raise for an overlong name, which writing the file reports in words.
    if os.path.lexists(path):
        raise AlreadyThere(path)
    if not os.path.isdir(path.parent):  # noqa: PTH112
        raise CannotWrite(f"there is no folder {visible(str(path.parent))}. Create it first.")
    return path


def save(exercise: Exercise, file: str) -> None:
    """Writes an exercise at its numbers, which `load` reads back. Raises CannotWrite, NotWritten."""
    path = check_place(file)
    more = [
        f"upstream: {_number(exercise.upstream)}", f"stages: [{', '.join(exercise.stages)}]",
        f"tags: [{', '.join(exercise.tags)}]", f"source: {_quoted(exercise.source)}",
    ]  # fmt: skip
    values: dict[str, float | ArrayInput] = {name: exercise.values[name] for name in exercise.graph.input_names}
    write_new(path, file_text(exercise.title, exercise.graph_text, _numbers(values), more))


def title_of(path: Path) -> str:
    """A title from a file's name: `my-first_neuron` is My first neuron."""
    words = path.stem.replace("-", " ").replace("_", " ").strip() or path.stem
    return words[:1].upper() + words[1:]


def schema_text() -> str:
    """The JSON Schema of an exercise file, as a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def schema_beside(path: Path) -> str | None:
    """The schema's file as an exercise at this path refers to it, beside it or one folder up; None if there is none."""
    return next((place for place in (SCHEMA_FILE, f"../{SCHEMA_FILE}") if (path.parent / place).is_file()), None)
