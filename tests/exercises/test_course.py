"""Every built-in exercise is verified, has a source and a level, is varied and drawn; and together they cover what is
taught."""

from __future__ import annotations

import pytest
import sympy

from backprop_tutor.authoring.ambiguity import MINOR, RIGHT, alike
from backprop_tutor.course.catalogue import Entry, built_in, catalogue, entries
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.index import INDEX
from backprop_tutor.course.load import load
from backprop_tutor.course.variants import drawn_values, has_ranges, variant, why_unusable
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.drawing.terminal import circuit_drawing
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import forward
from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.drawing.netlist import width_of
from tests.engine.test_passes import as_formula
from tests.full import times
from tests.shipped import OF_ARRAYS
from tests.tutor.classroom import check
from tests.tutor.paper import worked

BUILT_IN: dict[str, Entry] = {id_: entry for id_, entry in entries()[0].items() if entry.origin == "built in"}
BUILT_IN = {id_: entry for id_, entry in BUILT_IN.items() if id_ not in OF_ARRAYS}  # which have tests of their own
EXERCISES = {id_: load(entry.path) for id_, entry in BUILT_IN.items()}
OF_THE_LECTURE = {"simple", "patterns", "forks", "relu", "sigmoid", "sigmoid-gate"}
"""Exercises with the lecture's numbers, whatever these tell apart."""
OF_CIRCUITS = sorted(id_ for id_, exercise in EXERCISES.items() if not {"delta", "update"} & set(exercise.stages))
"""Those that ask about circuits alone. The network exercises are worked by the lecture's formulas in tests of their
own."""
LEAST_USABLE = 50

each = pytest.mark.parametrize("id_", sorted(BUILT_IN))
each_circuit = pytest.mark.parametrize("id_", OF_CIRCUITS)


def own(id_: str) -> Exercise:
    """The exercise at the author's own numbers."""
    exercise = variant(EXERCISES[id_], None)
    assert exercise.seed is None, f"{id_} has an input without a number of its own"
    return exercise


def drawn(id_: str, bounded: int, full: int) -> list[Exercise]:
    """The exercise at its own numbers, and at those of some seeds."""
    return [own(id_), *(variant(EXERCISES[id_], seed) for seed in range(1, 1 + times(bounded, full)))]


def test_there_are_enough_of_them() -> None:
    assert len(BUILT_IN) >= 24


@each
def test_a_statement_stands_in_80_columns_as_it_is_written(id_: str) -> None:
    assert all(len(line) <= 78 for line in EXERCISES[id_].statement.split("\n"))


@each
def test_it_says_what_it_is_where_it_is_from_and_how_hard_it_is(id_: str) -> None:
    exercise = EXERCISES[id_]
    assert exercise.source
    assert exercise.level
    assert exercise.tags
    assert len(exercise.title) <= 60
    assert BUILT_IN[id_].path.parent.parent == built_in(), "it stands in the folder of a chapter"


@each
def test_its_own_numbers_are_usable_and_so_are_enough_first_draws(id_: str) -> None:
    assert id_ not in OF_CIRCUITS or why_unusable(own(id_)) is None  # a textbook's training step may be tiny
    assert has_ranges(EXERCISES[id_])
    assert sum(why_unusable(drawn_values(EXERCISES[id_], seed, 0)) is None for seed in range(1, 201)) >= LEAST_USABLE


@pytest.mark.parametrize("id_", sorted(BUILT_IN)[:: times(2, 1)])  # and of random circuits it does in tests/engine
def test_the_engine_finds_what_sympy_finds(id_: str) -> None:
    exercise = own(id_)
    formula = as_formula(exercise.graph)
    symbols = [sympy.Symbol(name, real=True) for name in exercise.graph.input_names]
    slopes = sympy.lambdify(symbols, [sympy.diff(formula, symbol) for symbol in symbols], ["math", "sympy"])
    for at in drawn(id_, 1, 20):
        found = slopes(*(at.values[symbol.name] for symbol in symbols))
        for symbol, slope in zip(symbols, found, strict=True):
            assert at.solution.gradient(symbol.name) == pytest.approx(at.upstream * float(slope), rel=1e-9, abs=1e-9)


@each
def test_the_engine_finds_what_finite_differences_find(id_: str) -> None:
    for exercise in drawn(id_, 3, 50):
        for name in exercise.graph.input_names:
            up, down = (
                at_output(exercise.graph, {**exercise.values, name: exercise.values[name] + step})
                for step in (1e-6, -1e-6)
            )
            size = exercise.solution.largest
            assert exercise.upstream * (up - down) / 2e-6 == pytest.approx(
                exercise.solution.gradient(name), rel=1e-5, abs=1e-7 * size
            )


def at_output(graph: Graph, values: dict[str, float]) -> float:
    return forward(graph, values)[graph.output]


@each_circuit
def test_its_own_solution_gets_full_marks(id_: str) -> None:
    for exercise in drawn(id_, 1, 20):
        result = check(exercise, **own_answers(exercise))
        assert result.score == result.max_score, [
            verdict for verdict in result.verdicts if verdict.outcome is not Outcome.RIGHT
        ]


