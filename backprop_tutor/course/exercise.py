"""An exercise, a circuit with numbers and what is asked about it, and the keys of its file. It holds no answers: the
engine computes them.

Every key stands here once: loader, faults, JSON Schema, authors' table and `new` come from these rows.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

from backprop_tutor.course.schema import (
    BROKEN,
    Key,
    Kind,
    Reading,
    list_of,
    mapping_of,
    number,
    record,
    schema_of,
    text,
    word,
)
from backprop_tutor.course.yaml_text import Path
from backprop_tutor.engine.graph import Graph, Shape
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.errors import Fault

STAGES: Final = ("graph", "forward", "local", "backward", "symbolic", "delta", "update")
"""What an exercise of numbers can ask, in the order in which a lesson does."""
ARRAY_STAGES: Final = ("shape", "forward", "local", "backward", "formula", "update")
"""What an exercise of arrays can ask, in that order."""
NEEDS: Final = {"delta": ("neurons", "{y5: X5}"), "update": ("update", "{rate: 0.1, nodes: [w35]}")}
"""The key without which a stage has nothing to ask about, and how it is written."""
Rows = list[list[float]]
"""The entries of an array, row by row."""
GRADIENT: Final = "gradient"
"""The convention in which δ = ∂L/∂X and e = y - yd, as in Nielsen and Bishop."""
MOST_OPTIONS: Final = 100_000
"""The most numbers that a range may have."""


class Update(NamedTuple):
    """One training step: the learning rate, and the inputs that it changes."""

    rate: float
    nodes: tuple[str, ...]


class Until(NamedTuple):
    """When training ends: at a `loss` over an epoch, or after so many `epochs`; and the `rate` that it is done at."""

    loss: float | None = None
    epochs: int | None = None
    rate: float | None = None


class Steps:
    """The numbers of a range, each computed when it is asked for, so that many long ranges cost nothing."""

    def __init__(self, first: Decimal, width: Decimal, size: int) -> None:
        self.first, self.width, self.size = first, width, size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Steps) and vars(self) == vars(other)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: int) -> float:
        return float(self.first + range(self.size)[place] * self.width)


class Choice(NamedTuple):
    """The numbers an input may have: the author's own `value`, and the `options` a seed draws from."""

    value: float | None
    options: Steps | tuple[float, ...] = ()


def options(start: str, end: str, step: str | int) -> Steps:
    """The numbers from `start` up to `end` in steps, computed in decimals so that 0.1 three times is 0.3.

    Raises ValueError for a range that goes down, a step that is not above 0, or more than 100,000 numbers.
    """
    first, last, width = Decimal(start), Decimal(end), Decimal(step)
    if last < first:
        raise ValueError(f"a range goes up, and {end} is below {start}")
    if width <= 0 or (last - first) / width >= MOST_OPTIONS:
        raise ValueError(f"a range has steps above 0, and at most {MOST_OPTIONS:,} numbers")
    return Steps(first, width, int((last - first) / width) + 1)


_NUMBER: Final = number()
_POSITIVE: Final = number(exclusiveMinimum=0)
_OWN: Final = Key(
    "value", _NUMBER, "The author's own number, taken where no seed is given. Without it, a seed is drawn.",
    None, nullable=True,
)  # fmt: skip
_STEPS: Final = "{from: -2, to: 2, step: 0.5}"
_BOTH: Final = "A range has from and to; a list of numbers is choose: [1, 2]."
_UPDATE: Final = "{rate: 0.1, nodes: [w35]}"

_ENDS: Final = (
    Key("from", number(str), "The smallest number.", advice=_BOTH),
    Key("to", number(str), "The largest number.", advice=_BOTH),
    Key("step", number(str, exclusiveMinimum=0), "The distance from one number to the next.", 1),
)
_OPTIONS: Final = Key("choose", list_of(_NUMBER, filled=True), "The numbers to draw from.")

