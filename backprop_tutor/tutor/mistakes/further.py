"""The same edits further downstream: the answer's own gate is right, but one nearer the output is wrong (`ID@GATE`), or
every gate of a kind is (`ID@all`).

One sweep forward gives D = ∂node/∂start for every node. Replacing what one branch of a gate carries, f, by f' changes
the answer by (f' - f) * D of the branch's source, exactly and on any graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from backprop_tutor.engine.gate import COMMON, RARE, USUAL, Gate, Wrong
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.mistakes.mistake import is_activation
from backprop_tutor.tutor.mistakes.places import BranchSpot, ForkSpot

_MOST_FLOWS: Final = 14
"""How many branches further on are tried: with more, every number is near some candidate."""
_OF_ITS_OWN: Final = 1 / 3
"""How much rarer a wrong rule is further on than at the answer's own gate, where it is looked for first."""
_AT_ALL: Final = 1 / 2


class Further(NamedTuple):
    """One edit further on: its id (`ID@GATE`), its number, how often it occurs among a thousand wrong answers, the
    branch where it is made, and the names in between, none of which may have been answered."""

    id: str
    number: float
    often: float
    branch: Branch
    between: frozenset[str]


class _Flow(NamedTuple):
    branch: Branch
    node: int
    slot: int
    gate: Gate
    between: frozenset[str]


