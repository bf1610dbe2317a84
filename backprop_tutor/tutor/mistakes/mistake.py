"""A mistake that is not specific to one gate: what the student did, what holds instead, the skill that failed, and its
edits of the right derivation by kind of place.

An edit gives what a student has instead of the right number: a number, a product as a tuple of its factors, or a sum
as a list of these, so that typed input can be compared factor by factor; None if the mistake cannot be made. It is
written as a formula in the fields of the place, with `k` for the member of a family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import fsum, isclose, prod
from typing import Any, Final

from backprop_tutor.fields import NamedTuple

UPSTREAM: Final = "upstream"
"""The skill of multiplying by the upstream gradient."""
FORK: Final = "fork"
"""The skill of adding what the branches carry."""
GATE: Final = "gate"
"""Stands for the skill of applying the local rule of the gate in question."""
STAGE: Final = "stage"
"""Stands for the skill that the stage in question trains."""

Product = tuple[float, ...]
Outcome = float | Product | list[float | Product] | None

BRANCH, LOCAL, OUTPUT, FORWARD, ERROR, DELTA, UPDATE = (
    "branch", "local", "output", "forward", "error", "delta", "update",
)  # fmt: skip
"""The kinds of places, with FORK, the sum at a node."""
_MOST_PARTS: Final = 5
"""With more branches than this, only single branches and all but one are tried as the ones kept: there are 2^n sums."""
_LIKELIER: Final = 3
"""How much likelier it is that one branch was kept, or one left out, than any other set."""


class Edit(NamedTuple):
    """One edit at a kind of place: how often it is made, and what it gives; for each member of a family, if one is
    named."""

    where: str
    often: int
    outcome: str
    each: str = ""


class Mistake(NamedTuple):
    """One mistake; `skill` is the one that it shows to be missing (None: a slip of the pen)."""

    id: str
    skill: str | None
    did: str
    holds: str
    edits: tuple[Edit, ...] = ()


def value_of(outcome: float | Product | list[float | Product]) -> float:
    """The number that an outcome evaluates to."""
    if isinstance(outcome, tuple):
        return prod(outcome)
    if isinstance(outcome, list):
        return fsum([prod(term) if isinstance(term, tuple) else term for term in outcome])
    return float(outcome)


def subsets(parts: Sequence[float]) -> list[tuple[list[float], float]]:
    """The proper subsets of several parts that may be kept, and how likely each is."""
    count = len(parts)
    sizes = range(1, count) if count <= _MOST_PARTS else (1, count - 1)
    kept = [
        (list(some), _LIKELIER if size in (1, count - 1) else 1) for size in sizes for some in combinations(parts, size)
    ]
    total = sum(weight for _, weight in kept)
    return [(some, weight / total) for some, weight in kept]


TENS: Final = (10.0, 0.1, 100.0, 0.01, 1000.0, 0.001)
FAMILIES: Final[dict[str, Callable[[Any], Sequence[tuple[Any, float]]]]] = {
    "tens": lambda _: _equal(TENS),
    "subsets of flows": lambda p: subsets(p.flows),
    "subsets of terms": lambda p: subsets(p.terms),
    "mul": lambda p: _equal([one for one in p.meetings if one.kind == "mul"]),
    "div": lambda p: _equal([one for one in p.meetings if one.kind == "div"]),
}
"""The members of a family at a place, with the share of each; for any other name, those in the place's field."""


def family(name: str, place: Any) -> Sequence[tuple[Any, float]]:
    """The members of a family at a place, each with its share of the mistake's frequency."""
    return FAMILIES[name](place) if name in FAMILIES else _equal(getattr(place, name))


def _equal(members: Sequence[Any]) -> list[tuple[Any, float]]:
    return [(one, 1 / len(members)) for one in members]


def is_activation(gate: Any) -> bool:
    """Whether a gate is a function of a single node, without a constant."""
    return bool(gate.arity == 1 and not gate.has_constant)


def is_same(a: float, b: float, zero: float = 0.0) -> bool:
    """Whether two numbers differ only by how they were computed."""
    return isclose(a, b) or (abs(a) <= zero and abs(b) <= zero)
