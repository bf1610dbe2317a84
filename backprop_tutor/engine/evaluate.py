"""The value of an expression, in floats, or the gates that it becomes in a graph, by nothing but the gate table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from backprop_tutor.engine import language
from backprop_tutor.engine.gate import CONSTANTS, RESIDUE, Gate
from backprop_tutor.engine.gates import GATES, INSTEAD, OPERATORS, gate_called
from backprop_tutor.engine.graph import GraphBuilder
from backprop_tutor.engine.language import Step, cut
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span, counted, nearest

_T = TypeVar("_T")
Operand = float | int
"""On the stack: a constant (float) or a node (int); None stands for something with a fault that was already
reported."""
_LONGEST_PAIR = 20  # letters of two names that were written as one
_MISTYPED = 0.74
"""A name at least this similar to another is a typing mistake: tahn is tanh, but square is not sqrt."""
_DERIVATIVE = r"^d_?(?=\w{3})|_?(?:prime|grad|derivative)$"


def evaluate(steps: Sequence[Step], names: Mapping[str, float], known: str = "a node of this graph") -> float:
    """The value of postfix steps at these values of names; `known` says what a name must be. Raises the Fault of the
    first step without a value."""

    def value(step: Step, operands: list[float]) -> float:
        if step.kind != "name":
            return apply(step, operands)
        found = names.get(step.text, CONSTANTS.get(step.text))
        if found is None:
            raise unknown_name(step, f"not {known}", names)
        return found

    return folded(steps, value)


def folded(steps: Sequence[Step], result: Callable[[Step, list[_T]], _T]) -> _T:
    """The result of postfix steps, each of which is computed from its operands."""
    stack: list[_T] = []
    for step in steps:
        operands = stack[len(stack) - step.arity :]
        del stack[len(stack) - step.arity :]
        stack.append(result(step, operands))
    return stack[0]


def unknown_name(step: Step, not_what: str, known: Iterable[str]) -> Fault:
    """The fault of an unknown name: a gate without its parentheses, or a mistyped name."""
    gate = gate_called(step.text)
    if gate is not None and gate.is_function:
        return language.UnknownName(step.span, name=step.text, not_what="a gate", suggestion=f" Write {gate.notation}.")
    text, known = step.text, set(known)
    pairs = ((text[:at], text[at:]) for at in range(1, min(len(text), _LONGEST_PAIR)))
    product = next((f"{one}*{other}" for one, other in pairs if one != other and {one, other} <= known), "")
    suggestion = f" To multiply, write {product}." if product else nearest(text, sorted(known))
    return language.UnknownName(step.span, name=cut(text), not_what=not_what, suggestion=suggestion)


def apply(step: Step, operands: Sequence[float]) -> float:
    """The result of a number, an operator or a call. Raises UnknownGate, WrongArity, UndefinedConstant,
    NumberTooLarge."""
    why = ""
    try:
        if step.kind == "number":
            value = float(step.text.replace("\u2212", "-"))
        elif step.kind == "call":
            value = function_of(step).compute(operands, range(len(operands)), 0.0)
        elif step.text == "neg":
            value = -operands[0]
        elif step.text == "^":
            value = float(operands[0] ** operands[1])  # a complex number cannot become a float: that raises
        else:
            gate = GATES[OPERATORS[step.text]]
            value = gate.compute(operands, (0, 1), 0.0)
            if gate.is_sum and abs(value) <= RESIDUE * abs(operands[0]):
                value = 0.0  # as in both passes
        if math.isfinite(value):
            return value
    except OverflowError:
        pass
    except ZeroDivisionError:
        why = "nothing can be divided by 0"
    except (ValueError, TypeError):
        why = "it is not a real number"
    if why:
        raise language.UndefinedConstant(step.span, written=_shown(step, operands), why=why)
    raise language.NumberTooLarge(step.span, number=_shown(step, operands))


def made(builder: GraphBuilder, step: Step, operands: Sequence[Operand], span: Span | None = None) -> Operand:
    """What an operator or a call makes of constants (floats) and nodes (ints): a constant, or the node of its gate,
    which is new in the builder. Raises a Fault."""
    if step.text == "@":  # if it is not a gate of arrays, a bare number next to it is a factor
        step = step._replace(text="*")
    if all(isinstance(operand, float) for operand in operands):
        return apply(step, operands)
    nodes = [operand for operand in operands if isinstance(operand, int)]
    if step.kind == "call":
        slot = next((slot for slot, operand in enumerate(operands) if isinstance(operand, float)), None)
        constant = None if slot is None else operands[slot]
        return builder.gate(step.text, *nodes, constant=constant, slot=slot or 0, span=span)
    for kind, constant in _gates_of(step, operands):
        if constant is not None and not math.isfinite(constant):
            raise language.NumberTooLarge(step.span if span is None else span, number="this constant")
        nodes = [builder.gate(kind, *nodes, constant=constant, span=span)]
    return nodes[0]


def _gates_of(step: Step, operands: Sequence[Operand]) -> list[tuple[str, float | None]]:
    """The gates that an operation becomes, each applied to the one before, with their constants. Raises a Fault. A
    constant is part of its gate; if it comes first, in `c - x` and `c / x`, that takes two gates."""
    first, last = operands[0], operands[-1]
    if step.text == "neg":
        return [("scale", -1.0)]
    if step.text == "^" and not isinstance(last, float):
        if isinstance(first, float) and first == math.e:
            return [("exp", None)]
        raise language.VariableExponent(step.span)
    if isinstance(last, float):
        if step.text == "/" and last == 0:
            raise language.UndefinedConstant(step.span, written="a division by 0", why="nothing can be divided by 0")
        kinds = {"+": "shift", "-": "shift", "*": "scale", "/": "scale", "^": "power"}
        constants = {"-": -last, "/": 1 / (last or 1.0)}
        return [(kinds[step.text], constants.get(step.text, last))]
    if not isinstance(first, float):
        return [(OPERATORS[step.text], None)]
    if step.text == "/":
        return [("reciprocal", None)] if first == 1 else [("reciprocal", None), ("scale", first)]
    before: list[tuple[str, float | None]] = [("scale", -1.0)] if step.text == "-" else []
    return [*before, ("scale" if step.text == "*" else "shift", first)]


def function_of(step: Step) -> Gate:
    """The gate that a call names. Raises UnknownGate, WrongArity."""
    gate = gate_called(step.text)
    if gate is None:
        raise language.UnknownGate(step.span, name=cut(step.text), suggestion=_instead(step.text.lower()))
    if not gate.is_function:
        written = INSTEAD.get(step.text) or gate.written(gate.slots, 2.0 if gate.has_constant else None)
        raise language.UnknownGate(step.span, name=f"{step.text}(...)", suggestion=f" Write {written}.")
    if step.arity != gate.arity:
        wanted = counted(gate.arity, "input")
        nested = f" Nest it: {gate.name}({gate.name}(a, b), c)." if step.arity > gate.arity > 1 else ""
        raise language.WrongArity(step.span, gate=step.text, wanted=wanted, given=step.arity or "none", advice=nested)
    return gate


def _instead(name: str) -> str:
    """What to write if no gate has this name: never another function only because it is spelled similarly."""
    also = next((gate.name for gate in GATES.values() if name in (gate.name, *gate.called, *gate.also)), "")
    if also:
        return f" Did you mean {also}?"
    if name in INSTEAD:
        return f" Write {INSTEAD[name]}." if INSTEAD[name] else " The gates here cannot compute it."
    if re.sub(_DERIVATIVE, "", name) in GATES:
        return " Write the derivative out."
    return nearest(name, [name for name, gate in GATES.items() if gate.is_function], _MISTYPED)


def _shown(step: Step, operands: Sequence[float]) -> str:
    if step.kind == "number":
        return cut(step.text)
    written = [f"{operand:.6g}" for operand in operands]
    if step.kind == "call":
        return f"{step.text}({', '.join(written)})"
    if step.text == "neg":
        return f"-{written[0]}"
    return step.text.join(f"({text})" if text.startswith("-") else text for text in written)
