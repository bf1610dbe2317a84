"""The wires of a tape: which lane each node's wire runs in, and the characters of every row."""

from __future__ import annotations

from heapq import heappop, heappush

from backprop_tutor.engine.graph import Graph


class Lanes:
    """Lanes of a graph's nodes, taken in `order`; a lane is free again below the last gate that uses it.

    Nodes that are not in the order have no wires. `above` are the wires that pass between each row and the one before
    it,
    once the rows are drawn.
    """

    def __init__(self, graph: Graph, order: list[int]) -> None:
        self.graph = graph
        self.order = order
        self.row = {node: row for row, node in enumerate(order)}
        self.sources = {node: [source for source in graph.inputs[node] if source in self.row] for node in order}
        self.above: list[str] = []
        self.last = [0] * len(graph)
        for row, node in enumerate(order):
            for source in self.sources[node]:
                self.last[source] = row
        self.lane = [0] * len(graph)
        self.count = 0
        self._assign()

    def _assign(self) -> None:
        free: list[int] = []
        for row, node in enumerate(self.order):
            ending = sorted({self.lane[source] for source in self.sources[node] if self.last[source] == row})
            if ending:
                self.lane[node], *others = ending
            elif free:
                self.lane[node], others = heappop(free), []
            else:
                self.lane[node], others = self.count, []
                self.count += 1
            for lane in others:
                heappush(free, lane)

    def rows(self, asked: tuple[int, int] | None = None) -> list[str]:
        """The wires of each row, two characters a lane; heavy from the first of the two `asked` nodes to the second."""
        live: dict[int, int] = {}
        drawn: list[str] = []
        for row, node in enumerate(self.order):
            sources = set(self.sources[node])
            self.above.append(self._passing(row, live, asked))
            drawn.append(self._row(row, node, sources, live, asked))
            for source in sources:
                if self.last[source] == row:
                    live.pop(self.lane[source], None)
            live[self.lane[node]] = node
        return drawn

    def _heavy(self, row: int, asked: tuple[int, int] | None) -> int | None:
        """The node whose wire is heavy at this row."""
        return asked[0] if asked is not None and self.row[asked[0]] < row <= self.row[asked[1]] else None

    def _passing(self, row: int, live: dict[int, int], asked: tuple[int, int] | None) -> str:
        """The wires that pass above a row. A node that no later row uses has none."""
        cells, heavy = [" "] * (2 * self.count), self._heavy(row, asked)
        for lane, source in live.items():
            if self.last[source] >= row:
                cells[2 * lane] = "┃" if source == heavy else "│"
        return "".join(cells)

    def _row(self, row: int, node: int, sources: set[int], live: dict[int, int], asked: tuple[int, int] | None) -> str:
        heavy = self._heavy(row, asked)
        cells = [" "] * (2 * self.count)
        for lane, source in live.items():
            cells[2 * lane] = "┃" if source == heavy else "│"
        here = 2 * self.lane[node]
        joins = heavy if asked is not None and node == asked[1] else None
        # The heavy wire is laid last, so that it hides no part of itself under the other one.
        for source in sorted(sources, key=lambda source: source == joins):
            _join(cells, 2 * self.lane[source], here, ends=self.last[source] == row, heavy=source == joins)
        gate = self.graph.gates[node]
        symbol = gate.symbol(self.graph.constant(node)) if gate is not None and gate.arity > 1 else "◆"
        cells[here] = "●" if gate is None else symbol if len(symbol) == 1 else "◆"
        return "".join(cells)


def _join(cells: list[str], start: int, end: int, ends: bool, heavy: bool) -> None:
    """Lays a wire sideways from its lane to the gate; it passes under the lanes between, which stay as they are."""
    if start == end:
        return
    leftward = start > end
    for at in range(min(start, end) + 1, max(start, end)):
        if cells[at] == " " or (heavy and cells[at] == "─"):
            cells[at] = "━" if heavy else "─"
    if ends:
        cells[start] = ("┛" if leftward else "┗") if heavy else ("╯" if leftward else "╰")
    else:
        cells[start] = ("┩" if leftward else "┡") if heavy else ("┤" if leftward else "├")
