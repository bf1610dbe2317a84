"""The numbers behind one question, as a wrong answer may have used them: the true ones, and the student's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backprop_tutor.engine.graph import Branch
from backprop_tutor.tutor.answers import Answer
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.questions import Question
from backprop_tutor.tutor.rightness import Scale, is_right


class Signal(NamedTuple):
    """The numbers of one neuron's delta, and of the new weight that follows from it where one is asked.

    `slope` is dy/dX of the neuron, `arriving` what it is multiplied by (the error, or the sum of `terms`, each a
    weight times a delta), `renewed` that sum with the new weights. `factor` is what the loss has beside the
    error, 1 for half its square; 0 where it is no square; with cross-entropy and sigmoid the loss `cancels` the slope.
    Of an update: `old` is the weight, `rate` the learning rate, `carries` what the weight multiplies (-1 of a
    threshold; 1 where the delta stands for the whole -dL/dw).
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
    neuron behind a delta or a new weight.
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

    @property
    def x(self) -> float:
        """The value at the slot asked about."""
        return self.operands[self.slot]

    @property
    def is_branch(self) -> bool:
        """Whether the question is what one branch carries back."""
        return self.stage == "backward" and not self.flows

    @property
    def neuron(self) -> Signal:
        """The neuron behind a delta or a new weight, at a question that has one."""
        assert self.signal is not None
        return self.signal


def cases_of(question: Question, right: float, carrying: Carrying, scale: Scale) -> list[Case]:
    """The cases of a question, the true numbers first, then the student's own where they differ."""
    return list(dict.fromkeys(_cases(question, right, carrying, scale)))


def _cases(question: Question, right: float, carrying: Carrying, scale: Scale) -> Iterable[Case]:
    zero = scale.zero
    if question.stage == "forward":
        own = [carried.value for carried in carrying.values_of(question.node)]
        return [Case("forward", number, number, zero=zero) for number in (right, *own)]
    if question.is_fork_sum and not carrying.graph.branches_from[question.node]:
        return [Case("output", right, carrying.solution.value(question.node), zero=zero)]
    if question.is_fork_sum:
        return _fork_cases(question, right, carrying, zero)
    if question.branch is not None:
        return _branch_cases(question, question.branch, carrying, scale)
    return [Case(question.stage, right, carrying.solution.value(question.node), zero=zero)]


def _fork_cases(question: Question, right: float, carrying: Carrying, zero: float) -> Iterator[Case]:
    solution = carrying.solution
    branches = solution.graph.branches_from[question.node]
    value = solution.value(question.node)
    yield Case(
        "backward", right, value, flows=tuple(solution.flow(branch).downstream for branch in branches), zero=zero
    )
    own = tuple(
        carrying.backward[branch.name].value
        if branch.name in carrying.backward
        else carrying.products_of(branch)[0].value
        for branch in branches
    )
    yield Case("backward", sum(own), value, flows=own, zero=zero)


def _branch_cases(question: Question, branch: Branch, carrying: Carrying, scale: Scale) -> Iterator[Case]:
    solution, graph = carrying.solution, carrying.graph
    node = graph.index[branch.gate]
    flow = solution.flow(branch)
    gate = graph.gates[node]
    assert gate is not None
    backward = question.stage == "backward"
    further = tuple(dict.fromkeys(carrying.further(branch.gate))) if backward else ()
    names = [graph.names[source] for source in graph.inputs[node]]
    upstreams = [carried.value for carried in carrying.upstreams_of(branch.gate)][:3] if backward else [1.0]
    partner = _partner(branch, carrying, question.stage)
    seen = [([solution.value(name) for name in names], solution.value(branch.gate), flow.local)]
    if carrying.forward or carrying.local:
        given = carrying.local.get(branch.name) if backward else None
        local = given.value if given else carrying.own_local(branch)
        seen.append(([carrying.own_value(name) for name in names], carrying.own_value(branch.gate), local))
    for operands, out, local in seen:
        for upstream in dict.fromkeys([flow.upstream, *upstreams]) if backward else (1.0,):
            yield Case(
                question.stage, upstream * local, operands[branch.slot], gate.name, branch.slot, tuple(operands), out,
                graph.constants[node], upstream, local, (), further, _shares(partner, upstream, scale), scale.zero,
            )  # fmt: skip


def _partner(branch: Branch, carrying: Carrying, stage: str) -> Answer | None:
    """The student's answer for the other branch of a gate of two inputs, as it was written."""
    for other in carrying.graph.branches_into(branch.gate):
        if other.slot != branch.slot:
            alone = stage == "backward" and len(carrying.graph.branches_from[other.source]) == 1
            return carrying.written.get((stage, other.source if alone else other.name))
    return None


def _shares(partner: Answer | None, upstream: float, scale: Scale) -> tuple[float, ...]:
    """How much of the upstream gradient the other branch's answer may be: all of it, half of it."""
    if partner is None:
        return ()
    return tuple(share for share in (1.0, 0.5) if is_right(partner, upstream * share, scale))
