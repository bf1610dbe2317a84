"""The value of an expression, in floats, over the gate table's functions: nothing else is ever evaluated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from backprop_tutor.engine import faults
from backprop_tutor.engine.gates import GATES, Gate
from backprop_tutor.engine.language import Step
from backprop_tutor.errors import Span, counted, nearest

CONSTANTS: Final = {"e": math.e, "pi": math.pi}
"""Names that stand for a number wherever no node of that name shadows them."""

_OPERATORS: Final = {"+": GATES["add"], "-": GATES["sub"], "*": GATES["mul"], "/": GATES["div"]}


def evaluate(steps: Sequence[Step], names: Mapping[str, float], known: str = "a node of this graph") -> float:
    """The value of postfix steps at these values of names; `known` says what a name must be.

    Raises the Fault of the first step that has no value: an unknown name or gate, a wrong number of
    inputs, or a number that is not finite.
    """
    stack: list[float] = []
    for step in steps:
        if step.kind == "number":
            stack.append(number(step.text, step.span))
        elif step.kind == "name":
            stack.append(_named(step, names, known))
        else:
            operands = stack[len(stack) - step.arity :]
            del stack[len(stack) - step.arity :]
            stack.append(apply(step, operands))
    return stack[0]


def number(text: str, span: Span) -> float:
    """A number token's value. Raises NumberTooLarge."""
    value = float(text.replace("\u2212", "-"))
    if not math.isfinite(value):
        raise faults.NumberTooLarge(span, number=text if len(text) < 30 else text[:27] + "...")
    return value


def _named(step: Step, names: Mapping[str, float], known: str) -> float:
    value = names.get(step.text, CONSTANTS.get(step.text))
    if value is not None:
        return value
    if step.text in GATES and GATES[step.text].is_function:
        raise faults.UnknownName(
            step.span, name=step.text, not_what="a gate", suggestion=f" Write {GATES[step.text].notation}."
        )
    raise faults.UnknownName(
        step.span, name=step.text, not_what=f"not {known}", suggestion=nearest(step.text, [*names, *CONSTANTS])
    )


def apply(step: Step, operands: Sequence[float]) -> float:
    """One operator or call on numbers. Raises UnknownGate, WrongArity, UndefinedConstant, NumberTooLarge."""
    try:
        if step.kind == "operator":
            value = _operated(step.text, operands)
        else:
            value = function_of(step).compute(operands, range(len(operands)), 0.0)
        if math.isfinite(value):
            return value
    except OverflowError:
        pass
    except ZeroDivisionError:
        raise faults.UndefinedConstant(
            step.span, written=_shown(step, operands), why="nothing is divided by 0"
        ) from None
    except (ValueError, TypeError):
        raise faults.UndefinedConstant(step.span, written=_shown(step, operands), why="it is no real number") from None
    raise faults.NumberTooLarge(step.span, number=_shown(step, operands))


def _operated(operator: str, operands: Sequence[float]) -> float:
    if operator == "neg":
        return -operands[0]
    if operator == "^":
        base, exponent = operands
        if base == 0 and exponent < 0:
            raise ZeroDivisionError
        return math.pow(base, exponent)
    return _OPERATORS[operator].compute(operands, (0, 1), 0.0)


def function_of(step: Step) -> Gate:
    """The gate that a call names. Raises UnknownGate, WrongArity."""
    gate = GATES.get(step.text)
    if gate is None:
        functions = [name for name, known in GATES.items() if known.is_function]
        raise faults.UnknownGate(
            step.span, name=step.text, suggestion=_MEANT.get(step.text.lower()) or nearest(step.text, functions)
        )
    if not gate.is_function:
        raise faults.UnknownGate(
            step.span, name=f"{step.text}(...)", suggestion=f" {gate.name} is written {gate.notation}."
        )
    if step.arity != gate.arity:
        wanted = counted(gate.arity, "input")
        nested = f" Nest it: {gate.name}({gate.name}(a, b), c)." if step.arity > gate.arity > 1 else ""
        raise faults.WrongArity(step.span, gate=step.text, wanted=wanted, given=step.arity or "none", advice=nested)
    return gate


_MEANT: Final = {word: f" Did you mean {gate}?" for word, gate in {
    "ln": "log", "sine": "sin", "cosine": "cos", "logistic": "sigmoid", "root": "sqrt", "maximum": "max",
    "minimum": "min",
}.items()}  # fmt: skip


def _shown(step: Step, operands: Sequence[float]) -> str:
    written = [f"{operand:.6g}" for operand in operands]
    if step.kind == "call":
        return f"{step.text}({', '.join(written)})"
    return f"-{written[0]}" if step.text == "neg" else step.text.join(written)
