"""The graph language: how expressions become gates, as the contract lists it; precedence; names; and whatever may be
typed."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.engine import evaluate as evaluate_module
from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.graph import GraphBuilder
from backprop_tutor.engine.language import is_name, parse, tokens
from backprop_tutor.engine.passes import solve
from backprop_tutor.errors import Fault, Faults
from tests.cli.running import tutor
from tests.full import times
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


@settings(max_examples=times(80, 800))
@given(circuits(most=30))
def test_a_graph_is_written_and_read_back(circuit: Circuit) -> None:
    again = read_graph(written(circuit.graph), circuit.graph.input_names, circuit.graph.output_name)
    assert again.nodes == circuit.graph.nodes


KINDS_WITH_A_CONSTANT = ("scale", "shift", "power", "max", "min")
constants = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-2_000_000, 2_000_000).filter(bool).map(lambda whole: 1 / whole),
    st.sampled_from([1 / 3, -1 / 7, 1e-7, 0.1 + 0.2, 5e-324, 1e16, -0.0]),
)


@settings(max_examples=times(100, 2_000))
@given(st.lists(st.tuples(st.sampled_from(KINDS_WITH_A_CONSTANT), constants), min_size=1, max_size=6))
def test_a_graph_is_written_exactly_whatever_its_constants(gates: list[tuple[str, float]]) -> None:
    builder = GraphBuilder()
    node = builder.input("x")
    for kind, constant in gates:
        node = builder.gate(kind, node, constant=constant)
    graph = builder.build(node)
    assert read_graph(written(graph), ["x"]).nodes == graph.nodes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("m = t/3", "m = t / 3"), ("m = t/-7", "m = t / -7"), ("m = t/4", "m = t * 0.25"),
        ("m = t - 1e-7", "m = t - 1e-07"),
        ("m = t*(0.1 + 0.2)", "m = t * 0.30000000000000004"), ("m = t**(1/3)", "m = t**0.3333333333333333"),
        ("m = t + pi", "m = t + 3.141592653589793"),
    ],
)  # fmt: skip
def test_constants_are_as_short_as_they_can_be(text: str, wanted: str) -> None:
    assert written(read_graph(text, ["t"])) == wanted


@pytest.mark.parametrize("constant", ["3", "-7", "1024", "0.3", "(0.1 + 0.2)"])
def test_a_local_gradient_shown_with_a_constant_is_the_local_gradient(constant: str) -> None:
    graph = read_graph(f"m = t/{constant}", ["t"])
    formula = graph.gates[1].local_formula(0, ["t"], "m", graph.constants[1])  # type: ignore[union-attr]
    assert evaluate(parse(tokens(formula), (0, len(formula))), {}) == graph.constants[1]


THAI, ACCENTED = "ค่า", unicodedata.normalize("NFD", "é")


def test_names_are_unicodes_identifiers_in_its_composed_form() -> None:
    graph = read_graph(f"น้ำหนัก_๑ = {THAI}*{ACCENTED} + _x1", [THAI, "é", "_x1"])
    assert graph.names == [THAI, "é", "_x1", "g1", "น้ำหนัก_๑"]
    assert read_graph(written(graph), graph.input_names).nodes == graph.nodes
    assert all(map(is_name, graph.names))


@pytest.mark.parametrize("text", ["x²", "½", "x·y", "2x", "", "x-y", "่x", "x\u200b", "x\u2212y", "a b"])
def test_what_is_no_identifier_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize(("text", "at", "fix"), [("f = x²", 5, "x^2"), ("f = x·x", 5, "x*x"), ("f = x*½", 6, "x*0.5")])
def test_characters_that_only_look_like_letters_are_named_with_what_to_write(text: str, at: int, fix: str) -> None:
    (fault,) = _faults(text)
    assert fault.span == (at, at + 1)
    assert str(fault) == f"write {fix} instead."


def test_a_name_of_the_command_line_and_one_of_a_file_are_one_however_they_are_composed(tmp_path: Path) -> None:
    given = ["--graph", f"f = é*{THAI}", "--at", f"{ACCENTED}=2", "--at", f"{THAI}=3"]
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"backward: {{{ACCENTED}: 3, {THAI}: {ACCENTED}}}\n", encoding="utf-8")
    assert tutor("check", *given, str(answers)).status == 0


operators = st.sampled_from(["+", "-", "*", "/", "**"])
literals = st.one_of(st.integers(1, 9).map(str), st.sampled_from(["0.5", ".25", "1e1", "2.", "x", "y"]))


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, operators, parts).map(" ".join),
        parts.map(lambda part: f"-{part}"),
        parts.map(lambda part: f"({part})"),
        parts.map(lambda part: f"sin({part})"),
    )


@settings(max_examples=times(150, 2_000))
@given(st.recursive(literals, _joined, max_leaves=8))
def test_arithmetic_means_what_python_means(text: str) -> None:
    """Python's own precedence is the oracle (its unary minus binds looser than `*` in no way that changes a value)."""
    try:
        floats = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", text)  # else Python computes 9**9**9 to its last digit
        wanted = eval(floats, {"x": 0.7, "y": 1.3, "sin": math.sin})  # noqa: S307  made above from digits and operators
    except (ArithmeticError, ValueError, TypeError):
        wanted = None
    with patch.object(evaluate_module, "RESIDUE", 0.0):  # to Python a residue is a number like any other
        _holds(text, wanted)


