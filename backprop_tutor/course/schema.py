"""Kinds of values in a file: a kind checks a value, converts it and describes itself as JSON Schema. Knows no keys of
an exercise. A `Reading` reads a table of keys, records every fault at its place and goes on.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from backprop_tutor.course.yaml_text import Path, Source
from backprop_tutor.engine.language import MOST_FAULTS, MoreFaults
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import nearest_names

MOST_COMPARED: Final = 50_000
"""How many comparisons of misspelt with known names are made for one file: about a second's worth."""
REQUIRED: Final[Any] = object()
"""The default of a required key."""
BROKEN: Final[Any] = object()
"""Stands in for a value that does not fit its kind, so that all others are still read."""


class Reading:
    """One file while it is read: its source, and the faults so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Fault] = list(source.faults)
        self._compared = 0

    def wrong(self, path: Path, what: str, suggestion: str = "") -> Any:
        """Records a value that does not fit; `what` is said of its key, "must be …". Returns BROKEN."""
        key = ".".join(one for one in path if isinstance(one, str))
        entry = "an entry of " if isinstance(path[-1], int) else ""
        self.faults.append(Fault(self.source.place(path), what=f"{entry}{key} {what}{suggestion}"))
        return BROKEN

    def nearest(self, name: str, known: Sequence[str]) -> str:
        """The known name most like this one; none once a file's comparisons are used up."""
        self._compared += len(known)
        return next(iter(nearest_names(name, known)), "") if self._compared <= MOST_COMPARED else ""

    def did_you_mean(self, name: str, known: Sequence[str]) -> str:
        """` Did you mean …?`, or nothing."""
        meant = self.nearest(name, known)
        return f" Did you mean {meant}?" if meant else ""

    def reported(self) -> list[Fault]:
        """The faults in the order of their places in the file; only the first ones if there are very many."""
        found = sorted(self.faults, key=lambda fault: fault.span)
        if len(found) <= MOST_FAULTS:
            return found
        return [*found[: MOST_FAULTS - 1], MoreFaults(found[MOST_FAULTS - 1].span)]


class Kind(NamedTuple):
    """A kind of value. `read` returns it as an exercise holds it, or records a fault and returns BROKEN; `schema`
    describes the kind as JSON Schema.
    """

    read: Callable[[Any, Path, Reading], Any]
    schema: Mapping[str, Any]


class Key(NamedTuple):
    """One key: what it holds, what it is for, and what leaving it out means. `default` is what an exercise then holds;
    if `nullable`, the key may be present but empty. `advice` says how to write a missing key, `sample` how a new file
    shows it. `field` is its field in an Exercise: by default the key's own name, none for None."""

    name: str
    kind: Kind
    words: str
    default: Any = REQUIRED
    nullable: bool = False
    advice: str = ""
    sample: str = ""
    field: str | None = ""


def text(filled: bool = False) -> Kind:
    """A text; `filled`, one that is not blank."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, str):
            if isinstance(value, list):
                fix = f"Write {path[-1]}: | and put the lines below it, indented, without dashes or brackets."
                return reading.wrong(path, f"must be text, not a list. {fix}")
            return reading.wrong(path, "must be text: put it in quotes if it looks like something else.")
        if filled and not value.strip():
            return reading.wrong(path, "must not be empty.")
        return value

    return Kind(read, {"type": "string", "pattern": r"\S"} if filled else {"type": "string"})


BOUNDS: Final[dict[str, tuple[str, Callable[[float, float], bool]]]] = {
    "minimum": ("at least", operator.ge),
    "maximum": ("at most", operator.le),
    "exclusiveMinimum": ("more than", operator.gt),
    "exclusiveMaximum": ("less than", operator.lt),
}
"""The bounds of a number by their names in JSON Schema: in words, and the comparison that a number must pass."""


def number(make: Callable[[float], Any] = float, wanted: str = "a number", **bounds: float) -> Kind:
    """A finite number within bounds (named as in JSON Schema), which `make` turns into what an exercise holds. `make`
    is `int` for a whole number, and `str` for the digits as written in the file. `wanted` says what it must be.
    """
    whole = make is int

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return reading.wrong(path, f"must be {'a whole number' if whole else wanted}.")
        if not math.isfinite(value):
            return reading.wrong(path, "is too large a number.")
        for bound, limit in bounds.items():
            words, keeps = BOUNDS[bound]
            if not keeps(value, limit):
                return reading.wrong(path, f"must be {words} {limit:g}.")
        if make is str:
            return reading.source.written[path]
        return value if whole else make(float(value))

    return Kind(read, {"type": "integer" if whole else "number", **bounds})


def word(*words: str) -> Kind:
    """One of several words."""
    expected = f"{', '.join(words[:-1])} or {words[-1]}"

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if isinstance(value, str) and value in words:
            return value
        suggestion = reading.did_you_mean(reading.source.written.get(path, ""), words)
        return reading.wrong(path, f"must be {expected}.", suggestion)

    return Kind(read, {"type": "string", "enum": list(words)})


def list_of(item: Kind, filled: bool = False, once: str = "") -> Kind:
    """A list as a tuple; if `filled`, with at least one item; `once` is the message about an item listed twice."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, list):
            return reading.wrong(path, "must be a list in brackets.")
        if filled and not value:
            return reading.wrong(path, "must not be empty. Give at least one entry, or leave the key out.")
        seen: set[str] = set()
        for number, name in enumerate(map(str, value) if once else ()):
            if name in seen:
                place = reading.source.place((*path, number))
                reading.faults.append(Fault(place, what=f"{name} is listed twice. {once}"))
            seen.add(name)
        return tuple(item.read(one, (*path, number), reading) for number, one in enumerate(value))

    more = {**({"minItems": 1} if filled else {}), **({"uniqueItems": True} if once else {})}
    return Kind(read, {"type": "array", "items": item.schema, **more})


