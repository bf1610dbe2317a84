"""Layers: which column of the circuit each input and gate stands in, and their order from the top down."""

from __future__ import annotations

from typing import Final, NamedTuple

from backprop_tutor.engine.graph import Graph

INPUT: Final = "input"
GATE: Final = "gate"
PASSING: Final = "pass"
EXIT: Final = "exit"

_EFFORT: Final = 24_000
"""How many items are looked at before the ordering has to do; a small circuit gets many sweeps, a huge one a few."""
_MOST_SWEEPS: Final = 24
_MOST_STALE: Final = 4  # forward and backward, each from what the other made of it
_MOST_ROUNDS: Final = 4  # of swaps in one layer: what is left then, the next sweep finds


class Wiring(NamedTuple):
    """Vertices from 0 in topological order; an input has no sources.

    `nodes[v]` is the graph's node of a vertex. `ordered[v]` says that a gate's two inputs must keep their order
    from the top down. The wires of `exits` leave at the right.
    """

    sources: list[tuple[int, ...]]
    ordered: list[bool]
    exits: list[int]
    nodes: list[int]


def wiring_of(graph: Graph) -> Wiring:
    """The whole circuit; its only exit is the output."""
    return band(graph, [node for node, gate in enumerate(graph.gates) if gate is not None], [graph.output])


def band(graph: Graph, gates: list[int], leaving: list[int]) -> Wiring:
    """The part of a circuit with these gates, in topological order; what they need from elsewhere becomes an input."""
    inside = set(gates)
    # Each input is met right before the first gate that it enters.
    nodes = list(dict.fromkeys(node for gate in gates for node in (*graph.inputs[gate], gate)))
    number = {node: vertex for vertex, node in enumerate(nodes)}
    made = [graph.gates[node] if node in inside else None for node in nodes]
    sources = [tuple(number[i] for i in graph.inputs[n]) if n in inside else () for n in nodes]
    ordered = [gate is not None and gate.arity == 2 and not gate.commutes for gate in made]
    return Wiring(sources, ordered, [number[node] for node in leaving], nodes)


class Layers:
    """Items by number: each stands in one layer and is an input, a gate, a wire that passes the layer, or an exit.

    `rows[k]` are the items of layer k from the top down, `sources[i]` the items of the layer before from which
    item i's wires come (a gate's by slot), `sinks[i]` those of the next layer it goes to. A wire with several
    ends is one item a layer, however many gates it goes on to.
    """

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        depth = self.layer = depths(wiring)
        self.kind = [GATE if sources else INPUT for sources in wiring.sources]
        self.vertex = list(range(len(wiring.nodes)))
        self.sources: list[list[int]] = [[] for _ in depth]
        self.sinks: list[list[int]] = [[] for _ in depth]
        self._passes: dict[tuple[int, int], int] = {}
        for vertex, sources in enumerate(wiring.sources):
            for source in sources:
                self._connect(self._pass(source, depth[vertex] - 1), vertex)
        for vertex in wiring.exits:
            self._connect(vertex, self._new(EXIT, vertex, depth[vertex] + 1))
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]
        _put_in_order(self)

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
            if (vertex, at) not in self._passes:
                self._passes[vertex, at] = self._new(PASSING, vertex, at)
                self._connect(before, self._passes[vertex, at])
            before = self._passes[vertex, at]
        return before

    def _connect(self, source: int, sink: int) -> None:
        self.sources[sink].append(source)
        self.sinks[source].append(sink)

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.kind)


def depths(wiring: Wiring) -> list[int]:
    """The layer of each vertex: as far left as its inputs allow, then pulled next to its first consumer.

    Inputs are always pulled. A gate is where that lengthens no more wires than the one that it shortens.
    """
    depth = [0] * len(wiring.nodes)
    uses = [0] * len(wiring.nodes)
    # Longest path: every wire goes on to the right, so that a picture is read in one direction.
    for vertex, sources in enumerate(wiring.sources):
        for source in sources:
            depth[vertex] = max(depth[vertex], depth[source] + 1)
        for source in {*sources}:
            uses[source] += 1
    unset = len(wiring.nodes) + 1
    first = [unset] * len(wiring.nodes)
    for vertex in wiring.exits:
        first[vertex] = depth[vertex] + 1
    # Inputs that all stood at the far left would send long wires past everything (7 crossings instead of 3 on a
    # 2-2-1 network). A gate follows its consumer too, unless it hangs on two forks: those are held back by their
    # other gates, and two wires would grow for the one that shrinks.
    for vertex in range(len(wiring.nodes) - 1, -1, -1):
        sources = wiring.sources[vertex]
        if first[vertex] != unset and sum(uses[source] > 1 for source in sources) < 2:
            depth[vertex] = first[vertex] - 1
        for source in sources:
            first[source] = min(first[source], depth[vertex])
    leftmost = min(depth)
    return [layer - leftmost for layer in depth]


