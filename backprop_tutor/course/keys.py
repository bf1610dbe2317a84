"""Every key of an exercise file, once: loader, faults, JSON Schema, authors' table and `new` come from these rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, overload

from backprop_tutor.course.schema import (
    REQUIRED,
    Either,
    Key,
    Kind,
    ListOf,
    MappingOf,
    Number,
    Record,
    Text,
    Unfit,
    Word,
)

STAGES: Final = ("graph", "forward", "local", "backward", "symbolic", "delta", "update")
"""What an exercise can ask, in the order in which a lesson does."""
MOST_OPTIONS: Final = 100_000
"""The most numbers that a range may have."""


class Choice(NamedTuple):
    """The numbers an input may have: the author's own `value`, and the `options` a seed draws from."""

    value: float | None
    options: Sequence[float] = ()


class Update(NamedTuple):
    """One training step: the learning rate, and the inputs that it changes."""

    rate: float
    nodes: tuple[str, ...]


class Until(NamedTuple):
    """When training ends: at a `loss` over an epoch, or after so many `epochs`; and the `rate` that it is done at."""

    loss: float | None = None
    epochs: int | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Steps(Sequence[float]):
    """The numbers of a range: `first`, first + width, first + 2 width, ..., `size` of them."""

    first: Decimal
    width: Decimal
    size: int

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[float, ...]: ...
    def __getitem__(self, index: int | slice) -> float | tuple[float, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(self.size)))
        return float(self.first + range(self.size)[index] * self.width)


def options(start: str, end: str, step: str | int) -> Steps:
    """The numbers from `start` up to `end` in steps, computed in decimals so that 0.1 three times is 0.3.

    They are computed when they are asked for, so that many long ranges cost nothing. Raises ValueError for a range
    that goes down, a step that is not above 0, or more than 100,000 numbers.
    """
    first, last, width = Decimal(start), Decimal(end), Decimal(step)
    if last < first:
        raise ValueError(f"a range goes up, and {end} is below {start}")
    if width <= 0 or (last - first) / width >= MOST_OPTIONS:
        raise ValueError(f"a range has steps above 0, and at most {MOST_OPTIONS:,} numbers")
    return Steps(first, width, int((last - first) / width) + 1)


def _range(given: dict[str, Any]) -> Choice:
    try:
        return Choice(given["value"], options(given["from"], given["to"], given["step"]))
    except ValueError as error:
        raise Unfit("to", f"{error}.") from None


_NUMBER: Final = Number()
_POSITIVE: Final = {"exclusiveMinimum": 0.0}
_OWN: Final = Key(
    "value", _NUMBER, "The author's own number, taken where no seed is given. Without it, a seed is drawn.",
    default=None, nullable=True,
)  # fmt: skip
_STEPS: Final = "{from: -2, to: 2, step: 0.5}"
_NO_BOUNDS: Final = "A range has from and to; a list of numbers is choose: [1, 2]."
RANGE: Final = Record(
    keys=(
        _OWN,
        Key("from", Number(written=True), "The smallest number.", advice=_NO_BOUNDS),
        Key("to", Number(written=True), "The largest number.", advice=_NO_BOUNDS),
        Key("step", Number(_POSITIVE, written=True), "The distance from one number to the next.", default=1),
    ),
    words="An input whose number a seed draws: from, from + step, from + 2 step, ... up to `to`.",
    such=_STEPS,
    make=_range,
)
CHOOSE: Final = Record(
    keys=(_OWN, Key("choose", ListOf(_NUMBER, filled=True), "The numbers to draw from.")),
    words="An input whose number a seed draws from a list.",
    such="{choose: [1, 2]}",
    make=lambda given: Choice(given["value"], given["choose"]),
)


