"""Which way is down: the output after a step with the gradient and against it, each by a real forward pass."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from backprop_tutor.engine.formatting import apart
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward

_HALVINGS: Final = 40


class Descent(NamedTuple):
    """The output now, after the step w - rate * ∂L/∂w of every node, and after the step the other way."""

    rate: float
    here: float
    down: float
    up: float

    @property
    def texts(self) -> tuple[str, str, str]:
        """The three numbers, with as many decimals as it takes to tell them apart."""
        here, down, up = apart([self.here, self.down, self.up])
        return here, down, up


def descent(solution: Solution, nodes: Collection[str], rate: float) -> Descent | None:
    """The step at this rate, or at the largest half, quarter, ... of it at which the loss falls one way and rises the
    other.

    None where the gradient of every node is 0, or where no such rate is found.
    """
    graph, sign = solution.graph, -1 if solution.upstream < 0 else 1
    here = solution.values[graph.output]
    for halving in range(_HALVINGS):
        size = rate / 2**halving
        try:
            down, up = (_output(solution, nodes, way * size) for way in (-1, 1))
        except OutOfDomain:
            continue
        if sign * down < sign * here < sign * up:
            return Descent(size, here, down, up)
    return None


def _output(solution: Solution, nodes: Collection[str], size: float) -> float:
    graph = solution.graph
    moved = [
        solution.value(name) + (size * solution.gradient(name) if name in nodes else 0.0) for name in graph.input_names
    ]
    return forward(graph, moved)[graph.output]
