"""A picture set in pixels: gates, wires with their corners, labels with their boxes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import sqrt
from typing import Final, NamedTuple

from backprop_tutor.drawing.layout import Layout, layout_of
from backprop_tutor.drawing.layout.layers import EXIT, GATE, INPUT
from backprop_tutor.drawing.picture import Label, Labels, Picture
from backprop_tutor.engine.graph import Branch
from backprop_tutor.text import columns

ROW: Final = 18
"""Pixels from one row of the layout to the next."""
RADIUS: Final = 18
CHARACTER: Final = 7.9
"""How wide one character of a monospaced font of SIZE pixels is."""
SIZE: Final = 13
MARGIN: Final = 16
_PORT: Final = 9  # how far above or below a gate's middle its two ports are
_TRACK: Final = 12
Spot = tuple[float, float]


class GateShape(NamedTuple):
    """A gate: its node, the middle, half its width, and the symbol in it. A circle where half the width is RADIUS."""

    name: str
    x: float
    y: float
    half: float
    symbol: str


class Wire(NamedTuple):
    """The corners of a branch from its source to its port; `branch` is None for the output's arrow."""

    source: str
    branch: Branch | None
    corners: tuple[Spot, ...]


class Text(NamedTuple):
    """A text with the middle of its baseline; `kind` is value, gradient, name or input, `of` whose it is."""

    kind: str
    of: str
    label: Label
    x: float
    y: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        half = text_width(self.label.whole) / 2
        return (self.x - half, self.y - 0.75 * SIZE, self.x + half, self.y + 0.25 * SIZE)


def text_width(text: str) -> float:
    """How many pixels a text takes."""
    return columns(text) * CHARACTER


