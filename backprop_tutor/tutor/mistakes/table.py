"""Every mistake that is not one gate's own, a row each: what the student did, what holds, the skill that failed, its
edits of the right derivation by the kind of place. The wrong rules of gates stand in `engine.gates`.

An edit gives what a student has in place of the right number: a number, a product as a tuple of its factors, or a sum
as a list of these, so that what was typed can be compared factor by factor; None where the mistake cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import fsum, prod
from typing import Any, Final, NamedTuple

from backprop_tutor.engine.gates import COMMON, RARE, USUAL
from backprop_tutor.tutor.mistakes.gate_rules import GATE_RULES

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


_ROWS: Final = (
    Mistake(
        "sign-flipped", STAGE, "[flipped|flip] the sign", "{signs}",
        (
            Edit(BRANCH, COMMON, "(-1.0, u, l)"),
            Edit(LOCAL, COMMON, "-l"),
            Edit(FORK, COMMON, "[-flow for flow in flows]"),
            Edit(OUTPUT, COMMON, "-right"),
            Edit(FORWARD, COMMON, "-right"),
            Edit(ERROR, COMMON, "[y, -yd]"),
            Edit(DELTA, COMMON, "(-1.0, a, s)"),
        ),
    ),
    Mistake(
        "forgot-local", UPSTREAM, "[passed|pass] the upstream gradient on unchanged",
        "Multiply it by the local gradient {slope}",
        (Edit(BRANCH, COMMON, "(u,)"),),
    ),
    Mistake(
        "forgot-upstream", UPSTREAM, "[stopped|stop] at the local gradient",
        "Multiply it by the upstream gradient that arrives at {gate}",
        (Edit(BRANCH, COMMON, "(l,)"),),
    ),
    Mistake(
        "gave-value", STAGE, "[gave|give] the value of {source}", "{asked} is asked for",
        (
            Edit(BRANCH, USUAL, "(x,)"),
            Edit(LOCAL, USUAL, "(x,)"),
            Edit(FORK, USUAL, "(v,)"),
            Edit(OUTPUT, USUAL, "(v,)"),
            Edit(ERROR, USUAL, "(y,)"),
        ),
    ),
    Mistake(
        "gave-output", STAGE, "[gave|give] the value of {gate}", "The gradient of {source} is asked for",
        (Edit(BRANCH, USUAL, "(out,)"), Edit(LOCAL, USUAL, "(out,)")),
    ),
    Mistake(
        "gave-gradient-for-value", STAGE, "[gave|give] the gradient of {source}", "Its value is asked for",
        (Edit(FORWARD, RARE, "(gradient,)"),),
    ),
    Mistake(
        "another-gradient", STAGE, "[gave|give] ∂{loss}/∂{member}", "{symbol} is asked for",
    ),
    Mistake(
        "derivative-of-output", UPSTREAM, "[gave|give] ∂{output}/∂{source}",
        "∂{loss}/∂{source} is asked for: ∂{loss}/∂{output} = {top} comes on top",
        (
            Edit(BRANCH, USUAL, "right / top if top not in (0, 1) else None"),
            Edit(FORK, USUAL, "right / top if top not in (0, 1) else None"),
        ),
    ),
    Mistake(
        "incomplete-upstream", FORK, "[used|use] what only one branch brings back to {gate}",
        "{gate} is a fork: its upstream gradient is the sum over all of its branches",
        (Edit(BRANCH, USUAL, "(k, l)", "parts"),),
    ),
    Mistake(
        "gave-total", STAGE, "[gave|give] the whole gradient of {source}, over all of its branches",
        "Only the branch through {gate} is asked for here",
        (Edit(BRANCH, USUAL, "(whole,) if is_forked else None"),),
    ),
    Mistake(
        "stale-upstream", UPSTREAM, "[used|use] the upstream gradient of a gate further on, ∂{loss}/∂{member}",
        "The one that arrives at {gate} is needed",
        (Edit(BRANCH, USUAL, "(k, l)", "further"),),
    ),
    Mistake(
        "stopped-before", UPSTREAM, "[stopped|stop] at ∂{loss}/∂{member}, further on",
        "It is the way from {member} to {source} that is missing",
        (
            Edit(BRANCH, USUAL, "(k,)", "further"),
            Edit(FORK, USUAL, "(k,)", "further"),
        ),
    ),
    Mistake(
        "value-for-local", UPSTREAM, "[multiplied|multiply] the upstream gradient by the value of {member}",
        "It is multiplied by the local gradient {slope}",
        (Edit(BRANCH, RARE, "(u, k)", "near"),),
    ),
    Mistake(
        "added-upstream", UPSTREAM, "[added|add] the upstream and the local gradient", "The chain rule multiplies them",
        (Edit(BRANCH, RARE, "[u, l] if u and l else None"),),
    ),
    Mistake(
        "upstream-twice", UPSTREAM, "[multiplied|multiply] by an upstream gradient too many",
        "One upstream gradient and one local gradient make the product",
        (
            Edit(BRANCH, RARE, "(u, u, l)"),
            Edit(BRANCH, RARE, "(u, k, l)", "further"),
        ),
    ),
    Mistake(
        "value-for-upstream", UPSTREAM, "[used|use] the value of {gate} as the upstream gradient",
        "The upstream gradient is ∂{loss}/∂{gate}",
        (Edit(BRANCH, USUAL, "(out, l)"),),
    ),
    Mistake(
        "partner-gradient", UPSTREAM, "[multiplied|multiply] by the gradient of {other}, not by its value",
        "A local gradient is made of values",
        (Edit(BRANCH, RARE, "(u, other_gradient) if other is not None else None"),),
    ),
    Mistake(
        "local-twice", UPSTREAM, "[multiplied|multiply] by the local gradient twice", "It enters once",
        (Edit(BRANCH, RARE, "(u, l, l)"),),
    ),
    Mistake(
        "input-times-local", UPSTREAM, "[multiplied|multiply] by the input {source}, {value}, as well",
        "Upstream × local is all",
        (Edit(BRANCH, USUAL, "(u, x, l) if is_activation else None"),),
    ),
    Mistake(
        "divided-by-local", UPSTREAM, "[divided|divide] by the local gradient", "The chain rule multiplies by it",
        (Edit(BRANCH, RARE, "(u, 1 / l) if l else None"),),
    ),
    Mistake(
        "upstream-plus-value", UPSTREAM, "[added|add] the value of {source} to the upstream gradient",
        "The chain rule multiplies, by the local gradient",
        (Edit(BRANCH, RARE, "[u, x]"),),
    ),
    Mistake(
        "clipped-negative", STAGE, "[replaced|replace] a negative gradient by 0", "Gradients may be negative",
        (Edit(BRANCH, USUAL, "max(right, 0.0)"),),
    ),
    Mistake(
        "gave-downstream", STAGE, "[multiplied|multiply] by the upstream gradient already",
        "The local gradient {slope} alone is asked for",
        (Edit(LOCAL, COMMON, "(u, l)"),),
    ),
    Mistake(
        "gave-upstream", STAGE, "[gave|give] the upstream gradient of {gate}",
        "The local gradient {slope} is asked for",
        (Edit(LOCAL, USUAL, "(u,)"),),
    ),
    Mistake(
        "other-slot", STAGE, "[gave|give] the local gradient for {other}", "The one for {source} is asked for",
        (Edit(LOCAL, USUAL, "(other_local,) if other is not None else None"),),
    ),
    Mistake(
        "both-slots", STAGE, "[gave|give] both branches together",
        "Here it is through one input of {gate} = {written} alone",
        (Edit(LOCAL, USUAL, "[l, other_local] if is_twice else None"),),
    ),
    Mistake("number-for-formula", STAGE, "[gave|give] a number", "A formula in the names of the nodes is asked for"),
    Mistake(
        "one-branch-only", FORK, "[left|leave] branches of {source} out: it feeds {branches} gates",
        "At a fork the gradients add: every branch counts",
        (Edit(FORK, COMMON, "[*k]", "subsets of flows"),),
    ),
    Mistake(
        "turned-in-the-sum", FORK, "[flipped|flip] the sign of what {member} carries",
        "Add what the branches carry, each with its own sign",
        (Edit(FORK, COMMON, "[*flows, -2 * k] if k else None", "flows"),),
    ),
    Mistake(
        "sizes-added", FORK, "[added|add] the sizes of what the branches carry, without their signs",
        "Add what the branches carry, each with its own sign",
        (Edit(FORK, RARE, "[abs(flow) for flow in flows] if flows else None"),),
    ),
    Mistake(
        "counted-again", FORK, "[counted|count] a branch more than once", "Each branch counts once",
        (
            Edit(FORK, USUAL, "(right, len(flows)) if flows else None"),
            Edit(FORK, USUAL, "[*flows, k]", "flows"),
        ),
    ),
    Mistake(
        "averaged-branches", FORK, "[took|take] the mean of what the branches carry",
        "At a fork the gradients add, and nothing is divided",
        (Edit(FORK, USUAL, "(right, 1 / len(flows)) if flows else None"),),
    ),
    Mistake(
        "multiplied-branches", FORK, "[multiplied|multiply] what the branches carry",
        "At a fork the gradients add",
        (Edit(FORK, USUAL, "(*flows,) if flows else None"),),
    ),
    Mistake(
        "product-of-derivatives", FORK, "[multiplied|multiply] the two derivatives of a product",
        "(a × b)' = a' × b + a × b': each way contributes a term",
        (Edit(FORK, USUAL, "(k.u, k.da, k.db)", "mul"),),
    ),
    Mistake(
        "quotient-of-derivatives", FORK, "[divided|divide] the derivatives of numerator and denominator",
        "(a/b)' = (a' × b - a × b')/b^2",
        (Edit(FORK, USUAL, "(k.u, k.da, 1 / k.db)", "div"),),
    ),
    Mistake(
        "quotient-forgot-factors", FORK, "[left|leave] numerator and denominator out of the quotient rule",
        "(a/b)' = (a' × b - a × b')/b^2",
        (Edit(FORK, USUAL, "k.u * (k.da - k.db) / k.b**2", "div"),),
    ),
    Mistake(
        "quotient-forgot-square", FORK, "[forgot|forget] the square of the denominator in the quotient rule",
        "(a/b)' = (a' × b - a × b')/b^2",
        (
            Edit(FORK, USUAL, "k.u * (k.da * k.b - k.a * k.db)", "div"),
            Edit(FORK, RARE, "k.u * (k.da * k.b - k.a * k.db) / k.b", "div"),
        ),
    ),
    Mistake(
        "delta-for-error", STAGE, "[gave|give] the delta of {neuron}", "Its error is asked for",
        (Edit(ERROR, USUAL, "(d,)"),),
    ),
    Mistake(
        "forgot-activation-derivative", STAGE, "[left|leave] out the slope of {neuron}'s activation", "{rule}",
        (Edit(DELTA, COMMON, "(a,)"),),
    ),
    Mistake(
        "kept-activation-derivative", STAGE, "[multiplied|multiply] by the slope of {neuron}'s activation",
        "The derivative of this loss cancels it: {rule}",
        (Edit(DELTA, COMMON, "(d, s) if cancels else None"),),
    ),
    Mistake(
        "slope-as-output", STAGE, "[used|use] the output {neuron} as the slope", "{rule}",
        (Edit(DELTA, USUAL, "(a, y)"),),
    ),
    Mistake(
        "slope-one-minus", STAGE, "[used|use] 1 - {neuron} as the slope", "{rule}",
        (Edit(DELTA, USUAL, "(a, 1 - y)"),),
    ),
    Mistake(
        "slope-of-net-input", STAGE, "[computed|compute] the slope from the net input {net}, not from the output",
        "{rule}",
        (
            Edit(DELTA, USUAL, "(a, net, 1 - net)"),
            Edit(DELTA, RARE, "(a, 1 - net * net)"),
        ),
    ),
    Mistake(
        "slope-twice", STAGE, "[multiplied|multiply] by the slope twice", "{rule}",
        (Edit(DELTA, USUAL, "(a, s, s)"),),
    ),
    Mistake(
        "activation-twice", STAGE, "[applied|apply] the sigmoid a second time, to the output {neuron}", "{rule}",
        (Edit(DELTA, USUAL, "(a, sigmoid(y), 1 - sigmoid(y))"),),
    ),
    Mistake(
        "other-activation-rule", STAGE, "[used|use] the slope of tanh, 1 - y^2", "{rule}",
        (Edit(DELTA, RARE, "(a, 1 - y * y)"),),
    ),
    Mistake(
        "slope-times-output", STAGE, "[multiplied|multiply] by the output {neuron} as well", "{rule}",
        (Edit(DELTA, RARE, "(a, s, y)"),),
    ),
    Mistake(
        "another-slope", STAGE, "[used|use] the slope of another neuron, {member}", "{rule}",
        (Edit(DELTA, USUAL, "(a, k)", "slopes"),),
    ),
    Mistake(
        "factor-of-two", STAGE, "{square}", "{rule}",
        (
            Edit(
                DELTA, USUAL,
                "(2.0, d) if abs(factor - 1) < 1e-6 else (0.5, d) if abs(factor - 2) < 1e-6 else None",
            ),
        ),
    ),
    Mistake(
        "forgot-error", STAGE, "[left|leave] the error out", "{rule}",
        (Edit(DELTA, USUAL, "(s,) if is_output else None"),),
    ),
    Mistake(
        "gave-error", STAGE, "[gave|give] the error of {neuron}", "Its delta is asked for",
        (Edit(DELTA, USUAL, "(e,) if is_output else None"),),
    ),
    Mistake(
        "output-for-error", STAGE, "[used|use] the output {neuron} in place of its error", "{rule}",
        (Edit(DELTA, USUAL, "(y, s) if is_output else None"),),
    ),
    Mistake(
        "desired-for-error", STAGE, "[used|use] the desired output in place of the error", "{rule}",
        (Edit(DELTA, RARE, "(yd, s) if is_output else None"),),
    ),
    Mistake(
        "slope-of-error", STAGE, "[computed|compute] the slope from the error, not from the output", "{rule}",
        (Edit(DELTA, RARE, "(a, e, 1 - e) if is_output else None"),),
    ),
    Mistake(
        "error-for-delta", STAGE, "[used|use] the errors of the neurons further on in place of their deltas", "{rule}",
        (
            Edit(DELTA, COMMON, "(s, fsum(errors_in)) if errors_in else None"),
            Edit(DELTA, USUAL, "(fsum(errors_in),) if errors_in else None"),
        ),
    ),
    Mistake(
        "forgot-weight", STAGE, "[left|leave] the weights between the neurons out", "{rule}",
        (Edit(DELTA, USUAL, "(s, fsum(deltas_in)) if terms else None"),),
    ),
    Mistake(
        "forgot-delta", STAGE, "[left|leave] the delta out", "{rule}",
        (
            Edit(DELTA, USUAL, "(s, fsum(weights_in)) if terms else None"),
            Edit(UPDATE, USUAL, "[old, (rate, carries)] if not is_plain else None"),
        ),
    ),
    Mistake(
        "another-weight", STAGE, "[used|use] the weights of another neuron, {member}", "{rule}",
        (Edit(DELTA, USUAL, "(s, k)", "weights"),),
    ),
    Mistake(
        "forgot-an-output", STAGE, "[left|leave] out some of the neurons that {neuron} feeds",
        "Its error comes back from all of them: {rule}",
        (Edit(DELTA, COMMON, "(s, fsum(k))", "subsets of terms"),),
    ),
    Mistake(
        "used-new-weight", STAGE, "[took|take] the new weights on the way back",
        "The errors go back through the weights of the forward pass",
        (Edit(DELTA, USUAL, "(s, renewed) if renewed is not None else None"),),
    ),
    Mistake(
        "forgot-minus-one", STAGE, "[forgot|forget] that a threshold enters with the input -1", "{convention}",
        (Edit(UPDATE, COMMON, "[old, (-1.0, rate, carries, d)] if is_threshold else None"),),
    ),
    Mistake(
        "ascended", STAGE, "[stepped|step] uphill", "{convention}",
        (Edit(UPDATE, COMMON, "[old, (-1.0, rate, carries, d)]"),),
    ),
    Mistake(
        "forgot-rate", STAGE, "[took|take] the whole gradient as the step",
        "It is multiplied by the learning rate {rate} first",
        (Edit(UPDATE, COMMON, "[old, (carries, d)]"),),
    ),
    Mistake(
        "gave-step", STAGE, "[gave|give] the step alone", "The step is added to the old weight, {old}",
        (Edit(UPDATE, COMMON, "(rate, carries, d)"),),
    ),
    Mistake(
        "gave-gradient", STAGE, "[gave|give] the gradient ∂{loss}/∂{source}", "The new weight is asked for",
        (Edit(UPDATE, USUAL, "(-1.0, carries, d)"),),
    ),
    Mistake(
        "forgot-input", STAGE, "[left|leave] out what {source} multiplies", "{step}",
        (Edit(UPDATE, COMMON, "[old, (rate, d)] if carries != 1 else None"),),
    ),
    Mistake(
        "own-weight-for-input", STAGE, "[multiplied|multiply] by the weight {source} itself", "{step}",
        (Edit(UPDATE, USUAL, "[old, (rate, d, old)]"),),
    ),
    Mistake(
        "another-input", STAGE, "[used|use] the input that belongs to another weight, {member}", "{step}",
        (Edit(UPDATE, USUAL, "[old, (rate, k, d)]", "inputs"),),
    ),
    Mistake(
        "another-delta", STAGE, "[used|use] the delta of another neuron, {member}", "{step}",
        (Edit(UPDATE, USUAL, "[old, (rate, carries, k)]", "deltas"),),
    ),
    Mistake(
        "rate-twice", STAGE, "[multiplied|multiply] by the learning rate twice", "{step}",
        (Edit(UPDATE, RARE, "[old, (rate, rate, carries, d)]"),),
    ),
    Mistake(
        "multiplied-by-rate", STAGE, "[multiplied|multiply] the old weight by the learning rate",
        "The step is added to the old weight",
        (Edit(UPDATE, RARE, "(old, rate)"),),
    ),
    Mistake(
        "multiplied-step", STAGE, "[multiplied|multiply] the old weight by the step",
        "The step is added to the old weight",
        (Edit(UPDATE, RARE, "(old, rate, carries, d)"),),
    ),
    Mistake(
        "decimal-slip", None, "[slipped|slip] with the decimal point", "",
        (
            Edit(BRANCH, USUAL, "right * k", "tens"),
            Edit(LOCAL, USUAL, "l * k", "tens"),
            Edit(FORK, USUAL, "right * k", "tens"),
            Edit(OUTPUT, USUAL, "right * k", "tens"),
            Edit(FORWARD, USUAL, "right * k", "tens"),
            Edit(ERROR, USUAL, "right * k", "tens"),
            Edit(DELTA, USUAL, "d * k", "tens"),
            Edit(UPDATE, USUAL, "right * k", "tens"),
        ),
    ),
    Mistake("cut-off", None, "[cut|cut] digits off", "Round to the last digit that you write"),
    Mistake("too-coarse", None, "[rounded|round] too far", "{enough}"),
    Mistake(
        "all-weights-left-out", UPSTREAM, "[left|leave] every factor of the mul gates out",
        "Each gate on the way multiplies by its local gradient",
    ),
    Mistake(
        "all-slopes-left-out", UPSTREAM, "[left|leave] the slope of every activation out",
        "Each gate on the way multiplies by its local gradient",
    ),
    Mistake("all-signs-lost", STAGE, "[lost|lose] every minus", "Each gate keeps the sign of its local gradient"),
    Mistake("input-for-local", UPSTREAM, "[used|use] the input {source} as the local gradient", "{slope} is needed"),
    Mistake("output-for-local", UPSTREAM, "[used|use] the value of {gate} as the local gradient", "{slope} is needed"),
    Mistake("factor-too-many", UPSTREAM, "[multiplied|multiply] by one factor too many: {factor}", "{holding}"),
    Mistake("wrong-factor", UPSTREAM, "[multiplied|multiply] {factors}", "{holding}"),
)  # fmt: skip

MISTAKES: Final[dict[str, Mistake]] = {row.id: row for row in _ROWS} | {
    id_: Mistake(id_, GATE, saying.did, saying.holds) for id_, saying in GATE_RULES.items()
}
"""Every mistake by its id."""


def is_activation(gate: Any) -> bool:
    """Whether a gate is a function of one node, without a constant."""
    return bool(gate.arity == 1 and not gate.has_constant)


def edits_at(where: str) -> list[tuple[str, Edit]]:
    """The edits of a kind of place, each with the id of its mistake."""
    return _BY_PLACE[where]


_BY_PLACE: Final[dict[str, list[tuple[str, Edit]]]] = {
    where: [(row.id, edit) for row in _ROWS for edit in row.edits if edit.where == where]
    for where in (BRANCH, LOCAL, FORK, OUTPUT, FORWARD, ERROR, DELTA, UPDATE)
}
