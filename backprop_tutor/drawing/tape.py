"""The tape: one node a row, read down for the forward pass and up for the backward pass; any graph, any width from
40."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backprop_tutor.drawing.folding import Fold, folded
from backprop_tutor.drawing.grid import ASCII, Grid, Piece, padded, shortened
from backprop_tutor.drawing.labels import Label, Labels
from backprop_tutor.drawing.lanes import Lanes
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.graph import Node, in_order_of_use
from backprop_tutor.errors import columns

_ASCII: Final = ASCII | str.maketrans({"╯": "'", "╰": "'", "┛": "'", "┗": "'"})
"""In a tape `+` is a gate, so that a wire's end is another character."""
_ROOM_FOR_NAMES: Final = 12


def tape(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """The picture as a tape of at most `width` columns (from 40 on), the wires left out where they would fill it."""
    labels = Labels(picture, plain)
    rows = _Rows(labels, width)
    table = [rows.header(), *rows.body()]
    grid = Grid([*table, *labels.sums(width), *labels.legend()])
    return grid.translated(_ASCII) if plain else grid


class _Rows:
    """The rows of one tape, its columns measured."""

    def __init__(self, labels: Labels, width: int) -> None:
        self.labels = labels
        graph = self.graph = labels.graph
        self.folds: dict[int, Fold] = {}
        self.order = list(in_order_of_use(graph))
        if labels.picture.unfolded is not None:
            self.order, self.folds = folded(graph, self.order, labels.picture.unfolded)
        nodes = graph.nodes
        self.nodes = [nodes[index] for index in self.order]
        self.values = _Column("value", [labels.value(node.name) for node in self.nodes])
        self.gradients = _Column("grad", [labels.gradient_of(node.name) for node in self.nodes])
        self._find_asked()
        self._measure(width)

    def _find_asked(self) -> None:
        """The asked node, the gate its branch goes to (if one is asked and not the sum), and the gate that is lit."""
        asked = self.labels.asked
        self.branch = self.graph.branch_named.get(asked) if asked else None
        self.source = self.branch.source if self.branch else asked
        self.gate = self.labels.picture.lit or (self.branch.gate if self.branch else None)
        if self.branch and self.branch.source in self.graph.forks:
            at = next(row for row, node in enumerate(self.nodes) if node.name == self.source)
            self.gradients.labels[at] = self.labels.gradient(self.branch.name)

    def _measure(self, width: int) -> None:
        longest = max(columns(self._text(node)) for node in self.nodes)
        lanes = Lanes(self.graph, self.order)
        wires = 2 * lanes.count + 1
        for gaps in ((4, 3), (2, 2)):
            self.values.gap, self.gradients.gap = gaps
            room = width - 3 - self.values.width - self.gradients.width
            if longest + wires <= room:
                break
        fits = wires <= width // 3 and room - wires >= min(longest, _ROOM_FOR_NAMES)
        self.wires = self._wires(lanes) if fits else [""] * len(self.nodes)
        self.above = [*lanes.above, ""] if fits else [""] * (len(self.nodes) + 1)
        self.wire_width = wires if fits else 0
        self.name_width = min(longest, max(room - self.wire_width, 4))

    def _wires(self, lanes: Lanes) -> list[str]:
        index = self.graph.index
        return lanes.rows((index[self.branch.source], index[self.branch.gate]) if self.branch else None)

    def _text(self, node: Node, operand_width: int | None = None) -> str:
        """`g1 = w0 * x0`, its names cut to a width; at an asked branch of a fork also the gate it goes to."""
        names = [self.labels.text(name) for name in (node.name, *node.inputs)]
        if operand_width is not None:
            names = [shortened(name, operand_width) for name in names]
        text = names[0]
        if node.gate is not None:
            text += f" = {node.gate.written(names[1:], node.constant)}"
        if self.branch and node.name == self.branch.source and node.name in self.graph.forks:
            gate = self.labels.text(self.branch.name.removeprefix(f"{node.name}->"))
            text += f" -> {gate if operand_width is None else shortened(gate, operand_width)}"
        return text

    def _fitted(self, node: Node) -> str:
        """The node's text in the width of its column: long names are cut first, then the whole."""
        text = self._text(node)
        room = self.name_width
        longest = (
            max(columns(self.labels.text(name)) for name in (node.name, *node.inputs)) if columns(text) > room else 0
        )
        while columns(text) > room and longest > 3:
            longest -= 1
            text = self._text(node, longest)
        return shortened(text, room)

    def header(self) -> list[Piece]:
        """The heads of the columns that have numbers."""
        title = padded("wire", self.name_width)
        return [(" " * (3 + self.wire_width) + title + self.values.head + self.gradients.head, "quiet")]

    def body(self) -> Iterator[list[Piece]]:
        """One row a node."""
        for row, node in enumerate(self.nodes):
            if row in self.folds:
                yield self._fold(row, self.folds[row])
            sign = ">" if node.name == self.source else "=" if node.name == self.gate else " "
            style = "asked" if sign == ">" else "name"
            yield [
                (f" {sign} ", "asked"),
                *_styled_wires(padded(self.wires[row], self.wire_width)),
                (padded(self._fitted(node), self.name_width), style),
                *self.values.cell(row),
                *self.gradients.cell(row),
            ]
        if len(self.nodes) in self.folds:
            yield self._fold(len(self.nodes), self.folds[len(self.nodes)])

    def _fold(self, row: int, fold: Fold) -> list[Piece]:
        """One line in place of the rows that are folded."""
        first, last = (self.labels.text(name) for name in (fold.first, fold.last))
        which = first if fold.rows == 1 else f"{first} to {last}"
        text = f"({fold.rows:,} folded: {which})"
        room = self.name_width + self.values.width + self.gradients.width
        return [("   ", ""), *_styled_wires(padded(self.above[row], self.wire_width)), (shortened(text, room), "quiet")]


class _Column:
    """A column of numbers, set flush right, with room for the marks' signs."""

    def __init__(self, title: str, labels: list[Label]) -> None:
        self.title, self.labels, self.gap = title, labels, 0
        self.signs = int(any(label.sign for label in labels))
        self.digits = max(5, *(columns(label.text) for label in labels)) if any(label.text for label in labels) else 0

    @property
    def width(self) -> int:
        """Columns with the gap before it; 0 where there is no number at all."""
        return self.gap + self.digits + self.signs if self.digits else 0

    @property
    def head(self) -> str:
        return padded(self.title + " " * self.signs, self.width, right=True) if self.digits else ""

    def cell(self, row: int) -> list[Piece]:
        label = self.labels[row]
        blanks = " " * (self.width - self.signs - columns(label.text))
        return [(blanks, ""), (padded(label.whole, columns(label.text) + self.signs), label.style)]


def _styled_wires(wires: str) -> Iterator[Piece]:
    for character in wires:
        yield character, "asked" if character in "┃━┛┗┩┡" else "wire" if character in "│─╯╰├┤ " else "gate"
