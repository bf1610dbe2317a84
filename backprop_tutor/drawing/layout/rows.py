"""Rows: the height of every item, and of the ports at which its wires arrive, so that wires run straight."""

from __future__ import annotations

from math import ceil, inf
from typing import Final, NamedTuple

from backprop_tutor.drawing.layout.layers import EXIT, GATE, INPUT, PASSING, Layers

_WEIGHT: Final = {INPUT: 1.0, GATE: 2.0, PASSING: 40.0, EXIT: 40.0}
"""How much each kind insists on its place: a passing wire, and a gate of one input, would bend, which is seen at once;
a gate off its middle is hardly seen. Any large number does."""
_SWEEPS: Final = 4  # back and forth over all layers: what a far layer wants has come through by then
_ROUNDING: Final = 1e-9  # means of whole rows are exact to far more than that


class Spacing(NamedTuple):
    """How many rows apart two neighbours of a layer stand at least, and how many are free between two brackets."""

    labelled: int
    one_passes: int
    passing: int
    brackets: int

    def between(self, layers: Layers, above: int, below: int) -> int:
        """The least distance of two neighbours."""
        labelled = [layers.kind[item] in (INPUT, GATE) for item in (above, below)]
        if all(labelled):
            binary = len(layers.sources[above]) == len(layers.sources[below]) == 2
            return max(self.labelled, 3 + self.brackets) if binary else self.labelled
        return self.one_passes if any(labelled) else self.passing


AIRY: Final = Spacing(4, 2, 2, 1)
"""Every gate stands in the middle between its inputs."""
CLOSE: Final = Spacing(3, 2, 1, 0)
CLOSE_ASCII: Final = Spacing(3, 2, 1, 1)
"""As CLOSE, but two corners never touch, because in ASCII they look alike."""


def put_in_rows(layers: Layers, spacing: Spacing) -> list[int]:
    """The row of each item, from 0: isotonic regression toward the mean of the neighbours, the last sweep forward."""
    offsets = [_offsets(layers, row, spacing) for row in layers.rows]
    height = [0.0] * len(layers)
    for row, offset in zip(layers.rows, offsets, strict=True):
        for item, at in zip(row, offset, strict=True):
            height[item] = float(at)
    last = len(layers.rows) - 1
    for _ in range(_SWEEPS):
        for at in range(last - 1, -1, -1):
            _settle(layers, at, offsets[at], height, _means(layers.rows[at], layers.sinks, height))
        _round(layers.rows[0], height)
        # Forward comes last: a gate belongs in the middle of its inputs, rather than an input beside its gates.
        for at in range(1, last + 1):
            _settle(layers, at, offsets[at], height, _means(layers.rows[at], layers.sources, height))
    for at in range(1, last + 1):
        # On whole rows, what passes straight on is put where it comes from: half a row's bend is a whole one now.
        froms = [layers.sources[item] if len(layers.sources[item]) == 1 else [item] for item in layers.rows[at]]
        straight = [height[source] for [source] in froms]
        _settle(layers, at, offsets[at], height, straight)
        _round(layers.rows[at], height)
    _free_the_inputs(layers, offsets, height)
    top = min(height)
    return [int(row - top) for row in height]


def _round(row: list[int], height: list[float]) -> None:
    """Puts items on whole rows; halves go up. Items that are whole numbers apart stay so."""
    for item in row:
        height[item] = ceil(height[item] - 0.5 - _ROUNDING)


def _free_the_inputs(layers: Layers, offsets: list[list[int]], height: list[float]) -> None:
    """Moves inputs off the row of the gate that they enter from above or below, where there is room."""
    for at, row in enumerate(layers.rows[:-1]):
        before = [height[item] for item in row]
        targets = list(before)
        for position, item in enumerate(row):
            sinks = layers.sinks[item]
            if layers.kind[item] == INPUT and len(sinks) == 1 and len(layers.sources[sinks[0]]) == 2:
                one, other = layers.sources[sinks[0]]
                if one != other and height[item] == height[sinks[0]]:
                    partner = other if item == one else one
                    targets[position] += 1 if row.index(partner) < position else -1
        if targets != before:
            _settle(layers, at, offsets[at], height, targets)
            if any(height[item] != int(height[item]) for item in row):
                for item, old in zip(row, before, strict=True):
                    height[item] = old


