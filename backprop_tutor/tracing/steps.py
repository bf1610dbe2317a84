"""Finds the operator or gate of the graph language that a function is: the one that gives the same numbers.

So `np.exp`, `math.fabs`, `torch.sigmoid` and SciPy's `expit` are found in the gate table, without a list of names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from backprop_tutor.engine.evaluate import apply
from backprop_tutor.engine.gates import GATES, OPERATORS
from backprop_tutor.engine.language import Step
from backprop_tutor.errors import Fault

FUNCTIONS: Final = {name: gate.arity for name, gate in GATES.items() if gate.is_function}
"""The gates that are written as a call, and the number of inputs of each."""

_NOWHERE: Final = (0, 0)  # a step that was not read from a text has no place in one
_PROBES: Final = (0.3, -0.8, 2.5, -7.5, 30.0)  # both signs, small and large: clipped at 6 or 20 is not a ReLU
_CLOSE: Final = 1e-9

Pattern = tuple[Any, ...]
"""The arguments of a call: None for each input of the gate, anything else unchanged."""


def operator(symbol: str, arity: int = 2) -> Step:
    """An operator of the language: `+ - * / ^`, or `neg` with one operand."""
    return Step("operator", symbol, _NOWHERE, arity)


def function(name: str) -> Step:
    """A gate of the language that is written as a call."""
    return Step("call", name, _NOWHERE, FUNCTIONS[name])


_STEPS: Final = (*map(operator, (*OPERATORS, "^")), operator("neg", 1), *map(function, FUNCTIONS))


@lru_cache(maxsize=512)
def step_of(
    called: Callable[..., Any], pattern: Pattern, options: Pattern, number: Callable[[float], Any], in_list: bool
) -> Step | None:
    """The step that a function is when it is called in this way; None if it is none. With three inputs or more, a step
    of two is repeated, as in max(a, b, c). `options` are pairs of names and values, `number` converts a number for the
    function, and all inputs may be `in_list`, as in max([a, b])."""
    arity = pattern.count(None)
    for step in _STEPS:
        if (step.arity == arity or step.arity == 2 < arity) and _is_same(
            step, called, pattern, options, number, in_list
        ):
            return step
    return None


def _is_same(
    step: Step,
    called: Callable[..., Any],
    pattern: Pattern,
    options: Pattern,
    number: Callable[[float], Any],
    in_list: bool,
) -> bool:
    """Whether a function gives the same as a step, wherever that is defined."""
    compared, arity = 0, pattern.count(None)
    for start in range(len(_PROBES)):
        operands = [_PROBES[(start + place) % len(_PROBES)] for place in range(arity)]
        try:
            expected = _done(step, operands)
        except Fault:
            continue
        probes = map(number, operands)
        values = [next(probes) if value is None else value for value in pattern]
        try:
            found = float(called(*([values] if in_list else values), **dict(options)))
        except (ArithmeticError, ValueError, TypeError, RuntimeError):
            return False
        if not math.isclose(found, expected, rel_tol=_CLOSE):
            return False
        compared += 1
    return compared > 0


def _done(step: Step, operands: Sequence[float]) -> float:
    result = apply(step, operands[: step.arity])
    for operand in operands[step.arity :]:
        result = apply(step, [result, operand])
    return result
