"""The circuit in characters: the value above each wire, the gradient below it; drawn right or not at all."""

from __future__ import annotations

from backprop_tutor.drawing.canvas import HEAVY, LIGHT, Canvas
from backprop_tutor.drawing.grid import Piece
from backprop_tutor.drawing.labels import Label, Labels
from backprop_tutor.drawing.layers import EXIT, GATE, INPUT
from backprop_tutor.drawing.layout import Layout
from backprop_tutor.drawing.spread import Form, Sizes, Spread
from backprop_tutor.errors import columns


class Circuit:
    """One layout with the labels of a picture, set in columns; `width` is known before anything is drawn.

    `named` puts each gate's name below it. A wire that leaves for another band ends with its name.
    """

    def __init__(self, labels: Labels, plan: Layout, form: Form, named: bool) -> None:
        self.labels, self.plan, self.named = labels, plan, named
        self.names = [labels.graph.names[node] for node in plan.wiring.nodes]
        asked = labels.asked
        self.branch = labels.graph.branch_named.get(asked) if asked else None
        self.sum = asked if self.branch is None else None
        self.lit = labels.picture.lit or (self.branch.gate if self.branch else None)
        self.texts = [self._text(item) for item in range(len(plan.places))]
        self.values = [labels.value(name) for name in self.names]
        self.gradients = [self._gradient(name) for name in self.names]
        self.spread = Spread(plan, [self._size(item) for item in range(len(plan.places))], form)
        self.width = self.spread.width

    def _gradient(self, name: str) -> Label:
        """A node's gradient; `[?]` also where one branch of a fork is asked: which one, the heavy wire tells."""
        if self.branch is not None and self.branch.source == name:
            return self.labels.gradient(self.branch.name)
        return self.labels.gradient_of(name)

    def _text(self, item: int) -> str:
        """What stands at an item's place: an input's name, a gate's symbol, an exit's arrow."""
        kind, vertex, _, _ = self.plan.places[item]
        name, node = self.names[vertex], self.plan.wiring.nodes[vertex]
        gate, graph = self.labels.graph.gates[node], self.labels.graph
        if kind == EXIT:
            return "▸" if node == graph.output else f"▸ {self.labels.text(name)}"
        if kind == INPUT:
            return self.labels.text(name)
        if kind != GATE or gate is None:
            return ""
        symbol = gate.symbol(graph.constant(node))
        return f"[{symbol}]" if name == self.lit else f"({symbol})"

    def _size(self, item: int) -> Sizes:
        kind, vertex, _, _ = self.plan.places[item]
        if kind not in (INPUT, GATE):
            return Sizes(columns(self.texts[item]))
        name = self._name_below(item)
        return Sizes(
            columns(self.texts[item]),
            columns(name),
            columns(self.values[vertex].whole),
            columns(self.gradients[vertex].whole),
        )

    def _name_below(self, item: int) -> str:
        return self.labels.text(self.names[item]) if self.named and self.plan.places[item].kind == GATE else ""

    def rows(self) -> list[list[Piece]]:
        """The drawing. Raises Unclear where two things would stand in one place."""
        canvas = Canvas()
        _Wires(self, canvas).lay()
        for item, (kind, vertex, layer, row) in enumerate(self.plan.places):
            bracketed = kind == GATE and self.names[vertex] == self.lit
            canvas.write(
                row, self.spread.text[item], self.texts[item], "asked" if bracketed else _STYLES.get(kind, "wire")
            )
            if kind in (INPUT, GATE):
                end = self.spread.labels[layer]
                for label, at in ((self.values[vertex], row - 1), (self.gradients[vertex], row + 1)):
                    canvas.write(at, end - columns(label.whole), label.whole, label.style)
                name = self._name_below(item)
                free = max(0, columns(self.texts[item]) - columns(name))
                canvas.write(row + 1, self.spread.text[item] + free // 2, name, "name")
        return canvas.rows()


_STYLES = {INPUT: "name", GATE: "gate"}


class _Wires:
    """The wires of one circuit, laid on a canvas: all that is horizontal, then all that is vertical."""

    def __init__(self, circuit: Circuit, canvas: Canvas) -> None:
        self.circuit, self.plan, self.spread, self.canvas = circuit, circuit.plan, circuit.spread, canvas
        self.verticals: list[tuple[int, int, int, int, int]] = []
        self.joints: dict[int, list[int]] = {}

    def lay(self) -> None:
        for item, place in enumerate(self.plan.places):
            if place.kind == GATE:
                for slot in range(len(self.plan.ports[item])):
                    self._branch(item, slot)
            elif place.kind == EXIT:
                self._exit(item, place.vertex)
        for vertex, columns_of_joints in self.joints.items():
            if self.circuit.names[vertex] == self.circuit.sum:
                start = self._start(vertex)
                self.canvas.across(self.plan.places[vertex].row, start, min(columns_of_joints), vertex, HEAVY, "<")
        for column, start, end, owner, weight in self.verticals:
            self.canvas.down(column, min(start, end), max(start, end), owner, weight)

    def _start(self, item: int) -> int:
        """The first column behind an item's text."""
        return self.spread.text[item] + columns(self.circuit.texts[item])

    def _weight(self, gate: int, slot: int) -> int:
        branch, name = self.circuit.branch, self.circuit.names[gate]
        return HEAVY if branch is not None and (branch.gate, branch.slot) == (name, slot) else LIGHT

    def _exit(self, item: int, vertex: int) -> None:
        name, branch = self.circuit.names[vertex], self.circuit.branch
        cut = branch is not None and branch.source == name and branch.gate not in self.circuit.names
        weight = HEAVY if cut or name == self.circuit.sum else LIGHT
        self._along(item, 0, vertex, self.spread.text[item] - 1, weight)

    def _branch(self, gate: int, slot: int) -> None:
        """Lays the wire into a slot of a gate, from its source over its corners to its port."""
        weight = self._weight(gate, slot)
        gap = self.plan.places[gate].layer - 1
        binary = len(self.plan.ports[gate]) == 2
        end = (self.spread.bracket[gap] if binary else self.spread.text[gate]) - 1
        row = self._along(gate, slot, self.plan.wiring.sources[gate][slot], end, weight)
        if binary:
            self._bracket(gate, row, end + 1, weight)

    def _along(self, item: int, slot: int, source: int, end: int, weight: int) -> int:
        """Lays a wire over its corners to the column where it ends; the row on which it ends."""
        corners = [(point.gap, point.track, point.row) for point in self.plan.wire(item, slot)]
        turns = [(self.spread.track[at][track], row) for at, track, row in corners if 0 <= track < self.plan.tracks[at]]
        column, opening = self._start(source), "<"
        self.joints.setdefault(source, []).append(turns[0][0] if turns else end)
        for (turn, row), (_, leaves) in zip(turns[::2], turns[1::2], strict=True):
            self.canvas.across(row, column, turn, source, weight, opening)
            self.verticals.append((turn, row, leaves, source, weight))
            column, opening = turn, ""
        row = corners[-1][2]
        self.canvas.across(row, column, end, source, weight, opening + ">")
        return row

    def _bracket(self, gate: int, row: int, column: int, weight: int) -> None:
        """Lays one half of a gate's bracket: from a port to the gate's own row, and on to the gate."""
        owner = -1 - gate
        here = self.plan.places[gate].row
        self.canvas.across(row, column, column, owner, weight, "<")
        self.canvas.across(here, column + 1, self.spread.text[gate] - 1, owner, weight, "<>")
        self.verticals.append((column, row, here, owner, weight))
        self._open_right(here, column, owner, weight)

    def _open_right(self, row: int, column: int, owner: int, weight: int) -> None:
        self.canvas.across(row, column, column, owner, weight, ">")
