"""Three hundred ways of writing an answer: what must be read, with the number that Python computes; and what must be
asked back or refused, with what is said."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backprop_tutor as bt
from backprop_tutor.engine.formulas import tokens_of
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.expressions import read_answer
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Session
from tests.cli.running import tutor
from tests.full import times
from tests.tutor.classroom import answered, check, of, one, with_graph

NAMES = {"x": 2.0, "x0": 3.0, "w_1": 0.2, "z": -4.0, "f": 0.73, "y": 5.0, "g7": 1.37, "w35": -1.2}
PYTHON: dict[str, Any] = {
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "e", "pi")}, "max": max,
    "min": min, "abs": abs, "sigmoid": lambda t: 1 / (1 + math.exp(-t)), "relu": lambda t: max(0.0, t),
    "softplus": lambda t: math.log1p(math.exp(t)), "leaky_relu": lambda t: t if t > 0 else 0.01 * t, **NAMES,
}  # fmt: skip

NUMBERS: dict[str, tuple[str, float]] = {
    # what is typed: what Python makes of it, and one unit of the last digit written
    "-4": ("-4", 1), "−4": ("-4", 1), "–4": ("-4", 1), "—4": ("-4", 1), "\N{HYPHEN}4": ("-4", 1), "- 4": ("-4", 1),
    "− 4": ("-4", 1), "+4": ("4", 1), "+ 4": ("4", 1), "4": ("4", 1), "0": ("0", 1), "-0": ("0", 1), "007": ("7", 1),
    "0.5": ("0.5", 0.1), ".5": ("0.5", 0.1), "-.5": ("-0.5", 0.1), "5.": ("5", 1), "0.50": ("0.5", 0.01),
    "-0.53": ("-0.53", 0.01), "-0.53.": ("-0.53", 0.01), "-0.53;": ("-0.53", 0.01), "-0.53?": ("-0.53", 0.01),
    "  3 ": ("3", 1), "3\xa0": ("3", 1), "\xa03": ("3", 1), "3\u2003": ("3", 1), "\u202f3": ("3", 1), "3\t": ("3", 1),
    "3\r\n": ("3", 1), "3\u200b": ("3", 1), "\ufeff3": ("3", 1), "-\xa03": ("-3", 1), "- 0.20 ": ("-0.2", 0.01),
    "5e-3": ("0.005", 0.001), "5E-3": ("0.005", 0.001), "5e−3": ("0.005", 0.001), "1e3": ("1000", 1000),
    "-2.5e+1": ("-25", 1), "1.0e-2": ("0.01", 0.001), "0,2": ("0.2", 0.1), "-1,25": ("-1.25", 0.01),
    "−1,25": ("-1.25", 0.01), "0,123": ("0.123", 0.001), ",5": ("0.5", 0.1), "1234,5": ("1234.5", 0.1),
    "1,2345": ("1.2345", 0.0001), "1234,567": ("1234.567", 0.001), "3,0.": ("3", 0.1), " -0,86 ": ("-0.86", 0.01),
    "$0,2$": ("0.2", 0.1), "$-4$": ("-4", 1), "$$-4$$": ("-4", 1), "$ -0.20 $": ("-0.2", 0.01), r"\(-4\)": ("-4", 1),
    "1 (because add)": ("1", 1), "-0.53 (sign flipped, since 1/x falls)": ("-0.53", 0.01),
    "0,2  (my answer)": ("0.2", 0.1),
    r"\[ 0.5 \]": ("0.5", 0.1), "$-4$.": ("-4", 1), "$-4.$": ("-4", 1),
}  # fmt: skip

EXPRESSIONS: dict[str, str] = {
    "1/2": "1/2", "½": "1/2", "-½": "-1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8", "½x": "x/2",
    "-6/5": "-6/5", "2/3": "2/3", "1/2.": "1/2", "(1/2)": "1/2", "((1))": "1", "--1": "1", "+-1": "-1", "2--3": "5",
    "2*10^-3": "2*10**-3", "2*10**-3": "2*10**-3", "2·10^-3": "2*10**-3", "2×10⁻³": "2*10**-3", "2e-3*x": "2e-3*x",
    "0.20*-3": "0.2*-3", "0.20*(-3)": "0.2*-3", "0.20 × (−3)": "0.2*-3", "0.20·−3": "0.2*-3",
    "1.00 * (-0.53)": "-0.53", "2×3": "2*3", "2·3": "2*3", "2⋅3": "2*3", "2\N{ASTERISK OPERATOR}3": "2*3",
    "2•3": "2*3", "2∙3": "2*3", "6÷2": "6/2", "6\N{DIVISION SLASH}2": "6/2", "6\N{FRACTION SLASH}2": "6/2",
    "6 / 2": "3", "3 − 5": "-2", "3 – 5": "-2", "(-4.50) + (-4.50)": "-9", "-4.50 + -4.50": "-9",
    "-12.00 + 3.00": "-9", "2 + 3": "5", "2 +3": "5", "2+ 3": "5", "1+2\xa0+3": "6",
    # implicit multiplication
    "2x": "2*x", "2 x": "2*x", "-2x": "-2*x", "3x^2": "3*x**2", "3x²": "3*x**2", "3x**2": "3*x**2", "2x0": "2*x0",
    "0.5x": "0.5*x", ".5x": "0.5*x", "2(x+1)": "2*(x+1)", "2 (x+1)": "2*(x+1)", "(2)(-5)": "-10", "(2)(3)(4)": "24",
    "(x+1)(x-1)": "(x+1)*(x-1)", "(x+1)y": "(x+1)*y", "x(y+1)": "x*(y+1)", "f(1-f)": "f*(1-f)", "f(1 − f)": "f*(1-f)",
    "(1-f)f": "(1-f)*f", "2exp(x)": "2*exp(x)", "exp(x)sin(x)": "exp(x)*sin(x)", "exp(1)(2)": "2*e", "2π": "2*pi",
    "2pi": "2*pi", "2e": "2*e", "2e^-1": "2*e**-1", "2e^{-1}": "2*e**-1", "2√2": "2*sqrt(2)", "2|x|": "2*abs(x)",
    "-2(3)": "-6", "2x/3": "2*x/3", "2x(y-1)": "2*x*(y-1)", "2(x)(y)": "2*x*y", "3(-5)": "-15", "x²y": "x**2*y",
    "2x²y³": "2*x**2*y**3", "x^(2)y": "x**2*y", "x^{2}y": "x**2*y", r"\frac{1}{2}x": "x/2", "(1/2)x": "x/2",
    "-x(1-x)": "-x*(1-x)", "2w_1": "2*w_1", "1/(2x)": "1/(2*x)", "0.5f(1-f)": "0.5*f*(1-f)",
    # powers and roots
    "x²": "x**2", "x³": "x**3", "x⁴": "x**4", "x¹⁰": "x**10", "x⁻¹": "1/x", "x⁻²": "x**-2", "-x²": "-x**2",
    "(-x)²": "x**2", "(x+1)²": "(x+1)**2", "x ²": "x**2", "x^2": "x**2", "x**2": "x**2", "x^-1": "1/x", "x^−1": "1/x",
    "x^(-1)": "1/x", "x^{-1}": "1/x", "2^3^2": "512", "-2^2": "-4", "-1/g7²": "-1/g7**2", "−1/g7^2": "-1/g7**2",
    "1/x²": "1/x**2", "√2/2": "sqrt(2)/2", "√2": "sqrt(2)", "√x": "sqrt(x)", "√(x+1)": "sqrt(x+1)", "√ 2": "sqrt(2)",
    "-√2": "-sqrt(2)", "1/√2": "1/sqrt(2)", "√x0": "sqrt(x0)", "sqrt(2)/2": "sqrt(2)/2", "√(x)y": "sqrt(x)*y",
    # functions and constants
    "e^-1": "exp(-1)", "e^{-1}": "exp(-1)", "e^(-1)": "exp(-1)", "e**-1": "exp(-1)", "e^{-x}": "exp(-x)",
    "e^x": "exp(x)", "e⁻¹": "exp(-1)", "e": "e", "pi": "pi", "π": "pi", "exp(-1)": "exp(-1)", "exp(−1)": "exp(-1)",
    "np.exp(-1)": "exp(-1)", "numpy.exp(-1)": "exp(-1)", "math.exp(-1)": "exp(-1)", "torch.exp(x)": "exp(x)",
    "F.relu(x)": "relu(x)", "torch.nn.functional.relu(z)": "relu(z)", "nn.softplus(x)": "softplus(x)",
    "np.maximum(0, x)": "max(0, x)", "np.minimum(x, y)": "min(x, y)", "np.pi": "pi", "math.e": "e",
    "Math.exp(-x)": "exp(-x)", "jax.nn.relu(x)": "relu(x)",
    "np.abs(z)": "abs(z)", "math.fabs(z)": "abs(z)", "np.absolute(z)": "abs(z)",
    "np.tanh(x)": "tanh(x)",
    "tf.sigmoid(x)": "sigmoid(x)", "ln(0.4)": "log(0.4)", "log(0.4)": "log(0.4)", "-ln(0.4)": "-log(0.4)",
    "σ(x)": "sigmoid(x)", "sigma(x)": "sigmoid(x)", "σ(x)(1-σ(x))": "sigmoid(x)*(1-sigmoid(x))", "sigmoid(0)": "1/2",
    "tanh (x)": "tanh(x)", "max(1, 2)": "2", "max(0,x)": "max(0,x)", "max(0, -x)": "max(0,-x)",
    "min(x,y)": "min(x,y)", "relu(z)": "0", "leaky_relu(z)": "leaky_relu(z)", "|x|": "abs(x)", "|z|": "abs(z)",
    "|-3|": "3", "|z|/2": "abs(z)/2", "|x - y|": "abs(x-y)", "|x| + |z|": "abs(x)+abs(z)", "||z|-1|": "abs(abs(z)-1)",
    "-|z|": "-abs(z)", "|z|²": "z**2", "x|z|": "x*abs(z)", "sin(x)^2": "sin(x)**2", "sin(x)²": "sin(x)**2",
    "1 - tanh(x)²": "1-tanh(x)**2",
    # LaTeX
    r"\frac{1}{2}": "1/2", r"-\frac{6}{5}": "-6/5", r"\dfrac{x}{y}": "x/y", r"\tfrac{1}{3}": "1/3",
    r"\frac{1}{1+e^{-x}}": "sigmoid(x)", r"\frac{x+1}{\frac{1}{2}}": "2*(x+1)", r"2 \cdot 3": "6", r"2\cdot x": "2*x",
    r"2 \times 3": "6", r"6 \div 2": "3", r"\sigma(x)": "sigmoid(x)", r"\ln(0.4)": "log(0.4)", r"\exp(-1)": "exp(-1)",
    r"\left(x+1\right)\cdot 2": "2*(x+1)", r"\left( 2 \right)": "2", r"\left|z\right|": "4", r"\lvert z \rvert": "4",
    r"\exp\left(-x\right)": "exp(-x)", r"\max\bigl(0,\, x\bigr)": "x", r"\sigma \left( x \right)": "sigmoid(x)",
    r"\cfrac{1}{y}": "1/y", "\U0001d465·\U0001d70e(\U0001d466)": "x*sigmoid(y)", r"2(x)\left(y\right)": "2*x*y",
    r"\sqrt{2}/2": "sqrt(2)/2", r"\sqrt{x+1}": "sqrt(x+1)", r"\sqrt 2": "sqrt(2)", r"\pi": "pi", r"2\pi": "2*pi",
    r"x^{2}": "x**2", r"x_0": "x0", r"x_{0}": "x0", r"w_{1}": "w_1", r"w_{35}": "w35", "w_35": "w35",
    r"$\frac{1}{2}$": "1/2", r"$2 \cdot 3$.": "6", r"\(x^2\)": "x**2", r"2\,x": "2*x", r"\max(0, x)": "x",
    r"\mathrm{relu}(x)": "relu(x)", r"\operatorname{max}(x, y)": "5", r"\tanh(x)": "tanh(x)", r"10^{-3}": "10**-3",
    # names
    "w_1": "w_1", "w1": "w_1", "x₀": "x0", "w₁": "w_1", "w₃₅": "w35", "z*1": "z", "(1-f)*f": "(1-f)*f", "x": "x",
    "y - x": "y-x", "y−x": "y-x", "x·y": "x*y", "x/y": "x/y", "-z": "-z", "x*y + z": "x*y+z",
    "x0·(1 − x0)": "x0*(1-x0)",
}  # fmt: skip

REFUSED: dict[str, str] = {
    "1 because add": "an operator is missing between because and add. Write only your answer.",
    "(because add)": "Write only your answer.", "2 (x y)": "To multiply, write x*y.",
    # two readings: asked back, with both
    "1,234": "Write 1.234 or 1234", "-1,234": "Write -1.234 or -1234", "12,345": "12.345 or 12345",
    "1/2x": "1/(2*x) or (1/2)*x", "1/2(x+1)": "1/(2*(...)) or (1/2)*(...)", "6/2(3)": "6/(2*(...)) or (6/2)*(...)",
    "2x/3y": "or (x/3)*y", "1/x²y": "1/(x²*y) or (1/x²)*y", "e^-2x": "e^(-2*x) or e^(-2)*x",
    "e^2x": "e^(2*x) or e^(2)*x", "x^2y": "x^(2*y) or x^(2)*y", "(x+1)2": "*2 or (...)^2", "2½": "2 + ½ or 2*½",
    "x(y)": "x alone or x*(...)", "f(x)": "f alone or f*(...)", "e(-1)": "e^(...) or e*(...)",
    "√x²": "parentheses around everything under the root",
    # numbers
    "nan": "nan is not a node", "inf": "inf is not a node", "2 3": "A number must not contain spaces",
    "1 000": "Write 1000", "1_000": "leave out the _", "0x10": "Write it in decimal", "1e400": "too large",
    "9**9**9**9": "too large", "1.2.3": "Write one number", "1,234,567": "Write 1234567", "1.234,56": "Write 1234.56",
    "1'000": "Write 1000", "-1,234.5": "Write -1234.5", "0,2*3": "decimals with a point", "5%": "Write 5/100",
    "١٢": "cannot be part of a formula", "1/0": "nothing can be divided by 0", "log(-1)": "not a real number",
    "sqrt(-1)": "not a real number", "0/0": "divided by 0", "(-2)**0.5": "not a real number", "1j": "j is not a node",
    "∞": "cannot be part of a formula", "~1": "Leave it",
    # names
    "w9": "w9 is not a node", "xy": "To multiply, write x*y", "x y": "To multiply, write x*y", "x 2": "write x*2",
    "True": "True is not a node", "None": "None is not a node", "x.real": "Write only names, numbers and gates",
    "q": "not a node",
    # functions
    "square(x)": "Write x^2.", "np.square(x)": "Write x^2.", "cube(x)": "Write x^3.",
    "pow(x, 2)": "write x^2 instead", "pow(x, 3)": "write x^3 instead", "pow(x, y+1)": "Write x^2.",
    "x.pow(2)": "write x^2 instead", "log10(x)": "Write log(x)/log(10).", "log2(8)": "Write log(x)/log(2).",
    "tan(x)": "Write sin(x)/cos(x).", "softmax(x)": "Write exp(a)/(exp(a) + exp(b)).",
    "elu(x)": "Write max(0, x) + exp(min(0, x)) - 1.", "gelu(x)": "Write x*sigmoid(1.702*x).",
    "silu(x)": "Write x*sigmoid(x).", "sinh(x)": "Write (exp(x) - exp(-x))/2.",
    "cosh(x)": "Write (exp(x) + exp(-x))/2.", "arctan(x)": "The gates here cannot", "sine(x)": "Did you mean sin?",
    "sigmod(x)": "Did you mean sigmoid?", "tahn(x)": "Did you mean tanh?", "logistic(x)": "Did you mean sigmoid?",
    "add(x, y)": "Write a + b.", "mul(x, y)": "Write a * b.", "scale(x)": "Write x * 2.",
    "reciprocal(x)": "Write 1/x.", "foo(x)": "foo is not a gate.", "exp": "Write exp(x).", "ln": "Write log(x).",
    "exp x": "Write exp(x).", "ln 2": "Write ln(2).", r"\ln 2": "Write ln(2).", "sin x": "Write sin(x).",
    "max(1)": "takes 2 inputs", "exp(1, 2)": "takes 1 input", "max(1, 2, 3)": "Nest it", "exp()": "takes 1 input",
    "x.relu()": "write relu(x) instead", "(x + y).exp()": "write exp(x + y) instead",
    "relu(x).exp()": "write exp(relu(x)) instead", "np.exp(z).square()": "write exp(z)^2 instead",
    "(x + y).square()": "write (x + y)^2 instead", "x.log10()": "write log(x)/log(10) instead",
    "x.add(y)": "write x + y instead", "x.mul(3)": "write x * 3 instead", "x.reciprocal()": "write 1/x instead",
    "x.neg()": "write -x instead",
    "x.foo()": ".foo is Python", "x.max()": ".max is Python",
    "x.softmax(y)": "write exp(x)/(exp(x) + exp(y)) instead", "x.scale(2)": ".scale is Python",
    "ad.exp(x)": ".exp is Python", "clip(x, min=0)": "inside parentheses = cannot be read",
    "x.grad": "for the gradient of x",
    "exp(-0,7)": "decimals with a point", "σ(0,5)*x": "decimals with a point", "x % y": "cannot be part of a formula.",
    "x ~ 1": "Write only your answer.", "-> 1": "an arrow cannot be read", "x*y → 3": "an arrow cannot be read",
    "x if x > 0 else 0": "Write only that one",
    "4.97x10^-1": "To multiply, write 4.97*10.", "2 x 3": "* instead of x.",
    "expit(x)": "Did you mean sigmoid?", "logit(x)": "log(x/(1 - x)).", "selu(x)": "1.0507*max",
    "prelu(x)": "Write max(0, x) + a*min(0, x).", "lrelu(x)": "Did you mean leaky_relu?", "Ln(x)": "Did you mean log?",
    "dsigmoid(x)": "the derivative out.", "relu_prime(x)": "the derivative out.",
    "σ'(x)": "write the derivative out", "np.array([1])": "square brackets make a list",
    # brackets, signs, strangers
    "(": "unmatched (", ")": "unmatched )", "(1": "unmatched (", "1)": "unmatched )", "(1}": "unmatched }",
    "|x": "unmatched |", "[1]": "To group, use ( and ).", "2[x+1]": "To group, use ( and ).", "{1": "unmatched {",
    "2{x}": "to group, use ( and )", "*2": "missing before *", "2*": "missing after *", "2**": "missing after **",
    "e^": "missing after ^", "²": 'missing before "²"', "2*/3": "missing between * and /",
    "()": "missing between ( and )", "'1'": "without quotes", '"1"': "without quotes", "x!": "cannot be part of a "
    "formula",
    "x @ y": "cannot be part of a formula", "1 if x > 0 else 0": "Write only that one", "x > 0": "Write only that one",
    "lambda: 1": "cannot be part of a formula", "__import__('os')": "without quotes", "1;2": "cannot be part",
    "a\u200bb": "an invisible character (zero width space)", "1\u200b2": "an invisible character (zero width space)",
    "x\u00ad": "an invisible character (soft hyphen)", "1\x002": "an invisible character (U+0000)",
    r"\foo": r"\foo cannot be read", r"\frac12": "braces belong here", r"\frac{1}2": "braces belong here",
    "2 = 3": "not equal", "": "this is empty", "   ": "this is empty", "$$": "this is empty",
    "?": "this is empty", "[bold]1[/bold]": "make a list",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    {"2 x 3": 6, "4.97x10^-1": 0.497, "(1-w)x(2)": 3, r"\frac{1}{2} x 3": 1.5, "2 X (w-1)": -3}.items(),
)
def test_the_letter_x_multiplies_where_no_node_begins_with_it(text: str, value: float) -> None:
    assert read_answer(text, {"w": -0.5, "q": 2.0}).value == pytest.approx(value)


def test_between_two_names_an_x_is_told_from_a_star() -> None:
    with pytest.raises(Fault, match="To multiply, write \\* instead of x"):
        read_answer("w x q", {"w": 2.0, "q": 3.0})


def test_there_are_three_hundred_of_them() -> None:
    assert len(NUMBERS) + len(EXPRESSIONS) + len(REFUSED) >= 300


def python(expression: str) -> float:
    return float(eval(expression, {"__builtins__": {}}, PYTHON))  # noqa: S307  our own table


@pytest.mark.parametrize(("text", "wanted"), NUMBERS.items())
def test_a_number_is_read_with_the_digits_that_it_shows(text: str, wanted: tuple[str, float]) -> None:
    answer = read_answer(text, NAMES)
    assert answer.value == python(wanted[0])
    assert answer.unit == pytest.approx(wanted[1])
    assert answer.is_plain


@pytest.mark.parametrize("text", ["12", "-0.53", "0,5", "1/2", "2*x", "(1-f)*f", "3*x^2", "f=1"])
def test_digits_and_signs_of_full_width_are_read_as_their_own(text: str) -> None:
    wide = "".join(one if one.isalpha() else chr(ord(one) + 0xFEE0) for one in text)
    assert read_answer(wide, NAMES) == read_answer(text, NAMES)


@pytest.mark.parametrize(("text", "wanted"), EXPRESSIONS.items())
def test_what_is_read_is_what_python_computes(text: str, wanted: str) -> None:
    answer = read_answer(text, NAMES)
    assert answer.value == pytest.approx(python(wanted), rel=1e-12)
    assert not answer.is_plain
    assert all(0 <= step.span[0] < step.span[1] <= len(text) for step in answer.steps)


@pytest.mark.parametrize(("text", "says"), REFUSED.items())
def test_what_is_not_read_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(Fault) as caught:
        read_answer(text, NAMES)
    assert says in str(caught.value)
    start, end = caught.value.span
    assert 0 <= start < end <= max(1, len(text))


ADVICE = [
    (text, says.partition("rite ")[2].removesuffix(" instead").removesuffix("."))
    for text, says in REFUSED.items()
    if "rite " in says and "(...)" not in says and "only" not in says and not says.endswith(("gates", "out", "number"))
]


@pytest.mark.parametrize(("text", "advice"), [(text, advice) for text, advice in ADVICE if "decimal" not in advice])
def test_what_is_advised_can_be_read(text: str, advice: str) -> None:
    with pytest.raises(Fault):
        read_answer(text, NAMES)
    for way in advice.split(" or "):
        assert isinstance(read_answer(way, {**NAMES, "a": 1.0, "b": 2.0}), Answer)


Steps = list[tuple[str, str, str, str]]
"""What is asked, what is typed, what it is read as, and a part of the message if it cannot be read."""

SESSIONS: dict[str, tuple[str, tuple[str, ...], Steps]] = {
    "gradients by name": (
        "simple",
        ("backward",),
        [
            ("q", "dL/dq", "unreadable", "∂L/∂q is what you are asked for."),
            ("q", "dq", "unreadable", "∂L/∂q is what you are asked for."),
            ("q", "∂L/∂x", "unreadable", "∂L/∂x is not known yet."),
            ("q", "dL/dx = -4", "unreadable", "dL/dx is not asked for here."),
            ("q", "x = -4", "unreadable", "x is not asked for here."),
            ("q", "2*3 = 7", "unreadable", "are not equal"),
            ("q", "∂L/∂w", "unreadable", "∂L/∂w is not a gradient of this exercise."),
            ("q", "dx*q", "unreadable", "∂L/∂x is not known"),
            ("q", "∂L/∂q = ∂L/∂f × z = 1.00 × (-4.00) = −4.00.", "right", ""),
            ("z", "upstream * ∂f/∂z", "unreadable", "∂f/∂z is not known yet."),
            ("z", "up·local", "unreadable", "∂f/∂z is not known"),
            ("z", r"$\frac{\partial L}{\partial z} = 3$", "right", ""),
            ("x", "dL/dz*0", "wrong", ""),
            ("x", "dL/dz ≈ -4", "unreadable", "dL/dz is not asked for here."),
            ("x", "x.grad == 0", "unreadable", "write dx for the gradient of x."),
            ("x", "dL/dx ≈ dq == -4", "right", ""),
            ("y", r"\approx \partial L/\partial q", "right", ""),
        ],
    ),
    "what was asked before an equals sign": (
        "relu",
        ("forward", "local"),
        [
            ("g1", "g1 = 0,20", "right", ""),
            ("g2", "g2 = 0.7·(−1.2)", "right", ""),
            ("g3", "g1 + g2", "unreadable", "g1 is not an input"),
            ("g3", ":= -0.64", "right", ""),
            ("x", "x=.16", "right", ""),
            ("f", "f = max(0, 0.16)", "right", ""),
            ("w0->g1", "dg1/dw0 = x0", "right", ""),
            ("x0->g1", r"\frac{dg1}{dx_0} = w_0", "right", ""),
            ("w1->g2", "∂g2/∂w1 = x1", "right", ""),
            ("x1->g2", "∂g3/∂g2 = 1", "unreadable", "is not asked for here"),
        ],
    ),
    "signals of a network": (
        "xor",
        ("delta", "update"),
        [
            ("y5.error", "e5", "unreadable", "e5 is what you are asked for."),
            ("y5.error", "δ5", "unreadable", "δ5 is not known yet."),
            ("y5.error", "e5 = yd5 − y5", "right", ""),
            ("y5.delta", "e_5·y5(1 − y5)", "right", ""),
            ("y3.delta", "delta5*w35*y3*(1-y3)", "right", ""),
            ("y4.delta", r"\delta_5 \cdot w_{45} \cdot y_4(1-y_4)", "right", ""),
            ("w13", "w13 + α·x1·δ3", "right", ""),
            ("w14", "w14 + rate*x1*δ₄", "right", ""),
            ("w23", "w23 - α*∂L/∂w23", "unreadable", "not known"),
            ("w23", r"w_{23} + \alpha\cdot x_2\cdot\delta_3", "right", ""),
        ],
    ),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_symbols_stand_for_what_was_given_answered_or_shown(name: str) -> None:
    id_, stages, steps = SESSIONS[name]
    session = Session(of(id_, *stages))
    for target, text, outcome, says in steps:
        assert session.question is not None
        assert session.question.target == target
        reply = session.answer(text)
        assert reply.outcome is not None
        assert (reply.outcome.value, says in reply.message) == (outcome, True), (text, reply.message)


def test_a_hint_makes_known_what_it_gives() -> None:
    session = Session(of("simple", "backward"))
    assert session.answer("∂L/∂f × ∂f/∂q").outcome is Outcome.UNREADABLE
    while "∂f/∂q = " not in session.hint().message:
        pass
    assert session.answer("∂L/∂f × ∂f/∂q").outcome is Outcome.RIGHT


def test_what_was_worked_out_may_be_named_and_an_own_wrong_answer_stands_for_itself() -> None:
    session = Session(of("simple", "backward"))
    session.skip()
    session.skip()
    assert session.answer("dq").outcome is Outcome.RIGHT
    result = check(of("simple"), backward={"q": "5", "x": "dq", "y": "dq*1"})
    found = {verdict.target: verdict.outcome for verdict in answered(result)}
    assert found == {"q": Outcome.WRONG, "x": Outcome.FOLLOW_THROUGH, "y": Outcome.FOLLOW_THROUGH}
    assert one(of("simple"), "backward", "x", "dq").outcome is Outcome.UNREADABLE


def test_of_an_equation_the_formula_counts_where_one_is_asked() -> None:
    assert one(of("simple", "symbolic"), "symbolic", "x", "∂f/∂x = z = −4").outcome is Outcome.RIGHT
    assert one(of("simple", "symbolic"), "symbolic", "x", "df/dx = -4").outcome is Outcome.WRONG


def test_a_power_of_ten_that_may_be_a_product_is_asked_back() -> None:
    for text in ("2e5", " 2e5 ", "2e5*(1 - y5)"):
        verdict = one(of("xor", "delta"), "delta", "y5.delta", text)
        assert "2e5 is ambiguous. Write 2*e5 or 2*10^5." in verdict.message
    assert one(of("xor", "delta"), "delta", "y5.delta", "2e4").outcome is Outcome.WRONG


def test_a_node_of_that_name_comes_before_every_other_reading() -> None:
    exercise = with_graph("dq = x*y; q = dq + e; up = q*x; f = up*pi", {"x": 2.0, "y": 3.0, "e": 5.0, "pi": 7.0})
    assert one(exercise, "backward", "q", "dq").message.startswith("dq = 6.00.")
    assert one(exercise, "backward", "q", "e").message.startswith("e = 5.00.")
    assert one(exercise, "backward", "up", "pi").outcome is Outcome.RIGHT
    assert one(exercise, "backward", "q", "up").message.startswith("up = 22.00.")


PIECES = [
    *"xye0123.,+-*/^()[]{}|√½²³⁻₀∂δα=$#;'\"\\ _·×−%<>!&@\u200b\n\t", "exp(", "max(", "\\frac{", "\\sqrt", "\\cdot",
    "**", "np.", "dL/dx", "∂L/∂x", "x0", "if", "1e5", "pow(x,2)", ".relu()", "\\left(", "\\sigma", "\\delta_", "|x|",
    "e^",
]  # fmt: skip


@settings(max_examples=times(200, 2400))
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_typed_is_read_or_told_at_its_own_characters(text: str) -> None:
    try:
        spans = [step.span for step in read_answer(text, NAMES).steps]
    except Fault as fault:
        spans = [fault.span]
    assert all(0 <= start <= end <= max(1, len(text)) for start, end in spans)


@settings(max_examples=times(100, 1200))
@given(st.lists(st.sampled_from([*"xy23.+-*/^() ", "exp(", "max(", ", ", "**", "1.5", "e^"]), max_size=20).map("".join))
def test_what_the_graph_language_reads_is_read_the_same_in_an_answer(text: str) -> None:
    try:
        strict = tokens(text)
        parse(strict, (0, len(text)))
    except Fault:
        return
    assert tokens_of(text) == strict


def test_what_people_write_in_a_file_is_scored_as_it_is_understood() -> None:
    exercise = of("relu")
    answers = {"x0": "x0 = 0.2", "w0": "$1$", "x": "=1", "b": "1 (because add)", "w1": "-1,2", "x1": "dL/dx1 = 0.7"}
    result = check(exercise, backward=answers)
    assert {verdict.target: verdict.outcome for verdict in answered(result)} == dict.fromkeys(answers, Outcome.RIGHT)
    assert result.score == len(answers)


@pytest.mark.parametrize("name", ["relu", "ReLU", "RELU"])
def test_the_name_of_an_exercise_may_have_any_case(name: str, tmp_path: Path) -> None:
    for head in (f"exercise: {name}", f"exercise:{name}"):
        path = tmp_path / "answers.yaml"
        path.write_text(f"{head}\nbackward: {{x: 1}}\n", encoding="utf-8")
        for arguments in (("check", "relu", str(path)), ("check", str(path)), ("grade", str(path))):
            ran = tutor(*arguments, "--format", "json")
            assert ran.err == "" or "does not say whose" in ran.err
            assert '"score": 1.0' in ran.out
        assert bt.load("relu").mark(path.read_text(encoding="utf-8")).score == 1
    assert "these answers are for xor" in tutor("check", "relu", "-", stdin="exercise: xor\nbackward: {}\n").err
