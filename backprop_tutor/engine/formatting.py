"""Numbers, formulas and equations as people write them; every equation is true of the digits that it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import floor, log10
from typing import Final

from backprop_tutor.engine.evaluate import evaluate, folded
from backprop_tutor.engine.gate import Gate, plain
from backprop_tutor.engine.language import Step, parse, tokens
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple

Write = Callable[[float], str]
"""How a number is written if it stands alone."""

_NOTHING: Final = 1e-300  # what is smaller is left over from an underflow
_LONG: Final = 1e7  # from here on, and below what follows, a power of ten is shorter
_SMALL, _FINE = 1e-4, 1e-5
_ONE_DIGIT: Final = 0.095  # below it two decimals show only one digit that is not 0
_LONGEST_FORMULA: Final = 30
_TIES: Final = 1e-9  # relative, what floats lose: 0.125 is both 0.12 and 0.13
_MOST_EXTRA: Final = 12
_MOST: Final = 2_000
"""How many formulas are remembered: one exercise writes the same ones again and again."""
_SUPERSCRIPTS: Final = {2.0: "²", 3.0: "³"}
_SUM, _PRODUCT, _POWER, _ATOM = range(1, 5)
_MOST_DECIMALS: Final = 4


def shown(value: float) -> str:
    """The number with two decimals, or with as many as show two significant digits; `1.2e-05` if that is long."""
    if value == 0 or abs(value) < _NOTHING:
        return "0.00"
    size = abs(value)
    if size >= _LONG or size < _SMALL:
        return f"{value:.1e}" if size < 1 else f"{value:.3g}"
    decimals = 2
    if size < _ONE_DIGIT and abs(round(value, 2) - value) > _TIES * size:
        decimals = 1 - floor(log10(size))
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def evenly(values: Iterable[float]) -> Callable[[float], str]:
    """The numbers of one array, all with as many decimals as `shown` needs for one of them."""
    texts = [shown(value) for value in values]
    if any("e" in text or "." not in text for text in texts):
        return shown
    decimals = min(_MOST_DECIMALS, max(len(text.partition(".")[2]) for text in texts))

    def number(value: float) -> str:
        text = f"{value:.{decimals}f}"
        return text.removeprefix("-") if not text.strip("-0.") else text

    return number


def fine(value: float, decimals: int = _MOST_DECIMALS) -> str:
    """The number with four decimals, as weights are written; with more if four would not show two significant
    digits."""
    if value == 0 or abs(value) < _NOTHING:
        return f"{0:.{decimals}f}"
    if not _FINE <= abs(value) < _LONG:
        return f"{value:.1e}" if abs(value) < 1 else f"{value:.6g}"
    first = -floor(log10(abs(value)))
    return f"{value:.{max(decimals, first + 1)}f}"


def apart(values: Sequence[float]) -> list[str]:
    """The numbers with at least four decimals, and as many as it takes to tell them apart."""
    for decimals in range(_MOST_DECIMALS, _MOST_EXTRA + 1):
        texts = [f"{value:.{decimals}f}" for value in values]
        if len(set(texts)) == len(set(values)):
            return texts
    return [repr(value) for value in values]


class Equation(NamedTuple):
    """An expression with its numbers in place, and its result: `0.197 × 2.00` and `0.39`."""

    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def equation(text: str, numbers: Mapping[str, float], result: float, write: Write = shown) -> Equation:
    """An expression of the graph language with these numbers for its names, and its `result`. Every number has as many
    digits as it takes for the equation to be true of what is shown, to the last digit of its result: `0.197 × 2.00 =
    0.39`, not `0.20 × 2.00 = 0.39`."""
    right = write(result)
    tried = _digits(numbers, write)
    texts = next((texts for texts in tried if _is_true(text, texts, right)), {}) or _written(
        numbers, write, _MOST_EXTRA
    )
    return Equation(formula(text, tuple(texts.items()), times=" × ", folds=False), right)


def _digits(numbers: Mapping[str, float], write: Write) -> Iterator[dict[str, str]]:
    """The numbers with as few digits as possible, then with more and more: first each alone, then all."""
    for extra in range(_MOST_EXTRA):
        texts = _written(numbers, write, extra)
        yield texts
        yield from ({**texts, name: _longer(value, write, extra + 1)} for name, value in numbers.items())


def _written(numbers: Mapping[str, float], write: Write, extra: int) -> dict[str, str]:
    return {name: _longer(value, write, extra) for name, value in numbers.items()}


def _is_true(text: str, texts: Mapping[str, str], right: str) -> bool:
    try:
        found = evaluate(_steps(text), {name: float(one) for name, one in texts.items()})
    except Fault:
        return False  # with so few digits they leave the domain of a gate
    return abs(found - float(right)) <= _unit(right) / 2 * (1 + _TIES)


def product(*factors: float, result: float | None = None, write: Write = shown) -> Equation:
    """`0.197 × (-1.00) = -0.20`."""
    return _joined(" * ", factors, result, write)


def total(terms: Sequence[float], result: float, write: Write = shown) -> Equation:
    """`-12.00 + 3.00 + (-9.00) = -18.00`."""
    return _joined(" + ", terms, result, write)


def _joined(sign: str, numbers: Sequence[float], result: float | None, write: Write) -> Equation:
    names = {f"n{place}": number for place, number in enumerate(numbers)}
    if result is None:
        result = 1.0
        for number in numbers:
            result *= number
    return equation(sign.join(names), names, result, write)


def _unit(text: str) -> float:
    """One unit of the last digit of a number as it is written."""
    mantissa, _, exponent = text.partition("e")
    return float(f"1e{int(exponent or '0') - len(mantissa.partition('.')[2])}")


def _longer(value: float, write: Write, extra: int) -> str:
    """A number with more digits than it is written with, but no more than it has."""
    text = write(value)
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    for more in range(extra + 1):
        if float(text) == value:
            break
        text = f"{value:.{decimals + more}{'e' if exponent else 'f'}}" if more else text
    return text


def filled_in(gate: Gate, values: Sequence[float], constant: float | None, result: float) -> Equation:
    """A gate's line with numbers for its inputs, and its value: `2.00 × (-1.00) = -2.00`, `exp(-1.00) = 0.37`."""
    return equation(gate.written(gate.slots, constant), dict(zip(gate.slots, values, strict=True)), result)