_FIXED: Final = number(Choice, f"a number, or a range such as {_STEPS},")
_RANGE: Final = record(
    (_OWN, *_ENDS),
    "An input whose number a seed draws: from, from + step, from + 2 step, ... up to `to`.",
    _STEPS,
    lambda given: Choice(given["value"], options(given["from"], given["to"], given["step"])),
    blamed="to",
)
_CHOOSE: Final = record(
    (_OWN, _OPTIONS),
    "An input whose number a seed draws from a list.",
    "{choose: [1, 2]}",
    lambda given: Choice(given["value"], given["choose"]),
)


class ArrayInput(NamedTuple):
    """An input that is an array: its shape (as text while it is being read), its own entries row by row (None without
    any), what others are drawn from."""

    shape: Any
    rows: Any = None
    options: Steps | tuple[float, ...] = ()

    def choices(self, name: str) -> dict[str, Choice]:
        """What each entry may be, by its name; nothing of an array without numbers."""
        if self.rows is None and not self.options:
            return {}
        names = entry_names(name, self.shape)
        own = [entry for row in self.rows for entry in row] if self.rows is not None else [None] * len(names)
        return {one: Choice(value, self.options) for one, value in zip(names, own, strict=True)}

    def checked(self) -> "ArrayInput":
        """With shape and entries as an exercise holds them. Raises ValueError, in words."""
        from backprop_tutor.engine.arrays import matrix, read_shape  # exercises of numbers load nothing of arrays

        shape, rows = self.shape, self.rows
        if isinstance(shape, str):
            try:
                shape = read_shape(shape)
            except Fault as fault:
                raise ValueError(str(fault).removesuffix(".")) from None
        if rows is not None:
            rows = matrix(rows)
            own = (len(rows), len(rows[0]))
            if shape is not None and shape[0] == 1 and own == (shape[1], 1):
                rows, own = [[row[0] for row in rows]], shape  # a flat list is a row where the shape says so
            if shape is not None and own != shape:
                raise ValueError(f"value is {own[0]}x{own[1]}, and shape says {shape[0]}x{shape[1]}")
            shape = own
        if self.options and not all(isinstance(size, int) for size in shape):
            raise ValueError("letters stand for any size, so no numbers are drawn for them")
        return ArrayInput(shape, rows, self.options)


def entry_names(name: str, shape: Shape) -> list[str]:
    """What the entries of an array are called among an exercise's values: `W[2,1]`, from 1, row by row."""
    rows, columns = shape
    if rows == columns == 1:
        return [name]
    return [f"{name}[{row},{column}]" for row in range(1, int(rows) + 1) for column in range(1, int(columns) + 1)]


_SHAPE: Final = r"^\s*\(?\s*\w+\s*[x×*,]\s*\w+\s*\)?\s*$"


def _shape(given: Any, path: Path, reading: Reading) -> Any:
    if isinstance(given, str) and re.search(_SHAPE, given):
        return given
    return reading.wrong(path, "a shape, rows x columns, belongs here: 2x3.")


def _rows(given: Any, path: Path, reading: Reading) -> Any:
    rows = given if isinstance(given, list) else []
    flat = [entry for row in rows for entry in (row if isinstance(row, list) else [row])]
    is_mixed = 0 < sum(isinstance(row, list) for row in rows) < len(rows)
    if not rows or [] in rows or is_mixed or not all(type(entry) in (int, float) for entry in flat):
        return reading.wrong(path, "an array is written row by row, [[1, 2], [3, 4]], a column also as [1, 2].")
    return given


_COLUMN: Final[dict[str, Any]] = {"type": "array", "items": {"type": "number"}, "minItems": 1}
_ROWS: Final = Kind(_rows, {"anyOf": [_COLUMN, {"type": "array", "items": _COLUMN, "minItems": 1}]})
_LETTERS: Final = Kind(_shape, {"type": "string", "pattern": _SHAPE})
_OF_SHAPE: Final = (
    Key("shape", _LETTERS, "Rows and columns of an array, 2x3.", advice="Write shape: 2x3."),
    Key("value", _ROWS, "The author's own entries, row by row.", None, nullable=True),
)
_ARRAY_RANGE: Final = record(
    (*_OF_SHAPE, *_ENDS),
    "An array of which a seed draws each entry from a range.",
    "{shape: 2x3, from: -1, to: 1, step: 0.1}",
    lambda given: ArrayInput(given["shape"], given["value"], options(given["from"], given["to"], given["step"])),
    blamed="to",
)
_ARRAY_CHOOSE: Final = record(
    (*_OF_SHAPE, _OPTIONS),
    "An array of which a seed draws each entry from a list.",
    "{shape: 2x3, choose: [1, 2]}",
    lambda given: ArrayInput(given["shape"], given["value"], given["choose"]),
)


