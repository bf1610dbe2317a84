"""A number that a student goes on with, what is found from several of them, and the local gradients of gates there. A
carried number has *slipped* if any answer behind it was wrong.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from itertools import product
from math import fsum, isfinite

from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import ZERO, both_ways

_MOST_READ = 4_000  # how many gates at students' own numbers have their local gradients remembered


class Carried(NamedTuple):
    """A number to go on with, and whether a wrong answer is behind it. `wrong` holds the sizes of the wrong answers
    that it was found from directly; `is_dead` says that it is a 0 caused by a gate that is flat at the student's own
    numbers.
    """

    value: float
    slipped: bool = False
    wrong: tuple[float, ...] = ()
    is_dead: bool = False


def carried_from(value: float, *behind: Carried) -> Carried:
    """A number found from others: it slipped if one of them did."""
    wrong: list[float] = []
    slipped = False
    for _, has_slipped, sizes, _ in behind:
        if has_slipped:
            slipped = True
            wrong += sizes
    if not slipped:
        return Carried(value)
    is_dead = value == 0 and any(one.is_dead for one in behind)
    return Carried._make((value, True, tuple(dict.fromkeys(wrong) if len(wrong) > 1 else wrong), is_dead))


class Readings:
    """The local gradients that a student may use at a gate: its rule at numbers read exactly or to two decimals; each
    computed once."""

    def __init__(self, solution: Solution) -> None:
        self.graph, self.solution = solution.graph, solution
        self.at = lru_cache(maxsize=_MOST_READ)(self._at)
        self.true = cache(self._true)
        self.true_slopes = cache(self._true_slopes)
        self.further = cache(self._further)

    @cached_property
    def values(self) -> list[Carried]:
        """The true value of each node."""
        return [Carried(value) for value in self.solution.values]

    @cached_property
    def inputs(self) -> list[list[Carried]]:
        """For each node, the true values of its inputs."""
        values = self.values
        return [[values[source] for source in sources] for sources in self.graph.inputs]

    @cached_property
    def near(self) -> list[list[Carried]]:
        """For each node, its true value and those of its inputs."""
        return [[value, *inputs] for value, inputs in zip(self.values, self.inputs, strict=True)]

    @cached_property
    def gradients(self) -> list[Carried]:
        """The true gradient of each node."""
        return [Carried(gradient) for gradient in self.solution.gradients]

    @cached_property
    def varies(self) -> list[bool]:
        """For each node, whether its local gradients depend on any number."""
        return [gate is not None and bool(gate.locals_read) for gate in self.graph.gates]

    @cached_property
    def reads_out(self) -> list[bool]:
        """For each node, whether its local gradients depend on its value."""
        return [gate is not None and "out" in gate.locals_read for gate in self.graph.gates]

    @cached_property
    def leaving(self) -> list[list[tuple[str, str, int, int]]]:
        """For each node, every branch that leaves it: its name, its gate, the gate's node and the slot."""
        index, leaving = self.graph.index, self.graph.branches_from
        return [[(one.name, one.gate, index[one.gate], one.slot) for one in leaving[name]] for name in self.graph.names]

    def _true(self, node: int, slot: int) -> list[Carried]:
        return [Carried(slope) for slope in self.true_slopes(node, slot)]

    def _true_slopes(self, node: int, slot: int) -> list[float]:
        values = self.solution.values
        operands = tuple([values[source] for source in self.graph.inputs[node]])
        return self.at(node, operands, values[node] if self.reads_out[node] else 0.0)[slot]

    def slopes(self, node: int, slot: int, operands: tuple[float, ...], out: float) -> list[float]:
        """A slot's local gradients at a gate with these numbers, without repeats, the exact one first."""
        if not self.varies[node]:
            return self.true_slopes(node, slot)
        return self.at(node, operands, out if self.reads_out[node] else 0.0)[slot]  # most wrong values are not read

    def _further(self, gate: str) -> tuple[float, ...]:
        """The true upstream gradients of the gates downstream of a gate, nearest first, without the output's."""
        output, gradient = self.graph.output_name, self.solution.gradient
        return tuple(dict.fromkeys(gradient(name) for name in self.graph.gates_beyond(gate) if name != output))

    def _at(self, node: int, operands: tuple[float, ...], out: float) -> list[list[float]]:
        """By slot, without repeats, the exact one first."""
        found: list[dict[float, None]] = [{} for _ in operands]
        for values, result in dict.fromkeys(self._readings(node, operands, out)):
            for slot, slope in enumerate(differentiated(self.graph, node, values, result) or ()):
                found[slot] |= dict.fromkeys((slope, *both_ways(slope)))
        return [list(slopes) for slopes in found]

    def _readings(
        self, node: int, operands: tuple[float, ...], out: float
    ) -> Iterator[tuple[tuple[float, ...], float]]:
        """A gate's inputs and output as a student may have used them: exact, or rounded to two decimals."""
        yield operands, out
        if not self.reads_out[node]:
            yield from ((rounded, out) for rounded in product(*map(both_ways, operands)))
            return
        for shown in both_ways(out):
            yield operands, shown
        for rounded in product(*map(both_ways, operands)):
            for shown in both_ways(out):
                yield rounded, shown
            again = computed(self.graph, node, rounded)
            if again is not None:
                yield rounded, again


def product_of(upstream: Carried, slope: Carried) -> Carried:
    """What a branch carries; an upstream gradient of 0 shows nothing of a flat gate."""
    found = carried_from(upstream.value * slope.value, upstream, slope)
    return found if upstream.value or upstream.is_dead else found._replace(is_dead=False)


def own_slope(slope: float, exact: float, near: Iterable[Carried]) -> Carried:
    """A local gradient at the student's own values; dead if the gate is flat there."""
    found, is_dead = carried_from(slope, *near), slope == 0 == exact
    return found if found.is_dead == is_dead else found._replace(is_dead=is_dead)


def added(parts: Sequence[Carried]) -> Carried:
    """The sum; 0 if only rounding noise of its terms is left, which does not count as following from a dead 0."""
    if len(parts) == 1:
        return parts[0]._replace(is_dead=False) if parts[0].is_dead and parts[0].value else parts[0]
    terms = [part.value for part in parts]
    total, largest = fsum(terms), max(map(abs, terms), default=0.0)
    found = carried_from(0.0 if abs(total) <= ZERO * largest else total, *parts)
    return found._replace(is_dead=False) if largest else found


def differentiated(graph: Graph, node: int, operands: Sequence[float], out: float) -> tuple[float, ...] | None:
    """A gate's local gradients at these numbers, by slot; None outside of its domain."""
    gate = graph.gates[node]
    assert gate is not None
    try:
        found = gate.differentiate(operands, range(len(operands)), graph.constants[node], out)
        return tuple(map(float, found)) if all(map(isfinite, found)) else None
    except (ArithmeticError, ValueError, TypeError):
        return None


def computed(graph: Graph, node: int, operands: Sequence[float]) -> float | None:
    """A gate's value at these numbers; None outside of its domain."""
    gate = graph.gates[node]
    assert gate is not None
    try:
        value = gate.compute(operands, range(len(operands)), graph.constants[node])
        return value if isfinite(value) else None
    except (ArithmeticError, ValueError, TypeError):
        return None
