"""The equations between numbers in a text, and whether each is true of the digits that it shows; read and computed
without the tutor's own parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isclose
from typing import Any

from backprop_tutor.engine.gates import GATES

_FUNCTIONS: dict[str, Any] = {name: gate.function for name, gate in GATES.items() if gate.is_function}
_NUMBER = r"\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_PIECE = re.compile(rf"{_NUMBER}|(?:{'|'.join(_FUNCTIONS)})\(|[-−+×*/^²³(), ]")
_RESULT = re.compile(rf" = ([-−]?{_NUMBER})(?![\w.]*\w| ?[×*/^²³(]| [-+])")
_PYTHON = str.maketrans({"×": "*", "−": "-", "^": "**", "²": "**2", "³": "**3"})


def equations(text: str) -> Iterator[tuple[str, str]]:
    """Every expression of numbers only that is said to equal a number, with that number."""
    text = " ".join(text.split())
    for found in _RESULT.finditer(text):
        left = _before(text[: found.start()])
        if re.search(r"[×*/^²³(]|\d [-+] ", left):
            yield left, found[1]


def _before(text: str) -> str:
    """The expression with which a text ends; empty if a name is part of it."""
    for start in range(len(text)):
        if start and (text[start - 1].isalnum() or text[start - 1] in "._∂δ·"):
            continue  # in the middle of a word or a number
        rest = text[start:]
        if rest[:1] in "0123456789-−(" or rest[:1].isalpha():
            pieces = "".join(_PIECE.findall(rest))
            before = text[:start].rstrip()
            joined = before[-1:] in "×*/^+-−(·"
            if pieces == rest and rest.count("(") == rest.count(")") and not (before and joined):
                return rest.strip(" ,")
    return ""


def is_true(left: str, right: str) -> bool:
    """Whether an expression equals a number, to its last digit."""
    value = float(eval(left.translate(_PYTHON), {"__builtins__": {}}, _FUNCTIONS))  # noqa: S307  our own text
    number = float(right.replace("−", "-"))
    mantissa, _, exponent = right.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return abs(value - number) <= unit / 2 * (1 + 1e-6) or isclose(value, number, rel_tol=1e-9)


def untrue(text: str) -> list[str]:
    """The equations in a text that are not true."""
    return [f"{left} = {right}" for left, right in equations(text) if not is_true(left, right)]
