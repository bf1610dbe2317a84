"""One try at a random circuit: gate after gate, with numbers that stay short, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from math import isfinite
from typing import Final, NamedTuple

from backprop_tutor.authoring.picks import Picks
from backprop_tutor.authoring.recipe import Recipe
from backprop_tutor.engine.gates import GATES, Gate, gate_of

UPSTREAMS: Final = (2.0, -2.0, 3.0, -3.0, 4.0, -4.0, 5.0, -5.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5)
"""The upstream gradients at the output: not 1, so that leaving it out is seen."""
_NUMBERS: Final = tuple(sign * number for number in (2.0, 3.0, 4.0, 5.0, 0.5, 1.5, 2.5) for sign in (1, -1))
_CONSTANTS: Final = {"scale": (2.0, -2.0, 3.0, -3.0, -0.5, 0.5), "shift": (2.0, -2.0, 3.0, -3.0), "power": (2.0, 3.0)}
_MOST_PIECES: Final = 3  # a max and a min have as many: one input, the other, a tie
_LEAST, _MOST, _LEAST_LOCAL, _FROM_KINK, _FROM_ONE = 0.1, 60.0, 0.04, 0.3, 0.05
_TRIES: Final = 8


class Row(NamedTuple):
    """A node: its gate's name (empty for an input), the nodes that enter it, its constant, its value."""

    gate: str
    sources: tuple[int, ...]
    constant: float | None
    value: float


class Made(NamedTuple):
    """A circuit that was made; the last node is the output."""

    rows: list[Row]


def made(recipe: Recipe, picks: Picks, every_kind: bool = True) -> Made | None:
    """A circuit of a recipe with readable values; None where this try came to nothing.

    With `every_kind` each kind of gate is there, as far as the size has room for them.
    """
    smallest, largest = recipe.size
    size = smallest + picks.below(largest - smallest + 1)
    kinds = _kinds(recipe.gates, size, picks, every_kind)
    joining = sum(GATES[kind].arity == 2 for kind in kinds)
    if joining + 1 - recipe.forks < 1:
        return None
    return _Try(kinds, joining + 1 - recipe.forks, recipe.forks, picks).made()


def _kinds(gates: Sequence[str], size: int, picks: Picks, every_kind: bool) -> list[str]:
    """The kinds of the gates, in their order."""
    kinds = picks.some_of(gates, size) if every_kind else []
    kinds += [picks.one_of(gates) for _ in range(size - len(kinds))]
    return picks.some_of(kinds, size)


