"""Every gate, as one row of a table. What follows from a row is in `engine.gate`."""

from __future__ import annotations

from typing import Final

from backprop_tutor.engine.gate import COMMON, KNOWN, RARE, USUAL, VALUE, Gate, Wrong

_ROUTER = "router: passes the whole gradient to the {side} input and nothing to the other"
_TABLE = (
    Gate(
        "add", "a + b", ("1", "1"), "a + b", "distributor: passes the gradient to both inputs, unchanged",
        wrong=(Wrong("split-at-add", "1/2", USUAL), Wrong("add-as-mul", "other", RARE),
            Wrong("other-operation", "a*b", USUAL, VALUE), Wrong("other-operation", "a - b", USUAL, VALUE)),
    ),
    Gate(
        "sub", "a - b", ("1", "-1"), "a - b",
        "distributor with a sign: passes the gradient to the first input and its negative to the second",
        wrong=(Wrong("split-at-add", "l/2", USUAL), Wrong("sub-lost-minus", "1", COMMON, 1),
            Wrong("sub-minus-at-first", "-1", USUAL, 0), Wrong("other-operation", "a + b", USUAL, VALUE),
            Wrong("turned-round", "b - a", USUAL, VALUE)),
    ),
    Gate(
        "mul", "a*b", ("b", "a"), "a * b",
        "switcher: multiplies by the other input",
        wrong=(Wrong("swapped-inputs", "x", COMMON), Wrong("mul-as-product", "out", RARE),
            Wrong("other-operation", "a + b", USUAL, VALUE)),
    ),
    Gate(
        "div", "a/b", ("1/b", "-a/b**2"), "a / b",
        "multiplies by 1/b at the numerator a, and by -a/b² at the denominator b", "b other than 0",
        wrong=(Wrong("div-not-inverted", "b", USUAL, 0), Wrong("div-lost-minus", "a/b**2", COMMON, 1),
            Wrong("div-forgot-square", "-a/b", USUAL, 1), Wrong("div-forgot-numerator", "-1/b**2", USUAL, 1),
            Wrong("div-forgot-denominator", "-a", USUAL, 1), Wrong("div-value", "a/b", USUAL),
            Wrong("div-other-slot", "-a/b**2", RARE, 0), Wrong("div-other-slot", "1/b", USUAL, 1),
            Wrong("div-square-at-numerator", "1/b**2", RARE, 0), Wrong("turned-round", "b/a", USUAL, VALUE),
            Wrong("other-operation", "a*b", USUAL, VALUE)),
    ),
    Gate(
        "max", "max(a, b)",
        ("1 if a > b else 0.5 if a == b else 0", "1 if b > a else 0.5 if a == b else 0"),
        "max(a, b)", _ROUTER.format(side="larger"), kinks=("a - b",), called=("maximum",),
        wrong=(Wrong("routed-to-loser", "1 - l", COMMON), Wrong("shared-at-max", "1/2", USUAL),
            Wrong("max-times-input", "x", USUAL), Wrong("other-side", "min(a, b)", USUAL, VALUE)),
    ),
    Gate(
        "min", "min(a, b)",
        ("1 if a < b else 0.5 if a == b else 0", "1 if b < a else 0.5 if a == b else 0"),
        "min(a, b)", _ROUTER.format(side="smaller"), kinks=("a - b",), called=("minimum",),
        wrong=(Wrong("routed-to-loser", "1 - l", COMMON), Wrong("shared-at-max", "1/2", USUAL),
            Wrong("max-times-input", "x", USUAL), Wrong("other-side", "max(a, b)", USUAL, VALUE)),
    ),
    Gate(
        "scale", "x*c", ("c",), "x * c", "amplifier: multiplies by its constant",
        wrong=(Wrong("scale-gave-input", "x", USUAL), Wrong("scale-squared", "c**2 if abs(c) != 1 else c", USUAL),
            Wrong("scale-inverted", "1/c", RARE), Wrong("other-operation", "x + c", USUAL, VALUE)),
    ),
    Gate(
        "shift", "x + c", ("1",), "x + c",
        "passes the gradient on unchanged, whatever its constant",
        wrong=(Wrong("shift-as-factor", "c", USUAL), Wrong("shift-as-zero", "0", RARE),
            Wrong("other-operation", "x*c", USUAL, VALUE), Wrong("turned-round", "x - c", USUAL, VALUE)),
    ),
    Gate(
        "reciprocal", "1/x", ("-1/x**2",), "1/x",
        "flips the sign, and lets little through for large x", "x other than 0",
        wrong=(Wrong("reciprocal-missing-minus", "1/x**2", COMMON), Wrong("reciprocal-forgot-square", "-1/x", USUAL),
            Wrong("reciprocal-value", "1/x", USUAL), Wrong("reciprocal-integrated", "log(abs(x))", RARE),
            Wrong("other-operation", "-x", USUAL, VALUE), Wrong("other-operation", "x", RARE, VALUE)),
    ),
    Gate(
        "power", "x**c", ("c*x**(c - 1)",), "x**c",
        "follows the power rule, which brings the exponent down as a factor and lowers it by one",
        "x other than 0 if c < 1 and c % 1 == 0 else x above 0 if c < 1 else x of at least 0 if c % 1 != 0 else ",
        wrong=(Wrong("power-kept-exponent", "c*x**c", USUAL), Wrong("power-forgot-factor", "x**(c - 1)", USUAL),
            Wrong("power-forgot-exponent", "c*x", USUAL), Wrong("power-lowered-factor", "(c - 1)*x**(c - 1)", RARE),
            Wrong("power-raised", "c*x**(c + 1)", RARE),
            Wrong("power-minus-ignored", "c*x**(-c - 1) if c < 0 else c*x**(c - 1)", USUAL),
            Wrong("power-below-the-line", "1/(-c*x**(-c - 1)) if c < 0 else c*x**(c - 1)", USUAL),
            Wrong("power-integrated", "x**(c + 1)/(c + 1)", RARE), Wrong("power-as-exp", "x**c*log(x)", RARE),
            Wrong("power-value", "x**c", RARE), Wrong("other-operation", "c*x", USUAL, VALUE),
            Wrong("derived", "c*x**(c - 1)", USUAL, VALUE)),
    ),
    Gate(
        "sqrt", "sqrt(x)", ("1/(2*sqrt(x))",), "sqrt(x)",
        "divides by twice the root, and lets a lot through for small x", "x above 0", also=("root",),
        wrong=(Wrong("sqrt-forgot-half", "1/sqrt(x)", USUAL), Wrong("sqrt-not-inverted", "sqrt(x)/2", USUAL),
            Wrong("sqrt-value", "sqrt(x)", RARE), Wrong("sqrt-forgot-root", "1/(2*x)", RARE),
            Wrong("other-operation", "x/2", USUAL, VALUE), Wrong("other-operation", "x**2", RARE, VALUE)),
    ),
    Gate(
        "exp", "exp(x)", ("exp(x)",), "exp(x)", "multiplies by its own output",
        "x up to about 709",
        wrong=(Wrong("exp-power-rule", "x*exp(x - 1)", USUAL), Wrong("exp-times-input", "x*exp(x)", USUAL),
            Wrong("exp-lost-sign", "exp(-x)", USUAL), Wrong("exp-gave-input", "x", RARE),
            Wrong("lost-minus", "exp(-x)", USUAL, VALUE), Wrong("other-operation", "x*e", RARE, VALUE)),
    ),
    Gate(
        "log", "log(x)", ("1/x",), "log(x)", "divides by its input", "x above 0", called=("ln",),
        wrong=(Wrong("log-value", "log(x)", USUAL), Wrong("log-base-ten", "1/(x*log(10))", USUAL),
            Wrong("log-not-inverted", "x", USUAL), Wrong("log-squared", "-1/x**2", RARE),
            Wrong("log-as-exp", "exp(x)", RARE), Wrong("base-ten", "log(x)/log(10)", USUAL, VALUE)),
    ),
    Gate(
        "sigmoid", "1/(1 + exp(-x)) if x > -40 else exp(x)", ("out*(1 - out)",), "sigmoid(x)",
        "multiplies by y·(1 - y), where y is its output", also=("logistic", "expit", "sigm"),
        called=("σ", "sigma"),
        wrong=(Wrong("sigmoid-value", "out", USUAL), Wrong("sigmoid-of-input", "x*(1 - x)", USUAL),
            Wrong("sigmoid-one-minus", "1 - out", USUAL),
            Wrong("sigmoid-twice", "sigmoid(out)*(1 - sigmoid(out))", USUAL),
            Wrong("tanh-rule-at-sigmoid", "1 - out**2", RARE), Wrong("sigmoid-one-plus", "out*(1 + out)", RARE),
            Wrong("lost-minus", "1/(1 + exp(x))", USUAL, VALUE), Wrong("other-operation", "tanh(x)", RARE, VALUE)),
    ),
    Gate(
        "tanh", "tanh(x)", ("1 - out**2",), "tanh(x)", "multiplies by 1 - y², where y is its output",
        wrong=(Wrong("tanh-not-squared", "1 - out", USUAL), Wrong("tanh-of-input", "1 - x**2", USUAL),
            Wrong("sigmoid-rule-at-tanh", "out*(1 - out)", USUAL), Wrong("tanh-twice", "1 - tanh(out)**2", USUAL),
            Wrong("tanh-value", "out", USUAL), Wrong("tanh-one-plus", "1 + out**2", RARE),
            Wrong("tanh-squared-outside", "(1 - out)**2", RARE), Wrong("other-operation", "sigmoid(x)", RARE, VALUE)),
    ),
    Gate(
        "relu", "x if x > 0 else 0.0", ("1 if x > 0 else 0",), "relu(x)",
        "gatekeeper: passes the gradient on where its input is positive, and stops it elsewhere", kinks=("x",),
        wrong=(Wrong("relu-passed-negative", "1 if x <= 0 else l", COMMON),
            Wrong("relu-blocked-positive", "0 if x > 0 else l", COMMON), Wrong("relu-times-input", "x", USUAL),
            Wrong("passed-negative", "x", USUAL, VALUE)),
    ),
    Gate(
        "leaky_relu", "x if x > 0 else 0.01*x", ("1 if x > 0 else 0.01",), "leaky_relu(x)",
        "passes the gradient on where its input is positive, and one hundredth of it elsewhere",
        kinks=("x",), also=("lrelu", "leaky"),
        wrong=(Wrong("leaky-as-relu", "0 if x <= 0 else l", COMMON),
            Wrong("leaky-slope-at-positive", "0.01 if x > 0 else l", USUAL),
            Wrong("leaky-turned", "-0.01 if x <= 0 else l", RARE),
            Wrong("relu-passed-negative", "1 if x <= 0 else l", COMMON),
            Wrong("relu-blocked-positive", "0 if x > 0 else l", RARE), Wrong("relu-times-input", "x", USUAL),
            Wrong("as-relu", "0", USUAL, VALUE), Wrong("passed-negative", "x", USUAL, VALUE)),
    ),
    Gate(
        "softplus", "max(0.0, x) + log1p(exp(-abs(x)))", ("sigmoid(x)",), "softplus(x)",
        "multiplies by the sigmoid of its input, like a smooth relu",
        wrong=(Wrong("softplus-one-minus", "1 - sigmoid(x)", USUAL),
            Wrong("softplus-sigmoid-rule", "sigmoid(x)*(1 - sigmoid(x))", USUAL),
            Wrong("softplus-of-output", "out*(1 - out)", USUAL), Wrong("softplus-value", "out", USUAL),
            Wrong("softplus-as-relu", "1 if x > 0 else 0", USUAL)),
    ),
    Gate(
        "abs", "abs(x)", ("1 if x > 0 else -1 if x < 0 else 0",), "abs(x)",
        "multiplies by the sign of its input", kinks=("x",), called=("fabs", "absolute"),
        wrong=(Wrong("abs-times-input", "x", USUAL), Wrong("abs-value", "abs(x)", USUAL)),
    ),
    Gate(
        "sin", "sin(x)", ("cos(x)",), "sin(x)", "multiplies by the cosine of its input", also=("sine",),
        wrong=(Wrong("sin-value", "sin(x)", USUAL), Wrong("angle-in-degrees", "cos(x*pi/180)", USUAL),
            Wrong("sin-as-cos", "-sin(x)", RARE), Wrong("angle-in-degrees", "sin(x*pi/180)", USUAL, VALUE),
            Wrong("other-operation", "cos(x)", RARE, VALUE)),
    ),
    Gate(
        "cos", "cos(x)", ("-sin(x)",), "cos(x)", "multiplies by minus the sine of its input",
        also=("cosine",),
        wrong=(Wrong("cos-value", "cos(x)", USUAL), Wrong("cos-lost-minus", "sin(x)", COMMON),
            Wrong("angle-in-degrees", "-sin(x*pi/180)", USUAL),
            Wrong("angle-in-degrees", "cos(x*pi/180)", USUAL, VALUE), Wrong("other-operation", "sin(x)", RARE, VALUE)),
    ),
)  # fmt: skip


