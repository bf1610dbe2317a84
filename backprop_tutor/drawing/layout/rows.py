"""Assigns rows to every item, and to the ports at which its wires arrive, so that wires run straight."""

from itertools import accumulate, pairwise
from math import ceil, inf
from typing import Final

from backprop_tutor.drawing.layout.layers import GATE, INPUT, Item
from backprop_tutor.fields import NamedTuple

_WEIGHT: Final = (1.0, 40.0, 2.0)
"""How strongly an item keeps to its place, by the number of wires that enter it. A passing wire or a gate with one
input would bend, which is noticeable; a gate off its centre hardly is. Any large number will do."""
_SWEEPS: Final = 4  # back and forth over all layers: by then, the wishes of distant layers have had their effect
_ROUNDING: Final = 1e-9  # means of whole rows are far more exact than that


class Spacing(NamedTuple):
    """How many rows two neighbours of a layer must be apart, and how many stay free between two brackets."""

    labelled: int
    passing: int
    brackets: int

    def between(self, above: Item, below: Item) -> int:
        """The smallest distance between two neighbours."""
        labelled = [item.kind in (INPUT, GATE) for item in (above, below)]
        if not all(labelled):
            return _ONE_PASSES if any(labelled) else self.passing
        binary = len(above.sources) == len(below.sources) == 2
        return max(self.labelled, 3 + self.brackets) if binary else self.labelled


AIRY: Final = Spacing(4, 2, 1)  # every gate is centred between its inputs
CLOSE: Final = Spacing(3, 1, 0)
CLOSE_ASCII: Final = Spacing(3, 1, 1)  # as CLOSE, but two corners never touch, because in ASCII they look alike
_ONE_PASSES: Final = 2  # rows between a passing wire and an item with labels


class _Layer:
    """The items of a layer with their heights, which need not be whole, and the least distance of each from the top."""

    def __init__(self, items: list[Item], spacing: Spacing, height: dict[Item, float]) -> None:
        self.items, self.height = items, height
        gaps = [spacing.between(above, below) for above, below in pairwise(items)]
        self.offsets = list(accumulate(gaps, initial=0))
        self.weights = [_WEIGHT[len(item.sources)] for item in items]
        height.update(zip(items, map(float, self.offsets), strict=True))

    def settle(self, targets: list[float]) -> None:
        """Moves the items as near to their targets as their order and spacing allow."""
        # Heights minus the least distances from the top only need to be in order, which makes this a regression.
        wanted = [target - offset for target, offset in zip(targets, self.offsets, strict=True)]
        for item, offset, level in zip(self.items, self.offsets, _isotonic(wanted, self.weights), strict=True):
            self.height[item] = level + offset

    def follow(self, forward: bool) -> None:
        """Moves each item towards the mean of its neighbours in the previous layer, or in the next one."""
        near = [(item.sources if forward else item.sinks) or [item] for item in self.items]
        self.settle([sum([self.height[other] for other in others]) / len(others) for others in near])

    def round(self) -> None:
        """Rounds heights to whole rows, halves up. Items that are a whole number of rows apart stay so."""
        for item in self.items:
            self.height[item] = ceil(self.height[item] - 0.5 - _ROUNDING)

    def free_the_inputs(self) -> None:
        """Moves inputs off the row of a gate that they enter from above or below, if there is room."""
        height = self.height
        before = [height[item] for item in self.items]
        targets = list(before)
        for position, item in enumerate(self.items):
            if item.kind == INPUT and len(item.sinks) == 1 and len(item.sinks[0].sources) == 2:
                one, other = item.sinks[0].sources
                if one is not other and height[item] == height[item.sinks[0]]:
                    partner = other if item is one else one
                    targets[position] += 1 if self.items.index(partner) < position else -1
        if targets != before:
            self.settle(targets)
            if any(height[item] != int(height[item]) for item in self.items):
                height.update(zip(self.items, before, strict=True))


def put_in_rows(layers: list[list[Item]], spacing: Spacing) -> None:
    """Gives each item its row, from 0, by isotonic regression towards the mean of the neighbours; the last pass goes
    forward."""
    height: dict[Item, float] = {}
    first, *others = [_Layer(items, spacing, height) for items in layers]
    for _ in range(_SWEEPS):
        for layer in [first, *others][-2::-1]:
            layer.follow(forward=False)
        first.round()
        # Forward comes last: a gate should be centred on its inputs, rather than an input beside its gates.
        for layer in others:
            layer.follow(forward=True)
    for layer in others:
        # On whole rows, passing wires go where they come from: a bend of half a row is a whole one now.
        layer.settle([height[item.sources[0] if len(item.sources) == 1 else item] for item in layer.items])
        layer.round()
    for layer in [first, *others][:-1]:
        layer.free_the_inputs()
    top = min(height.values())
    for item in height:
        item.row = int(height[item] - top)


def _isotonic(wanted: list[float], weights: list[float]) -> list[float]:
    """The non-decreasing sequence nearest to `wanted` in weighted squares, by pooling adjacent violators."""
    # Neighbours in the wrong order share the best level, their mean. A block may then be below the previous one, and
    # joins that one too. Each target is merged once, so this takes linear time.
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


def put_ports(layers: list[list[Item]], apart: int) -> None:
    """Gives each item its ports: at its own row if it has one port, otherwise above and below it. One of two ports
    moves out to the row of the incoming wire if nothing is in between, so that the wire runs straight; otherwise it
    stays next to the gate's row. The brackets of two gates keep `apart` rows between them."""
    for layer in layers:
        entered = [item for item in layer if item.sources]  # nothing enters an input from the left
        reach = -inf
        for item, after in zip(entered, [*entered, None][1:], strict=True):
            row = item.row
            if len(item.sources) == 1:
                item.ports = [row]
                reach = row + 1
                continue
            lowest = inf if after is None else after.row - (2 + apart if len(after.sources) == 2 else 1)
            above, below = (source.row for source in item.sources)
            turned = below < above and not item.keep_order
            if turned:
                above, below = below, above
            top = above if reach <= above < row else row - 1
            bottom = below if row < below <= lowest else row + 1
            item.ports = [bottom, top] if turned else [top, bottom]
            reach = bottom + 1 + apart
