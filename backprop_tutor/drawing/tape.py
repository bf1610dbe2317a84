"""The circuit down the page, one line per node: as a tape with its wires, or as a tree of sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import groupby
from typing import Final

from backprop_tutor.drawing.picture import Grid, Label, Labels, Picture, Piece, wrapped
from backprop_tutor.engine.graph import Branch, Graph, Node, in_order_of_use
from backprop_tutor.text import ASCII, columns, padded, shortened

_ASCII: Final = ASCII | str.maketrans({"╯": "'", "╰": "'", "┛": "'", "┗": "'"})
"""In a tape `+` is a gate, so the end of a wire is drawn with another character."""
_ROOM_FOR_NAMES: Final = 12  # columns reserved for `g12 = w3 * x` before the wires get any
_SHORTEST: Final = 3  # columns to which a name is cut: two characters and the sign for a cut
_SPARE: Final = 5  # rows of a screen reserved for the reply
_MARGIN: Final = 3  # columns before the wires, for `>` and `=`
_NO_WIDTH: Final = 10_000  # columns: enough that no name is cut
_MOST_INDENT: Final = 24  # of a tree: further down, only the depth before each line shows how deep it is


def tape(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """The picture as a tape of at most `width` columns (from 40 on); without wires if they would fill it."""
    labels = Labels(picture, plain)
    form = "tape" if picture.unfolded is None else "folded"
    return labels.grid(_Rows(labels, width).drawn(), width, _ASCII, form)


class _Rows:
    """The rows of one tape, with its columns measured. `groups` are the nodes that have rows, and those that are folded
    away."""

    def __init__(self, labels: Labels, width: int) -> None:
        graph, unfolded, branch = labels.graph, labels.picture.unfolded, labels.branch
        self.labels, self.branch, self.width = labels, branch, width
        self.asked = branch.source if branch else labels.asked
        groups = groupby(in_order_of_use(graph), lambda node: unfolded is None or graph.names[node] in unfolded)
        self.groups = [(has_rows, [graph.nodes[node] for node in nodes]) for has_rows, nodes in groups]
        nodes = [node for has_rows, nodes in self.groups if has_rows for node in nodes]
        values = [labels.value(node.name) for node in nodes]
        gradients = [labels.below_wire(node.name) for node in nodes]
        longest = max(columns(self._text(node)) for node in nodes)
        lanes = Lanes(graph, [graph.index[node.name] for node in nodes])
        wires = 2 * lanes.count + 1
        for gaps in ((4, 3), (2, 2)):
            numbers = (_column("value", values, gaps[0]), _column("grad", gradients, gaps[1]))
            self.numbers = [[*value, *gradient] for value, gradient in zip(*numbers, strict=True)]
            self.number_width = sum(columns(text) for text, _ in self.numbers[0])
            room = width - _MARGIN - self.number_width
            if longest + wires <= room:
                break
        fits = wires <= width // 3 and room - wires >= min(longest, _ROOM_FOR_NAMES)
        heavy = (graph.index[branch.source], graph.index[branch.gate]) if branch else None
        self.wires = lanes.rows(heavy) if fits else [""] * len(nodes)
        self.above = [*lanes.above, ""] if fits else [""] * (len(nodes) + 1)
        self.wire_width = wires if fits else 0
        self.name_width = min(longest, max(room - self.wire_width, 4))

    def _text(self, node: Node, most: int = _NO_WIDTH) -> str:
        """`g1 = w0 * x0`, with names cut to a width."""
        name, *inputs = (shortened(self.labels.text(name), most) for name in (node.name, *node.inputs))
        return name if node.gate is None else f"{name} = {_written(node, inputs)}"

    def _fitted(self, node: Node) -> str:
        """The node's text, fitted into its column: long names are cut first, then the whole text."""
        text, room = self._text(node), self.name_width
        longest = max(columns(self.labels.text(name)) for name in (node.name, *node.inputs))
        while columns(text) > room and longest > _SHORTEST:
            longest -= 1
            text = self._text(node, longest)
        return shortened(text, room)

    def drawn(self) -> Iterator[list[Piece]]:
        head = " " * (_MARGIN + self.wire_width) + padded("wire", self.name_width)
        yield [(head, "quiet"), *self.numbers[0]]
        row = 0
        for has_rows, nodes in self.groups:
            if not has_rows:
                yield self._fold(row, nodes)
                continue
            for node in nodes:
                sign = ">" if node.name == self.asked else "=" if node.name == self.labels.lit else " "
                wires = _styled_wires(padded(self.wires[row], self.wire_width))
                name = (padded(self._fitted(node), self.name_width), "heavy" if sign == ">" else "name")
                row += 1
                yield [(f" {sign} ", "heavy"), *wires, name, *self.numbers[row], *self._way(node)]

    def _way(self, node: Node) -> Iterator[Piece]:
        """Which branch of a fork is asked about, shown behind its `[?]`."""
        if self.branch and node.name == self.branch.source and node.name in self.labels.graph.forks:
            text = f" via {self.labels.text(self.branch.name.removeprefix(f'{node.name}->'))}"
            room = self.width - _MARGIN - self.wire_width - self.name_width - self.number_width
            yield (shortened(text, max(1, room)) if room > len(" via ") else "", "asked")

    def _fold(self, row: int, nodes: list[Node]) -> list[Piece]:
        text = folded([self.labels.text(node.name) for node in nodes])
        wires = _styled_wires(padded(self.above[row], self.wire_width))
        return [("   ", ""), *wires, (shortened(text, self.name_width + self.number_width), "quiet")]


