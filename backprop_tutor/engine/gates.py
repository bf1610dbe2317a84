"""Every gate, once: its rules as text, from which the numbers, the formulas and the lessons come."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

Forward = Callable[[Sequence[float], Sequence[int], float], float]
"""Values by node, the gate's input nodes, its constant → the gate's value."""
Locals = Callable[[Sequence[float], Sequence[int], float, float], tuple[float, ...]]
"""Values by node, the gate's input nodes, its constant, its own value → one local gradient a slot."""

FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "log1p")}
FUNCTIONS |= {"max": max, "min": min, "abs": abs}
_WORD = re.compile(r"\b[a-z]\w*")


@dataclass(frozen=True, eq=False)
class Gate:
    """One kind of gate. In its rules, `a` and `b` (or `x`) are its inputs, `c` its constant, `out` its value.

    `forward` and `locals` are Python expressions: the only text that is ever compiled. `notation` is
    the gate as the graph language writes it, `pattern` the sentence of its backward flow, `domain`
    where it can be evaluated, `kink` the expression whose zero is a kink.
    """

    name: str
    forward: str
    locals: tuple[str, ...]
    notation: str
    pattern: str
    domain: str = ""
    kink: str = ""

    @cached_property
    def arity(self) -> int:
        """How many branches enter the gate."""
        return len(self.locals)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The names of the inputs in the rules, one a slot."""
        return ("a", "b") if self.arity == 2 else ("x",)

    @cached_property
    def has_constant(self) -> bool:
        """Whether a number is part of the gate (`scale`, `shift`, `power`, `max` with a constant)."""
        return "c" in _WORD.findall(self.forward)

    @cached_property
    def is_function(self) -> bool:
        """Whether the language writes the gate as a call: `exp(x)`."""
        return self.notation.startswith(f"{self.name}(")

    @cached_property
    def commutes(self) -> bool:
        """Whether the two inputs may change places."""
        probe = (0.3, 0.7)
        return self.arity == 2 and self.compute(probe, (0, 1), 0.0) == self.compute(probe, (1, 0), 0.0)

    @cached_property
    def compute(self) -> Forward:
        """The forward rule as a float function."""
        return cast(Forward, self._compiled("lambda v, i, c: ", self.forward))

    @cached_property
    def differentiate(self) -> Locals:
        """The local gradients as a float function."""
        rules = ", ".join(f"({rule})" for rule in self.locals)
        return cast(Locals, self._compiled("lambda v, i, c, out: ", f"({rules},)"))

    def _compiled(self, head: str, rule: str) -> object:
        places = {slot: f"v[i[{index}]]" for index, slot in enumerate(self.slots)}
        return eval(head + substituted(rule, places), {"__builtins__": {}, **FUNCTIONS})  # noqa: S307  our own table, nothing else

    def symbol(self, constant: float | None = None) -> str:
        """The gate in a drawing: `*`, `exp`, `*-1`, `1/x`."""
        if self.is_function:
            return self.name if constant is None else f"{self.name} {plain(constant)}"
        written = self.written(self.slots, constant)
        if constant is None and self.arity == 1:
            return written
        return _WORD.sub("", written).replace(" ", "")

    def written(self, operands: Sequence[str], constant: float | None = None) -> str:
        """The gate as a line of the language writes it, `w0 * x0`, with these names for its inputs."""
        notation = self.notation
        if constant is not None and "+ c" in notation and (constant < 0):
            notation, constant = notation.replace("+ c", "- c"), -constant
        return substituted(notation, self._words(operands, constant))

    def local_formula(self, slot: int, operands: Sequence[str], out: str, constant: float | None = None) -> str:
        """The local gradient of a slot as a formula in the names of these branches: `out*(1 - out)`."""
        return substituted(self.locals[slot], {**self._words(operands, constant), "out": out})

    def _words(self, operands: Sequence[str], constant: float | None) -> dict[str, str]:
        words = dict(zip(self.slots, operands, strict=True))
        if constant is not None:
            words["c"] = plain(constant)
        return words


def substituted(rule: str, words: dict[str, str]) -> str:
    """The rule with its slot names, constant and `out` replaced; a negative number gets parentheses where it needs
    them."""

    def word(match: re.Match[str]) -> str:
        new = words.get(match[0], match[0])
        joined = rule[: match.start()].rstrip().endswith(("-", "+")) or rule[match.end() :].startswith("**")
        return f"({new})" if joined and new.startswith("-") else new

    return _WORD.sub(word, rule)


def plain(number: float) -> str:
    """A constant as a person writes it: `2`, `-1`, `0.5`."""
    return f"{number:.6g}" if number != int_or_none(number) else str(int(number))


def int_or_none(number: float) -> int | None:
    """The number as an int where it is a whole one of a readable size."""
    return int(number) if abs(number) < 1e6 and number == int(number) else None


_ROUTER = "router: the whole gradient goes to the {side} input, the other one gets 0"
_TABLE = (
    Gate("add", "a + b", ("1", "1"), "a + b", "distributor: every input gets the upstream gradient, unchanged"),
    Gate(
        "sub", "a - b", ("1", "-1"), "a - b",
        "distributor with a sign: the first input gets the upstream gradient, the second gets its negative",
    ),
    Gate("mul", "a*b", ("b", "a"), "a * b",
    "switcher: each input gets the upstream gradient times the value of the other input"),
    Gate(
        "div", "a/b", ("1/b", "-a/b**2"), "a / b",
        "the numerator gets upstream / b, the denominator gets -upstream * a/b**2", "b other than 0",
    ),
    Gate(
        "max", "max(a, b)",
        ("1 if a > b else 0.5 if a == b else 0", "1 if b > a else 0.5 if a == b else 0"),
        "max(a, b)", _ROUTER.format(side="larger"), kink="a - b",
    ),
    Gate(
        "min", "min(a, b)",
        ("1 if a < b else 0.5 if a == b else 0", "1 if b < a else 0.5 if a == b else 0"),
        "min(a, b)", _ROUTER.format(side="smaller"), kink="a - b",
    ),
    Gate("scale", "x*c", ("c",), "x * c", "amplifier: the upstream gradient is multiplied by the constant"),
    Gate("shift", "x + c", ("1",), "x + c",
    "the constant changes nothing: the input gets the upstream gradient, unchanged"),
    Gate(
        "reciprocal", "1/x", ("-1/x**2",), "1/x",
        "the upstream gradient times -1/x**2: the sign turns, and a large x passes little", "x other than 0",
    ),
    Gate(
        "power", "x**c", ("c*x**(c - 1)",), "x**c",
        "the power rule: the upstream gradient times c*x**(c - 1)", "x at which x**c and its gradient are real numbers",
    ),
    Gate(
        "sqrt", "sqrt(x)", ("1/(2*sqrt(x))",), "sqrt(x)",
        "the upstream gradient over twice the root: a small x passes much", "x above 0",
    ),
    Gate("exp", "exp(x)", ("exp(x)",), "exp(x)", "its own value is its local gradient: upstream times e**x",
    "x up to about 709"),
    Gate("log", "log(x)", ("1/x",), "log(x)", "the upstream gradient divided by the input", "x above 0"),
    Gate(
        "sigmoid", "1/(1 + exp(-x)) if x > -40 else exp(x)", ("out*(1 - out)",), "sigmoid(x)",
        "its own value is enough: upstream times out*(1 - out), at most a quarter passes",
    ),
    Gate("tanh", "tanh(x)", ("1 - out**2",), "tanh(x)", "its own value is enough: upstream times 1 - out**2"),
    Gate(
        "relu", "max(0.0, x)", ("1 if x > 0 else 0",), "relu(x)",
        "gatekeeper: where x is positive the gradient passes unchanged, elsewhere it stops", kink="x",
    ),
    Gate(
        "leaky_relu", "x if x > 0 else 0.01*x", ("1 if x > 0 else 0.01",), "leaky_relu(x)",
        "where x is positive the gradient passes unchanged, elsewhere one hundredth of it leaks through", kink="x",
    ),
    Gate(
        "softplus", "max(0.0, x) + log1p(exp(-abs(x)))", ("sigmoid(x)",), "softplus(x)",
        "a smooth relu: the upstream gradient times the sigmoid of the input",
    ),
    Gate(
        "abs", "abs(x)", ("1 if x > 0 else -1 if x < 0 else 0",), "abs(x)",
        "the upstream gradient with the sign of the input", kink="x",
    ),
    Gate("sin", "sin(x)", ("cos(x)",), "sin(x)", "the upstream gradient times the cosine of the input"),
    Gate("cos", "cos(x)", ("-sin(x)",), "cos(x)", "the upstream gradient times minus the sine of the input"),
)  # fmt: skip


def _with_constant(gate: Gate) -> Gate:
    """The same gate with a constant for its second input; it routes as before, to one branch."""
    words = {"a": "x", "b": "c"}
    return Gate(
        gate.name, substituted(gate.forward, words), (substituted(gate.locals[0], words),), substituted(gate.notation,
        words),
        gate.pattern.replace("the other one gets 0", "a constant takes none of it"), kink=substituted(gate.kink, words),
    )  # fmt: skip


GATES: dict[str, Gate] = {gate.name: gate for gate in _TABLE}
"""Every gate by its name."""

FUNCTIONS["sigmoid"] = eval(f"lambda x: {GATES['sigmoid'].forward}", {"__builtins__": {}, **FUNCTIONS})  # noqa: S307  our own table

WITH_CONSTANT: dict[str, Gate] = {name: _with_constant(GATES[name]) for name in ("max", "min")}
"""The gates of two inputs that also take a constant for one of them."""


def gate_of(name: str, constant: float | None = None) -> Gate:
    """The gate of this name, in its form with a constant where it has one.

    Raises KeyError for a name that is no gate's.
    """
    return WITH_CONSTANT[name] if constant is not None and name in WITH_CONSTANT else GATES[name]
