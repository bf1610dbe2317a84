"""All edits at one question: everything that does not depend on the student is computed once, as sorted numbers with
rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from math import isfinite
from typing import Any, Final

from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT, ZERO
from backprop_tutor.tutor.mistakes.further import Downstream
from backprop_tutor.tutor.mistakes.mistake import BRANCH, FORK, Outcome, is_same
from backprop_tutor.tutor.mistakes.outcomes import EVERYTHING, Changed, Search, search_of
from backprop_tutor.tutor.mistakes.places import (
    AtBranch,
    AtFork,
    AtNeuron,
    BranchSpot,
    ForkSpot,
    NeuronSpot,
    Place,
    Spot,
)  # fmt: skip
from backprop_tutor.tutor.mistakes.rows import numbers_of, outcomes_at, own_outcomes, rows_at, where

_OF_TWO: Final = 1 / 10
"""How much rarer two mistakes at once are than the first of them."""
_UNSIGNED: Final = frozenset({"sign-flipped", "decimal-slip", "ascended", "forgot-minus-one", "clipped-negative"})
"""Mistakes that are not combined with a flipped sign."""


class Entry(NamedTuple):
    """A number, the row it comes from, and how well it can fit at best."""

    number: float
    row: int
    fit: float


_TRIED: Final = (1.0, 2.0, -1.0, 0.5)
"""Upstream gradients that reveal how a number depends on them: three for a parabola, one to check it."""
_UPSTREAM: Final = frozenset({"u", "right"})
"""What depends on the upstream gradient."""
_ROUNDED_FIT: Final = 0.5
OWN_FIT: Final = 0.9
TRUE_FIT: Final = 1.0


AtGate = tuple[tuple[float, ...], float, float]
"""A gate's inputs, its value and its local gradient."""


class _Lines(NamedTuple):
    """How the numbers of a branch depend on the upstream gradient: the sorted `slopes` of its multiples, with their
    rows; the row, constant, slope and square of others; and those that do not depend on it and are right only at the
    true one, sorted, with their rows (all the others that do not depend on it are among the true numbers)."""

    slopes: list[float]
    rows: list[int]
    curves: list[tuple[int, float, float, float]]
    fixed: list[float]
    rows_of_fixed: list[int]


_EVERYTHING: Final[tuple[bool, ...]] = ()


