"""The index of the built-in exercises: each as it is once its file has been read and checked, so that an exercise of
the course waits neither for YAML nor for the table of keys nor for the graph language. A file that has changed since
then is read anew.

Each exercise is a line: a stamp of its file's text, its kind, and the exercise itself as Python expressions, which are
read sooner than JSON (whose import takes a hundredth of the time to the first prompt).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice, Condition, Steps, Until, Update
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.gates import gate_of
from backprop_tutor.engine.graph import Graph, Row
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span

INDEX: Final = "index.txt"
"""The file in the folder of the exercises that holds their index."""
_HERE: Final = ("id", "path")  # what a file does not say about itself
_Written = tuple[tuple[Any, ...], tuple[int, ...], float, str | None, Span | None]
"""A gate in the index: how `gate_of` finds it, the nodes that enter it, its constant, its label, its place."""


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


def kept(text: str, folder: Path, id_: str, path: str) -> Exercise | None:
    """The exercise of a text as a folder's index has it; None if the index was made from another text."""
    found = _entry(text, folder)
    return None if found is None else Exercise(id=id_, path=path, **_evaluated(found[1]))


def kept_about(text: str, folder: Path) -> About | None:
    """Its kind alone."""
    found = _entry(text, folder)
    return None if found is None else About(*_evaluated(found[0]))


def index_of(exercises: Iterable[tuple[str, Exercise]]) -> str:
    """The index of these exercises, each with its file's text."""
    return "".join(f"\n{_stamp(text)}\t{tuple(about(one))!r}\t{_written(one)}" for text, one in exercises) + "\n"


def _written(exercise: Exercise) -> str:
    held = {
        name: repr(value)
        for name in Exercise._fields
        if name not in _HERE and (value := getattr(exercise, name)) != getattr(Exercise, name, None)
    }
    held["graph"] = _written_graph(exercise.graph, exercise.graph_text)
    return f"{{{', '.join(f'{name!r}: {value}' for name, value in held.items())}}}"


def _written_graph(graph: Graph, text: str) -> str:
    if graph.shapes:
        shapes = {name: graph.shape(name) for name in graph.input_names}
        return f"arrays({text!r}, {graph.input_names!r}, {graph.output_name!r}, {sorted(graph.reserved)!r}, {shapes!r})"
    gates = [
        (_called(gate, constant), sources, constant, label, span)
        for (gate, sources, constant), label, span in zip(graph.rows, graph.labels, graph.spans, strict=True)
        if gate is not None
    ]
    return f"numbers({graph.input_names!r}, {gates!r}, {graph.output}, {sorted(graph.reserved)!r})"


def _called(gate: Gate, constant: float) -> tuple[Any, ...]:
    """The arguments with which `gate_of` finds a gate."""
    if gate_of(gate.name) is gate:
        return (gate.name,)
    return gate.name, constant, next(slot for slot in (0, 1) if gate_of(gate.name, constant, slot) is gate)


def _numbers(inputs: Sequence[str], gates: Iterable[_Written], output: int, reserved: Iterable[str]) -> Graph:
    rows: list[Row] = [(None, (), 0.0) for _ in inputs]
    labels: list[str | None] = [*inputs]
    spans: list[Span | None] = [None for _ in inputs]
    for called, sources, constant, label, span in gates:
        rows.append((gate_of(*called), sources, constant))
        labels.append(label)
        spans.append(span)
    return Graph(rows, labels, output, spans, frozenset(reserved))


def _arrays(text: str, inputs: Iterable[str], output: str, reserved: Sequence[str], shapes: Any) -> Graph:
    return read_graph(text, inputs, output, reserved, shapes=shapes)


_WORDS: Final[dict[str, Any]] = {
    "numbers": _numbers, "arrays": _arrays, "__builtins__": {},
    **{kind.__name__: kind for kind in (Choice, Condition, Steps, Until, Update)},
}  # fmt: skip
"""All that an expression of the index may name."""


def _evaluated(written: str) -> Any:
    return eval(written, _WORDS)  # noqa: S307  a file of the package, as its modules are


def _entry(text: str, folder: Path) -> list[str] | None:
    """What the index says of a text: its kind, and the exercise."""
    index, stamp = _read(folder), f"\n{_stamp(text)}\t".encode()
    start = index.find(stamp)
    parts = index[start + len(stamp) : index.find(b"\n", start + 1)].decode("utf-8").split("\t")
    return parts if start >= 0 and len(parts) == len(("kind", "exercise")) else None


@cache
def _read(folder: Path) -> bytes:
    """The index as it is in its file: a start needs a single line of it."""
    try:
        return (folder / INDEX).read_bytes()
    except OSError:  # without an index, every file is read as YAML
        return b""


def _stamp(text: str) -> str:
    return f"{crc32(text.encode()):08x}-{len(text)}"
