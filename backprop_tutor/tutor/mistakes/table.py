"""Every mistake as one row: where it is made, the wrong number it leads to, its sentence, the skill it speaks against.

A sentence completes "this is what you get if …"; the feedback fills in the names in its braces. A row predicts a wrong
local gradient (group gate), a wrong delta (group neuron) or a wrong answer; everything else is done correctly. Where
the number is right after all, no mistake was made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Final, NamedTuple

from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.marking.acceptance import Scale, is_rounded, shows_enough
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.cases import Case

UPSTREAM: Final = "upstream"
"""The skill of multiplying by the upstream gradient."""
FORK: Final = "fork"
"""The skill of adding what the branches carry."""
GATE: Final = "gate"
"""The sort of skill that is a gate's local rule: of the gate asked about."""
STAGE: Final = "stage"
"""The sort of skill that is a kind of question: of the stage asked about."""


class Mistake(NamedTuple):
    """One mistake; `skill` is what failed where it is made (None: a slip of writing, no skill did).

    `group` is gate, fork, neuron, weight, chain or writing. `gates` are the kinds of gate at which it can be made
    (None: elsewhere too), `stages` the stages. `predict` gives the wrong numbers; a mistake of writing that depends on
    the digits has no number, and `fits` says whether an answer was written so.
    """

    id: str
    group: str
    skill: str | None
    stages: tuple[str, ...]
    sentence: str
    predict: Callable[[Case], Iterable[float]] = lambda _: ()
    gates: Collection[str] | None = None
    fits: Callable[[Answer, Case, Scale], bool] | None = None


_MOST_PARTS: Final = 10
"""Of more terms than these, only single ones and all but one are tried as what was kept: others are 2^n sums."""


def _kept(parts: Sequence[float]) -> Iterator[float]:
    count = len(parts)
    for size in range(1, count) if count <= _MOST_PARTS else (1, count - 1):
        for kept in combinations(parts, size):
            yield math.fsum(kept)


def _other_factor(case: Case) -> Iterator[float]:
    """A delta twice as large, or half, beside a loss that is half a square, or a square."""
    neuron = case.neuron
    if math.isclose(neuron.factor, 1, rel_tol=1e-6):
        yield 2 * neuron.delta
    elif math.isclose(neuron.factor, 2, rel_tol=1e-6):
        yield neuron.delta / 2


def place_of(answer: Answer) -> float:
    """One unit of the last digit that a plain answer shows; of a whole number that ends in zeros, of the last before
    them: 100 of 1800.

    A number of one digit and zeros shows no digit that could be taken for the last.
    """
    if "." in answer.text:
        return answer.unit
    digits = answer.text.strip().lstrip("-+\u2212 \t")
    kept = digits.rstrip("0")
    return answer.unit * (10.0 ** (len(digits) - len(kept)) if digits.isdecimal() and len(kept) > 1 else 1)


def _is_cut_off(answer: Answer, case: Case, scale: Scale) -> bool:
    """Whether a plain answer is the right number without its last digits: -0.41 or 1800 of -0.41997 or 1846."""
    if abs(case.right) <= scale.zero or (case.of_weight and answer.unit > abs(case.neuron.step)):
        return False  # digits that do not reach to what a step changes say nothing of it
    missing = (case.right - answer.value) * (1 if case.right > 0 else -1)
    is_short = answer.value * case.right > 0 and 0 < missing < place_of(answer)
    return is_short and shows_enough(answer) and not is_rounded(answer, case.right)


def _is_too_coarse(answer: Answer, case: Case, scale: Scale) -> bool:
    is_exact = abs(answer.value - case.right) <= 1e-9 * abs(case.right)
    return answer.is_plain and abs(case.right) > scale.zero and not is_exact and is_rounded(answer, case.right)


_ON_GRAPHS: Final = ("forward", "local", "backward", "output", "symbolic")
_OF_NETWORKS: Final = ("error", "delta", "update")

TRAINED: Final = ("neuron", "weight")
"""The groups of mistakes that lead to a wrong new weight."""

_gate = partial(Mistake, group="gate", skill=GATE, stages=("local", "backward"))
_fork = partial(Mistake, group="fork", skill=FORK, stages=("backward",))
_delta = partial(Mistake, group="neuron", skill=STAGE, stages=("delta", "update"))
_update = partial(Mistake, group="weight", skill=STAGE, stages=("update",))
_chain = partial(Mistake, group="chain", skill=UPSTREAM, stages=("backward",), gates=GATES)
_writing = partial(Mistake, group="writing", skill=None, stages=(*_ON_GRAPHS, *_OF_NETWORKS))

