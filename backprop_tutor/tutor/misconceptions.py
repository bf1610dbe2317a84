"""Every mistake, once: a function that predicts the wrong number; its docstring completes "this is what you get if …".

A function's name is the mistake's id. A gate's own mistake predicts the wrong *local gradient* (the chain rule is
then used correctly); all others predict the whole wrong number. The right number is never a mistake: whoever
compares leaves out predictions that are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache, partial
from itertools import combinations
from typing import Final

from backprop_tutor.tutor.mistake import Case, Mistake, entering
from backprop_tutor.tutor.update_misconceptions import OF_THE_UPDATE

MOST_BRANCHES: Final = 10
"""Beyond so many branches at a fork, only single ones and all but one are tried as the ones left out."""


MISTAKES: dict[str, Mistake] = {}
"""Every mistake by its id, likeliest first: of a gate, of a fork, of the update, of the chain rule, of writing, a stale
upstream."""

_mistake = partial(entering, MISTAKES)


@_mistake("gate", "mul")
def swapped_inputs(case: Case) -> Iterator[float]:
    """you multiply by {source} itself, {value}. A mul gate switches: the local gradient for {source} is the other
    input, {rule}"""
    yield case.x


@_mistake("gate", "add", "sub")
def split_at_add(case: Case) -> Iterator[float]:
    """you share the upstream gradient out among the inputs. An add gate distributes: every input gets all of it,
    {upstream}"""
    yield case.local / len(case.operands)


@_mistake("gate", "max", "min")
def routed_to_loser(case: Case) -> Iterator[float]:
    """you send the gradient to the input that did not win. A {gate} gate routes it to the one whose value came out,
    {out}"""
    if case.local in (0, 1):
        yield 1 - case.local


@_mistake("gate", "max", "min")
def shared_at_max(case: Case) -> Iterator[float]:
    """you give the gradient to both inputs. A {gate} gate routes all of it to the one whose value came out, {out}, and
    0 to the other"""
    if len(case.operands) == 2 and case.local in (0, 1):
        yield from case.shares


@_mistake("gate", "exp")
def exp_power_rule(case: Case) -> Iterator[float]:
    """you use the power rule on e**x. The exponent is the variable here, so exp is its own derivative: {rule}"""
    yield case.x * math.exp(case.x - 1)


@_mistake("gate", "reciprocal")
def reciprocal_missing_minus(case: Case) -> Iterator[float]:
    """the minus is missing: 1/x has local gradient -1/x**2, here {rule}"""
    yield 1 / case.x**2


@_mistake("gate", "power")
def power_kept_exponent(case: Case) -> Iterator[float]:
    """you keep the exponent, n*x**n. The power rule lowers it by one: n*x**(n - 1), here {rule}"""
    yield case.constant * math.pow(case.x, case.constant)


@_mistake("gate", "power")
def power_forgot_factor(case: Case) -> Iterator[float]:
    """you leave out the factor n. The power rule is n*x**(n - 1), here {rule}"""
    yield math.pow(case.x, case.constant - 1)


@_mistake("gate", "sigmoid")
def sigmoid_value(case: Case) -> Iterator[float]:
    """you use the sigmoid's value, {out}, as its local gradient. That is out*(1 - out), here {rule}"""
    yield case.out


@_mistake("gate", "sigmoid")
def sigmoid_of_input(case: Case) -> Iterator[float]:
    """you compute x*(1 - x) from the gate's input, {value}. It takes the output: {rule}"""
    yield case.x * (1 - case.x)


@_mistake("gate", "tanh")
def tanh_not_squared(case: Case) -> Iterator[float]:
    """the square is missing: tanh has local gradient 1 - out**2, here {rule}"""
    yield 1 - case.out


@_mistake("gate", "log")
def log_value(case: Case) -> Iterator[float]:
    """you use log(x), {out}, as the local gradient. That is 1/x, here {rule}"""
    yield case.out


@_mistake("gate", "relu", "leaky_relu")
def relu_passed_negative(case: Case) -> Iterator[float]:
    """you let the whole gradient through. The input is {value}, which is not positive, so the local gradient is
    {local}"""
    if case.x <= 0:
        yield 1.0


@_mistake("gate", "relu", "leaky_relu")
def relu_blocked_positive(case: Case) -> Iterator[float]:
    """you stop the gradient. The input is {value}, which is positive, so all of it passes: the local gradient is
    {local}"""
    if case.x > 0:
        yield 0.0


@_mistake("gate", "relu", "leaky_relu")
def relu_times_input(case: Case) -> Iterator[float]:
    """you multiply by the input, {value}. A {gate} gate only lets the gradient through or not: its local gradient is
    {local}"""
    yield case.x


@_mistake("fork")
def one_branch_only(case: Case) -> Iterator[float]:
    """you leave some branches out. At a fork the gradients add, over all {branches} branches: {terms}"""
    count = len(case.flows)
    sizes = range(1, count) if count <= MOST_BRANCHES else (1, count - 1)
    for size in sizes:
        for kept in combinations(case.flows, size):
            yield math.fsum(kept)


