"""The course's exercises of arrays have a source and a level, are varied, verified, and drawn in 80 columns; and they
have the published numbers."""

from __future__ import annotations

import re

import pytest

from backprop_tutor.authoring.validate import report_on
from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.engine.array_passes import ArraySolution
from backprop_tutor.engine.arrays import entries
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.unfolding import unfolded
from backprop_tutor.text import columns
from backprop_tutor.tutor.array_derivation import backward_steps
from tests.cli.running import tutor
from tests.full import times
from tests.shipped import OF_ARRAYS

each = pytest.mark.parametrize("id_", OF_ARRAYS)


def own(id_: str) -> tuple[Exercise, ArraySolution]:
    exercise = variant(find(id_), None)
    solution = exercise.solution
    assert isinstance(solution, ArraySolution)
    return exercise, solution


def test_there_are_as_many_as_a_course_needs() -> None:
    assert len(OF_ARRAYS) >= 14
    kinds = {node.gate.name for id_ in OF_ARRAYS for node in own(id_)[1].graph.nodes if node.gate is not None}
    assert kinds >= {
        "matmul",
        "transpose",
        "sum",
        "mean",
        "softmax",
        "cross_entropy",
        "conv",
        "maxpool",
        "relu",
        "tanh",
    }


@each
def test_it_says_what_it_is_where_it_is_from_and_how_hard_it_is(id_: str) -> None:
    exercise, _ = own(id_)
    assert exercise.source
    assert exercise.level
    assert "array" in exercise.tags
    assert len(exercise.title) <= 60
    assert exercise.statement
    assert has_ranges(exercise) or not exercise.has_numbers
    assert all(len(line) <= 78 for line in exercise.statement.split("\n"))


@pytest.mark.parametrize("id_", OF_ARRAYS[:: times(3, 1)])
def test_its_lesson_never_calls_a_number_equal_to_an_array(id_: str) -> None:
    lines = [line for step in backward_steps(own(id_)[1], "L") for line in step.paragraphs]
    assert lines
    assert not [line for line in lines if re.search(r"= *[-0-9./*]+ = \[", line)]


@pytest.mark.parametrize("id_", OF_ARRAYS[:: times(6, 1)])
def test_it_is_proved_without_a_doubt(id_: str) -> None:
    report = report_on(paths()[id_])
    assert (report.errors, report.warnings) == ((), ())


@each
def test_it_agrees_with_its_unfolded_circuit(id_: str) -> None:
    exercise, solution = own(id_)
    if not exercise.has_numbers:
        return
    behind = unfolded(solution)
    numbers = solve(behind.graph, behind.inputs)
    for name in exercise.graph.input_names:
        found = [numbers.gradients[node] for row in behind.nodes[name] for node in row]
        assert found == pytest.approx(entries(solution.slope(name)), rel=1e-9, abs=1e-9)


@each
def test_its_lesson_and_its_drawing_fit_80_columns(id_: str) -> None:
    for arguments in (["explain", id_, "--all"], ["draw", id_]):
        done = tutor(*arguments)
        assert (done.status, done.err) == (0, "")
        assert max(map(columns, done.out.split("\n"))) <= 80


def test_the_numbers_of_the_lecture_are_those_that_it_printed() -> None:
    _, solution = own("matrix-vector")
    assert entries(solution.array("q")) == pytest.approx([0.22, 0.26])
    assert entries(solution.slope("q")) == pytest.approx([0.44, 0.52])
    assert entries(solution.slope("W")) == pytest.approx([0.088, 0.176, 0.104, 0.208])
    assert entries(solution.slope("x")) == pytest.approx([-0.112, 0.636])


def test_a_shared_weight_and_a_shared_kernel_are_forks() -> None:
    for id_, name in (("shared-weight", "w"), ("conv-1d", "k"), ("batch-bias", "b")):
        exercise, solution = own(id_)
        behind = unfolded(solution)
        forks = {fork.partition("_")[0] for fork in behind.graph.forks}
        assert name in forks, exercise.id
