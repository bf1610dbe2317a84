"""Turns the answers that a Python program hands over into texts: Python's own numbers, and those of NumPy, PyTorch and
JAX."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any, Final

from backprop_tutor.tutor.marking.answers import Number, Numbers

_FLOAT32: Final = struct.Struct("f")
_DIGITS_OF_FLOAT32: Final = 9  # digits enough to tell any two of them apart
_DIGITS: Final = 12  # digits of a float: smaller differences never matter in marking
_MOST_DIMENSIONS: Final = 2
_MOST_BITS: Final = 1024  # digits of a whole number that is also a float


def as_written(answers: Any, place: str = "answers", of_arrays: bool = False) -> Any:
    """Answers as they would appear in a file: mappings and lists unchanged, with texts for numbers and, in an exercise
    `of_arrays`, for lists of rows and arrays of NumPy, PyTorch and JAX. Raises TypeError, naming the `place`, for what
    cannot be an answer: several numbers at once where one belongs, more than two dimensions, or no number at all.
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