def _input(given: Any, path: Path, reading: Reading) -> Any:
    """What is meant is looked at first, so that a wrong one gets one fault, not three."""
    if isinstance(given, list):
        rows = _ROWS.read(given, path, reading)
        return rows if rows is BROKEN else ArrayInput(None, rows)
    if isinstance(given, str) and re.search(_SHAPE, given):
        return ArrayInput(given)
    if isinstance(given, dict) and "shape" in given:
        return (_ARRAY_CHOOSE if "choose" in given else _ARRAY_RANGE).read(given, path, reading)
    kind = _FIXED if not isinstance(given, dict) else _CHOOSE if "choose" in given else _RANGE
    return kind.read(given, path, reading)


_INPUT: Final = Kind(
    _input,
    {
        "oneOf": [
            kind.schema for kind in (_FIXED, _RANGE, _CHOOSE, _ROWS, _LETTERS, _ARRAY_RANGE, _ARRAY_CHOOSE)
        ]
    },
)  # fmt: skip


def _upstream(given: Any, path: Path, reading: Reading) -> Any:
    return (_ROWS if isinstance(given, list) else _NUMBER).read(given, path, reading)


_UPSTREAM: Final = Kind(_upstream, {"oneOf": [_NUMBER.schema, _ROWS.schema]})
_TOLERANCE: Final = record(
    (
        Key(
            "relative", number(exclusiveMinimum=0, exclusiveMaximum=1), "As a part of the exact number: 0.02 is 2 %.",
            advice="Write tolerance: {relative: 0.02}.",
        ),
    ),
    "How far an answer may be from the exact number.",
    "{relative: 0.02}",
    lambda given: given["relative"],
)  # fmt: skip
_STEP: Final = record(
    (
        Key("rate", _POSITIVE, "The learning rate.", advice=f"Write update: {_UPDATE}."),
        Key(
            "nodes", list_of(text(), filled=True), "The inputs that the step changes: weights and thresholds.",
            advice=f"Write update: {_UPDATE}.",
        ),
    ),
    "One training step: w - rate * dL/dw.",
    _UPDATE,
    lambda given: Update(**given),
)  # fmt: skip
_UNTIL: Final = record(
    (
        Key("loss", _POSITIVE, "It ends when the loss over an epoch is below this.", None, nullable=True),
        Key("epochs", number(int, minimum=1), "It ends after so many epochs.", None, nullable=True),
        Key("rate", _POSITIVE, "The rate of training.", None, nullable=True),
    ),
    "When `train` ends, and at which rate it trains.",
    "{loss: 0.001}",
    lambda given: Until(**given),
)

COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
"""How two numbers are compared, by sign; longer signs before those that they begin with."""


class Condition(NamedTuple):
    """What every variant meets: two nodes or numbers as they are written, and a sign between them."""

    left: str
    sign: str
    right: str

    def __str__(self) -> str:
        return " ".join(self)


def _condition(given: Any, path: Path, reading: Reading) -> Any:
    text = given if isinstance(given, str) else ""
    sign = next((sign for sign in COMPARED if sign in text), "=")
    sides = [side.strip() for side in text.split(sign)]
    if len(sides) == 2 and sign in COMPARED and all(re.fullmatch(_SIDE, side) for side in sides):
        return Condition(sides[0], sign, sides[1])
    if sign == "=" and len(sides) == 2:
        return reading.wrong(path, "write == between two numbers that are to be equal.")
    if len(sides) > 2 or any(sign in side for side in sides for sign in COMPARED):
        return reading.wrong(path, "write two conditions, as in [0 < z, z < 1].")
    return reading.wrong(path, "a condition belongs here, such as z > 0: a node or a number on either side.")


