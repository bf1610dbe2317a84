"""The computational graph, and the field's words for its parts.

- *input*: a leaf, a named number. *gate*: one operation. *node*: an input or the output of a gate.
- *branch*: one wire from a node into one slot of one gate.
- *upstream gradient*: dL/d(gate's output), arriving at the gate. *local gradient*: d(gate's output)/d(slot).
- *downstream gradient*: upstream * local, what the branch carries back.
- *fork*: a node with two or more outgoing branches; its gradient is the sum of what they carry back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import count, repeat
from typing import Final

from backprop_tutor.engine.gate import Distances, Forward, Gate, Locals
from backprop_tutor.engine.gates import gate_of
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span


class Node(NamedTuple):
    """An input (`gate` is None) or the output of a gate, with the names of the gate's inputs by slot."""

    name: str
    gate: Gate | None
    constant: float | None
    inputs: tuple[str, ...]

    @property
    def written(self) -> str:
        """The right-hand side of the node's line in the graph language; for an input, its name."""
        return self.name if self.gate is None else self.gate.written(self.inputs, self.constant)

    @property
    def domain(self) -> str:
        """Where the gate can be evaluated, in the names of its inputs: `y other than 0`; empty for anywhere."""
        return "" if self.gate is None else self.gate.domain_of(self.inputs, self.constant)


class Branch(NamedTuple):
    """One wire: from the node `source` into the slot (from 0) of the gate whose output is the node `gate`."""

    source: str
    gate: str
    slot: int
    repeated: bool = False

    @property
    def name(self) -> str:
        """`source->gate`, with `#1`, `#2` if the source enters this gate more than once."""
        return f"{self.source}->{self.gate}" + (f"#{self.slot + 1}" if self.repeated else "")


Row = tuple[Gate | None, tuple[int, ...], float]
"""A node: its gate (None for an input), the nodes that enter it by slot, its constant (0.0 if it has none)."""
Step = tuple[int, Forward, Locals, tuple[int, ...], float]
"""A gate as the passes need it: its node, its two rules, the nodes that enter it, its constant."""

Kinked = tuple[int, Distances, tuple[int, ...], float]
"""A gate with kinks: its node, the function for how far they are, the nodes that enter it, its constant."""

Shape = tuple[int | str, int | str]
"""Rows and columns of an array: a number, or a letter such as N for any."""

_MOST_BEYOND: Final = 500


