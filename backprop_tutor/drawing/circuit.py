"""The circuit in characters: the value above each wire, the gradient below it; drawn right or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from backprop_tutor.drawing.layout import Layout
from backprop_tutor.drawing.layout.layers import EXIT, GATE, INPUT
from backprop_tutor.drawing.picture import Labels, Piece
from backprop_tutor.text import columns, glyphs

_STYLES: Final = {INPUT: "name", GATE: "gate"}


class Circuit:
    """One layout with the labels of a picture, to be set in one of several forms, the roomiest first.

    `named` puts each gate's name below it. A wire that leaves for another band ends with its name.
    """

    def __init__(self, labels: Labels, plan: Layout, forms: Sequence[Form], named: bool) -> None:
        self.labels, self.plan, self.forms, self.named = labels, plan, forms, named
        self.names = [labels.graph.names[node] for node in plan.wiring.nodes]
        asked = labels.asked
        self.branch = labels.graph.branch_named.get(asked) if asked else None
        self.sum = asked if self.branch is None else None
        self.lit = labels.picture.lit or (self.branch.gate if self.branch else None)
        items = range(len(plan.places))
        self.texts = [self._text(item) for item in items]
        self.values = [labels.value(name) for name in self.names]
        # Where one branch of a fork is asked, [?] stands at its source: which branch it is, the heavy wire tells.
        below = {self.branch.source: self.branch.name} if self.branch else {}
        self.gradients = [labels.gradient(below.get(name) or labels.gradient_name(name)) for name in self.names]
        self._sizes = [self._size(item) for item in items]
        self._spreads: list[Spread] = []

    def fitted(self, width: int) -> Spread | None:
        """The roomiest form that takes at most so many columns, if one does."""
        for number, form in enumerate(self.forms):
            if number == len(self._spreads):
                self._spreads.append(Spread(self.plan, self._sizes, form))
            if self._spreads[number].width <= width:
                return self._spreads[number]
        return None

    def _text(self, item: int) -> str:
        """What stands at an item's place: an input's name, a gate's symbol, an exit's arrow."""
        kind, vertex, _, _ = self.plan.places[item]
        name = self.names[vertex]
        if kind == EXIT:
            return "▸" if name == self.labels.graph.output_name else f"▸ {self.labels.text(name)}"
        if kind == INPUT:
            return self.labels.text(name)
        symbol = self.labels.symbol(name)
        return "" if kind != GATE else f"[{symbol}]" if name == self.lit else f"({symbol})"

    def _size(self, item: int) -> Sizes:
        kind, vertex, _, _ = self.plan.places[item]
        if kind not in (INPUT, GATE):
            return Sizes(columns(self.texts[item]))
        shown = (self.texts[item], self._name_below(item), self.values[vertex].whole, self.gradients[vertex].whole)
        return Sizes(*map(columns, shown))

    def _name_below(self, item: int) -> str:
        return self.labels.text(self.names[item]) if self.named and self.plan.places[item].kind == GATE else ""

    def rows(self, spread: Spread) -> list[list[Piece]]:
        """The drawing in one form. Raises Unclear where two things would stand in one place."""
        # The columns keep things apart by rules; the canvas refuses whatever the rules have missed.
        canvas = Canvas()
        _Wires(self, spread, canvas).lay()
        for item, (kind, vertex, layer, row) in enumerate(self.plan.places):
            lit = kind == GATE and self.names[vertex] == self.lit
            canvas.write(row, spread.text[item], self.texts[item], "asked" if lit else _STYLES.get(kind, "wire"))
            if kind in (INPUT, GATE):
                end = spread.labels[layer]
                for label, at in ((self.values[vertex], row - 1), (self.gradients[vertex], row + 1)):
                    canvas.write(at, end - columns(label.whole), label.whole, label.style)
                name = self._name_below(item)
                free = max(0, columns(self.texts[item]) - columns(name))
                canvas.write(row + 1, spread.text[item] + free // 2, name, "name")
        return canvas.rows()


class _Wires:
    """The wires of one circuit, laid on a canvas: all that is horizontal, then all that is vertical."""

    def __init__(self, circuit: Circuit, spread: Spread, canvas: Canvas) -> None:
        self.circuit, self.plan, self.spread, self.canvas = circuit, circuit.plan, spread, canvas
        self.verticals: list[tuple[int, int, int, int, int]] = []
        self.joints: dict[int, list[int]] = {}

    def lay(self) -> None:
        for item, place in enumerate(self.plan.places):
            if place.kind == GATE:
                for slot in range(len(self.plan.ports[item])):
                    self._branch(item, slot)
            elif place.kind == EXIT:
                name, branch = self.circuit.names[place.vertex], self.circuit.branch
                cut = branch is not None and branch.source == name and branch.gate not in self.circuit.names
                weight = HEAVY if cut or name == self.circuit.sum else LIGHT
                self._along(item, 0, place.vertex, self.spread.text[item] - 1, weight)
        for vertex, joints in self.joints.items():
            if self.circuit.names[vertex] == self.circuit.sum:
                # Asked for the sum at a fork: heavy is the part that all its branches share.
                row, start = self.plan.places[vertex].row, self._start(vertex)
                self.canvas.across(row, start, min(joints), vertex, HEAVY, "<")
        for column, start, end, owner, weight in self.verticals:
            self.canvas.down(column, min(start, end), max(start, end), owner, weight)

    def _start(self, item: int) -> int:
        """The first column behind an item's text."""
        return self.spread.text[item] + columns(self.circuit.texts[item])

    def _branch(self, gate: int, slot: int) -> None:
        """Lays the wire into a slot of a gate, and that half of the gate's bracket."""
        branch, name = self.circuit.branch, self.circuit.names[gate]
        weight = HEAVY if branch is not None and (branch.gate, branch.slot) == (name, slot) else LIGHT
        gap = self.plan.places[gate].layer - 1
        binary = len(self.plan.ports[gate]) == 2
        end = (self.spread.bracket[gap] if binary else self.spread.text[gate]) - 1
        row = self._along(gate, slot, self.plan.wiring.sources[gate][slot], end, weight)
        if binary:
            owner, here = -1 - gate, self.plan.places[gate].row  # a bracket is no part of either wire that it joins
            self.canvas.across(row, end + 1, end + 1, owner, weight, "<")
            self.canvas.across(here, end + 1, self.spread.text[gate] - 1, owner, weight, ">")
            self.verticals.append((end + 1, row, here, owner, weight))

    def _along(self, item: int, slot: int, source: int, end: int, weight: int) -> int:
        """Lays a wire over its corners to the column where it ends; the row on which it ends."""
        turns = [(self.spread.track[gap][track], row) for gap, track, row in self.plan.wire(item, slot)]
        column, opening = self._start(source), "<"
        self.joints.setdefault(source, []).append(turns[0][0] if turns else end)
        for (turn, row), (_, leaves) in zip(turns[::2], turns[1::2], strict=True):
            self.canvas.across(row, column, turn, source, weight, opening)
            self.verticals.append((turn, row, leaves, source, weight))
            column, opening = turn, ""
        row = self.plan.ports[item][slot]
        self.canvas.across(row, column, end, source, weight, opening + ">")
        return row


