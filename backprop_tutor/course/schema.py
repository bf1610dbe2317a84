"""What a value in a file may be: each kind checks it, converts it and describes itself. Knows no key of an exercise.

One table of keys, a `Record`, is read by a `Reading`, which notes every fault at its place and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from backprop_tutor.course.yaml_text import Path, Source
from backprop_tutor.engine.faults import MoreFaults
from backprop_tutor.errors import Fault, nearest_names

MOST_FAULTS: Final = 100
"""How many faults of one file are reported."""
MOST_COMPARED: Final = 50_000
"""How many known names the misspelt names of a file are compared with in all: about a second."""
REQUIRED: Final[Any] = object()
"""The default of a key that must be there."""
BROKEN: Final[Any] = object()
"""What stands for a value that does not fit its kind, so that all others are still read."""


class WrongKey(Fault):
    """A key that does not exist; `meant` is the one that was probably meant, `path` leads to it."""

    says = "{key} is not a key here.{suggestion}"


class MissingKey(Fault):
    """A key that must be there; `path` leads to where it should be."""

    says = "the key {key} is missing.{advice}"


class WrongValue(Fault):
    """A value of a wrong type or out of its bounds."""

    says = "{key}: {what}{suggestion}"


class Repeated(Fault):
    """A word that stands twice in a list where each stands once."""

    says = "{word} stands twice here. {advice}"


class Unfit(ValueError):
    """What `make` raises for values that do not go together: the `key` to blame, and `what` is wrong with it."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(key, what)
        self.key, self.what = key, what


class Reading:
    """One file as it is read: its source, and the faults so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Fault] = list(source.faults)
        self._compared = 0

    def wrong(self, path: Path, what: str, suggestion: str = "") -> Any:
        """Notes a value that does not fit; gives BROKEN."""
        key = ".".join(map(str, path))
        self.faults.append(WrongValue(self.source.place(path), key=key, what=what, suggestion=suggestion))
        return BROKEN

    def nearest(self, name: str, known: Sequence[str]) -> str:
        """The known name most like this one; none once a file has had enough of them."""
        self._compared += len(known)
        return next(iter(nearest_names(name, known)), "") if self._compared <= MOST_COMPARED else ""

    def did_you_mean(self, name: str, known: Sequence[str]) -> str:
        """` Did you mean …?`, or nothing."""
        meant = self.nearest(name, known)
        return f" Did you mean {meant}?" if meant else ""

    def reported(self) -> list[Fault]:
        """The faults in the order in which they stand in the file; of a great many, the first ones."""
        found = sorted(self.faults, key=lambda fault: fault.span)
        if len(found) <= MOST_FAULTS:
            return found
        return [*found[: MOST_FAULTS - 1], MoreFaults(found[MOST_FAULTS - 1].span)]


class Kind(Protocol):
    """What a value may be."""

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """The value as an exercise holds it; BROKEN, with a fault noted, where it does not fit."""

    def schema(self) -> dict[str, Any]:
        """The kind as JSON Schema."""

    @property
    def phrase(self) -> str:
        """The kind in words, for the table of keys."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `filled`, one that is not blank."""

    filled: bool = False
    phrase: str = "a text"

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """The text."""
        if not isinstance(value, str):
            return reading.wrong(path, "a text belongs here (in quotes, if it looks like something else).")
        if self.filled and not value.strip():
            return reading.wrong(path, "a text that is not empty belongs here.")
        return value

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": r"\S"} if self.filled else {"type": "string"}


