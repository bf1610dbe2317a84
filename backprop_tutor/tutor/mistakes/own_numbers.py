"""The place of an answer at a student's own numbers: what they went on with may differ from what is true, so the same
mistakes lead to other numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from backprop_tutor.tutor.marking.follow_through import computed
from backprop_tutor.tutor.mistakes.edits import AtGate, Edits
from backprop_tutor.tutor.mistakes.matching import Candidate, Digits, own_candidates
from backprop_tutor.tutor.mistakes.places import (
    AtBranch,
    AtFork,
    AtValue,
    BranchSpot,
    ForkSpot,
    NeuronSpot,
    Place,
    PlainSpot,
    ValueSpot,
    is_same,
)  # fmt: skip

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.stages.stage import Question

_MOST_UPSTREAMS: Final = 3
"""The number of upstream gradients, of those that a student may have used, that are tried for mistakes."""


def own_places(edits: Edits, question: Question, attempt: Attempt) -> Iterator[Place]:
    """The place at the student's own numbers if they differ from the true ones; at a branch, in every mixture of true
    and own ones."""
    if not attempt.carried.written:
        return
    spot, place = edits.spot, edits.place
    if not isinstance(spot, BranchSpot) or not isinstance(place, AtBranch):
        yield from _own_place(edits, question, attempt)
        return
    upstreams = _own_upstreams(spot, place, attempt)
    own = _own_gate(spot, place, attempt)
    if own is not None:
        yield from (place.seen(u, *own) for u in (place.u, *upstreams))
    yield from (place.seen(u, place.operands, place.out, place.l) for u in upstreams)


def candidates_at_own(edits: Edits, question: Question, attempt: Attempt, given: Digits) -> list[Candidate]:
    """The edits that an answer fits at the student's own numbers."""
    if not attempt.carried.written:
        return []
    spot, place, value, width = edits.spot, edits.place, given.value, given.width
    found: list[Candidate] = []
    if not isinstance(spot, BranchSpot) or not isinstance(place, AtBranch):
        for one in _own_place(edits, question, attempt):
            found += own_candidates(edits, given, edits.own(one, value, width), one)
        return found
    upstreams = _own_upstreams(spot, place, attempt)
    own = _own_gate(spot, place, attempt)
    if own is not None:
        for at_gate, near in edits.own_gate((place.u, *upstreams), own, value, width):
            found += own_candidates(edits, given, near, at_gate)
    for u in upstreams:
        near = edits.at_upstream(u, value, width) if u else []
        if near:
            found += own_candidates(edits, given, near, place.seen(u, place.operands, place.out, place.l))
    return found


def _own_place(edits: Edits, question: Question, attempt: Attempt) -> Iterator[Place]:
    """The place anywhere else than at a branch."""
    carried, spot, place, solution = attempt.carried, edits.spot, edits.place, edits.solution
    if isinstance(spot, ForkSpot) and isinstance(place, AtFork):
        branches = solution.graph.branches_from[spot.name]
        if branches and question.kind.is_number and (carried.backward or carried.forward or carried.local):
            # If no product may follow from a wrong local answer, the true one is as good as any.
            products = [
                carried.backward.get(one.name) or next(iter(carried.products_of(one)), None) for one in branches
            ]
            flows = tuple([flow if own is None else own.value for own, flow in zip(products, place.flows, strict=True)])
            if flows != place.flows:
                yield spot.seen(solution, flows)
    elif isinstance(spot, ValueSpot) and isinstance(place, AtValue):
        _, operands = carried.own_values(spot.name)
        if operands != place.operands:
            value = computed(solution.graph, spot.node, operands)
            if value is not None:
                yield spot.seen(solution, operands, value)
    elif isinstance(spot, NeuronSpot) and spot.weight is not None:
        own = carried.delta.get(f"{spot.neuron}.delta")
        if own is not None and own.value:
            yield spot.seen(attempt.key.signals, own.value)
    elif isinstance(spot, PlainSpot):
        gradient = carried.backward.get(spot.name)
        if gradient is not None:
            yield spot.seen(solution, -gradient.value)


def _own_gate(spot: BranchSpot, true: AtBranch, attempt: Attempt) -> AtGate | None:
    """The student's own numbers at a branch's gate, if any of them differs from the true one."""
    carried, branch = attempt.carried, spot.branch
    if not carried.forward and not carried.local:
        return None
    out, operands = carried.own_values(branch.gate)
    given = None if spot.is_local else carried.local.get(branch.name)
    slope = carried.own_local(branch) if given is None else given.value
    is_true = out == true.out and slope == true.l and operands == true.operands
    return None if is_true else (operands, out, slope)


def _own_upstreams(spot: BranchSpot, place: AtBranch, attempt: Attempt) -> list[float]:
    """The upstream gradients that a student may have used, without the true one."""
    if spot.is_local:
        return []
    own = [one.value for one in attempt.carried.upstreams_of(spot.branch.gate)[:_MOST_UPSTREAMS]]
    return [u for u in dict.fromkeys(own) if not is_same(u, place.u)]
