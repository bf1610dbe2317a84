"""Typed text in, an Answer of entries out: arrays in brackets or one row per line, formulas such as `dq @ x.T`,
shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from backprop_tutor.engine import array_language, arrays
from backprop_tutor.engine.array_language import Operand
from backprop_tutor.engine.array_notation import TURN, array_tokens_of, closing, in_brackets
from backprop_tutor.engine.array_text import check_length, entry_spans, read_shape
from backprop_tutor.engine.arrays import Matrix
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.graph import Shape
from backprop_tutor.engine.language import NUMBER, NotArithmetic, Step, TooLong, parse
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span, half_width
from backprop_tutor.tutor.marking.answers import MOST_CHARACTERS, Answer, Number, Numbers
from backprop_tutor.tutor.marking.expressions import (
    OF_PROGRAMS,
    Named,
    NoAnswer,
    read_answer,
    sides_of,
    within,
    without_target,
)

_MOST_STEPS: Final = 200
"""The most operations in one formula: products of large arrays take time."""
_MOST_TO_WORK_OUT: Final = 2000
"""Characters of entries that are not plain numbers: a table of 10 × 10 fractions has less than half of that."""
_ROW: Final = (1, 2)
"""The shape that a flat list in a formula is read as."""
_NUMBERS: Final = re.compile(rf"[\s,;]*+(?:[-+\u2212\u2013]?\s?+(?:{NUMBER}|[½¼¾])(?:/[0-9]+)?[\s,;]*+)+")


class ArrayNames(Named, Protocol):
    """What an answer to a question about an array may name."""

    @property
    def shape(self) -> Shape:
        """The shape of the answer."""

    @property
    def values(self) -> Mapping[str, Operand]:
        """The nodes' arrays, and the numbers that size letters stand for."""

    def gradient(self, name: str, span: Span) -> tuple[str, Matrix] | None:
        """The symbol and the array of a known gradient; None if the name is not a gradient. Raises NotKnownYet."""


def read_array_answer(text: str, names: ArrayNames) -> Answer:
    """The array in a text: numbers in brackets or one row per line, or a formula. Raises a Fault."""
    if isinstance(text, Number | Numbers):
        answer = read_array_answer(str(text), names)
        rows = [[entry._replace(precision=OF_PROGRAMS) for entry in row] for row in answer.entries]
        return answer._replace(entries=tuple(map(tuple, rows)))
    check_length(text)
    text = in_brackets(half_width(text))
    start, end = within(text)
    if start >= end:
        raise NoAnswer((0, max(1, len(text))))
    sides = sides_of(text, start, end)
    if len(sides) > 1:
        sides = without_target(text, sides, names.values, names)
    start, end = sides[-1]
    if start >= end:
        raise NoAnswer((start, end + 1))
    if _is_numbers(text, start, end):
        return _array(text, start, end, names.shape)
    stop = closing(text, start, end) if text[start] == "[" else None
    if stop is not None and TURN.fullmatch(text[stop:end].strip()):  # with the digits of its entries
        return _answer(text, [list(row) for row in zip(*_array(text, start, stop, _ROW).entries, strict=True)])
    return _formula(text, start, end, names)


def read_shape_answer(text: str, in_letters: bool) -> Answer:
    """The answer to a question about a shape, whose sizes may be letters. Raises a Fault."""
    start, end = within(text)
    if start >= end:
        raise NoAnswer((0, max(1, len(text))))
    shape = read_shape(text[start:end].rpartition("=")[2])
    if not in_letters and any(isinstance(size, str) for size in shape):
        raise NotArithmetic((start, end), what="the sizes are numbers here. Write rows x columns, as in 2x3.")
    return Answer(text, 0.0, shape=shape)


def read_part(text: str, names: ArrayNames) -> Answer:
    """A factor or a term of a working: numbers, of which a flat list is a column, or a formula. Raises a Fault."""
    check_length(text)
    text = in_brackets(text)
    start, end = within(text)
    if start >= end:
        raise NoAnswer((0, max(1, len(text))))
    if _is_numbers(text, start, end):
        return _array(text, start, end, (2, 1))
    return _formula(text, start, end, names, is_whole=False)


def of_program(array: Matrix, text: str, precision: float) -> Answer:
    """The answer handed over by a program."""
    return _answer(text, [[Answer(repr(one), one, precision=precision) for one in row] for row in array])


