"""Graphs as people write them: what the language reads, and the one correction for anything else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest

from backprop_tutor.engine.compile import read_graph, read_lines, written
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.formulas import tokens_of
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.gates import GATES, INSTEAD, gate_called
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.errors import Fault, Faults

INPUTS = ["x", "y"]

READ: dict[str, str] = {
    # what is written: the same graph, a gate a line
    "f = x + y  # the sum": "f = x + y",
    "# a comment; with = in it (\nf = x + y\n# and the end": "f = x + y",
    "q = x + y  # one; two\n\nf = q*y": "q = x + y\nf = q * y",
    "f = (x\n  + y)*y": "g1 = x + y\nf = g1 * y",
    "f = x\n  + y": "f = x + y",
    "f = x  # first\n  + y  # second": "f = x + y",
    "f = max(\n  x,\n  y,\n)".replace(",\n)", "\n)"): "f = max(x, y)",
    "f = x\n\n  * y\n  - 1": "g1 = x * y\nf = g1 - 1",
    "q = x*y; f = q\n  + y": "q = x * y\nf = q + y",
    "f = x*y\n  + (x\n     + y)": "g1 = x * y\ng2 = x + y\nf = g1 + g2",
    "f = np.exp(x)*y": "g1 = exp(x)\nf = g1 * y",
    "f = math.sqrt(x) + y": "g1 = sqrt(x)\nf = g1 + y",
    "f = torch.sigmoid(x)*F.relu(y)": "g1 = sigmoid(x)\ng2 = relu(y)\nf = g1 * g2",
    "f = torch.nn.functional.softplus(x)*y": "g1 = softplus(x)\nf = g1 * y",
    "f = np.maximum(0, x)*y": "g1 = relu(x)\nf = g1 * y",
    "f = np.minimum(x, y)": "f = min(x, y)",
    "f = ln(x) + y": "g1 = log(x)\nf = g1 + y",
    "f = σ(x)*y": "g1 = sigmoid(x)\nf = g1 * y",
    "f = sigma(x)*y": "g1 = sigmoid(x)\nf = g1 * y",
    "f = x − y": "f = x - y",
    "f = x*np.pi + y": "g1 = x * 3.141592653589793\nf = g1 + y",
}

FIXED: dict[str, str] = {
    # what is written: the expression to write instead
    "x²": "x^2", "x² + y": "x^2 + y", "x³*y": "x^3*y", "x⁻¹ + y": "x^-1 + y", "|x|": "abs(x)", "|x - y|": "abs(x - y)",
    "2x": "2*x", "2x + 3y": "2*x + 3*y", "2(x + y)": "2*(x + y)", "(x + y)(x - y)": "(x + y)*(x - y)", "x×y": "x*y",
    "x·y": "x*y", "x÷y": "x/y", "x – y": "x - y", "½x": "0.5*x", "√x": "sqrt(x)", "√(x + y)": "sqrt(x + y)",
    "pow(x, 2)": "x^2", "pow(x, 3) + y": "x^3", "x.relu()": "relu(x)", "(x + y).relu()": "relu(x + y)",
    "x.pow(2)": "x^2", "x.exp() + y": "exp(x)", "e^{x}": "e^(x)", r"\frac{x}{y}": "((x)/(y))", r"x \cdot y": "x*y",
    r"\sigma(x)": "sigmoid(x)", "x^{2}": "x^(2)", "σ(2x)": "sigmoid(2*x)", "np.exp(2x)": "exp(2*x)",
}  # fmt: skip


def told(text: str) -> list[Fault]:
    with pytest.raises(Faults) as caught:
        read_graph(text, INPUTS, whole=False)
    return list(caught.value.faults)


@pytest.mark.parametrize(("text", "wanted"), READ.items())
def test_what_the_language_reads(text: str, wanted: str) -> None:
    graph = read_graph(text, INPUTS, whole=False)
    assert written(graph) == wanted
    for line in read_lines(text).lines:
        assert text[slice(*line.at)] == line.name
        assert read_lines(text[line.at[0] : line.span[1]]).lines[0].name == line.name


@pytest.mark.parametrize(("expression", "fix"), FIXED.items())
def test_one_correction_is_named_and_it_works(expression: str, fix: str) -> None:
    (fault,) = told(f"f = {expression}")
    assert str(fault) == f"write {fix} instead."
    assert 4 <= fault.span[0] < fault.span[1] <= 4 + len(expression)
    assert read_graph(f"f = {fix}", INPUTS, whole=False)


@pytest.mark.parametrize(("text", "line", "what"), [
    ("q = (x + y\nf = q*y", 0, "unmatched ("), ("f = x +\ny", 0, "missing after +"),
    ("f == x + y", 0, "One = is enough"),
    ("f = x + y = 3", 0, "One = is enough"), ("= x + y", 0, "The name is missing"), ("x + y", 0, "Nothing is assigned"),
    ("f = # nothing\n", 0, "is missing here"), ("2q = x + y", 0, "2q cannot be a name"),
    ("f = x + y \\", 0, '"\\" cannot be part'),
])  # fmt: skip
def test_what_is_no_line_is_told_where_it_stands(text: str, line: int, what: str) -> None:
    first = told(text)[0]
    assert what in str(first)
    assert text.count("\n", 0, first.span[0]) == line


PYTHON: dict[str, Callable[[float], float]] = {
    "square": lambda x: x * x, "sqr": lambda x: x * x, "pow": lambda x: x * x, "power": lambda x: x * x,
    "cube": lambda x: x**3, "cbrt": lambda x: math.copysign(abs(x) ** (1 / 3), x), "rsqrt": lambda x: x**-0.5,
    "log10": math.log10, "log2": math.log2, "lg": math.log10, "log1p": math.log1p, "expm1": math.expm1,
    "exp2": lambda x: 2**x, "tan": math.tan, "tg": math.tan, "cot": lambda x: 1 / math.tan(x),
    "sec": lambda x: 1 / math.cos(x), "csc": lambda x: 1 / math.sin(x), "sinh": math.sinh, "cosh": math.cosh,
    "sinc": lambda x: math.sin(x) / x, "sign": lambda x: math.copysign(1, x), "inv": lambda x: 1 / x,
    "inverse": lambda x: 1 / x, "neg": lambda x: -x, "negative": lambda x: -x, "relu6": lambda x: min(max(x, 0), 6),
    "elu": lambda x: x if x > 0 else math.expm1(x), "silu": lambda x: x / (1 + math.exp(-x)),
    "swish": lambda x: x / (1 + math.exp(-x)), "logsigmoid": lambda x: -math.log1p(math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))), "softsign": lambda x: x / (1 + abs(x)),
    **dict.fromkeys(("hardtanh", "hard_tanh"), lambda x: max(-1.0, min(1.0, x))),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, written_as in INSTEAD.items() if written_as])
def test_what_stands_for_a_function_that_is_no_gate_is_that_function(name: str) -> None:
    text = INSTEAD[name]
    assert read_graph(f"f = {text}", sorted(set(re.findall(r"\b[abx]\b", text))))
    for x in (
        (0.3, 1.7, 7.5) if name in ("cbrt", "rsqrt", "log1p") or name.startswith(("log", "lg")) else (-1.3, 0.4, 7.5)
    ):
        if name in PYTHON:
            assert evaluate(parse(tokens(text), (0, 1)), {"x": x}) == pytest.approx(PYTHON[name](x), rel=1e-12)
    if name == "gelu":  # an approximation, as its authors give it
        exact = 0.5 * 1.4 * (1 + math.erf(1.4 / math.sqrt(2)))
        assert evaluate(parse(tokens(text), (0, 1)), {"x": 1.4}) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("name", [*INSTEAD, "softplux", "foo", "rlu", "asinh", "quux"])
def test_an_unknown_function_is_never_answered_with_another_one_of_like_spelling(name: str) -> None:
    (fault,) = told(f"f = {name}(x) + y")
    says = str(fault)
    if name in INSTEAD:
        assert "Did you mean" not in says
    else:
        meant = re.search(r"Did you mean (\w+)\?", says)
        assert meant is None or sum(a != b for a, b in zip(meant[1], name, strict=False)) <= 2


@pytest.mark.parametrize("gate", GATES.values(), ids=lambda gate: gate.name)
def test_a_gate_has_each_of_its_names_alone(gate: Gate) -> None:
    for name in gate.called:
        assert gate_called(name) is gate
        assert name not in GATES
        assert name not in INSTEAD


def test_tokens_that_people_write_are_those_of_the_language_where_it_has_them() -> None:
    for text in ("x*y + 2", "max(x, -1)/3", "e^-x", "1e-3 - x**2", "np.exp(x)"):
        assert tokens_of(text) == tokens(text)
