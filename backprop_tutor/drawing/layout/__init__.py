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
    """A corner of a wire: in the gap after layer `gap`, on `row`.

    `track` is -1 at the gap's left edge (where the source stands), 0, 1, … on a track, and the gap's number of
    tracks (`Layout.tracks[gap]`) at its right edge (where the port is).
    """

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
        """The corners of the wire into a slot of a gate (or into an exit), from its source to the port."""
        # Followed backwards, since each item has one source a slot but any number of sinks.
        points: list[Point] = []
        item, row = self.layers.sources[end][slot], self.ports[end][slot]
        while True:
            points.extend(reversed(self._through(self.places[item], row)))
            if self.places[item].kind != PASSING:
                return points[::-1]
            row = self.places[item].row
            item = self.layers.sources[item][0]

    def turns(self, corners: list[Point]) -> list[Point]:
        """Those corners of a wire that stand on a track: two for each run."""
        return [corner for corner in corners if 0 <= corner.track < self.tracks[corner.gap]]

    def _through(self, source: Place, end: int) -> list[Point]:
        """The corners in the gap after a place, from its own row to the row where the wire leaves the gap."""
        gap = source.layer
        points = [Point(gap, -1, source.row)]
        steps: list[Run] = []
        if end != source.row:
            run: Run | None = next(run for run in self.runs[gap] if run.vertex == source.vertex and end in run.ends)
            while run is not None:
                steps.append(run)
                run = run.after
        for at, step in enumerate(reversed(steps), 1):
            leaves = end if at == len(steps) else steps[-at - 1].start
            points += [Point(gap, step.track, step.start), Point(gap, step.track, leaves)]
        return [*points, Point(gap, self.tracks[gap], end)]

    def has_bracket(self, gap: int) -> bool:
        """Whether a gate of two inputs stands behind the gap, so that two wires meet right before it."""
        return any(len(self.ports[item]) == 2 for item in self.order[gap + 1])


def layout_of(graph: Graph, spacing: Spacing = AIRY) -> Layout:
    """The layout of a whole graph: its vertices are `Layout.wiring.nodes`, indices of the graph's nodes.

    Raises tracks.Unroutable.
    """
    return Layout(wiring_of(graph), spacing)
