"""The model of an exercise file: what a key may hold, and what it is for. It loads files and makes the JSON Schema.

Only files from outside the package pay for it: those inside have been checked by the tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backprop_tutor.course.yaml_text import Source
from backprop_tutor.errors import Fault, nearest

Number = Annotated[float, Field(allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Range(_Model):
    """An input whose number a seed draws."""

    value: Number | None = None
    """The author's own number, used without a seed."""
    from_: Annotated[Number | None, Field(alias="from")] = None
    """The smallest number."""
    to: Number | None = None
    """The largest number."""
    step: Number | None = None
    """The distance between two numbers; 1 if absent."""
    choose: Annotated[list[Number] | None, Field(min_length=1)] = None
    """The numbers to draw from, instead of from, to and step."""


class Tolerance(_Model):
    """How far an answer may be from the exact number."""

    relative: Annotated[float, Field(gt=0, lt=1)]
    """As a part of the exact number: 0.02 is 2 %."""


class ExerciseFile(_Model):
    """An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it."""

    title: Annotated[str, Field(min_length=1)]
    """What the exercise is called."""
    graph: str
    """The circuit, one line `name = expression` after another; the last line is the output."""
    inputs: dict[str, Number | Range]
    """The inputs' numbers: each a number, or a range that a seed draws from."""
    output: str | None = None
    """The output node, where it is not the last line."""
    upstream: Number = 1.0
    """The gradient of the loss with respect to the output."""
    loss: str = "L"
    """The name used for the loss."""
    stages: Annotated[list[Literal["graph", "forward", "local", "backward", "symbolic"]], Field(min_length=1)] = ["backward"]
    """What is asked, in this order."""
    statement: str = ""
    """A text shown before the first question."""
    source: str = ""
    """Where the exercise is from."""
    level: Annotated[int | None, Field(ge=1, le=5)] = None
    """How hard it is, from 1 to 5."""
    tags: list[str] = []
    """Free words to find it by."""
    hints: dict[str, str] = {}
    """Hints by node or branch, shown before the tutor's own."""
    tolerance: Tolerance | None = None
    """How far an answer may be from the exact number, where not 2 %."""


class WrongKey(Fault):
    """A key that no exercise has."""

    says = "{key} is not a key here.{suggestion}"


class MissingKey(Fault):
    """A key that every exercise has."""

    says = "the key {key} is missing."


class WrongValue(Fault):
    """A value of a wrong type or out of its bounds."""

    says = "{key}: {what}"


def model_faults(source: Source) -> list[Fault]:
    """Every way in which a mapping is not an exercise file, each at its place."""
    try:
        ExerciseFile.model_validate(source.value)
    except ValidationError as error:
        found = [_fault(source, detail) for detail in error.errors(include_input=False, include_url=False, include_context=True)]
        return list({(fault.span, str(fault)): fault for fault in found}.values())
    return []


def _fault(source: Source, detail: Any) -> Fault:
    path = tuple(part for part in detail["loc"] if _in_file(source, detail["loc"], part))
    key = ".".join(str(part) for part in path) or "the file"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        return WrongKey(source.keys.get(path, source.place(path)), key=str(path[-1]), suggestion=nearest(str(path[-1]), known))
    if detail["type"] == "missing":
        return MissingKey(_start(source.place(path[:-1])), key=str(path[-1]))
    return WrongValue(source.place(path), key=key, what=_WORDS.get(detail["type"], _own_words)(detail))


def _in_file(source: Source, loc: tuple[str | int, ...], part: str | int) -> bool:
    """Whether a part of pydantic's path stands in the file: the names of union members do not."""
    return not (isinstance(part, str) and loc[0] == "inputs" and len(loc) > 2 and part in ("Range", "float", "constrained-float") and loc.index(part) == 2)


def _start(span: tuple[int, int]) -> tuple[int, int]:
    return (span[0], span[0] + 1)


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = ExerciseFile if not path else {"tolerance": Tolerance, "inputs": Range}.get(str(path[0]), ExerciseFile)
    return [field.alias or name for name, field in model.model_fields.items()]


def _own_words(detail: Any) -> str:
    return str(detail["msg"]).replace("Input should be", "this should be") + "."


_WORDS = {
    "float_type": lambda _: "a number belongs here.",
    "int_type": lambda _: "a whole number belongs here.",
    "string_type": lambda _: "text belongs here (put it in quotes if it looks like a number).",
    "dict_type": lambda _: "a mapping (name: value) belongs here.",
    "model_type": lambda _: "a number, or a range such as {from: -2, to: 2, step: 0.5}, belongs here.",
    "list_type": lambda _: "a list, such as [forward, backward], belongs here.",
    "finite_number": lambda _: "this number is too large.",
    "literal_error": lambda detail: f"this should be {detail['ctx']['expected']}.",
}
