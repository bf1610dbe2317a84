"""Graphs of arrays: both passes against finite differences and the unfolded circuit of numbers; shapes and their
faults; matrices as they are typed."""

from __future__ import annotations

import re
from random import Random

import pytest

from backprop_tutor.engine.array_functions import FUNCTIONS
from backprop_tutor.engine.array_gates import ARRAY_GATES, Inputs, is_entrywise
from backprop_tutor.engine.array_language import evaluate, value_of
from backprop_tutor.engine.array_passes import (
    ArraySolution,
    array_forward,
    at_sizes,
    gradient_formula,
    letters_of,
    pull_of,
    solve_arrays,
)
from backprop_tutor.engine.array_text import entry_spans, read_shape
from backprop_tutor.engine.arrays import Matrix, entries, matrix, shape_of, stretched
from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.unfolding import unfolded
from backprop_tutor.errors import Fault, Faults
from tests.arrays import ArrayCircuit, random_array_circuit
from tests.full import times


def circuit(text: str, **at: object) -> ArrayCircuit:
    return ArrayCircuit(text, {name: matrix(value) for name, value in at.items()})


def close(found: Matrix, wanted: Matrix, relative: float, absolute: float) -> bool:
    assert shape_of(found) == shape_of(wanted)
    size = max(1.0, *map(abs, entries(wanted)))
    pairs = zip(entries(found), entries(wanted), strict=True)
    return all(abs(one - other) <= relative * abs(other) + absolute * size for one, other in pairs)


EACH = {
    "matmul": circuit("q = a @ b; f = sum(q*q)", a=[[1, 2, 0.5], [-1, 0.3, 2]], b=[[1, 2], [0.5, -1], [3, 0.2]]),
    "transpose": circuit("q = a.T; f = sum(q*b)", a=[[1, 2, 0.5], [-1, 0.3, 2]], b=[[1, 2], [0.5, -1], [3, 0.2]]),
    "sum": circuit("q = sum(a, axis=0); r = sum(a, axis=1); f = sum(q^2) + sum(r^3)", a=[[1, 2], [3, -1], [5, 1]]),
    "mean": circuit("q = mean(a, axis=0); r = mean(a, axis=-1); f = mean(q^2) + mean(r^3)",
                    a=[[1, 2], [3, -1], [2, 1]]),
    "softmax": circuit("p = softmax(a); r = softmax(b); s = softmax(a, axis=0); f = sum(p*c) + sum(r*b) + sum(s*c)",
                       a=[[1, 2, 0], [0.5, -1, 1]], b=[1, 2, -1], c=[[1, -2, 3], [2, 0.5, 1]]),
    "cross_entropy": circuit("l = cross_entropy(a, y); m = cross_entropy(b, z); f = mean(l*l) + m^2",
                             a=[[1, 2, 0], [0.5, -1, 1]], y=[[0, 1, 0], [1, 0, 0]], b=[1, 2, -1], z=[0, 0, 1]),
    "conv": circuit("q = conv(a, k); r = conv(b, l); f = sum(q^2) + sum(r^3)", a=[[1, 2, 3], [0, -1, 2], [4, 1, 0.5]],
                    k=[[1, -2], [0.5, 3]], b=[[1, 2, -1, 0.5]], l=[[2, -1]]),
    "maxpool": circuit("q = maxpool(a, 2); f = sum(q^2)", a=[[1, 2, 3, 0], [0, -1, 2, 5]]),
}  # fmt: skip


def numeric(circuit: ArrayCircuit, name: str, skip: frozenset[str] = frozenset()) -> Matrix:
    """The gradient of an input by central differences."""
    graph, base, step = circuit.graph, circuit.at, 1e-5

    def loss(row: int, column: int, change: float) -> float:
        moved = [list(line) for line in base[name]]
        moved[row][column] += change
        return array_forward(graph, {**base, name: moved})[graph.output][0][0]

    rows, columns = shape_of(base[name])
    return [[(loss(r, c, step) - loss(r, c, -step)) / (2 * step) for c in range(columns)] for r in range(rows)]


def labels_of(graph_text: str) -> set[str]:
    """The inputs that are labels: they add up to 1, so that one alone cannot be moved."""
    return {part.split(")")[0].split(", ")[1] for part in graph_text.split("cross_entropy(")[1:]}


