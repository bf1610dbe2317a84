"""Words for the wrong rules in the table of gates: for each id, what the student did and what holds instead.
`[kept|keep]` gives "You kept …" and "Did you keep …?". The names in braces are those of `words`: the branch's `source`,
its `gate` as `written`, the gate's `other` input, its `kind`, and the `wrong` rule.
"""

from __future__ import annotations

from typing import Final

from backprop_tutor.fields import NamedTuple


class Saying(NamedTuple):
    """What the student did, and the rule that holds instead."""

    did: str
    holds: str


_RATIO = "The derivative of a/b with respect to b is -a/b²"
_POWER = "By the power rule, the derivative of x^n is n·x^(n-1)"
_ROUTES = "{Kind} passes the whole gradient to the input whose value came out"
_RECIPROCAL = "The derivative of 1/x is -1/x²"
_ROOT = "The derivative of sqrt(x) is 1/(2·sqrt(x))"
_EXP = "The exponential is its own derivative"
_LOG = "The derivative of the natural logarithm is 1/x"
_SIGMOID = "The sigmoid's local gradient is y·(1 - y), where y is its output"
_TANH = "The local gradient of tanh is 1 - y², where y is its output"
_SOFTPLUS = "The derivative of softplus is the sigmoid of its input"
_GATEKEEPER = "{Kind} lets the gradient through where its input is positive, whatever its size"
_LEAKS = "The slope of a leaky ReLU is 1 for positive inputs and 0.01 for the others"
_OWN_RULE = "{gate} is {written}"
_ITSELF = "[used|use] the value of {gate} itself as the local gradient"