@_mistake("fork")
def multiplied_branches(case: Case) -> Iterator[float]:
    """you multiply what the branches carry. At a fork the gradients add: {terms}"""
    yield math.prod(case.flows)


@_mistake("fork")
def averaged_branches(case: Case) -> Iterator[float]:
    """you take the mean of what the branches carry. At a fork the gradients add, and nothing is divided: {terms}"""
    yield math.fsum(case.flows) / len(case.flows)


MISTAKES |= OF_THE_UPDATE


@_mistake("chain")
def sign_flipped(case: Case) -> Iterator[float]:
    """the sign is turned. {signs}"""
    yield -case.right


@_mistake("chain")
def forgot_local(case: Case) -> Iterator[float]:
    """you pass the upstream gradient on unchanged. It is multiplied by the local gradient, {rule}"""
    if case.is_branch:
        yield case.upstream


@_mistake("chain")
def forgot_upstream(case: Case) -> Iterator[float]:
    """you stop at the local gradient. It is multiplied by the upstream gradient that arrives at {node}, {upstream}"""
    if case.is_branch:
        yield case.local


@_mistake("chain")
def gave_value(case: Case) -> Iterator[float]:
    """you give the value of {source}, {value}, instead of its gradient"""
    if case.stage != "forward":
        yield case.value


@_mistake("chain")
def added_upstream(case: Case) -> Iterator[float]:
    """you add the upstream gradient {upstream} and the local gradient {local}. The chain rule multiplies them"""
    if case.is_branch:
        yield case.upstream + case.local


@_mistake("writing")
def decimal_slip(case: Case) -> Iterator[float]:
    """the decimal point slips: the number is right but for a factor of 10, 100 or 1000"""
    for places in (1, 2, 3):
        yield case.right * 10**places
        yield case.right / 10**places


@_mistake("writing")
def cut_off(case: Case) -> Iterator[float]:
    """you cut digits off. Round to the last digit that you write"""
    yield case.right


@_mistake("writing")
def too_coarse(case: Case) -> Iterator[float]:
    """you round too far. {enough}"""
    yield case.right


@_mistake("chain")
def stale_upstream(case: Case) -> Iterator[float]:
    """you use the upstream gradient of a gate further downstream. The one that arrives at {node} is {upstream}"""
    if case.is_branch:
        for upstream in case.further:
            yield upstream * case.local


COMPOSED: Final = ("sign-flipped", "forgot-local", "forgot-upstream")
"""The general mistakes that may come together, with one another or with a gate's or a fork's own."""


def predictions(mistake: Mistake, case: Case) -> list[float]:
    """The numbers that a mistake leads to in a case in which it can be made; none where its number is right."""
    found = outcomes(mistake, case)
    if mistake.id in ("cut-off", "too-coarse"):
        return found
    return [number for number in found if not same(number, case)]


def outcomes(mistake: Mistake, case: Case) -> list[float]:
    """The numbers that a mistake leads to, be they right or wrong."""
    found = _predicted(mistake, case)
    if mistake.group == "gate" and case.stage == "backward":
        found = [case.upstream * local for local in found]
    return [number for number in found if math.isfinite(number)]


def wrong_locals(mistake: Mistake, case: Case) -> list[float]:
    """The local gradients that a gate's own mistake leads to, without those that are right: whatever the upstream
    is."""
    return [
        local
        for local in _predicted(mistake, case)
        if math.isfinite(local) and not math.isclose(local, case.local, rel_tol=1e-9)
    ]


def _predicted(mistake: Mistake, case: Case) -> list[float]:
    try:
        return list(mistake.predict(case))
    except (ArithmeticError, ValueError):
        return []


def mistakes_in(case: Case) -> tuple[Mistake, ...]:
    """The mistakes that can be made in this case: a gate's own at that kind of gate, a fork's at a fork; likeliest
    first."""
    return _mistakes_at(case.gate if case.stage != "forward" else "", bool(case.flows), case.stage)


@cache
def _mistakes_at(gate: str, fork: bool, stage: str) -> tuple[Mistake, ...]:
    if stage in _OF_NETWORKS:
        return tuple(
            mistake for mistake in MISTAKES.values() if stage in mistake.gates or mistake.id in _OF_NETWORKS[stage]
        )
    out = {"update"} if fork else {"update", "fork"}
    return tuple(
        mistake
        for mistake in MISTAKES.values()
        if mistake.group not in out and (mistake.group != "gate" or gate in mistake.gates)
    )


_OF_NETWORKS: Final = {
    "error": ("sign-flipped", "decimal-slip", "cut-off", "too-coarse"),
    "delta": ("sign-flipped", "decimal-slip", "cut-off", "too-coarse"),
    "update": ("decimal-slip", "cut-off", "too-coarse"),
}
"""The general mistakes of each stage of a network's training. A step with its sign turned has an id of its own."""


def same(number: float, case: Case) -> bool:
    """Whether a predicted number is the right one after all."""
    right = case.right
    return abs(number - right) <= 1e-9 * abs(right) or (abs(number) <= case.zero and abs(right) <= case.zero)
