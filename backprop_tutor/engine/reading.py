"""Lines of the graph language in, Graph out, with every fault of the text at once; and back."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from backprop_tutor.engine import faults
from backprop_tutor.engine.evaluate import CONSTANTS, apply, function_of, number
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph, GraphBuilder, reaching
from backprop_tutor.engine.language import Step, Token, is_name, parse, tokens
from backprop_tutor.errors import Fault, Faults, Span, nearest

MOST_GATES: Final = 10_000
"""The most gates a text may have (a graph built in code has no such limit)."""
MOST_BYTES: Final = 100_000
"""The longest text, in bytes of UTF-8."""
MOST_FAULTS: Final = 100
"""How many faults of a graph are told at once."""

_LINE = re.compile(r"[^\n;]+")


class Line(NamedTuple):
    """One line `name = expression`: its name, where that stands, and the expression's postfix steps."""

    name: str
    at: Span
    steps: list[Step]
    span: Span


@dataclass
class Reading:
    """What was read of a text: its lines, its faults, and how far the graph got."""

    text: str
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_graph(text: str, inputs: Iterable[str], output: str | None = None, reserved: Collection[str] = (), whole: bool = True) -> Graph:
    """The graph of a text over these inputs; its last line is the output unless another is named.

    `reserved` are more names that no unnamed gate may get. A graph that is not `whole` may leave inputs and
    gates unused, while it is being written. Raises Faults, with every fault of the text.
    """
    reading = read_lines(text)
    graph = None
    if reading.lines:
        try:
            graph = _Maker(reading, list(inputs), reserved).make(output, whole)
        except faults.MoreFaults as more:
            reading.faults.append(more)
    elif not reading.faults:
        reading.faults.append(faults.EmptyGraph((0, len(text))))
    if reading.faults or graph is None:
        raise Faults(text, reading.faults, "graph")
    return graph


