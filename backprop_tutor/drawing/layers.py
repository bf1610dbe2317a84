"""Layers: which column of the circuit each input and gate stands in, and where wires pass a layer by."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.wiring import Wiring

INPUT: Final = "input"
GATE: Final = "gate"
PASSING: Final = "pass"
EXIT: Final = "exit"


class Layers:
    """Items by number: each stands in one layer and is an input, a gate, a wire that passes the layer, or an exit.

    `rows[k]` are the items of layer k from the top down (not yet in a good order), `sources[i]` the items of
    the layer before from which item i's wires come (a gate's by slot), `sinks[i]` those of the next layer it
    goes to. A wire with several ends is one item a layer, however many gates it goes on to.
    """

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        depth = _depths(wiring)
        self.kind = [GATE if sources else INPUT for sources in wiring.sources]
        self.vertex = list(range(len(wiring)))
        self.layer = depth
        self.sources: list[list[int]] = [[] for _ in depth]
        self.sinks: list[list[int]] = [[] for _ in depth]
        self._passes: dict[tuple[int, int], int] = {}
        for vertex, sources in enumerate(wiring.sources):
            for source in sources:
                self._connect(self._pass(source, depth[vertex] - 1), vertex)
        for vertex in wiring.exits:
            self._connect(vertex, self._new(EXIT, vertex, depth[vertex] + 1))
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]

    def _new(self, kind: str, vertex: int, layer: int) -> int:
        self.kind.append(kind)
        self.vertex.append(vertex)
        self.layer.append(layer)
        self.sources.append([])
        self.sinks.append([])
        return len(self.kind) - 1

    def _pass(self, vertex: int, layer: int) -> int:
        """The item that carries a vertex's wire through a layer: itself, or a pass (made with those before it)."""
        before = vertex
        for at in range(self.layer[vertex] + 1, layer + 1):
            item = self._passes.get((vertex, at))
            if item is None:
                item = self._passes[vertex, at] = self._new(PASSING, vertex, at)
                self._connect(before, item)
            before = item
        return before

    def _connect(self, source: int, sink: int) -> None:
        self.sources[sink].append(source)
        self.sinks[source].append(sink)

    def __len__(self) -> int:
        return len(self.kind)


def _depths(wiring: Wiring) -> list[int]:
    """The layer of each vertex: as far left as its inputs allow, then pulled next to its first consumer.

    Inputs are always pulled. A gate is where that lengthens no more wires than the one that it shortens.
    """
    depth = [0] * len(wiring)
    uses = [0] * len(wiring)
    for vertex, sources in enumerate(wiring.sources):
        for source in sources:
            depth[vertex] = max(depth[vertex], depth[source] + 1)
        for source in {*sources}:
            uses[source] += 1
    unset = len(wiring) + 1
    first = [unset] * len(wiring)
    for vertex in wiring.exits:
        first[vertex] = depth[vertex] + 1
    for vertex in range(len(wiring) - 1, -1, -1):
        sources = wiring.sources[vertex]
        if first[vertex] != unset and sum(uses[source] > 1 for source in sources) < 2:
            depth[vertex] = first[vertex] - 1
        for source in sources:
            first[source] = min(first[source], depth[vertex])
    leftmost = min(depth)
    return [layer - leftmost for layer in depth]
