"""A graph made node by node."""

from __future__ import annotations

from collections.abc import Iterable

from backprop_tutor.engine.gates import gate_of
from backprop_tutor.engine.graph import Graph, Row
from backprop_tutor.errors import Span


class GraphBuilder:
    """Makes a graph node by node, so that its order is topological by construction.

    Nodes are ints. The last gate is the output unless `build` is told another.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._labels: list[str | None] = []
        self._spans: list[Span | None] = []

    def __len__(self) -> int:
        return len(self._rows)

    def input(self, name: str) -> int:
        """A new input."""
        return self._add((None, (), 0.0), name, None)

    def gate(
        self, kind: str, *sources: int, constant: float | None = None, name: str | None = None, span: Span | None = None
    ) -> int:
        """A new gate of a kind of the table. Raises KeyError for no such kind, ValueError for a constant too many or
        too few."""
        gate = gate_of(kind, constant)
        if gate.has_constant is not (constant is not None):
            raise ValueError(f"{kind} takes {'a' if gate.has_constant else 'no'} constant")
        return self._add((gate, sources, constant or 0.0), name, span)

    def _add(self, row: Row, name: str | None, span: Span | None) -> int:
        self._rows.append(row)
        self._labels.append(name)
        self._spans.append(span)
        return len(self._rows) - 1

    def name(self, node: int, name: str) -> None:
        """Names a gate that has no name yet."""
        self._labels[node] = name

    def is_named(self, node: int) -> bool:
        """Whether a node has been given a name (an input always has)."""
        return self._labels[node] is not None

    def build(self, output: int | None = None, reserved: Iterable[str] = ()) -> Graph:
        """The graph. `reserved` are names that no unnamed gate may get.

        Raises ValueError for two nodes of one name, and as Graph does.
        """
        labels = [label for label in self._labels if label is not None]
        if len(set(labels)) < len(labels):
            raise ValueError(f"two nodes are called {next(a for a in labels if labels.count(a) > 1)}")
        return Graph(self._rows, self._labels, output, self._spans, frozenset(reserved))