GATES: Final = KNOWN
"""Every gate by its name."""
GATES.update((gate.name, gate) for gate in _TABLE)
OPERATORS: Final = {gate.notation[2]: gate.name for gate in _TABLE if gate.notation[:2] + gate.notation[3:] == "a  b"}
"""The gate of each operator between two nodes: `+` is `add`."""

INSTEAD: Final = {
    "square": "x^2", "sqr": "x^2", "pow": "x^2", "power": "x^2", "cube": "x^3", "cbrt": "x^(1/3)", "rsqrt": "1/sqrt(x)",
    "log10": "log(x)/log(10)", "log2": "log(x)/log(2)", "lg": "log(x)/log(10)", "log1p": "log(1 + x)",
    "expm1": "exp(x) - 1", "exp2": "exp(log(2)*x)", "tan": "sin(x)/cos(x)", "tg": "sin(x)/cos(x)",
    "cot": "cos(x)/sin(x)", "sec": "1/cos(x)", "csc": "1/sin(x)", "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2", "sinc": "sin(x)/x", "sign": "x/abs(x)", "inv": "1/x", "inverse": "1/x", "neg": "-x",
    "negative": "-x", "relu6": "min(6, max(0, x))", "elu": "max(0, x) + exp(min(0, x)) - 1",
    "gelu": "x*sigmoid(1.702*x)", "silu": "x*sigmoid(x)", "swish": "x*sigmoid(x)", "mish": "x*tanh(softplus(x))",
    "logsigmoid": "log(sigmoid(x))", "hardtanh": "max(-1, min(1, x))", "hard_tanh": "max(-1, min(1, x))",
    "clip": "max(a, min(b, x))", "clamp": "max(a, min(b, x))", "softmax": "exp(a)/(exp(a) + exp(b))",
    "softsign": "x/(1 + abs(x))", "plus": "a + b", "sum": "a + b", "minus": "a - b", "subtract": "a - b",
    "times": "a*b", "multiply": "a*b", "prod": "a*b", "dot": "a*b", "divide": "a/b", "mean": "(a + b)/2",
    "hypot": "sqrt(a^2 + b^2)", "norm": "sqrt(a^2 + b^2)", "mse": "(a - b)^2", "sq": "x^2", "squared": "x^2",
    "log_2": "log(x)/log(2)", "lb": "log(x)/log(2)", "log_10": "log(x)/log(10)", "exp10": "exp(log(10)*x)",
    "logit": "log(x/(1 - x))", "tangent": "sin(x)/cos(x)", "ctg": "cos(x)/sin(x)", "th": "tanh(x)",
    "sh": "(exp(x) - exp(-x))/2", "ch": "(exp(x) + exp(-x))/2", "sech": "2/(exp(x) + exp(-x))", "sgn": "x/abs(x)",
    "celu": "max(0, x) + exp(min(0, x)) - 1", "selu": "1.0507*max(0, x) + 1.7581*(exp(min(0, x)) - 1)",
    "prelu": "max(0, x) + a*min(0, x)", "hardsigmoid": "max(0, min(1, x/6 + 0.5))",
    "log_softmax": "a - log(exp(a) + exp(b))", "logsumexp": "log(exp(a) + exp(b))",
    "bce": "-a*log(b) - (1 - a)*log(1 - b)", "avg": "(a + b)/2", "average": "(a + b)/2",
    **dict.fromkeys(
        ("asin", "acos", "atan", "arcsin", "arccos", "arctan", "erf", "asinh", "acosh", "atanh",
            "arctg", "atan2", "arsinh", "floor", "ceil", "round", "mod", "fmod", "step", "heaviside"), ""
    ),
}  # fmt: skip
"""How a function that is not a gate can be composed of gates; empty if it cannot."""


def gate_called(name: str) -> Gate | None:
    """The gate that the language calls by this name, its own or another."""
    return GATES.get(name) or next((gate for gate in GATES.values() if name in gate.called), None)


def gate_of(name: str, constant: float | None = None, slot: int = 1) -> Gate:
    """The gate of this name, in its form with a constant in a slot if it has one. Raises KeyError if no gate has the
    name."""
    gate = GATES[name]
    return gate.with_constant[slot] if constant is not None and gate.is_function and gate.arity == 2 else gate