def _written(node: Node, inputs: list[str]) -> str:
    assert node.gate is not None
    return node.gate.written(inputs, node.constant).replace("**", "^")


def _column(title: str, labels: list[Label], gap: int) -> list[list[Piece]]:
    """The heading of a column of numbers and its cells, right-aligned except for the marks' signs; empty if no number
    will ever be there."""
    if not any(label.width for label in labels):
        return [[] for _ in (title, *labels)]
    title = title if any(label.text for label in labels) else ""
    signs = max(len(label.sign) for label in labels)
    width = gap + max(5, *(label.width - len(label.sign) for label in labels))
    rows: list[list[Piece]] = [[(padded(title, width, right=True) + " " * signs, "quiet")]]
    for label in labels:
        size = columns(label.text)
        rows.append([(" " * (width - size), ""), (padded(label.whole, size + signs), label.style)])
    return rows


def _styled_wires(wires: str) -> Iterator[Piece]:
    for character in wires:
        yield character, "heavy" if character in "┃━┛┗┩┡" else "wire" if character in "│─╯╰├┤ " else "gate"


class Lanes:
    """The lanes for the wires of a graph's nodes, assigned in `order`; a lane is free again below the last gate that
    uses it. Nodes that are not in the order have no wires. `above` holds the wires that pass between each row and the
    one before it, once the rows are drawn."""

    def __init__(self, graph: Graph, order: list[int]) -> None:
        self.graph, self.order = graph, order
        self.row = {node: row for row, node in enumerate(order)}
        self.sources = {node: [source for source in graph.inputs[node] if source in self.row] for node in order}
        uses = {source: row for row, node in enumerate(order) for source in self.sources[node]}
        self.last = dict.fromkeys(order, 0) | uses
        self.lane: dict[int, int] = {}
        self.above: list[str] = []
        self.count = 0
        free: list[int] = []  # a heap, so that wires stay as far left as they can
        for row, node in enumerate(order):
            ending = sorted({self.lane[source] for source in self.sources[node] if self.last[source] == row})
            if not ending and not free:
                heappush(free, self.count)
                self.count += 1
            # A gate continues in the lane of one of its inputs, if that input ends here: a chain is one straight line.
            self.lane[node] = ending.pop(0) if ending else heappop(free)
            for lane in ending:
                heappush(free, lane)

    def rows(self, asked: tuple[int, int] | None = None) -> list[str]:
        """The wires of each row, two characters per lane; heavy from the first of the two `asked` nodes to the
        second."""
        start, end = (self.row[node] for node in asked) if asked else (0, 0)
        live: dict[int, int] = {}
        drawn: list[str] = []
        for row, node in enumerate(self.order):
            heavy = self.order[start] if start < row <= end else None
            cells = [" "] * (2 * self.count)
            for lane, source in live.items():
                cells[2 * lane] = "┃" if source == heavy else "│"
            # What no later row uses ends here: it does not pass on to the next row.
            unused = {2 * lane for lane, source in live.items() if self.last[source] < row}
            self.above.append("".join(" " if at in unused else cell for at, cell in enumerate(cells)))
            self._set(cells, row, node, heavy if row == end else None)
            drawn.append("".join(cells))
            for source in self.sources[node]:
                if self.last[source] == row:
                    live.pop(self.lane[source], None)
            live[self.lane[node]] = node
        return drawn

    def _set(self, cells: list[str], row: int, node: int, heavy: int | None) -> None:
        """Adds a node and the wires into it to those that pass; the wire of the `heavy` source stands out."""
        here = 2 * self.lane[node]
        # The heavy wire is laid last, so that no part of it is hidden under the other one.
        for source in sorted({*self.sources[node]}, key=lambda source: source == heavy):
            start, is_heavy = 2 * self.lane[source], source == heavy
            if start == here:
                continue
            # It passes under the lanes in between, which stay as they are.
            for at in range(min(start, here) + 1, max(start, here)):
                if cells[at] == " " or (is_heavy and cells[at] == "─"):
                    cells[at] = "━" if is_heavy else "─"
            ending, passing = ("╯┛", "┤┩") if start > here else ("╰┗", "├┡")
            cells[start] = (ending if self.last[source] == row else passing)[is_heavy]
        gate = self.graph.gates[node]
        symbol = gate.symbol(self.graph.constant(node)) if gate is not None and gate.arity > 1 else "◆"
        cells[here] = "●" if gate is None else symbol if len(symbol) == 1 else "◆"


