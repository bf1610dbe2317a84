"""An answer: a number with its digits as written, or a formula; the reading of a plain number; and what a Python
program hands over, in Python's own numbers or those of NumPy, PyTorch and JAX, as text."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any, Final

from backprop_tutor.engine.graph import Shape
from backprop_tutor.engine.language import MINUS, NUMBER, NumberTooLarge, Step, TooLong
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span

_MOST_SHOWN = 24  # characters of a number that is too large
_LEAST_POWER, _MOST_POWER = -320, 300  # exponents of the unit of a last digit: floats end near there
MOST_CHARACTERS: Final = 1000
"""The longest answer that is read."""
_PLAIN = re.compile(rf"\s*+([^\s\w.]?)[^\S\n]*+({NUMBER})\s*+")  # no backtracking: linear in the length of the text
_SIMPLE = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]{1,17}))?")
_UNITS = [10.0**-places for places in range(18)]


class Number(str):
    """A number handed over by a program, as text: it contains no names, and its digits are the program's."""

    __slots__ = ()


class Numbers(str):
    """An array of numbers handed over by a program, written row by row."""

    __slots__ = ()


class Answer(NamedTuple):
    """An answer as it was read.

    `unit` is one unit of the last digit written; an expression has no digits of its own, so its unit is 0. `steps` are
    those of a formula, empty for a number. `precision` is the relative error of a number computed by a program; 0 for
    one that a person wrote. `symbols` are those in a formula, such as dL/dq; its steps hold their numbers instead. For
    an array, `entries` are its rows, each entry an answer with its own digits, and `value` is its largest entry; for a
    question about a shape, `shape` is the answer.
    """

    text: str
    value: float
    unit: float = 0.0
    steps: tuple[Step, ...] = ()
    precision: float = 0.0
    symbols: tuple[str, ...] = ()
    entries: tuple[tuple[Answer, ...], ...] = ()
    shape: Shape | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the answer is a single number, whose digits say how far it was rounded."""
        return self.unit > 0

    @property
    def digits(self) -> int:
        """How many significant digits a plain answer shows."""
        if not self.value or not self.unit:
            return 0
        first, last = (int(f"{number:.15e}".rpartition("e")[2]) for number in (self.value, self.unit))
        return first - last + 1

    @property
    def has_names(self) -> bool:
        """Whether the answer is a formula in names."""
        return bool(self.steps) and any(step.kind == "name" for step in self.steps)


def read_plain(text: str) -> Answer | None:
    """The answer, if it is one number and nothing else. Raises NumberTooLarge, TooLong."""
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        return Answer(text, float(text), _UNITS[len(simple[1] or "")])
    if len(text) > MOST_CHARACTERS:
        raise TooLong((0, 1), size=f"{len(text):,} characters", limit=f"{MOST_CHARACTERS:,}", advice="")
    return plain_number(text, 0, len(text))


def plain_number(text: str, start: int, end: int) -> Answer | None:
    """The answer in part of a text, if it is one number. Raises NumberTooLarge."""
    match = _PLAIN.fullmatch(text, start, end)
    if match is None or match[1] not in ("", "+", *MINUS):
        return None
    return answer_of(text, match[1], match[2], match.span(2))


def answer_of(text: str, sign: str, number: str, span: Span) -> Answer:
    """The answer for a number written in ASCII, and its sign. Raises NumberTooLarge."""
    number = number.replace("\u2212", "-")
    value = float(number)
    if not math.isfinite(value):
        raise NumberTooLarge(span, number=number[:_MOST_SHOWN])
    mantissa, _, exponent = number.lower().partition("e")
    decimals = mantissa.partition(".")[2]
    unit = 10.0 ** max(_LEAST_POWER, min(_MOST_POWER, int(exponent or "0") - len(decimals)))
    return Answer(text, -value if sign and sign in MINUS else value, unit)


_FLOAT32: Final = struct.Struct("f")
_DIGITS_OF_FLOAT32: Final = 9  # digits enough to tell any two of them apart
_DIGITS: Final = 12  # digits of a float: smaller differences never matter in marking
_MOST_DIMENSIONS: Final = 2
_MOST_BITS: Final = 1024  # digits of a whole number that is also a float


def as_written(answers: Any, place: str = "answers", of_arrays: bool = False) -> Any:
    """Answers as they would appear in a file: mappings and lists unchanged, with texts for numbers and, in an exercise
    `of_arrays`, for lists of rows and arrays of NumPy, PyTorch and JAX. Raises TypeError, naming the `place`, for what
    cannot be an answer: an array of several numbers where one belongs, more than two dimensions, or no number at all.
    """
    if isinstance(answers, Mapping):
        return {str(name): as_written(value, f"{place}[{name!r}]", of_arrays) for name, value in answers.items()}
    if of_arrays and (isinstance(answers, list | tuple) or prod(getattr(answers, "shape", ())) != 1):
        return _rows(answers, place)
    if isinstance(answers, list | tuple):
        return list(answers)
    return _text(answers, place)


def _rows(array: Any, place: str) -> Numbers:
    """An array as a student would write it: `[[1, 2], [3, 4]]`; of one dimension `[1, 2]`."""
    shape = tuple(getattr(array, "shape", ()))
    if len(shape) > _MOST_DIMENSIONS or (shape and not hasattr(array, "tolist")):
        raise TypeError(f"{place} has the shape {shape}: rows and columns belong here.")
    rows = array.tolist() if shape else array
    parts = [
        f"[{', '.join(_entry(one, place) for one in row)}]" if isinstance(row, list | tuple) else _entry(row, place)
        for row in rows
    ]
    return Numbers(f"[{', '.join(parts)}]")


def _entry(value: Any, place: str) -> str:
    return _text(value, place) or ""


def _text(value: Any, place: str) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None else str(value)
    if isinstance(value, bool):
        return Number("true" if value else "false")  # not a number, whatever a node is called
    if isinstance(value, int):
        return Number(value if value.bit_length() <= _MOST_BITS else f"{Decimal(value):.3e}")
    if isinstance(value, Fraction | Decimal):
        return str(value)  # as exact as it was written
    if isinstance(value, float):
        return Number(_shortest(float(value)))
    shape = tuple(getattr(value, "shape", ()))
    if prod(shape) != 1:
        raise TypeError(f"{place} has the shape {shape}: one number belongs here.")
    if hasattr(value, "item"):  # NumPy, PyTorch, JAX, pandas
        inside = value.item()
        if type(inside) is not type(value):  # also for a type that Python has no number for, such as NumPy's longdouble
            return _text(inside, place)
    if hasattr(value, "__float__"):
        return Number(_shortest(float(value)))
    raise TypeError(f"{place} is of the type {type(value).__name__}: a number or a text belongs here.")


def _shortest(value: float) -> str:
    """A short text for a float, to show to a student: for a float32, enough digits to tell it from any other; for a
    long result of arithmetic, 12 digits."""
    text = repr(value + 0.0).removesuffix(".0")  # -0.0 is 0, and the decimal in 3.0 was not written by anybody
    if len(text) <= _DIGITS:
        return text
    if not _is_float32(value):
        return f"{value:.{_DIGITS}g}"
    shorter = (f"{value:.{digits}g}" for digits in range(1, _DIGITS_OF_FLOAT32 + 1))
    return next((one for one in shorter if _as_float32(float(one)) == value), text)


def _is_float32(value: float) -> bool:
    try:
        return _as_float32(value) == value
    except OverflowError:
        return False


def _as_float32(value: float) -> float:
    found: float = _FLOAT32.unpack(_FLOAT32.pack(value))[0]
    return found
