"""What a mistake is that is not one gate's own: what the student did, what holds, the skill that failed, its edits of
the right derivation by the kind of place.

An edit gives what a student has in place of the right number: a number, a product as a tuple of its factors, or a sum
as a list of these, so that what was typed can be compared factor by factor; None where the mistake cannot be made. It
is a formula in the fields of the place, with `k` for the member of a family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import fsum, prod
from typing import Any, Final, NamedTuple

UPSTREAM: Final = "upstream"
"""The skill of multiplying by the upstream gradient."""
FORK: Final = "fork"
"""The skill of adding what the branches carry."""
GATE: Final = "gate"
"""The sort of skill that is a gate's local rule: of the gate asked about."""
STAGE: Final = "stage"
"""The sort of skill that is a kind of question: of the stage asked about."""

Product = tuple[float, ...]
Outcome = float | Product | list[float | Product] | None

BRANCH, LOCAL, OUTPUT, FORWARD, ERROR, DELTA, UPDATE = (
    "branch", "local", "output", "forward", "error", "delta", "update",
)  # fmt: skip
"""The kinds of places, with FORK, the sum at a node."""
_MOST_PARTS: Final = 5
"""Of more branches than these only single ones and all but one are tried as what was kept: others are 2^n sums."""
_LIKELIER: Final = 3
"""So much likelier is it that one branch was kept, or one left out, than any other set."""


class Edit(NamedTuple):
    """One edit at a kind of place: how often it is made, what it gives; of each member of a family where one is
    named."""

    where: str
    often: int
    outcome: str
    each: str = ""


class Mistake(NamedTuple):
    """One mistake; `skill` is what failed where it is made (None: a slip of writing, no skill did)."""

    id: str
    skill: str | None
    did: str
    holds: str
    edits: tuple[Edit, ...] = ()


def value_of(outcome: float | Product | list[float | Product]) -> float:
    """The number that an outcome comes to."""
    if isinstance(outcome, tuple):
        return prod(outcome)
    if isinstance(outcome, list):
        return fsum([prod(term) if isinstance(term, tuple) else term for term in outcome])
    return float(outcome)


def subsets(parts: Sequence[float]) -> list[tuple[list[float], float]]:
    """What may be kept of several parts, not all of it, and how likely it is."""
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
"""The members of a family at a place, with the share of each; of every other name those that the place has."""


def family(name: str, place: Any) -> Sequence[tuple[Any, float]]:
    """The members of a family at a place, each with its share of how often the mistake is made."""
    return FAMILIES[name](place) if name in FAMILIES else _equal(getattr(place, name))


def _equal(members: Sequence[Any]) -> list[tuple[Any, float]]:
    return [(one, 1 / len(members)) for one in members]


def is_activation(gate: Any) -> bool:
    """Whether a gate is a function of one node, without a constant."""
    return bool(gate.arity == 1 and not gate.has_constant)


def mistake_name(id_: str) -> str:
    """A mistake as people call it: `forgot upstream`, `sign flipped at g5`."""
    one, _, at = id_.partition("@")
    where = {"": "", "all": " everywhere"}.get(at, f" at {at}")
    return one.replace("+", " and ").replace("-", " ") + where