def neighbourhood(graph: Graph, names: Iterable[str], rows: int = 0) -> frozenset[str]:
    """The nodes that are needed to answer questions about these nodes and branches, and the output; then the nearest
    others, as far as a tape of this many rows has room."""
    near = {graph.output_name}
    for name in names:
        branch = graph.branch_named.get(name)
        gates = [branch.gate] if branch else [name, *(leaving.gate for leaving in graph.branches_from[name])]
        for gate in gates:
            near |= {gate, *graph.node(gate).inputs}
        near |= {later.gate for gate in gates for later in graph.branches_from[gate]}
    order = [graph.names[node] for node in in_order_of_use(graph)]
    found = [name for name in order if name in near]
    needed = len(found)
    for name in found:  # grows while it is iterated: the nearest come first
        if len(found) >= rows:
            break
        beside = dict.fromkeys((*graph.node(name).inputs, *(branch.gate for branch in graph.branches_from[name])))
        found += [other for other in beside if other not in near]
        near |= beside.keys()
    while len(found) > needed and _height(order, found) + len(graph.forks) > rows:
        found.pop()
    return frozenset(found)


def table_around(picture: Picture, names: Collection[str], rows: int) -> list[Sequence[Piece]]:
    """The table of arrays; if it takes more rows than that, only what is needed to answer questions about these nodes
    and branches."""
    head, *table = picture.beside
    if len(picture.beside) <= rows or not names:
        return [head, *table]
    groups: dict[str, list[Sequence[Piece]]] = {}
    for row in table:
        label, _ = row[0]
        if label.strip() and not label.startswith(" "):
            groups[label.split()[0]] = []
        groups[next(reversed(groups))].append(row)
    graph, kept = picture.graph, set[str]()
    gates = [graph.branch_named[name].gate for name in names if name in graph.branch_named]
    needed = {*gates, *(source for gate in gates for source in graph.node(gate).inputs)}
    found = _folded_table(head, groups, kept)
    for name in _by_distance(graph, names):
        fuller = _folded_table(head, groups, kept | {name})
        # What is asked for is always included; what its gate needs may push a line of the last question off the screen.
        if name in groups and (not kept or len(fuller) <= rows + _SPARE * (name in needed)):
            kept, found = kept | {name}, fuller
    return found


