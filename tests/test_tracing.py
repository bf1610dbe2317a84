"""Python functions as circuits: thirty compared with finite differences and SymPy, and messages about what cannot be
traced."""

from __future__ import annotations

import functools
import math
import pickle
import statistics
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.passes import OutOfDomain, solve
from backprop_tutor.errors import TutorError
from backprop_tutor.tracing import CannotTrace, trace
from tests import traced
from tests.traced import EXAMPLES, Example, Unit, network, neuron, recurrent, simple

STEP = 1e-6


def slope(f: Callable[..., float], at: dict[str, float], name: str) -> float:
    """The finite difference of a function in one of its inputs."""
    up, down = ({**at, name: at[name] + sign * STEP} for sign in (1, -1))
    return (f(**up) - f(**down)) / (2 * STEP)


def circuit(f: Callable[..., Any], **at: Any) -> str:
    return trace(f, **at).graph_text.replace("\n", "; ")


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))
def test_a_traced_function_has_the_functions_value_and_finite_differences(example: Example) -> None:
    f, at, _ = example
    exercise = trace(f, **at)
    solution = exercise.solution
    assert dict(exercise.values) == at
    assert exercise.graph.input_names == list(at)
    assert solution.value(exercise.graph.output_name) == pytest.approx(f(**at), rel=1e-12, abs=1e-14)
    for name in at:
        assert solution.gradient(name) == pytest.approx(slope(f, at, name), rel=1e-6, abs=1e-7)
    elsewhere = {name: value * 1.07 for name, value in at.items()}  # a circuit is right at other numbers too
    assert solve(exercise.graph, elsewhere).values[exercise.graph.output] == pytest.approx(
        f(**elsewhere), rel=1e-12, abs=1e-14
    )


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))
def test_its_gradients_are_sympys(example: Example) -> None:
    _, at, text = example
    symbols = {name: sympy.Symbol(name, real=True) for name in at}
    formula = sympy.sympify(text, locals=symbols)
    places = {symbols[name]: value for name, value in at.items()}
    solution = trace(example.f, **at).solution
    for name, symbol in symbols.items():
        expected = float(sympy.diff(formula, symbol).subs(places))
        assert solution.gradient(name) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_there_are_thirty_of_them() -> None:
    assert len(EXAMPLES) >= 30


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))
def test_its_text_reads_back_as_the_same_circuit(example: Example) -> None:
    exercise = trace(example.f, **example.at)
    again = read_graph(exercise.graph_text, exercise.graph.input_names)
    assert again.rows == exercise.graph.rows
    assert again.names == exercise.graph.names


@pytest.mark.parametrize("constant", [1 / 3, 0.1, 1e-300, 123456789.123, -1e22, 2**53 + 1, math.pi, 5e-324])
def test_constants_are_exact(constant: float) -> None:
    """As they are in the circuit, to the last bit."""
    exercise = trace(lambda x: (x * constant) + constant, x=1.5)
    assert exercise.graph.constants[1:] == [float(constant)] * 2
    assert read_graph(exercise.graph_text, ["x"]).constants[1:] == [float(constant)] * 2


@pytest.mark.parametrize("number", [1e-5, 1e22, 2**60, -0.1, 1 / 3, 5e-324, 1.5e150, 7, 0])
def test_inputs_are_exact_and_words_of_yaml_are_names(number: float) -> None:
    exercise = trace(lambda null, no, true, y: null * 2 + no + true - y, null=number, no=1, true=2, y=3)
    assert exercise.values == {"null": float(number), "no": 1, "true": 2, "y": 3}


# Names, and gates as the language has them.


def test_gates_are_called_by_the_variables_that_held_them() -> None:
    assert circuit(simple, x=-2, y=5, z=-4) == "q = x + y; simple = q * z"
    at = {"w0": 0.2, "x0": 1.0, "w1": 0.7, "x1": -1.2, "b": 0.8}
    assert circuit(neuron, **at) == "g1 = w0 * x0; g2 = w1 * x1; g3 = g1 + g2; z = g3 + b; neuron = relu(z)"


def test_a_variable_of_a_helper_that_is_called_twice_is_numbered() -> None:
    def squash(t: float) -> float:
        e = math.exp(-t)
        part = 1 + e
        return 1 / part

    def both(x: float, y: float) -> float:
        left = squash(x)
        return left * squash(y)

    assert circuit(both, x=1, y=2) == (
        "g1 = x * -1; g2 = exp(g1); part1 = g2 + 1; left = 1/part1; "
        "g3 = y * -1; g4 = exp(g3); part2 = g4 + 1; g5 = 1/part2; both = left * g5"
    )


