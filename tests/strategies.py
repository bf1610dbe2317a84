"""Random circuits with numbers at which every gate is defined and away from its kinks.

`random_circuit` is seeded and plain; `circuits` gives it to Hypothesis. Nothing here asks the engine's passes:
values and local gradients come from the textbook's formulas in `tests.textbook`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from backprop_tutor.engine.compile import written
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph, GraphBuilder
from tests.textbook import TAKING_A_CONSTANT, TEXTBOOK, constants_for

KINDS = tuple(GATES)
LEAST = 0.02
"""The least size of a value, local gradient or gradient that is not 0, in well separated circuits."""


@dataclass(frozen=True)
class Circuit:
    """A graph and a number for each of its inputs."""

    graph: Graph
    at: dict[str, float]

    @property
    def text(self) -> str:
        return written(self.graph)

    def __repr__(self) -> str:
        return f"Circuit({self.text!r}, {self.at})"


def random_circuit(rng: Random, size: int, kinds: Sequence[str] = KINDS, separated: bool = False) -> Circuit:
    """A circuit of about `size` gates, all of which reach the output."""
    while True:
        for _ in range(20):
            circuit = _Drawing(rng, kinds, separated).circuit(size)
            if circuit is not None:
                return circuit
        size = max(1, size - 1)


def circuits(most: int = 12, kinds: Sequence[str] = KINDS, separated: bool = False) -> st.SearchStrategy[Circuit]:
    """Random circuits of up to `most` gates (a few more where loose ends are joined)."""
    return st.builds(
        lambda seed, size: random_circuit(Random(seed), size, kinds, separated),
        st.integers(0, 2**32 - 1),
        st.integers(1, most),
    )


class _Drawing:
    """A circuit under construction: the builder, and each node's value."""

    def __init__(self, rng: Random, kinds: Sequence[str], separated: bool) -> None:
        self.rng, self.kinds, self.separated = rng, kinds, separated
        self.builder = GraphBuilder()
        self.values: list[float] = []
        self.slopes: list[list[float]] = []
        self.sources: list[tuple[int, ...]] = []
        self.loose: set[int] = set()

    def circuit(self, size: int) -> Circuit | None:
        for number in range(self.rng.randint(1, min(6, size + 1))):
            self._keep(self.builder.input(f"x{number}"), self._number(), (), [])
        inputs = len(self.values)
        for _ in range(size):
            if not any(self._try(self.rng.choice(self.kinds), self._operand) for _ in range(40)):
                return None
        joining = [
            kind for kind in ("add", "mul", "sub", *self.kinds) if kind in self.kinds and GATES[kind].arity == 2
        ] or ["add"]
        while len(self.loose) > 1:
            if not any(self._try(self.rng.choice(joining), self._loose_end) for _ in range(40)):
                return None
        (output,) = self.loose
        if output < inputs or (self.separated and not self._well_separated(output)):
            return None
        graph = self.builder.build(output)
        return Circuit(graph, {f"x{number}": self.values[number] for number in range(inputs)})

    def _number(self) -> float:
        return self.rng.choice([-1, 1]) * self.rng.randint(5, 300) / 100

    def _operand(self, _: Sequence[int]) -> int:
        if self.loose and self.rng.random() < 0.6:
            return self.rng.choice(sorted(self.loose))
        return self.rng.randrange(len(self.values))

    def _loose_end(self, chosen: Sequence[int]) -> int:
        return self.rng.choice(sorted(self.loose - set(chosen)))

    def _try(self, kind: str, operand) -> bool:  # type: ignore[no-untyped-def]
        constant = self.rng.choice(constants_for(kind))
        arity = 1 if kind in TAKING_A_CONSTANT and constant is not None else GATES[kind].arity
        sources: tuple[int, ...] = ()
        for _ in range(arity):
            sources = (*sources, operand(sources))
        at = [self.values[source] for source in sources]
        rule = TEXTBOOK[kind]
        if not rule.is_defined(at, constant) or rule.distance_to_kink(at, constant) < 0.05:
            return False
        value, slopes = rule.value(at, constant), rule.slopes(at, constant)
        sizes = [abs(number) for number in (value, *slopes) if number != 0]
        if any(not math.isfinite(number) or number > 50 for number in sizes) or (
            self.separated and sizes and min(sizes) < LEAST
        ):
            return False
        self._keep(self.builder.gate(kind, *sources, constant=constant), value, sources, slopes)
        return True

    def _keep(self, node: int, value: float, sources: tuple[int, ...], slopes: list[float]) -> None:
        self.values.append(value)
        self.sources.append(sources)
        self.slopes.append(slopes)
        self.loose -= set(sources)
        self.loose.add(node)

    def _well_separated(self, output: int) -> bool:
        """Whether no gradient and nothing that a branch carries is tiny but not 0."""
        gradients = [0.0] * len(self.values)
        gradients[output] = 1.0
        for node in range(output, -1, -1):
            for source, slope in zip(self.sources[node], self.slopes[node], strict=True):
                carried = gradients[node] * slope
                if 0 < abs(carried) < LEAST:
                    return False
                gradients[source] += carried
            if 0 < abs(gradients[node]) < LEAST or abs(gradients[node]) > 1000:
                return False
        return True
