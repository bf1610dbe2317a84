"""A file in, an Exercise out, or every fault of the file by line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprop_tutor.course.exercise import Choice, Exercise
from backprop_tutor.course.variants import options
from backprop_tutor.course.yaml_text import Source, read_file, read_yaml
from backprop_tutor.engine.faults import BadName, UnusedInput
from backprop_tutor.engine.language import is_name
from backprop_tutor.engine.reading import read_graph
from backprop_tutor.errors import Fault, Faults, nearest


class NoMapping(Fault):
    """A file that is YAML, but no exercise."""

    says = "an exercise file is a mapping: title: ..., graph: ..., inputs: ..."


class BadRange(Fault):
    """A range that gives no numbers."""

    says = "{name}: {what}"


class UnknownTarget(Fault):
    """A hint for something that is not in the graph."""

    says = "{name} is not a node or a branch of this graph.{suggestion}"


def load(path: Path, trusted: bool = False) -> Exercise:
    """The exercise of a file, at no numbers yet. A trusted one (the tests have checked it) skips the model.

    Raises Unreadable, and Faults with every fault of the file.
    """
    return read_exercise(read_file(path), path.stem, str(path), trusted)


def read_exercise(text: str, id_: str, path: str = "", trusted: bool = False) -> Exercise:
    """The exercise of a YAML text. Raises Faults with every fault of the text."""
    source = read_yaml(text, path)
    found = list(source.faults)
    if not isinstance(source.value, dict):
        found.append(NoMapping((0, 1)))
    elif not trusted:
        from backprop_tutor.course.schema import model_faults

        found += model_faults(source)
    if found:
        raise Faults(text, found, path)
    exercise, found = _made(source, id_, path)
    if found or exercise is None:
        raise Faults(text, found, path)
    return exercise


def _made(source: Source, id_: str, path: str) -> tuple[Exercise | None, list[Fault]]:
    """The exercise of a mapping that fits the model, and what is wrong with its meaning."""
    data: Mapping[str, Any] = source.value
    found: list[Fault] = []
    choices = {name: _choice(source, name, given, found) for name, given in data["inputs"].items()}
    for name in choices:
        if not is_name(name):
            found.append(BadName(source.keys["inputs", name], name=name))
    try:
        reserved = [data.get("loss", "L")]
        graph = read_graph(data["graph"], choices, data.get("output"), reserved)
    except Faults as error:
        found += [_placed(source, fault) for fault in error.faults]
        return None, found
    for target in data.get("hints", {}):
        if target not in graph.index and target not in graph.branch_named:
            suggestion = nearest(target, [*graph.index, *graph.branch_named])
            found.append(UnknownTarget(source.keys["hints", target], name=target, suggestion=suggestion))
    exercise = Exercise(
        id=id_, title=data["title"], graph_text=data["graph"], graph=graph, choices=choices,
        upstream=float(data.get("upstream", 1.0)), loss=data.get("loss", "L"),
        stages=tuple(data.get("stages", ("backward",))), statement=data.get("statement", ""), source=data.get("source", ""),
        level=data.get("level"), tags=tuple(data.get("tags", ())), hints=data.get("hints", {}),
        tolerance=(data.get("tolerance") or {}).get("relative", 0.02), path=path,
    )  # fmt: skip
    return exercise, found


def _placed(source: Source, fault: Fault) -> Fault:
    """A fault of the graph text at its place in the file."""
    if isinstance(fault, UnusedInput):
        fault.span = source.keys["inputs", str(fault.name)]
    else:
        in_file = source.offset_in(("graph",))
        start = in_file(fault.span[0])
        fault.span = (start, max(start + 1, in_file(fault.span[1] - 1) + 1))
    return fault


def _choice(source: Source, name: str, given: Any, found: list[Fault]) -> Choice:
    if not isinstance(given, dict):
        return Choice(float(given))
    path = ("inputs", name)
    value = float(given["value"]) if given.get("value") is not None else None
    if given.get("choose") is not None:
        if given.keys() & {"from", "to", "step"}:
            found.append(BadRange(source.keys[path], name=name, what="choose stands alone, without from, to and step."))
        return Choice(value, tuple(float(option) for option in given["choose"]))
    if given.get("from") is None or given.get("to") is None:
        if value is None or given.keys() & {"from", "to", "step"}:
            found.append(BadRange(source.keys[path], name=name, what="a range needs from and to, or choose."))
        return Choice(value)
    written = [source.written.get((*path, key), "1") for key in ("from", "to", "step")]
    try:
        return Choice(value, options(*written))
    except ValueError as error:
        found.append(BadRange(source.keys[path], name=name, what=f"{error}."))
        return Choice(value)