_SIDE: Final = r"[^\s<>=!]+"
_CONDITION: Final = Kind(_condition, {"type": "string", "pattern": rf"^\s*{_SIDE}\s*(<|<=|>|>=|==|!=)\s*{_SIDE}\s*$"})

KEYS: Final = [
    Key(
        "title", text(filled=True), "What the exercise is called.",
        advice="Say what the exercise is called, title: A first circuit.",
    ),
    Key(
        "graph", text(), "The circuit, one line `name = expression` after another; the last line is the output.",
        advice="Give the circuit, graph: f = x + y.", field="graph_text",
    ),
    Key(
        "inputs", mapping_of(_INPUT, "{x: 2, y: -3}"),
        f"The inputs: each a number, or a range that a seed draws from, {_STEPS}; or an array, [[1, 2], [3, 4]].",
        advice="Give the inputs their numbers, inputs: {x: 2, y: -3}.", field="choices",
    ),
    Key(
        "output", text(), "The output node, where it is not the last line.", None, nullable=True,
        sample="{output}", field=None,
    ),
    Key(
        "upstream", _UPSTREAM, "The gradient of the loss with respect to the output, given to the student.", 1.0,
        sample="1.0",
    ),
    Key("loss", text(), "The name used for the loss.", "L", sample="L"),
    Key(
        "stages",
        list_of(word(*dict.fromkeys((*STAGES, *ARRAY_STAGES))), filled=True, once="Each stage is asked once."),
        "What is asked, in this order.", ("backward",),
    ),
    Key(
        "statement", text(), "A text shown before the first question.", "",
        sample='"What the students read first."',
    ),
    Key("source", text(), "Where the exercise is from.", "", sample='"Lecture 3, page 12"'),
    Key("level", number(int, minimum=1, maximum=5), "How hard it is, from 1 to 5.", None, nullable=True, sample="2"),
    Key("tags", list_of(text()), "Free words to find it by.", (), sample="[my course]"),
    Key(
        "hints", mapping_of(text(), "{x: a text}"),
        "Hints by node or branch (x, w0->g1), shown before the tutor's own.", {},
        sample='{{{input}: "What does its gate do to a gradient?"}}',
    ),
    Key(
        "tolerance", _TOLERANCE, "How far an answer may be from the exact number, where not 2 %.", 0.02, nullable=True,
        sample="{{relative: 0.02}}",
    ),
    Key(
        "neurons", mapping_of(text(), "{y5: X5}"),
        "Each neuron's output with its net input, {y5: X5}: what the stage delta asks about.", {},
    ),
    Key("update", _STEP, f"One training step, {_UPDATE}: what the stage update asks about.", None, nullable=True),
    Key(
        "data", list_of(mapping_of(_NUMBER, "{x: 2, y: -3}"), filled=True),
        "The rows of training, each with a number for the same inputs; all other inputs are trained.", (),
    ),
    Key("until", _UNTIL, "When `train` ends, and at which rate it trains.", Until()),
    Key(
        "where", list_of(_CONDITION, filled=True),
        "Conditions that every variant meets, [\"z > 0\", \"w0 != w1\"]: two nodes or numbers, compared.", (),
        sample='["{output} != 0"]',
    ),
    Key(
        "given", list_of(text(), filled=True, once="Name it once."),
        "Inputs whose gradients are not asked, such as data and labels.", (), sample="[{input}]",
    ),
    Key(
        "ask", list_of(text(), filled=True, once="Name it once."),
        "The nodes and branches that the stages forward, local, backward and symbolic ask about; without it, all.", (),
        sample="[{input}]",
    ),
    Key(
        "points", mapping_of(_POSITIVE, "{graph: 3, w0: 2}"),
        "What questions are worth, by stage or by name, {graph: 3, w0: 2}; the name wins, and 1 is the rest.", {},
        sample="{{backward: 2, {input}: 3}}",
    ),
    Key(
        "accept", list_of(text(), filled=True, once="Name it once."),
        "Ids of mistakes that the numbers may hide: `validate` warns of them no more.", (),
    ),
    Key(
        "delta", word("descent", GRADIENT),
        "What δ is: descent is δ = -∂L/∂X with e = yd - y, gradient is δ = ∂L/∂X with e = y - yd.",
        "descent",
    ),
]  # fmt: skip
"""The keys of an exercise file, in the order in which authors are shown them."""
DEFAULTS: Final = {key.name: key.default for key in KEYS}
"""What an exercise holds where its file leaves a key out."""


