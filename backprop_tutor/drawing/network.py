"""Draws a network as circles: a column of neurons for each layer, and the weights on the wires between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count, pairwise
from typing import Final

from backprop_tutor.drawing.picture import HEAVY, LIGHT, Canvas, Grid, Piece, Unroutable
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import ASCII, ascii_text, columns

_LEAST_PORTS: Final = 2  # a circle has a label above its wire and one below
_TRACK: Final = 2  # columns from one vertical wire to the next
_STUB: Final = 2  # columns of wire before and after what is written on it
_APART: Final = 1_000  # more than any network has neurons: distinguishes the wires into one circle


class Wire(NamedTuple):
    """A wire into a neuron: from a circle of the previous layer, or else from a text at its beginning."""

    source: str
    label: str
    is_asked: bool = False


class Circle(NamedTuple):
    """An input (which has no `wires`) or a neuron, with the labels above and below the wire that leaves it."""

    name: str
    above: Piece = ("", "")
    below: Piece = ("", "")
    wires: Sequence[Wire] = ()
    is_lit: bool = False


def network_drawing(layers: Sequence[Sequence[Circle]], width: int, plain: bool = False) -> Grid | None:
    """The layers, inputs first, in at most `width` columns; in ASCII if `plain`. None if it does not fit or cannot be
    drawn clearly."""
    if plain:
        layers = [[_in_ascii(circle) for circle in layer] for layer in layers]
    network = _Network(layers)
    try:
        for before, layer in pairwise([(), *layers]):
            network.add_wires(before, layer)
            network.add_circles(layer)
        rows = network.canvas.rows()
    except Unroutable:
        return None
    if network.column > width:
        return None
    table = ASCII if plain else {}
    return Grid(([(text.translate(table), style) for text, style in row] for row in rows), "network")


def _in_ascii(circle: Circle) -> Circle:
    above, below = ((ascii_text(text), style) for text, style in (circle.above, circle.below))
    wires = [Wire(ascii_text(wire.source), ascii_text(wire.label), wire.is_asked) for wire in circle.wires]
    return Circle(ascii_text(circle.name), above, below, wires, circle.is_lit)


class _Network:
    """The layers so far, on a canvas up to a `column`. Wires enter circles on even rows and leave them on odd ones, so
    that none covers another."""

    def __init__(self, layers: Sequence[Sequence[Circle]]) -> None:
        self.canvas, self.column = Canvas(), 0
        self.row: dict[str, int] = {}
        self.number = {circle.name: number for number, circle in enumerate(chain.from_iterable(layers), 1)}
        """The number of the wire that leaves a circle, by the circle's name; wires that enter one have numbers below
        0."""
        heights = [sum(map(_height, layer)) for layer in layers]
        for layer, height in zip(layers, heights, strict=True):
            top = (max(heights) - height) // 4 * 2
            for circle in layer:
                self.row[circle.name] = top + (_height(circle) // 2 - 1) // 2 * 2 + 1
                top += _height(circle)

    def add_wires(self, before: Sequence[Circle], layer: Sequence[Circle]) -> None:
        """Adds every wire into a layer: from a track of its own behind each circle of the previous layer, past its
        label, to a bracket."""
        wires = [wire for circle in layer for wire in circle.wires]
        if not wires:
            return
        first = self.column
        track = {circle.name: first + _TRACK * place for place, circle in enumerate(before)}
        begins = first + _TRACK * len(before)
        begins += max((columns(wire.source) for wire in wires if wire.source not in track), default=0)
        widest = max(columns(wire.label) for wire in wires)
        label = begins + _STUB
        bracket = label + widest + _STUB if widest else begins + 1
        for circle in layer:
            row = self.row[circle.name]
            top = row - 1 - (_height(circle) // 2 - 1) // 2 * 2
            for port, wire in zip(count(top, 2), circle.wires, strict=False):
                weight, entering = HEAVY if wire.is_asked else LIGHT, -self.number[circle.name] - _APART * port
                if wire.source in track:
                    leaves, at = self.row[wire.source], track[wire.source]
                    way = [(leaves, first), (leaves, at), (port, at), (port, begins)]
                    self.canvas.wire(way, self.number[wire.source], weight)
                else:
                    self.canvas.write(port, begins - columns(wire.source), wire.source, "name")
                    self.canvas.wire([(port, begins)], entering, weight)
                self.canvas.write(port, label, wire.label, "asked" if wire.is_asked else "value")
                if wire.label:
                    self.canvas.wire([(port, label + columns(wire.label) + 1), (port, bracket - 1)], entering, weight)
                way = [(port, bracket), (row, bracket), (row, bracket + 1)]
                self.canvas.wire(way, -self.number[circle.name], weight)
        self.column = bracket + _STUB

    def add_circles(self, layer: Sequence[Circle]) -> None:
        """Adds the circles of a layer, each with its labels and its wire up to the tracks behind it."""
        start = self.column
        labels = max(columns(text) for circle in layer for text, _ in (circle.above, circle.below))
        self.column = start + max(columns(circle.name) for circle in layer) + len("()") + max(1, labels) + 1
        for circle in layer:
            row = self.row[circle.name]
            text, style = (f"[{circle.name}]", "asked") if circle.is_lit else (f"({circle.name})", "gate")
            self.canvas.write(row, start, text, style)
            self.canvas.wire([(row, start + columns(text)), (row, self.column - 1)], self.number[circle.name], LIGHT)
            for (label, shade), at in ((circle.above, row - 1), (circle.below, row + 1)):
                self.canvas.write(at, self.column - 1 - columns(label), label, shade)


def _height(circle: Circle) -> int:
    return 2 * max(_LEAST_PORTS, len(circle.wires))
