"""A random circuit to order: readable, with mistakes that can be told apart, the same for a seed on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice, product
from math import isfinite
from typing import Final, TypeVar

from backprop_tutor.authoring.ambiguity import MINOR, RIGHT, alike, is_idle_rule
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice
from backprop_tutor.course.variants import pick, why_unusable
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.gates import GATES, gate_of
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import nearest, visible

MOST_GATES: Final = 15
"""The largest random circuit."""
FIRST_GATES: Final = ("add", "mul", "max")
"""The kinds of gate that random circuits begin with."""
LATER_GATES: Final = ("sub", "relu", "sigmoid", "tanh", "exp", "reciprocal", "power", "log")
"""The kinds that join them one by one, if none are named."""
_FIRST_SIZE: Final = (3, 8)
_MOST_FORKS: Final = 2
_SIZE = re.compile(r"([0-9]{1,4})(?:\.\.([0-9]{1,4}))?")
ID: Final = "random"
"""The id of every random circuit."""
_ATTEMPTS: Final = 1500  # up to two seconds; then the tutor says that there is none
_WITH_EVERY_KIND: Final = 1000  # of them; after these a circuit need not have every kind that was named
_TRIED_UPSTREAMS: Final = 4  # for one circuit: another circuit is soon found, an upstream gradient costs a whole check
_MOST_READABLE: Final = 250
"""How many readable circuits are searched for indistinguishable mistakes before giving up."""
_LEAST_GRADIENT, _MOST_GRADIENT = 0.05, 300.0  # so that two decimals show it, and a screen has room for its digits
_INPUTS: Final = tuple("xyzwuv")
_GATES: Final = tuple("abcdghjkmnpqrst")  # e is a number, f the output, l and o look like digits
_UPSTREAMS: Final = (2.0, -2.0, 3.0, -3.0, 4.0, -4.0, 5.0, -5.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5)
"""The upstream gradients at the output: not 1, so that leaving it out shows."""
_MOST_PIECES: Final = 3  # max and min have that many: one input, the other, a tie
_NUMBERS: Final = tuple(sign * number for number in (2.0, 3.0, 4.0, 5.0, 0.5, 1.5, 2.5) for sign in (1, -1))
_CONSTANTS: Final = {"scale": (2.0, -2.0, 3.0, -3.0, -0.5, 0.5), "power": (2.0, 3.0)}
_OTHER_CONSTANTS: Final = (2.0, -2.0, 3.0, -3.0)
_LEAST, _MOST, _LEAST_LOCAL, _FROM_KINK, _FROM_ONE = 0.1, 60.0, 0.04, 0.3, 0.05  # what is easy to read, found by trial
_WHOLE: Final = (-3.0, -2.0, 2.0, 3.0, 5.0)
_TRIES: Final = 8


class BadRecipe(TutorError):
    """A circuit that is impossible, or cannot be found, as requested."""


class Recipe(NamedTuple):
    """A random circuit: every gate is of one of these kinds, and each kind occurs if possible. `size` gives the fewest
    and the most gates, `forks` how many nodes have two outgoing branches.
    """

    gates: tuple[str, ...] = FIRST_GATES
    size: tuple[int, int] = _FIRST_SIZE
    forks: int = 0

    def command(self, seed: int) -> str:
        """The command for the circuit of this recipe and a seed. A range of sizes has no such command."""
        smallest, largest = self.size
        size = "" if smallest == _FIRST_SIZE[0] else f" --size {smallest}"
        forks = "" if self.forks == 0 else f" --forks {self.forks}"
        gates = "" if self.gates == FIRST_GATES else f" --gates {','.join(self.gates)}"
        return f"backprop-tutor practice --random --seed {seed}{size}{forks}{gates}" if smallest == largest else ""


class Asked(NamedTuple):
    """The `--random` options that were given; None for the others."""

    gates: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None
    forks: int | None = None

    def recipe(self, solved: int) -> Recipe:
        """The recipe after this many solved circuits: first larger, then with forks, then with more kinds of gates.

        Raises BadRecipe.
        """
        smallest, largest = self.size or _FIRST_SIZE
        size = min(smallest + solved, largest)
        solved -= size - smallest
        forks = self.forks
        if forks is None:
            forks = min(solved, _MOST_FORKS, most_forks(self.gates or FIRST_GATES, size))
            solved -= forks
        return checked(Recipe(self.gates or (*FIRST_GATES, *LATER_GATES[:solved]), (size, size), forks))


def asked(gates: str | None = None, size: str | None = None, forks: int | None = None) -> Asked:
    """What `--gates add,mul`, `--size 3..8` and `--forks 1` ask for. Raises BadRecipe."""
    found = Asked(None if gates is None else _gates_of(gates), None if size is None else _size_of(size), forks)
    checked(Recipe(found.gates or FIRST_GATES, found.size or _FIRST_SIZE, forks or 0))
    return found


def _gates_of(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in GATES:
            raise BadRecipe(f"{visible(name)} is not a gate.{nearest(name, GATES)} The gates are {', '.join(GATES)}.")
    if not names:
        raise BadRecipe("--gates takes names of gates, separated by commas: --gates add,mul,max.")
    return tuple(dict.fromkeys(names))


def _size_of(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadRecipe(f"--size must be a number of gates or a range, such as 5 or 3..8, not {visible(text)}.")
    smallest, largest = int(match[1]), int(match[2] or match[1])
    if smallest > largest:
        raise BadRecipe(f"--size must go up: {largest}..{smallest}, not {smallest}..{largest}.")
    if smallest < 1 or largest > MOST_GATES:
        raise BadRecipe(f"--size must be from 1 to {MOST_GATES} gates, not {visible(text)}.")
    return smallest, largest


def most_forks(gates: tuple[str, ...], size: int) -> int:
    """The most forks that a circuit of this many of these gates can have: each needs a gate to bring its two branches
    together again."""
    return size - 1 if any(GATES[gate].arity == 2 for gate in gates) else 0


def checked(recipe: Recipe) -> Recipe:
    """The recipe, if its forks are possible. Raises BadRecipe."""
    gates, (_, size), forks = recipe
    most = most_forks(gates, size)
    if forks < 0:
        raise BadRecipe(f"--forks must be 0 or more, not {forks}.")
    if forks > most and most == 0 and size > 1:
        needs = "a fork needs a gate with two inputs to bring its branches together again"
        raise BadRecipe(f"{needs}, and {', '.join(gates)} has none. Add one, such as add.")
    if forks > most:
        count = "1 gate has" if size == 1 else f"{size} gates have"
        raise BadRecipe(f"{count} room for {most} forks, not for {forks}. Take a larger --size.")
    return recipe


def generate(recipe: Recipe, seed: int) -> Exercise:
    """The circuit of a recipe and a seed. Raises BadRecipe if there is none, or none was found."""
    checked(recipe)
    for exercise in islice(_readable(recipe, seed), _MOST_READABLE):
        # No mistake leads to the right number, and no two to the same, except for those that are often near another.
        met = any(one == RIGHT or not MINOR & {one, other} for _, one, other in alike(exercise))
        if not met and not is_idle_rule(exercise):
            return exercise
    smallest, largest = recipe.size
    size = f"{smallest}" if smallest == largest else f"{smallest} to {largest}"
    forks = "" if not recipe.forks else " and one fork" if recipe.forks == 1 else f" and {recipe.forks} forks"
    raise BadRecipe(
        f"found no readable circuit of {size} gates{forks} made of {', '.join(recipe.gates)}: the numbers become too "
        "large, too small or too long to write, or mistakes cannot be told apart. Use fewer gates (--size), or more "
        "kinds (--gates)."
    )


def _readable(recipe: Recipe, seed: int) -> Iterator[Exercise]:
    """The readable circuits that a seed gives, one try after another."""
    for attempt in range(_ATTEMPTS):
        picks = _Picks(f"{ID}:{seed}:{attempt}")
        rows = _Try(recipe, picks, every_kind=attempt < _WITH_EVERY_KIND).circuit()
        if rows is not None:
            exercise = _exercise(rows, recipe, seed)
            for upstream in picks.some_of(_UPSTREAMS, _TRIED_UPSTREAMS):
                tried = exercise._replace(upstream=upstream)
                if _reads_well(tried.solution) and why_unusable(tried) is None:
                    yield tried


def _exercise(rows: Sequence[_Row], recipe: Recipe, seed: int) -> Exercise:
    """A circuit with names: x, y, z, w for the inputs, a, b, c, d for the gates, f for the output."""
    count = sum(row.gate is None for row in rows)
    input_names = iter(_INPUTS if count <= len(_INPUTS) else [f"x{number}" for number in range(1, count + 1)])
    gate_names = iter(_GATES)
    names: list[str] = []
    values: dict[str, float] = {}
    lines: list[str] = []
    for row in rows:
        if row.gate is None:
            names.append(next(input_names))
            values[names[-1]] = row.value
        else:
            names.append("f" if row is rows[-1] else next(gate_names))
            right = row.gate.written([names[source] for source in row.sources], row.constant)
            lines.append(f"{names[-1]} = {right}")
    text = "\n".join(lines)
    graph = read_graph(text, values, reserved=["L"])
    return Exercise(
        id=ID, title=title_of(graph), graph_text=text, graph=graph, values=values,
        choices={name: Choice(value) for name, value in values.items()}, seed=seed, source=recipe.command(seed),
        tags=tuple(dict.fromkeys(gate.name for gate in graph.gates if gate is not None)),
    )  # fmt: skip


def title_of(graph: Graph) -> str:
    """The title of a random circuit."""
    gates, forks = len(graph.gate_names), len(graph.forks)
    title = "A circuit of one gate" if gates == 1 else f"A circuit of {gates} gates"
    return title if not forks else f"{title} with a fork" if forks == 1 else f"{title} with {forks} forks"


def _reads_well(solution: Solution) -> bool:
    """Whether every gradient is easy to write and none stops at a gate, so that there is always something to
    multiply."""
    graph = solution.graph
    short = all(gate is None or _is_short(gate) for gate in graph.gates)
    for node, gate in enumerate(graph.gates):
        numbers = [solution.gradients[node], *(solution.gradients[node] * slope for slope in solution.locals[node])]
        if gate is not None and numbers[0] == 0:
            return False
        for number in filter(None, numbers):
            if not _LEAST_GRADIENT <= abs(number) <= _MOST_GRADIENT or (short and round(number, 3) != number):
                return False
    at_forks = [solution.gradient(fork) for fork in graph.forks]
    at_forks += [solution.flow(branch).downstream for fork in graph.forks for branch in graph.branches_from[fork]]
    return all(abs(number) >= _LEAST_GRADIENT for number in at_forks)


class _Row(NamedTuple):
    """A node: its value, its gate (None for an input), the nodes that enter it, its constant."""

    value: float
    gate: Gate | None = None
    sources: tuple[int, ...] = ()
    constant: float | None = None


class _Try:
    """A circuit of a recipe under construction; with `every_kind`, each kind of gate occurs as far as the size allows.
    `loose` are the nodes that lead nowhere yet, `once` those with one branch, which may become forks. In total, as many
    branches begin as gates have slots: one at each node except the output, and one more at each fork.
    """

    def __init__(self, recipe: Recipe, picks: _Picks, every_kind: bool) -> None:
        smallest, largest = recipe.size
        size = smallest + picks.below(largest - smallest + 1)
        kinds = picks.some_of(recipe.gates, size) if every_kind else []
        kinds += [picks.one_of(recipe.gates) for _ in range(size - len(kinds))]
        self.kinds, self.picks, self.forks = picks.some_of(kinds, size), picks, recipe.forks
        # Gates with two inputs join paths, forks split them: the remaining ones begin at an input.
        self.inputs = sum(GATES[kind].arity == 2 for kind in kinds) + 1 - recipe.forks
        self.slots = sum(GATES[kind].arity for kind in kinds)
        self.rows: list[_Row] = []
        self.loose: list[int] = []
        self.once: list[int] = []

    def circuit(self) -> list[_Row] | None:
        """Its nodes with readable values, the output last; None if this try failed."""
        if self.inputs < 1 or not all(any(self._gate(kind) for _ in range(_TRIES)) for kind in self.kinds):
            return None
        return self.rows if len(self.loose) == 1 and not self.inputs and not self.forks else None

    def _gate(self, kind: str) -> bool:
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
            # With a size that no other input has, as long as some are left.
            used = {abs(row.value) for row in self.rows if row.gate is None}
            free = [number for number in _NUMBERS if abs(number) not in used]
            self.rows.append(_Row(self.picks.one_of(free or _NUMBERS)))
            self.inputs -= 1
        self.once.append(node)
        return node

    def _row(self, kind: str, sources: tuple[int, ...]) -> _Row | None:
        """The gate with its value; None if that is not readable."""
        constants = _CONSTANTS.get(kind, _OTHER_CONSTANTS)
        constant = self.picks.one_of(constants) if GATES[kind].has_constant else None
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
        stopped = [source for source, slope in zip(sources, local, strict=True) if slope == 0]
        if (
            any(abs(distance) < _FROM_KINK for distance in gate.distances(values, sources, constant or 0.0))
            or (len(operands) == 2 and abs(operands[0]) == abs(operands[1]))
            # A gradient that stops here would leave a gate, or a branch of a fork, with nothing to find.
            or any(self.rows[source].gate or source not in self.once for source in stopped)
            or not _is_readable(gate, operands, value, local)
            # Far out, a softplus is a line, where leaving out its local gradient is right.
            or (not _is_flat(gate) and any(abs(abs(slope) - 1) < _FROM_ONE for slope in local))
        ):
            return None
        self.once = [node for node in self.once if node not in stopped]
        return _Row(value, gate, sources, constant)


def _is_readable(gate: Gate, operands: Sequence[float], value: float, local: Sequence[float]) -> bool:
    """Whether a gate's numbers are easy to write and hide nothing: 0 may only enter a sum, or leave a gate that stops
    the gradient."""
    if 0 in operands and not (gate.is_sum and gate.arity == 2):
        return False
    if any(slope and not _LEAST_LOCAL <= abs(slope) <= _MOST for slope in local):
        return False
    if value == 0:
        return not any(local)
    long = _is_short(gate) and round(value, 2) != value and all(round(number, 2) == number for number in operands)
    return _LEAST <= abs(value) <= _MOST and abs(value) != 1 and not long


T = TypeVar("T")


class _Picks:
    def __init__(self, key: str) -> None:
        self._key, self._number = key, 0

    def below(self, count: int) -> int:
        self._number += 1
        return pick(f"{self._key}:{self._number}", count)

    def one_of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def some_of(self, options: Sequence[T], most: int) -> list[T]:
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(min(most, len(left)))]


@cache
def _is_short(gate: Gate) -> bool:
    """Whether a gate turns short decimals into short decimals, which is so if it turns whole numbers into whole
    ones."""
    return all(value == int(value) for value, _ in _tried(gate))


@cache
def _is_flat(gate: Gate) -> bool:
    """Whether the local gradient takes only constant values, whatever the inputs."""
    return len({local for _, local in _tried(gate)}) <= _MOST_PIECES


def _tried(gate: Gate) -> list[tuple[float, tuple[float, ...]]]:
    """The value and the local gradients at a few whole numbers of the gate's domain."""
    found = []
    for at in product(_WHOLE, repeat=gate.arity):
        with suppress(ArithmeticError, ValueError):
            value = gate.compute(at, range(gate.arity), 2.0)
            found.append((value, gate.differentiate(at, range(gate.arity), 2.0, value)))
    return found
