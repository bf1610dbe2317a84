"""A graph of arrays, built node by node with the shape of each (shapes that do not fit are a fault at their place); its
forward pass and its backward pass. Compare `passes`, which does the same with numbers.

The difference: the local gradient of a gate of arrays would have an entry for each pair of an input entry and an output
entry, which nobody writes down. The gate's pull multiplies by it and adds up in one step, `up @ b.T`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from backprop_tutor.engine import array_language, arrays, language
from backprop_tutor.engine.array_functions import function_called, whole_axis
from backprop_tutor.engine.array_gates import (
    ARRAY_GATES,
    ArrayGate,
    Inputs,
    gate_shape,
    gate_value,
    is_entrywise,
    local_arrays,
    pull_formula,
    pulled,
)
from backprop_tutor.engine.array_language import ShapesDoNotFit, advice, gate_in, wrong_call
from backprop_tutor.engine.arrays import MOST_ENTRIES, Matrix, Misfit, shape_of
from backprop_tutor.engine.formatting import evenly
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Branch, Graph, GraphBuilder, Shape
from backprop_tutor.engine.language import Step
from backprop_tutor.engine.passes import MissingValue, OutOfDomain, Solution
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
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


def in_words(array: Matrix) -> str:
    """An array as lessons and pictures write it: every entry with as many digits."""
    return arrays.written(array, evenly(arrays.entries(array)))


class ArrayFlow(NamedTuple):
    """What one branch of a graph of arrays carries in the backward pass, each array in the shape of its node. `pull` is
    `downstream` as a formula in the student's language; `local` is the local gradient entry by entry, None if the gate
    does not work entry by entry."""

    branch: Branch
    upstream: Matrix
    pull: str
    downstream: Matrix
    local: Matrix | None


class ArraySolution(Solution):
    """Every array of both passes, as lists by node index; `pulled[i]` is what gate i carries back, by slot. The fields
    of a Solution that hold single numbers are empty; use `array` and `slope` instead."""

    arrays: list[Matrix]
    slopes: list[Matrix]
    pulled: list[list[Matrix]]
    is_sample: bool = False
    """Whether these are made-up numbers, for a graph that has none (only shapes)."""

    def array(self, name: str) -> Matrix:
        """A node's value in the forward pass. Raises KeyError."""
        return self.arrays[self.graph.index[name]]

    def slope(self, name: str) -> Matrix:
        """dL/d(node), summed over the node's branches. Raises KeyError."""
        return self.slopes[self.graph.index[name]]

    def at(self, gate: str) -> Inputs:
        """What a gate computes with in both passes."""
        return inputs_of(self.graph, self.graph.index[gate], self.arrays, self.slopes)

    def downstream(self, branch: Branch) -> Matrix:
        """What a branch carries back."""
        return self.pulled[self.graph.index[branch.gate]][branch.slot]

    def array_flow(self, branch: Branch) -> ArrayFlow:
        """What a branch carries, with its formula."""
        gate = self.graph.gates[self.graph.index[branch.gate]]
        assert gate is not None
        at = self.at(branch.gate)
        local = local_arrays(gate, at)[branch.slot] if is_entrywise(gate) else None
        return ArrayFlow(branch, at.up, pull_of(self.graph, branch), self.downstream(branch), local)

    @cached_property
    def largest(self) -> float:
        """The largest absolute value in the graph: next to it, a sum may count as 0."""
        return max(
            arrays.largest(one) for one in (*self.arrays, *self.slopes, *(p for row in self.pulled for p in row))
        )


def solve_arrays(graph: Graph, inputs: Mapping[str, Matrix], upstream: float | Matrix = 1.0) -> ArraySolution:
    """Both passes. `upstream` is dL/d(output); a single number stands for every entry. Raises MissingValue, and
    OutOfDomain if a value or a gradient is not a finite number."""
    values = array_forward(graph, inputs)
    output = shape_of(values[graph.output])
    given = arrays.stretched(upstream, output) if isinstance(upstream, list) else arrays.filled(output, upstream)
    slopes, carried = array_backward(graph, values, given)
    number = given[0][0]
    return ArraySolution(graph, number, [], [], [], values, slopes, carried)


def array_forward(graph: Graph, inputs: Mapping[str, Matrix]) -> list[Matrix]:
    """The value of every node, by node index. Raises MissingValue, OutOfDomain."""
    values: list[Matrix] = []
    for node, (gate, sources, constant) in enumerate(graph.rows):
        if gate is None:
            values.append(_given(graph, node, inputs))
            continue
        try:
            value = gate_value(gate, [values[source] for source in sources], constant)
        except (ArithmeticError, ValueError, TypeError):
            raise _blame(graph, node, "value") from None
        if not arrays.is_finite(value):
            raise _blame(graph, node, "value")
        values.append(value)
    return values


def array_backward(graph: Graph, values: list[Matrix], upstream: Matrix) -> tuple[list[Matrix], list[list[Matrix]]]:
    """The gradient of every node, and what every gate carries back, by slot. Raises OutOfDomain."""
    gradient = [arrays.filled(shape_of(value)) for value in values]
    terms: list[list[Matrix]] = [[] for _ in values]
    carried: list[list[Matrix]] = [[] for _ in values]
    terms[graph.output] = [upstream]
    for node in range(graph.output, -1, -1):
        if terms[node]:
            gradient[node] = arrays.sum_of(terms[node])  # forks add: every branch contributes
        gate, sources, _ = graph.rows[node]
        if gate is None:
            continue
        try:
            carried[node] = pulled(gate, inputs_of(graph, node, values, gradient))
        except (ArithmeticError, ValueError, TypeError):
            raise _blame(graph, node, "local gradient") from None
        if not all(map(arrays.is_finite, carried[node])):
            raise _blame(graph, node, "gradient")
        for source, downstream in zip(sources, carried[node], strict=True):
            terms[source].append(downstream)
    return gradient, carried


