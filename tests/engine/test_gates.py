"""Every gate of the table compared with the textbook: values, local gradients by SymPy and by finite differences,
kinks, domains."""

from __future__ import annotations

import re

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.formatting import filled_in
from backprop_tutor.engine.formulas import tokens_of
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.gates import GATES, gate_of
from backprop_tutor.engine.graph import Graph, GraphBuilder
from backprop_tutor.engine.language import parse
from backprop_tutor.engine.passes import OutOfDomain, solve
from tests.full import times
from tests.textbook import TAKING_A_CONSTANT, TEXTBOOK, constants_for

EACH = [(kind, constant) for kind in GATES for constant in constants_for(kind)]
numbers = st.integers(-400, 400).map(lambda hundredths: hundredths / 100)


def one_gate(kind: str, constant: float | None) -> Graph:
    """A graph of only this gate."""
    builder = GraphBuilder()
    sources = [builder.input(name) for name in ("a", "b")[: gate_of(kind, constant).arity]]
    builder.gate(kind, *sources, constant=constant)
    builder.labels[-1] = "f"
    return builder.build()


def test_the_textbook_has_the_gates_of_the_table() -> None:
    assert set(TEXTBOOK) == set(GATES)
    with_constant = {kind for kind in GATES if GATES[kind].has_constant} | TAKING_A_CONSTANT
    assert with_constant == {kind for kind, constant in EACH if constant is not None}


@pytest.mark.parametrize(("kind", "constant"), EACH)
@settings(max_examples=times(15, 400))
@given(at=st.tuples(numbers, numbers))
def test_a_gate_computes_its_function_and_its_derivatives(
    kind: str, constant: float | None, at: tuple[float, float]
) -> None:
    graph, rule = one_gate(kind, constant), TEXTBOOK[kind]
    operands = at[: len(graph.input_names)]
    assume(rule.is_defined(operands, constant))
    assume(rule.distance_to_kink(operands, constant) > 1e-3)
    solution = solve(graph, list(operands))
    assert solution.value("f") == pytest.approx(rule.value(operands, constant), rel=1e-12, abs=1e-14)
    for slot, slope in enumerate(rule.slopes(operands, constant)):
        assert solution.gradient("ab"[slot]) == pytest.approx(slope, rel=1e-9, abs=1e-12)
        assert solution.gradient("ab"[slot]) == pytest.approx(_difference(graph, operands, slot), rel=2e-4, abs=2e-5)


def _difference(graph: Graph, at: tuple[float, ...], slot: int, step: float = 1e-5) -> float:
    """The central difference quotient of the graph's output in one input."""
    up, down = ([value + (sign * step if place == slot else 0) for place, value in enumerate(at)] for sign in (1, -1))
    return (solve(graph, up).value("f") - solve(graph, down).value("f")) / (2 * step)


@pytest.mark.parametrize(
    ("kind", "constant", "at", "slopes"),
    [
        ("max", None, (2.0, 2.0), (0.5, 0.5)), ("min", None, (2.0, 2.0), (0.5, 0.5)), ("max", 1.0, (1.0,), (0.5,)),
        ("min", 1.0, (1.0,), (0.5,)), ("relu", None, (0.0,), (0.0,)), ("leaky_relu", None, (0.0,), (0.01,)), ("abs",
        None, (0.0,), (0.0,)),
    ],
)  # fmt: skip
def test_ties_and_kinks_are_as_pytorch_has_them(
    kind: str, constant: float | None, at: tuple[float, ...], slopes: tuple[float, ...]
) -> None:
    solution = solve(one_gate(kind, constant), list(at))
    assert tuple(solution.gradient(name) for name in "ab"[: len(at)]) == slopes


def test_every_kink_of_the_textbook_is_known_to_the_table() -> None:
    assert {kind for kind, rule in TEXTBOOK.items() if rule.kinks} == {
        kind for kind, gate in GATES.items() if gate.kinks
    }


@pytest.mark.parametrize(
    ("kind", "constant", "at"),
    [
        ("div", None, (1.0, 0.0)), ("reciprocal", None, (0.0,)), ("power", 0.5, (-2.0,)), ("power", -1.0, (0.0,)),
        ("power", 0.5, (0.0,)),
        ("sqrt", None, (-1.0,)), ("sqrt", None, (0.0,)), ("exp", None, (1000.0,)), ("log", None, (0.0,)), ("log", None,
        (-1.0,)),
        ("mul", None, (1e200, 1e200)), ("power", 3.0, (1e150,)),
    ],
)  # fmt: skip
def test_outside_its_domain_a_gate_is_named_with_its_numbers(
    kind: str, constant: float | None, at: tuple[float, ...]
) -> None:
    with pytest.raises(OutOfDomain) as caught:
        solve(one_gate(kind, constant), list(at))
    message = str(caught.value)
    assert message.startswith(f"f = {one_gate(kind, constant).node('f').written.replace('**', '^')} has no finite ")
    assert f"a = {at[0]:.6g}" in message
    assert not re.search(r"\bnan\b", message)