GATE_RULES: Final[dict[str, Saying]] = {
    "split-at-add": Saying(
        "[split|split] the upstream gradient between the inputs of {gate}", "{Kind} passes all of it to each input"
    ),
    "add-as-mul": Saying(
        "[treated|treat] {gate} = {written} as a product", "In a sum, each input has the local gradient 1"
    ),
    "sub-lost-minus": Saying(
        "[dropped|drop] the minus sign before {source}", "{gate} = {written} falls as {source} grows"
    ),
    "sub-minus-at-first": Saying(
        "[gave|give] {source} the minus sign of {gate} = {written}",
        "Only the second input of a sub gate has the minus sign",
    ),
    "swapped-inputs": Saying("[multiplied|multiply] by {source} itself", "A mul gate multiplies by the other input"),
    "mul-as-product": Saying(
        "[multiplied|multiply] by the whole product {gate}", "A mul gate multiplies only by the other input"
    ),
    "div-not-inverted": Saying(
        "[multiplied|multiply] by {other} instead of dividing by it", "The derivative of a/b with respect to a is 1/b"
    ),
    "div-lost-minus": Saying("[dropped|drop] the minus sign that comes with the denominator", _RATIO),
    "div-forgot-square": Saying("[forgot|forget] to square the denominator", _RATIO),
    "div-forgot-numerator": Saying("[left|leave] out the numerator {other}", _RATIO),
    "div-forgot-denominator": Saying("[forgot|forget] to divide by the square of the denominator", _RATIO),
    "div-value": Saying(
        "[used|use] the quotient {gate} itself as the local gradient", "The derivative of a/b with respect to a is 1/b"
    ),
    "div-other-slot": Saying(
        "[used|use] the local gradient for {other}, not the one for {source}",
        "Ask how {gate} = {written} changes as {source} alone moves",
    ),
    "div-square-at-numerator": Saying(
        "[squared|square] the denominator", "The derivative of a/b with respect to a is 1/b"
    ),
    "routed-to-loser": Saying("[sent|send] the gradient to the wrong input of {gate}", _ROUTES),
    "shared-at-max": Saying("[shared|share] the gradient between the inputs of {gate}", _ROUTES),
    "max-times-input": Saying("[multiplied|multiply] by the input {source}", _ROUTES),
    "scale-gave-input": Saying(
        "[multiplied|multiply] by {source} instead of the constant", "{gate} = {written} has a constant slope"
    ),
    "scale-squared": Saying(
        "[multiplied|multiply] by the constant of {gate} twice", "The constant of {gate} = {written} is its slope"
    ),
    "scale-inverted": Saying(
        "[divided|divide] by the constant of {gate}", "The constant of {gate} = {written} is its slope"
    ),
    "shift-as-factor": Saying(
        "[multiplied|multiply] by the constant of {gate}, which is only added", "An added constant changes no gradient"
    ),
    "shift-as-zero": Saying(
        "[gave|give] the derivative of the constant in {gate} = {written}", "{gate} moves by as much as {source} does"
    ),
    "reciprocal-missing-minus": Saying(
        "[dropped|drop] the minus sign of {written}'s derivative", "{written} falls as {source} grows"
    ),
    "reciprocal-forgot-square": Saying("[forgot|forget] to square {source}", _RECIPROCAL),
    "reciprocal-value": Saying(_ITSELF, _RECIPROCAL),
    "reciprocal-integrated": Saying("[integrated|integrate] {written} instead of differentiating it", _RECIPROCAL),
    "power-kept-exponent": Saying("[kept|keep] the exponent of {written}", _POWER),
    "power-forgot-factor": Saying("[left|leave] out the exponent as a factor", _POWER),
    "power-forgot-exponent": Saying(
        "[multiplied|multiply] by the exponent and [forgot|forget] the power that remains", _POWER
    ),
    "power-lowered-factor": Saying("[lowered|lower] the factor as well as the exponent", _POWER),
    "power-raised": Saying("[raised|raise] the exponent by one instead of lowering it", _POWER),
    "power-minus-ignored": Saying("[lowered|lower] the exponent without its minus sign", _POWER),
    "power-below-the-line": Saying("[put|put] the whole derivative in the denominator", _POWER),
    "power-integrated": Saying("[integrated|integrate] {written} instead of differentiating it", _POWER),
    "power-as-exp": Saying("[treated|treat] {written} as an exponential, with {source} as the exponent", _POWER),
    "power-value": Saying(_ITSELF, _POWER),
    "sqrt-forgot-half": Saying("[left|leave] out the 1/2", _ROOT),
    "sqrt-not-inverted": Saying("[multiplied|multiply] by the root instead of dividing by it", _ROOT),
    "sqrt-value": Saying(_ITSELF, _ROOT),
    "sqrt-forgot-root": Saying("[divided|divide] by {source} itself instead of by its root", _ROOT),
    "exp-power-rule": Saying("[used|use] the power rule on an exponential", _EXP),
    "exp-times-input": Saying("[multiplied|multiply] by the exponent {source}", _EXP),
    "exp-lost-sign": Saying("[flipped|flip] the sign of the exponent {source}", _EXP),
    "exp-gave-input": Saying("[used|use] the exponent {source} as the local gradient", _EXP),
    "log-value": Saying(_ITSELF, _LOG),
    "log-base-ten": Saying("[differentiated|differentiate] the logarithm to base 10", _LOG),
    "log-not-inverted": Saying("[multiplied|multiply] by {source} instead of dividing by it", _LOG),
    "log-squared": Saying("[differentiated|differentiate] 1/x, not the logarithm", _LOG),
    "log-as-exp": Saying("[took|take] the exponential of {source}", _LOG),
    "sigmoid-value": Saying(_ITSELF, _SIGMOID),
    "sigmoid-of-input": Saying("[computed|compute] x·(1 - x) from the gate's input {source}", _SIGMOID),
    "sigmoid-one-minus": Saying("[kept|keep] only 1 - y of the rule y·(1 - y)", _SIGMOID),
    "sigmoid-twice": Saying("[applied|apply] the sigmoid a second time, to its own output", _SIGMOID),
    "tanh-rule-at-sigmoid": Saying("[used|use] the rule of tanh, 1 - y², at a sigmoid", _SIGMOID),
    "sigmoid-one-plus": Saying("[added|add] the output to 1 instead of subtracting it", _SIGMOID),
    "tanh-not-squared": Saying("[forgot|forget] to square tanh's output", _TANH),
    "tanh-of-input": Saying("[squared|square] the gate's input {source}, not its output", _TANH),
    "sigmoid-rule-at-tanh": Saying("[used|use] the sigmoid's rule, y·(1 - y), at a tanh", _TANH),
    "tanh-twice": Saying("[applied|apply] tanh a second time, to its own output", _TANH),
    "tanh-value": Saying(_ITSELF, _TANH),
    "tanh-one-plus": Saying("[added|add] the square to 1 instead of subtracting it", _TANH),
    "tanh-squared-outside": Saying("[squared|square] the whole of 1 - y", _TANH),
    "relu-passed-negative": Saying("[let|let] the whole gradient through {gate}", "Its input is not positive"),
    "relu-blocked-positive": Saying("[stopped|stop] the gradient at {gate}", "A positive input lets all of it through"),
    "relu-times-input": Saying("[multiplied|multiply] by the input {source}", _GATEKEEPER),
    "leaky-as-relu": Saying("[took|take] the leaky ReLU for a ReLU", _LEAKS),
    "leaky-slope-at-positive": Saying("[used|use] the slope for negative inputs, but {source} is positive", _LEAKS),
    "leaky-turned": Saying("[gave|give] the leak a minus sign", _LEAKS),
    "softplus-one-minus": Saying("[used|use] 1 minus the sigmoid of {source}", _SOFTPLUS),
    "softplus-sigmoid-rule": Saying("[used|use] the derivative of the sigmoid", _SOFTPLUS),
    "softplus-of-output": Saying("[used|use] the sigmoid's rule, y·(1 - y), at a softplus", _SOFTPLUS),
    "softplus-value": Saying(_ITSELF, _SOFTPLUS),
    "softplus-as-relu": Saying("[took|take] the softplus for a ReLU", _SOFTPLUS),
    "abs-times-input": Saying("[multiplied|multiply] by the input {source}", "Only the sign of the input counts"),
    "abs-value": Saying(_ITSELF, "Its slope is 1 or -1, by the sign of the input"),
    "sin-value": Saying(_ITSELF, "The derivative of the sine is the cosine"),
    "sin-as-cos": Saying("[differentiated|differentiate] a cosine", "{gate} is a sine, whose derivative is the cosine"),
    "cos-value": Saying(_ITSELF, "The derivative of the cosine is minus the sine"),
    "cos-lost-minus": Saying("[dropped|drop] the minus sign", "The derivative of the cosine is minus the sine"),
    "angle-in-degrees": Saying("[took|take] {source} for an angle in degrees", "Angles are in radians here"),
    "other-operation": Saying("[computed|compute] {wrong}", _OWN_RULE),
    "turned-round": Saying("[computed|compute] {wrong}, the wrong way round", _OWN_RULE),
    "lost-minus": Saying("[dropped|drop] a minus sign and [computed|compute] {wrong}", _OWN_RULE),
    "base-ten": Saying("[took|take] the logarithm to base 10", "Here log is the natural logarithm, to base e"),
    "other-side": Saying("[picked|pick] the other input", _OWN_RULE),
    "passed-negative": Saying("[let|let] a negative input through", _OWN_RULE),
    "as-relu": Saying("[took|take] the leaky ReLU for a ReLU", "It lets 0.01 of a negative input through"),
    "derived": Saying("[gave|give] the derivative of {written}", "Its value is asked for"),
}
"""By the ids of `Gate.wrong`."""