def _folded_table(
    head: Sequence[Piece], groups: Mapping[str, Sequence[Sequence[Piece]]], kept: Collection[str]
) -> list[Sequence[Piece]]:
    found = [head]
    for is_kept, several in groupby(groups, kept.__contains__):
        names = [*several]
        found += [row for name in names for row in groups[name]] if is_kept else [[(folded(names), "quiet")]]
    return found


def _by_distance(graph: Graph, names: Collection[str]) -> list[str]:
    """What is asked about, then its neighbours, and so on; a gate's inputs come before its consumers."""
    branches = [graph.branch_named.get(name) for name in names]
    found = [branch.source if branch else name for name, branch in zip(names, branches, strict=True)]
    found += [branch.gate for branch in branches if branch]
    for name in found:  # grows while it is iterated
        beside = (*graph.node(name).inputs, *(branch.gate for branch in graph.branches_from[name]))
        found += dict.fromkeys(other for other in beside if other not in found)
    return found


def folded(names: Sequence[str]) -> str:
    """What stands in for nodes that are folded away: `(3 folded: w13 to w14)`."""
    return f"({len(names):,} folded: {names[0] if len(names) == 1 else f'{names[0]} to {names[-1]}'})"


def _height(order: Sequence[str], unfolded: Collection[str]) -> int:
    """The rows of a tape: a heading, one per unfolded node, and one for the nodes between two of them."""
    groups = groupby(order, lambda name: name in unfolded)
    return 1 + sum(len([*names]) if has_rows else 1 for has_rows, names in groups)


def tree(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """One line per branch, with its depth first, below the gate that it enters. A fork is followed to its inputs at its
    first branch; at the others, only its name is given. There is no line art at all."""
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
    return labels.grid(rows, width, form="tree")


def _line(labels: Labels, depth: int, name: str, branch: Branch | None, again: bool, width: int) -> list[list[Piece]]:
    """`3 g1 = w0 * x0, value -2.00, gradient [?], asked`."""
    node = labels.graph.node(name)
    is_fork = name in labels.graph.forks
    indent = " " * min(2 * (depth - 1), _MOST_INDENT)
    written = labels.text(name)
    if node.gate is not None and not again:
        written += f" = {_written(node, [labels.text(source) for source in node.inputs])}"
    told = [(", value ", labels.value(name)), (", gradient ", labels.gradient_of(name))]
    if branch is not None and is_fork:
        told[1] = (", gradient of this branch ", labels.gradient(branch.name))
    groups: list[list[Piece]] = [[(f"{depth:2} {indent}{written}", "name")]]
    for words, label in told:
        number = (label.whole if label.style != "quiet" else "not known yet", label.style)
        groups += [[(words, ""), number]] if label.text else []
    is_asked = labels.asked == (branch.name if branch is not None else name)
    remarks = (
        (again, ", as above", ""),
        (is_asked, ", asked", "asked"),
        (is_fork and labels.asked == name and not is_asked and not again, ", its sum is asked", "asked"),
        (labels.picture.lit == name, ", this gate", "asked"),
    )
    groups += [[(words, style)] for holds, words, style in remarks if holds]
    return wrapped(groups, width, " " * (5 + len(indent)))
