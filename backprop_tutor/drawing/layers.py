"""Assigns each input and gate to a layer (a column of the circuit), and orders each layer from top to bottom."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from backprop_tutor.engine.graph import Graph

INPUT: Final = "input"
GATE: Final = "gate"
PASSING: Final = "pass"
EXIT: Final = "exit"

_EFFORT: Final = 24_000  # items that the ordering processes: a small circuit gets many sweeps, a huge one only a few
_MOST_SWEEPS: Final = 24
_MOST_STALE: Final = 4  # forward and backward, each starting from what the other found
_MOST_ROUNDS: Final = 4  # rounds of swaps in one layer: what is left, the next sweep will find


class Item:
    """An input, a gate, a wire that passes a layer, or one that leaves at the right; `node` is the index of the node it
    belongs to. `sources` are the items of the previous layer from which its wires come (a gate's by slot; from top to
    bottom if they `keep_order`), `sinks` the items of the next layer that it goes to, `ports` the rows at which wires
    arrive, by slot."""

    __slots__ = ("keep_order", "kind", "layer", "node", "ports", "row", "sinks", "sources")

    def __init__(self, kind: str, node: int, layer: int, keep_order: bool = False) -> None:
        self.kind, self.node, self.layer, self.keep_order, self.row = kind, node, layer, keep_order, 0
        self.sources: list[Item] = []
        self.sinks: list[Item] = []
        self.ports: list[int] = []


def items_of(graph: Graph, gates: Sequence[int], leaving: Sequence[int]) -> list[Item]:
    """The part of a circuit with these gates, in topological order, and the wires that leave it. What the gates need
    from elsewhere counts as an input. A wire with several ends is one item per layer, however many gates it leads
    to."""
    # Each input is met right before the first gate that it enters.
    inputs: dict[int, tuple[int, ...]] = {}
    for gate in gates:
        for node in graph.inputs[gate]:
            inputs.setdefault(node, ())
        inputs[gate] = graph.inputs[gate]
    depth = _depths(inputs, leaving)
    carrier: dict[tuple[int, int], Item] = {}  # of a node's wire through a layer
    for node, sources in inputs.items():
        made = graph.gates[node] if sources else None
        ordered = made is not None and made.arity == 2 and not made.commutes
        carrier[node, depth[node]] = Item(GATE if sources else INPUT, node, depth[node], ordered)
    items = list(carrier.values())
    for item in items[:]:
        for source in inputs[item.node]:
            for layer in range(depth[source] + 1, item.layer):
                if (source, layer) not in carrier:
                    carrier[source, layer] = Item(PASSING, source, layer)
                    items.append(carrier[source, layer])
                    _connect(carrier[source, layer - 1], items[-1])
            _connect(carrier[source, item.layer - 1], item)
    for node in leaving:
        items.append(Item(EXIT, node, depth[node] + 1))
        _connect(carrier[node, depth[node]], items[-1])
    return items


def _connect(source: Item, sink: Item) -> None:
    sink.sources.append(source)
    source.sinks.append(sink)


def _depths(inputs: dict[int, tuple[int, ...]], leaving: Sequence[int]) -> dict[int, int]:
    """The layer of each node: as far left as its inputs allow, then pulled next to its first consumer.

    Inputs are always pulled. A gate is where that lengthens no more wires than the one that it shortens.
    """
    depth: dict[int, int] = {}
    # Longest path: every wire goes on to the right, so that a picture is read in one direction.
    for node, sources in inputs.items():
        depth[node] = max((depth[source] + 1 for source in sources), default=0)
    uses = Counter(source for sources in inputs.values() for source in {*sources})
    first = {node: depth[node] + 1 for node in leaving}
    # Inputs that all stood at the far left would send long wires past everything (7 crossings instead of 3 on a
    # 2-2-1 network). A gate follows its consumer too, unless it hangs on two forks: those are held back by their
    # other gates, and two wires would grow for the one that shrinks.
    for node, sources in reversed(inputs.items()):
        if node in first and sum(uses[source] > 1 for source in sources) < 2:
            depth[node] = first[node] - 1
        for source in sources:
            first[source] = min(depth[node], first.get(source, depth[node]))
    leftmost = min(depth.values())
    return {node: layer - leftmost for node, layer in depth.items()}


def in_layers(items: Sequence[Item]) -> list[list[Item]]:
    """The items of each layer from the top down: depth-first, then barycentre sweeps (Sugiyama et al. 1981), swaps."""
    layers = _depth_first(items)
    fewest, best, stale = _crossings(layers), layers[:], 0
    for sweep in range(min(_MOST_SWEEPS, max(2, _EFFORT // len(items)))):
        if fewest == 0 or stale == _MOST_STALE:
            break
        _sweep(layers, forward=sweep % 2 == 0)
        found, stale = _crossings(layers), stale + 1
        # A sweep may make things worse before the next one makes them better: continue from it, but keep the best.
        if found < fewest:
            fewest, best, stale = found, layers[:], 0
    return best


def _depth_first(items: Sequence[Item]) -> list[list[Item]]:
    """Orders items in the order in which they are met going back from the exits, slot by slot: a tree gets no crossings
    at all."""
    layers: list[list[Item]] = [[] for _ in range(1 + max(item.layer for item in items))]
    met: set[Item] = set()
    waiting = [item for item in reversed(items) if not item.sinks]
    while waiting:
        item = waiting.pop()
        if item not in met:
            met.add(item)
            layers[item.layer].append(item)
            waiting.extend(reversed(item.sources))
    return layers


def _crossings(layers: list[list[Item]]) -> int:
    """The number of pairs of wires that cross: those laid earlier that end further down."""
    crossings = 0
    for left, right in pairwise(layers):
        place = {item: position for position, item in enumerate(right)}
        laid: list[int] = []
        for item in left:
            ends = [place[sink] for sink in item.sinks]
            # Wires of one item never cross each other, so all of them are counted before any of them is laid.
            for end in ends:
                crossings += len(laid) - bisect_right(laid, end)
            for end in ends:
                insort(laid, end)
    return crossings


def _sweep(layers: list[list[Item]], forward: bool) -> None:
    """Orders each layer by the mean place of its items' neighbours, then swaps adjacent items while that helps."""
    order = range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1)
    for at in order:
        place = {item: position for position, item in enumerate(layers[at - 1 if forward else at + 1])}
        ends = [sorted([place[other] for other in (item.sources if forward else item.sinks)]) for item in layers[at]]
        means = [sum(end) / len(end) if end else float(position) for position, end in enumerate(ends)]
        ranked = sorted(range(len(ends)), key=means.__getitem__)
        _swap_neighbours(ranked, ends)
        layers[at] = [layers[at][position] for position in ranked]


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
    """The number of wires of the upper item that end below one of the lower item; both lists are sorted."""
    return sum([bisect_left(below, end) for end in above])
