"""Every key of an exercise file, once: the loader, faults, JSON Schema, table for authors and `new` come from here."""

from __future__ import annotations

import re
from typing import Any, Final

from backprop_tutor.course.exercise import Exercise
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
from backprop_tutor.course.values import (
    COMPARED,
    GRADIENT,
    STAGE_WORDS,
    ArrayInput,
    Choice,
    Condition,
    Until,
    Update,
    options,
)
from backprop_tutor.course.yaml_text import Path

_NUMBER: Final = number()
_POSITIVE: Final = number(exclusiveMinimum=0)
_OWN: Final = Key(
    "value", _NUMBER, "The author's own number, used when no seed is given. Without it, a seed is drawn.",
    None, nullable=True,
)  # fmt: skip
_STEPS: Final = "{from: -2, to: 2, step: 0.5}"
_BOTH: Final = "A range has from and to; for a list of numbers write choose: [1, 2]."
_UPDATE: Final = "{rate: 0.1, nodes: [w35]}"

_ENDS: Final = (
    Key("from", number(str), "The smallest number.", advice=_BOTH),
    Key("to", number(str), "The largest number.", advice=_BOTH),
    Key("step", number(str, exclusiveMinimum=0), "The distance from one number to the next.", 1),
)
_OPTIONS: Final = Key("choose", list_of(_NUMBER, filled=True), "The numbers to draw from.")

_FIXED: Final = number(Choice, f"a number or a range such as {_STEPS}")
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

_SHAPE: Final = r"^\s*\(?\s*\w+\s*[x×*,]\s*\w+\s*\)?\s*$"


def _shape(given: Any, path: Path, reading: Reading) -> Any:
    if isinstance(given, str) and re.search(_SHAPE, given):
        return given
    return reading.wrong(path, "must be rows x columns, such as 2x3.")


def _rows(given: Any, path: Path, reading: Reading) -> Any:
    rows = given if isinstance(given, list) else []
    flat = [entry for row in rows for entry in (row if isinstance(row, list) else [row])]
    is_mixed = 0 < sum(isinstance(row, list) for row in rows) < len(rows)
    if not rows or [] in rows or is_mixed or not all(type(entry) in (int, float) for entry in flat):
        return reading.wrong(
            path, "must be an array, row by row, such as [[1, 2], [3, 4]]; a column may also be [1, 2]."
        )
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
    "An array whose entries a seed draws from a range.",
    "{shape: 2x3, from: -1, to: 1, step: 0.1}",
    lambda given: ArrayInput(given["shape"], given["value"], options(given["from"], given["to"], given["step"])),
    blamed="to",
)
_ARRAY_CHOOSE: Final = record(
    (*_OF_SHAPE, _OPTIONS),
    "An array whose entries a seed draws from a list.",
    "{shape: 2x3, choose: [1, 2]}",
    lambda given: ArrayInput(given["shape"], given["value"], given["choose"]),
)


def _input(given: Any, path: Path, reading: Reading) -> Any:
    """Decides first which kind is meant, so that a wrong one gets one fault instead of three."""
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
            "relative", number(exclusiveMinimum=0, exclusiveMaximum=1), "As a fraction of the exact number: 0.02 is 2 "
            "%.",
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
        Key("loss", _POSITIVE, "Training ends when the loss over an epoch is below this.", None, nullable=True),
        Key("epochs", number(int, minimum=1), "Training ends after this many epochs.", None, nullable=True),
        Key("rate", _POSITIVE, "The learning rate for training.", None, nullable=True),
    ),
    "When `train` ends, and with which learning rate it trains.",
    "{loss: 0.001}",
    lambda given: Until(**given),
)


def _condition(given: Any, path: Path, reading: Reading) -> Any:
    text = given if isinstance(given, str) else ""
    sign = next((sign for sign in COMPARED if sign in text), "=")
    sides = [side.strip() for side in text.split(sign)]
    if len(sides) == 2 and sign in COMPARED and all(re.fullmatch(_SIDE, side) for side in sides):
        return Condition(sides[0], sign, sides[1])
    if sign == "=" and len(sides) == 2:
        return reading.wrong(path, "must compare with ==, not =.")
    if len(sides) > 2 or any(sign in side for side in sides for sign in COMPARED):
        return reading.wrong(path, "must be a single comparison: write two, as in [0 < z, z < 1].")
    return reading.wrong(path, "must be a condition such as z > 0, with a node or a number on each side.")


_SIDE: Final = r"[^\s<>=!]+"
_CONDITION: Final = Kind(_condition, {"type": "string", "pattern": rf"^\s*{_SIDE}\s*(<|<=|>|>=|==|!=)\s*{_SIDE}\s*$"})