class Graph:
    """A circuit as flat lists by node index, in topological order by construction. `labels[i]` is None for a node that
    was not named: its name `g1`, `g2`, … is assigned when it is first needed, skipping the names in `reserved`. The
    last node is the output unless another is given. `shapes` are the nodes' rows and columns; a graph of numbers has
    none, a graph of arrays has no `steps`. Must not be changed once created. Raises ValueError for a gate with too few
    or too many inputs, or one that reads a later node."""

    def __init__(
        self,
        rows: Sequence[Row],
        labels: Sequence[str | None] = (),
        output: int | None = None,
        spans: Sequence[Span | None] = (),
        reserved: frozenset[str] = frozenset(),
        shapes: Sequence[Shape] = (),
    ) -> None:
        leaves: list[int] = []
        steps: list[Step] = []
        node = 0
        for gate, sources, constant in rows:
            if gate is None:
                leaves.append(node)
            elif len(sources) != gate.arity or not -1 < min(sources) <= max(sources) < node:
                needs = f"it needs {gate.arity} that come before it"
                raise ValueError(f"node {node}, {gate.name}, cannot take the nodes {sources}: {needs}")
            elif not shapes:
                steps.append((node, gate.compute, gate.differentiate, sources, constant))
            node += 1
        self.rows, self.leaves, self.steps, self.size = rows, leaves, steps, node
        self.begins_with_inputs = not leaves or leaves[-1] == len(leaves) - 1
        self.output = node - 1 if output is None else output
        self.labels, self.spans, self.reserved, self.shapes = labels, spans, reserved, shapes
        self._beyond: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return self.size

    @cached_property
    def gates(self) -> list[Gate | None]:
        """The gate of each node; None for an input."""
        return [gate for gate, _, _ in self.rows]

    @cached_property
    def inputs(self) -> list[tuple[int, ...]]:
        """The nodes that enter each node, by slot; none for an input."""
        return [sources for _, sources, _ in self.rows]

    @cached_property
    def constants(self) -> list[float]:
        """The number that is part of each node's gate; 0.0 if there is none."""
        return [constant for _, _, constant in self.rows]

    @cached_property
    def sums(self) -> bytes:
        """For each of the `steps`, 1 if it is a sum, else 0: one byte each, since a list would take eight."""
        return bytes(gate.is_sum for gate, _, _ in self.rows if gate)

    @cached_property
    def after_forks(self) -> bytes:
        """For each of the `steps`, 1 if a branch of a fork enters it, else 0."""
        leaving = bytearray(self.size)
        for _, _, _, sources, _ in self.steps:
            for source in sources:
                leaving[source] = min(2, leaving[source] + 1)
        return bytes(any(leaving[source] > 1 for source in sources) for _, _, _, sources, _ in self.steps)

    @cached_property
    def kinked(self) -> list[Kinked]:
        """Each gate that has kinks."""
        return [
            (node, gate.distances, sources, constant)
            for node, (gate, sources, constant) in enumerate(self.rows)
            if gate and gate.kinks
        ]

    @cached_property
    def names(self) -> list[str]:
        """The name of each node."""
        taken = {*self.labels, *self.reserved}
        free = (name for number in count(1) if (name := f"g{number}") not in taken)
        return [label or next(free) for label in self.labels or repeat(None, self.size)]

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each node by its name."""
        return {name: node for node, name in enumerate(self.names)}

    @cached_property
    def input_names(self) -> list[str]:
        """The names of the inputs, in order."""
        return [name for name, gate in zip(self.names, self.gates, strict=True) if gate is None]

    @cached_property
    def gate_names(self) -> list[str]:
        """The names of the gates, in topological order."""
        return [name for name, gate in zip(self.names, self.gates, strict=True) if gate is not None]

    def shape(self, name: str) -> Shape:
        """The shape of a node of a graph of arrays."""
        return self.shapes[self.index[name]]

    @property
    def output_name(self) -> str:
        """The name of the output node."""
        return self.names[self.output]

    def constant(self, node: int) -> float | None:
        """The number that is part of a gate, or None."""
        gate, _, constant = self.rows[node]
        return constant if gate is not None and gate.has_constant else None

    def node(self, name: str) -> Node:
        """The node of this name. Raises KeyError."""
        node = self.index[name]
        sources = tuple(self.names[source] for source in self.inputs[node])
        return Node(name, self.gates[node], self.constant(node), sources)

    @cached_property
    def nodes(self) -> list[Node]:
        """Every node, in topological order."""
        return [self.node(name) for name in self.names]

    def branches_into(self, name: str) -> list[Branch]:
        """The branches that enter a gate, by slot; none for an input."""
        return self._entering[name]

    @cached_property
    def _entering(self) -> dict[str, list[Branch]]:
        names = self.names
        return {
            name: [Branch(names[source], name, slot, sources.count(source) > 1) for slot, source in enumerate(sources)]
            for name, sources in zip(names, self.inputs, strict=True)
        }

    @cached_property
    def branches(self) -> list[Branch]:
        """Every branch, gate by gate in topological order."""
        return [branch for name in self.gate_names for branch in self.branches_into(name)]

    @cached_property
    def branches_from(self) -> dict[str, list[Branch]]:
        """The outgoing branches of each node, in the topological order of their gates."""
        leaving: dict[str, list[Branch]] = {name: [] for name in self.names}
        for branch in self.branches:
            leaving[branch.source].append(branch)
        return leaving

    @cached_property
    def branch_named(self) -> dict[str, Branch]:
        """Each branch by its name."""
        return {branch.name: branch for branch in self.branches}

    def read_by(self, branch: Branch) -> list[str]:
        """The nodes whose values the local gradient of a branch depends on."""
        node = self.index[branch.gate]
        gate = self.gates[node]
        assert gate is not None
        words, near = gate.reads(branch.slot), (*(self.names[source] for source in self.inputs[node]), branch.gate)
        return [name for word, name in zip((*gate.slots, "out"), near, strict=True) if word in words]

    def gates_beyond(self, name: str) -> list[str]:
        """The gates that a node leads to, at most 500, nearest first."""
        found = self._beyond.get(name)
        if found is None:
            found = self._beyond[name] = []
            waiting, seen = [name], {name}
            for start in waiting:
                for branch in self.branches_from[start]:
                    if branch.gate not in seen and len(found) < _MOST_BEYOND:
                        seen.add(branch.gate)
                        found.append(branch.gate)
                        waiting.append(branch.gate)
        return found

    @cached_property
    def forks(self) -> list[str]:
        """The nodes with two or more outgoing branches, in topological order."""
        return [name for name, leaving in self.branches_from.items() if len(leaving) > 1]


class GraphBuilder:
    """Builds a graph node by node, so that its order is topological by construction. Nodes are ints. The last gate is
    the output unless `build` is told otherwise. `labels` are the nodes' names, None for a gate that has none yet;
    `shapes` are their shapes in a graph of arrays, which `array_passes` builds."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self.labels: list[str | None] = []
        self.shapes: list[Shape] = []
        self._spans: list[Span | None] = []

    def input(self, name: str) -> int:
        """Adds an input."""
        return self._add((None, (), 0.0), name, None)

    def gate(
        self, kind: str, *sources: int, constant: float | None = None, slot: int = 1, span: Span | None = None
    ) -> int:
        """Adds a gate of a kind in the table; for a function of two inputs, the constant is in a slot, from 0. Raises
        KeyError for an unknown kind, ValueError for a missing or superfluous constant."""
        if kind == "max" and constant == 0:
            kind, constant = "relu", None  # the language treats them as one gate
        gate = gate_of(kind, constant, slot)
        if gate.has_constant is not (constant is not None):
            raise ValueError(f"{kind} takes {'a' if gate.has_constant else 'no'} constant")
        return self.place(gate, sources, constant or 0.0, span)

    def place(self, gate: Gate, sources: tuple[int, ...], constant: float, span: Span | None) -> int:
        """Adds a given gate, with its constant (0.0 if it has none)."""
        return self._add((gate, sources, constant), None, span)

    def _add(self, row: Row, name: str | None, span: Span | None) -> int:
        self._rows.append(row)
        self.labels.append(name)
        self._spans.append(span)
        return len(self._rows) - 1

    def build(self, output: int | None = None, reserved: Iterable[str] = ()) -> Graph:
        """The finished graph. `reserved` are names that no unnamed gate may get. Raises ValueError for two nodes with
        one name, and as Graph does."""
        labels = [label for label in self.labels if label is not None]
        if len(set(labels)) < len(labels):
            raise ValueError(f"two nodes have the name {next(a for a in labels if labels.count(a) > 1)}")
        return Graph(self._rows, self.labels, output, self._spans, frozenset(reserved), self.shapes)


def in_order_of_use(graph: Graph) -> Sequence[int]:
    """Topological order in which each input comes right before its first use, as one would draw it."""
    order: dict[int, None] = {}
    for node, sources in enumerate(graph.inputs):
        if sources:
            order |= dict.fromkeys((*sources, node))  # a node keeps its first place
    return [*(order | dict.fromkeys(range(len(graph))))]
