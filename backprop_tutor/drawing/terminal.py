"""Draws a picture in the form that suits a terminal: the roomiest circuit that fits its width, or a tape, or a tree.

In a circuit the value is above each wire and the gradient below it; it is drawn correctly or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import Final

from backprop_tutor.drawing.layers import EXIT, GATE, INPUT, PASSING, Item
from backprop_tutor.drawing.layout import CLOSE, CLOSE_ASCII, Layout, Spacing
from backprop_tutor.drawing.picture import (
    HEAVY,
    LIGHT,
    MOST_GATES_OF_A_CIRCUIT,
    Canvas,
    Cell,
    Grid,
    Label,
    Labels,
    Picture,
    Piece,
    Unroutable,
)
from backprop_tutor.drawing.tape import neighbourhood, table_around, tape, tree
from backprop_tutor.engine.graph import Graph
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import columns

_MOST_BANDS: Final = 4  # a circuit in more pieces is harder to follow than a tape
_NARROWING: Final = 4  # columns by which folded bands are narrowed while their number stays the same
Band = tuple[int, int]  # the layers of gates of a band: the first, and the first of the next band


def terminal_drawing(
    picture: Picture,
    width: int = 80,
    view: str = "auto",
    plain: bool = False,
    rows: int = 0,
    around: Collection[str] = (),
) -> Grid:
    """The picture in at most `width` columns (from 40 on), as one of VIEWS; in ASCII if `plain`. A circuit that does
    not fit, takes more than `rows` (if not 0) or cannot be drawn clearly becomes a tape. A tape that is too long, or
    belongs to a large graph, is folded around the nodes and branches in `around`, if any."""
    if view == "tree":
        return tree(picture, width, plain)
    graph = picture.graph
    if picture.beside and rows and view == "auto":
        return _with_table(picture, width, plain, rows, around)
    is_large = sum(gate is not None for gate in graph.gates) > MOST_GATES_OF_A_CIRCUIT
    if view == "circuit" or (view == "auto" and not is_large):
        circuit = circuit_drawing(picture, width, plain, rows if view == "auto" else 0)
        if circuit is not None:
            return circuit
    if around and (is_large or 0 < rows <= len(graph.names) + len(graph.forks)):
        picture = picture._replace(unfolded=neighbourhood(graph, around, rows))
    return tape(picture, width, plain)


def _with_table(picture: Picture, width: int, plain: bool, rows: int, around: Collection[str]) -> Grid:
    """For arrays: the circuit above its table, if both together fit into this many rows; otherwise only the table,
    which has every line of the circuit."""
    room = rows - len(picture.beside) - 1
    circuit = circuit_drawing(picture, width, plain, room) if room > 0 else None
    if circuit is not None:
        return circuit
    picture = picture._replace(beside=table_around(picture, around, rows))
    _, *table = Labels(picture, plain).grid([], width).rows
    return Grid(table, "folded")


def circuit_drawing(picture: Picture, width: int = 80, plain: bool = False, most_rows: int = 0) -> Grid | None:
    """The picture as a circuit; None if it does not fit in `width` columns, takes more than `most_rows` (if not 0) or
    cannot be drawn clearly."""
    labels, graph = Labels(picture, plain), picture.graph
    gates = [node for node, gate in enumerate(graph.gates) if gate is not None]
    # In a circuit that is still being drawn, several gates lead nowhere yet.
    ends = [node for node in gates if not graph.branches_from[graph.names[node]]]
    spacing, forms = (CLOSE_ASCII, _ASCII_FORMS) if plain else (CLOSE, _FORMS)
    try:
        whole = Circuit(labels, _layout(graph, spacing, tuple(gates), tuple(ends)), forms)
        height = whole.plan.height + len(("value", "gradient")) + len(graph.forks)
        if 0 < most_rows < height:  # in any state of the picture; folding hardly reduces the height
            return None
        spread = whole.fitted(width)
        bands = [spread] if spread else _bands(whole, spacing, forms, width)
        rows = [row for band in bands for row in ([], *band.rows())]
    except Unroutable:
        return None
    if not rows or 0 < most_rows < len(rows) + len(graph.forks):
        return None
    return labels.grid(rows[1:], width, form="circuit")


@lru_cache(maxsize=64)
def _layout(graph: Graph, spacing: Spacing, gates: tuple[int, ...], leaving: tuple[int, ...]) -> Layout:
    """The layout of a part of a circuit, shared by all pictures of that circuit in a session."""
    return Layout(graph, spacing, gates, leaving)


def _bands(whole: Circuit, spacing: Spacing, forms: Sequence[Form], width: int) -> list[Spread]:
    """A circuit cut between layers into bands, one below the other; a cut wire continues in the next band under its
    name. There are as few bands as the width allows, all of about the same width; none if that is impossible."""
    graph = whole.labels.graph
    gates_of = [[item.node for item in layer if item.kind == GATE] for layer in whole.plan.layers]
    layers = [gates for gates in gates_of if gates]

    @cache  # the sizes of a band do not depend on the width that is tried
    def circuit_of(band: Band) -> Circuit:
        gates = sorted(gate for layer in layers[slice(*band)] for gate in layer)
        inside = set(gates)
        outside = (sources for node, sources in enumerate(graph.inputs) if node not in inside)
        needed = {graph.output}.union(*outside)
        plan = _layout(graph, spacing, tuple(gates), tuple(node for node in gates if node in needed))
        return Circuit(whole.labels, plan, forms)

    def cut(limit: int) -> list[Band]:
        """Bands of as many layers as fit; none if a single layer does not fit, or if there would be too many."""
        bands: list[Band] = []
        start = end = 0
        while end < len(layers):
            while end < len(layers) and circuit_of((start, end + 1)).fitted(limit):
                end += 1
            if end == start or len(bands) == _MOST_BANDS:
                return []
            bands.append((start, end))
            start = end
        return bands

    # The pictures of a session differ in their numbers, but hardly ever in the room that these take.
    sizes = (width, *(shown.sizes for shown in whole.shown.values()))
    best = whole.plan.cuts.get(sizes)
    if best is None:
        best = narrower = cut(width)
        # Filling bands from the first one on leaves a scrap for the last: a smaller width evens them out.
        limit = width
        while narrower and len(narrower) == len(best):
            best, limit = narrower, limit - _NARROWING
            narrower = cut(limit)
        whole.plan.cuts[sizes] = best
    return [spread for band in best if (spread := circuit_of(band).fitted(width))]


class Form(NamedTuple):
    """The columns that stay free: after the labels of a layer, before the tracks of a gap, and after each of them.
    `over_names` says that labels may be above and below a gate's name too, not only behind it; `before_gates` how many
    columns stay free after labels if the wire runs straight into a gate."""

    after_labels: int
    before_tracks: int
    over_names: bool = True
    before_gates: int = 0
    after_tracks: int = 0


_FORMS: Final[tuple[Form, ...]] = (
    Form(1, 1, over_names=False, before_gates=1), Form(1, 1, before_gates=1), Form(1, 0, before_gates=1), Form(1, 0),
    Form(0, 0),
)  # fmt: skip
"""The forms of a circuit, roomiest first."""
_ASCII_FORMS: Final = tuple(form._replace(after_tracks=1) for form in _FORMS if form.after_labels)
"""In ASCII, two corners must not touch, nor `.` and a wire."""


class Shown(NamedTuple):
    """What is at an item's place, the name on its wire, and the labels above and below that wire."""

    text: str
    style: str
    name: str = ""
    value: Label = Label()
    gradient: Label = Label()

    @property
    def sizes(self) -> tuple[int, ...]:
        """The columns that its parts take."""
        return columns(self.text), columns(self.name), self.value.width, self.gradient.width