def test_a_functions_own_name_goes_before_its_helpers_and_a_comprehensions_is_none() -> None:
    def twice(t: float) -> float:
        inner = t * 2
        return inner  # noqa: RET504

    def f(x: float) -> float:
        outer = twice(x)
        return sum([part for part in (outer * 3, outer * 4)])  # noqa: C416

    assert circuit(f, x=1) == "outer = x * 2; g1 = outer * 3; g2 = outer * 4; f = g1 + g2"


def test_a_name_that_ends_in_a_digit_is_numbered_apart() -> None:
    def squared(t: float) -> float:
        h1 = t * t
        return h1 + 1

    assert circuit(lambda x, h1_1: squared(x) * squared(h1_1), x=1, h1_1=2) == (
        "h1_2 = x * x; g1 = h1_2 + 1; h1_3 = h1_1 * h1_1; g2 = h1_3 + 1; f = g1 * g2"
    )


def test_a_name_that_is_taken_names_no_gate() -> None:
    def f(x: float, exp: float) -> float:
        x = x * 2  # an input's name
        e = x + exp  # a constant's
        tanh = math.tanh(e)  # a gate's
        _hidden = tanh * tanh
        L = _hidden + 1  # noqa: N806  the loss's, which is the output's too
        return L  # noqa: RET504

    assert circuit(f, x=1, exp=3) == "g1 = x * 2; g2 = g1 + exp; g3 = tanh(g2); g4 = g3 * g3; L = g4 + 1"


@pytest.mark.parametrize(
    ("f", "name"),
    [(lambda x: x * 2, "f"), (functools.partial(simple, y=2, z=3), "simple"), (Unit(2), "Unit"), (math.exp, "exp")],
)
def test_an_exercise_has_the_functions_name(f: Callable[..., Any], name: str) -> None:
    exercise = trace(f, x=1)
    assert (exercise.id, exercise.title) == (name, f"{name}(x)")


def test_the_last_one_of_a_loop_has_the_name() -> None:
    assert circuit(recurrent, w=0.7, x=-0.2).endswith("g8 = g7 + x; h = tanh(g8)")


def test_max_with_0_is_a_relu_and_constants_are_parts_of_gates_as_in_the_language() -> None:
    assert circuit(lambda x: max(0, x), x=1) == "f = relu(x)"
    assert circuit(lambda x: max(x, 0.0), x=1) == "f = relu(x)"
    assert circuit(lambda x: 3 - x, x=1) == "g1 = x * -1; f = g1 + 3"
    assert circuit(lambda x: 3 / x, x=1) == "g1 = 1/x; f = g1 * 3"
    assert circuit(lambda x: 1 / x, x=1) == "f = 1/x"
    assert circuit(lambda x: min(2, x), x=1) == "f = min(x, 2)"


def test_what_changes_nothing_is_no_gate() -> None:
    assert circuit(lambda x, y: sum([x, y]), x=1, y=2) == "f = x + y"
    assert circuit(lambda x, y: math.prod([1 * x / 1 - 0, y**1]), x=1, y=2) == "f = x * y"


def test_what_does_not_reach_the_result_is_left_out() -> None:
    def f(x: float) -> float:
        unused = math.exp(x)
        assert unused is not None
        return x * 2

    assert circuit(f, x=1) == "f = x * 2"


@pytest.mark.parametrize("name", [name for name, gate in GATES.items() if gate.is_function])
def test_every_gate_that_is_a_function_is_found_by_what_it_computes_and_as_a_method(name: str) -> None:
    gate = GATES[name]
    ufunc = np.frompyfunc(gate.function, gate.arity, 1)  # of no name that we could know
    at = {"x": 0.7, "y": 1.9} if gate.arity == 2 else {"x": 0.7}
    assert circuit(lambda *values: ufunc(*values), **at) == f"f = {gate.written(list(at))}"
    assert circuit(lambda x, *others: getattr(x, name)(*others), **at) == f"f = {gate.written(list(at))}"


def test_an_option_that_changes_a_function_changes_the_gate() -> None:
    assert circuit(lambda x, y: max(x, y, key=lambda value: -value), x=1, y=2) == "f = min(x, y)"
    assert circuit(lambda x: math.log(x, math.e), x=2) == "f = log(x)"


def test_pytorchs_functions_are_gates() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    made = circuit(lambda x, y: torch.sigmoid(x) * torch.tensor(2.0) + functional.leaky_relu(y), x=0.5, y=-1)
    assert made == "g1 = sigmoid(x); g2 = g1 * 2; g3 = leaky_relu(y); f = g2 + g3"
    with pytest.raises(CannotTrace, match="leaky_relu, called in this way, is not a gate"):
        trace(lambda x: functional.leaky_relu(x, 0.2), x=1)


class Single:
    """A number as PyTorch and JAX have it."""

    shape = (1, 1)

    def item(self) -> float:
        return -1.25


