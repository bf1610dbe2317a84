"""A graph of arrays, built node by node, with the shape of each; shapes that do not fit are a fault at their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backprop_tutor.engine import arrays, language
from backprop_tutor.engine.array_functions import function_called, whole_axis
from backprop_tutor.engine.array_gates import ARRAY_GATES, ArrayGate, gate_shape
from backprop_tutor.engine.array_language import ShapesDoNotFit, advice, gate_in, wrong_call
from backprop_tutor.engine.arrays import MOST_ENTRIES, Matrix, Misfit
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Graph, GraphBuilder, Shape
from backprop_tutor.engine.language import Step
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

_BETWEEN = re.compile(r"a (\S) b")  # how a gate is written, if it is an operator


class ArrayBuilder(GraphBuilder):
    """Builds a graph of arrays; `shapes` are those of its inputs by name, and then of every node."""

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        super().__init__()
        self._inputs = inputs
        self.entries = 0
        self._is_full = False

    def input(self, name: str) -> int:
        """A new input."""
        self._note(self._inputs[name])
        return super().input(name)

    def place(self, gate: Gate, sources: tuple[int, ...], constant: float, span: Span | None) -> int:
        """Adds a gate, if the shapes fit. Raises ShapesDoNotFit, and Fault for too many entries."""
        shapes = [self.shapes[source] for source in sources]
        at = span or (0, 1)
        try:
            shape = gate_shape(gate, shapes, constant)
        except Misfit as misfit:
            names = [self.labels[source] or "(...)" for source in sources]
            between = _BETWEEN.fullmatch(gate.notation)
            what = f"{gate.name}: {misfit}{advice(between[1] if between else '', names, shapes)}"
            raise ShapesDoNotFit(at, what=what) from None
        self._note(shape)
        if self.entries > MOST_ENTRIES and not self._is_full:  # reported once, not for every gate after it
            self._is_full = True
            what = f"the arrays have more than {MOST_ENTRIES:,} entries in all. Use smaller ones."
            raise Fault(at, what=what)
        return super().place(gate, sources, constant, span)

    def _note(self, shape: Shape) -> None:
        self.shapes.append(shape)
        self.entries += arrays.count(shape)

    def array_gate(self, step: Step, operands: Sequence[float | int], span: Span) -> int | None:
        """The node of the gate of arrays that an operator or a call stands for; None if it is a gate of numbers. Raises
        a Fault."""
        nodes = [operand for operand in operands if isinstance(operand, int)]
        if step.text in ("@", "T") and step.kind == "operator":
            if len(nodes) < len(operands):
                return None  # a bare number next to @ is a factor
            return self.place(ARRAY_GATES["matmul" if step.text == "@" else "transpose"], tuple(nodes), 0.0, span)
        if step.text in (">", "<"):
            what = "a graph cannot contain comparisons. Use relu, max or min, which route by size."
            raise language.NotArithmetic(step.span, what=what)
        if step.kind != "call" or gate_in(step) is not None:
            return None
        gate, function = ARRAY_GATES.get(step.text), function_called(step.text)
        if gate is None or function is None:
            fits = {"outer": "a @ b.T", "dot": "a.T @ b"}.get(step.text, "")
            advice_ = f" Write {fits}." if fits else ""
            raise language.UnknownGate(step.span, name=step.text, suggestion=advice_)
        numbers = [operand for operand in operands if isinstance(operand, float)]
        if len(nodes) != function.arity or len(numbers) not in function.numbers:
            raise wrong_call(step, function)
        return self._called(gate, nodes, numbers, span)

    def _called(self, gate: ArrayGate, nodes: Sequence[int], numbers: Sequence[float], span: Span) -> int:
        if numbers and not gate.has_constant:
            shape = self.shapes[nodes[0]]
            try:
                axis = whole_axis(shape, numbers[0])
            except Misfit as misfit:
                raise ShapesDoNotFit(span, what=f"{gate.name}: {misfit}") from None
            is_said = not gate.goes_along or axis != whole_axis(shape)
            gate, numbers = (gate.along_axis, [float(axis)]) if is_said else (gate, ())
        return self.place(gate, tuple(nodes), numbers[0] if numbers else 0.0, span)


def at_sizes(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """A graph whose letters stand for these sizes."""
    shapes = [tuple(size if isinstance(size, int) else sizes[size] for size in shape) for shape in graph.shapes]
    concrete = [(int(rows), int(columns)) for rows, columns in shapes]
    return Graph(graph.rows, graph.labels, graph.output, graph.spans, graph.reserved, concrete)


def letters_of(graph: Graph) -> list[str]:
    """The letters that stand for sizes, in the order in which they occur."""
    return list(dict.fromkeys(size for shape in graph.shapes for size in shape if isinstance(size, str)))


def sample(graph: Graph, number: int = 0) -> tuple[Graph, dict[str, Matrix]]:
    """Seeded arrays for the inputs of a graph, a different set for each `number`: every letter is a small size of its
    own, labels are one-hot, and no entry is near 0."""
    letters = letters_of(graph)
    concrete = at_sizes(graph, {letter: 2 + (place + number) % _SIZES for place, letter in enumerate(letters)})
    labels, found = labels_of(graph), {}
    for node in concrete.leaves:
        rows, columns = (int(size) for size in concrete.shapes[node])
        if node in labels:
            array = [[float((row + number) % columns == column) for column in range(columns)] for row in range(rows)]
            array = array if columns > 1 else [[float(row == number % rows)] for row in range(rows)]
        else:
            first = 1 + 7 * number + 31 * node
            array = [[_spread_out(first + row * columns + column) for column in range(columns)] for row in range(rows)]
        found[concrete.names[node]] = array
    return concrete, found


def labels_of(graph: Graph) -> set[int]:
    """The nodes that hold labels, whose entries add up to 1."""
    return {
        sources[gate.labels]
        for gate, sources, _ in graph.rows
        if isinstance(gate, ArrayGate) and gate.labels is not None
    }


def sample_upstream(graph: Graph, number: int = 0) -> Matrix:
    """Seeded gradients that arrive at the output of a `sample`; no formula without them equals them."""
    rows, columns = (int(size) for size in graph.shapes[graph.output])
    first = 5 + 11 * number
    return [[_spread_out(first + row * columns + column) for column in range(columns)] for row in range(rows)]


_SIZES = 4  # from 2 on: this many letters have sizes of their own


def _spread_out(place: int) -> float:
    """A number of absolute value between 0.1 and 1.6, of either sign, that no simple rule leads to."""
    scattered = place * 2654435761 % 2**32  # Knuth's multiplier
    size = 0.1 + scattered % 1500 / 1000
    return size if scattered // 4096 % 2 else -size
