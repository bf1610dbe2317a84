"""Numbers as the lesson writes them: two decimals, and more only where two would hide the number."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from backprop_tutor.engine.gates import Gate

_LONGEST_FORMULA = 30


def shown(value: float) -> str:
    """The number with two decimals, or as many as show two significant digits; `1.2e-05` where that is long."""
    if value == 0 or abs(value) < 1e-300:
        return "0.00"
    size = abs(value)
    if size >= 1e7 or size < 1e-4:
        return f"{value:.1e}" if size < 1 else f"{value:.3g}"
    decimals = 2
    if size < 0.095 and abs(round(value, 2) - value) > 1e-9 * size:
        decimals = 1 - floor(log10(size))
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def signed(value: float) -> str:
    """The number as `shown`, in parentheses where it is negative, so that it can stand after a `*`."""
    text = shown(value)
    return f"({text})" if text.startswith("-") else text


def filled_in(gate: Gate, values: Sequence[float], constant: float | None) -> str:
    """A gate as its line with numbers for its inputs: `2.00 * (-1.00)`, `exp(-1.00)`."""
    as_operand = shown if gate.is_function else signed
    return gate.written([as_operand(value) for value in values], constant)


def with_number(formula: str, value: float) -> str:
    """A formula and its number, `x0 = -1.00`; the number alone where the formula is a number or long."""
    number = shown(value)
    plain = formula.lstrip("-").replace(".", "", 1).isdigit()
    return number if plain or len(formula) > _LONGEST_FORMULA else f"{formula} = {number}"


def fine(value: float, decimals: int = 4) -> str:
    """The number with four decimals, as weights are written; with more where they would not show two of its digits."""
    if value == 0 or abs(value) < 1e-300:
        return f"{0:.{decimals}f}"
    if not 1e-5 <= abs(value) < 1e7:
        return f"{value:.1e}" if abs(value) < 1 else f"{value:.6g}"
    first = -floor(log10(abs(value)))
    return f"{value:.{max(decimals, first + 1)}f}"


def fine_signed(value: float, decimals: int = 4) -> str:
    """The number as `fine`, in parentheses where it is negative."""
    text = fine(value, decimals)
    return f"({text})" if text.startswith("-") else text


def apart(values: Sequence[float]) -> list[str]:
    """The numbers with as many decimals, four at least, as it takes to tell them apart."""
    for decimals in range(4, 13):
        texts = [f"{value:.{decimals}f}" for value in values]
        if len(set(texts)) == len(set(values)):
            return texts
    return [repr(value) for value in values]