def check_differences(circuit: ArrayCircuit) -> None:
    solution = circuit.solve()
    for name in set(circuit.at) - labels_of(circuit.text):
        assert close(solution.slope(name), numeric(circuit, name), 1e-5, 1e-5), (circuit.text, circuit.at, name)


def check_unfolded(circuit: ArrayCircuit) -> None:
    solution = circuit.solve()
    behind = unfolded(solution)
    numbers = solve(behind.graph, behind.inputs)
    for name, nodes in behind.nodes.items():
        value = [[numbers.values[node] for node in row] for row in nodes]
        assert close(solution.array(name), value, 1e-9, 1e-9), (circuit.text, name)
        if solution.graph.gates[solution.graph.index[name]] is None:
            slope = [[numbers.gradients[node] for node in row] for row in nodes]
            assert close(solution.slope(name), slope, 1e-9, 1e-9), (circuit.text, circuit.at, name)


def check_pulls(solution: ArraySolution) -> None:
    """The formula of what a branch carries, evaluated as a student would type it, is what it carries."""
    names: dict[str, object] = {name: solution.array(name) for name in solution.graph.names}
    names |= {f"d{name}": solution.slope(name) for name in solution.graph.names}
    for branch in solution.graph.branches:
        pull = pull_of(solution.graph, branch)
        found = evaluate(parse(tokens(pull, of_arrays=True), (0, 1)), names)  # type: ignore[arg-type]
        wanted = solution.downstream(branch)
        assert isinstance(found, list), pull
        assert close(stretched(found, shape_of(wanted)), wanted, 1e-9, 1e-9), pull


def test_every_gate_of_arrays_has_a_circuit_a_shape_and_a_wrong_rule() -> None:
    assert set(EACH) == set(ARRAY_GATES)
    assert all(
        gate.wrong and gate.shaped and len(gate.meets) == gate.arity == len(gate.example[1])
        for gate in ARRAY_GATES.values()
    )


@pytest.mark.parametrize("name", EACH)
def test_each_gate_agrees_with_finite_differences_and_with_its_unfolded_circuit(name: str) -> None:
    check_differences(EACH[name])
    check_unfolded(EACH[name])
    check_pulls(EACH[name].solve())


@pytest.mark.parametrize(
    "text",
    [
        "f = sum(W @ x)", "f = mean(W @ x + b)", "f = sum(W.T @ V + c)", "f = sum((W.T @ V + c)^2)",
        "f = sum(conv(W, k))", "f = sum(maxpool(V @ V.T + d, 3))", "f = sum(sum(W @ x, axis=0) + c)",
        "f = mean((W @ x).T)", "f = sum(conv((V^2).T, k))", "f = sum(softmax(V)*c)", "f = sum(mean(W + b, axis=1))",
    ],
)  # fmt: skip
def test_a_gradient_through_gates_without_a_name_is_what_its_formula_says(text: str) -> None:
    at = {
        "W": [[1, 2], [0.5, -1], [3, 0.2]], "x": [[0.4], [1.5]], "b": [[1], [-2], [0.3]], "c": [[0.7, -1.1]],
        "V": [[2, 0.3], [-1, 1.2], [0.6, 1.9]], "k": [[1, -2], [0.5, 3]], "d": [[0.1, 0.2, 0.3]],
    }  # fmt: skip
    one = circuit(text, **{name: value for name, value in at.items() if re.search(rf"\b{name}\b", text)})
    solution = one.solve(1.7)
    names = {name: solution.array(name) for name in solution.graph.names} | {"df": solution.slope("f")}
    for name in one.at:
        formula = gradient_formula(solution.graph, name)
        found, right = value_of(formula, names), solution.slope(name)
        assert shape_of(found) in (shape_of(right), (1, 1)) or "@" not in formula
        assert close(stretched(found, shape_of(right)), right, 1e-9, 1e-9), formula


def test_every_gate_of_one_number_is_lifted_entry_by_entry() -> None:
    for kind, gate in GATES.items():
        constant = 2.0 if gate.has_constant else None
        text = f"q = {gate.written(['A', 'B'][: gate.arity], constant)}; f = sum(q*C)"
        at: dict[str, object] = {"A": [[0.5, 1.2], [2.5, 0.7]], "C": [[1, -2], [0.5, 3]]}
        if gate.arity == 2:
            at["B"] = [[0.9, 1.6]]
        one = circuit(text, **at)
        assert is_entrywise(one.graph.node("q").gate), kind  # type: ignore[arg-type]
        check_unfolded(one)
        check_pulls(one.solve())


