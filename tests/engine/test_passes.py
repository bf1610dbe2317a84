"""Both passes on whole graphs, against SymPy, finite differences and the laws of the lesson; and graphs of any
depth."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
import sympy
from hypothesis import given, reject, settings

from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gate import RESIDUE
from backprop_tutor.engine.graph import Graph, GraphBuilder
from backprop_tutor.engine.passes import MissingValue, OutOfDomain, solve
from tests.cli.running import tutor
from tests.full import times
from tests.strategies import Circuit, circuits, random_circuit
from tests.textbook import TEXTBOOK, a, b


def as_formula(graph: Graph) -> sympy.Expr:
    """The output as one SymPy expression of the inputs, gate by gate from the textbook."""
    made: dict[str, sympy.Expr] = {name: sympy.Symbol(name, real=True) for name in graph.input_names}
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        operands = [made[source] for source in node.inputs]
        formula = TEXTBOOK[node.gate.name].formula(node.constant)
        made[name] = formula.xreplace(dict(zip((a, b), operands, strict=False)))
    return made[graph.output_name]


@settings(max_examples=times(8, 200))
@given(circuits(most=times(4, 5)))
def test_values_and_gradients_are_sympys(circuit: Circuit) -> None:
    solution = solve(circuit.graph, circuit.at)
    symbols = [sympy.Symbol(name, real=True) for name in circuit.at]
    try:
        formula = as_formula(circuit.graph)
        slopes = [sympy.diff(formula, symbol) for symbol in symbols]
        # Not by subs, which takes minutes of some maxima inside one another.
        oracle = sympy.lambdify(symbols, [formula, *slopes], "math")
    except (TypeError, RecursionError):  # of some maxima SymPy compares complex numbers on its way
        reject()
    value, *found = oracle(*circuit.at.values())
    assert solution.value(circuit.graph.output_name) == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert [solution.gradient(name) for name in circuit.at] == pytest.approx(found, rel=1e-7, abs=1e-10)


@settings(max_examples=times(60, 600))
@given(circuits(most=40))
def test_gradients_are_finite_differences(circuit: Circuit) -> None:
    graph, output = circuit.graph, circuit.graph.output_name
    solution = solve(graph, circuit.at)
    for name in graph.input_names:
        differences = []
        for step in (1e-5, 3e-6, 1e-6):  # a kink may lie close by, so the nearest of three counts
            up, down = ({**circuit.at, name: circuit.at[name] + sign * step} for sign in (1, -1))
            differences.append((solve(graph, up).value(output) - solve(graph, down).value(output)) / (2 * step))
        size = max(1.0, abs(solution.gradient(name)), *map(abs, solution.values))
        assert min(abs(difference - solution.gradient(name)) for difference in differences) < 1e-3 * size


@given(circuits(most=30))
def test_every_branch_carries_upstream_times_local_and_forks_add(circuit: Circuit) -> None:
    graph = circuit.graph
    solution = solve(graph, circuit.at, 0.7)
    assert solution.gradient(graph.output_name) == 0.7
    assert sorted(flow.branch.name for flow in solution.flows) == sorted(branch.name for branch in graph.branches)
    for flow in solution.flows:
        assert flow.upstream == solution.gradient(flow.branch.gate)
        assert flow.downstream == flow.upstream * flow.local
    for name in graph.names:
        if name != graph.output_name:
            carried = [solution.flow(branch).downstream for branch in graph.branches_from[name]]
            zero = RESIDUE * max(map(abs, carried), default=0.0)  # what rounding leaves of a sum that is 0 is 0
            assert solution.gradient(name) == pytest.approx(sum(carried), rel=1e-12, abs=zero + 1e-15)


@given(circuits(most=20))
def test_gates_stand_in_topological_order(circuit: Circuit) -> None:
    for node, sources in enumerate(circuit.graph.inputs):
        assert all(source < node for source in sources)


@pytest.mark.parametrize("shape", ["chain", "fork"])
def test_depth_and_width_know_no_limit(shape: str) -> None:
    graph = CHAINS[shape](times(50_000, 200_000))
    solution = solve(graph, [0.5])
    expected = {"chain": 1.0, "fork": times(25_001.0, 100_001.0)}[shape]
    assert solution.gradient("x") == expected


def chain(size: int) -> Graph:
    """x + 1, + 1, …: each gate on the one before."""
    builder = GraphBuilder()
    node = builder.input("x")
    for _ in range(size):
        node = builder.gate("shift", node, constant=1.0)
    return builder.build()


def fork(size: int) -> Graph:
    """One input into half of the gates, summed up by the other half."""
    builder = GraphBuilder()
    source = builder.input("x")
    total = builder.gate("scale", source, constant=1.0)
    for _ in range(size // 2):
        total = builder.gate("add", total, builder.gate("shift", source, constant=0.0))
    return builder.build()


CHAINS = {"chain": chain, "fork": fork}


def test_a_missing_number_is_named() -> None:
    circuit = random_circuit(Random(3), 5)
    with pytest.raises(MissingValue, match="input x0 has no value"):
        solve(circuit.graph, {name: value for name, value in circuit.at.items() if name != "x0"})


@given(circuits(most=10))
def test_a_graph_keeps_nothing_of_the_numbers_before(circuit: Circuit) -> None:
    first = solve(circuit.graph, circuit.at)
    with suppress(OutOfDomain):
        solve(circuit.graph, {name: 1.5 * value + 0.25 for name, value in circuit.at.items()})
    again = solve(circuit.graph, circuit.at)
    assert (again.values, again.flows) == (first.values, first.flows)


@pytest.mark.parametrize(
    ("text", "at", "zeros"),
    [
        ("f = (a*x + b*y)*z", {"a": 0.6, "x": 2.0, "b": -0.4, "y": 3.0, "z": 5.0}, {"g3", "f"}),
        ("q = a + b; r = q - c; f = r*d", {"a": 0.1, "b": 0.2, "c": 0.3, "d": 4.0}, {"r", "f"}),
        ("q = a*b; f = (q - 0.3)*a", {"a": 0.1, "b": 3.0}, {"g1", "f"}),
    ],
)
def test_what_rounding_leaves_of_a_sum_that_is_0_is_0(text: str, at: dict[str, float], zeros: set[str]) -> None:
    solution = solve(read_graph(text, at), at)
    assert {name for name in solution.graph.gate_names if solution.value(name) == 0} == zeros


def test_what_rounding_leaves_at_a_fork_is_0_and_so_is_what_follows() -> None:
    at = {"t": 0.5, "a": 0.1, "b": 0.2, "c": 0.3}
    solution = solve(read_graph("x = t*2; f = a*x + b*x - c*x", at), at)
    assert (solution.gradient("x"), solution.gradient("t")) == (0, 0)
    assert all(flow.downstream != 0 for flow in solution.flows if flow.branch.source == "x")


def test_a_small_number_that_no_sum_left_stays() -> None:
    solution = solve(read_graph("f = exp(x) + y*1e-20", ["x", "y"]), {"x": -40.0, "y": 3.0})
    assert 0 < solution.value("f") < 1e-17
    assert solution.gradient("y") == 1e-20


def test_where_a_residue_alone_keeps_a_gate_in_its_domain_it_stays() -> None:
    solution = solve(read_graph("f = log(a - b)", ["a", "b"]), {"a": 0.1 + 0.2, "b": 0.3})
    assert solution.value("f") == pytest.approx(-37.4, abs=0.1)


def test_no_residue_is_shown() -> None:
    at = [f"--at={given}" for given in ("a=0.6", "x=2", "b=-0.4", "y=3", "z=5")]
    screen = tutor("explain", "--graph", "f = (a*x + b*y)*z", *at, "--all").out
    assert "e-1" not in screen
