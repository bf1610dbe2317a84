"""The circuit down the page, a line for each node: as a tape with its wires, or as a tree of sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

from backprop_tutor.drawing.picture import Grid, Label, Labels, Picture, Piece, wrapped
from backprop_tutor.engine.graph import Branch, Graph, Node, in_order_of_use
from backprop_tutor.text import ASCII, columns, padded, shortened

_ASCII: Final = ASCII | str.maketrans({"╯": "'", "╰": "'", "┛": "'", "┗": "'"})
"""In a tape `+` is a gate, so that a wire's end is another character."""
_ROOM_FOR_NAMES: Final = 12  # columns that are left for `g12 = w3 * x` before the wires have any
_SHORTEST: Final = 3  # columns to which a name is cut: two characters and the sign that more were there
_MARGIN: Final = 3  # columns before the wires, in which `>` and `=` stand
_MOST_INDENT: Final = 24  # of a tree: below that, the depth before each line says it alone


def tape(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """The picture as a tape of at most `width` columns (from 40 on), the wires left out where they would fill it."""
    labels = Labels(picture, plain)
    rows = _Rows(labels, width)
    grid = Grid([rows.header(), *rows.body(), *labels.sums(width), *labels.legend()])
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
        self.branch = graph.branch_named.get(labels.asked) if labels.asked else None
        self.source = self.branch.source if self.branch else labels.asked
        self.gate = labels.picture.lit or (self.branch.gate if self.branch else None)
        below = {self.branch.source: self.branch.name} if self.branch else {}
        names = [below.get(node.name) or labels.gradient_name(node.name) for node in self.nodes]
        self.values = _Column("value", [labels.value(node.name) for node in self.nodes])
        self.gradients = _Column("grad", [labels.gradient(name) for name in names])
        self._measure(width)

    def _measure(self, width: int) -> None:
        longest = max(columns(self._text(node)) for node in self.nodes)
        lanes = Lanes(self.graph, self.order)
        wires = 2 * lanes.count + 1
        for gaps in ((4, 3), (2, 2)):
            self.values.gap, self.gradients.gap = gaps
            room = width - _MARGIN - self.values.width - self.gradients.width
            if longest + wires <= room:
                break
        fits = wires <= width // 3 and room - wires >= min(longest, _ROOM_FOR_NAMES)
        index, branch = self.graph.index, self.branch
        heavy = (index[branch.source], index[branch.gate]) if branch else None
        self.wires = lanes.rows(heavy) if fits else [""] * len(self.nodes)
        self.above = [*lanes.above, ""] if fits else [""] * (len(self.nodes) + 1)
        self.wire_width = wires if fits else 0
        self.name_width = min(longest, max(room - self.wire_width, 4))

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
        text, room = self._text(node), self.name_width
        longest = max(columns(self.labels.text(name)) for name in (node.name, *node.inputs))
        while columns(text) > room and longest > _SHORTEST:
            longest -= 1
            text = self._text(node, longest)
        return shortened(text, room)

    def header(self) -> list[Piece]:
        """The heads of the columns that have numbers."""
        title = " " * (_MARGIN + self.wire_width) + padded("wire", self.name_width)
        return [(title + self.values.head + self.gradients.head, "quiet")]

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


class Lanes:
    """Lanes of a graph's nodes, taken in `order`; a lane is free again below the last gate that uses it.

    Nodes that are not in the order have no wires. `above` are the wires that pass between each row and the one before
    it, once the rows are drawn.
    """

    def __init__(self, graph: Graph, order: list[int]) -> None:
        self.graph, self.order = graph, order
        self.row = {node: row for row, node in enumerate(order)}
        self.sources = {node: [source for source in graph.inputs[node] if source in self.row] for node in order}
        self.above: list[str] = []
        self.last = [0] * len(graph)
        for row, node in enumerate(order):
            for source in self.sources[node]:
                self.last[source] = row
        self.lane = [0] * len(graph)
        self.count = 0
        free: list[int] = []  # a heap, so that wires stay as far left as they can
        for row, node in enumerate(order):
            ending = sorted({self.lane[source] for source in self.sources[node] if self.last[source] == row})
            if not ending and not free:
                heappush(free, self.count)
                self.count += 1
            # A gate goes on in the lane of one of its inputs, if that ends here: a chain is one straight line.
            self.lane[node] = ending.pop(0) if ending else heappop(free)
            for lane in ending:
                heappush(free, lane)

    def rows(self, asked: tuple[int, int] | None = None) -> list[str]:
        """The wires of each row, two characters a lane; heavy from the first of the two `asked` nodes to the second."""
        live: dict[int, int] = {}
        drawn: list[str] = []
        for row, node in enumerate(self.order):
            heavy = asked[0] if asked is not None and self.row[asked[0]] < row <= self.row[asked[1]] else None
            cells = [" "] * (2 * self.count)
            for lane, source in live.items():
                cells[2 * lane] = "┃" if source == heavy else "│"
            # What no later row uses ends here: it does not pass on to the next row.
            unused = {2 * lane for lane, source in live.items() if self.last[source] < row}
            self.above.append("".join(" " if at in unused else cell for at, cell in enumerate(cells)))
            self._set(cells, row, node, heavy if asked is not None and node == asked[1] else None)
            drawn.append("".join(cells))
            for source in self.sources[node]:
                if self.last[source] == row:
                    live.pop(self.lane[source], None)
            live[self.lane[node]] = node
        return drawn

    def _set(self, cells: list[str], row: int, node: int, heavy: int | None) -> None:
        """Sets a node and the wires into it among those that pass; the wire of the `heavy` source stands out."""
        here = 2 * self.lane[node]
        # The heavy wire is laid last, so that it hides no part of itself under the other one.
        for source in sorted(set(self.sources[node]), key=lambda source: source == heavy):
            _join(cells, 2 * self.lane[source], here, ends=self.last[source] == row, heavy=source == heavy)
        gate = self.graph.gates[node]
        symbol = gate.symbol(self.graph.constant(node)) if gate is not None and gate.arity > 1 else "◆"
        cells[here] = "●" if gate is None else symbol if len(symbol) == 1 else "◆"


def _join(cells: list[str], start: int, end: int, ends: bool, heavy: bool) -> None:
    """Lays a wire sideways from its lane to the gate; it passes under the lanes between, which stay as they are."""
    if start == end:
        return
    for at in range(min(start, end) + 1, max(start, end)):
        if cells[at] == " " or (heavy and cells[at] == "─"):
            cells[at] = "━" if heavy else "─"
    corner = ("╯┛", "┤┩") if start > end else ("╰┗", "├┡")
    cells[start] = corner[not ends][heavy]


class Fold(NamedTuple):
    """Rows folded away: how many, and the names of the first and the last."""

    rows: int
    first: str
    last: str


def neighbourhood(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """The nodes that it takes to answer about these nodes and branches, and the output."""
    near = {graph.output_name}
    for name in names:
        branch = graph.branch_named.get(name)
        gates = [branch.gate] if branch else [name, *(leaving.gate for leaving in graph.branches_from[name])]
        for gate in gates:
            near |= {gate, *graph.node(gate).inputs}
        near |= {later.gate for gate in gates for later in graph.branches_from[gate]}
    return frozenset(near)


def folded(graph: Graph, order: Sequence[int], unfolded: Collection[str]) -> tuple[list[int], dict[int, Fold]]:
    """The nodes of an order that stay, and the folds by the row before which they stand."""
    kept: list[int] = []
    folds: dict[int, Fold] = {}
    for node in order:
        name = graph.names[node]
        if name in unfolded:
            kept.append(node)
        else:
            fold = folds.get(len(kept), Fold(0, name, name))
            folds[len(kept)] = Fold(fold.rows + 1, fold.first, name)
    return kept, folds


def tree(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """One line for each branch, with its depth first, below the gate that it enters.

    A fork is followed to its inputs at its first branch; at the others it stands by its name. No line art at all.
    """
    labels = Labels(picture, plain)
    graph = picture.graph
    rows: list[list[Piece]] = []
    shown: set[str] = set()
    waiting: list[tuple[int, str, Branch | None]] = [(1, graph.output_name, None)]
    while waiting:
        depth, name, branch = waiting.pop()
        again = name in shown and bool(graph.node(name).inputs)
        rows += _line(labels, depth, name, branch, again, width)
        if name not in shown:
            shown.add(name)
            waiting += [(depth + 1, branch.source, branch) for branch in reversed(graph.branches_into(name))]
    return Grid([*rows, *labels.sums(width), *labels.legend()])


def _line(labels: Labels, depth: int, name: str, branch: Branch | None, again: bool, width: int) -> list[list[Piece]]:
    """`3 g1 = w0 * x0, value -2.00, gradient [?], asked`."""
    node = labels.graph.node(name)
    fork = name in labels.graph.forks
    indent = " " * min(2 * (depth - 1), _MOST_INDENT)
    written = labels.text(name)
    if node.gate is not None and not again:
        written += f" = {node.gate.written([labels.text(source) for source in node.inputs], node.constant)}"
    groups: list[list[Piece]] = [[(f"{depth:2} {indent}{written}", "name")]]
    groups += _told(", value ", labels.value(name))
    if branch is not None and fork:
        groups += _told(", gradient of this branch ", labels.gradient(branch.name))
    else:
        groups += _told(", gradient ", labels.gradient_of(name))
    if again:
        groups.append([(", as above", "")])
    asked = labels.asked
    if asked is not None and asked == (branch.name if branch is not None else name):
        groups.append([(", asked", "asked")])
    elif asked == name and not again and fork:
        groups.append([(", its sum is asked", "asked")])
    if labels.picture.lit == name:
        groups.append([(", this gate", "asked")])
    return wrapped(groups, width, " " * (5 + len(indent)))


def _told(words: str, label: Label) -> list[list[Piece]]:
    """A number after its words; what is not known is said in words too."""
    shown = label.whole if label.style != "quiet" else "not known yet"
    return [[(words, ""), (shown, label.style)]] if label.text else []
