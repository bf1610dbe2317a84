"""Lays out a circuit in layers, rows and tracks: where everything is, without units and for any output format.

Between two layers, wires change rows along vertical tracks, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, count, pairwise
from math import ceil, inf
from typing import Final

from backprop_tutor.drawing.layers import GATE, INPUT, PASSING, Item, in_layers, items_of
from backprop_tutor.drawing.picture import Unroutable
from backprop_tutor.engine.graph import Graph
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


IMPOSSIBLE: Final = 1_000_000  # more than all crossings of a gap together
_FEW: Final = 40  # up to this many runs of a gap are placed again: one round takes time quadratic in their number
_ROUNDS: Final = 3
Corner = tuple[int, int, int]
"""Where a wire turns: the gap's layer and the track (both counted from 0), and the row."""


class Layout:
    """A circuit laid out, or the part of it with these `gates` (node indices); the wires of `leaving` nodes go on
    elsewhere. `items` are the inputs and gates in topological order, then the rest; `layers[k]` those of layer k from
    top to bottom, `runs[k]` the vertical pieces in the gap after it, `tracks[k]` the number of tracks in that gap,
    `height` the number of rows; `cuts` are the bands into which it was cut, by what they depend on. Raises Unroutable.
    """

    def __init__(
        self, graph: Graph, spacing: Spacing = AIRY, gates: Sequence[int] | None = None, leaving: Sequence[int] = ()
    ) -> None:
        if gates is None:
            gates, leaving = [node for node, gate in enumerate(graph.gates) if gate is not None], [graph.output]
        self.items = items_of(graph, gates, leaving)
        self.layers = in_layers(self.items)
        put_in_rows(self.layers, spacing)
        put_ports(self.layers, spacing.brackets)
        self.runs = [runs_between(layer) for layer in self.layers[1:]]
        self.tracks = [1 + max((run.track for run in runs), default=-1) for runs in self.runs]
        self.height = 1 + max(item.row for item in self.items)
        self.cuts: dict[object, list[tuple[int, int]]] = {}

    def wire(self, end: Item, slot: int = 0) -> tuple[Item, list[Corner]]:
        """The input or gate from which a wire comes into a slot, and the corners from there on: two on each track."""
        # Followed backwards, since an item has one source per slot but any number of sinks.
        corners: list[Corner] = []
        item, row = end.sources[slot], end.ports[slot]
        while True:
            runs = () if row == item.row else self.runs[item.layer]
            run = next((run for run in runs if run.node == item.node and row in run.ends), None)
            while run is not None:
                corners += [(item.layer, run.track, row), (item.layer, run.track, run.start)]
                row, run = run.start, run.after
            if item.kind != PASSING:
                return item, corners[::-1]
            row, item = item.row, item.sources[0]

    def has_bracket(self, gap: int) -> bool:
        """Whether a gate with two inputs follows the gap, so that two wires meet right before it."""
        return any(len(item.sources) == 2 for item in self.layers[gap + 1])


class Run:
    """One vertical piece of a node's wire in a gap: it comes in from the left at row `start` and goes out to the right
    at `ends`. `track` counts from 0, left to right. If `start` is among the ends, the wire goes straight on too.
    `after` is the run of the same wire that leads here, if the wire does not come from the left layer itself."""

    __slots__ = ("after", "bottom", "ends", "node", "start", "top", "track")

    def __init__(self, node: int, start: int, ends: list[int], after: Run | None = None) -> None:
        self.node, self.start, self.ends, self.after = node, start, ends, after
        self.top, self.bottom = min(start, *ends), max(start, *ends)
        self.track = 0

    def touches(self, other: Run) -> bool:
        """Whether the two would touch in one track; one row between them stays free."""
        return self.top <= other.bottom + 1 and other.top <= self.bottom + 1

    def before(self, other: Run) -> int:
        """The cost of standing left of another run: the number of crossings, or IMPOSSIBLE if one would cover the
        other."""
        if self.after is other:
            return IMPOSSIBLE
        # Two runs of one wire may meet; if it steps twice, the first step comes first.
        if other.after is self or (self.node == other.node and self.start == other.start):
            return 0
        # The other one would come in from the left along a row on which this one goes on to the right.
        if other.start in self.ends:
            return IMPOSSIBLE
        crossed = sum([other.top < row < other.bottom for row in self.ends])
        return crossed + (self.top < other.start < self.bottom)