_BOUNDS: Final[dict[str, tuple[str, Callable[[float, float], bool]]]] = {
    "minimum": ("at least", lambda number, bound: number >= bound),
    "maximum": ("at most", lambda number, bound: number <= bound),
    "exclusiveMinimum": ("more than", lambda number, bound: number > bound),
    "exclusiveMaximum": ("less than", lambda number, bound: number < bound),
}
"""The bounds of a number as JSON Schema calls them: in words, and when a number keeps to them."""


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number within `bounds`; `whole`, without a decimal point; `written`, kept as the digits in the file.

    `make` turns the float into what an exercise holds; `wanted` is what else belongs there, in words.
    """

    bounds: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False
    written: bool = False
    make: Callable[[float], Any] = float
    wanted: str = ""

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """A float (or what `make` makes of it), an int, or the text of its digits."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return reading.wrong(
                path, f"{self.wanted or ('a whole number' if self.whole else 'a number')} belongs here."
            )
        if not math.isfinite(value):
            return reading.wrong(path, "this number is too large.")
        for bound, limit in self.bounds.items():
            words, keeps = _BOUNDS[bound]
            if not keeps(value, limit):
                return reading.wrong(path, f"must be {words} {limit:g}.")
        if self.written:
            return reading.source.written[path]
        return value if self.whole else self.make(float(value))

    def schema(self) -> dict[str, Any]:
        """A number or an integer, with its bounds."""
        return {"type": "integer" if self.whole else "number", **self.bounds}

    @property
    def phrase(self) -> str:
        """`a whole number, at least 1 and at most 5`."""
        bounds = " and ".join(f"{_BOUNDS[bound][0]} {limit:g}" for bound, limit in self.bounds.items())
        return ("a whole number" if self.whole else "a number") + (f", {bounds}" if bounds else "")


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words."""

    words: Sequence[str]

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """The word."""
        if isinstance(value, str) and value in self.words:
            return value
        quoted = [f"'{word}'" for word in self.words]
        expected = " or ".join([", ".join(quoted[:-1]), quoted[-1]][len(quoted) == 1 :])
        suggestion = reading.did_you_mean(reading.source.written.get(path, ""), self.words)
        return reading.wrong(path, f"this should be {expected}.", suggestion)

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.words)}

    @property
    def phrase(self) -> str:
        """`one of local, backward`."""
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; `filled`, with one item at least; `once`, what is said of an item that stands twice (else it may)."""

    item: Kind
    filled: bool = False
    once: str = ""
    phrase: str = "a list"

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """A tuple, with BROKEN for each item that does not fit."""
        if not isinstance(value, list):
            return reading.wrong(path, "a list in brackets belongs here.")
        if self.filled and not value:
            return reading.wrong(path, "the list is empty. Name one thing, or leave the key out.")
        if self.once:
            seen: set[str] = set()
            for number, item in enumerate(map(str, value)):
                if item in seen:
                    place = reading.source.place((*path, number))
                    reading.faults.append(Repeated(place, word=item, advice=self.once))
                seen.add(item)
        return tuple(self.item.read(item, (*path, number), reading) for number, item in enumerate(value))

    def schema(self) -> dict[str, Any]:
        """An array."""
        more: dict[str, Any] = {"minItems": 1} if self.filled else {}
        return {"type": "array", "items": self.item.schema(), **more, **({"uniqueItems": True} if self.once else {})}


@dataclass(frozen=True, slots=True)
class MappingOf:
    """A mapping from any names to values of one kind; `such` is an example."""

    item: Kind
    such: str

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """A dict, with BROKEN for each value that does not fit."""
        if not isinstance(value, dict):
            return reading.wrong(path, f"a mapping, such as {self.such}, belongs here.")
        return {name: self.item.read(item, (*path, name), reading) for name, item in value.items()}

    def schema(self) -> dict[str, Any]:
        """An object."""
        return {"type": "object", "additionalProperties": self.item.schema()}

    @property
    def phrase(self) -> str:
        """`a mapping, {y5: X5}`, marked as code."""
        return f"a mapping, `{self.such}`"


