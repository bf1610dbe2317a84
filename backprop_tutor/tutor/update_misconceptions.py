"""The mistakes of errors, deltas and new weights: each predicts the wrong delta, or the new weight that follows from
it.

The last part of an id's sentence says what is right, with the numbers of this neuron.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import Final

from backprop_tutor.tutor.mistake import Case, Mistake, Signal, entering

MOST_TERMS: Final = 10
"""Beyond so many neurons that one feeds, only single ones and all but one are tried as those left out."""

OF_THE_UPDATE: dict[str, Mistake] = {}
"""Every mistake of the stages delta and update by its id, likeliest first."""

_mistake = partial(entering, OF_THE_UPDATE, "update")


def _signal(case: Case) -> Signal:
    assert case.signal is not None  # whoever asks for these mistakes has seen to it
    return case.signal


def _following(case: Case, delta: float) -> float:
    """What is answered by a student who has this delta: itself, or the new weight that follows from it."""
    signal = _signal(case)
    return delta if case.stage == "delta" else signal.old + signal.rate * signal.carries * delta


@_mistake("delta", "update")
def forgot_activation_derivative(case: Case) -> Iterator[float]:
    """you leave out the derivative of the activation, {derivative}. {rule}"""
    signal = _signal(case)
    if not signal.cancels:
        yield _following(case, signal.arriving)


@_mistake("delta", "update")
def kept_activation_derivative(case: Case) -> Iterator[float]:
    """you multiply by the derivative of the activation, {derivative}. The derivative of this loss cancels it: {rule}"""
    signal = _signal(case)
    if signal.cancels:
        yield _following(case, signal.delta * signal.slope)


@_mistake("delta", "update")
def forgot_an_output(case: Case) -> Iterator[float]:
    """you leave out what comes back from some of the neurons that {neuron} feeds. It is the sum over all of them:
    {terms}"""
    signal = _signal(case)
    count = len(signal.terms)
    for size in range(1, count) if count <= MOST_TERMS else (1, count - 1):
        for kept in combinations(signal.terms, size):
            yield _following(case, signal.slope * math.fsum(kept))


@_mistake("delta", "update")
def factor_of_two(case: Case) -> Iterator[float]:
    """{square}. {rule}"""
    signal = _signal(case)
    if math.isclose(signal.factor, 1, rel_tol=1e-6):
        yield _following(case, 2 * signal.delta)
    elif math.isclose(signal.factor, 2, rel_tol=1e-6):
        yield _following(case, signal.delta / 2)


@_mistake("delta", "update")
def used_new_weight(case: Case) -> Iterator[float]:
    """you take the new weights on the way back. The errors go back through the weights of the forward pass: {terms}"""
    signal = _signal(case)
    if signal.renewed is not None:
        yield _following(case, signal.slope * signal.renewed)


@_mistake("update")
def forgot_minus_one(case: Case) -> Iterator[float]:
    """you forget that a threshold enters with the input -1: its step is {step}"""
    signal = _signal(case)
    if signal.is_threshold:
        yield signal.old - signal.step


@_mistake("update")
def ascended(case: Case) -> Iterator[float]:
    """you step uphill. {convention}"""
    signal = _signal(case)
    yield signal.old - signal.step


@_mistake("update")
def forgot_rate(case: Case) -> Iterator[float]:
    """you take the whole gradient. It is multiplied by the learning rate α = {rate}: the step is {step}"""
    signal = _signal(case)
    yield signal.old + signal.step / signal.rate


@_mistake("update")
def gave_step(case: Case) -> Iterator[float]:
    """you give the step, {given}, not the new weight. The step is added to the old one, {old}"""
    yield _signal(case).step