def inputs_of(graph: Graph, node: int, values: list[Matrix], slopes: list[Matrix]) -> Inputs:
    """What the gate of a node computes with."""
    _, sources, constant = graph.rows[node]
    return Inputs([values[source] for source in sources], constant, values[node], slopes[node])


def pull_of(graph: Graph, branch: Branch, only_named: bool = False) -> str:
    """What a branch carries back, as a formula in the student's language: `dq @ x.T`. Works with letters too. With
    `only_named`, gates without a name of their own are written out, since nobody knows what g1 is."""
    node = graph.node(branch.gate)
    assert node.gate is not None
    words = (
        [value_formula(graph, name) for name in (*node.inputs, node.name)] if only_named else [*node.inputs, node.name]
    )
    up = f"d{node.name}" if not only_named or is_named(graph, node.name) else _upstream(graph, branch)
    names = dict(zip((*node.gate.slots, "out", "up"), (*words, up), strict=True))
    shapes = [graph.shape(source) for source in node.inputs]
    alone = node.gate.locals[branch.slot] in ("up", "1")  # nothing is next to it
    names = {word: text if alone or _is_simple(text) else f"({text})" for word, text in names.items()}
    pull = pull_formula(node.gate, branch.slot, names, shapes, graph.shape(node.name), node.constant)
    return _TWICE.sub(r"\1(\2)", pull)


_TWICE: Final = re.compile(r"(\w)\(\(([^()]*)\)\)")  # parentheses of an argument inside those of its call


def _upstream(graph: Graph, branch: Branch) -> str:
    """What arrives at an unnamed gate, as a formula in named nodes: in the gate's whole shape where its rule adds
    entries up, since a sum hands one number to many of them."""
    gate, shape = graph.node(branch.gate).gate, graph.shape(branch.gate)
    assert gate is not None
    up, rule = gradient_formula(graph, branch.gate), gate.locals[branch.slot]
    adds_up = graph.shape(branch.source) != shape if is_entrywise(gate) else "@" in rule or "(" in rule
    if not adds_up or formula_shape(graph, up) == shape:
        return up
    value = value_formula(graph, branch.gate)
    return f"{up} + 0*{value if _is_simple(value) else f'({value})'}"


def formula_shape(graph: Graph, formula: str) -> Shape:
    """The shape of a formula in the nodes of a graph and their gradients. Raises Misfit."""
    shapes = dict(zip(graph.names, graph.shapes, strict=True))
    letters = dict.fromkeys(letters_of(graph), 1.0)
    return array_language.shape_of(formula, {**letters, **shapes, **{f"d{name}": one for name, one in shapes.items()}})


def gradient_formula(graph: Graph, name: str) -> str:
    """dL/d(node) as a formula in named nodes: the sum of what its branches carry back."""
    return " + ".join(pull_of(graph, branch, only_named=True) for branch in graph.branches_from[name])


def value_formula(graph: Graph, name: str, whole: bool = False) -> str:
    """A node as a formula in named nodes: its own name (unless the `whole` is wanted), or what it is made of."""
    node = graph.node(name)
    if node.gate is None or (is_named(graph, name) and not whole):
        return name
    operands = []
    for slot, source in enumerate(node.inputs):
        inner, text = graph.node(source).gate, value_formula(graph, source)
        if text != source and not node.gate.is_function and inner is not None and not inner.is_function:
            binds, outer = _binds(inner), _binds(node.gate)
            text = f"({text})" if binds < outer or (binds == outer and slot == 1) else text
        operands.append(text)
    return node.gate.written(operands, node.constant).replace("**", "^")


def _binds(gate: Gate) -> int:
    if gate.notation.startswith("x."):  # as x.T, which stands behind a name or parentheses
        return 4
    return 1 if gate.is_sum or gate.name == "shift" else 3 if gate.name in ("power", "reciprocal") else 2


def is_named(graph: Graph, name: str) -> bool:
    """Whether a node has a name of its own: questions are only about these."""
    node = graph.index[name]
    return graph.gates[node] is None or not graph.labels or graph.labels[node] is not None


def _is_simple(text: str) -> bool:
    """Whether a formula needs no parentheses next to any operator: a name, a number or a call."""
    return re.fullmatch(r"[\w.]+|\w+\([^()]*\)", text) is not None


def _given(graph: Graph, node: int, inputs: Mapping[str, Matrix]) -> Matrix:
    name = graph.names[node]
    if name not in inputs:
        raise MissingValue(f"the input {name} has no value. Give it one.")
    value = inputs[name]
    if shape_of(value) != graph.shapes[node]:
        is_, wanted = arrays.written_shape(shape_of(value)), arrays.written_shape(graph.shapes[node])
        raise MissingValue(f"the input {name} is {is_}, but the graph was read for {wanted}.")
    return value


def _blame(graph: Graph, node: int, what: str) -> OutOfDomain:
    blamed = graph.node(graph.names[node])
    return OutOfArrayDomain(blamed.name, blamed.written, {}, blamed.domain, what)


class OutOfArrayDomain(OutOfDomain):
    """A gate of arrays with an entry that has no value at these numbers."""

    def __str__(self) -> str:
        return f"{self.gate} = {self.written} has an entry without a finite {self.what} at these numbers. {self.advice}"
