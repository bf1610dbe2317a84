"""The numbers behind one question, as a wrong answer may have used them: the true ones, and the student's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from backprop_tutor.tutor.marking.acceptance import is_right
from backprop_tutor.tutor.marking.answers import Answer

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.stages.stage import Question

_MOST_UPSTREAMS: Final = 3
"""Of the upstream gradients that a student may have used, so many are tried for mistakes."""
SHARES: Final = (1.0, 0.5)
"""How much of the upstream gradient a student may give to one branch of a gate: all of it, half of it."""


class Signal(NamedTuple):
    """The numbers of one neuron's delta, and of the new weight that follows from it where one is asked.

    `slope` is dy/dX of the neuron, `arriving` what it is multiplied by (the error, or the sum of `terms`, each a
    weight times a delta), `renewed` that sum with the new weights. `factor` is what the loss has beside the
    error, 1 for half its square; 0 where it is no square; with cross-entropy and sigmoid the loss `cancels` the slope.
    Of an update: `old` is the weight, `rate` the learning rate, `carries` what the weight multiplies (-1 of a
    threshold; 1 where the delta stands for the whole -dL/dw), and the signal is `of_weight`.
    """

    delta: float
    slope: float
    arriving: float
    terms: tuple[float, ...] = ()
    renewed: float | None = None
    factor: float = 0.0
    old: float = 0.0
    rate: float = 0.0
    carries: float = 1.0
    is_threshold: bool = False
    cancels: bool = False
    of_weight: bool = False

    @property
    def step(self) -> float:
        """What the new weight is more than the old one."""
        return self.rate * self.carries * self.delta


class Case(NamedTuple):
    """The numbers of one question, as the student had them before the answer.

    `stage` is that of the question, but error for the error of a neuron and output for the output's own gradient.
    `gate` is the kind of the gate whose slot is asked about (empty at a fork), `operands` its inputs' values, `out` its
    own, `constant` its number. `value` is the value of the node asked about, `flows` what a fork's branches carry,
    `further` the upstreams of the gates further downstream, `shares` how much of the upstream the student gave to the
    gate's other branch, `right` the number that is right, `zero` how large a number still counts as 0, `signal` the
    neuron behind a delta or a new weight, `is_branch` whether what one branch carries back is asked.
    """

    stage: str
    right: float
    value: float = 0.0
    gate: str = ""
    slot: int = 0
    operands: tuple[float, ...] = ()
    out: float = 0.0
    constant: float = 0.0
    upstream: float = 1.0
    local: float = 1.0
    flows: tuple[float, ...] = ()
    further: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    zero: float = 0.0
    signal: Signal | None = None
    is_branch: bool = False

    @property
    def x(self) -> float:
        """The value at the slot asked about."""
        return self.operands[self.slot]

    @property
    def of_weight(self) -> bool:
        """Whether a new weight is asked, which is judged by its step."""
        return self.signal is not None and self.signal.of_weight

    @property
    def neuron(self) -> Signal:
        """The neuron behind a delta or a new weight, at a question that has one."""
        assert self.signal is not None
        return self.signal


def forward_cases(question: Question, attempt: Attempt) -> Iterator[Case]:
    """The right value, and what would be right with the student's own inputs of the gate."""
    zero = attempt.key.scale.zero
    own = [carried.value for carried in attempt.carried.values_of(question.node)]
    return (Case("forward", number, number, zero=zero) for number in (attempt.key.number(question), *own))


def input_cases(question: Question, attempt: Attempt) -> Iterator[Case]:
    """The gradient of an input, whose value may be taken for it."""
    number, value = attempt.key.number(question), attempt.key.solution.value(question.node)
    yield Case("symbolic", number, value, zero=attempt.key.scale.zero)


def fork_cases(question: Question, attempt: Attempt) -> Iterator[Case]:
    """What the branches of a fork carry: truly, and by the student's own numbers. Of the output, its given gradient."""
    solution, carried, zero = attempt.key.solution, attempt.carried, attempt.key.scale.zero
    branches = solution.graph.branches_from[question.node]
    value = solution.value(question.node)
    if not branches:
        yield Case("output", solution.gradient(question.node), value, zero=zero)
        return
    flows = tuple(solution.flow(branch).downstream for branch in branches)
    yield Case("backward", solution.gradient(question.node), value, flows=flows, zero=zero)
    given = [carried.backward.get(one.name) or next(iter(carried.products_of(one)), None) for one in branches]
    # Where a wrong local gradient of 0 or 1 leaves no product that follows from it, the branch carries its true number.
    own = tuple(one.value if one else flow for one, flow in zip(given, flows, strict=True))
    if own != flows:
        yield Case("backward", sum(own), value, flows=own, zero=zero)


def branch_cases(question: Question, attempt: Attempt) -> Iterator[Case]:
    """The numbers at a branch's gate: the true ones, then every mixture with the student's own."""
    key, carried, branch = attempt.key, attempt.carried, question.branch
    assert branch is not None
    solution, graph, has_upstream = key.solution, key.graph, question.kind.shows_upstream
    node, values = graph.index[branch.gate], solution.values
    sources, upstream, local = graph.inputs[node], solution.gradients[node], float(solution.locals[node][branch.slot])
    gate = graph.gates[node]
    assert gate is not None
    seen = [(tuple([values[source] for source in sources]), values[node], local)]
    if carried.forward or carried.local:
        given = carried.local.get(branch.name) if has_upstream else None
        local = given.value if given else carried.own_local(branch)
        own_operands = tuple([carried.own(graph.names[source]).value for source in sources])
        seen.append((own_operands, carried.own(branch.gate).value, local))
    upstreams, further = [upstream if has_upstream else 1.0], tuple[float, ...]()
    if has_upstream:
        further = carried.readings.further(branch.gate)
        if carried.written:  # else every upstream is the true one
            upstreams += [one.value for one in carried.upstreams_of(branch.gate)[:_MOST_UPSTREAMS]]
    partner = _partner(question, attempt)
    shares = {
        upstream: tuple([share for share in SHARES if partner and is_right(partner, upstream * share, key.scale)])
        for upstream in upstreams
    }
    for operands, out, local in dict.fromkeys(seen):
        for upstream in shares:
            yield Case(
                question.kind.name, upstream * local, operands[branch.slot], gate.name, branch.slot, operands,
                out, graph.constants[node], upstream, local, (), further, shares[upstream], key.scale.zero, None,
                has_upstream,
            )  # fmt: skip


def _partner(question: Question, attempt: Attempt) -> Answer | None:
    graph, branch, written = attempt.key.graph, question.branch, attempt.carried.written
    assert branch is not None
    for other in graph.branches_into(branch.gate) if written else ():
        if other.slot != branch.slot:
            alone = question.kind.shows_upstream and len(graph.branches_from[other.source]) == 1
            return written.get((question.stage, other.source if alone else other.name))
    return None