def read_lines(text: str) -> Reading:
    """The lines of a text, parsed; every line that cannot be is a fault."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        fault = faults.TooLong((0, 1), size=f"{size:,} bytes", limit=f"{MOST_BYTES:,} bytes", advice="")
        return Reading(text, faults=[fault])
    reading = Reading(text)
    for match in _LINE.finditer(text):
        if match[0].strip(" \t\r"):
            try:
                reading.lines.append(_line(text, *match.span()))
            except Fault as fault:
                reading.faults.append(fault)
                if len(reading.faults) == MOST_FAULTS:
                    reading.faults.append(faults.MoreFaults(fault.span))
                    break
    return reading


def written(graph: Graph) -> str:
    """The graph as text, one gate a line; `read_graph` reads it back."""
    return "\n".join(f"{node.name} = {node.written}" for node in graph.nodes if node.gate is not None)


def _line(text: str, start: int, end: int) -> Line:
    found = tokens(text, start, end)
    equals = [token for token in found if token.text == "="]
    if not equals:
        raise faults.NotALine((found[0].span[0], found[-1].span[1]), advice=" Nothing is assigned here.")
    if found[0].text == "=":
        raise faults.NotALine(found[0].span, advice=" The name is missing.")
    name = found[0]
    if found[1].text != "=" or name.kind != "name":
        span = (name.span[0], found[found.index(equals[0]) - 1].span[1])
        raise faults.BadName(span, name=text[slice(*span)])
    rest: list[Token] = found[2:]
    span = (rest[0].span[0], rest[-1].span[1]) if rest else equals[0].span
    return Line(name.text, name.span, parse(rest, equals[0].span), span)


Operand = float | int | None
"""On the stack: a constant (float), a node (int), or None where a fault was found already."""


class _Maker:
    """Turns parsed lines into a graph, one gate an operation, noting faults and going on after each."""

    def __init__(self, reading: Reading, inputs: list[str], reserved: Collection[str]) -> None:
        self.reading = reading
        self.builder = GraphBuilder()
        self.nodes: dict[str, int | None] = {name: self.builder.input(name) for name in inputs}
        self.inputs = inputs
        self.assigned: dict[str, Line] = {}
        for line in reading.lines:
            self.assigned.setdefault(line.name, line)
        mentioned = {step.text for line in reading.lines for step in line.steps if step.kind == "name"}
        self.reserved = {*mentioned, *self.assigned, *inputs, *reserved}

    def make(self, output: str | None, whole: bool) -> Graph | None:
        lines = self.reading.lines
        for line in lines:
            if len(self.builder) - len(self.inputs) > MOST_GATES:
                size, limit = f"more than {MOST_GATES:,} gates", f"{MOST_GATES:,} gates"
                self._fault(faults.TooLong(line.at, size=size, limit=limit, advice=" Build it in code instead."))
                return None
            self._assign(line)
        if len(self.builder) - len(self.inputs) > MOST_GATES:
            size, limit = f"more than {MOST_GATES:,} gates", f"{MOST_GATES:,} gates"
            self._fault(faults.TooLong(lines[-1].at, size=size, limit=limit, advice=" Build it in code instead."))
        if output is not None and output not in self.assigned:
            self._fault(faults.UnknownOutput(lines[-1].at, name=output, suggestion=nearest(output, self.assigned)))
        if self.reading.faults:
            return None
        node = self.nodes[output or lines[-1].name]
        graph = self.builder.build(node, self.reserved)
        if whole:
            self._check_reach(graph)
        return graph

    def _fault(self, fault: Fault) -> None:
        self.reading.faults.append(fault)
        if len(self.reading.faults) == MOST_FAULTS:
            raise faults.MoreFaults(fault.span)

    def _assign(self, line: Line) -> None:
        earlier = self.assigned[line.name]
        if line.name in self.inputs:
            self._fault(faults.AssignedInput(line.at, name=line.name))
            return
        if earlier is not line:
            self._fault(faults.AssignedTwice(line.at, name=line.name, line=self._number(earlier)))
            return
        result = self._compute(line)
        self.nodes[line.name] = None
        if isinstance(result, float):
            self._fault(faults.ConstantLine(line.span, name=line.name))
        elif result is not None and self.builder.is_named(result):
            source = line.steps[0].text
            self._fault(faults.Alias(line.span, name=line.name, source=source))
        elif result is not None:
            self.builder.name(result, line.name)
            self.nodes[line.name] = result

    def _number(self, line: Line) -> int:
        return self.reading.text.count("\n", 0, line.at[0]) + 1

    def _compute(self, line: Line) -> Operand:
        stack: list[tuple[Operand, Span]] = []
        for step in line.steps:
            taken = stack[len(stack) - step.arity :] if step.arity else []
            del stack[len(stack) - step.arity :]
            operands = [operand for operand, _ in taken]
            spans = [step.span, *(span for _, span in taken)]
            whole = (min(start for start, _ in spans), max(end for _, end in spans))
            try:
                result = self._step(step, operands, whole, line)
            except Fault as fault:
                self._fault(fault)
                result = None
            stack.append((result, whole))
        return stack[0][0]

    def _step(self, step: Step, operands: list[Operand], whole: Span, line: Line) -> Operand:
        if step.kind == "number":
            return number(step.text, step.span)
        if step.kind == "name":
            return self._named(step, line)
        gate = function_of(step) if step.kind == "call" else None
        if None in operands:
            return None
        if all(isinstance(operand, float) for operand in operands):
            return apply(step, [float(operand) for operand in operands if operand is not None])
        if gate is not None:
            return self._called(gate.name, operands, whole)
        return self._operated(step, operands, whole)

    def _named(self, step: Step, line: Line) -> Operand:
        name = step.text
        if name in self.nodes:
            return self.nodes[name]
        if name in self.assigned:
            path = self._cycle(name, line.name)
            if path:
                raise faults.Cycle(step.span, name=line.name, path=" needs ".join(path))
            raise faults.UseBeforeAssignment(step.span, name=name, line=self._number(self.assigned[name]))
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in GATES and GATES[name].is_function:
            raise faults.UnknownName(step.span, name=name, not_what="a gate", suggestion=f" Write {GATES[name].notation}.")
        known = [*self.inputs, *self.assigned]
        raise faults.UnknownName(step.span, name=name, not_what="not an input and not an earlier line", suggestion=nearest(name, known))

    def _cycle(self, name: str, target: str) -> list[str]:
        """The way from `target` over the lines' names back to `target`, beginning with `name`; empty if there is none."""
        came_from: dict[str, str] = {name: target}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current == target:
                path = [target]
                while current != name:
                    current = came_from[current]
                    path.append(current)
                return [target, *reversed(path)] if name != target else [target, target]
            for step in self.assigned[current].steps:
                if step.kind == "name" and step.text in self.assigned and step.text not in came_from:
                    came_from[step.text] = current
                    waiting.append(step.text)
        return []

    def _called(self, kind: str, operands: list[Operand], span: Span) -> int:
        nodes = [operand for operand in operands if isinstance(operand, int)]
        constants = [operand for operand in operands if isinstance(operand, float)]
        if kind == "max" and constants == [0.0]:
            kind, constants = "relu", []
        return self.builder.gate(kind, *nodes, constant=constants[0] if constants else None, span=span)

    def _operated(self, step: Step, operands: list[Operand], span: Span) -> int:
        """One operation as one gate, or two where the constant stands first in `c - x` and `c / x`."""
        if step.text == "neg":
            return self._with_constant("scale", operands[0], -1.0, span)
        left, right = operands
        if step.text == "^":
            if isinstance(right, float):
                return self._with_constant("power", left, right, span)
            if left == math.e and isinstance(left, float) and isinstance(right, int):
                return self.builder.gate("exp", right, span=span)
            raise faults.VariableExponent(step.span)
        if isinstance(right, float):
            return self._constant_right(step, left, right, span)
        if isinstance(left, float):
            return self._constant_left(step.text, left, right, span)
        kind = {"+": "add", "-": "sub", "*": "mul", "/": "div"}[step.text]
        return self.builder.gate(kind, *(node for node in (left, right) if node is not None), span=span)

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
        inverse = self.builder.gate("reciprocal", node, span=span) if isinstance(node, int) else 0
        return inverse if constant == 1 else self._with_constant("scale", inverse, constant, span)

    def _with_constant(self, kind: str, node: Operand, constant: float, span: Span) -> int:
        assert isinstance(node, int)
        if not math.isfinite(constant):
            raise faults.NumberTooLarge(span, number="this constant")
        return self.builder.gate(kind, node, constant=constant + 0.0, span=span)

    def _check_reach(self, graph: Graph) -> None:
        reaches = reaching(graph, graph.output)
        end = (len(self.reading.text), len(self.reading.text))
        for node, reached in enumerate(reaches):
            if reached:
                continue
            name = graph.names[node]
            if graph.gates[node] is None:
                self._fault(faults.UnusedInput(end, name=name, suggestion=""))
            else:
                self._fault(faults.DeadGate(graph.spans[node] or end, name=name, output=graph.output_name))


def bad_input_names(inputs: Iterable[str]) -> list[str]:
    """The names that no input may have."""
    return [name for name in inputs if not is_name(name)]