def _put_in_order(layers: Layers) -> None:
    """Orders each layer: depth-first from the exits, then barycentre sweeps with adjacent swaps.

    The barycentre method is Sugiyama's, Tagawa's and Toda's (1981).
    """
    _depth_first(layers)
    fewest, best, stale = _crossings(layers), [list(row) for row in layers.rows], 0
    for sweep in range(min(_MOST_SWEEPS, max(2, _EFFORT // len(layers)))):
        if fewest == 0 or stale == _MOST_STALE:
            break
        _sweep(layers, forward=sweep % 2 == 0)
        found, stale = _crossings(layers), stale + 1
        # A sweep may make things worse before the next one makes them better: go on from it, but keep the best.
        if found < fewest:
            fewest, best, stale = found, [list(row) for row in layers.rows], 0
    layers.rows[:] = best


def _depth_first(layers: Layers) -> None:
    """Orders items as they are met from the exits backwards, slot by slot: a tree gets no crossing at all."""
    met = [False] * len(layers)
    waiting = [item for item in range(len(layers) - 1, -1, -1) if not layers.sinks[item]]
    while waiting:
        item = waiting.pop()
        if not met[item]:
            met[item] = True
            layers.rows[layers.layer[item]].append(item)
            waiting.extend(reversed(layers.sources[item]))


def _crossings(layers: Layers) -> int:
    """How many pairs of wires cross, in O(E log E)."""
    return sum(_crossings_between(layers, at) for at in range(len(layers.rows) - 1))


def _crossings_between(layers: Layers, at: int) -> int:
    """Counts inversions with a Fenwick tree over the positions of the next layer."""
    place = {item: position for position, item in enumerate(layers.rows[at + 1], 1)}  # from 1, as the tree wants it
    size = len(place)
    tree = [0] * (size + 1)
    laid = total = 0
    for item in layers.rows[at]:
        ends = sorted([place[sink] for sink in layers.sinks[item]])
        # Wires of one item never cross each other, so all of them are counted before any of them is laid.
        for end in ends:
            total += laid
            while end:
                total -= tree[end]
                end &= end - 1
        for end in ends:
            while end <= size:
                tree[end] += 1
                end += end & -end
        laid += len(ends)
    return total


def _sweep(layers: Layers, forward: bool) -> None:
    """Orders each layer by the mean place of what its items hang on, then swaps neighbours while that helps."""
    order = range(1, len(layers.rows)) if forward else range(len(layers.rows) - 2, -1, -1)
    fixed = layers.sources if forward else layers.sinks
    for at in order:
        row = layers.rows[at]
        place = {item: position for position, item in enumerate(layers.rows[at - 1 if forward else at + 1])}
        ends = [sorted([place[other] for other in fixed[item]]) for item in row]
        means = [sum(end) / len(end) if end else float(position) for position, end in enumerate(ends)]
        ranked = sorted(range(len(row)), key=means.__getitem__)
        _swap_neighbours(ranked, ends)
        layers.rows[at] = [row[position] for position in ranked]


def _swap_neighbours(ranked: list[int], ends: list[list[int]]) -> None:
    swapped, rounds = True, 0
    while swapped and rounds < _MOST_ROUNDS:
        swapped, rounds = False, rounds + 1
        for position in range(len(ranked) - 1):
            above, below = ends[ranked[position]], ends[ranked[position + 1]]
            if above and below and above[-1] > below[0] and _inversions(above, below) > _inversions(below, above):
                ranked[position], ranked[position + 1] = ranked[position + 1], ranked[position]
                swapped = True


def _inversions(above: list[int], below: list[int]) -> int:
    """How many wires of the item above end below one of the item below; both lists are sorted."""
    count = reached = 0
    for end in above:
        while reached < len(below) and below[reached] < end:
            reached += 1
        count += reached
    return count
