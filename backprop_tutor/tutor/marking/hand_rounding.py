"""Both passes as on paper: each result is written down rounded, and the written number is used from there on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, isfinite, nan
from typing import Final

from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Branch
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import HALVES, to_two_decimals
from backprop_tutor.tutor.marking.carried import computed, differentiated


class Hand(NamedTuple):
    """How a person rounds: one way for values, products and sums, another for local gradients."""

    number: Callable[[float], float]
    local: Callable[[float], float]


def _as_shown(value: float) -> float:
    return float(shown(value))


_ROUNDING = [partial(to_two_decimals, halves=halves) for halves in HALVES]
HANDS: Final = [Hand(one, local) for one in _ROUNDING for local in (one, float)] + [Hand(_as_shown, _as_shown)]
"""All the ways: two decimals, halves up or down, with local gradients rounded or not; or the numbers as screens show
them."""


class Rounded(NamedTuple):
    """The rounded numbers by node index (`locals` by slot); a node's are absent if rounding left a domain."""

    solution: Solution
    values: dict[int, float]
    gradients: dict[int, float]
    locals: dict[int, tuple[float, ...]]
    hand: Hand

    def value(self, name: str) -> float | None:
        """A gate's rounded value."""
        return self.values.get(self.solution.graph.index[name])

    def gradient(self, name: str) -> float | None:
        """A node's rounded gradient."""
        return self.gradients.get(self.solution.graph.index[name])

    def local(self, branch: Branch) -> float | None:
        """A branch's rounded local gradient."""
        slots = self.locals.get(self.solution.graph.index[branch.gate])
        return slots[branch.slot] if slots else None

    def carried(self, branch: Branch) -> float | None:
        """What a branch carries back, rounded."""
        local, upstream = self.local(branch), self.gradient(branch.gate)
        if local is None or upstream is None or not isfinite(upstream * local):
            return None
        return self.hand.number(upstream * local)

    @property
    def as_solution(self) -> Solution:
        """The same as a solution; nan where rounding left no number."""
        graph = self.solution.graph
        size = range(len(graph))
        slopes = [self.locals.get(node, (nan,) * len(sources)) for node, sources in enumerate(graph.inputs)]
        return Solution(
            graph,
            self.solution.upstream,
            [self.values.get(node, nan) for node in size],
            [self.gradients.get(node, nan) for node in size],
            [tuple(one) for one in slopes],
        )


def rounded_passes(solution: Solution, hand: Hand) -> Rounded:
    """Both passes of a solution's circuit, rounded after every step; inputs and the given upstream stay exact."""
    graph = solution.graph
    values: dict[int, float] = {}
    slopes: dict[int, tuple[float, ...]] = {}
    for node, sources in enumerate(graph.inputs):
        if not sources:
            values[node] = solution.values[node]
        elif all(source in values for source in sources):
            operands = [values[source] for source in sources]
            value = computed(graph, node, operands)
            found = None if value is None else differentiated(graph, node, operands, hand.number(value))
            if value is not None and found is not None:
                values[node], slopes[node] = hand.number(value), tuple(map(hand.local, found))
    gradients = [0.0] * len(graph)
    gradients[graph.output] = solution.upstream
    for node in range(len(graph) - 1, -1, -1):
        if node != graph.output:  # all its consumers are done, so its sum is complete
            gradients[node] = hand.number(gradients[node])
        for slot, source in enumerate(graph.inputs[node]):
            gradients[source] += hand.number(gradients[node] * slopes[node][slot]) if node in slopes else inf
    finite = {node: gradient for node, gradient in enumerate(gradients) if isfinite(gradient)}
    return Rounded(solution, values, finite, slopes, hand)