@dataclass(eq=False, repr=False)  # not frozen: that writes three more methods, anew at each start
class Exercise:
    """One exercise at one set of numbers. Not to be changed once made.

    `values` are the inputs' numbers (of arrays their entries', `W[2,1]`), `seed` the variant they come from (None for
    the author's own), `choices` what they are drawn from, `upstream` dL/d(output), `tolerance` relative,
    `neurons` each neuron's output with its net input; `data` are the rows of training, numbers by input;
    `where` is what every variant meets, `given` the inputs whose gradients are not asked, `ask` the nodes and branches
    that are asked (empty: all), `points` what the questions of a stage, or one question, are worth (else 1), `accept`
    the mistakes that its numbers may hide, `delta` the convention of errors and deltas; `more` the values of keys that
    have no field of their own here.
    """

    id: str
    title: str
    graph_text: str
    graph: Graph
    choices: Mapping[str, Choice]
    values: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    upstream: float = DEFAULTS["upstream"]
    loss: str = DEFAULTS["loss"]
    stages: tuple[str, ...] = DEFAULTS["stages"]
    statement: str = DEFAULTS["statement"]
    source: str = DEFAULTS["source"]
    level: int | None = DEFAULTS["level"]
    tags: tuple[str, ...] = DEFAULTS["tags"]
    hints: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = DEFAULTS["tolerance"]
    neurons: Mapping[str, str] = field(default_factory=dict)
    update: Update | None = DEFAULTS["update"]
    path: str = ""
    data: tuple[Mapping[str, float], ...] = DEFAULTS["data"]
    until: Until = DEFAULTS["until"]
    where: tuple[Condition, ...] = DEFAULTS["where"]
    given: tuple[str, ...] = DEFAULTS["given"]
    ask: tuple[str, ...] = DEFAULTS["ask"]
    upstream_array: Rows | None = None
    points: Mapping[str, float] = field(default_factory=dict)
    accept: tuple[str, ...] = DEFAULTS["accept"]
    delta: str = DEFAULTS["delta"]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sign(self) -> float:
        """1.0 where a neuron's delta is the gradient ∂L/∂X, -1.0 where it points downhill."""
        return 1.0 if self.delta == GRADIENT else -1.0

    @cached_property
    def solution(self) -> Solution:
        """Every value and gradient at these numbers; of arrays an ArraySolution. Raises OutOfDomain."""
        if self.is_array:
            # Loaded for arrays alone, as all that knows them.
            from backprop_tutor.engine.array_graph import sample
            from backprop_tutor.engine.array_passes import solve_arrays

            upstream = self.upstream if self.upstream_array is None else self.upstream_array
            if self.has_numbers:
                return solve_arrays(self.graph, self.arrays, upstream)
            return replace(solve_arrays(*sample(self.graph)), graph=self.graph, is_sample=True)
        return solve(self.graph, self.values, self.upstream)

    @property
    def is_array(self) -> bool:
        """Whether its values are arrays."""
        return bool(self.graph.shapes)

    @property
    def has_numbers(self) -> bool:
        """Whether it has numbers, or shapes alone (`N x D`)."""
        return bool(self.choices or self.values)

    @cached_property
    def arrays(self) -> dict[str, Rows]:
        """The inputs' arrays by name, of an exercise of arrays that has numbers."""
        found = {}
        for name in self.graph.input_names:
            shape = self.graph.shape(name)
            entries = iter([self.values[entry] for entry in entry_names(name, shape)])
            found[name] = [[next(entries) for _ in range(int(shape[1]))] for _ in range(int(shape[0]))]
        return found


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an exercise file, for editors."""
    words = "An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it."
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "backprop-tutor exercise"}
    return {**head, **schema_of(KEYS, words)}
