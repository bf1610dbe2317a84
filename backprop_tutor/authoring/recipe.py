"""What a random circuit is asked to be: its gates, its size, its forks; and how that grows with each one solved."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from backprop_tutor.engine.gates import GATES
from backprop_tutor.errors import TutorError
from backprop_tutor.text import nearest, visible

MOST_GATES: Final = 15
"""The largest random circuit."""
FIRST_GATES: Final = ("add", "mul", "max")
"""The kinds of gate that random circuits begin with."""
LATER_GATES: Final = ("sub", "relu", "sigmoid", "tanh", "exp", "reciprocal", "power", "log")
"""The kinds that join them one by one, for those who name none."""
_FIRST_SIZE: Final = (3, 8)
_MOST_FORKS: Final = 2
_SIZE = re.compile(r"([0-9]{1,4})(?:\.\.([0-9]{1,4}))?")


class BadRecipe(TutorError):
    """A circuit that cannot be, or cannot be found, as it is asked for."""


class Recipe(NamedTuple):
    """A random circuit: every gate is of one of these kinds, and each kind is there, where that can be.

    `size` are the fewest and the most gates, `forks` how many nodes have two outgoing branches.
    """

    gates: tuple[str, ...] = FIRST_GATES
    size: tuple[int, int] = _FIRST_SIZE
    forks: int = 0

    def command(self, seed: int) -> str:
        """What is typed for the circuit of this recipe and a seed. A size that is a range has no such command."""
        smallest, largest = self.size
        size = "" if smallest == _FIRST_SIZE[0] else f" --size {smallest}"
        forks = "" if self.forks == 0 else f" --forks {self.forks}"
        gates = "" if self.gates == FIRST_GATES else f" --gates {','.join(self.gates)}"
        return f"backprop-tutor practice --random --seed {seed}{size}{forks}{gates}" if smallest == largest else ""


class Asked(NamedTuple):
    """What a student named of it (None: nothing, so it may grow)."""

    gates: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None
    forks: int | None = None

    def recipe(self, solved: int) -> Recipe:
        """The circuit after so many solved ones: first larger, then with forks, then with more kinds of gates.

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
        raise BadRecipe("--gates names gates, separated by commas: --gates add,mul,max.")
    return tuple(dict.fromkeys(names))


def _size_of(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadRecipe(f"--size is a number of gates or a range of them, 5 or 3..8, not {visible(text)}.")
    smallest, largest = int(match[1]), int(match[2] or match[1])
    if smallest > largest:
        raise BadRecipe(f"--size goes up: {largest}..{smallest}, not {smallest}..{largest}.")
    if smallest < 1 or largest > MOST_GATES:
        raise BadRecipe(f"--size is from 1 to {MOST_GATES} gates, not {visible(text)}.")
    return smallest, largest


def most_forks(gates: tuple[str, ...], size: int) -> int:
    """The most forks that a circuit of so many of these gates can have: each takes two branches together again."""
    return size - 1 if any(GATES[gate].arity == 2 for gate in gates) else 0


def checked(recipe: Recipe) -> Recipe:
    """The recipe, if its forks can be. Raises BadRecipe."""
    gates, (_, size), forks = recipe
    most = most_forks(gates, size)
    if forks < 0:
        raise BadRecipe(f"--forks is 0 or more, not {forks}.")
    if forks > most and most == 0 and size > 1:
        needs = "a fork needs a gate of two inputs to come together again"
        raise BadRecipe(f"{needs}, and {', '.join(gates)} has none. Add one, such as add.")
    if forks > most:
        count = "1 gate has" if size == 1 else f"{size} gates have"
        raise BadRecipe(f"{count} room for {most} forks, not for {forks}. Take a larger --size.")
    return recipe
