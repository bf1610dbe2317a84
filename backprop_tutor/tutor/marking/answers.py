"""Typed text in, Answer out: a number with its digits as written, or a formula. Nothing typed is ever run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import NUMBER, NumberTooLarge, Step, TooLong, parse, tokens
from backprop_tutor.errors import Fault

MOST_CHARACTERS: Final = 1000
"""The longest answer that is read."""
_OF_PROGRAMS: Final = 1e-6
"""As far off, relatively, is what float32 leaves of a right number."""

_PLAIN = re.compile(rf"[ \t]*+([-+\u2212]?)[ \t]*+({NUMBER})[ \t\r\n]*+")  # never goes back: linear in the text
_SIMPLE = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]{1,17}))?")
_UNITS = [10.0**-places for places in range(18)]


class Number(str):
    """A number that a program hands over, as text: no name stands for anything in it, and its digits are the
    program's."""

    __slots__ = ()


class NoAnswer(Fault):
    """An empty answer."""

    says = "nothing is written here. A number belongs here, such as -0.5 or 1/2."


class Answer(NamedTuple):
    """An answer as it was read.

    `unit` is one unit of the last digit written; an expression has no digits as written, so its unit is 0.
    `steps` are a formula's, empty for a number. `precision` is how far off, relatively, a number is that a program's
    arithmetic led to; 0 of one that somebody wrote.
    """

    text: str
    value: float
    unit: float = 0.0
    steps: tuple[Step, ...] = ()
    precision: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether the answer is one number, so that its digits say how far it was rounded."""
        return self.unit > 0

    @property
    def digits(self) -> int:
        """How many significant digits a plain answer shows."""
        mantissa = self.text.strip().lstrip("-+\u2212 \t").lower().partition("e")[0]
        return len(mantissa.replace(".", "").lstrip("0"))

    @property
    def has_names(self) -> bool:
        """Whether the answer is a formula in names."""
        return any(step.kind == "name" for step in self.steps)


def read_answer(text: str, names: Mapping[str, float], known: str = "a node of this graph") -> Answer:
    """The answer in a text; `names` are what its names stand for, `known` says what a name must be. Raises a Fault."""
    plain = read_plain(text)
    if plain is not None:
        return plain
    if not text.strip():
        raise NoAnswer((0, max(1, len(text))))
    steps = tuple(parse(tokens(text), (0, len(text))))
    return Answer(text, evaluate(steps, names, known), steps=steps)


def read_number(text: Number) -> Answer:
    """The answer that a program hands over. Raises a Fault for what is no finite number."""
    return read_answer(text, {}, "a number")._replace(precision=_OF_PROGRAMS)


def read_plain(text: str) -> Answer | None:
    """The answer, if it is one number and nothing else. Raises NumberTooLarge, TooLong."""
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        return Answer(text, float(text), _UNITS[len(simple[1] or "")])
    if len(text) > MOST_CHARACTERS:
        raise TooLong((0, 1), size=f"{len(text):,} characters", limit=f"{MOST_CHARACTERS:,}", advice="")
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    sign, number = match.groups()
    value = float(number.replace("\u2212", "-"))
    if not math.isfinite(value):
        raise NumberTooLarge(match.span(2), number=number[:24])
    mantissa, _, exponent = number.replace("\u2212", "-").lower().partition("e")
    decimals = mantissa.partition(".")[2]
    unit = 10.0 ** max(-320, min(300, int(exponent or "0") - len(decimals)))
    return Answer(text, -value if sign in ("-", "\u2212") else value, unit)
