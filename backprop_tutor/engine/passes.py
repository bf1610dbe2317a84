"""The forward pass and the backward pass: numbers through a graph, with what every branch carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain, compress
from math import isfinite, nan

from backprop_tutor.engine.gate import RESIDUE
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import Fields, NamedTuple


class OutOfDomain(TutorError):
    """A gate that cannot be evaluated at these numbers, such as the log of a negative one."""

    def __init__(self, gate: str, written: str, operands: dict[str, float], domain: str, what: str) -> None:
        super().__init__(gate, written, operands, domain, what)
        self.gate, self.written, self.operands = gate, written.replace("**", "^"), operands
        self.domain, self.what = domain, what

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value:.6g}" for name, value in self.operands.items())
        return f"{self.gate} = {self.written} has no finite {self.what} at {at}. {self.advice}"

    @property
    def advice(self) -> str:
        """What to change, as a sentence."""
        return f"It needs {self.domain}." if self.domain else "Smaller inputs keep it in range."


class MissingValue(TutorError):
    """An input of the graph without a number."""


class Flow(NamedTuple):
    """What one branch carries in the backward pass. The numbers are dL/d(gate) and d(gate)/d(slot)."""

    branch: Branch
    upstream: float
    local: float

    @property
    def downstream(self) -> float:
        """upstream * local."""
        return self.upstream * self.local + 0.0  # never -0.0


class Solution(Fields):
    """Every number of both passes, as lists by node index; `locals[i]` are gate i's local gradients by slot."""

    graph: Graph
    upstream: float
    values: list[float]
    gradients: list[float]
    locals: list[tuple[float, ...]]

    def value(self, name: str) -> float:
        """A node's value in the forward pass. Raises KeyError."""
        return self.values[self.graph.index[name]]

    def gradient(self, name: str) -> float:
        """dL/d(node), summed over the node's branches. Raises KeyError."""
        return self.gradients[self.graph.index[name]]

    def flow(self, branch: Branch) -> Flow:
        """What this branch carries."""
        gate = self.graph.index[branch.gate]
        return Flow(branch, self.gradients[gate], float(self.locals[gate][branch.slot]))

    @cached_property
    def flows(self) -> list[Flow]:
        """What every branch carries, in the order of the backward pass: the last gate first."""
        names = reversed(self.graph.gate_names)
        return [self.flow(branch) for name in names for branch in self.graph.branches_into(name)]

    @cached_property
    def carried(self) -> list[float]:
        """What every branch carries back, in topological order."""
        pairs = zip(self.gradients, self.locals, strict=True)
        return [upstream * slope for upstream, slopes in pairs for slope in slopes]

    @cached_property
    def largest(self) -> float:
        """The largest absolute value in the graph: next to it, a sum may count as 0."""
        return max(map(abs, chain(self.values, self.gradients, self.carried)))


def solve(graph: Graph, inputs: Mapping[str, float] | Sequence[float], upstream: float = 1.0) -> Solution:
    """Both passes; what rounding leaves of a sum that is 0 counts as 0. `inputs` are the inputs' values, by name or in
    order. Raises MissingValue, and OutOfDomain if a gate, a local gradient or a gradient is not a finite number."""
    values = forward(graph, inputs)
    for node, _, _, sources, _ in compress(graph.steps, graph.sums):
        # Two terms that cancel have the same size, so looking at the first is enough.
        if abs(values[node]) <= RESIDUE * abs(values[sources[0]]) and values[node] != 0:
            values = _settled_values(graph, values)
            break
    gradients, locals_ = backward(graph, values, upstream)
    if _leaves_residue(graph, gradients, locals_):
        gradients = _settled_gradients(graph, gradients, locals_)
    return Solution(graph, upstream, values, gradients, locals_)


def forward(graph: Graph, inputs: Mapping[str, float] | Sequence[float]) -> list[float]:
    """The value of every node, by node index. Raises MissingValue, OutOfDomain."""
    numbers = inputs if type(inputs) is list else _in_order(graph, inputs)
    if graph.begins_with_inputs and len(numbers) == len(graph.leaves):
        values = numbers + [0.0] * len(graph.steps)
    else:
        values = [0.0] * graph.size
        for node, value in zip(graph.leaves, numbers, strict=True):
            values[node] = value
    node = 0
    try:
        for node, compute, _, sources, constant in graph.steps:
            values[node] = compute(values, sources, constant)
        if isfinite(sum(values)) or all(map(isfinite, values)):
            return values
    except (ArithmeticError, ValueError, TypeError):
        values[node] = nan
    raise _blame(graph, values, [not _is_number(value) for value in values].index(True), "value")


