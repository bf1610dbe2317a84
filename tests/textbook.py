"""Each gate as a textbook states it, in SymPy and plain floats: the oracle for the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

a, b, c = sympy.symbols("a b c", real=True)


@dataclass(frozen=True)
class Rule:
    """A gate's function of `a` (and `b`) and its constant `c`; where it is defined; the expressions whose zeros are
    kinks."""

    function: sympy.Expr
    defined: Callable[[Sequence[float], float], bool] = lambda at, constant: True
    kinks: tuple[sympy.Expr, ...] = ()
    with_constant: sympy.Expr | None = None

    @property
    def arity(self) -> int:
        return 2 if b in self.function.free_symbols else 1

    def formula(self, constant: float | None) -> sympy.Expr:
        """The function with its constant filled in."""
        if constant is not None and self.with_constant is not None:
            return self.with_constant.subs(c, constant)
        return self.function if constant is None else self.function.subs(c, constant)

    def is_defined(self, at: Sequence[float], constant: float | None) -> bool:
        return self.defined(at, 0.0 if constant is None else constant)

    def distance_to_kink(self, at: Sequence[float], constant: float | None) -> float:
        """How far the inputs are from the nearest kink."""
        places = at if len(at) == 2 or self.arity == 1 else (*at, constant)
        return min((abs(kink(*places)) for kink in self._kinks), default=math.inf)

    @cached_property
    def _kinks(self) -> list[Callable[..., float]]:
        return [sympy.lambdify((a, b)[: self.arity], kink, "math") for kink in self.kinks]

    def value(self, at: Sequence[float], constant: float | None) -> float:
        return self._compiled(constant, len(at))[0](*at)

    def slopes(self, at: Sequence[float], constant: float | None) -> list[float]:
        """The partial derivative in each slot, by SymPy."""
        return [float(slope(*at)) for slope in self._compiled(constant, len(at))[1]]

    @cached_property
    def _cache(self) -> dict[tuple[float | None, int], tuple[Callable[..., float], list[Callable[..., float]]]]:
        return {}

    def _compiled(self, constant: float | None, arity: int) -> tuple[Callable[..., float], list[Callable[..., float]]]:
        key = (constant, arity)
        if key not in self._cache:
            slots, formula = (a, b)[:arity], self.formula(constant)
            slopes = [sympy.lambdify(slots, sympy.diff(formula, slot), "math") for slot in slots]
            self._cache[key] = (sympy.lambdify(slots, formula, "math"), slopes)
        return self._cache[key]


def _where(condition: sympy.Basic, then: sympy.Expr, otherwise: sympy.Expr) -> sympy.Expr:
    return sympy.Piecewise((then, condition), (otherwise, True))


def _power_defined(at: Sequence[float], constant: float) -> bool:
    base = at[0]
    return base > 0.05 or (abs(base) > 0.05 and constant == int(constant))


TEXTBOOK: dict[str, Rule] = {
    "add": Rule(a + b),
    "sub": Rule(a - b),
    "mul": Rule(a * b),
    "div": Rule(a / b, lambda at, _: abs(at[1]) > 0.05),
    "max": Rule(_where(a > b, a, b), kinks=(a - b,), with_constant=_where(a > c, a, c)),
    "min": Rule(_where(a < b, a, b), kinks=(a - b,), with_constant=_where(a < c, a, c)),
    "scale": Rule(a * c),
    "shift": Rule(a + c),
    "reciprocal": Rule(1 / a, lambda at, _: abs(at[0]) > 0.05),
    "power": Rule(a**c, _power_defined),
    "sqrt": Rule(sympy.sqrt(a), lambda at, _: at[0] > 0.05),
    "exp": Rule(sympy.exp(a), lambda at, _: at[0] < 100),
    "log": Rule(sympy.log(a), lambda at, _: at[0] > 0.05),
    "sigmoid": Rule(1 / (1 + sympy.exp(-a))),
    "tanh": Rule(sympy.sinh(a) / sympy.cosh(a)),
    "relu": Rule(_where(a > 0, a, sympy.Integer(0)), kinks=(a,)),
    "leaky_relu": Rule(_where(a > 0, a, a / 100), kinks=(a,)),
    "softplus": Rule(sympy.log(1 + sympy.exp(a))),
    "abs": Rule(_where(a > 0, a, -a), kinks=(a,)),
    "sin": Rule(sympy.sin(a)),
    "cos": Rule(sympy.cos(a)),
}

_CONSTANTS: dict[str, tuple[float | None, ...]] = {
    "scale": (2.0, -1.0, 0.5, -0.25), "shift": (1.0, -1.0, 0.5, -2.0), "power": (2.0, 3.0, -2.0, 0.5, 1.5),
    "max": (None, 1.0, -0.5), "min": (None, 1.0, -0.5),
}  # fmt: skip


def constants_for(kind: str) -> tuple[float | None, ...]:
    """The constants with which a kind of gate is tried; None is the gate without one."""
    return _CONSTANTS.get(kind, (None,))


TAKING_A_CONSTANT = {kind for kind, constants in _CONSTANTS.items() if None in constants}
"""The gates of two inputs that also take a constant for one of them."""