@pytest.mark.parametrize("number", [np.float32(-1.25), np.array([[-1.25]]), np.int64(-1), Single(), -1, True + 1])
def test_inputs_are_floats_or_anything_of_one_element(number: Any) -> None:
    expected = number.item() if hasattr(number, "item") else number
    assert trace(lambda x: x * 2, x=number).values == {"x": expected}


def test_nothing_outside_the_trace_changes() -> None:
    names, before = dict(vars(math)), dict(network.__globals__)
    trace(network, x=1, v=2, w=3, d=4)
    assert dict(vars(math)) == names
    assert {name: value for name, value in network.__globals__.items() if before[name] is not value} == {}
    assert max(1, 2) == 2
    assert sys.getprofile() is None
    assert isinstance(network(1, 2, 3, 4), float)


def test_where_a_profiler_runs_it_goes_on_and_gates_have_no_names() -> None:
    def profiler(*_: object) -> None: ...

    sys.setprofile(profiler)
    try:
        made = circuit(simple, x=-2, y=5, z=-4)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert made == "g1 = x + y; simple = g1 * z"


def test_values_without_a_parameter_of_their_own_are_the_rest() -> None:
    assert circuit(lambda a, *xs: a * sum(xs), a=1, x1=2, x2=3) == "g1 = x1 + x2; f = a * g1"
    assert circuit(lambda a, /, *, b, **more: a * b + more["c"], b=1, c=2, a=3) == "g1 = a * b; f = g1 + c"


def test_helpers_of_a_module_are_followed_and_a_parameter_names_no_gate() -> None:
    made = circuit(lambda x: traced.logistic(x * 2), x=1)
    assert made == "g1 = x * 2; g2 = g1 * -1; g3 = exp(g2); g4 = g3 + 1; f = 1/g4"


def test_functions_of_constants_are_constants() -> None:
    assert (
        circuit(lambda x: x * math.floor(2.5) + max(len(text) for text in ("a", "bc")), x=1) == "g1 = x * 2; f = g1 + 2"
    )


def test_large_data_that_a_function_names_is_left_alone() -> None:
    table = [float(number) for number in range(200_000)]
    kept: list[Any] = []
    assert circuit(lambda x: [kept.append(table), x * table[3]][1], x=1) == "f = x * 3"
    assert kept[0] is table


# What cannot be traced.


def caught(x: float) -> float:
    try:
        return x if x > 0 else -x
    except Exception:  # noqa: BLE001  which is what is tested
        return x * 2


def endless(x: float) -> float:
    while True:
        x = x * 2


def calls_itself(x: float) -> float:
    return calls_itself(x)


def by_data(x: float) -> float:
    return sum(each * 2 for each in x)  # type: ignore[attr-defined]


