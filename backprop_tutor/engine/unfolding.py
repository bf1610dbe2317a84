"""The circuit of numbers behind gates of arrays: matmul becomes mul and add gates, and a weight that is used twice a
fork."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprop_tutor.engine.array_functions import FUNCTIONS, OPERATIONS, Nodes, sum_of
from backprop_tutor.engine.array_gates import ARRAY_GATES, ArrayGate
from backprop_tutor.engine.array_language import compiled
from backprop_tutor.engine.array_passes import ArraySolution
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.evaluate import apply, folded, made
from backprop_tutor.engine.gate import CONSTANTS, Gate
from backprop_tutor.engine.graph import Graph, GraphBuilder
from backprop_tutor.engine.language import Step
from backprop_tutor.fields import NamedTuple


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
    """The names of the entries of an array: `W_1_2` by row and column, `x_1` in a vector, `f` for a single entry."""
    rows, columns = shape_of(array)
    if rows == columns == 1:
        return [[name]]
    if 1 in (rows, columns):
        return [[f"{name}_{row + column + 1}" for column in range(columns)] for row in range(rows)]
    return [[f"{name}_{row + 1}_{column + 1}" for column in range(columns)] for row in range(rows)]


def _weigh(builder: GraphBuilder, nodes: Nodes, upstream: Matrix) -> None:
    """The output: the sum of every entry times its upstream gradient."""
    pairs = [(node, up) for row, ups in zip(nodes, upstream, strict=True) for node, up in zip(row, ups, strict=True)]
    sum_of(builder, [builder.gate("scale", node, constant=up) for node, up in pairs])


def _gate_nodes(builder: GraphBuilder, gate: Gate, inputs: Sequence[Nodes], constant: float) -> Nodes:
    if not isinstance(gate, ArrayGate):
        return _by_entry(lambda entries: builder.place(gate, tuple(entries), constant, None), inputs)
    names: dict[str, Nodes | float] = {**dict(zip(gate.slots, inputs, strict=True)), "c": constant}

    def result(step: Step, operands: list[Nodes | float]) -> Nodes | float:
        if step.kind == "name":
            return names[step.text] if step.text in names else CONSTANTS[step.text]
        numbers = [operand for operand in operands if isinstance(operand, float)]
        nodes = [operand for operand in operands if not isinstance(operand, float)]
        if not nodes:
            return apply(step, numbers)
        function = OPERATIONS.get(step.text) or FUNCTIONS.get(step.text)
        if function is not None and not (step.text == "@" and numbers):  # a bare number beside @ is a factor
            assert function.circuit is not None, step.text
            return function.circuit(builder, *nodes, *numbers)
        inner = ARRAY_GATES.get(step.text)
        if inner is not None:
            return _gate_nodes(builder, inner, nodes, numbers[0] if numbers else 0.0)
        return _by_entry(lambda entries: int(made(builder, step, entries)), operands)

    found = folded(compiled(gate.forward), result)
    assert not isinstance(found, float)
    return found


def _by_entry(node: Callable[[list[Any]], int], operands: Sequence[Nodes | float]) -> Nodes:
    """The node of each entry, from those that are combined there; smaller arrays are stretched, a number stands for
    itself."""
    arrays = [[[one]] if isinstance(one, float) else one for one in operands]
    rows, columns = max(len(one) for one in arrays), max(len(one[0]) for one in arrays)
    return [
        [node([one[row % len(one)][column % len(one[0])] for one in arrays]) for column in range(columns)]
        for row in range(rows)
    ]
