"""An exercise: a circuit with numbers and what is asked about it. It holds no answers: the engine computes them.

Its neurons: which feeds which, and the desired output of each output neuron. A neuron is named by its output y and its
net input X; y is computed only from X. An output neuron is one whose y feeds no other neuron's net input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from backprop_tutor.course.values import GRADIENT, Choice, Condition, Rows, Until, Update, entry_names
from backprop_tutor.engine.graph import Graph, Node
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.fields import Fields, NamedTuple
from backprop_tutor.text import listed


class Exercise(Fields):
    """One exercise at one set of numbers. `values` are the inputs' numbers (for arrays those of their entries,
    `W[2,1]`), `seed` the variant they come from (None for the author's own), `choices` what they are drawn from,
    `upstream` dL/d(output), `tolerance` relative, `neurons` each neuron's output with its net input; `data` are the
    rows of training, numbers by input; `where` are the conditions on every variant, `given` the inputs whose gradients
    are not asked for, `ask` the nodes and branches asked about (empty: all), `points` what the questions of a stage, or
    one question, are worth (else 1), `accept` the mistakes that its numbers may hide, `delta` the convention for errors
    and deltas; `more` the values of keys without a field of their own here.
    """

    id: str
    title: str
    graph_text: str
    graph: Graph
    choices: Mapping[str, Choice]
    values: Mapping[str, float] = {}
    seed: int | None = None
    upstream: float = 1.0
    loss: str = "L"
    stages: tuple[str, ...] = ("backward",)
    statement: str = ""
    source: str = ""
    level: int | None = None
    tags: tuple[str, ...] = ()
    hints: Mapping[str, str] = {}
    tolerance: float = 0.02
    neurons: Mapping[str, str] = {}
    update: Update | None = None
    path: str = ""
    data: tuple[Mapping[str, float], ...] = ()
    until: Until = Until()
    where: tuple[Condition, ...] = ()
    given: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    upstream_array: Rows | None = None
    points: Mapping[str, float] = {}
    accept: tuple[str, ...] = ()
    delta: str = "descent"
    more: Mapping[str, Any] = {}

    @property
    def sign(self) -> float:
        """1.0 if a neuron's delta is the gradient ∂L/∂X, -1.0 if it points downhill."""
        return 1.0 if self.delta == GRADIENT else -1.0

    @cached_property
    def solution(self) -> Solution:
        """Every value and gradient at these numbers; an ArraySolution for arrays. Raises OutOfDomain."""
        if self.is_array:
            # Loaded only for arrays, like everything that handles them.
            from backprop_tutor.engine.array_passes import sample, solve_arrays

            upstream = self.upstream if self.upstream_array is None else self.upstream_array
            if self.has_numbers:
                return solve_arrays(self.graph, self.arrays, upstream)
            return solve_arrays(*sample(self.graph))._replace(graph=self.graph, is_sample=True)
        return solve(self.graph, self.values, self.upstream)

    @cached_property
    def is_array(self) -> bool:
        """Whether its values are arrays."""
        return bool(self.graph.shapes)

    @property
    def has_numbers(self) -> bool:
        """Whether it has numbers rather than only shapes (`N x D`)."""
        return bool(self.choices or self.values)

    @cached_property
    def arrays(self) -> dict[str, Rows]:
        """The inputs' arrays by name, in an exercise of arrays with numbers."""
        found = {}
        for name in self.graph.input_names:
            shape = self.graph.shape(name)
            entries = iter([self.values[entry] for entry in entry_names(name, shape)])
            found[name] = [[next(entries) for _ in range(int(shape[1]))] for _ in range(int(shape[0]))]
        return found


class Way(NamedTuple):
    """The paths back from a node: the gates on them, consumers first, and the nodes where they end, in topological
    order."""

    gates: list[int]
    ends: list[int]


class Pull(NamedTuple):
    """One neuron that another feeds: its output, and the weight between them (None if it is not a single input)."""

    to: str
    weight: str | None


class Neurons:
    """The neurons of one graph, `named` as {y: X}. Both must be nodes of the graph."""

    def __init__(self, graph: Graph, named: Mapping[str, str]) -> None:
        self.graph, self.named = graph, dict(named)

    @cached_property
    def ways(self) -> dict[str, Way]:
        """From each neuron's net input back to the outputs of other neurons and to the inputs, by the neuron's y."""
        stops = frozenset(self.graph.index[y] for y in self.named)
        return {y: self._way(x, stops) for y, x in self.named.items()}

    @cached_property
    def activations(self) -> dict[str, Way]:
        """From each neuron's output back to its net input, by the neuron's y."""
        return {y: self._way(y, frozenset([self.graph.index[x]]), whole=y != x) for y, x in self.named.items()}

    def _way(self, start: str, stops: frozenset[int], whole: bool = True) -> Way:
        gates: list[int] = []
        ends: list[int] = []
        first = self.graph.index[start]
        reached = {first}
        for node in range(first, -1, -1):  # topological order, backwards, instead of recursion
            if node in reached:
                sources = self.graph.inputs[node]
                if sources and (node not in stops or (node == first and whole)):
                    gates.append(node)
                    reached.update(sources)
                else:
                    ends.append(node)
        return Way(gates, ends[::-1])

    def slopes(self, way: Way, start: str, locals_: Sequence[Sequence[float]]) -> dict[str, float]:
        """d(start)/d(node) for each node where a path back from it ends, given these local gradients of every gate."""
        slope = dict.fromkeys([*way.gates, *way.ends], 0.0)
        slope[self.graph.index[start]] = 1.0
        for gate in way.gates:
            for slot, source in enumerate(self.graph.inputs[gate]):
                slope[source] += slope[gate] * locals_[gate][slot]
        return {self.graph.names[node]: slope[node] for node in way.ends}

    @cached_property
    def fed(self) -> dict[str, list[Pull]]:
        """The neurons that each neuron's output feeds; none for an output neuron."""
        return {y: [Pull(other, self.factor(y, other)) for other in self.receivers(y)] for y in self.named}

    def receivers(self, node: str) -> list[str]:
        """The neurons whose net input a node enters without passing another neuron."""
        at = self.graph.index[node]
        return [y for y, way in self.ways.items() if at in way.ends]

    def factor(self, node: str, into: str) -> str | None:
        """What a node is multiplied by on its way into a neuron's net input, the one other node of the one mul gate:
        y_j for w_jk; None for a threshold."""
        inside = {self.graph.names[gate] for gate in self.ways[into].gates}
        entering = [(gate, other) for gate, other in self._gates_after(node) if gate.name in inside]
        gate, other = entering[0] if len(entering) == 1 else (None, None)
        return other if gate is not None and _kind(gate) == "mul" else None

    def _gates_after(self, name: str) -> Iterator[tuple[Node, str | None]]:
        """The gates that a node enters, each with its other input if that is a different node."""
        for branch in self.graph.branches_from[name]:
            gate = self.graph.node(branch.gate)
            others = [source for source in gate.inputs if source != name]
            yield gate, next(iter(others), None)

    @cached_property
    def order(self) -> list[str]:
        """Every neuron from the output layer back, as errors travel; within a layer, in the order they were named."""
        depth: dict[str, int] = {}
        for y in sorted(self.named, key=lambda y: -self.graph.index[self.named[y]]):
            depth[y] = 1 + max((depth[pull.to] for pull in self.fed[y]), default=-1)
        return sorted(self.named, key=lambda y: depth[y])

    @cached_property
    def outputs(self) -> list[str]:
        """The output neurons."""
        return [y for y in self.order if not self.fed[y]]

    @cached_property
    def desired(self) -> dict[str, str | float | None]:
        """The desired output of each output neuron: a node, or a number in the graph; None if none is given."""
        return {y: self._desired(y) for y in self.outputs}

    def _desired(self, y: str) -> str | float | None:
        """`yd5` for `y5`; else what y is subtracted from, or what is subtracted from y; then what multiplies its log,
        or a number."""
        conventional = f"yd{y.removeprefix('y')}"
        if conventional in self.graph.index and self._is_free(conventional):
            return conventional
        after = list(self._gates_after(y))
        beside = [other for gate, other in after if _kind(gate) == "sub"]
        for log in (gate for gate, _ in after if _kind(gate) == "log"):
            beside += [other for gate, other in self._gates_after(log.name) if _kind(gate) == "mul"]
        free = (other for other in beside if other is not None and self._is_free(other))
        return next(free, None) or next(self._less_a_number(y), None)

    def _less_a_number(self, y: str) -> Iterator[float]:
        """c in c - y, which is scale -1 and then shift c, or in y - c; the 1 in log(1 - y) is not a desired output."""
        for gate, _ in self._gates_after(y):
            if _kind(gate) == "scale" and gate.constant == -1:
                errors = (after for after, _ in self._gates_after(gate.name) if self._is_error(after))
                yield from (after.constant for after in errors if after.constant is not None)
            elif gate.constant is not None and self._is_error(gate):
                yield -gate.constant

    def _is_error(self, gate: Node) -> bool:
        return _kind(gate) == "shift" and all(_kind(after) != "log" for after, _ in self._gates_after(gate.name))

    def _is_free(self, name: str) -> bool:
        """Whether a node depends on no neuron and no neuron depends on it."""
        nets = {self.graph.index[x] for x in self.named.values()}
        back = self._way(name, frozenset())
        return not nets & {self.graph.index[name], *back.gates} and self._entering.isdisjoint(back.ends)

    @cached_property
    def _entering(self) -> set[int]:
        return {end for way in self.ways.values() for end in way.ends}

    def faults(self, with_errors: bool = True) -> Iterator[tuple[str, str]]:
        """What is wrong with how neurons are named, by y; if there are errors, also a missing desired output."""
        sound = True
        for y, x in self.named.items():
            ends = [self.graph.names[end] for end in self.activations[y].ends]
            if ends == [x] and self.graph.inputs[self.graph.index[y]]:
                continue
            sound = False
            if x in ends and ends != [x]:
                others = listed(end for end in ends if end != x)
                yield y, f"{y} depends on {x}, but also on {others}. Name the node that holds the whole net input."
            else:
                what = "is an input of the graph" if ends == [x] else f"does not come from {x}"
                yield y, f"{y} {what}. Give a neuron as its output and its net input, as in y5: X5."
        if sound and with_errors:
            for y in self.outputs:
                if self.desired[y] is None:
                    advice = f"Write e = yd - {y}, or list the neurons that it feeds."
                    yield y, f"{y} has no desired output and feeds no neuron listed here. {advice}"


def _kind(node: Node) -> str:
    return node.gate.name if node.gate else ""