class Circuit:
    """One layout with the labels of a picture, to be set in one of several forms, roomiest first. A gate's name is on
    its wire, right behind the gate. A wire that leaves for another band ends with its name too."""

    def __init__(self, labels: Labels, plan: Layout, forms: Sequence[Form]) -> None:
        self.labels, self.plan = labels, plan
        self.names = labels.graph.names
        self.branch = labels.branch
        self.sum = labels.asked if self.branch is None else None
        self.shown = {item: self._shown(item) for item in plan.items}
        self._forms = forms
        self._spreads: list[Spread] = []

    def fitted(self, width: int) -> Spread | None:
        """The roomiest form that takes at most this many columns, if there is one."""
        for number, form in enumerate(self._forms):
            if number == len(self._spreads):
                self._spreads.append(Spread(self, form))
            if self._spreads[number].width <= width:
                return self._spreads[number]
        return None

    def _shown(self, item: Item) -> Shown:
        name = self.names[item.node]
        text = self.labels.text(name)
        if item.kind == EXIT:
            return Shown("▸" if item.node == self.labels.graph.output else f"▸ {text}", "wire")
        if item.kind == PASSING:
            return Shown("", "wire")
        on_wire = (self.labels.value(name), self.labels.below_wire(name))
        if item.kind == INPUT:
            return Shown(text, "name", "", *on_wire)
        symbol = self.labels.symbol(name)
        if name == self.labels.lit:
            return Shown(f"[{symbol}]", "asked", text, *on_wire)
        return Shown(f"({symbol})", "gate", text, *on_wire)

    def weight(self, item: Item, slot: int) -> int:
        """How heavy the wire into a slot is: what is asked about stands out."""
        name, branch = self.names[item.node], self.branch
        if item.kind == GATE:
            return HEAVY if branch and (branch.gate, branch.slot) == (name, slot) else LIGHT
        # A branch that is cut stands out up to the point where its wire leaves.
        gates = {self.names[other.node] for other in self.plan.items if other.kind == GATE}
        is_cut = branch is not None and branch.source == name and branch.gate not in gates
        return HEAVY if is_cut or name == self.sum else LIGHT