@pytest.mark.parametrize("gate", {**GATES, **ARRAY_GATES}.values(), ids=lambda gate: gate.name)
def test_where_a_gate_can_be_evaluated_is_said_in_the_names_of_its_inputs(gate: Gate) -> None:
    for constant in {*constants_for(gate.name), *((-2.0, -0.5, 0.0, 0.5, 2.5) if gate.name == "power" else ())}:
        operands = ["first", "second"][: gate.arity]
        words = re.findall(r"\w+|\W", gate.domain_of(operands, constant))
        assert not {"a", "b", "c", "x", "if", "*"} & {*words}
        assert not gate.domain or operands[-1] in words or (gate.name == "power" and constant in (1, 2, 3))


@pytest.mark.parametrize(
    ("text", "at", "needed"),
    [
        ("f = x/y", {"x": 1, "y": 0}, "y other than 0"), ("f = x*log(y)", {"x": 2, "y": -1}, "y above 0"),
        ("f = 1/y", {"y": 0}, "y other than 0"), ("f = y^-1", {"y": 0}, "y other than 0"),
        ("f = y^-2", {"y": 0}, "y other than 0"), ("f = y^0.5", {"y": 0}, "y above 0"),
        ("f = y^-0.5", {"y": -1}, "y above 0"), ("f = y^2.5", {"y": -1}, "y of at least 0"),
        ("f = y*sqrt(a)", {"y": 1, "a": 0}, "a above 0"), ("f = (x - y)^-1", {"x": 1, "y": 1}, "g1 other than 0"),
    ],
)  # fmt: skip
def test_what_a_gate_needs_names_the_inputs_of_the_graph(text: str, at: dict[str, float], needed: str) -> None:
    with pytest.raises(OutOfDomain, match=rf" It needs {re.escape(needed)}\.$"):
        solve(read_graph(text, at), at)


SMOOTH = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)), "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "tanh": mpmath.tanh,
}  # fmt: skip
SLOPES = {
    "sigmoid": lambda x: 1 / (2 + mpmath.exp(-x) + mpmath.exp(x)), "softplus": SMOOTH["sigmoid"],
    "tanh": lambda x: 1 / mpmath.cosh(x) ** 2,
}  # fmt: skip
FAR = [
    sign * size
    for sign in (1, -1)
    for size in (0.0, 1e-300, 1e-9, 0.5, 3.0, 18.5, 36.5, 39.9, 40.1, 100, 709, 710, 745, 746, 1e4, 1e8)
]


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("x", [*FAR, 1.7976931348623157e308, -1.7976931348623157e308])
def test_a_function_without_bounds_has_a_value_and_a_slope_at_every_number(kind: str, x: float) -> None:
    solution = solve(one_gate(kind, None), [x])
    with mpmath.workdps(400 if abs(x) < 1e9 else 30):
        far = mpmath.mpf(x) if abs(x) < 1e9 else mpmath.mpf(1e9 if x > 0 else -1e9)  # where nothing bends any more
        value = x if kind == "softplus" and x > 1e9 else float(SMOOTH[kind](far))
        slope = float(SLOPES[kind](far))
    assert solution.value("f") == pytest.approx(value, rel=4e-16, abs=1e-323)
    assert solution.gradient("a") == pytest.approx(slope, rel=4e-16, abs=2.3e-16)


@pytest.mark.parametrize(("kind", "constant"), EACH)
def test_a_gate_is_written_in_the_language_and_read_back_as_itself(kind: str, constant: float | None) -> None:
    graph = one_gate(kind, constant)
    again = read_graph(written(graph), graph.input_names)
    assert again.nodes == graph.nodes


@pytest.mark.parametrize(("kind", "constant"), EACH)
def test_a_gate_says_how_it_passes_gradients_back(kind: str, constant: float | None) -> None:
    gate = gate_of(kind, constant)
    assert len(gate.pattern.split()) >= 4
    assert gate.symbol(constant)
    for slot in range(gate.arity):
        assert gate.local_formula(slot, ("x0", "w0")[: gate.arity], "out", constant)


@pytest.mark.parametrize("kind", ["add", "max", "mul"])
def test_the_lectures_three_patterns_have_its_names(kind: str) -> None:
    assert {"add": "distributor", "max": "router", "mul": "switcher"}[kind] in GATES[kind].pattern


@pytest.mark.parametrize(("kind", "constant"), EACH)
def test_numbers_filled_in_stand_in_one_pair_of_parentheses(kind: str, constant: float | None) -> None:
    gate = gate_of(kind, constant)
    text = filled_in(gate, [-1.0, -0.5][: gate.arity], constant, 1.0).left
    assert "((" not in text
    assert parse(tokens_of(text), (0, len(text)))