class Form(NamedTuple):
    """Columns that stay free: after the labels of a layer, before the tracks of a gap, and after each of them."""

    after_labels: int
    before_tracks: int
    after_tracks: int = 0


class Sizes(NamedTuple):
    """How wide an item's own text is, its name below it (0 if none), and the labels above and below its wire."""

    text: int = 0
    name: int = 0
    above: int = 0
    below: int = 0


class Spread:
    """Columns from 0: `text[i]` where item i begins, `labels[k]` where the labels of layer k end.

    `track[k][t]` is the column of a track in the gap after layer k, `bracket[k]` that of its brackets (or the column
    of the next layer if it has none), `width` the number of columns.
    """

    def __init__(self, plan: Layout, sizes: list[Sizes], form: Form) -> None:
        self.plan, self.sizes, self.form = plan, sizes, form
        self.text = [0] * len(plan.places)
        self.labels: list[int] = []
        self.track: list[list[int]] = []
        self.bracket: list[int] = []
        column = 0
        for layer in range(len(plan.order)):
            column = self._layer(layer, column)
            if layer < len(plan.order) - 1:
                column = self._gap(layer, column)
        self.width = column

    def _layer(self, layer: int, column: int) -> int:
        """Sets a layer from a column on; the column after its labels."""
        items = self.plan.order[layer]
        entered = layer > 0 and (self.plan.has_bracket(layer - 1) or self.plan.tracks[layer - 1] > 0)
        widths = [self.sizes[item].text + (entered and self.plan.places[item].kind == INPUT) for item in items]
        width = max(widths)
        room = 1
        for item in items:
            size = self.sizes[item]
            kind = self.plan.places[item].kind
            free = width - size.text
            shift = (free + 1) // 2 if kind == GATE else free if layer and kind == INPUT else 0
            self.text[item] = column + shift
            hanging = size.name + 1 + size.below - (width - shift) if size.name else 0
            room = max(room, size.above, size.below, hanging)
        last = layer == len(self.plan.order) - 1
        self.labels.append(column + width + room)
        return column + width + (0 if last else room + self.form.after_labels)

    def _gap(self, gap: int, column: int) -> int:
        """Sets the tracks and brackets behind a layer; the column after them."""
        places = []
        spaced = self._spaced(gap)
        if self.plan.tracks[gap]:
            column += self.form.before_tracks
        for track in range(self.plan.tracks[gap]):
            places.append(column)
            column += 1 + max(track in spaced, self.form.after_tracks)
        self.track.append(places)
        self.bracket.append(column)
        return column + max(self.plan.has_bracket(gap), self._bridged(gap))

    def _bridged(self, gap: int) -> bool:
        """Whether a wire would pass under another right before it ends, so that nobody could see where it ends."""
        last = self.plan.tracks[gap] - 1
        rows = [self.plan.places[item].row for item in self.plan.order[gap + 1] if len(self.plan.ports[item]) == 1]
        return any(run.track == last and run.top < row < run.bottom for run in self.plan.runs[gap] for row in rows)

    def _spaced(self, gap: int) -> set[int]:
        """The tracks after which a column stays free, where corners of two wires would touch on one row."""
        runs = self.plan.runs[gap]
        tracks = self.plan.tracks[gap]
        entered = (item for item in self.plan.order[gap + 1] if len(self.plan.ports[item]) == 2)
        begins = {self.plan.places[item].row: tracks for item in entered}
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