def own_answers(exercise: Exercise) -> dict[str, dict[str, str] | str]:
    """The answers to every question, worked out on paper from the textbook's rules; formulas by SymPy."""
    paper, graph = worked(exercise), exercise.graph
    found: dict[str, dict[str, str] | str] = {
        "graph": "\n".join(f"{node.name} = {node.written}" for node in graph.nodes if node.gate is not None),
        "forward": {name: repr(paper.values[name]) for name in graph.gate_names},
        "local": {name: repr(number) for name, number in paper.local.items()},
        "backward": {name: repr(number) for name, number in paper.answers(exercise).items()},
    }
    if "symbolic" in exercise.stages:
        formula = as_formula(graph)
        found["symbolic"] = {
            name: str(sympy.diff(formula, sympy.Symbol(name, real=True))) for name in graph.input_names
        }
    return {stage: found[stage] for stage in exercise.stages}


@each_circuit
def test_no_mistake_is_right_by_accident_nor_taken_for_another(id_: str) -> None:
    if id_ in OF_THE_LECTURE:
        pytest.skip("its numbers are the lecture's")
    found = [(one, other) for _, one, other in alike(own(id_)) if not MINOR & {one, other}]
    assert [one for one, _ in found if one == RIGHT] == []
    assert found == []


@each_circuit
def test_it_is_drawn_as_a_circuit_of_80_columns(id_: str) -> None:
    grid = circuit_drawing(complete_picture(own(id_).solution), 80)
    assert grid is not None
    assert width_of(grid) <= 80


def test_they_are_a_path_from_easy_to_hard() -> None:
    path = [exercise for exercise in catalogue() if exercise.id in BUILT_IN]
    levels = [exercise.level or 0 for exercise in path]
    assert levels == sorted(levels)
    assert set(levels) == {1, 2, 3, 4, 5}
    assert len(path[0].graph.gate_names) == 1


@pytest.mark.parametrize("gate", ["relu", "leaky_relu", "sigmoid", "tanh", "softplus"])
def test_each_activation_stands_alone_and_in_a_neuron(gate: str) -> None:
    having = [exercise for exercise in EXERCISES.values() if gate in kinds(exercise)]
    assert any(len(exercise.graph.gate_names) <= 2 and "mul" not in kinds(exercise) for exercise in having)
    assert any({"mul", "add"} <= kinds(exercise) and "neuron" in exercise.tags for exercise in having)


@pytest.mark.parametrize(
    "id_",
    [
        "squared-error",
        "hinge",
        "logistic-loss",
        "softmax",
        "l2",
        "residual",
        "lstm-input",
        "batch-variance",
        "batch-norm",
    ],
)
def test_what_a_course_needs_is_there(id_: str) -> None:
    assert id_ in BUILT_IN


def kinds(exercise: Exercise) -> set[str]:
    return {gate.name for gate in exercise.graph.gates if gate is not None}


def test_each_chapter_has_exercises_and_nothing_else_but_them() -> None:
    folder = built_in()
    chapters = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert chapters == ["1-gates", "2-chains-and-forks", "3-neurons", "4-losses", "5-networks", "6-arrays"]
    for chapter in chapters:
        files = list((folder / chapter).iterdir())
        assert files
        assert all(path.suffix == ".yaml" for path in files)
    beside = {"README.md", "teachers.md", "mistakes.md", "relu.ipynb", INDEX, "exercise.schema.json"}
    assert {path.name for path in folder.iterdir() if path.is_file()} == beside


def test_batch_normalisation_is_the_papers() -> None:
    """The variance of two numbers is the squared distance of one of them from the mean, so the shortcut is exact."""
    x1, x2, gamma, beta = sympy.symbols("x1 x2 gamma beta", real=True)
    mean = (x1 + x2) / 2
    variance = ((x1 - mean) ** 2 + (x2 - mean) ** 2) / 2
    paper = gamma * (x1 - mean) / sympy.sqrt(variance + sympy.Rational(1, 2)) + beta
    ours = as_formula(EXERCISES["batch-norm"].graph)
    at = {x1: 3, x2: sympy.Rational(1, 2), gamma: 2, beta: sympy.Rational(-1, 2)}
    assert float(sympy.diff(paper, x1).subs(at)) == pytest.approx(float(sympy.diff(ours, x1).subs(at)))
    assert float(paper.subs(at)) == pytest.approx(float(ours.subs(at)))


def test_softmax_and_logistic_loss_come_out_as_p_minus_one() -> None:
    for id_, score in (("softmax", "z0"), ("logistic-loss", "z")):
        exercise = own(id_)
        probability = exercise.solution.value("p")
        assert exercise.solution.gradient(score) == pytest.approx(exercise.upstream * (probability - 1))


def test_what_is_said_of_the_mean_of_a_batch_is_so() -> None:
    for exercise in drawn("batch-variance", 5, 50):
        assert exercise.solution.gradient("m") == pytest.approx(0, abs=1e-12)
