"""When is a number right? The contract's rules for one answer and one exact number; knows no graphs."""

from collections.abc import Sequence
from math import floor

from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.answers import Answer

ZERO = 1e-12
"""A number this small relative to the largest in the graph counts as 0."""
EXACT = 1e-9  # relative: more than floats lose on the way to a number, less than anybody writes
_LONG = 1e-12  # relative: what reading three digits back as a float leaves
_BY_LONG_FACTORS = 0.002  # relative: about what three digits of a factor leave
_AWAY = 0.5 + 1e-9  # a half of which floats have lost a little is a half still
HALF_A_UNIT = 0.51  # of a last digit, with room for what floats lose: what is further off is not rounded from there
_HUNDREDTH = 0.0101  # 0.01, however a float has it
_WHOLE = 1e15  # floats this large have no second decimal
HALVES = (_AWAY, 0.5 - 1e-9)
"""Added before truncation, so that halves are rounded away from 0, or towards it."""


class Scale(NamedTuple):
    """The scale for judging numbers: sizes up to `zero` count as 0; long numbers may be off by the relative
    `tolerance`."""

    zero: float
    tolerance: float = 0.02


def is_right(answer: Answer, exact: float, scale: Scale, factors: Sequence[float] = ()) -> bool:
    """Whether an answer gives an exact number: equal to it, correctly rounded, or close to it if it is a long one.

    `factors` are the numbers that the exact one is found from: if one of them is long, a result worked out from it on
    paper is a little off, however short the exact number is.
    """
    value = answer.value
    off = abs(value - exact)
    size = abs(exact)
    if off <= (answer.precision or EXACT) * size:
        return True
    if size <= scale.zero:  # the rounding noise of another program's floats counts as 0 too
        return abs(value) <= scale.zero * (1 + answer.precision / ZERO)
    if value == 0 or (off > scale.tolerance * size and off > HALF_A_UNIT * answer.unit):
        return False  # too far off by any rule
    if shows_enough(answer) and is_rounded(answer, exact):
        return True
    if off > scale.tolerance * size:
        return False
    return is_long(exact) or (off <= _BY_LONG_FACTORS * size and any(map(is_long, factors)))


def is_right_step(answer: Answer, old: float, step: float, scale: Scale) -> bool:
    """Whether a new weight, old + step, is right: judged by its step, or rounded with a last digit no coarser than that
    step.

    An unchanged weight is right only if the step is 0.
    """
    if abs(step) <= scale.zero:
        return abs(answer.value - old) <= (answer.precision or EXACT) * abs(old)
    off, noise = abs(answer.value - old - step), answer.precision * abs(old + step)
    # A program's last digit, 2 noise, must not be coarser than the step; otherwise an unchanged weight would pass.
    if off <= scale.tolerance * abs(step) or off <= noise <= abs(step) / 2:
        return True
    return answer.is_plain and answer.unit <= abs(step) * (1 + EXACT) and is_rounded(answer, old + step)


def is_rounded(answer: Answer, exact: float) -> bool:
    """Whether a plain answer is the number rounded to the digits written; at a tie, either way."""
    off = abs(answer.value - exact)
    return off <= 0.5 * answer.unit + EXACT * min(abs(exact), answer.unit)


def shows_enough(answer: Answer) -> bool:
    """Whether a plain answer shows at least two decimals or two significant digits."""
    return answer.unit > 0 and (answer.unit < _HUNDREDTH or answer.digits >= 2)


def is_long(exact: float) -> bool:
    """Whether a number needs more than three significant digits."""
    return abs(exact - float(f"{exact:.3g}")) > _LONG * abs(exact)


def to_two_decimals(value: float, halves: float = _AWAY) -> float:
    """The number rounded to two decimals, halves away from 0, as on paper, or towards it."""
    size = abs(value)
    if not size < _WHOLE:
        return value
    rounded = floor(size * 100 + halves) / 100
    return -rounded if value < 0 and rounded else rounded


def both_ways(value: float) -> tuple[float, ...]:
    """The number rounded to two decimals: one number, or both neighbours at a tie."""
    if round(value, 2) == value:  # like nearly every number that people write
        return (value,)
    away = to_two_decimals(value, HALVES[0])
    towards = to_two_decimals(value, HALVES[1])
    return (away,) if away == towards else (away, towards)
