"""The rows of a place: every edit that can be made there, how often it is made, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, Final

from backprop_tutor.engine.gate import RARE, USUAL, VALUE, Gate
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.mistakes.further import Further
from backprop_tutor.tutor.mistakes.mistake import (
    BRANCH,
    DELTA,
    ERROR,
    FORK,
    FORWARD,
    LOCAL,
    OUTPUT,
    UPDATE,
    Edit,
    Outcome,
    family,
    value_of,
)
from backprop_tutor.tutor.mistakes.outcomes import NOT_CARRIED, all_numbers, outcome_of, some_numbers
from backprop_tutor.tutor.mistakes.places import AtBranch, AtFork, AtNeuron, AtValue, Place
from backprop_tutor.tutor.mistakes.table import MISTAKES, edits_at

_OF_A_DELTA: Final = 1 / 3
"""How much rarer a mistake in a delta is in the new weight that follows from it."""


class Row(NamedTuple):
    """One edit that can be made at a question: how often it occurs among a thousand wrong answers (its whole family as
    often as `grade` says); `is_own` says that it is specific to a gate or a fork; `member` which member of the family
    `each`, or which of the gate's wrong rules, it uses; `of` what it is about."""

    id: str
    often: float
    is_own: bool = False
    grade: int = RARE
    member: int = -1
    each: str = ""
    further: Further | None = None
    of: str = ""


def where(place: Place) -> str:
    """The kind of a place."""
    if isinstance(place, AtBranch):
        return LOCAL if place.is_local else BRANCH
    if isinstance(place, AtFork):
        return FORK if place.flows else OUTPUT
    if isinstance(place, AtNeuron):
        return UPDATE if place.is_weight else DELTA
    return FORWARD if isinstance(place, AtValue) else ERROR


def rows_at(place: Place, kind: str) -> list[Row]:
    """The rows of a place, in the order of their outcomes."""
    found: list[Row] = []
    if isinstance(place, AtBranch):
        found += _own_rows(place.gate, place.slot)
    elif isinstance(place, AtValue):
        found += _own_rows(place.gate, VALUE)
    for id_, edit in edits_at(kind):
        found += _rows_of(id_, edit, place, 1.0)
    if isinstance(place, AtNeuron) and place.is_weight and not place.is_plain:
        for id_, edit in edits_at(DELTA):
            if id_ not in NOT_CARRIED:
                found += _rows_of(id_, edit, place, _OF_A_DELTA)
    return found


def _own_rows(gate: Gate, slot: int) -> Iterator[Row]:
    for number, (wrong, _) in enumerate(gate.wrongly(slot)):
        yield Row(wrong.id, wrong.often, True, wrong.often, number)


def _rows_of(id_: str, edit: Edit, place: Place, share: float) -> Iterator[Row]:
    is_own = MISTAKES[id_].skill == FORK
    if not edit.each:
        yield Row(id_, edit.often * share, is_own, edit.often)
        return
    for number, (_, part) in enumerate(family(edit.each, place)):
        yield Row(id_, edit.often * share * part, is_own, edit.often, number, edit.each)


def outcomes_at(place: Place, kind: str) -> list[Outcome]:
    """The outcomes of a place's edits, in the order of its rows; None where an edit gives no number."""
    found = list(own_outcomes(place, kind))
    for _, edit in edits_at(kind):
        found += _outcomes_of(kind, edit, place)
    if isinstance(place, AtNeuron) and place.is_weight and not place.is_plain:
        for id_, edit in edits_at(DELTA):
            if id_ not in NOT_CARRIED:
                found += [_carried(place, outcome) for outcome in _outcomes_of(DELTA, edit, place)]
    return found


def own_outcomes(place: Place, kind: str) -> Iterator[Outcome]:
    """The outcomes of the gate's own wrong rules, which come first."""
    if isinstance(place, AtBranch):
        u, slope, nodes = place.u, place.l, range(len(place.operands))
        for _, rule in place.gate.wrongly(place.slot):
            number = _guarded(rule, place.operands, nodes, place.constant, place.out, slope)
            yield number if number is None or kind == LOCAL else (u, number)  # type: ignore[misc]
    elif isinstance(place, AtValue):
        nodes = range(len(place.operands))
        for _, rule in place.gate.wrongly(VALUE):
            yield _guarded(rule, place.operands, nodes, place.constant, place.right, 0.0)


def numbers_at(place: Place, kind: str, ids: frozenset[str], zero: float) -> list[tuple[str, float]]:
    """Only the numbers of some frequent mistakes, each with its id."""
    found = some_numbers(place, kind, ids)
    if found is None:  # one of them has no number here
        rows = zip(rows_at(place, kind), numbers_of(place, kind, zero), strict=True)
        found = [(row.id, one) for row, one in rows if one is not None and row.id in ids and row.grade >= USUAL]
    return [(id_, number if abs(number) > zero else 0.0) for id_, number in found]


def numbers_of(place: Place, kind: str, zero: float) -> list[float | None]:
    """The numbers of all rows of a place; None for none."""
    found = all_numbers(place, kind)
    if found is None:
        return [number_of(outcome, zero) for outcome in outcomes_at(place, kind)]
    return [(number if abs(number) > zero else 0.0) if isfinite(number) else None for number in found]


def _outcomes_of(kind: str, edit: Edit, place: Place) -> Iterator[Outcome]:
    outcome = outcome_of(kind, edit)
    if not edit.each:
        yield _guarded(outcome, *place)
        return
    for member, _ in family(edit.each, place):
        yield _guarded(outcome, *place, member)


def _carried(place: AtNeuron, delta: Outcome) -> Outcome:
    """The new weight that follows from a wrong delta."""
    if delta is None:
        return None
    factors = delta if isinstance(delta, tuple) else (value_of(delta),)
    return [place.old, (place.rate, place.carries, *factors)]


def _guarded(outcome: Callable[..., Any], *arguments: Any) -> Outcome:
    try:
        found: Outcome = outcome(*arguments)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return found


def number_of(outcome: Outcome, zero: float = 0.0) -> float | None:
    """The number of an outcome; None unless it is finite and real."""
    if outcome is None:
        return None
    try:
        number = value_of(outcome)
        if not isfinite(number):
            return None
    except (TypeError, ArithmeticError):
        return None
    return number if abs(number) > zero else 0.0
