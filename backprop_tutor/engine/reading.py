"""A text of the graph language in, Graph out, with every fault of the text at once; and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from backprop_tutor.engine import faults
from backprop_tutor.engine.building import GraphBuilder
from backprop_tutor.engine.evaluate import CONSTANTS, apply, function_of, number
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph, reaching
from backprop_tutor.engine.language import Step
from backprop_tutor.engine.lines import MOST_FAULTS, Line, Reading, read_lines
from backprop_tutor.engine.operations import Operand, Operations
from backprop_tutor.errors import Fault, Faults, Span, nearest

MOST_GATES: Final = 10_000
"""The most gates a text may have (a graph built in code has no such limit)."""


def read_graph(
    text: str, inputs: Iterable[str], output: str | None = None, reserved: Collection[str] = (), whole: bool = True
) -> Graph:
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


def written(graph: Graph) -> str:
    """The graph as text, one gate a line; `read_graph` reads it back."""
    return "\n".join(f"{node.name} = {node.written}" for node in graph.nodes if node.gate is not None)


class _Maker:
    """Turns parsed lines into a graph, one gate an operation, noting faults and going on after each."""

    def __init__(self, reading: Reading, inputs: list[str], reserved: Collection[str]) -> None:
        self.reading = reading
        self.builder = GraphBuilder()
        self._operations = Operations(self.builder)
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
            return self._operations.called(gate.name, operands, whole)
        return self._operations.operated(step, operands, whole)

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
            raise faults.UnknownName(
                step.span, name=name, not_what="a gate", suggestion=f" Write {GATES[name].notation}."
            )
        known = [*self.inputs, *self.assigned]
        raise faults.UnknownName(
            step.span, name=name, not_what="not an input and not an earlier line", suggestion=nearest(name, known)
        )

    def _cycle(self, name: str, target: str) -> list[str]:
        """The way from `target` over the lines' names back to `target`, beginning with `name`; empty if there is
        none."""
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