def runs_between(layer: list[Item]) -> list[Run]:
    """The runs of the gap before a layer, with their tracks. Raises Unroutable if no order keeps the wires apart."""
    starts: dict[int, int] = {}
    ends: dict[int, set[int]] = {}
    for item in layer:
        for source, port in zip(item.sources, item.ports, strict=True):
            starts[source.node] = source.row
            ends.setdefault(source.node, set()).add(port)
    runs: list[Run] = []
    for node, start in starts.items():
        rows = sorted(ends[node])
        if start in rows and rows[0] < start < rows[-1]:
            # Avoids a joint from which four wires would go: two joints instead of one.
            runs.append(Run(node, start, [row for row in rows if row <= start]))
            runs.append(Run(node, start, [row for row in rows if row >= start]))
        elif rows != [start]:
            runs.append(Run(node, start, rows))
    runs = _untangled(runs, {*starts.values()}.union(*ends.values()))
    for position, run in enumerate(runs):
        # The leftmost track to the right of all earlier runs that this one touches.
        run.track = 1 + max((other.track for other in runs[:position] if run.touches(other)), default=-1)
    return runs


def _untangled(runs: list[Run], rows: set[int]) -> list[Run]:
    """Orders the runs from left to right; if wires swap places, one of them takes a second step on a free row."""
    # "Left of" can be circular: if two wires swap places, each must stand left of the other. As in channel routing, a
    # dogleg breaks the circle. Each run needs one at most; otherwise the gap is given up.
    for _ in range(len(runs) + 1):
        runs, tangled = _constrained(_ordered(runs))
        if tangled is None:
            return runs
        # The free row nearest to its middle: no wire of the gap enters or leaves there.
        middle = (tangled.start + sum(tangled.ends)) // (1 + len(tangled.ends))
        free = next(row for far in count() for row in (middle + far, middle - far) if row not in rows)
        rows.add(free)
        first = Run(tangled.node, tangled.start, [free], tangled.after)
        second = Run(tangled.node, free, tangled.ends, first)
        for run in runs:
            if run.after is tangled:
                run.after = second
        runs = [run for run in runs if run is not tangled] + [first, second]
    raise Unroutable


def _constrained(runs: list[Run]) -> tuple[list[Run], Run | None]:
    """The runs, each after those that must stand left of it; or, if that is circular, the runs unchanged and one on a
    circle."""
    entering = {run.start: run for run in runs}
    waits: dict[Run, list[Run]] = {}
    for run in runs:
        others = (entering.get(row) for row in run.ends)
        waits[run] = [other for other in others if other is not None and other.node != run.node]
        waits[run] += [run.after] if run.after is not None else []
    order: list[Run] = []
    while waits:
        ready = next((run for run, others in waits.items() if not any(other in waits for other in others)), None)
        if ready is None:
            # Each remaining run waits for another remaining one: following them leads back to one already met.
            run, met = next(iter(waits)), set()
            while run not in met:
                met.add(run)
                run = next(other for other in waits[run] if other in waits)
            return runs, run
        order.append(ready)
        del waits[ready]
    return order, None


def _ordered(runs: list[Run]) -> list[Run]:
    """An order with few crossings: wires that go up, from the topmost on, then those that go down, from the lowest
    on."""
    order: list[Run] = []
    down = {run: run.start - run.ends[0] < run.ends[-1] - run.start for run in runs}
    for run in sorted(runs, key=lambda run: (down[run], abs(run.start - run.top))):
        _insert(order, run)
    # The first runs were placed without knowing the last ones: take each one out and place it again.
    for _ in range(_ROUNDS if len(order) < _FEW else 0):
        before = list(order)
        for run in before:
            order.remove(run)
            _insert(order, run)
        if order == before:
            break
    return order


def _insert(order: list[Run], run: Run) -> None:
    # From the leftmost place on: passing another run changes the cost by that pair alone.
    cost = sum([run.before(other) for other in order if run.touches(other)])
    best, at = cost, 0
    for position, other in enumerate(order, 1):
        if run.touches(other):
            cost += other.before(run) - run.before(other)
            if cost < best:
                best, at = cost, position
    order.insert(at, run)