class Spread:
    """A circuit in one form, with columns from 0: `text` is where an item begins, `labels[k]` where the labels of layer
    k end. `track[k][t]` is the column of a track in the gap after layer k, `bracket[k]` that of its brackets (or of the
    next layer if it has none), `width` the number of columns."""

    def __init__(self, circuit: Circuit, form: Form) -> None:
        self.circuit, self.plan, self.form = circuit, circuit.plan, form
        self.text: dict[Item, int] = {}
        self.labels: list[int] = []
        self.track: list[list[int]] = []
        self.bracket: list[int] = []
        self.width = 0
        for layer in range(len(self.plan.layers)):
            self._set_layer(layer)
            if layer < len(self.plan.layers) - 1:
                self._set_gap(layer)

    def _set_layer(self, layer: int) -> None:
        items, last = self.plan.layers[layer], layer == len(self.plan.layers) - 1
        entered = layer > 0 and (self.plan.has_bracket(layer - 1) or self.plan.tracks[layer - 1] > 0)
        shown = {item: self.circuit.shown[item] for item in items}
        symbols = max((columns(one.text) for item, one in shown.items() if item.kind != INPUT), default=0)
        for item, one in shown.items():
            self.text[item] = self.width + (symbols - columns(one.text) + 1) // 2 * (item.kind == GATE)
        inputs = (self.width + columns(one.text) + entered for item, one in shown.items() if item.kind == INPUT)
        end = max((*inputs, *(self.wire_of(item) for item in items if item.kind != INPUT)))
        for item, one in shown.items():
            if item.kind == INPUT:  # behind other gates it is next to their labels, not to their brackets
                self.text[item] = end - columns(one.text) if layer else self.width
        room = end + 1
        for item, one in shown.items():
            over = item.kind == GATE and self.form.over_names
            begin = self.text[item] + columns(one.text) if over else end
            room = max(room, begin + one.value.width, begin + one.gradient.width)
        self.labels.append(room)
        joins = not last and (self.plan.has_bracket(layer) or self.plan.tracks[layer] > 0)
        self.width = end if last else room + (self.form.after_labels if joins else self.form.before_gates)

    def wire_of(self, item: Item) -> int:
        """The column at which an item's wire continues: behind its text, and behind the name if that is on the wire."""
        _, _, name, *_ = self.circuit.shown[item]
        return self.name_of(item) + columns(name) if name else self.name_of(item) - 1

    def name_of(self, item: Item) -> int:
        """The column in which the name on an item's wire begins."""
        return self.text[item] + columns(self.circuit.shown[item].text) + 1

    def _set_gap(self, gap: int) -> None:
        spaced = self._spaced(gap)
        self.track.append([])
        if self.plan.tracks[gap]:
            self.width += self.form.before_tracks
        for track in range(self.plan.tracks[gap]):
            self.track[gap].append(self.width)
            self.width += 1 + max(track in spaced, self.form.after_tracks)
        self.bracket.append(self.width)
        self.width += max(self.plan.has_bracket(gap), self._bridged(gap))

    def _bridged(self, gap: int) -> bool:
        """Whether a wire would pass under another right before it ends, so that nobody could see where it ends."""
        last = self.plan.tracks[gap] - 1
        rows = [item.row for item in self.plan.layers[gap + 1] if len(item.ports) == 1]
        return any(run.track == last and run.top < row < run.bottom for run in self.plan.runs[gap] for row in rows)

    def _spaced(self, gap: int) -> set[int]:
        """The tracks after which a column stays free, because corners of two wires would touch on one row."""
        runs = self.plan.runs[gap]
        tracks = self.plan.tracks[gap]
        begins = {item.row: tracks for item in self.plan.layers[gap + 1] if len(item.ports) == 2}
        for run in runs:
            for row in run.ends:
                if row != run.start:
                    begins[row] = min(run.track, begins.get(row, tracks))
        spaced: set[int] = set()
        for run in runs:
            right = begins.get(run.start)
            if run.after is not None or run.start in run.ends or right is None or right <= run.track:
                continue
            crossing = {other.track for other in runs if other.top <= run.start <= other.bottom}
            if all(track in crossing for track in range(run.track + 1, right)):
                spaced.add(run.track)
        return spaced

    def rows(self) -> list[list[Piece]]:
        """The drawing. Raises Unroutable if two things would be in one place."""
        # Rules keep things apart in columns; the canvas refuses whatever the rules have missed.
        canvas = Canvas()
        summed: list[tuple[Cell, Cell, int]] = []
        for item in self.plan.items:
            for slot in range(len(item.ports) if item.kind in (GATE, EXIT) else 0):
                source, corners = self._wire(item, slot)
                weight = self.circuit.weight(item, slot)
                canvas.wire(corners, source.node, weight)
                if source.kind == GATE:
                    canvas.wire([(source.row, self.name_of(source) - 1)], source.node, weight)
                if len(item.ports) == 2:
                    _, start = corners[-1]
                    bracket = [(item.ports[slot], start + 1), (item.row, start + 1), (item.row, self.text[item] - 1)]
                    canvas.wire(bracket, -1 - item.node, weight)  # it belongs to neither of the wires that it joins
                if self.circuit.names[source.node] == self.circuit.sum:
                    summed.append((corners[1], corners[0], source.node))
        if summed:
            # If the sum at a fork is asked for, the part that all its branches share is heavy.
            joint, begin, node = min(summed)
            canvas.wire([begin, joint], node, HEAVY, goes_on=False)
        for item, shown in self.circuit.shown.items():
            row = item.row
            canvas.write(row, self.text[item], shown.text, shown.style)
            canvas.write(row, self.name_of(item), shown.name, "name")
            for label, at in ((shown.value, row - 1), (shown.gradient, row + 1)):
                canvas.write(at, self.labels[item.layer] - columns(label.whole), label.whole, label.style)
        return canvas.rows()

    def _wire(self, item: Item, slot: int) -> tuple[Item, list[Cell]]:
        """Where a wire comes from, and its corners: from behind its source's name to the gate or its bracket."""
        source, turns = self.plan.wire(item, slot)
        start = (source.row, self.wire_of(source))
        end = self.bracket[item.layer - 1] if len(item.ports) == 2 else self.text[item]
        corners = [(row, self.track[gap][track]) for gap, track, row in turns]
        return source, [start, *corners, (item.ports[slot], end - 1)]
