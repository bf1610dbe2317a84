"""The mistakes with gradients, values and digits that are not specific to one gate, one row each."""

from __future__ import annotations

from typing import Final

from backprop_tutor.engine.gate import COMMON, RARE, USUAL
from backprop_tutor.tutor.mistakes.mistake import (
    BRANCH,
    DELTA,
    ERROR,
    FORK,
    FORWARD,
    LOCAL,
    OUTPUT,
    STAGE,
    UPDATE,
    UPSTREAM,
    Edit,
    Mistake,
)  # fmt: skip

ROWS: Final = (
    Mistake(
        "sign-flipped", STAGE, "[flipped|flip] the sign", "{signs}",
        (
            Edit(BRANCH, COMMON, "(-1.0, u, l)"),
            Edit(LOCAL, COMMON, "-l"),
            Edit(FORK, COMMON, "[-flow for flow in flows]"),
            Edit(OUTPUT, COMMON, "-right"),
            Edit(FORWARD, COMMON, "-right"),
            Edit(ERROR, COMMON, "[down * y, -down * yd]"),
            Edit(DELTA, COMMON, "(-1.0, d) if cancels else (-1.0, a, s)"),
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
            Edit(DELTA, RARE, "(y,)"),
        ),
    ),
    Mistake(
        "gave-output", STAGE, "[gave|give] the value of {gate}", "{symbol} is asked for",
        (Edit(BRANCH, USUAL, "(out,)"), Edit(LOCAL, USUAL, "(out,)")),
    ),
    Mistake(
        "gave-gradient-for-value", STAGE, "[gave|give] the gradient of {source}", "Its value is asked for",
        (Edit(FORWARD, RARE, "(gradient,)"), Edit(FORWARD, RARE, "gradient / top if top not in (0, 1) else None")),
    ),
    Mistake(
        "gave-slope-for-value", STAGE, "[gave|give] the local gradient of {gate}", "Its value is asked for",
        (Edit(FORWARD, RARE, "(k,)", "slopes"),),
    ),
    Mistake(
        "another-gradient", STAGE, "[gave|give] ∂{loss}/∂{member}", "{symbol} is asked for",
    ),
    Mistake(
        "derivative-of-output", UPSTREAM, "[gave|give] ∂{output}/∂{source}",
        "∂{loss}/∂{source} is asked for: multiply by ∂{loss}/∂{output} = {top}",
        (
            Edit(BRANCH, USUAL, "right / top if top not in (0, 1) else None"),
            Edit(FORK, USUAL, "right / top if top not in (0, 1) else None"),
        ),
    ),
    Mistake(
        "derivative-of-loss", UPSTREAM, "[gave|give] ∂{loss}/∂{source}",
        "{symbol} is asked for, without ∂{loss}/∂{output}",
    ),
    Mistake(
        "incomplete-upstream", FORK, "[used|use] what only one branch brings back to {gate}",
        "{gate} is a fork: its upstream gradient is the sum over all of its branches",
        (Edit(BRANCH, USUAL, "(k, l)", "parts"),),
    ),
    Mistake(
        "gave-total", STAGE, "[gave|give] the whole gradient of {source}, over all of its branches",
        "Only the branch through {gate} is asked for here",
        (
            Edit(BRANCH, USUAL, "(whole,) if is_forked else None"),
            Edit(LOCAL, USUAL, "(whole,) if is_forked else None"),
        ),
    ),
    Mistake(
        "stale-upstream", UPSTREAM, "[used|use] the upstream gradient of a gate further on, ∂{loss}/∂{member}",
        "The one that arrives at {gate} is needed",
        (Edit(BRANCH, USUAL, "(k, l)", "further"),),
    ),
    Mistake(
        "stopped-before", UPSTREAM, "[stopped|stop] at ∂{loss}/∂{member}, further on",
        "The path from {member} to {source} is missing",
        (
            Edit(BRANCH, USUAL, "(k,)", "further"),
            Edit(FORK, USUAL, "(k,)", "further"),
        ),
    ),
    Mistake(
        "value-for-local", UPSTREAM, "[multiplied|multiply] the upstream gradient by the value of {member}",
        "Multiply it by the local gradient {slope} instead",
        (Edit(BRANCH, RARE, "(u, k)", "near"),),
    ),
    Mistake(
        "added-upstream", UPSTREAM, "[added|add] the upstream and the local gradient", "The chain rule multiplies them",
        (Edit(BRANCH, RARE, "[u, l] if u and l else None"),),
    ),
    Mistake(
        "upstream-twice", UPSTREAM, "[multiplied|multiply] by one upstream gradient too many",
        "The product has one upstream gradient and one local gradient",
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
        "local-twice", UPSTREAM, "[multiplied|multiply] by the local gradient twice", "It belongs in the product only "
        "once",
        (Edit(BRANCH, RARE, "(u, l, l)"),),
    ),
    Mistake(
        "input-times-local", UPSTREAM, "[multiplied|multiply] by the input {source} as well",
        "Upstream × local is all that is needed",
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
        "gave-downstream", STAGE, "[multiplied|multiply] by the upstream gradient as well",
        "The local gradient {slope} alone is asked for",
        (
            Edit(LOCAL, COMMON, "(u, l)"),
            Edit(LOCAL, USUAL, "(u / top, l) if top not in (0, 1) else None"),  # ∂f for ∂L
        ),
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
        "Only one input of {gate} = {written} counts here",
        (Edit(LOCAL, USUAL, "[l, other_local] if is_twice else None"),),
    ),
    Mistake("number-for-formula", STAGE, "[gave|give] a number", "A formula in the names of the nodes is asked for"),
    Mistake(
        "one-branch-only", FORK, "[counted|count] only some of the branches of {source}",
        "It has {branches} branches: add what all of them carry",
        (Edit(FORK, COMMON, "[*k]", "subsets of flows"),),
    ),
    Mistake(
        "turned-in-the-sum", FORK, "[flipped|flip] the sign of what {member} carries",
        "Add what the branches carry, each with its own sign",
        (
            Edit(FORK, COMMON, "[*flows, -2 * k] if k else None", "flows"),
            Edit(DELTA, USUAL, "(s, a - 2 * k) if len(terms) > 1 else None", "terms"),
        ),
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
        "(a·b)' = a'·b + a·b': each way contributes a term",
        (Edit(FORK, USUAL, "(k.u, k.da, k.db)", "mul"),),
    ),
    Mistake(
        "quotient-of-derivatives", FORK, "[divided|divide] the derivatives of numerator and denominator",
        "(a/b)' = (a'·b - a·b')/b²",
        (Edit(FORK, USUAL, "(k.u, k.da, 1 / k.db)", "div"),),
    ),
    Mistake(
        "quotient-forgot-factors", FORK, "[left|leave] numerator and denominator out of the quotient rule",
        "(a/b)' = (a'·b - a·b')/b²",
        (Edit(FORK, USUAL, "k.u * (k.da - k.db) / k.b**2", "div"),),
    ),
    Mistake(
        "quotient-forgot-square", FORK, "[forgot|forget] the square of the denominator in the quotient rule",
        "(a/b)' = (a'·b - a·b')/b²",
        (
            Edit(FORK, USUAL, "k.u * (k.da * k.b - k.a * k.db)", "div"),
            Edit(FORK, RARE, "k.u * (k.da * k.b - k.a * k.db) / k.b", "div"),
        ),
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
    Mistake("cut-off", None, "[cut|cut] digits off instead of rounding", "Round to the last digit that you write"),
    Mistake("too-coarse", None, "[rounded|round] too far", "{enough}"),
    Mistake(
        "all-weights-left-out", UPSTREAM, "[left|leave] out the factors of all mul gates",
        "Each gate on the way multiplies by its local gradient",
    ),
    Mistake(
        "all-slopes-left-out", UPSTREAM, "[left|leave] out the slope of every activation",
        "Each gate on the way multiplies by its local gradient",
    ),
    Mistake("all-signs-lost", STAGE, "[dropped|drop] every minus sign", "Each gate keeps the sign of its local "
    "gradient"),
    Mistake("input-for-local", UPSTREAM, "[used|use] the input {source} as the local gradient", "{slope} is needed"),
    Mistake("output-for-local", UPSTREAM, "[used|use] the value of {gate} as the local gradient", "{slope} is needed"),
    Mistake("factor-too-many", UPSTREAM, "[multiplied|multiply] by one factor too many: {factor}", "{holding}"),
    Mistake("wrong-factor", UPSTREAM, "[multiplied|multiply] {factors}", "{holding}"),
)  # fmt: skip