class Downstream:
    """The edits further on from one place, in the same order at any solution."""

    def __init__(self, graph: Graph, spot: BranchSpot | ForkSpot) -> None:
        self.graph = graph
        self.spot = spot
        self.start = spot.node
        self.flows: list[_Flow] = []
        self._reached: dict[int, frozenset[str]] = {self.start: frozenset()}
        own = "" if isinstance(spot, BranchSpot) else graph.names[self.start]
        for name in sorted(graph.gates_beyond(graph.names[self.start]), key=graph.index.__getitem__):
            node, gate = graph.index[name], graph.gates[graph.index[name]]
            assert gate is not None
            between: frozenset[str] = frozenset()
            for branch in graph.branches_into(name):
                behind = self._reached.get(graph.index[branch.source])
                if behind is not None:
                    mine = behind | {branch.name, branch.source} - {own}
                    between |= mine
                    self.flows.append(_Flow(branch, node, branch.slot, gate, mine))
            self._reached[node] = between
        self.whole = self.flows if len(self.flows) <= _MOST_FLOWS else []
        self.flows = self.flows[:_MOST_FLOWS]

    def at(self, solution: Solution) -> list[Further]:
        """Every edit that has a number, even the right one."""
        slopes = solution.locals
        swept = self._sweep(lambda node, slot: slopes[node][slot])
        right = solution.upstream * swept[self.graph.output]
        share = 1 / max(1, len(self.flows))
        found: list[Further] = []
        for flow in self.flows:
            u, slope = solution.gradients[flow.node], float(slopes[flow.node][flow.slot])
            by, name = swept[self.graph.index[flow.branch.source]], flow.branch.gate
            x = solution.values[self.graph.index[flow.branch.source]]
            out = solution.values[flow.node]
            edits: list[tuple[str, float, float]] = [
                ("forgot-local", USUAL, u), ("forgot-upstream", USUAL, slope), ("sign-flipped", USUAL, -u * slope),
                ("input-for-local", RARE, u * x), ("output-for-local", RARE, u * out),
                ("local-twice", RARE, u * slope * slope),
            ]  # fmt: skip
            edits += [
                (wrong.id, wrong.often * _OF_ITS_OWN, u * rule)
                for wrong, rule in self._rules(solution, flow.node, flow.slot)
            ]
            for id_, often, becomes in edits:
                number = right + (becomes - u * slope) * by
                found.append(Further(f"{id_}@{name}", number, often * share, flow.branch, flow.between))
        found += self._of_forks(solution, swept, right)
        if self.whole:
            found += self._of_all(solution)
        return found

    def _rules(self, solution: Solution, node: int, slot: int) -> Iterator[tuple[Wrong, float]]:
        gate = self.graph.gates[node]
        assert gate is not None
        sources, constant = self.graph.inputs[node], self.graph.constants[node]
        out, slope = solution.values[node], float(solution.locals[node][slot])
        for wrong, rule in gate.wrongly(slot):
            try:
                number = float(rule(solution.values, sources, constant, out, slope))
            except (ArithmeticError, ValueError, TypeError):
                number = slope  # no student can have used it: nothing changes
            yield wrong, number if isfinite(number) else slope

    def _sweep(self, slope: Callable[[int, int], float]) -> dict[int, float]:
        """D = ∂node/∂start for every node after the start, by these local gradients."""
        spot = self.spot
        first = slope(spot.node, spot.slot) if isinstance(spot, BranchSpot) else 1.0
        swept = {self.start: first}
        for node in self._reached:
            if node != self.start:
                swept[node] = sum(
                    swept[source] * slope(node, slot)
                    for slot, source in enumerate(self.graph.inputs[node])
                    if source in swept
                )
        swept.setdefault(self.graph.output, 0.0)
        return swept

    def _of_forks(self, solution: Solution, swept: dict[int, float], right: float) -> Iterator[Further]:
        """One branch of a later fork left out, or only one kept."""
        by_source: dict[str, list[_Flow]] = {}
        for flow in self.flows:
            by_source.setdefault(flow.branch.source, []).append(flow)
        forks = [
            flows for source, flows in by_source.items() if len(flows) > 1 and self.graph.index[source] != self.start
        ]
        edits = sum(len(flows) for flows in forks)
        for flows in forks:
            numbers = [solution.gradients[flow.node] * solution.locals[flow.node][flow.slot] for flow in flows]
            by = swept[self.graph.index[flows[0].branch.source]]
            for flow, number in zip(flows, numbers, strict=True):
                id_ = f"one-branch-only@{flow.branch.source}"
                yield Further(id_, right - number * by, COMMON / edits / 2, flow.branch, flow.between)
                if len(flows) > 2:
                    alone = right - (sum(numbers) - number) * by
                    yield Further(id_, alone, COMMON / edits / 2, flow.branch, flow.between)

    def _of_all(self, solution: Solution) -> Iterator[Further]:
        """The same edit at every gate of a kind, if there are two or more on the way."""
        own = (
            [_Flow(self.spot.branch, self.spot.node, self.spot.slot, self.spot.gate, frozenset())]
            if isinstance(self.spot, BranchSpot)
            else []
        )
        flows = [*own, *self.flows]
        between = frozenset(name for flow in self.flows for name in flow.between)
        slopes = solution.locals
        rules: dict[str, tuple[float, dict[tuple[int, int], float]]] = {}
        for flow in flows:
            for wrong, number in self._rules(solution, flow.node, flow.slot):
                rules.setdefault(wrong.id, (wrong.often * _AT_ALL, {}))[1].setdefault((flow.node, flow.slot), number)
        everywhere: list[tuple[str, float, Callable[[_Flow, float], float | None]]] = [
            ("all-weights-left-out", USUAL, lambda flow, _: 1.0 if flow.gate.name == "mul" else None),
            ("all-slopes-left-out", USUAL, lambda flow, _: 1.0 if is_activation(flow.gate) else None),
            ("all-signs-lost", RARE, lambda _, slope: abs(slope)),
        ]
        for id_, often, becomes in everywhere:
            places = {}
            for flow in self.flows:  # nothing is left out at the answer's own gate: there a weight meets an input
                slope = float(slopes[flow.node][flow.slot])
                new = becomes(flow, slope)
                if new is not None:
                    places[flow.node, flow.slot] = new
            rules[id_] = (often, places)
        for id_, (often, places) in rules.items():
            if len({node for node, _ in places}) > 1:
                swept = self._sweep(_replaced(slopes, places))
                at = id_ if id_.startswith("all-") else f"{id_}@all"
                number = solution.upstream * swept[self.graph.output]
                yield Further(at, number, often, flows[0].branch, between)


def _replaced(
    slopes: Sequence[Sequence[float]], places: Mapping[tuple[int, int], float]
) -> Callable[[int, int], float]:
    """The local gradients, replaced in some places."""
    return lambda node, slot: places.get((node, slot), slopes[node][slot])