def mapping_of(item: Kind, such: str) -> Kind:
    """A mapping from any names to values of one kind; `such` is an example."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, dict):
            return reading.wrong(path, f"must be a mapping such as {such}.")
        value = reading.source.spaced(value, path, reading.faults)
        return {name: item.read(one, (*path, name), reading) for name, one in value.items()}

    return Kind(read, {"type": "object", "additionalProperties": item.schema})


def record(keys: Sequence[Key], words: str, such: str, make: Callable[[dict[str, Any]], Any], blamed: str = "") -> Kind:
    """A mapping of known keys; `make` turns their values into what an exercise holds. If they don't fit together it
    raises ValueError, which is recorded at the key to be `blamed`."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, dict):
            return reading.wrong(path, f"must be a mapping such as {such}.")
        before = len(reading.faults)
        values = read_keys(keys, value, path, reading)
        if len(reading.faults) > before:
            return BROKEN
        try:
            return make(values)
        except ValueError as error:
            reading.faults.append(Fault(reading.source.place((*path, blamed)), what=f"{path[-1]}: {error}."))
            return BROKEN

    return Kind(read, schema_of(keys, words))


def read_keys(keys: Sequence[Key], given: Mapping[str, Any], path: Path, reading: Reading) -> dict[str, Any]:
    """The value of every key: its default if left out, BROKEN if required but missing, or if it does not fit."""
    given = reading.source.spaced(given, path, reading.faults)
    source, known, meant = reading.source, [key.name for key in keys], set()
    for name in given:
        if name not in known:
            near = reading.nearest(name, known)
            suggestion = f" Did you mean {near}?" if near else f" The keys are {', '.join(known)}."
            span = source.keys.get((*path, name), source.place(path))
            reading.faults.append(Fault(span, what=f"{name} is not a key here.{suggestion}"))
            meant.add(near)
    values: dict[str, Any] = {}
    for key in keys:
        value = given.get(key.name)
        if key.name in given and not (value is None and key.nullable):
            values[key.name] = key.kind.read(value, (*path, key.name), reading)
        elif key.default is not REQUIRED:
            values[key.name] = key.default
        else:
            values[key.name] = BROKEN
            if key.name not in meant:
                start = source.place(path)[0]
                advice = f" {key.advice}" if key.advice else ""
                reading.faults.append(Fault((start, start + 1), what=f"the key {key.name} is missing.{advice}"))
    return values


def schema_of(keys: Sequence[Key], words: str) -> dict[str, Any]:
    """A mapping of these keys and no others, as JSON Schema."""
    required = [key.name for key in keys if key.default is REQUIRED]
    properties = {}
    for key in keys:
        held: Mapping[str, Any] = {"anyOf": [key.kind.schema, {"type": "null"}]} if key.nullable else key.kind.schema
        properties[key.name] = {**held, "description": key.words}
        if type(key.default) in (str, int, float, tuple) and key.default != () and not key.nullable:
            properties[key.name]["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    more = {"required": required} if required else {}
    return {"type": "object", "description": words, "additionalProperties": False, "properties": properties, **more}