def test_random_graphs_agree_with_finite_differences_and_with_their_unfolded_circuits() -> None:
    rng = Random(20261126)
    for _ in range(times(25, 500)):
        circuit = random_array_circuit(rng, rng.randint(1, 7))
        check_unfolded(circuit)
        check_differences(circuit)
        check_pulls(circuit.solve())
        again = read_graph(written(circuit.graph), circuit.at, shapes={n: shape_of(a) for n, a in circuit.at.items()})
        assert written(again) == written(circuit.graph)


def test_the_published_numbers_of_the_product_of_a_matrix_and_a_vector() -> None:
    """CS231n, backpropagation, f = ‖W·x‖²: q = (0.22, 0.26), ∂f/∂q = (0.44, 0.52)."""
    solution = circuit("q = W @ x; f = sum(q^2)", W=[[0.1, 0.5], [-0.3, 0.8]], x=[0.2, 0.4]).solve()
    published = {"q": [[0.44], [0.52]], "W": [[0.088, 0.176], [0.104, 0.208]], "x": [[-0.112], [0.636]]}
    assert all(close(solution.slope(name), array, 1e-12, 1e-12) for name, array in published.items())
    assert solution.array("q") == [[pytest.approx(0.22)], [pytest.approx(0.26)]]
    assert solution.array("f") == [[pytest.approx(0.116)]]
    pulls = {branch.name: pull_of(solution.graph, branch) for branch in solution.graph.branches}
    assert pulls == {"W->q": "dq @ x.T", "x->q": "W.T @ dq", "q->g1": "dg1*2*q", "g1->f": "df"}


SHAPES_OF = {"W": (2, 3), "x": (3, 1), "b": (1, 2), "X": (2, 2), "r": (1, 3), "t": (1, 1)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("W @ b", "matmul: 2x3 @ 1x2 does not fit: the left one has 3 columns, but the right one has 1 row."),
        ("W @ b", "W.T @ b.T or b @ W would fit."),
        ("x @ W", "W @ x would fit"),
        ("W + x", "add: 2x3 and 3x1 do not fit entry by entry: only sizes of 1 stretch. W + x.T would fit."),
        ("W * x", "W * x.T or W @ x would fit."),
        ("conv(b, W)", "conv: a kernel of 2x3 does not fit into 1x2."),
        ("maxpool(W, 2)", "maxpool: blocks of 2x2 do not fill 2x3."),
        ("cross_entropy(W, b)", "scores and labels must have the same shape, not 2x3 and 1x2."),
        ("sum(W, axis=2)", "0 (down the columns) or 1 (along the rows), not 2."),
        ("softmax(W, 2, 3)", "write softmax(x), softmax(x, axis=0) or softmax(x, axis=1) instead."),
        ("maxpool(W)", "write maxpool(x, 2) instead."),
        ("outer(x, b)", "outer is not a gate. Write a @ b.T."),
        ("einsum(W, x)", "einsum is not a gate. Write a @ b."),
        ("sotfmax(x)", "Did you mean softmax?"),
        ("x > 0", "a graph cannot contain comparisons"),
        ("tan(x)", "Write sin(x)/cos(x)."),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_a_fault_that_says_what_would(line: str, said: str) -> None:
    with pytest.raises(Faults) as caught:
        read_graph(f"f = {line}", SHAPES_OF, shapes=SHAPES_OF)
    assert said in str(caught.value)


def test_a_fault_stands_at_its_place() -> None:
    with pytest.raises(Faults) as caught:
        read_graph("q = W @ x\nf = q + relu(r @ W)", SHAPES_OF, shapes=SHAPES_OF)
    assert str(caught.value).startswith("graph: line 2, column 14")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2 @ W", (2, 3)), ("W @ 2 * 3", (2, 3)), ("W * t", (2, 3)), ("W + r", (2, 3)), ("x.T + W", (2, 3)),
        ("sum(W)", (1, 1)), ("sum(W, 0)", (1, 3)), ("np.sum(W, axis = 1)", (2, 1)), ("torch.mean(W, dim=-1)", (2, 1)),
        ("(W @ x).T", (1, 2)), ("-W.T", (3, 2)), ("conv(W, r)", (2, 1)), ("maxpool(X, 2)", (1, 1)),
        ("softmax(x)", (3, 1)), ("cross_entropy(x, x)", (1, 1)), ("cross_entropy(W, W)", (2, 1)), ("x @ x.T", (3, 3)),
        ("W\n  @ x", (2, 1)), ("relu(W)^2", (2, 3)), ("e^W", (2, 3)), ("1/W", (2, 3)), ("max(0, W)", (2, 3)),
    ],
)  # fmt: skip
def test_shapes_are_inferred(text: str, shape: tuple[int, int]) -> None:
    graph = read_graph(f"f = {text}", SHAPES_OF, whole=False, shapes=SHAPES_OF)
    assert graph.shape("f") == shape


