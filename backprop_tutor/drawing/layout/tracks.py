"""Tracks: how the wires change rows in the gap between two layers, each in a vertical track, none on another."""

from __future__ import annotations

from itertools import count
from typing import Final

IMPOSSIBLE: Final = 1_000_000  # more than all crossings of a gap together
_FEW: Final = 40  # runs in one gap, up to which they are placed again: a round takes time in the square of them
_ROUNDS: Final = 3


class Run:
    """One vertical piece of a wire in a gap: in from the left at row `start`, out to the right at the rows `ends`.

    `track` counts from 0, left to right. `start` may be among the ends: then the wire goes straight on too.
    `after` is the run of the same wire that brings it here, if it does not come from the left layer itself.
    """

    __slots__ = ("after", "bottom", "ends", "start", "top", "track", "vertex")

    def __init__(self, vertex: int, start: int, ends: list[int], after: Run | None = None) -> None:
        self.vertex, self.start, self.ends, self.after = vertex, start, ends, after
        self.top, self.bottom = min(start, *ends), max(start, *ends)
        self.track = 0

    def touches(self, other: Run) -> bool:
        """Whether the two would touch in one track; a row between them stays free."""
        return self.top <= other.bottom + 1 and other.top <= self.bottom + 1

    def before(self, other: Run) -> int:
        """What it costs to stand left of another run: the crossings, or IMPOSSIBLE where one would lie on the other."""
        if self.after is other:
            return IMPOSSIBLE
        # Two runs of one wire may meet, and where it steps twice the first step stands first.
        if other.after is self or (self.vertex == other.vertex and self.start == other.start):
            return 0
        # The other one would come in from the left along a row on which this one goes on to the right.
        if other.start in self.ends:
            return IMPOSSIBLE
        crossed = sum([other.top < row < other.bottom for row in self.ends])
        return crossed + (self.top < other.start < self.bottom)


class Unroutable(Exception):
    """A gap whose wires cannot be kept apart."""


def runs_between(starts: dict[int, int], ends: dict[int, set[int]]) -> list[Run]:
    """The runs of one gap, with their tracks, from each wire's row at the left and its rows at the right, by vertex.

    Raises Unroutable where no order of the tracks keeps the wires apart.
    """
    runs: list[Run] = []
    for vertex, start in starts.items():
        rows = sorted(ends[vertex])
        if start in rows and rows[0] < start < rows[-1]:
            # Two joints instead of one from which four wires would go.
            runs.append(Run(vertex, start, [row for row in rows if row <= start]))
            runs.append(Run(vertex, start, [row for row in rows if row >= start]))
        elif rows != [start]:
            runs.append(Run(vertex, start, rows))
    runs = _untangled(runs, {*starts.values()}.union(*ends.values()))
    for position, run in enumerate(runs):
        # The leftmost track right of all runs before it that it touches.
        run.track = 1 + max((other.track for other in runs[:position] if run.touches(other)), default=-1)
    return runs


def _untangled(runs: list[Run], rows: set[int]) -> list[Run]:
    """The runs from left to right; where wires change places, one of them takes a second step on a free row."""
    # "Left of" is a relation with circles: of two wires that change places each must stand left of the other. As in
    # channel routing, a dogleg breaks a circle; each run needs one at most, or the gap is given up.
    for _ in range(len(runs) + 1):
        runs, tangled = _constrained(_ordered(runs))
        if tangled is None:
            return runs
        # The row nearest to its middle at which no wire of the gap enters or leaves.
        middle = (tangled.start + sum(tangled.ends)) // (1 + len(tangled.ends))
        free = next(row for far in count() for row in (middle + far, middle - far) if row not in rows)
        rows.add(free)
        first = Run(tangled.vertex, tangled.start, [free], tangled.after)
        second = Run(tangled.vertex, free, tangled.ends, first)
        for run in runs:
            if run.after is tangled:
                run.after = second
        runs = [run for run in runs if run is not tangled] + [first, second]
    raise Unroutable


def _constrained(runs: list[Run]) -> tuple[list[Run], Run | None]:
    """The runs with each after those that must stand left of it; or as they were, and one that is on a circle."""
    entering = {run.start: run for run in runs}
    waits: dict[Run, set[Run]] = {run: set() for run in runs}
    for run in runs:
        if run.after is not None:
            waits[run].add(run.after)
        for row in run.ends:
            other = entering.get(row)
            if other is not None and other.vertex != run.vertex:
                waits[run].add(other)
    order: list[Run] = []
    while waits:
        ready = next((run for run in runs if run in waits and not waits[run]), None)
        if ready is None:
            return runs, _on_a_circle(waits)
        order.append(ready)
        del waits[ready]
        for others in waits.values():
            others.discard(ready)
    return order, None


def _on_a_circle(waits: dict[Run, set[Run]]) -> Run:
    # Each run that is left waits for another one that is left: whoever goes on so meets one again.
    run, met = next(iter(waits)), set()
    while run not in met:
        met.add(run)
        run = next(iter(waits[run]))
    return run


def _ordered(runs: list[Run]) -> list[Run]:
    """An order with few crossings: wires that go up from the topmost on, then those that go down from the lowest on."""
    order: list[Run] = []
    down = {run: run.start - run.ends[0] < run.ends[-1] - run.start for run in runs}
    for run in sorted(runs, key=lambda run: (down[run], abs(run.start - run.top))):
        _insert(order, run)
    # The first runs were placed without knowing the last ones: take each out and place it again.
    for _ in range(_ROUNDS if len(order) < _FEW else 0):
        before = list(order)
        for run in before:
            order.remove(run)
            _insert(order, run)
        if order == before:
            break
    return order


def _insert(order: list[Run], run: Run) -> None:
    """Puts a run where it costs least among the others, as they stand."""
    # From the leftmost place on: passing another run changes the cost by that pair alone.
    cost = sum([run.before(other) for other in order if run.touches(other)])
    best, at = cost, 0
    for position, other in enumerate(order, 1):
        if run.touches(other):
            cost += other.before(run) - run.before(other)
            if cost < best:
                best, at = cost, position
    order.insert(at, run)
