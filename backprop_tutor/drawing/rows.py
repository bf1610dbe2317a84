"""Rows: the height of every item, so that wires run straight and gates stand centred on their inputs."""

from __future__ import annotations

from math import floor
from typing import Final

from backprop_tutor.drawing.layers import EXIT, GATE, INPUT, PASS, Layers

_WEIGHT: Final = {INPUT: 1.0, GATE: 2.0, PASS: 40.0, EXIT: 40.0}
"""How much each kind insists on its place: a passing wire, and a gate of one input, would bend."""
_SWEEPS: Final = 4


class Spacing:
    """How many rows apart two neighbours of a layer stand at least."""

    __slots__ = ("both_binary", "labelled", "one_passes", "passing")

    def __init__(self, labelled: int, both_binary: int, one_passes: int, passing: int) -> None:
        self.labelled, self.both_binary, self.one_passes, self.passing = labelled, both_binary, one_passes, passing

    def between(self, layers: Layers, above: int, below: int) -> int:
        """The least distance of two neighbours."""
        labelled = [layers.kind[item] in (INPUT, GATE) for item in (above, below)]
        if all(labelled):
            binary = len(layers.sources[above]) == len(layers.sources[below]) == 2
            return self.both_binary if binary else self.labelled
        return self.one_passes if any(labelled) else self.passing


AIRY: Final = Spacing(4, 4, 2, 2)
CLOSE: Final = Spacing(3, 4, 2, 1)


def put_in_rows(layers: Layers, spacing: Spacing) -> list[int]:
    """The row of each item, from 0: isotonic regression toward the mean of the neighbours, the last sweep forward."""
    offsets = [_offsets(layers, row, spacing) for row in layers.rows]
    row_of = [0] * len(layers)
    for row, offset in zip(layers.rows, offsets, strict=True):
        for item, at in zip(row, offset, strict=True):
            row_of[item] = at
    last = len(layers.rows) - 1
    for _ in range(_SWEEPS):
        for at in range(last - 1, -1, -1):
            _place(layers, at, offsets[at], row_of, layers.sinks)
        for at in range(1, last + 1):
            _place(layers, at, offsets[at], row_of, layers.sources)
    top = min(row_of)
    return [row - top for row in row_of]


def _offsets(layers: Layers, row: list[int], spacing: Spacing) -> list[int]:
    offsets = [0] * len(row)
    for at in range(1, len(row)):
        offsets[at] = offsets[at - 1] + spacing.between(layers, row[at - 1], row[at])
    return offsets


def _place(layers: Layers, at: int, offsets: list[int], row_of: list[int], neighbours: list[list[int]]) -> None:
    """Moves the items of a layer as near to the mean row of their neighbours as their order and spacing allow."""
    wanted, weights = [], []
    for item, offset in zip(layers.rows[at], offsets, strict=True):
        others = neighbours[item]
        target = sum([row_of[other] for other in others]) / len(others) if others else float(row_of[item])
        wanted.append(target - offset)
        kind = layers.kind[item]
        weights.append(_WEIGHT[PASS] if kind == GATE and len(layers.sources[item]) == 1 else _WEIGHT[kind])
    for item, offset, level in zip(layers.rows[at], offsets, isotonic(wanted, weights), strict=True):
        row_of[item] = floor(level + 0.5) + offset


def isotonic(wanted: list[float], weights: list[float]) -> list[float]:
    """The non-decreasing sequence nearest to `wanted` in weighted squares, by pooling adjacent violators."""
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