def test_letters_stand_for_sizes_and_are_numbers_later() -> None:
    shapes = {"X": ("N", "D"), "W": ("D", "C"), "b": (1, "C"), "Y": ("N", "C")}
    graph = read_graph("Z = X @ W + b; l = cross_entropy(Z, Y); f = mean(l)", shapes, shapes=shapes)
    assert [graph.shape(name) for name in ("Z", "l", "f")] == [("N", "C"), ("N", 1), (1, 1)]
    assert letters_of(graph) == ["N", "D", "C"]
    pulls = {branch.name: pull_of(graph, branch) for branch in graph.branches}
    assert (pulls["X->g1"], pulls["b->Z"], pulls["l->f"]) == ("dg1 @ W.T", "sum(dZ, axis=0)", "df/N")
    assert at_sizes(graph, {"N": 2, "D": 3, "C": 4}).shapes[0] == (2, 3)
    with pytest.raises(Faults, match="N x D @ N x C does not fit"):
        read_graph("f = sum(X @ Y)", {"X": ("N", "D"), "Y": ("N", "C")}, shapes={"X": ("N", "D"), "Y": ("N", "C")})


def test_too_many_entries_are_refused() -> None:
    shapes = {"a": (1000, 1), "b": (1, 1000)}
    with pytest.raises(Faults, match="more than 2,000 entries in all"):
        read_graph("f = a @ b", shapes, shapes=shapes)


def test_labels_that_do_not_add_up_are_named() -> None:
    from backprop_tutor.engine.passes import OutOfDomain

    with pytest.raises(OutOfDomain, match="labels in y that add up to 1 for each example, and scores in a less than"):
        circuit("f = sum(cross_entropy(a, y))", a=[[1, 2]], y=[[1, 1]]).solve()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[0.44 0.52; 1 2]", [["0.44", "0.52"], ["1", "2"]]),
        ("[[0.44, 0.52], [1, 2]]", [["0.44", "0.52"], ["1", "2"]]),
        ("0.44 0.52\n1 2", [["0.44", "0.52"], ["1", "2"]]), ("[1 -2]", [["1", "-2"]]), ("[1 - 2]", [["1 - 2"]]),
        ("[1 2 3]", [["1", "2", "3"]]), ("[1; 2; 3]", [["1"], ["2"], ["3"]]), ("[[1], [2]]", [["1"], ["2"]]),
        ("[[1 2] [3 4]]", [["1", "2"], ["3", "4"]]), ("[1, 2,; 3, 4]", [["1", "2"], ["3", "4"]]),
        ("[2*3 1/ 2; -4 (1 - 2)]", [["2*3", "1/ 2"], ["-4", "(1 - 2)"]]), ("5", [["5"]]),
        ("[[1, 2],\n [3, 4]]", [["1", "2"], ["3", "4"]]), ("[0.1 −0.3]", [["0.1", "−0.3"]]),
    ],
)  # fmt: skip
def test_arrays_are_read_as_people_write_them(text: str, rows: list[list[str]]) -> None:
    assert [[text[slice(*span)] for span in row] for row in entry_spans(text)] == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1 2; 3]", "row 2 has 1 entry, but row 1 has 2 entries."), ("[0,44 0,52]", "Write decimals with a point"),
        ("[1 2", "unmatched [."), ("1 2]", "unmatched ]."), ("[1 2] 3", "nothing may follow the last ] of an array."),
        ("[[[1]]]", "[ may only begin an array"), ("[]", "at least one entry"), ("[1,,2]", "between two commas"),
        ("[" + "1 " * 2001 + "]", "at most 2,000 are read"), ("[a[1]]", "[ may only begin an array"),
    ],
)  # fmt: skip
def test_arrays_that_cannot_be_read_say_why(text: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        entry_spans(text)
    assert said.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2x3", (2, 3)), ("2 × 3", (2, 3)), ("(2, 3)", (2, 3)), ("N x C", ("N", "C")), ("3", (3, 1)), ("1x1", (1, 1)),
        ("(3,)", (3, 1)), ("[2, 3]", (2, 3)), ("2 3", (2, 3)),
    ],
)  # fmt: skip
def test_shapes_are_read_as_people_write_them(text: str, shape: object) -> None:
    assert read_shape(text) == shape


