"""A gate is one row of a table: a new row works everywhere at once."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from backprop_tutor.authoring.circuits import Recipe, generate
from backprop_tutor.authoring.proofs import doubts
from backprop_tutor.authoring.validate import report_on
from backprop_tutor.course.variants import on_kinks
from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.symbolic import gradient_formulas
from backprop_tutor.engine.training import Task
from tests.cli.running import tutor
from tests.engine.test_training import the_same_either_way

ROWS = (
    Gate(
        "swish", "x*sigmoid(x)", ("sigmoid(x)*(1 + x*(1 - sigmoid(x)))",), "swish(x)",
        "a relu with a round corner: upstream times σ(x)·(1 + x·(1 - σ(x)))",
    ),
    Gate(
        "elu", "x if x > 0 else exp(x) - 1", ("1 if x > 0 else exp(x)",), "elu(x)",
        "where x is positive the gradient passes unchanged, elsewhere exp(x) of it", kinks=("x",),
    ),
    Gate("atan", "atan(x)", ("1/(1 + x**2)",), "atan(x)", "the upstream gradient over 1 + x²", also=("arctan",)),
    Gate("erf", "erf(x)", ("2*exp(-x**2)/sqrt(pi)",), "erf(x)", "the upstream gradient times 2·exp(-x²)/√π"),
    Gate(
        "hard_tanh", "max(-1.0, min(1.0, x))", ("1 if -1 < x < 1 else 0",), "hard_tanh(x)",
        "between -1 and 1 the gradient passes unchanged, elsewhere it stops", kinks=("x + 1", "x - 1"),
    ),
    Gate(
        "selu", "1.05*x if x > 0 else 1.75*(exp(x) - 1)", ("1.05 if x > 0 else 1.75*exp(x)",), "selu(x)",
        "an elu that is steeper, so that its slope jumps at 0", kinks=("x",),
    ),
    Gate(
        "atan2", "atan2(a, b)", ("b/(a**2 + b**2)", "-a/(a**2 + b**2)"), "atan2(a, b)",
        "each input gets the upstream gradient times the other input over a² + b², the second with a minus",
    ),
)  # fmt: skip
VALUES = {
    "swish": lambda x: x / (1 + math.exp(-x)), "elu": lambda x: x if x > 0 else math.expm1(x),
    "atan": math.atan, "erf": math.erf, "hard_tanh": lambda x: min(max(x, -1), 1),
    "selu": lambda x: 1.05 * x if x > 0 else 1.75 * math.expm1(x), "atan2": math.atan2,
}  # fmt: skip
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture(autouse=True)
def _in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in ROWS:
        monkeypatch.setitem(GATES, row.name, row)


def call(row: Gate) -> str:
    return f"{row.name}({', '.join(('x', 'y')[: row.arity])})"


def exercise(folder: Path, row: Gate, at: float) -> str:
    stages = "[graph, forward, local, backward, symbolic, update]"
    text = f"title: T\ngraph: |\n  g = {call(row)}\n  h = g*w\n  f = h + y\ninputs: {{x: {at}, y: 0.3, w: -1.3}}\n"
    path = folder / "mine.yaml"
    path.write_text(f"{text}stages: {stages}\nupdate: {{rate: 0.1, nodes: [w]}}\nupstream: 1.7\n", encoding="utf-8")
    return str(path)


@EACH
@pytest.mark.parametrize("at", [-1.6, -0.4, 0.7, 1.9])
def test_it_is_read_computed_and_differentiated_and_its_formulas_are_its_gradients(row: Gate, at: float) -> None:
    graph = read_graph(f"f = {call(row)}*y", ["x", "y"])
    solution = solve(graph, [at, 0.3])
    assert solution.values[2] == pytest.approx(VALUES[row.name](*[at, 0.3][: row.arity]), rel=1e-12)
    assert not list(doubts(solution))
    assert read_graph(written(graph), ["x", "y"]).nodes == graph.nodes
    formulas = gradient_formulas(graph, solution.values)
    for name, formula in formulas.items():
        value = evaluate(
            parse(tokens(formula), (0, len(formula))), dict(zip(graph.names, solution.values, strict=True))
        )
        assert value == pytest.approx(solution.gradient(name), rel=1e-9)
    assert set(formulas) == {"x", "y"}


@EACH
def test_it_is_explained_validated_drawn_and_marked(row: Gate, tmp_path: Path) -> None:
    for at in (-1.6, 0.7):
        path = exercise(tmp_path, row, at)
        found = report_on(Path(path))
        assert not found.errors  # finite differences agree, and its own solution gets full marks in every stage
        assert found.proved
        explained = tutor("explain", path, "--all")
        assert (explained.status, explained.err) == (0, "")
        assert row.name in explained.out
        assert "too long to read" not in explained.out
    picture = tmp_path / "mine.svg"
    assert tutor("draw", path, "-o", str(picture)).status == 0
    texts = "".join(ElementTree.parse(picture).getroot().itertext())  # noqa: S314  our own text
    assert row.name in texts
    assert row.pattern.split(":")[0].casefold() in " ".join(tutor("patterns", row.name).out.split()).casefold()
    practised = tutor("practice", path, stdin="hint\nhint\nhint\nhint\n1\n1\n1\n")
    assert practised.status == 1
    assert "should not happen" not in practised.out + practised.err


@EACH
def test_it_is_trained_as_the_passes_have_it(row: Gate) -> None:
    graph = read_graph(f"f = {call(row)}*y + x", ["x", "y"])
    for at in (-1.6, -0.4, 0.7, 1.9):
        the_same_either_way(Task(graph, (), ("x", "y"), [{}, {}], 0.01), {"x": at, "y": 0.3})


@EACH
def test_random_circuits_are_made_of_it(row: Gate) -> None:
    made = generate(Recipe(("add", "mul", row.name), (4, 4)), 1)
    assert row in made.graph.gates


@pytest.mark.parametrize(("at", "gates"), [(-1.0, ["g"]), (1.0, ["g"]), (0.0, []), (1.5, [])])
def test_every_kink_of_a_row_counts(at: float, gates: list[str]) -> None:
    graph = read_graph("g = hard_tanh(x); f = g*y", ["x", "y"])
    assert on_kinks(solve(graph, [at, 2.0])) == gates


def test_a_function_of_two_inputs_takes_a_constant_for_either() -> None:
    for text, value in (("f = atan2(3, x)", math.atan2(3, 0.5)), ("f = atan2(x, 3)", math.atan2(0.5, 3))):
        graph = read_graph(text, ["x"])
        assert written(graph) == text
        assert solve(graph, [0.5]).value("f") == value
        assert not list(doubts(solve(graph, [0.5])))


def test_its_other_words_are_understood_where_a_gate_is_unknown() -> None:
    with pytest.raises(Exception, match=r"arctan is not a gate. Did you mean atan\?"):
        read_graph("f = arctan(x)", ["x"])


def test_a_rule_that_calls_what_nobody_knows_says_so() -> None:
    row = Gate("zeta", "zeta(x)", ("1",), "zeta(x)", "")
    with pytest.raises(ValueError, match=r"calls zeta, which is neither"):
        _ = row.compute
