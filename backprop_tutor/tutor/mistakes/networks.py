"""The mistakes with errors, deltas and new weights, one row each."""

from __future__ import annotations

from typing import Final

from backprop_tutor.engine.gate import COMMON, RARE, USUAL
from backprop_tutor.tutor.mistakes.mistake import DELTA, ERROR, STAGE, UPDATE, Edit, Mistake

ROWS: Final = (
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
        "other-activation-rule", STAGE, "[used|use] the slope of tanh, 1 - y²", "{rule}",
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
        "forgot-error", STAGE, "[left|leave] out the error", "{rule}",
        (Edit(DELTA, USUAL, "(s,) if is_output else None"),),
    ),
    Mistake(
        "gave-slope", STAGE, "[gave|give] the slope of {neuron}'s activation alone", "{rule}",
        (Edit(DELTA, USUAL, "(s,) if terms else None"),),
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
        "forgot-weight", STAGE, "[left|leave] out the weights between the neurons", "{rule}",
        (Edit(DELTA, USUAL, "(s, fsum(deltas_in)) if terms else None"),),
    ),
    Mistake(
        "forgot-delta", STAGE, "[left|leave] out the delta", "{rule}",
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
        "used-new-weight", STAGE, "[used|use] the new weights on the way back",
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
        "Multiply it by the learning rate {rate} first",
        (Edit(UPDATE, COMMON, "[old, (down, carries, d)]"),),
    ),
    Mistake(
        "gave-step", STAGE, "[gave|give] only the step", "The step is added to the old weight",
        (Edit(UPDATE, COMMON, "(rate, carries, d)"),),
    ),
    Mistake(
        "gave-step-without-rate", STAGE, "[gave|give] only the step, and without the learning rate",
        "The step is added to the old weight",
        (Edit(UPDATE, USUAL, "(down, carries, d) if is_plain or carries != 1 else None"),),
    ),
    Mistake(
        "gave-gradient", STAGE, "[gave|give] the gradient ∂{loss}/∂{source}", "The new weight is asked for",
        (Edit(UPDATE, USUAL, "(-down, carries, d)"),),
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
        (Edit(UPDATE, RARE, "[old, (rate, abs(rate), carries, d)]"),),
    ),
    Mistake(
        "multiplied-by-rate", STAGE, "[multiplied|multiply] the old weight by the learning rate",
        "The step is added to the old weight",
        (Edit(UPDATE, RARE, "(old, abs(rate))"),),
    ),
    Mistake(
        "multiplied-step", STAGE, "[multiplied|multiply] the old weight by the step",
        "The step is added to the old weight",
        (Edit(UPDATE, RARE, "(old, rate, carries, d)"),),
    ),
)  # fmt: skip