INPUT: Final = Either(
    (
        (
            lambda given: not isinstance(given, dict),
            Number(make=Choice, wanted=f"a number, or a range such as {_STEPS},"),
        ),
        (lambda given: "choose" not in given, RANGE),
        (lambda _: True, CHOOSE),
    ),
    phrase="a number or a range",
)
TOLERANCE: Final = Record(
    keys=(
        Key(
            "relative", Number({"exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0}),
            "As a part of the exact number: 0.02 is 2 %.", advice="Write tolerance: {relative: 0.02}.",
        ),
    ),
    words="How far an answer may be from the exact number.",
    such="{relative: 0.02}",
    make=lambda given: given["relative"],
)  # fmt: skip
_UPDATE: Final = "{rate: 0.1, nodes: [w35]}"
UPDATE: Final = Record(
    keys=(
        Key("rate", Number(_POSITIVE), "The learning rate.", advice=f"Write update: {_UPDATE}."),
        Key(
            "nodes", ListOf(Text(), filled=True), "The inputs that the step changes: weights and thresholds.",
            advice=f"Write update: {_UPDATE}.",
        ),
    ),
    words="One training step: w - rate * dL/dw.",
    such=_UPDATE,
    make=lambda given: Update(**given),
)  # fmt: skip
UNTIL: Final = Record(
    keys=(
        Key("loss", Number(_POSITIVE), "It ends when the loss over an epoch is below this.", None, nullable=True),
        Key("epochs", Number({"minimum": 1}, whole=True), "It ends after so many epochs.", None, nullable=True),
        Key("rate", Number(_POSITIVE), "The rate of training.", None, nullable=True),
    ),
    words="When `train` ends, and at which rate it trains.",
    such="{loss: 0.001}",
    make=lambda given: Until(**given),
)

NEURONS: Final = MappingOf(Text(), "{y5: X5}")

EXERCISE: Final = Record(
    keys=(
        Key(
            "title", Text(filled=True), "What the exercise is called.",
            advice="Say what the exercise is called, title: A first circuit.",
        ),
        Key(
            "graph", Text(), "The circuit, one line `name = expression` after another; the last line is the output.",
            advice="Give the circuit, graph: f = x + y.", field="graph_text",
        ),
        Key(
            "inputs", MappingOf(INPUT, "{x: 2, y: -3}"),
            "The inputs: each a number, or a range that a seed draws from, " + _STEPS + ".",
            advice="Give the inputs their numbers, inputs: {x: 2, y: -3}.", field="choices",
        ),
        Key(
            "output", Text(), "The output node, where it is not the last line.",
            None, nullable=True, sample="{output}", field=None,
        ),
        Key(
            "upstream", _NUMBER, "The gradient of the loss with respect to the output, given to the student.",
            1.0, sample="1.0",
        ),
        Key("loss", Text(), "The name used for the loss.", "L", sample="L"),
        Key(
            "stages", ListOf(Word(STAGES), filled=True, once="Each stage is asked once.", phrase="a list of stages"),
            "What is asked, in this order.", ("backward",),
        ),
        Key(
            "statement", Text(), "A text shown before the first question.",
            "", sample='"What the students read first."',
        ),
        Key("source", Text(), "Where the exercise is from.", "", sample='"Lecture 3, page 12"'),
        Key(
            "level", Number({"minimum": 1, "maximum": 5}, whole=True), "How hard it is, from 1 to 5.",
            None, nullable=True, sample="2",
        ),
        Key("tags", ListOf(Text(), phrase="a list of texts"), "Free words to find it by.", (), sample="[my course]"),
        Key(
            "hints", MappingOf(Text(), "{x: a text}"),
            "Hints by node or branch (x, w0->g1), shown before the tutor's own.",
            {}, sample='{{{input}: "What does its gate do to a gradient?"}}',
        ),
        Key(
            "tolerance", TOLERANCE, "How far an answer may be from the exact number, where not 2 %.",
            0.02, nullable=True, sample="{{relative: 0.02}}",
        ),
        Key(
            "neurons", NEURONS,
            "Each neuron's output with its net input, {y5: X5}: what the stage delta asks about.", {},
        ),
        Key(
            "update", UPDATE, "One training step, {rate: 0.1, nodes: [w35]}: what the stage update asks about.",
            None, nullable=True,
        ),
        Key(
            "data", ListOf(MappingOf(_NUMBER, "{x: 2, y: -3}"), filled=True, phrase="a list of rows, `{x: 2, y: -3}`"),
            "The rows of training, each with a number for the same inputs; all other inputs are trained.", (),
        ),
        Key("until", UNTIL, "When `train` ends, and at which rate it trains.", Until()),
    ),
    words="An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it.",
    such="title: ..., graph: ..., inputs: ...",
)  # fmt: skip
"""The keys of an exercise file, in the order in which authors are shown them."""
DEFAULTS: Final = {key.name: key.default for key in EXERCISE.keys}
"""What an exercise holds where its file leaves a key out."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an exercise file, for editors."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "backprop-tutor exercise"}
    return {**head, **EXERCISE.schema()}


def key_table() -> str:
    """The table of keys for authors, in Markdown; a key of a key is written with a point, `until.rate`."""
    head = ["| key | holds | if left out | what it is for |", "|---|---|---|---|"]
    return "\n".join([*head, *dict.fromkeys(_rows(EXERCISE.keys, ""))]) + "\n"


def _rows(keys: Sequence[Key], above: str) -> Iterator[str]:
    for key in keys:
        yield f"| `{above}{key.name}` | {key.kind.phrase} | {_left_out(key.default)} | {key.words} |"
        for between, record in _records(key.kind):
            yield from _rows(record.keys, f"{above}{key.name}{between}.")


def _records(kind: Kind) -> Iterator[tuple[str, Record]]:
    """The keys within a kind, each with what leads to them."""
    if isinstance(kind, Record):
        yield "", kind
    elif isinstance(kind, Either):
        for _, one in kind.kinds:
            yield from _records(one)
    elif isinstance(kind, (ListOf, MappingOf)):
        between = ".NAME" if isinstance(kind, MappingOf) else ""
        yield from ((between + rest, record) for rest, record in _records(kind.item))


def _left_out(default: Any) -> str:
    """What a default is in a file; nothing where an exercise simply does without."""
    if default is REQUIRED:
        return "required"
    if isinstance(default, float | int):
        return f"{default:g}"
    if not default or isinstance(default, Until):
        return ""
    return f"`[{', '.join(default)}]`" if isinstance(default, tuple) else f"`{default}`"