MISTAKES: Final[dict[str, Mistake]] = {
    row.id: row
    for row in (
        _gate(
            id="swapped-inputs",
            gates=("mul",),
            sentence="you multiply by {source} itself, {value}. A mul gate switches: the local gradient for {source} "
            "is the other input, {rule}",
            predict=lambda case: [case.x],
        ),
        _gate(
            id="split-at-add",
            gates=("add", "sub"),
            sentence="you share the upstream gradient out among the inputs. An add gate distributes: every input gets "
            "all of it, {upstream}",
            predict=lambda case: [case.local / len(case.operands)],
        ),
        _gate(
            id="routed-to-loser",
            gates=("max", "min"),
            sentence="you send the gradient to the input that did not win. A {gate} gate routes it to the one whose "
            "value came out, {out}",
            predict=lambda case: [1 - case.local] if case.local in (0, 1) else [],
        ),
        _gate(
            id="shared-at-max",
            gates=("max", "min"),
            sentence="you give the gradient to both inputs. A {gate} gate routes all of it to the one whose value came "
            "out, {out}, and 0 to the other",
            predict=lambda case: case.shares if len(case.operands) == 2 and case.local in (0, 1) else [],
        ),
        _gate(
            id="exp-power-rule",
            gates=("exp",),
            sentence="you use the power rule on e**x. The exponent is the variable here, so exp is its own derivative: "
            "{rule}",
            predict=lambda case: [case.x * math.exp(case.x - 1)],
        ),
        _gate(
            id="reciprocal-missing-minus",
            gates=("reciprocal",),
            sentence="the minus is missing: 1/x has local gradient -1/x**2, here {rule}",
            predict=lambda case: [1 / case.x**2],
        ),
        _gate(
            id="power-kept-exponent",
            gates=("power",),
            sentence="you keep the exponent, n*x**n. The power rule lowers it by one: n*x**(n - 1), here {rule}",
            predict=lambda case: [case.constant * math.pow(case.x, case.constant)],
        ),
        _gate(
            id="power-forgot-factor",
            gates=("power",),
            sentence="you leave out the factor n. The power rule is n*x**(n - 1), here {rule}",
            predict=lambda case: [math.pow(case.x, case.constant - 1)],
        ),
        _gate(
            id="sigmoid-value",
            gates=("sigmoid",),
            sentence="you use the sigmoid's value, {out}, as its local gradient. That is out*(1 - out), here {rule}",
            predict=lambda case: [case.out],
        ),
        _gate(
            id="sigmoid-of-input",
            gates=("sigmoid",),
            sentence="you compute x*(1 - x) from the gate's input, {value}. It takes the output: {rule}",
            predict=lambda case: [case.x * (1 - case.x)],
        ),
        _gate(
            id="tanh-not-squared",
            gates=("tanh",),
            sentence="the square is missing: tanh has local gradient 1 - out**2, here {rule}",
            predict=lambda case: [1 - case.out],
        ),
        _gate(
            id="log-value",
            gates=("log",),
            sentence="you use log(x), {out}, as the local gradient. That is 1/x, here {rule}",
            predict=lambda case: [case.out],
        ),
        _gate(
            id="relu-passed-negative",
            gates=("relu", "leaky_relu"),
            sentence="you let the whole gradient through. The input is {value}, which is not positive, so the local "
            "gradient is {local}",
            predict=lambda case: [1.0] if case.x <= 0 else [],
        ),
        _gate(
            id="relu-blocked-positive",
            gates=("relu", "leaky_relu"),
            sentence="you stop the gradient. The input is {value}, which is positive, so all of it passes: the local "
            "gradient is {local}",
            predict=lambda case: [0.0] if case.x > 0 else [],
        ),
        _gate(
            id="relu-times-input",
            gates=("relu", "leaky_relu"),
            sentence="you multiply by the input, {value}. A {gate} gate only lets the gradient through or not: its "
            "local gradient is {local}",
            predict=lambda case: [case.x],
        ),
        _fork(
            id="one-branch-only",
            sentence="you leave some branches out. At a fork the gradients add, over all {branches} branches: {terms}",
            predict=lambda case: _kept(case.flows),
        ),
        _fork(
            id="multiplied-branches",
            sentence="you multiply what the branches carry. At a fork the gradients add: {terms}",
            predict=lambda case: [math.prod(case.flows)],
        ),
        _fork(
            id="averaged-branches",
            sentence="you take the mean of what the branches carry. At a fork the gradients add, and nothing is "
            "divided: {terms}",
            predict=lambda case: [math.fsum(case.flows) / len(case.flows)],
        ),
        _delta(
            id="forgot-activation-derivative",
            sentence="you leave out the derivative of the activation, {derivative}. {rule}",
            predict=lambda case: [] if case.neuron.cancels else [case.neuron.arriving],
        ),
        _delta(
            id="kept-activation-derivative",
            sentence="you multiply by the derivative of the activation, {derivative}. The derivative of this loss "
            "cancels it: {rule}",
            predict=lambda case: [case.neuron.delta * case.neuron.slope] if case.neuron.cancels else [],
        ),
        _delta(
            id="forgot-an-output",
            sentence="you leave out what comes back from some of the neurons that {neuron} feeds. It is the sum over "
            "all of them: {terms}",
            predict=lambda case: [case.neuron.slope * kept for kept in _kept(case.neuron.terms)],
        ),
        _delta(id="factor-of-two", sentence="{square}. {rule}", predict=_other_factor),
        _delta(
            id="used-new-weight",
            sentence="you take the new weights on the way back. The errors go back through the weights of the forward "
            "pass: {terms}",
            predict=lambda case: [] if case.neuron.renewed is None else [case.neuron.slope * case.neuron.renewed],
        ),
        _update(
            id="forgot-minus-one",
            sentence="you forget that a threshold enters with the input -1: its step is {step}",
            predict=lambda case: [case.neuron.old - case.neuron.step] if case.neuron.is_threshold else [],
        ),
        _update(
            id="ascended",
            sentence="you step uphill. {convention}",
            predict=lambda case: [case.neuron.old - case.neuron.step],
        ),
        _update(
            id="forgot-rate",
            sentence="you take the whole gradient. It is multiplied by the learning rate α = {rate}: the step is "
            "{step}",
            predict=lambda case: [case.neuron.old + case.neuron.step / case.neuron.rate],
        ),
        _update(
            id="gave-step",
            sentence="you give the step, {given}, not the new weight. The step is added to the old one, {old}",
            predict=lambda case: [case.neuron.step],
        ),
        _chain(
            id="sign-flipped",
            skill=STAGE,
            stages=(*_ON_GRAPHS, "error", "delta"),  # a step with its sign turned has an id of its own: ascended
            gates=None,
            sentence="the sign is turned. {signs}",
            predict=lambda case: [-case.right],
        ),
        _chain(
            id="forgot-local",
            sentence="you pass the upstream gradient on unchanged. It is multiplied by the local gradient, {rule}",
            predict=lambda case: [case.upstream],
        ),
        _chain(
            id="forgot-upstream",
            sentence="you stop at the local gradient. It is multiplied by the upstream gradient that arrives at "
            "{node}, {upstream}",
            predict=lambda case: [case.local],
        ),
        _chain(
            id="gave-value",
            skill=STAGE,
            stages=("local", "backward", "output", "symbolic"),
            gates=None,
            sentence="you give the value of {source}, {value}, instead of its gradient",
            predict=lambda case: [case.value],
        ),
        _chain(
            id="added-upstream",
            sentence="you add the upstream gradient {upstream} and the local gradient {local}. The chain rule "
            "multiplies them",
            predict=lambda case: [case.upstream + case.local],
        ),
        _writing(
            id="decimal-slip",
            sentence="the decimal point slips: the number is right but for a factor of 10, 100 or 1000",
            predict=lambda case: [size * case.right for size in (10, 0.1, 100, 0.01, 1000, 0.001)],
        ),
        _writing(
            id="cut-off",
            stages=("forward", "local", "backward", "output", *_OF_NETWORKS),
            sentence="you cut digits off. Round to the last digit that you write",
            fits=_is_cut_off,
        ),
        _writing(id="too-coarse", sentence="you round too far. {enough}", fits=_is_too_coarse),
        _chain(
            id="stale-upstream",
            sentence="you use the upstream gradient of a gate further downstream. The one that arrives at {node} is "
            "{upstream}",
            predict=lambda case: [upstream * case.local for upstream in case.further],
        ),
    )
}
"""Every mistake by its id, likeliest first: of a gate, a fork, a delta, the update, the chain rule, of writing, and a
stale upstream, which is near some other number all the time."""