class Edits:
    """The edits at one question, at the true numbers and at those rounded by hand."""

    def __init__(
        self, spot: Spot, solution: Solution, by_hand: Callable[[], Sequence[Solution]],
        beside: Callable[[], Sequence[Solution]], zero: float,
    ) -> None:  # fmt: skip
        self.spot, self.solution, self.zero = spot, solution, zero
        self.place: Place = spot.at(solution)
        self.kind = where(self.place)
        self.rows = rows_at(self.place, self.kind)
        self.numbers = numbers_of(self.place, self.kind, zero)
        self._by_hand, self._beside = by_hand, beside
        right = self.place.right
        self.is_right = [number is None or is_same(number, right, zero) for number in self.numbers]
        self._searches: dict[tuple[bool, ...], Search] = {}
        self.answers: dict[str, Any] = {}  # a class writes the same ones again and again,
        self.said: dict[object, str] = {}  # and hears the same sentences

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """The outcome of every row, as it would be typed."""
        return outcomes_at(self.place, self.kind)

    @cached_property
    def old(self) -> float:
        """The old weight that a new one is measured from; 0 elsewhere."""
        return self.place.old if isinstance(self.place, AtNeuron) else 0.0

    @cached_property
    def beside(self) -> list[list[float | None]]:
        """The numbers of every row at neighbouring points."""
        return [numbers_of(self.spot.at(point), self.kind, self.zero) for point in self._beside()]

    @property
    def points(self) -> Sequence[Solution]:
        """The neighbouring points."""
        return self._beside()

    @cached_property
    def right_beside(self) -> list[float]:
        """The right number at the neighbouring points."""
        return [self.spot.at(point).right for point in self._beside()]

    @cached_property
    def _old_beside(self) -> list[float]:
        return [getattr(self.spot.at(point), "old", 0.0) for point in self._beside()]

    def is_function(self, values: Sequence[float], numbers: Iterable[float | None], slack: float) -> bool:
        """Whether a formula with these values has these numbers at neighbouring points; new weights by their steps."""
        return all(
            number is not None and abs(value - number) <= slack * max(abs(value - old), abs(number - old), ZERO)
            for value, number, old in zip(values, numbers, self._old_beside, strict=True)
        )

    @cached_property
    def functions(self) -> list[tuple[str, ...]]:
        """Each row as a function of the inputs: its numbers here and at two neighbouring points."""
        columns = zip(self.numbers, *self.beside[:2], strict=True)
        return [tuple(["" if number is None else f"{number + 0.0:.9g}" for number in column]) for column in columns]

    def same(self, row: int) -> list[int]:
        """The rows that are the same function as this one."""
        return self._rows_of[self.functions[row]]

    @cached_property
    def _rows_of(self) -> dict[tuple[str, ...], list[int]]:
        found: dict[tuple[str, ...], list[int]] = {}
        for row, function in enumerate(self.functions):
            found.setdefault(function, []).append(row)
        return found

    @cached_property
    def entries(self) -> list[Entry]:
        """Every wrong number, sorted; also those worked out with two decimals at each step."""
        found = [
            Entry(number, row, TRUE_FIT)
            for row, number in enumerate(self.numbers)
            if number is not None and not self.is_right[row]
        ]
        known = {(entry.number, entry.row) for entry in found}
        for solution in self._by_hand():
            numbers = numbers_of(self.spot.at(solution), self.kind, self.zero)
            for row, number in enumerate(numbers[: len(self.rows)]):
                if number is not None and not self.is_right[row] and (number, row) not in known:
                    known.add((number, row))
                    found.append(Entry(number, row, _ROUNDED_FIT))
        return sorted(found)

    @cached_property
    def outcomes_by_hand(self) -> list[list[Outcome]]:
        """The outcomes of the edits at numbers rounded by hand."""
        return [outcomes_at(self.spot.at(solution), self.kind) for solution in self._by_hand()]

    @cached_property
    def _keys(self) -> list[float]:
        return [entry.number for entry in self.entries]

    def near(self, number: float, width: float) -> list[Entry]:
        """The entries within a given distance of a number."""
        keys = self._keys
        return self.entries[bisect_left(keys, number - width) : bisect_right(keys, number + width)]

    def own(self, place: Place, number: float, width: float) -> list[Entry]:
        """The entries at a student's own numbers within a given distance of a number, anywhere but at a branch."""
        try:
            near = self._search(_EVERYTHING)(*place, number - width, number + width)
        except (ArithmeticError, ValueError, TypeError):
            near = self._one_by_one(place, number, width)
        return self._own_entries(near, place.right)

    def own_gate(
        self, upstreams: Iterable[float], own: AtGate, number: float, width: float
    ) -> Iterator[tuple[AtBranch, list[Entry]]]:
        """At a branch, the place at a student's own numbers of its gate and at each of these upstream gradients, with
        the entries within a given distance of a number; only of the edits that read any of these numbers."""
        true = self.place
        assert isinstance(true, AtBranch)
        operands, out, slope = own
        x, other = operands[true.slot], operands[1 - true.slot] if len(operands) > 1 else None
        differs = _EVERYTHING  # what was right may be a mistake now
        is_right = slope == true.l
        if is_right:
            differs = x != true.x, out != true.out, other != true.other, operands != true.operands
        least, most = number - width, number + width
        for u in upstreams:
            right = slope if true.is_local else u * slope
            search = self._search((*differs, u != true.u) if is_right else differs)
            try:
                near = search(right, u, slope, x, out, operands, other, least, most)
            except (ArithmeticError, ValueError, TypeError):
                near = self._one_by_one(true.seen(u, *own), number, width)
            if near:
                yield true.seen(u, *own), self._own_entries(near, right)

    def _one_by_one(self, place: Place, number: float, width: float) -> list[tuple[float, int]]:
        found = enumerate(numbers_of(place, self.kind, self.zero))
        return [(one, row) for row, one in found if one is not None and number - width <= one <= number + width]

    def _own_entries(self, near: Iterable[tuple[float, int]], right: float) -> list[Entry]:
        return [
            Entry(one if abs(one) > self.zero else 0.0, row, OWN_FIT)
            for one, row in near
            if row < len(self.rows) and not is_same(one, right, self.zero)
        ]

    def _search(self, differs: tuple[bool, ...]) -> Search:
        """The search of the edits that read what differs, of these: the gate's numbers, and the upstream gradient."""
        found = self._searches.get(differs)
        if found is None:
            changed = _changed(*differs) if differs else EVERYTHING
            found = self._searches[differs] = search_of(self.place, self.kind, changed)
        return found

    def at_upstream(self, u: float, number: float, width: float) -> list[Entry]:
        """The entries at another upstream gradient, with everything else at the branch true, within a given distance of
        a number.

        Nearly every number is a multiple of the upstream gradient, so it is enough to search their sorted slopes.
        """
        assert isinstance(self.place, AtBranch)
        slopes, rows, curves, fixed, rows_of_fixed = self._lines
        middle, room = number / u, width / abs(u)
        first, last = bisect_left(slopes, middle - room), bisect_right(slopes, middle + room)
        found = [Entry(slopes[at] * u, rows[at], OWN_FIT) for at in range(first, last)] if first < last else []
        near = [
            (row, other)
            for row, constant, slope, square in curves
            if abs((other := constant + (slope + square * u) * u) - number) <= width
        ]
        first, last = bisect_left(fixed, number - width), bisect_right(fixed, number + width)
        if first < last:
            near = sorted((*near, *zip(rows_of_fixed[first:last], fixed[first:last], strict=True)))
        if near:
            right = u * self.place.l
            found += [Entry(other, row, OWN_FIT) for row, other in near if not is_same(other, right, self.zero)]
        return found

    @cached_property
    def _lines(self) -> _Lines:
        place = self.place
        assert isinstance(place, AtBranch)
        tried = [numbers_of(place._replace(u=u, right=u * place.l), self.kind, 0.0) for u in _TRIED]
        multiples: list[tuple[float, int]] = []
        curves: list[tuple[int, float, float, float]] = []
        fixed: list[tuple[float, int]] = []
        for row, (one, two, less, half) in enumerate(zip(*tried, strict=True)):
            if one is None or two is None or less is None or half is None:
                continue
            if one == two == less:
                if self.is_right[row]:
                    fixed.append((one, row))
                continue
            slope = (one - less) / 2
            square = (two - 2 * slope - (one + less) / 2) / 3
            constant = (one + less) / 2 - square
            if not is_same(half, constant + slope / 2 + square / 4, EXACT * abs(one)):
                continue  # a number cut off at 0
            if max(abs(constant), abs(square)) > EXACT * abs(slope):
                curves.append((row, constant, slope, square))
            elif not is_same(slope, place.l, self.zero):
                multiples.append((slope, row))
        (slopes, rows), (numbers, rows_of_fixed) = (
            ([number for number, _ in pairs], [row for _, row in pairs]) for pairs in (sorted(multiples), sorted(fixed))
        )
        return _Lines(slopes, rows, curves, numbers, rows_of_fixed)

    @cached_property
    def further(self) -> FurtherEdits | None:
        """The edits further on; None if there are none, as for gates' values."""
        if self.kind in (BRANCH, FORK) and isinstance(self.spot, BranchSpot | ForkSpot):
            return FurtherEdits(Downstream(self.spot.graph, self.spot), self)
        return None

    @cached_property
    def pairs(self) -> list[tuple[str, float, float, int]]:
        """Two mistakes at once: their ids, the number, how often they occur, and the row of the first."""
        pairs = (pair for pair in self._pairs(self.place, self.numbers) if pair[1] and isfinite(pair[1]))
        return [pair for pair in pairs if not is_same(pair[1], self.place.right, self.zero)]

    @cached_property
    def pairs_beside(self) -> list[dict[tuple[str, int], float]]:
        """The numbers of the pairs at the neighbouring points, by their ids and the row of the first."""
        places = zip([self.spot.at(point) for point in self._beside()], self.beside, strict=True)
        return [{(pair[0], pair[3]): pair[1] for pair in self._pairs(*one)} for one in places]

    def pairs_near(self, number: float, width: float) -> list[tuple[str, float, float, int]]:
        """The pairs within a given distance of a number."""
        numbers, places = self._sorted_pairs
        first, last = bisect_left(numbers, number - width), bisect_right(numbers, number + width)
        return [self.pairs[place] for place in sorted(places[first:last])] if first < last else []

    @cached_property
    def _sorted_pairs(self) -> tuple[list[float], list[int]]:
        places = sorted(range(len(self.pairs)), key=lambda place: self.pairs[place][1])
        return [self.pairs[place][1] for place in places], places

    def _pairs(self, place: Place, numbers: Sequence[float | None]) -> Iterator[tuple[str, float, float, int]]:
        own = list(own_outcomes(place, self.kind))
        for index, (row, number) in enumerate(zip(self.rows, numbers, strict=True)):
            if number is None or row.id in _UNSIGNED:
                continue
            often = row.often * _OF_TWO
            is_wrong = not self.is_right[index]
            if isinstance(place, AtNeuron):
                if is_wrong and place.is_weight:
                    turned = -number if row.id == "gave-step" else 2 * place.old - number
                    yield f"{row.id}+ascended", turned, often, index
                elif is_wrong:
                    yield f"{row.id}+sign-flipped", -number, often, index
            elif isinstance(place, AtBranch | AtFork) and row.is_own and is_wrong:
                yield f"{row.id}+sign-flipped", -number, often, index
            if isinstance(place, AtBranch) and self.kind == BRANCH:
                outcome = own[index] if index < len(own) else None
                if isinstance(outcome, tuple) and not is_same(outcome[1], place.l):
                    yield f"{row.id}+forgot-upstream", outcome[1], often, index
                elif row.id in ("forgot-local", "forgot-upstream"):
                    yield f"sign-flipped+{row.id}", -number, often, index

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """The names of the members of families, for use in sentences."""
        spot = self.spot
        if isinstance(spot, BranchSpot):
            near = [*(spot.graph.names[source] for source in spot.sources), spot.branch.gate]
            return {"further": spot.further_names, "parts": spot.part_names, "near": near}
        if isinstance(spot, ForkSpot):
            return {"further": spot.further_names, "flows": spot.flow_names}
        if isinstance(spot, NeuronSpot):
            return {
                "slopes": spot.others, "terms": spot.fed, "deltas": spot.others, "weights": spot.beside,
                "inputs": spot.other_weights,
            }  # fmt: skip
        return {}

    @cached_property
    def known(self) -> dict[str, float]:
        """What a factor of a gradient may be called: numbers at the gate first, then those of the graph."""
        spot, solution = self.spot, self.solution
        graph, found = solution.graph, dict[str, float]()
        if isinstance(spot, BranchSpot) and isinstance(self.place, AtBranch):
            gate, source = spot.branch.gate, spot.branch.source
            found = {f"the upstream gradient of {gate}": self.place.u, f"∂{gate}/∂{source}": self.place.l}
        values = dict(zip(graph.names, solution.values, strict=True))
        gradients = dict(zip(graph.names, solution.gradients, strict=True))
        near = [*(graph.names[one] for one in spot.sources), spot.branch.gate] if isinstance(spot, BranchSpot) else []
        for name in [*near, *values]:
            found.setdefault(f"the value of {name}", values[name])
        for name in [*near, *gradients]:
            found.setdefault(f"the gradient of {name}", gradients[name])
        return found