class Plot:
    """The circuit of a picture with every place in pixels, from (0, 0). Raises tracks.Unroutable."""

    def __init__(self, picture: Picture) -> None:
        self.picture, self.labels = picture, Labels(picture)
        self.plan: Layout = layout_of(picture.graph)
        self.names = [picture.graph.names[node] for node in self.plan.wiring.nodes]
        self._measure()
        self.gates = [self._gate(item) for item, place in enumerate(self.plan.places) if place.kind == GATE]
        self.wires = [*self._wires()]
        self.texts = [*self._texts()]

    def _measure(self) -> None:
        """Sets `left` and `right` of each layer's nodes, `room` of its labels, `track` and `bracket` of each gap."""
        plan, x = self.plan, float(MARGIN)
        self.left: list[float] = []
        self.right: list[float] = []
        self.room: list[float] = []
        self.track: list[list[float]] = []
        self.bracket: list[float] = []
        for layer, items in enumerate(plan.order):
            self.left.append(x)
            self.right.append(x + max(self._node_width(item) for item in items))
            names = [self.names[item] for item in items if item < len(self.names)]
            shown = [label for name in names for label in (self.labels.value(name), self.labels.gradient_of(name))]
            self.room.append(max((text_width(label.whole) for label in shown), default=0) + 14)
            x = self.right[-1] + self.room[-1]
            tracks = plan.tracks[layer] if layer < len(plan.tracks) else 0
            self.track.append([x + _TRACK * (number + 0.5) for number in range(tracks)])
            x += _TRACK * tracks + 4
            self.bracket.append(x)
            x += 16
        self.width = self.right[-1] + MARGIN
        self.height = (plan.height - 1) * ROW + 2 * (RADIUS + MARGIN)

    def y(self, row: int) -> float:
        """The middle of a row."""
        return row * ROW + RADIUS + MARGIN

    def _half(self, vertex: int) -> float:
        symbol = self.labels.symbol(self.names[vertex])
        return float(RADIUS) if columns(symbol) <= 4 else text_width(symbol) / 2 + 10

    def _node_width(self, item: int) -> float:
        kind, vertex, _, _ = self.plan.places[item]
        if kind == GATE:
            return max(2 * self._half(vertex), text_width(self.labels.text(self.names[vertex])))
        return text_width(self.labels.text(self.names[vertex])) + 6 if kind == INPUT else 12.0 if kind == EXIT else 0.0

    def _gate(self, item: int) -> GateShape:
        _, vertex, layer, row = self.plan.places[item]
        symbol = self.labels.symbol(self.names[vertex])
        return GateShape(self.names[vertex], self._middle(layer), self.y(row), self._half(vertex), symbol)

    def _middle(self, layer: int) -> float:
        return (self.left[layer] + self.right[layer]) / 2

    def _start(self, vertex: int) -> Spot:
        """Where the wires of a node begin."""
        kind, _, layer, row = self.plan.places[vertex]
        return (self._middle(layer) + self._half(vertex) if kind == GATE else self.right[layer], self.y(row))

    def port(self, vertex: int, slot: int) -> Spot:
        """The point on a gate's outline at which a slot's wire ends."""
        place, row = self.plan.places[vertex], self.plan.ports[vertex][slot]
        rise = _PORT * ((row > place.row) - (row < place.row))
        left = self._middle(place.layer) - self._half(vertex)
        return (left + RADIUS - sqrt(RADIUS**2 - rise**2), self.y(place.row) + rise)

    def _wires(self) -> Iterator[Wire]:
        for vertex, name in enumerate(self.names):
            for slot, branch in enumerate(self.picture.graph.branches_into(name)):
                yield Wire(branch.source, branch, tuple(self._corners(vertex, slot)))
        for item, place in enumerate(self.plan.places):
            if place.kind == EXIT:
                end = (self.right[place.layer], self.y(place.row))
                corners = (self._start(place.vertex), *self._turns(item, 0), end)
                yield Wire(self.names[place.vertex], None, corners)

    def _corners(self, vertex: int, slot: int) -> Iterator[Spot]:
        plan, end = self.plan, self.port(vertex, slot)
        yield self._start(plan.wiring.sources[vertex][slot])
        yield from self._turns(vertex, slot)
        if len(plan.ports[vertex]) == 2:
            turn = self.bracket[plan.places[vertex].layer - 1]
            yield (turn, self.y(plan.ports[vertex][slot]))
            yield (turn, end[1])
        yield end

    def _turns(self, item: int, slot: int) -> list[Spot]:
        """The corners of a wire on the tracks of the gaps that it crosses."""
        return [(self.track[gap][track], self.y(row)) for gap, track, row in self.plan.wire(item, slot)]

    def _texts(self) -> Iterator[Text]:
        for kind, vertex, layer, row in self.plan.places[: len(self.names)]:
            name, y = self.names[vertex], self.y(row)
            middle = self.right[layer] + self.room[layer] / 2
            yield Text("value", name, self.labels.value(name), middle, y - 6)
            yield Text("gradient", self.labels.gradient_name(name), self.labels.gradient_of(name), middle, y + 16)
            written = Label(self.labels.text(name), "", "name")
            if kind == INPUT:
                yield Text("input", name, written, self.right[layer] - 4 - text_width(written.text) / 2, y + 4.5)
            else:
                yield Text("name", name, written, self._middle(layer), y + RADIUS + 12)

    def joints(self) -> list[Spot]:
        """Where the wires of one fork part, each once."""
        by_source: dict[str, list[Wire]] = {}
        for wire in self.wires:
            by_source.setdefault(wire.source, []).append(wire)
        pairs = [pair for wires in by_source.values() for pair in combinations(wires, 2)]
        return list(dict.fromkeys(_parting(one.corners, other.corners) for one, other in pairs))


def _parting(one: tuple[Spot, ...], other: tuple[Spot, ...]) -> Spot:
    """The last point that two wires from one place have in common, before they part for the first time."""
    here = one[0]
    at = [1, 1]
    while at[0] < len(one) and at[1] < len(other):
        ends = (one[at[0]], other[at[1]])
        if ends[0] == here or ends[1] == here:
            at = [at[0] + (ends[0] == here), at[1] + (ends[1] == here)]
            continue
        if _direction(here, ends[0]) != _direction(here, ends[1]):
            return here
        here = min(ends, key=lambda end: abs(end[0] - here[0]) + abs(end[1] - here[1]))
    return here


def _direction(start: Spot, end: Spot) -> tuple[int, int]:
    return ((end[0] > start[0]) - (end[0] < start[0]), (end[1] > start[1]) - (end[1] < start[1]))
