"""The graph language: how expressions become gates, as the contract lists it; precedence; names; and whatever may be
typed."""

from __future__ import annotations

import contextlib
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import solve
from backprop_tutor.errors import Fault, Faults
from tests.strategies import Circuit, circuits


def gates(text: str, inputs: tuple[str, ...] = ("x", "y", "w")) -> list[str]:
    """Each gate as `kind(inputs, constant)`, in order."""
    used = [name for name in inputs if name in text]
    nodes = [node for node in read_graph(text, used).nodes if node.gate]
    constants = ["" if node.constant is None else f" {node.constant:g}" for node in nodes]
    return [
        f"{node.gate.name}({', '.join(node.inputs)}){constant}"
        for node, constant in zip(nodes, constants, strict=True)
        if node.gate
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x + y", ["add(x, y)"]),
        ("x - y", ["sub(x, y)"]),
        ("x * y", ["mul(x, y)"]),
        ("x / y", ["div(x, y)"]),
        ("2*x", ["scale(x) 2"]),
        ("x*2", ["scale(x) 2"]),
        ("-x", ["scale(x) -1"]),
        ("+x*y", ["mul(x, y)"]),
        ("x/4", ["scale(x) 0.25"]),
        ("x + 1", ["shift(x) 1"]),
        ("1 + x", ["shift(x) 1"]),
        ("x - 3", ["shift(x) -3"]),
        ("1/x", ["reciprocal(x)"]),
        ("x**3", ["power(x) 3"]),
        ("x^3", ["power(x) 3"]),
        ("x**-1.5", ["power(x) -1.5"]),
        ("max(2, x)", ["max(x) 2"]),
        ("max(x, 2)", ["max(x) 2"]),
        ("min(x, y)", ["min(x, y)"]),
        ("min(-1, x)", ["min(x) -1"]),
        ("max(0, x)", ["relu(x)"]),
        ("max(x, 0)", ["relu(x)"]),
        ("relu(x)", ["relu(x)"]),
        ("5 - x", ["scale(x) -1", "shift(g1) 5"]),
        ("3/x", ["reciprocal(x)", "scale(g1) 3"]),
        ("e^x", ["exp(x)"]),
        ("e**x", ["exp(x)"]),
        ("exp(x)", ["exp(x)"]),
        ("-w*x", ["scale(w) -1", "mul(g1, x)"]),
        ("-x^2", ["power(x) 2", "scale(g1) -1"]),
        ("x*(1/3)", ["scale(x) 0.333333"]),
        ("x*-1.5", ["scale(x) -1.5"]),
        ("x + pi", ["shift(x) 3.14159"]),
        ("x*2^3^2", ["scale(x) 512"]),
        ("(x + y)*w", ["add(x, y)", "mul(g1, w)"]),
        ("x - y - w", ["sub(x, y)", "sub(g1, w)"]),
        ("x/y/w", ["div(x, y)", "div(g1, w)"]),
        ("x*x", ["mul(x, x)"]),
        ("sigmoid(x) + leaky_relu(y)", ["sigmoid(x)", "leaky_relu(y)", "add(g1, g2)"]),
    ],
)
def test_each_operation_is_one_gate(expression: str, expected: list[str]) -> None:
    assert gates(f"f = {expression}") == expected


def test_unnamed_gates_are_numbered_in_evaluation_order_and_skip_names_in_use() -> None:
    graph = read_graph("g2 = x*y + w\nf = g2*(x + w)", ["x", "y", "w"])
    assert graph.gate_names == ["g1", "g2", "g3", "f"]
    assert read_graph("f = x*y + w", ["x", "y", "w"], reserved={"g1"}).gate_names == ["g2", "f"]


def test_a_branch_is_named_by_its_ends_and_numbered_where_it_enters_twice() -> None:
    graph = read_graph("q = x*x\nf = q + y", ["x", "y"])
    assert [branch.name for branch in graph.branches] == ["x->q#1", "x->q#2", "q->f", "y->f"]


def test_a_node_called_e_or_pi_shadows_the_constant() -> None:
    graph = read_graph("f = e*2 + pi", ["e", "pi"])
    assert solve(graph, {"e": 1.0, "pi": 1.0}).value("f") == 3.0
    with pytest.raises(Faults, match="the exponent must be a number"):
        read_graph("f = e^x", ["x", "e"])


def test_lines_may_be_separated_by_semicolons() -> None:
    assert gates("q = x + y\n\nf = q*w") == gates("q = x + y; f = q*w")


@settings(max_examples=200)
@given(circuits(most=30))
def test_a_graph_is_written_and_read_back(circuit: Circuit) -> None:
    again = read_graph(written(circuit.graph), circuit.graph.input_names, circuit.graph.output_name)
    assert again.nodes == circuit.graph.nodes


operators = st.sampled_from(["+", "-", "*", "/", "**"])
literals = st.one_of(st.integers(1, 9).map(str), st.sampled_from(["0.5", ".25", "1e1", "2.", "x", "y"]))


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, operators, parts).map(" ".join),
        parts.map(lambda part: f"-{part}"),
        parts.map(lambda part: f"({part})"),
        parts.map(lambda part: f"sin({part})"),
    )


@settings(max_examples=400)
@given(st.recursive(literals, _joined, max_leaves=8))
def test_arithmetic_means_what_python_means(text: str) -> None:
    """Python's own precedence is the oracle (its unary minus binds looser than `*` in no way that changes a value)."""
    try:
        floats = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", text)  # else Python computes 9**9**9 to its last digit
        wanted = eval(floats, {"x": 0.7, "y": 1.3, "sin": math.sin})  # noqa: S307  made above from digits and operators
    except (ArithmeticError, ValueError, TypeError):
        wanted = None
    if isinstance(wanted, complex) or wanted is None or not abs(wanted) < 1e300:
        with pytest.raises(Fault):
            evaluate(parse(tokens(text), (0, len(text))), {"x": 0.7, "y": 1.3})
    else:
        assert evaluate(parse(tokens(text), (0, len(text))), {"x": 0.7, "y": 1.3}) == pytest.approx(
            wanted, rel=1e-12, abs=1e-300
        )


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=40), st.text("xyf=+-*/^().,;\n 019e#'\"\\[]{}:_−×", max_size=40)))
def test_whatever_is_typed_gives_a_graph_or_faults(text: str) -> None:
    assert all(0 <= fault.span[0] <= fault.span[1] <= len(text) for fault in _faults(text))


def _faults(text: str) -> list[Fault]:
    try:
        read_graph(text, ["x", "y"], whole=False)
    except Faults as found:
        return list(found.faults) if str(found) else []
    return []


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000 + "x" + ")" * 49_999, "-" * 90_000 + "1", "1" * 90_000, "+".join(["x"] * 9_000), "sin(" * 9_000],
)
def test_deep_and_long_texts_neither_crash_nor_hang(text: str) -> None:
    with contextlib.suppress(Faults):
        assert len(read_graph(f"f = {text}", ["x"])) > 1
