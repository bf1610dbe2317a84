"""The model of an exercise file: what a key may hold, and what it is for. It checks files and makes the JSON Schema.

Only files from outside the package pay for it: those inside have been checked by the tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from backprop_tutor.course.exercise import STAGES
from backprop_tutor.course.network import ACTIVATIONS, LOSSES
from backprop_tutor.course.yaml_text import Source
from backprop_tutor.errors import Fault, nearest, nearest_names

Number = Annotated[float, Field(allow_inf_nan=False)]
_VALUE: Final = "The author's own number, taken where no seed is given. Without it, a seed is drawn."


def _one_or_each(given: Any) -> str:
    return "each" if isinstance(given, list) else "one"


_ABSENT: Final[Any] = None  # beside a type that takes no null: a key that is there holds something


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Range(_Model):
    """An input whose number a seed draws: from, from + step, from + 2 step, ... up to `to`."""

    value: Number | None = Field(None, description=_VALUE)
    from_: Number = Field(alias="from", description="The smallest number.")
    to: Number = Field(description="The largest number.")
    step: Annotated[Number, Field(gt=0)] = Field(1.0, description="The distance from one number to the next.")


class Choose(_Model):
    """An input whose number a seed draws from a list."""

    value: Number | None = Field(None, description=_VALUE)
    choose: list[Number] = Field(min_length=1, description="The numbers to draw from.")


class NetworkKey(_Model):
    """A multilayer network, instead of a graph: its inputs are x1, w13, t3, yd5 and so on."""

    layers: list[int] = Field(description="The neurons of each layer, the inputs first.", examples=[[2, 2, 1]])
    activation: Annotated[Annotated[str, Tag("one")] | Annotated[list[str], Tag("each")], Discriminator(_one_or_each)] = Field(
        "sigmoid", description=f"One for all layers after the inputs, or a list with one for each: {', '.join(ACTIVATIONS)}."
    )
    loss: str = Field("squared", description="The loss L at the end.", json_schema_extra={"enum": list(LOSSES)})
    thresholds: bool = Field(True, description="Whether a threshold t3 is taken off each net input X3.")


class UntilKey(_Model):
    """When `train` ends, and at which rate it trains."""

    loss: Annotated[Number, Field(gt=0)] | None = Field(None, description="It ends when the loss over an epoch is below this.")
    epochs: Annotated[int, Field(ge=1)] | None = Field(None, description="It ends after so many epochs.")
    rate: Annotated[Number, Field(gt=0)] | None = Field(None, description="The rate of training.")


class Tolerance(_Model):
    """How far an answer may be from the exact number."""

    relative: float = Field(gt=0, lt=1, description="As a part of the exact number: 0.02 is 2 %.")


class UpdateKey(_Model):
    """One training step: w - rate * dL/dw."""

    rate: Annotated[Number, Field(gt=0)] = Field(description="The learning rate.")
    nodes: list[str] = Field(min_length=1, description="The inputs that the step changes: weights and thresholds.")


def _kind(given: Any) -> str:
    """Which kind of input is meant, so that a wrong one gets one fault and not one for each kind."""
    if not isinstance(given, dict):
        return "number"
    return "choose" if "choose" in given else "range"


Input = Annotated[
    Annotated[Number, Tag("number")] | Annotated[Range, Tag("range")] | Annotated[Choose, Tag("choose")], Discriminator(_kind)
]
Stage = Literal["graph", "forward", "local", "backward", "symbolic", "delta", "update"]


class ExerciseFile(_Model):
    """An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it."""

    model_config = ConfigDict(
        title="backprop-tutor exercise", json_schema_extra={"oneOf": [{"required": ["graph"]}, {"required": ["network"]}]}
    )

    title: str = Field(pattern=r"\S", description="What the exercise is called.")
    graph: str = Field("", description="The circuit, one line `name = expression` after another; the last line is the output.")
    inputs: dict[str, Input] = Field(
        description="The inputs: each a number, or a range that a seed draws from, {from: -2, to: 2, step: 0.5}."
    )
    output: str | None = Field(None, description="The output node, where it is not the last line.")
    upstream: Number = Field(1.0, description="The gradient of the loss with respect to the output, given to the student.")
    loss: str = Field("L", description="The name used for the loss.")
    stages: list[Stage] = Field(
        ["backward"], min_length=1, description="What is asked, in this order.", json_schema_extra={"uniqueItems": True}
    )
    statement: str = Field("", description="A text shown before the first question.")
    source: str = Field("", description="Where the exercise is from.")
    level: int | None = Field(None, ge=1, le=5, description="How hard it is, from 1 to 5.")
    tags: list[str] = Field([], description="Free words to find it by.")
    hints: dict[str, str] = Field({}, description="Hints by node or branch (x, w0->g1), shown before the tutor's own.")
    tolerance: Tolerance | None = Field(None, description="How far an answer may be from the exact number, where not 2 %.")
    neurons: dict[str, str] = Field({}, description="Each neuron's output with its net input, {y5: X5}: what the stage delta asks about.")
    update: UpdateKey | None = Field(None, description="One training step, {rate: 0.1, nodes: [w35]}: what the stage update asks about.")
    network: NetworkKey = Field(_ABSENT, description="A multilayer network, which stands for its graph.")
    data: list[dict[str, Number]] = Field(
        [], min_length=1, description="The rows of training, each with a number for the same inputs; all other inputs are trained."
    )
    until: UntilKey = Field(_ABSENT, description="When `train` ends, and at which rate it trains.")


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


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an exercise file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ExerciseFile.model_json_schema()}


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
        return WrongKey(source.keys.get(path, source.place(path)), path=path, key=key, meant=meant, suggestion=suggestion)
    if kind == "missing":
        start = source.place(path[:-1])[0]
        return MissingKey((start, start + 1), path=path, key=key, suggestion=f" {_NEEDED[key]}" if key in _NEEDED else "")
    suggestion = nearest(source.written.get(path, ""), STAGES) if kind == "literal_error" else ""
    return WrongValue(source.place(path), path=path, key=".".join(map(str, path)), what=_words(detail, path), suggestion=suggestion)


def _keys_beside(source: Source, path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand where this one does."""
    if len(path) == 1:
        model: type[BaseModel] = ExerciseFile
    elif path[0] in _PARTS:
        model = _PARTS[str(path[0])]
    else:
        model = Choose if (*path[:2], "choose") in source.keys else Range
    return [field.alias or name for name, field in model.model_fields.items()]


_PARTS: Final[dict[str, type[BaseModel]]] = {"tolerance": Tolerance, "update": UpdateKey, "network": NetworkKey, "until": UntilKey}
"""The keys that hold keys of their own."""
_SUCH: Final = {
    "update": "{rate: 0.1, nodes: [w35]}", "neurons": "{y5: X5}", "tolerance": "{relative: 0.02}", "hints": "{x: a text}",
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
    "greater_than_equal": "this is at least {ge}.",
    "less_than_equal": "this is at most {le}.",
    "greater_than": "this is more than {gt:g}.",
    "less_than": "this is less than {lt:g}.",
}
