"""The circuit of numbers behind gates of arrays: matmul is mul and add, a weight that is used twice a fork."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final, NamedTuple

from backprop_tutor.engine.array_gates import ArrayGate
from backprop_tutor.engine.array_language import whole_axis
from backprop_tutor.engine.array_passes import ArraySolution
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Graph, GraphBuilder

Nodes = list[list[int]]
"""The node of each entry of an array, row by row."""


class Unfolded(NamedTuple):
    """A circuit of numbers: its graph, the numbers of its inputs, and the nodes of each array by its name.

    Its output is the sum of the entries of the array at the end, each times its own upstream gradient, so that every
    entry gets the gradient that it has in the graph of arrays.
    """

    graph: Graph
    inputs: dict[str, float]
    nodes: dict[str, Nodes]


def unfolded(solution: ArraySolution, only: str | None = None) -> Unfolded:
    """The circuit behind a whole graph of arrays, or behind the gate `only`, whose inputs are then the circuit's."""
    graph, builder = solution.graph, GraphBuilder()
    names = graph.names if only is None else [*dict.fromkeys(graph.node(only).inputs), only]
    nodes: dict[str, Nodes] = {}
    inputs: dict[str, float] = {}
    for name in names:
        node = graph.node(name)
        if node.gate is None or (only is not None and name != only):
            array = solution.array(name)
            nodes[name] = [[builder.input(label) for label in row] for row in entry_names(name, array)]
            values = [value for row in array for value in row]
            inputs |= dict(zip([label for row in entry_names(name, array) for label in row], values, strict=True))
            continue
        made = _gate_nodes(builder, node.gate, [nodes[source] for source in node.inputs], node.constant or 0.0)
        nodes[name] = made
        for row, labels in zip(made, entry_names(name, solution.array(name)), strict=True):
            for one, label in zip(row, labels, strict=True):
                builder.labels[one] = builder.labels[one] or label
    end = graph.output_name if only is None else only
    _weigh(builder, nodes[end], solution.slope(end))
    return Unfolded(builder.build(reserved=graph.names), inputs, nodes)


def entry_names(name: str, array: Matrix) -> list[list[str]]:
    """What the entries of an array are called: `W_1_2` by row and column, `x_1` in a vector, `f` alone."""
    rows, columns = shape_of(array)
    if rows == columns == 1:
        return [[name]]
    if 1 in (rows, columns):
        return [[f"{name}_{row + column + 1}" for column in range(columns)] for row in range(rows)]
    return [[f"{name}_{row + 1}_{column + 1}" for column in range(columns)] for row in range(rows)]


def _weigh(builder: GraphBuilder, nodes: Nodes, upstream: Matrix) -> None:
    """The output: every entry times its upstream gradient, added up."""
    pairs = [(node, up) for row, ups in zip(nodes, upstream, strict=True) for node, up in zip(row, ups, strict=True)]
    _sum(builder, [builder.gate("scale", node, constant=up) for node, up in pairs])


def _sum(builder: GraphBuilder, terms: Sequence[int]) -> int:
    return reduce(lambda one, other: builder.gate("add", one, other), terms)


def _gate_nodes(builder: GraphBuilder, gate: Gate, inputs: Sequence[Nodes], constant: float) -> Nodes:
    if isinstance(gate, ArrayGate):
        axis = constant if gate.has_axis else None
        return _RULES[gate.name](builder, inputs, constant if axis is None else axis, axis is not None)
    rows = max(len(one) for one in inputs)
    columns = max(len(one[0]) for one in inputs)
    return [
        [
            builder.place(gate, tuple(one[row % len(one)][column % len(one[0])] for one in inputs), constant, None)
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def _matmul(builder: GraphBuilder, inputs: Sequence[Nodes], *_: object) -> Nodes:
    a, b = inputs
    columns = list(zip(*b, strict=True))
    return [
        [_sum(builder, [builder.gate("mul", x, y) for x, y in zip(row, column, strict=True)]) for column in columns]
        for row in a
    ]


def _turned(nodes: Nodes) -> Nodes:
    return [list(column) for column in zip(*nodes, strict=True)]


def _summed(builder: GraphBuilder, inputs: Sequence[Nodes], axis: float, has_axis: bool) -> Nodes:
    (nodes,) = inputs
    if not has_axis:
        return [[_sum(builder, [node for row in nodes for node in row])]]
    lines = nodes if axis == 1 else _turned(nodes)
    sums = [_sum(builder, line) for line in lines]
    return [[one] for one in sums] if axis == 1 else [sums]


def _averaged(builder: GraphBuilder, inputs: Sequence[Nodes], axis: float, has_axis: bool) -> Nodes:
    sums = _summed(builder, inputs, axis, has_axis)
    number = len(inputs[0]) * len(inputs[0][0]) // (len(sums) * len(sums[0]))
    return [[builder.gate("scale", one, constant=1 / number) for one in row] for row in sums]


def _softmax(builder: GraphBuilder, inputs: Sequence[Nodes], axis: float, has_axis: bool) -> Nodes:
    (nodes,) = inputs
    along = whole_axis((len(nodes), len(nodes[0])), axis if has_axis else None)
    found: Nodes = []
    for line in nodes if along == 1 else _turned(nodes):
        powers = [builder.gate("exp", node) for node in line]
        whole = _sum(builder, powers)
        found.append([builder.gate("div", power, whole) for power in powers])
    return found if along == 1 else _turned(found)


def _cross_entropy(builder: GraphBuilder, inputs: Sequence[Nodes], *_: object) -> Nodes:
    scores, labels = inputs
    along = whole_axis((len(scores), len(scores[0])))
    likely = _softmax(builder, [scores], along, True)
    terms = [
        [builder.gate("mul", label, builder.gate("log", p)) for label, p in zip(*rows, strict=True)]
        for rows in zip(labels, likely, strict=True)
    ]
    sums = _summed(builder, [terms], along, True)
    return [[builder.gate("scale", one, constant=-1.0) for one in row] for row in sums]


def _conv(builder: GraphBuilder, inputs: Sequence[Nodes], *_: object) -> Nodes:
    array, kernel = inputs
    high, wide = len(kernel), len(kernel[0])
    places = [(row, column) for row in range(high) for column in range(wide)]
    return [
        [
            _sum(builder, [builder.gate("mul", array[top + r][left + c], kernel[r][c]) for r, c in places])
            for left in range(len(array[0]) - wide + 1)
        ]
        for top in range(len(array) - high + 1)
    ]


def _maxpool(builder: GraphBuilder, inputs: Sequence[Nodes], size: float, _: bool) -> Nodes:
    (array,), width = inputs, int(size)
    places = [(row, column) for row in range(width) for column in range(width)]
    return [
        [
            reduce(lambda one, other: builder.gate("max", one, other), [array[top + r][left + c] for r, c in places])
            for left in range(0, len(array[0]), width)
        ]
        for top in range(0, len(array), width)
    ]


_RULES: Final[dict[str, Callable[[GraphBuilder, Sequence[Nodes], float, bool], Nodes]]] = {
    "matmul": _matmul, "transpose": lambda _, inputs, *__: _turned(inputs[0]), "sum": _summed, "mean": _averaged,
    "softmax": _softmax, "cross_entropy": _cross_entropy, "conv": _conv, "maxpool": _maxpool,
}  # fmt: skip
"""How each gate of arrays is made of gates of one number."""
