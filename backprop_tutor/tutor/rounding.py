"""Both passes as on paper: every forward value, local gradient, product and sum rounded to two decimals."""

from __future__ import annotations

from math import inf, isfinite
from typing import NamedTuple

from backprop_tutor.engine.graph import Branch
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.rightness import HALVES, to_two_decimals


class Rounded(NamedTuple):
    """The rounded numbers by node index (`locals` and `carried` by slot); a node's are absent where rounding left a
    domain."""

    solution: Solution
    values: dict[int, float]
    gradients: dict[int, float]
    locals: dict[int, tuple[float, ...]]
    halves: float

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
        return to_two_decimals(upstream * local, self.halves)


def rounded_passes(solution: Solution, halves: float = HALVES[0]) -> Rounded:
    """Both passes of a solution's circuit, rounding after every step; inputs and the given upstream stay as they
    are."""
    values, slopes = _forward(solution, halves)
    return Rounded(solution, values, _backward(solution, slopes, halves), slopes, halves)


def _forward(solution: Solution, halves: float) -> tuple[dict[int, float], dict[int, tuple[float, ...]]]:
    """The rounded values and local gradients, as far as they stay in every gate's domain."""
    graph = solution.graph
    values: dict[int, float] = {}
    slopes: dict[int, tuple[float, ...]] = {}
    for node, gate in enumerate(graph.gates):
        sources = graph.inputs[node]
        if gate is None:
            values[node] = solution.values[node]
        elif all(source in values for source in sources):
            operands = [values[source] for source in sources]
            try:
                value = to_two_decimals(gate.compute(operands, range(len(operands)), graph.constants[node]), halves)
                found = gate.differentiate(operands, range(len(operands)), graph.constants[node], value)
            except (ArithmeticError, ValueError, TypeError):
                continue
            if isfinite(value) and all(map(isfinite, found)):
                values[node], slopes[node] = value, tuple(to_two_decimals(slope, halves) for slope in found)
    return values, slopes


def _backward(solution: Solution, slopes: dict[int, tuple[float, ...]], halves: float) -> dict[int, float]:
    """The rounded gradients, of the nodes of which every consumer has one."""
    graph = solution.graph
    gradients: dict[int, float] = {graph.output: solution.upstream}
    lost: set[int] = set()
    for node in range(len(graph) - 1, -1, -1):
        if node != graph.output and node in gradients:  # every consumer stands behind it: its sum is complete
            gradients[node] = to_two_decimals(gradients[node], halves)
        for slot, source in enumerate(graph.inputs[node]):
            carried = (
                inf
                if node in lost or node not in slopes
                else to_two_decimals(gradients[node] * slopes[node][slot], halves)
            )
            gradients[source] = gradients.get(source, 0.0) + carried
            if not isfinite(gradients[source]):
                lost.add(source)
    return {node: gradient for node, gradient in gradients.items() if node not in lost}