def with_number(text: str, value: float) -> str:
    """A formula and its number, `x0 = -1.00`; only the number if the formula is a number or long."""
    number = shown(value)
    is_number = text.lstrip("-").replace(".", "", 1).isdigit()
    return number if is_number or len(text) > _LONGEST_FORMULA else f"{text} = {number}"


def gate_line(name: str, written: str) -> str:
    """A gate's line: `g1 = w0 × x0`."""
    return f"{name} = {formula(written, times=' × ', folds=False)}"


@lru_cache(_MOST)
def formula(text: str, words: tuple[tuple[str, str], ...] = (), times: str = "·", folds: bool = True) -> str:
    """An expression of the graph language as people write it: `2·x`, not `2*x**(2 - 1)`; `-1/g7²`. `words` replace its
    names; if it `folds`, a factor of 1 is left out."""
    return folded(_steps(text), _Writer(dict(words), times, folds).part).text


@lru_cache(_MOST)
def _steps(text: str) -> list[Step]:
    return parse(tokens(text), (0, len(text)))


class _Part(NamedTuple):
    """A part of a formula: how tightly it binds, its number if it is a literal, and the text below its fraction line if
    the top is 1."""

    text: str
    level: int = _ATOM
    number: float | None = None
    below: str = ""


class _Writer:
    def __init__(self, words: Mapping[str, str], times: str, folds: bool) -> None:
        self.words, self.times, self.folds = words, times, folds

    def part(self, step: Step, operands: list[_Part]) -> _Part:
        if step.kind == "number":
            return _Part(step.text, number=float(step.text))
        if step.kind == "name":
            return _Part(self.words.get(step.text, step.text))
        if step.kind == "call":
            return _Part(f"{step.text}({', '.join(part.text for part in operands)})")
        numbers = [part.number for part in operands]
        if step.text == "neg":
            return self._negative(operands[0])
        if step.text == "^":
            return self._power(*operands)
        if step.text in "+-" and None not in numbers:
            first, second = (number or 0.0 for number in numbers)
            return _literal(first + second if step.text == "+" else first - second)
        return {"+": self._sum, "-": self._difference, "*": self._product, "/": self._fraction}[step.text](*operands)

    def _negative(self, part: _Part) -> _Part:
        if part.number is not None:
            return _literal(-part.number)
        if self.folds and part.level == _PRODUCT and part.text.startswith("-"):
            return _Part(part.text[1:], _PRODUCT)
        return _Part(f"-{_inside(part, _PRODUCT)}", _PRODUCT)

    def _sum(self, left: _Part, right: _Part) -> _Part:
        if self.folds and left.text.startswith("-") and left.level == _PRODUCT and not right.text.startswith("-"):
            left, right = right, left  # w1 - w0, not -w0 + w1
        if right.text.startswith("-") and right.level == _PRODUCT:
            return _Part(f"{left.text} - {right.text[1:]}", _SUM)
        return _Part(f"{left.text} + {_inside(right, _SUM)}", _SUM)

    def _difference(self, left: _Part, right: _Part) -> _Part:
        return _Part(f"{left.text} - {_inside(right, _PRODUCT)}", _SUM)

    def _product(self, left: _Part, right: _Part) -> _Part:
        for one, other in ((left, right), (right, left)):
            if self.folds and one.number == 1:
                return other
            if self.folds and one.number == -1:
                return self._negative(other)
        if right.below and self.folds:
            return _Part(f"{_inside(left, _PRODUCT, first=True)}/{right.below}", _PRODUCT)
        return _Part(f"{_inside(left, _PRODUCT, first=True)}{self.times}{_inside(right, _PRODUCT)}", _PRODUCT)

    def _fraction(self, left: _Part, right: _Part) -> _Part:
        below = _inside(right, _POWER)
        return _Part(f"{_inside(left, _PRODUCT, first=True)}/{below}", _PRODUCT, below=below * (left.number == 1))

    def _power(self, base: _Part, exponent: _Part) -> _Part:
        number = exponent.number
        if number == 1:
            return base
        under = base.text if base.level == _ATOM and not base.text.startswith("-") and "e-" not in base.text else (
            f"({base.text})"
        )  # fmt: skip
        if number is not None and number < 0 and self.folds:
            below = self._power(base, _literal(-number))
            return _Part(f"1/{below.text}", _PRODUCT, below=below.text)
        if number in _SUPERSCRIPTS:
            return _Part(f"{under}{_SUPERSCRIPTS[number]}", _POWER)
        return _Part(f"{under}^{_inside(exponent, _ATOM)}", _POWER)


def _literal(number: float) -> _Part:
    return _Part(plain(number) if float(plain(number)) == number else repr(number), number=number)


def _inside(part: _Part, level: int, first: bool = False) -> str:
    """A part inside one that binds this tightly: in parentheses if it binds less tightly, or if a minus would follow an
    operator."""
    is_alone = part.level >= level and (first or not part.text.startswith("-"))
    return part.text if is_alone else f"({part.text})"
