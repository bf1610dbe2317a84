"""The forward pass and the backward pass of arrays; compare `passes`, which does the same with numbers.

The difference: the local gradient of a gate of arrays would have an entry for each pair of an input entry and an output
entry, which nobody writes down. The gate's pull multiplies by it and adds up in one step, `up @ b.T`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from backprop_tutor.engine import array_language, arrays
from backprop_tutor.engine.array_gates import (
    Inputs,
    gate_value,
    is_entrywise,
    local_arrays,
    pull_formula,
    pulled,
)
from backprop_tutor.engine.array_graph import letters_of
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.formatting import evenly
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Branch, Graph, Shape
from backprop_tutor.engine.passes import MissingValue, OutOfDomain, Solution
from backprop_tutor.fields import NamedTuple


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
    """How tightly a gate's operator binds."""
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
    gate, name = graph.gates[node], graph.names[node]
    domain = gate.domain if gate else ""
    return OutOfArrayDomain(name, graph.node(name).written, {}, domain, what)


class OutOfArrayDomain(OutOfDomain):
    """A gate of arrays with an entry that has no value at these numbers."""

    def __str__(self) -> str:
        needs = f" It needs {self.domain}." if self.domain else " Smaller inputs keep it in range."
        return f"{self.gate} = {self.written} has an entry without a finite {self.what} at these numbers.{needs}"