def _holds(text: str, wanted: Any) -> None:
    if isinstance(wanted, complex) or wanted is None or not abs(wanted) < 1e300:
        with pytest.raises(Fault):
            evaluate(parse(tokens(text), (0, len(text))), {"x": 0.7, "y": 1.3})
    else:
        assert evaluate(parse(tokens(text), (0, len(text))), {"x": 0.7, "y": 1.3}) == pytest.approx(
            wanted, rel=1e-12, abs=1e-300
        )


@settings(max_examples=times(60, 2000))
@given(st.one_of(st.text(max_size=40), st.text("xyf=+-*/^().,;\n 019e#'\"\\[]{}:_−×", max_size=40)))
def test_whatever_is_typed_gives_a_graph_or_faults(text: str) -> None:
    assert all(0 <= fault.span[0] <= fault.span[1] <= len(text) for fault in _faults(text))


def _faults(text: str) -> list[Fault]:
    try:
        read_graph(text, ["x", "y"], whole=False)
    except Faults as found:
        return list(found.faults) if str(found) else []
    return []


@pytest.mark.parametrize("operator", ["+", "-"])
def test_what_rounding_leaves_of_a_typed_sum_that_is_0_is_0(operator: str) -> None:
    text = f"4*(0.1 + 0.2 {operator} {'-' * (operator == '+')}0.3)"
    assert evaluate(parse(tokens(text), (0, len(text))), {}) == 0


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000 + "x" + ")" * 49_999, "-" * 90_000 + "1", "1" * 90_000, "1" * 90_000 + "z",
        "." + "1" * 90_000 + "z",
        "1e" + "1" * 90_000, "x" + " " * 90_000 + "y", "a" * 90_000, "e" + "\u0301" * 40_000 + "²", "sin(" * 9_000,
        "+".join(["x"] * 9_000),
    ],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_deep_and_long_texts_neither_crash_nor_hang_nor_fill_a_screen(text: str) -> None:
    assert len("".join(map(str, _faults(f"f = {text}")))) < 1_000


GROWING: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "x" + ")" * n, "minus signs": lambda n: "-" * n + "x",
    "sums": lambda n: "+".join(["x"] * n), "calls": lambda n: "sin(" * n + "x" + ")" * n,
    "powers": lambda n: "x" + "^2" * n,
    "inputs": lambda n: "max(" + "x," * n + "x)", "unknown names": lambda n: "+".join(f"b{i}" for i in range(n)),
    "lines": lambda n: "x + x" + "".join(f"\na{i} = x + x" for i in range(n)),
    "a chain": lambda n: "x" + "".join(f"\na{i} = a{i - 1} + x" for i in range(n)),
    "a cycle": lambda n: "x" + "".join(f"\na{i} = a{(i + 1) % n} + x" for i in range(n)),
}  # fmt: skip


@pytest.mark.parametrize("what", GROWING)
def test_reading_is_one_pass_over_the_text(what: str) -> None:
    """Lines of Python are counted, so that no clock is asked: twice the text takes about twice as many."""
    once, twice = (_lines_run(f"f = {GROWING[what](size)}") for size in (400, 800))
    assert twice < 2.5 * once


def _lines_run(text: str) -> int:
    lines = 0

    def count(*_: object) -> Any:
        nonlocal lines
        lines += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        _faults(text)
    finally:
        sys.settrace(before)
    return lines
