"""What is wrong with an exercise file by its model, in our words and at its place."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from backprop_tutor.course.exercise import STAGES
from backprop_tutor.course.schema import Choose, ExerciseFile, NetworkKey, Range, Tolerance, UntilKey, UpdateKey
from backprop_tutor.course.yaml_text import Source
from backprop_tutor.errors import Fault, nearest, nearest_names


class ModelFault(Fault):
    """A part of a file that does not fit the model; `path` leads to it."""

    path: tuple[str | int, ...]


class WrongKey(ModelFault):
    """A key that no exercise has; `meant` is the one that was probably meant."""

    says = "{key} is not a key here.{suggestion}"


class MissingKey(ModelFault):
    """A key that every exercise has."""

    says = "the key {key} is missing.{suggestion}"


class WrongValue(ModelFault):
    """A value of a wrong type or out of its bounds."""

    says = "{key}: {what}{suggestion}"


def model_faults(source: Source) -> list[ModelFault]:
    """Every way in which a mapping is not an exercise file, each at its place."""
    found = _graph_or_network(source)
    try:
        ExerciseFile.model_validate(source.value)
    except ValidationError as error:
        # Without the input: pydantic would write out what aliases stand for.
        found += [_fault(source, detail) for detail in error.errors(include_input=False, include_url=False)]
    meant = {(*fault.path[:-1], fault.meant) for fault in found if isinstance(fault, WrongKey)}
    return [fault for fault in found if not (isinstance(fault, MissingKey) and fault.path in meant)]


def _graph_or_network(source: Source) -> list[ModelFault]:
    """That a file has neither a graph nor a network, or both."""
    if "graph" in source.value and "network" in source.value:
        what = "give graph or network, not both: a network stands for its graph."
        return [WrongValue(source.keys["network",], path=("network",), key="network", what=what, suggestion="")]
    if "graph" not in source.value and "network" not in source.value:
        return [MissingKey((0, 1), path=("graph",), key="graph", suggestion=f" {_NEEDED['graph']}")]
    return []


def _fault(source: Source, detail: Any) -> ModelFault:
    path = tuple(detail["loc"])
    if (path[0] == "inputs" and len(path) > 2) or path[:2] == ("network", "activation"):
        path = (*path[:2], *path[3:])  # the third part is the kind of input, which does not stand in the file
    key, kind = str(path[-1]), detail["type"]
    if kind == "extra_forbidden":
        known = _keys_beside(source, path)
        meant = next(iter(nearest_names(key, known)), "")
        suggestion = f" Did you mean {meant}?" if meant else f" The keys are {', '.join(known)}."
        return WrongKey(
            source.keys.get(path, source.place(path)), path=path, key=key, meant=meant, suggestion=suggestion
        )
    if kind == "missing":
        start = source.place(path[:-1])[0]
        return MissingKey(
            (start, start + 1), path=path, key=key, suggestion=f" {_NEEDED[key]}" if key in _NEEDED else ""
        )
    suggestion = nearest(source.written.get(path, ""), STAGES) if kind == "literal_error" else ""
    return WrongValue(
        source.place(path), path=path, key=".".join(map(str, path)), what=_words(detail, path), suggestion=suggestion
    )


def _keys_beside(source: Source, path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand where this one does."""
    if len(path) == 1:
        model: type[BaseModel] = ExerciseFile
    elif path[0] in _PARTS:
        model = _PARTS[str(path[0])]
    else:
        model = Choose if (*path[:2], "choose") in source.keys else Range
    return [field.alias or name for name, field in model.model_fields.items()]


_PARTS: Final[dict[str, type[BaseModel]]] = {
    "tolerance": Tolerance,
    "update": UpdateKey,
    "network": NetworkKey,
    "until": UntilKey,
}
"""The keys that hold keys of their own."""
_SUCH: Final = {
    "update": "{rate: 0.1, nodes: [w35]}", "neurons": "{y5: X5}", "tolerance": "{relative: 0.02}",
    "hints": "{x: a text}",
    "network": "{layers: [2, 2, 1]}", "until": "{loss: 0.001}",
}  # fmt: skip
"""What a mapping under a key looks like; one of numbers elsewhere."""

_NEEDED: Final = {
    "title": "Say what the exercise is called, title: A first circuit.",
    "graph": "Give the circuit, graph: f = x + y.",
    "inputs": "Give the inputs their numbers, inputs: {x: 2, y: -3}.",
    "from": "A range has from and to; a list of numbers is choose: [1, 2].",
    "to": "A range has from and to; a list of numbers is choose: [1, 2].",
    "layers": "Give the neurons of each layer, layers: [2, 2, 1].",
    "relative": "Write tolerance: {relative: 0.02}.",
    "rate": "Write update: {rate: 0.1, nodes: [w35]}.",
    "nodes": "Write update: {rate: 0.1, nodes: [w35]}.",
}


def _words(detail: Any, path: tuple[str | int, ...]) -> str:
    """What belongs there, in our words; in the model's own where we have none."""
    kind = detail["type"]
    if kind == "float_type" and path[0] == "inputs" and len(path) == 2:
        return "a number, or a range such as {from: -2, to: 2, step: 0.5}, belongs here."
    if kind in _WORDS:
        return _WORDS[kind].format(such=_SUCH.get(str(path[0]), "{x: 2, y: -3}"), **detail.get("ctx", {}))
    return str(detail["msg"]).replace("Input should be", "this should be") + "."


_WORDS: Final = {
    "bool_type": "true or false belongs here.",
    "float_type": "a number belongs here.",
    "int_type": "a whole number belongs here.",
    "string_type": "a text belongs here (in quotes, if it looks like something else).",
    "string_pattern_mismatch": "a text that is not empty belongs here.",
    "dict_type": "a mapping, such as {such}, belongs here.",
    "model_type": "a mapping, such as {such}, belongs here.",
    "list_type": "a list in brackets belongs here.",
    "too_short": "the list is empty. Name one thing, or leave the key out.",
    "finite_number": "this number is too large.",
    "literal_error": "this should be {expected}.",
    "greater_than_equal": "must be at least {ge}.",
    "less_than_equal": "must be at most {le}.",
    "greater_than": "must be more than {gt:g}.",
    "less_than": "must be less than {lt:g}.",
}