def _offsets(layers: Layers, row: list[int], spacing: Spacing) -> list[int]:
    offsets = [0] * len(row)
    for at in range(1, len(row)):
        offsets[at] = offsets[at - 1] + spacing.between(layers, row[at - 1], row[at])
    return offsets


def _means(row: list[int], neighbours: list[list[int]], height: list[float]) -> list[float]:
    """The mean height of each item's neighbours; its own where it has none."""
    near = [neighbours[item] or [item] for item in row]
    return [sum([height[other] for other in others]) / len(others) for others in near]


def _settle(layers: Layers, at: int, offsets: list[int], height: list[float], targets: list[float]) -> None:
    """Moves the items of a layer as near to their targets as their order and spacing allow."""
    row = layers.rows[at]
    weights = [_WEIGHT[PASSING if len(layers.sources[item]) == 1 else layers.kind[item]] for item in row]
    # Heights less their least distances from the top of the layer need only be in order, which makes it a regression.
    wanted = [target - offset for target, offset in zip(targets, offsets, strict=True)]
    for item, offset, level in zip(row, offsets, isotonic(wanted, weights), strict=True):
        height[item] = level + offset


def isotonic(wanted: list[float], weights: list[float]) -> list[float]:
    """The non-decreasing sequence nearest to `wanted` in weighted squares, by pooling adjacent violators."""
    # Neighbours in the wrong order share the best level, which is their mean; a block may then be below the one before
    # it, and joins that one too. Each target is merged once, so this is linear.
    blocks: list[tuple[float, float, int]] = []
    for target, weight in zip(wanted, weights, strict=True):
        count = 1
        while blocks and blocks[-1][0] >= target:
            mean, mass, size = blocks.pop()
            target = (target * weight + mean * mass) / (weight + mass)
            weight += mass
            count += size
        blocks.append((target, weight, count))
    return [mean for mean, _, size in blocks for _ in range(size)]


def ports_of(layers: Layers, row_of: list[int], apart: int) -> list[list[int]]:
    """The rows at which wires arrive at each item, by slot: at its own row where there is one, else above and below it.

    A port of two moves out to the row of the wire that comes in, if nothing stands between: then the wire runs
    straight. Otherwise it stays beside the gate's row. The brackets of two gates keep `apart` rows between them.
    """
    ports: list[list[int]] = [[] for _ in range(len(layers))]
    for layer in layers.rows:
        entered = [item for item in layer if layers.kind[item] != INPUT]  # an input's left side is free
        reach = -inf
        for item, after in zip(entered, [*entered, None][1:], strict=True):
            row, sources = row_of[item], layers.sources[item]
            if len(sources) == 1:
                ports[item] = [row]
                reach = row + 1
                continue
            lowest = inf if after is None else row_of[after] - (2 + apart if len(layers.sources[after]) == 2 else 1)
            upper, lower = _in_vertical_order(layers, item, row_of)
            above, below = row_of[sources[upper]], row_of[sources[lower]]
            top = above if reach <= above < row else row - 1
            bottom = below if row < below <= lowest else row + 1
            ports[item] = [bottom, top] if lower == 0 else [top, bottom]
            reach = bottom + 1 + apart
    return ports


def _in_vertical_order(layers: Layers, item: int, row_of: list[int]) -> tuple[int, int]:
    """The slots of the upper and the lower port: as the wires come, unless the gate needs its inputs in their order."""
    first, second = layers.sources[item]
    if layers.kind[item] == GATE and layers.wiring.ordered[layers.vertex[item]]:
        return 0, 1
    return (1, 0) if row_of[second] < row_of[first] else (0, 1)
