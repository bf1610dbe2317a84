"""Both passes as on paper: every forward value, local gradient, product and sum rounded to two decimals."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from backprop_tutor.engine.graph import Branch
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.rightness import HALVES, to_two_decimals


class Rounded(NamedTuple):
    """The rounded numbers by node index (`locals` and `carried` by slot); a node's are absent where rounding left a domain."""

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
        return None if local is None or upstream is None else to_two_decimals(upstream * local, self.halves)


def rounded_passes(solution: Solution, halves: float = HALVES[0]) -> Rounded:
    """Both passes of a solution's circuit, rounding after every step; inputs and the given upstream stay as they are."""

    def to_two(number: float) -> float:
        return to_two_decimals(number, halves)

    graph = solution.graph
    values: dict[int, float] = {}
    gradients: dict[int, float] = {graph.output: solution.upstream}
    slopes: dict[int, tuple[float, ...]] = {}
    lost: set[int] = set()
    for node, gate in enumerate(graph.gates):
        sources = graph.inputs[node]
        if gate is None:
            values[node] = solution.values[node]
        elif all(source in values for source in sources):
            operands = [values[source] for source in sources]
            try:
                value = to_two(gate.compute(operands, range(len(operands)), graph.constants[node]))
                found = gate.differentiate(operands, range(len(operands)), graph.constants[node], value)
                if isfinite(value) and all(map(isfinite, found)):
                    values[node], slopes[node] = value, tuple(to_two(slope) for slope in found)
            except (ArithmeticError, ValueError, TypeError):
                continue
    for node in range(len(graph) - 1, -1, -1):
        if node != graph.output and node in gradients:  # every consumer stands behind it: its sum is complete
            gradients[node] = to_two(gradients[node])
        for slot, source in enumerate(graph.inputs[node]):
            if node in lost or node not in slopes:
                lost.add(source)
            else:
                gradients[source] = gradients.get(source, 0.0) + to_two(gradients[node] * slopes[node][slot])
    return Rounded(solution, values, {node: gradient for node, gradient in gradients.items() if node not in lost}, slopes, halves)
