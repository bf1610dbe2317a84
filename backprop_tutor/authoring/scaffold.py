"""A new exercise file, ready to edit: every key with what it is for, and those that need not be there behind a #."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from backprop_tutor.course.folders import SUFFIXES
from backprop_tutor.errors import TutorError, visible
from backprop_tutor.files import AlreadyThere

SCHEMA_FILE: Final = "exercise.schema.json"
"""The file of the JSON Schema, beside the exercises that name it in their first line."""
SCHEMA_LINE: Final = "# yaml-language-server: $schema={}"
"""The first line of an exercise file: by it an editor finds the schema."""
_EXAMPLES: Final = {
    "output": "{output}", "upstream": "1.0", "loss": "L", "statement": '"What the students read first."',
    "source": '"Lecture 3, page 12"', "level": "2", "tags": "[my course]",
    "hints": '{{{input}: "What does its gate do to a gradient?"}}',
    "tolerance": "{{relative: 0.02}}",
}  # fmt: skip


class CannotWrite(TutorError):
    """What cannot be the name of a new file."""


class Begun(NamedTuple):
    """What a new exercise is made of: `graph` in lines of the graph language, a number for each input."""

    title: str
    graph: str
    inputs: Mapping[str, float]


def file_of(name: str) -> Path:
    """The file that a name stands for, `week1/mine` or `mine.yaml`. Raises CannotWrite for what is none,
    AlreadyThere."""
    path = Path(name if name.endswith(SUFFIXES) else f"{name}{SUFFIXES[0]}")
    if not name.strip() or name.endswith(("/", "\\")) or not name.isprintable() or path.stem.startswith("."):
        raise CannotWrite(f"{visible(name) or 'nothing'} cannot be the name of a file. Give one such as my-neuron.")
    if path.is_symlink() or path.exists():
        raise AlreadyThere(path)
    if not path.parent.is_dir():
        raise CannotWrite(f"there is no folder {path.parent}. Make it first.")
    return path


def title_of(path: Path) -> str:
    """A title from a file's name: `my-first_neuron` is My first neuron."""
    words = path.stem.replace("-", " ").replace("_", " ").strip() or path.stem
    return words[:1].upper() + words[1:]


def schema_text() -> str:
    """The JSON Schema of an exercise file, as a file."""
    from backprop_tutor.course.schema import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def schema_beside(path: Path) -> str | None:
    """The schema's file as an exercise at this path names it: beside it or one folder up; None where there is none
    yet."""
    return next((place for place in (SCHEMA_FILE, f"../{SCHEMA_FILE}") if (path.parent / place).is_file()), None)


def exercise_text(begun: Begun, schema: str = SCHEMA_FILE) -> str:
    """The file. The lines that begin with # and a letter are keys to use by taking the # away."""
    from backprop_tutor.course.exercise import STAGES

    lines = [
        SCHEMA_LINE.format(schema),
        f"title: {json.dumps(begun.title, ensure_ascii=False)}",
        "",
        "# The circuit, one line `name = expression` after another; the last line is the output.",
        "graph: |",
        *(f"  {line.strip()}" for line in begun.graph.replace(";", "\n").splitlines() if line.strip()),
        "",
        "# A number for each input. Beside it, a range to draw other numbers from (practice --seed 7) is written",
        "# {value: 2, from: -3, to: 3, step: 0.5} or {value: 2, choose: [-1, 2, 3]}.",
        "inputs:",
        *(f"  {name}: {_number(value)}" for name, value in begun.inputs.items()),
        "",
        f"# What is asked, in this order, of: {', '.join(STAGES)}.",
        "stages: [backward]",
        "",
        "# What else there is. Take the # away to use a line.",
        *_more(begun),
    ]
    return "\n".join(lines) + "\n"


def _more(begun: Begun) -> Iterator[str]:
    from backprop_tutor.course.schema import ExerciseFile

    words = {
        "output": begun.graph.replace(";", "\n").strip().splitlines()[-1].partition("=")[0].strip(),
        "input": next(iter(begun.inputs)),
    }
    others = []
    for key, field in ExerciseFile.model_fields.items():
        if key in _EXAMPLES:
            yield f"#{key}: {_EXAMPLES[key].format(**words)}  # {field.description}"
        elif key not in ("title", "graph", "inputs", "stages"):
            others.append(key)
    if others:
        yield f"# And {', '.join(others)}: `backprop-tutor schema` says what they are."


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
