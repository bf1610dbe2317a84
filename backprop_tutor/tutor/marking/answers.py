"""An answer: a number with its digits as written, or a formula; and the reading of a plain number."""

import math
import re
from typing import Final

from backprop_tutor.engine.graph import Shape
from backprop_tutor.engine.language import MINUS, NUMBER, NumberTooLarge, Step, TooLong
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span

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
    entries: "tuple[tuple[Answer, ...], ...]" = ()
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
        return any(step.kind == "name" for step in self.steps)


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
        raise NumberTooLarge(span, number=number[:24])
    mantissa, _, exponent = number.lower().partition("e")
    decimals = mantissa.partition(".")[2]
    unit = 10.0 ** max(-320, min(300, int(exponent or "0") - len(decimals)))
    return Answer(text, -value if sign and sign in MINUS else value, unit)
