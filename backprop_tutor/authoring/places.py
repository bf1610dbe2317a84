"""Where the parts of an exercise stand in its file."""

from __future__ import annotations

from typing import NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.yaml_text import Source
from backprop_tutor.errors import Span


class Places(NamedTuple):
    """The file of an exercise, as it was read."""

    source: Source
    exercise: Exercise

    def node(self, name: str) -> Span:
        """Where a node comes from: a gate's operation in the graph's text, an input's key."""
        graph = self.exercise.graph
        span = graph.spans[graph.index[name]]
        if span is None and ("inputs", name) in self.source.keys:
            return self.key("inputs", name)
        return self.graph if span is None else self.source.span_in(("graph",), span)

    @property
    def graph(self) -> Span:
        """Where the graph stands."""
        return self.key("graph")

    def part(self, name: str) -> Span:
        """Where a node or the gate of a branch, or else the graph, stands."""
        graph = self.exercise.graph
        if name in graph.branch_named:
            return self.node(graph.branch_named[name].gate)
        return self.node(name) if name in graph.index else self.graph

    def key(self, *path: str) -> Span:
        """Where a key stands; the first key of the file for one that it does not have."""
        return self.source.keys.get(path, (0, 1))