KEYS: Final = [
    Key(
        "title", text(filled=True), "The exercise's title.",
        advice="Give the exercise one, such as title: A first circuit.",
    ),
    Key(
        "graph", text(), "The circuit, one line `name = expression` after another; the last line is the output.",
        advice="Give the circuit, such as graph: f = x + y.", field="graph_text",
    ),
    Key(
        "inputs", mapping_of(_INPUT, "{x: 2, y: -3}"),
        f"The inputs: each a number, or a range that a seed draws from, {_STEPS}; or an array, [[1, 2], [3, 4]].",
        advice="Give each input a number, such as inputs: {x: 2, y: -3}.", field="choices",
    ),
    Key(
        "output", text(), "The output node, if it is not the last line.", None, nullable=True,
        sample="{output}", field=None,
    ),
    Key(
        "upstream", _UPSTREAM, "The gradient of the loss with respect to the output, given to the student.",
        Exercise.upstream,
        sample="1.0",
    ),
    Key("loss", text(), "The name used for the loss.", Exercise.loss, sample="L"),
    Key(
        "stages",
        list_of(word(*STAGE_WORDS), filled=True, once="Name each stage once."),
        "What is asked, in this order.", Exercise.stages,
    ),
    Key(
        "statement", text(), "A text shown before the first question.", Exercise.statement,
        sample='"What the students read first."',
    ),
    Key("source", text(), "Where the exercise comes from.", Exercise.source, sample='"Lecture 3, page 12"'),
    Key(
        "level", number(int, minimum=1, maximum=5), "How hard it is, from 1 to 5.",
        Exercise.level, nullable=True, sample="2",
    ),
    Key("tags", list_of(text()), "Keywords for finding it.", Exercise.tags, sample="[my course]"),
    Key(
        "hints", mapping_of(text(), "{x: a text}"),
        "Hints by node or branch (x, w0->g1), shown before the tutor's own: at gradients, or at values without "
        "`backward`.",
        Exercise.hints,
        sample='{{{input}: "What does its gate do to a gradient?"}}',
    ),
    Key(
        "tolerance", _TOLERANCE, "How far an answer may be from the exact number, if not 2 %.",
        Exercise.tolerance, nullable=True,
        sample="{{relative: 0.02}}",
    ),
    Key(
        "neurons", mapping_of(text(), "{y5: X5}"),
        "Each neuron's output with its net input, {y5: X5}: what the stage delta asks about.", Exercise.neurons,
    ),
    Key(
        "update", _STEP, f"One training step, {_UPDATE}: what the stage update asks about.",
        Exercise.update, nullable=True,
    ),
    Key(
        "data", list_of(mapping_of(_NUMBER, "{x: 2, y: -3}"), filled=True),
        "The rows of training data, each with numbers for the same inputs; all other inputs are trained.",
        Exercise.data,
    ),
    Key("until", _UNTIL, "When `train` ends, and with which learning rate it trains.", Exercise.until),
    Key(
        "where", list_of(_CONDITION, filled=True),
        "Conditions that every variant must meet, [\"z > 0\", \"w0 != w1\"]: two nodes or numbers, compared.",
        Exercise.where,
        sample='["{output} != 0"]',
    ),
    Key(
        "given", list_of(text(), filled=True, once="Name it once."),
        "Inputs whose gradients are not asked for, such as data and labels.", Exercise.given, sample="[{input}]",
    ),
    Key(
        "ask", list_of(text(), filled=True, once="Name it once."),
        "The nodes and branches that the stages forward, local, backward and symbolic ask about. Default: all.",
        Exercise.ask,
        sample="[{input}]",
    ),
    Key(
        "points", mapping_of(_POSITIVE, "{graph: 3, w0: 2}"),
        "What questions are worth, by stage or by name, {graph: 3, w0: 2}; a name overrides its stage, and all others "
        "are worth 1.", Exercise.points,
        sample="{{backward: 2, {input}: 3}}",
    ),
    Key(
        "accept", list_of(text(), filled=True, once="Name it once."),
        "Ids of mistakes that the numbers may hide: `validate` no longer warns about them.", Exercise.accept,
    ),
    Key(
        "delta", word("descent", GRADIENT),
        "The definition of δ: descent is δ = -∂L/∂X with e = yd - y, gradient is δ = ∂L/∂X with e = y - yd.",
        Exercise.delta,
    ),
]  # fmt: skip
"""The keys of an exercise file, in the order in which authors see them."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an exercise file, for editors."""
    words = "An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it."
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "backprop-tutor exercise"}
    return {**head, **schema_of(KEYS, words)}
