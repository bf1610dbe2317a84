"""Writes exercise files: a new one ready to edit, also for a multilayer network with parts named as in the lecture, or
an exercise at its numbers; never overwrites anything."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

from backprop_tutor.course.catalogue import SUFFIXES
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.keys import KEYS, json_schema
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.values import ARRAY_STAGES, STAGES, ArrayInput, options
from backprop_tutor.course.variants import NoUsableNumbers, pick, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.files import AlreadyThere, write_new
from backprop_tutor.text import visible

SCHEMA_FILE: Final = "exercise.schema.json"
"""The file of the JSON Schema, beside the exercises that name it in their first line."""
STAGES_NOTE: Final = f"# What is asked, in this order, of: {', '.join(STAGES)}."
_LONG: Final = 1e15  # from here on a whole number is written shorter as a float
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
    return str(int(value)) if value == int(value) and abs(value) < _LONG else repr(value)


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


MOST_NEURONS: Final = 100
"""The most neurons in a network, including inputs: any network of this size is within the limits of a graph's text."""
_MOST_DIGITS: Final = 8  # of a number of neurons
_RANGE: Final = 2.4  # divided by a neuron's inputs it is the widest weight at the start
_MANY: Final = 5  # inputs, from which on steps of 0.1 are too coarse for that
_NETWORK_NOTES: Final = {
    "graph": ("The network, written out: net inputs X, outputs y, errors e, and the loss, which is the output.",),
    "inputs": (
        "The inputs, the weights (w13 leads from neuron 1 to neuron 3) and thresholds, and the desired outputs.",
        "A seed draws from a range (practice --seed 7); {value: 0.5, from: -1, to: 1, step: 0.1} also has its own "
        "number.",
    ),
}


class BadLayers(TutorError):
    """Layers that do not make a network, and why."""


Network = Sequence[range]
"""The numbers of the neurons by layer: in a 2-2-1 network 1 and 2 are inputs, 3 and 4 hidden, 5 is the output. Each
neuron after the inputs takes its net input, less a threshold, through a sigmoid; the loss is ½ Σ e²."""


def network_of(layers: str) -> Network:
    """The network of a text such as 2-2-1. Raises BadLayers."""
    sizes = layers.strip().split("-")
    if not all(size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS for size in sizes):
        raise BadLayers(f"give a network as the number of neurons in each layer, such as 2-2-1, not {visible(layers)}.")
    numbers = tuple(map(int, sizes))
    if len(numbers) < 2:
        raise BadLayers("a network needs at least two layers, inputs and outputs, such as 2-1.")
    if min(numbers) < 1:
        raise BadLayers("a layer needs at least one neuron.")
    if sum(numbers) > MOST_NEURONS:
        raise BadLayers(
            f"{sum(numbers):,} neurons are too many: a network has at most {MOST_NEURONS}, including inputs."
        )
    return [range(end - size + 1, end + 1) for size, end in zip(numbers, accumulate(numbers), strict=True)]


def weight(source: int, neuron: int) -> str:
    """The name of a weight: w35; w3_12 if a number passes 9, so that all names differ."""
    return f"w{source}{neuron}" if max(source, neuron) < 10 else f"w{source}_{neuron}"


def network_text(network: Network, title: str, schema: str = SCHEMA_FILE) -> str:
    """The file. Its loss is the error of the network's outputs, and it asks for one training step. In a large network
    some gradient is always too small to write, so no draw is usable: there each weight is a fixed number.
    """
    text = _text(network, title, schema, drawn=True)
    try:
        variant(read_exercise(text, "network"), 1)
    except NoUsableNumbers:
        return _text(network, title, schema, drawn=False)
    return text


def _text(network: Network, title: str, schema: str, drawn: bool) -> str:
    given, desired = [f"x{neuron}" for neuron in network[0]], [f"yd{neuron}" for neuron in network[-1]]
    weights: dict[str, str] = {}
    for before, layer in pairwise(network):
        names = [weight(source, neuron) for source in before for neuron in layer] + [f"t{neuron}" for neuron in layer]
        weights |= {name: _start(len(before), name, drawn) for name in names}
    inputs = dict.fromkeys(given, "1") | weights | dict.fromkeys(desired, "0")
    trained = sorted(weights, key=lambda name: name[0] == "t")
    neurons = ", ".join(f"y{neuron}: X{neuron}" for layer in network[1:] for neuron in layer)
    rows = [[*(f"{name}: {on}" for name in given), *(f"{name}: {1 - on}" for name in desired)] for on in (1, 0)]
    more = [
        "# Each neuron's output with its net input, and the training step.",
        f"neurons: {{{neurons}}}", f"update: {{rate: 0.1, nodes: [{', '.join(trained)}]}}",
        "", STAGES_NOTE, "stages: [delta, update]",
        "", "# Rows to train on, for `backprop-tutor train`. Remove the # to use them.",
        "#data:", *(f"#  - {{{', '.join(row)}}}" for row in rows), "#until: {loss: 0.001, rate: 1}",
    ]  # fmt: skip
    return file_text(title, graph_text(network), inputs, more, _NETWORK_NOTES, schema)


def graph_text(network: Network) -> str:
    """The network in the graph language, one line for each net input, output and error; the last is the loss L."""
    lines: list[str] = []
    letter = "x"
    for before, layer in pairwise(network):
        for neuron in layer:
            terms = " + ".join(f"{weight(source, neuron)}*{letter}{source}" for source in before)
            lines += [f"X{neuron} = {terms} - t{neuron}", f"y{neuron} = sigmoid(X{neuron})"]
        letter = "y"
    lines += [f"e{neuron} = yd{neuron} - y{neuron}" for neuron in network[-1]]
    squares = " + ".join(f"e{neuron}**2" for neuron in network[-1])
    return "\n".join([*lines, f"L = 0.5*{squares}" if len(network[-1]) == 1 else f"L = 0.5*({squares})"]) + "\n"


def _start(inputs: int, name: str, drawn: bool) -> str:
    """A weight's initial range, or a number from it: within 2.4 divided by the number of inputs (Negnevitsky, after
    Haykin)."""
    step = 0.1 if inputs < _MANY else 0.01
    bound = f"{max(step, round(_RANGE / inputs / step) * step):.2f}".rstrip("0")
    numbers = options(f"-{bound}", bound, str(step))
    return f"{{from: -{bound}, to: {bound}, step: {step}}}" if drawn else f"{numbers[pick(name, len(numbers))]:g}"