def value_at(answer: Answer, names: Mapping[str, Operand]) -> Matrix:
    """The value of a formula at other arrays, with symbols of gradients as names; numbers stay. Raises a Fault."""
    if not answer.steps:
        return array_of(answer)
    return array_language.as_array(array_language.evaluate(answer.steps, names))


def array_of(answer: Answer) -> Matrix:
    """Only the numbers of an answer."""
    return [[entry.value for entry in row] for row in answer.entries]


def _is_numbers(text: str, start: int, end: int) -> bool:
    """Whether a text is an array of entries rather than a formula: it is in brackets, with nothing beside them."""
    piece = text[start:end]
    if "[" in piece and piece.count("[") == piece.count("]"):
        return _is_blank(_outside(piece))
    return piece[0] == "[" or ";" in piece or "\n" in piece or _NUMBERS.fullmatch(piece) is not None


def _outside(piece: str) -> str:
    """The part of a text that is outside all brackets."""
    depth, found = 0, []
    for character in piece:
        depth += character == "["
        if depth <= 0:
            found.append(character)
        depth -= character == "]"
    return "".join(found)


def _is_blank(text: str) -> bool:
    return not text.strip(" \t\r\n,;")


def _array(text: str, start: int, end: int, wanted: Shape) -> Answer:
    rows: list[list[Answer]] = []
    seen: dict[str, Answer] = {}  # many entries of an array are alike
    work = 0
    for spans in entry_spans(text, start, end):
        rows.append([])
        for span in spans:
            written = text[slice(*span)]
            if written not in seen:
                seen[written] = _entry(written, span[0])
                work += 0 if seen[written].is_plain else len(written)
                if work > _MOST_TO_WORK_OUT:
                    what = f"entries that have to be worked out have at most {_MOST_TO_WORK_OUT:,} characters in all."
                    raise NotArithmetic(span, what=f"{what} Write numbers.")
            rows[-1].append(seen[written])
    is_flat = len(rows) == 1 and ";" not in text[start:end] and text.count("[", start, end) < 2
    if is_flat and len(rows[0]) > 1 and wanted[1] == 1:
        rows = [[entry] for entry in rows[0]]  # a flat list is accepted for any vector
    return _answer(text, rows)


def _entry(written: str, start: int) -> Answer:
    """One entry, with its digits. Raises the Fault at its place in the whole text, counted from `start`."""
    try:
        return read_answer(written, {}, "a number")
    except Fault as fault:
        fault.span = fault.span[0] + start, fault.span[1] + start
        raise


def _answer(text: str, rows: list[list[Answer]], steps: tuple[Step, ...] = (), symbols: tuple[str, ...] = ()) -> Answer:
    largest = max((entry for row in rows for entry in row), key=lambda entry: abs(entry.value))
    entries = tuple(map(tuple, rows))
    return Answer(text, largest.value, steps=steps, symbols=symbols, entries=entries, shape=(len(rows), len(rows[0])))


def _formula(text: str, start: int, end: int, names: ArrayNames, is_whole: bool = True) -> Answer:
    if end - start > MOST_CHARACTERS:
        raise TooLong((start, start + 1), size=f"{end - start:,} characters", limit=f"{MOST_CHARACTERS:,}", advice="")
    values = dict(names.values)
    steps: list[Step] = []
    symbols: list[str] = []
    numbers: set[str] = set()

    def literal(begins: int, stop: int) -> str:
        name = text[begins:stop]
        values[name] = array_of(_array(text, begins, stop, _ROW))
        numbers.add(name)
        return name

    for step in parse(array_tokens_of(text, start, end, values, names.is_symbol, literal), (start, end), text):
        is_other = step.kind == "name" and step.text not in values and step.text not in CONSTANTS
        found = names.gradient(step.text, step.span) if is_other else None
        if found is not None:
            symbol, values[symbol] = found
            symbols.append(symbol)
        steps.append(step if found is None else step._replace(text=symbol))
    if len(steps) > _MOST_STEPS:
        raise TooLong((start, end), size=f"{len(steps)} operations", limit=str(_MOST_STEPS), advice="")
    found_array = array_language.as_array(array_language.evaluate(steps, values))
    if is_whole and arrays.shape_of(found_array) == (1, 1):  # `dL/N` applies to every entry, as people write it
        found_array = arrays.stretched(found_array, names.shape)
    rows = [[Answer(repr(entry), entry) for entry in row] for row in found_array]
    names_any = any(step.kind == "name" and step.text not in numbers for step in steps)
    return _answer(text, rows, tuple(steps) if names_any else (), tuple(symbols))