@pytest.mark.parametrize("text", ["", "2x3x4", "2 + 3", "0x2", "99999x1", "[2 3", "x" * 10**5])
def test_what_is_no_shape_is_a_fault(text: str) -> None:
    with pytest.raises(Fault):
        read_shape(text)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("dq @ x.T", [[3, 4], [6, 8]]), ("2*dq", [[2], [4]]), ("W.T @ 2*dq", [[14], [20]]), ("dq*2@W", None),
        ("outer(dq, x)", [[3, 4], [6, 8]]), ("dot(dq, x)", [[11]]), ("(W > 2)*W", [[0, 0], [3, 4]]),
        ("W @ 2", [[2, 4], [6, 8]]),
        ("sum(W, axis=0)", [[4, 6]]), ("-W", [[-1, -2], [-3, -4]]), ("W^2", [[1, 4], [9, 16]]),
        ("max(W, 2)", [[2, 2], [3, 4]]),
    ],
)  # fmt: skip
def test_formulas_of_arrays_have_values(formula: str, value: object) -> None:
    names = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [[3.0], [4.0]], "dq": [[1.0], [2.0]]}
    steps = parse(tokens(formula, of_arrays=True), (0, len(formula)))
    if value is None:
        with pytest.raises(Fault, match="would fit"):
            evaluate(steps, names)  # type: ignore[arg-type]
    else:
        assert evaluate(steps, names) == value  # type: ignore[arg-type]


def test_what_rounding_leaves_of_a_sum_of_products_is_0() -> None:
    one = circuit("q = a @ b; f = sum(q*q)", a=[[0.1, 0.2, 0.3]], b=[[1], [1], [-1]])
    assert one.solve().array("q") == [[0.0]]
    rows = circuit("p = softmax(z); f = sum(p)", z=[[0.3, 1.1, -0.7]])
    assert rows.solve().slope("z") == [[0.0, 0.0, 0.0]]


def test_an_upstream_array_is_what_arrives_at_the_output() -> None:
    one = circuit("q = W @ x", W=[[1, 2], [3, 4]], x=[[1], [2]])
    solution = solve_arrays(one.graph, one.at, [[5.0], [7.0]])
    assert solution.slope("W") == [[5.0, 10.0], [7.0, 14.0]]


def test_a_wrong_rule_of_a_gate_that_fits_is_another_array() -> None:
    from backprop_tutor.engine.array_gates import wrong_pulls

    solution = EACH["matmul"].solve()
    node = solution.graph.node("q")
    assert node.gate is not None
    found = {wrong.id for wrong, _ in wrong_pulls(node.gate, 0, solution.at("q"), solution.slope("a"))}
    assert "transposed" in found
    assert isinstance(solution.at("q"), Inputs)


def test_every_function_of_formulas_is_known() -> None:
    assert value_of("sum(flip(a))", {"a": [[1.0, 2.0]]}) == [[3.0]]
    assert set(FUNCTIONS) > {"sum", "mean", "softmax", "outer", "dot"}


def test_arithmetic_of_one_number_loads_nothing_of_arrays() -> None:
    import subprocess
    import sys

    script = (
        "import sys; from backprop_tutor.engine.compile import read_graph;"
        "from backprop_tutor.engine.passes import solve;"
        "solve(read_graph('f = x*y', ['x', 'y']), [1.0, 2.0]);"
        "print([name for name in sys.modules if 'array' in name and name.startswith('backprop')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