def backward(graph: Graph, values: list[float], upstream: float = 1.0) -> tuple[list[float], list[tuple[float, ...]]]:
    """The gradient of every node, and every gate's local gradients by slot. Raises OutOfDomain."""
    gradient = [0.0] * graph.size
    local: list[tuple[float, ...]] = [()] * graph.size
    gradient[graph.output] = upstream
    node = 0
    try:
        for node, _, differentiate, sources, constant in reversed(graph.steps):
            upstream = gradient[node]
            local[node] = slopes = differentiate(values, sources, constant, values[node])
            gradient[sources[0]] += upstream * slopes[0]  # downstream = upstream * local,
            if len(slopes) > 1:  # and forks add: every branch contributes
                gradient[sources[1]] += upstream * slopes[1]
        if isfinite(sum(gradient)) or all(map(isfinite, gradient)):
            return gradient, local
    except (ArithmeticError, ValueError, TypeError):
        raise _blame(graph, values, node, "local gradient") from None
    raise _blame(graph, values, _first_infinite(graph, gradient, local), "gradient")


def _settled_values(graph: Graph, values: list[float]) -> list[float]:
    """The values, with 0 for every sum that is nothing compared with its terms, and with what follows from that. If
    only a residue keeps a gate in its domain, as in log(0.1 + 0.2 - 0.3), the values stay, so that this is noticed."""
    settled = list(values)
    try:
        for (node, compute, _, sources, constant), is_sum in zip(graph.steps, graph.sums, strict=True):
            value = compute(settled, sources, constant)
            cancels = is_sum and abs(value) <= RESIDUE * abs(settled[sources[0]])
            settled[node] = 0.0 if cancels else value
        backward(graph, settled)
    except (ArithmeticError, ValueError, TypeError, OutOfDomain):
        return values
    return settled if all(map(_is_number, settled)) else values


def _leaves_residue(graph: Graph, gradient: list[float], local: list[tuple[float, ...]]) -> bool:
    """Whether the sum at some fork is not 0, but nothing compared with one of its terms."""
    for node, _, _, sources, _ in compress(graph.steps, graph.after_forks):
        for source, slope in zip(sources, local[node], strict=True):
            if 0 < abs(gradient[source]) <= RESIDUE * abs(gradient[node] * slope):
                return True
    return False


def _settled_gradients(graph: Graph, gradient: list[float], local: list[tuple[float, ...]]) -> list[float]:
    """The gradients, with 0 at every fork whose sum is nothing compared with its terms, and with what follows from
    that."""
    settled, largest = [0.0] * len(graph), [0.0] * len(graph)
    settled[graph.output] = gradient[graph.output]
    for node in range(graph.output, -1, -1):
        if abs(settled[node]) <= RESIDUE * largest[node]:
            settled[node] = 0.0
        for source, slope in zip(graph.inputs[node], local[node], strict=True):
            downstream = settled[node] * slope
            settled[source] += downstream
            largest[source] = max(largest[source], abs(downstream))
    return settled


def _first_infinite(graph: Graph, gradient: list[float], local: list[tuple[float, ...]]) -> int:
    """The gate nearest to the output that carries back a number that is not finite."""
    for node, _, _, sources, _ in reversed(graph.steps):
        carried = [gradient[node] * slope for slope in local[node]]
        if not all(map(isfinite, (*carried, *(gradient[source] for source in sources)))):
            return node
    return graph.output


def _in_order(graph: Graph, inputs: Mapping[str, float] | Sequence[float]) -> list[float]:
    if not isinstance(inputs, Mapping):
        return [float(value) for value in inputs]
    try:
        return [float(inputs[name]) for name in graph.input_names]
    except KeyError:
        name = next(name for name in graph.input_names if name not in inputs)
        raise MissingValue(f"the input {name} has no value. Give it one.") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _blame(graph: Graph, values: list[float], node: int, what: str) -> OutOfDomain:
    name = graph.names[node]
    blamed = graph.node(name)
    operands = {graph.names[source]: values[source] for source in graph.inputs[node]} or {name: values[node]}
    return OutOfDomain(name, blamed.written, operands, blamed.domain, what)