LEFT, RIGHT, UP, DOWN = range(4)
"""The places in a form, which is how a wire leaves a cell: 0 not at all, 1 light, 2 heavy."""
LIGHT: Final = 1
HEAVY: Final = 2


class Unclear(Exception):
    """Two things would have to stand in one place."""


_FORMS: Final = (
    "─1100 ━2200 │0011 ┃0022 ╯1010 ┛2020 ╮1001 ┓2002 ╰0110 ┗0220 ╭0101 ┏0202 "
    "├0111 ┝0211 ┞0121 ┟0112 ┠0122 ┡0221 ┢0212 ┣0222 ┤1011 ┥2011 ┦1021 ┧1012 ┨1022 ┩2021 ┪2012 ┫2022 "
    "┬1101 ┭2101 ┮1201 ┯2201 ┰1102 ┱2102 ┲1202 ┳2202 ┴1110 ┵2110 ┶1210 ┷2210 ┸1120 ┹2120 ┺1220 ┻2220"
)
GLYPHS: Final = {tuple(map(int, entry[1:])): entry[0] for entry in _FORMS.split()}
"""The character of every form that a wire may have in a cell; four ways never meet in one."""


class Canvas:
    """Cells by row and column. Horizontal pieces are laid before vertical ones, which bridge those of other wires."""

    def __init__(self) -> None:
        self._wires: dict[tuple[int, int], tuple[int, list[int]]] = {}
        self._texts: dict[tuple[int, int], Piece] = {}

    def across(self, row: int, start: int, end: int, owner: int, weight: int = LIGHT, open_at: str = "") -> None:
        """A horizontal piece between two columns; with `open_at` < it reaches beyond its first, with > its last cell.

        Raises Unclear where it would lie on another owner's wire.
        """
        for column in range(start, end + 1):
            stubs = self._cell(row, column, owner)
            if column > start or "<" in open_at:
                stubs[LEFT] = max(stubs[LEFT], weight)
            if column < end or ">" in open_at:
                stubs[RIGHT] = max(stubs[RIGHT], weight)

    def down(self, column: int, start: int, end: int, owner: int, weight: int = LIGHT) -> None:
        """A vertical piece between two rows; over another owner's straight horizontal piece it makes a bridge.

        Raises Unclear where it would touch another owner's wire.
        """
        for row in range(start, end + 1):
            other, stubs = self._wires.get((row, column), (owner, []))
            if start < row < end and other != owner and all(stubs[LEFT : RIGHT + 1]) and not any(stubs[UP:]):
                del self._wires[row, column]  # a bridge
            stubs = self._cell(row, column, owner)
            if row > start:
                stubs[UP] = max(stubs[UP], weight)
            if row < end:
                stubs[DOWN] = max(stubs[DOWN], weight)

    def _cell(self, row: int, column: int, owner: int) -> list[int]:
        held = self._wires.setdefault((row, column), (owner, [0, 0, 0, 0]))
        if held[0] != owner:
            raise Unclear
        return held[1]

    def write(self, row: int, column: int, text: str, style: str) -> None:
        """A text from a column on. Raises Unclear where something stands there."""
        for glyph, wide in glyphs(text):
            for at in range(column, column + wide):
                if (row, at) in self._texts or (row, at) in self._wires:
                    raise Unclear
                self._texts[row, at] = (glyph if at == column else "", style)
            column += wide

    def rows(self) -> list[list[Piece]]:
        """The rows from the topmost on. Raises Unclear for a cell with a form that is no wire's."""
        cells = dict(self._texts)
        for place, (_, stubs) in self._wires.items():
            glyph = GLYPHS.get(tuple(stubs))
            if glyph is None:
                raise Unclear
            cells[place] = (glyph, "asked" if HEAVY in stubs else "wire")
        ends: dict[int, int] = {}
        for row, column in cells:
            ends[row] = max(column, ends.get(row, 0))
        return [
            [cells.get((row, column), (" ", "")) for column in range(ends.get(row, -1) + 1)]
            for row in range(min(ends), max(ends) + 1)
        ]
