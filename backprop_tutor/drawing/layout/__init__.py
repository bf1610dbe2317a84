"""The layout of a circuit in layers, rows and tracks: where everything stands, in no unit and for no output format."""

from __future__ import annotations

from typing import NamedTuple

from backprop_tutor.drawing.layout.layers import PASSING, Layers, Wiring, wiring_of
from backprop_tutor.drawing.layout.rows import AIRY, Spacing, ports_of, put_in_rows
from backprop_tutor.drawing.layout.tracks import Run, runs_between
from backprop_tutor.engine.graph import Graph


class Place(NamedTuple):
    """An item's place: `kind` is input, gate, pass or exit; `vertex` whose it is (a pass and an exit: whose wire)."""

    kind: str
    vertex: int
    layer: int
    row: int


class Point(NamedTuple):
    """A corner of a wire: on a track of the gap after layer `gap`, from 0, and on a row."""

    gap: int
    track: int
    row: int


class Layout:
    """A circuit laid out.

    `places[i]` are its items, of which the vertices come first. `order[k]` are the items of layer k from the top down,
    `ports[i]` the rows at which wires arrive at item i by slot, `runs[k]` the vertical pieces in the
    gap after layer k, `tracks[k]` how many tracks that gap has, `height` the number of rows. Raises tracks.Unroutable.
    """

    def __init__(self, wiring: Wiring, spacing: Spacing) -> None:
        layers = self.layers = Layers(wiring)
        self.wiring = wiring
        rows = put_in_rows(layers, spacing)
        self.order = layers.rows
        self.ports = ports_of(layers, rows, spacing.brackets)
        self.places = [Place(*place) for place in zip(layers.kind, layers.vertex, layers.layer, rows, strict=True)]
        self.runs = [self._runs(gap) for gap in range(len(self.order) - 1)]
        self.tracks = [1 + max((run.track for run in runs), default=-1) for runs in self.runs]
        self.height = max(rows) + 1

    def _runs(self, gap: int) -> list[Run]:
        starts: dict[int, int] = {}
        ends: dict[int, set[int]] = {}
        for sink in self.order[gap + 1]:
            for source, port in zip(self.layers.sources[sink], self.ports[sink], strict=True):
                vertex = self.layers.vertex[source]
                starts[vertex] = self.places[source].row
                ends.setdefault(vertex, set()).add(port)
        return runs_between(starts, ends)

    def wire(self, end: int, slot: int = 0) -> list[Point]:
        """The corners of the wire into a slot of a gate (or into an exit), from its source on: two on each track."""
        # Followed backwards, since an item has one source a slot but any number of sinks.
        points: list[Point] = []
        item, row = self.layers.sources[end][slot], self.ports[end][slot]
        while True:
            _, vertex, gap, start = self.places[item]
            runs = () if row == start else self.runs[gap]
            run = next((run for run in runs if run.vertex == vertex and row in run.ends), None)
            while run is not None:
                points += [Point(gap, run.track, row), Point(gap, run.track, run.start)]
                row, run = run.start, run.after
            if self.layers.kind[item] != PASSING:
                return points[::-1]
            item, row = self.layers.sources[item][0], start

    def has_bracket(self, gap: int) -> bool:
        """Whether a gate of two inputs stands behind the gap, so that two wires meet right before it."""
        return any(len(self.ports[item]) == 2 for item in self.order[gap + 1])


def layout_of(graph: Graph, spacing: Spacing = AIRY) -> Layout:
    """The layout of a whole graph: its vertices are `Layout.wiring.nodes`, indices of the graph's nodes.

    Raises tracks.Unroutable.
    """
    return Layout(wiring_of(graph), spacing)
