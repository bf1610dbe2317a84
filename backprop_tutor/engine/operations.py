"""Operations of the graph language as gates of a graph: a constant becomes part of its gate."""

from __future__ import annotations

import math

from backprop_tutor.engine import faults
from backprop_tutor.engine.building import GraphBuilder
from backprop_tutor.engine.language import Step
from backprop_tutor.errors import Span

Operand = float | int | None
"""On the stack: a constant (float), a node (int), or None where a fault was found already."""


class Operations:
    """Adds gates to a graph that is being built. Every method gives the new node and raises Fault for what no gate
    computes."""

    def __init__(self, builder: GraphBuilder) -> None:
        self._builder = builder

    def called(self, kind: str, operands: list[Operand], span: Span) -> int:
        """A function of the table as one gate; `max(0, x)` is a relu."""
        nodes = [operand for operand in operands if isinstance(operand, int)]
        constants = [operand for operand in operands if isinstance(operand, float)]
        if kind == "max" and constants == [0.0]:
            kind, constants = "relu", []
        return self._builder.gate(kind, *nodes, constant=constants[0] if constants else None, span=span)

    def operated(self, step: Step, operands: list[Operand], span: Span) -> int:
        """One operation as one gate, or two where the constant stands first in `c - x` and `c / x`."""
        if step.text == "neg":
            return self._with_constant("scale", operands[0], -1.0, span)
        left, right = operands
        if step.text == "^":
            if isinstance(right, float):
                return self._with_constant("power", left, right, span)
            if left == math.e and isinstance(left, float) and isinstance(right, int):
                return self._builder.gate("exp", right, span=span)
            raise faults.VariableExponent(step.span)
        if isinstance(right, float):
            return self._constant_right(step, left, right, span)
        if isinstance(left, float):
            return self._constant_left(step.text, left, right, span)
        kind = {"+": "add", "-": "sub", "*": "mul", "/": "div"}[step.text]
        return self._builder.gate(kind, *(node for node in (left, right) if node is not None), span=span)

    def _constant_right(self, step: Step, node: Operand, constant: float, span: Span) -> int:
        if step.text == "/" and constant == 0:
            raise faults.UndefinedConstant(step.span, written="a division by 0", why="nothing is divided by 0")
        kind, constant = {
            "+": ("shift", constant), "-": ("shift", -constant), "*": ("scale", constant),
            "/": ("scale", 1 / constant if constant else 0.0),
        }[step.text]  # fmt: skip
        return self._with_constant(kind, node, constant, span)

    def _constant_left(self, operator: str, constant: float, node: Operand, span: Span) -> int:
        if operator == "+":
            return self._with_constant("shift", node, constant, span)
        if operator == "*":
            return self._with_constant("scale", node, constant, span)
        if operator == "-":
            return self._with_constant("shift", self._with_constant("scale", node, -1.0, span), constant, span)
        inverse = self._builder.gate("reciprocal", node, span=span) if isinstance(node, int) else 0
        return inverse if constant == 1 else self._with_constant("scale", inverse, constant, span)

    def _with_constant(self, kind: str, node: Operand, constant: float, span: Span) -> int:
        assert isinstance(node, int)
        if not math.isfinite(constant):
            raise faults.NumberTooLarge(span, number="this constant")
        return self._builder.gate(kind, node, constant=constant + 0.0, span=span)