def _changed(x: bool, out: bool, other: bool, operands: bool, upstream: bool) -> Changed:
    """What differs at the gate of a branch, and the upstream gradient if that does: an edit that does not read both is
    found at the true numbers, or by `at_upstream`."""
    differs = {"x": x, "out": out, "other": other, "operands": operands}
    at_gate = frozenset([name for name, is_other in differs.items() if is_other])
    return (at_gate | {"right"}, _UPSTREAM) if upstream else (at_gate,)  # what is cut off at 0 reads `right` alone


class FurtherEdits:
    """The edits further on from one question, sorted by their numbers."""

    def __init__(self, downstream: Downstream, edits: Edits) -> None:
        self._downstream, self._edits = downstream, edits
        self.all = downstream.at(edits.solution)
        right, zero = edits.place.right, edits.zero
        self.entries = sorted(
            Entry(one.number, index, TRUE_FIT)
            for index, one in enumerate(self.all)
            if isfinite(one.number) and not is_same(one.number, right, max(zero, ZERO * abs(right)))
        )
        self._keys = [entry.number for entry in self.entries]
        self.first = frozenset(name for flow in downstream.flows for name in flow.between)

    def near(self, number: float, width: float) -> list[Entry]:
        """The entries within a given distance of a number."""
        return self.entries[bisect_left(self._keys, number - width) : bisect_right(self._keys, number + width)]

    @cached_property
    def beside(self) -> list[list[float]]:
        """The numbers of every edit at the neighbouring points."""
        return [[one.number for one in self._downstream.at(point)] for point in self._edits.points]

    def function(self, index: int) -> tuple[str, ...]:
        """The edit as a function of the inputs."""
        here = [self.all[index].number, *[numbers[index] for numbers in self.beside[:2]]]
        return tuple([f"{number + 0.0:.9g}" for number in here])
