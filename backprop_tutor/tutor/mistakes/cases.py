"""The numbers behind one question, as a wrong answer may have used them: the true ones, and the student's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from backprop_tutor.tutor.marking.acceptance import Scale, is_right
from backprop_tutor.tutor.marking.answers import Answer

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
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
    def at_rest(self) -> Case:
        """The same where nothing arrives."""
        return Case(
            self.stage, 0.0, self.value, self.gate, self.slot, self.operands, self.out, self.constant, 0.0, self.local,
            self.flows, self.further, self.shares, self.zero, self.signal, self.is_branch,
        )  # fmt: skip

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


class Family(NamedTuple):
    """The cases at one gate's numbers that differ in the upstream gradient alone: any wrong answer is compared with
    them all, and only where it comes near one is that one made.

    `unit` is the case at the upstream 1, `partner` what the student answered for the gate's other branch.
    """

    unit: Case
    upstreams: Sequence[float]
    scale: Scale
    partner: Answer | None = None

    def cases(self) -> Iterator[Case]:
        """Each of them."""
        return map(self.at, self.upstreams)

    def at(self, upstream: float) -> Case:
        """The case in which this upstream gradient arrives."""
        unit, partner, scale = self.unit, self.partner, self.scale
        if not unit.gate:
            return unit  # nothing arrives where no gate is asked about
        shares: tuple[float, ...] = ()
        if partner is not None:
            shares = tuple([share for share in SHARES if is_right(partner, upstream * share, scale)])
        return Case(
            unit.stage, upstream * unit.local, unit.value, unit.gate, unit.slot, unit.operands, unit.out, unit.constant,
            upstream, unit.local, (), unit.further, shares, unit.zero, None, unit.is_branch,
        )  # fmt: skip


class TrueNumbers(NamedTuple):
    """The case at a branch's gate at the upstream 1, the upstream gradient that truly arrives, and the name by which
    the same stage asks about the gate's other branch, if it has one."""

    unit: Case
    upstream: float
    partner: str = ""


def branch_families(question: Question, attempt: Attempt) -> Iterator[Family]:
    """The numbers at a branch's gate: the true ones, then the student's own, each with every upstream gradient that may
    have arrived there, the true one first."""
    key, carried, branch = attempt.key, attempt.carried, question.branch
    assert branch is not None
    true, upstream, partner = key.at_branch(question, _true_numbers)
    has_upstream, written = true.is_branch, carried.written
    upstreams = [upstream]
    if has_upstream and written:  # else every upstream is the true one
        upstreams += [one.value for one in carried.upstreams_of(branch.gate)[:_MOST_UPSTREAMS]]
        upstreams = list(dict.fromkeys(upstreams))
    beside = written.get((question.stage, partner)) if partner and written else None
    yield Family(true, upstreams, key.scale, beside)
    if not (carried.forward or carried.local):
        return
    given = carried.local.get(branch.name) if has_upstream and carried.local else None
    local = given.value if given else carried.own_local(branch)
    out, operands = carried.own_values(branch.gate)
    if local != true.local or out != true.out or operands != true.operands:
        own = Case(
            true.stage, local, operands[branch.slot], true.gate, true.slot, operands, out, true.constant,
            1.0, local, (), true.further, SHARES, true.zero, None, has_upstream,
        )  # fmt: skip
        yield Family(own, upstreams, key.scale, beside)


def _true_numbers(question: Question, key: AnswerKey) -> TrueNumbers:
    """What is the same for every student at a branch's gate."""
    solution, graph, branch = key.solution, key.graph, question.branch
    assert branch is not None
    node, values, has_upstream = graph.index[branch.gate], solution.values, question.kind.shows_upstream
    gate, operands = graph.gates[node], tuple([values[source] for source in graph.inputs[node]])
    assert gate is not None
    upstream, local = solution.gradients[node] if has_upstream else 1.0, float(solution.locals[node][branch.slot])
    unit = Case(
        question.kind.name, local, operands[branch.slot], gate.name, branch.slot, operands, values[node],
        graph.constants[node], 1.0, local, (), key.readings.further(branch.gate) if has_upstream else (), SHARES,
        key.scale.zero, None, has_upstream,
    )  # fmt: skip
    for other in graph.branches_into(branch.gate):
        if other.slot != branch.slot:
            alone = has_upstream and len(graph.branches_from[other.source]) == 1
            return TrueNumbers(unit, upstream, other.source if alone else other.name)
    return TrueNumbers(unit, upstream)