class _Try:
    """A circuit on the way.

    `loose` are the nodes that lead nowhere yet, `once` those with one branch, which may become forks. In all, as many
    branches begin as gates have slots: one at each node but the output, and one more at each fork.
    """

    def __init__(self, kinds: Sequence[str], inputs: int, forks: int, picks: Picks) -> None:
        self.kinds, self.inputs, self.forks, self.picks = kinds, inputs, forks, picks
        self.slots = sum(GATES[kind].arity for kind in kinds)
        self.rows: list[Row] = []
        self.loose: list[int] = []
        self.once: list[int] = []

    def made(self) -> Made | None:
        """The circuit, or None."""
        for kind in self.kinds:
            if not any(self._gate(kind) for _ in range(_TRIES)):
                return None
        return Made(self.rows) if len(self.loose) == 1 and not self.inputs and not self.forks else None

    def _gate(self, kind: str) -> bool:
        """Adds a gate of this kind, unless its value would not do."""
        before = len(self.rows), list(self.loose), list(self.once), self.inputs, self.forks, self.slots
        sources: tuple[int, ...] = ()
        for _ in range(GATES[kind].arity):
            source = self._operand(sources)
            if source is None:
                break
            sources = (*sources, source)
        else:
            row = self._row(kind, sources)
            if row is not None:
                self.loose.append(len(self.rows))
                self.rows.append(row)
                return True
        size, self.loose, self.once, self.inputs, self.forks, self.slots = before
        del self.rows[size:]
        return False

    def _operand(self, taken: tuple[int, ...]) -> int | None:
        """The node for a slot: the second branch of a fork, a node that leads nowhere yet, or a new input."""
        slots, self.slots = self.slots, self.slots - 1
        forkable = [node for node in self.once if node not in taken]
        if forkable and self.forks and self.picks.below(slots) < self.forks:
            node = self.picks.one_of(forkable)
            self.once.remove(node)
            self.forks -= 1
            return node
        at_hand = len(self.loose)
        which = self.picks.below(at_hand + min(self.inputs, 1 + at_hand)) if at_hand or self.inputs else -1
        if which < 0:
            return None
        if which < at_hand:
            node = self.loose.pop(at_hand - 1 if self.picks.below(2) else which)
        else:
            node = len(self.rows)
            self.rows.append(Row("", (), None, self._new_number()))
            self.inputs -= 1
        self.once.append(node)
        return node

    def _new_number(self) -> float:
        """A number of a size that no other input has, as long as there are some."""
        used = {abs(row.value) for row in self.rows if row.gate == ""}
        return self.picks.one_of([number for number in _NUMBERS if abs(number) not in used] or _NUMBERS)

    def _row(self, kind: str, sources: tuple[int, ...]) -> Row | None:
        """The gate with its value; None where that is not readable."""
        constant = self.picks.one_of(_CONSTANTS[kind]) if kind in _CONSTANTS else None
        gate = gate_of(kind, constant)
        values = [row.value for row in self.rows]
        operands = [values[source] for source in sources]
        try:
            value = gate.compute(values, sources, constant or 0.0)
            local = gate.differentiate(values, sources, constant or 0.0, value)
        except (ArithmeticError, ValueError):
            return None
        if isinstance(value, complex) or not all(map(isfinite, (value, *local))):
            return None
        if any(abs(distance) < _FROM_KINK for distance in gate.distances(values, sources, constant or 0.0)):
            return None
        if len(operands) == 2 and abs(operands[0]) == abs(operands[1]):
            return None
        stopped = [source for source, slope in zip(sources, local, strict=True) if slope == 0]
        if any(self.rows[source].gate or source not in self.once for source in stopped):
            return None  # what stops at this gate would leave a gate, or a branch of a fork, with nothing to find
        if not self._is_readable(kind, operands, value) or any(
            slope and not _LEAST_LOCAL <= abs(slope) <= _MOST for slope in local
        ):
            return None
        if not _is_flat(gate) and any(abs(abs(slope) - 1) < _FROM_ONE for slope in local):
            return None  # a softplus far out is a line, and to leave out its local gradient is right there
        self.once = [node for node in self.once if node not in stopped]
        return Row(kind, sources, constant, value)

    def _is_readable(self, kind: str, operands: Sequence[float], value: float) -> bool:
        if 0 in operands and kind not in ("add", "sub"):
            return False
        if value == 0:
            return kind == "relu"
        long = (
            is_short(GATES[kind])
            and round(value, 2) != value
            and all(round(operand, 2) == operand for operand in operands)
        )
        return _LEAST <= abs(value) <= _MOST and abs(value) != 1 and not long


@cache
def is_short(gate: Gate) -> bool:
    """Whether a gate makes short decimals of short decimals: it makes whole numbers of whole ones."""
    return all(value == int(value) for value, _ in _tried(gate))


@cache
def _is_flat(gate: Gate) -> bool:
    """Whether the local gradient is one constant or another, whatever the inputs."""
    return len({local for _, local in _tried(gate)}) <= _MOST_PIECES


def _tried(gate: Gate) -> list[tuple[float, tuple[float, ...]]]:
    """The value and the local gradients at a few whole numbers of the gate's domain."""
    found = []
    for at in product((-3.0, -2.0, 2.0, 3.0, 5.0), repeat=gate.arity):
        with suppress(ArithmeticError, ValueError):
            value = gate.compute(at, range(gate.arity), 2.0)
            found.append((value, gate.differentiate(at, range(gate.arity), 2.0, value)))
    return found