@dataclass(frozen=True, slots=True)
class Either:
    """A value of several kinds, the first of those that are meant by it: each with what it is recognized by."""

    kinds: Sequence[tuple[Callable[[Any], bool], Kind]]
    phrase: str

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """What the kind that is meant reads: a wrong value gets one fault, not one for each kind."""
        return next(kind for is_meant, kind in self.kinds if is_meant(value)).read(value, path, reading)

    def schema(self) -> dict[str, Any]:
        """One of the kinds."""
        return {"oneOf": [kind.schema() for _, kind in self.kinds]}


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it holds, what it is for, and what it means to leave it out.

    `default` is what an exercise then holds; `nullable`, the key may stand there with nothing in it. `advice` says how
    a missing one is written, `sample` how a new file shows it. `field` is the name by which an Exercise holds it: the
    key's own where nothing is said, nowhere for None.
    """

    name: str
    kind: Kind
    words: str
    default: Any = REQUIRED
    nullable: bool = False
    advice: str = ""
    sample: str = ""
    field: str | None = ""

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """The value as an exercise holds it."""
        return self.default if value is None and self.nullable else self.kind.read(value, path, reading)

    def schema(self) -> dict[str, Any]:
        """The key as JSON Schema."""
        kind = self.kind.schema()
        found = {"anyOf": [kind, {"type": "null"}]} if self.nullable else kind
        shown = isinstance(self.default, (float, int, str, tuple)) and self.default != () and not self.nullable
        default = {"default": list(self.default) if isinstance(self.default, tuple) else self.default} if shown else {}
        return {**found, **default, "description": self.words}


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping of known keys; `make` turns their values into what an exercise holds, and may raise Unfit."""

    keys: Sequence[Key]
    words: str
    such: str
    make: Callable[[dict[str, Any]], Any] = dict

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """What `make` makes of the values."""
        if not isinstance(value, dict):
            return reading.wrong(path, f"a mapping, such as {self.such}, belongs here.")
        before = len(reading.faults)
        values = self.values(value, path, reading)
        if len(reading.faults) > before:
            return BROKEN
        try:
            return self.make(values)
        except Unfit as error:
            what = f"{path[-1]}: {error.what}"
            reading.faults.append(Fault(reading.source.place((*path, error.key)), what=what))
            return BROKEN

    def values(self, given: Mapping[str, Any], path: Path, reading: Reading) -> dict[str, Any]:
        """The value of every key: its default where it is left out, BROKEN where it is missing or does not fit."""
        meant = set(self._wrong_keys(given, path, reading))
        values: dict[str, Any] = {}
        for key in self.keys:
            if key.name in given:
                values[key.name] = key.read(given[key.name], (*path, key.name), reading)
                continue
            values[key.name] = BROKEN if key.default is REQUIRED else key.default
            if key.default is REQUIRED and key.name not in meant:
                start = reading.source.place(path)[0]
                advice = f" {key.advice}" if key.advice else ""
                reading.faults.append(MissingKey((start, start + 1), key=key.name, advice=advice))
        return values

    def _wrong_keys(self, given: Mapping[str, Any], path: Path, reading: Reading) -> Iterator[str]:
        """Notes each key that does not exist; gives the keys that were probably meant."""
        known = [key.name for key in self.keys]
        for name in given:
            if name not in known:
                meant = reading.nearest(name, known)
                suggestion = f" Did you mean {meant}?" if meant else f" The keys are {', '.join(known)}."
                span = reading.source.keys.get((*path, name), reading.source.place(path))
                reading.faults.append(WrongKey(span, key=name, suggestion=suggestion))
                yield meant

    def schema(self) -> dict[str, Any]:
        """An object with these keys and no others."""
        required = [key.name for key in self.keys if key.default is REQUIRED]
        return {
            "type": "object", "description": self.words, "additionalProperties": False,
            "properties": {key.name: key.schema() for key in self.keys}, **({"required": required} if required else {}),
        }  # fmt: skip

    @property
    def phrase(self) -> str:
        """`a mapping, {loss: 0.001}`, marked as code."""
        return f"a mapping, `{self.such}`"