CANNOT: list[tuple[Callable[..., Any], str]] = [
    (lambda x: 1 if x > 0 else 0, "a circuit cannot contain a condition"),
    (lambda x: x or 1, "a circuit cannot contain a condition"),
    (lambda x: x == 1, "a circuit cannot contain a condition"),
    (lambda x: 0 if x >= 1 else x, r"max\(0, x\) is a ReLU"),
    (caught, "a circuit cannot contain a condition"),
    (by_data, "cannot be looped over"),
    (lambda x: x[0], "cannot be looped over, counted or indexed"),
    (lambda x: len(x) * x, "cannot be looped over, counted or indexed"),
    (lambda x: np.array([x, x]) @ np.array([1, 2]), "arrays cannot be traced"),
    (lambda x: x * np.array([1, 2]), r"an array of shape \(2,\): arrays cannot be traced"),
    (lambda x: np.array([1, 2]) + x, r"an array of shape \(2,\): arrays cannot be traced"),
    (lambda x: np.sum([x, x]), "arrays cannot be traced"),
    (lambda x: float(x) * 2, "float, int and round cannot be traced"),
    (lambda x: round(x), "float, int and round cannot be traced"),
    (lambda x: x * int(x), "float, int and round cannot be traced"),
    (lambda x: sum(x for _ in range(x)), "float, int and round cannot be traced"),
    (lambda x: math.floor(x), "math.floor is not a gate"),
    (lambda x: math.log10(x), r"math.log10 is not a gate. The nearest is log\(x\)"),
    (lambda x: math.log(x, 2), r"math.log, called in this way, is not a gate. The nearest is log\(x\)"),
    (lambda x: math.sinh(x), r"math.sinh is not a gate. The nearest is sin\(x\)"),
    (lambda x: math.gamma(x), "math.gamma is not a gate. The gates are max, min, sqrt"),
    (lambda x: math.hypot(x, 2), "math.hypot is not a gate"),
    (lambda x: np.arctan(x), "numpy.arctan is not a gate"),
    (lambda x: np.clip(x, 0, 1), "numpy.clip is not a gate"),
    (lambda x: np.add.reduce(x), "numpy.add.reduce is not a gate"),
    (lambda x: x % 2, "% is not a gate"),
    (lambda x: 7 // x, "// is not a gate"),
    (lambda x: x**x, "the exponent must be a number"),
    (lambda x: 2**x, "the exponent must be a number"),
    (lambda x: x / 0, "nothing can be divided by 0"),
    (lambda x: x * math.inf, "a constant is inf"),
    (lambda x: x + 10**400, "a constant is inf"),
    (lambda x: x * 1j, "treats a traced value as a plain number"),
    (lambda x: x.real + 1, "treats a traced value as a plain number: it has no real"),
    (lambda x: statistics.mean([x, x]), "treats a traced value as a plain number"),
    (lambda x: x, "f returns its input x: there is no gate"),
    (lambda x: 3.5, "what f returns does not depend on x"),
    (lambda x: np.float64(2), "what f returns does not depend on x"),
    (lambda x: None, "f returns nothing. Is its return statement missing"),
    (lambda x: "x", "f returns a str, not a number"),
    (lambda x: (x * 2, x * 3), "f returns 2 results in a tuple"),
    (lambda x: {"a": x * 2, "b": x}, "f returns 2 results in a dict"),
    (lambda x: np.ones(3), "f returns 3 results in a ndarray"),
    (calls_itself, "calls_itself calls itself without end"),
    (endless, r"this makes more than 10,000 gates. Does it end"),
    (lambda x: x * isinstance(x, float) + x, "f returns 3 here, but the circuit of its operations gives 1.5"),
    (lambda x: functools.reduce(lambda total, _: total * 1.0001 + x, range(4000), x), "f makes too large a circuit"),
    (Unit, "returns a Unit, not a number"),
]


@pytest.mark.parametrize(("f", "says"), CANNOT, ids=[says[:40] for _, says in CANNOT])
def test_what_cannot_be_traced_is_said_plainly(f: Callable[..., Any], says: str) -> None:
    with pytest.raises(CannotTrace, match=says) as caught:
        trace(f, x=1.5) if f is not Unit else trace(f, weight=1.5)
    error = caught.value
    assert isinstance(error, TutorError)
    assert "Traceback" not in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  our own


def test_the_line_is_named_and_shown() -> None:
    with pytest.raises(CannotTrace) as caught_:
        trace(caught, x=1)
    number = caught.__code__.co_firstlineno + 2
    assert str(caught_.value).startswith(f"line {number}, `return x if x > 0 else -x`: a circuit cannot")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, r"simple needs a number for each of its inputs"),
        ({"x": 1, "y": 2}, "simple also needs z. Give numbers for all inputs, such as z=2."),
        ({"x": 1, "y": 2, "z": 3, "w": 4}, "simple has no input w"),
        ({"x": [1, 2], "y": 2, "z": 3}, r"x is not a number but \[1, 2\]. A wire of a circuit carries one number"),
        ({"x": np.ones(2), "y": 2, "z": 3}, r"x is an array of shape \(2,\): arrays cannot be traced"),
        ({"x": "1", "y": 2, "z": 3}, "x is not a number but '1'"),
        ({"x": None, "y": 2, "z": 3}, "x is not a number but None"),
        ({"x": True, "y": 2, "z": 3}, "x is not a number but True"),
        ({"x": math.nan, "y": 2, "z": 3}, "x is nan: a circuit can only contain finite numbers"),
        ({"x": 10**400, "y": 2, "z": 3}, "x is inf: a circuit can only contain finite numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotTrace, match=says):
        trace(simple, **given)


def test_an_input_that_is_not_used_is_named() -> None:
    with pytest.raises(CannotTrace, match=r"what f returns does not depend on y or z\. Leave it out"):
        trace(lambda x, y, z: x * 2, x=1, y=2, z=3)


def test_only_functions_are_traced() -> None:
    with pytest.raises(CannotTrace, match="trace takes a function, not a int"):
        trace(3, x=1)  # type: ignore[arg-type]


def test_numbers_outside_a_gates_domain_are_told_as_everywhere() -> None:
    with pytest.raises(OutOfDomain, match="It needs x above 0"):
        trace(lambda x: math.log(x), x=-1)


def test_the_functions_own_errors_are_its_own() -> None:
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: x * (1 / 0), x=1)
    with pytest.raises(NameError):
        trace(lambda x: x * y, x=1)  # type: ignore[name-defined]  # noqa: F821


def test_a_value_that_is_kept_from_another_trace_is_refused() -> None:
    kept: list[Any] = []
    trace(lambda x: [kept.append(x), x * 2][1], x=1)
    with pytest.raises(CannotTrace, match="belongs to another trace"):
        trace(lambda x: x * kept[0], x=1)
