"""The order of the items within each layer, from the top down, with few crossings of their wires."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.layers import Layers

_EFFORT: Final = 24_000
"""How many items are looked at before the ordering has to do; a small circuit gets many sweeps, a huge one a few."""
_MOST_SWEEPS: Final = 24


def put_in_order(layers: Layers) -> None:
    """Orders each layer: depth-first from the exits, then barycentre sweeps with adjacent swaps, the best of them
    kept."""
    _depth_first(layers)
    fewest = crossings(layers)
    best = [list(row) for row in layers.rows]
    sweeps = min(_MOST_SWEEPS, max(2, _EFFORT // len(layers)))
    stale = 0
    for sweep in range(sweeps):
        if fewest == 0 or stale == 4:
            break
        _sweep(layers, forward=sweep % 2 == 0)
        found = crossings(layers)
        stale += 1
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


def crossings(layers: Layers) -> int:
    """How many pairs of wires cross, in O(E log E)."""
    return sum(_crossings_between(layers, at) for at in range(len(layers.rows) - 1))


def _crossings_between(layers: Layers, at: int) -> int:
    """Counts inversions with a Fenwick tree over the positions of the next layer."""
    place = {item: position for position, item in enumerate(layers.rows[at + 1], 1)}
    size = len(place)
    tree = [0] * (size + 1)
    laid = total = 0
    for item in layers.rows[at]:
        ends = sorted([place[sink] for sink in layers.sinks[item]])
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
    while swapped and rounds < 4:
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
