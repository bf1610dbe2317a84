"""The gradients as formulas: equal to the numbers found, readable by the language itself, whatever the inputs are
called."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings

from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.symbolic import LONGEST, gradient_formulas
from backprop_tutor.show.lesson import DERIVATION
from tests.full import times
from tests.strategies import Circuit, circuits


@settings(max_examples=times(10, 200))
@given(circuits(most=6))
def test_each_formula_has_the_value_of_the_gradient(circuit: Circuit) -> None:
    solution = solve(circuit.graph, circuit.at)
    formulas = gradient_formulas(circuit.graph, solution.values)
    if (
        len(circuit.graph.gate_names) <= 6
    ):  # of so few gates none is too long; where loose ends are joined there are more
        assert set(formulas) == set(circuit.at)
    for name, formula in formulas.items():
        value = evaluate(
            parse(tokens(formula), (0, len(formula))), dict(zip(circuit.graph.names, solution.values, strict=True))
        )
        assert value == pytest.approx(solution.gradient(name), rel=1e-7, abs=1e-9)


def test_names_that_sympy_has_for_itself_are_only_names() -> None:
    at = {"lambda": 0.3, "I": 0.4, "E": 0.5, "S": 0.6}
    graph = read_graph("f = lambda*I + E*exp(1 + S)", at)
    assert gradient_formulas(graph, solve(graph, at).values) == {
        "lambda": "I",
        "I": "lambda",
        "E": "exp(S + 1)",
        "S": "E*exp(S + 1)",
    }


def test_a_kink_takes_the_side_of_the_numbers() -> None:
    graph = read_graph("f = max(x, y)*z + abs(z)", ["x", "y", "z"])
    right = gradient_formulas(graph, solve(graph, {"x": 1, "y": 2, "z": -3}).values)
    left = gradient_formulas(graph, solve(graph, {"x": 2, "y": 1, "z": 3}).values)
    assert (right, left) == ({"x": "0", "y": "z", "z": "y - 1"}, {"x": "z", "y": "0", "z": "x + 1"})


@pytest.mark.parametrize(
    ("lines", "at", "formula"),
    [
        ("f = sigmoid(w*x)", {"w": 2.0, "x": -0.4}, "x*f*(1 - f)"),
        ("f = 1/(1 + exp(-(w*x + b)))", {"w": 2.0, "x": -0.4, "b": 0.3}, "x*f*(1 - f)"),
        ("f = tanh(w*x)", {"w": 2.0, "x": -0.4}, "x*(1 - f^2)"),
        ("f = exp(w*x)", {"w": 2.0, "x": -0.4}, "x*f"),
        ("q = x + y; f = q*w", {"x": 1.5, "y": 2.5, "w": -3.0}, "x + y"),
        ("f = relu(w*x + b)", {"w": 2.0, "x": 0.4, "b": 0.3}, "x"),
    ],
)
def test_the_shortest_form_is_taken_with_names_of_gates_where_that_helps(
    lines: str, at: dict[str, float], formula: str
) -> None:
    graph = read_graph(lines, at)
    found = gradient_formulas(graph, solve(graph, at).values)["w"]
    names = {**at, "f": solve(graph, at).value("f")}
    assert found.replace("**", "^") == formula
    assert evaluate(parse(tokens(found), (0, len(found))), names) == pytest.approx(solve(graph, at).gradient("w"))


def test_what_would_fill_pages_is_left_out_at_once() -> None:
    lines = ["y0 = 0.001*x"] + [f"y{number + 1} = y{number}*y{number} + y{number}" for number in range(18)]
    graph = read_graph("\n".join(lines), ["x"])
    assert gradient_formulas(graph, solve(graph, {"x": 0.1}).values) == {}


@settings(max_examples=times(5, 100))
@given(circuits(most=times(14, 30)))
def test_no_formula_is_too_long_to_read(circuit: Circuit) -> None:
    formulas = gradient_formulas(circuit.graph, solve(circuit.graph, circuit.at).values)
    assert all(len(formula) <= LONGEST for formula in formulas.values())


@pytest.mark.parametrize("step", DERIVATION)
def test_each_step_of_the_sigmoids_derivation_is_its_derivative(step: str) -> None:
    x = sympy.Symbol("x")
    derivative = sympy.lambdify(x, sympy.diff(1 / (1 + sympy.exp(-x)), x), "math")
    for at in (-2.0, -0.3, 0.0, 1.0, 3.5):
        assert evaluate(parse(tokens(step), (0, len(step))), {"x": at}) == pytest.approx(derivative(at), rel=1e-12)


def test_the_derivation_ends_where_the_lecture_ends() -> None:
    assert DERIVATION[-1] == "(1 - sigmoid(x)) * sigmoid(x)"
    assert round(evaluate(parse(tokens(DERIVATION[-1]), (0, len(DERIVATION[-1]))), {"x": 1.0}), 2) == 0.20
