"""Exercises of arrays as they are written: shapes and numbers, letters, variants entry by entry, and their faults."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import ad_hoc
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import drawn_values, pick, variant, why_unusable
from backprop_tutor.engine.array_passes import ArraySolution
from backprop_tutor.engine.arrays import entries, shape_of
from backprop_tutor.errors import Faults
from tests.cli.running import tutor

NET = """\
title: One softmax layer, a batch of two
graph: |
  Z = X @ W + b
  l = cross_entropy(Z, Y)
  L = mean(l)
inputs:
  X: [[1, -2], [0.5, 1.5]]
  W: {shape: 2x3, value: [[0.2, -0.5, 0.3], [0.4, 0.1, -0.6]], from: -1, to: 1, step: 0.1}
  b: {shape: 1x3, value: [0.1, 0.2, -0.1], choose: [0.1, 0.2, -0.1, 0.3]}
  Y: [[1, 0, 0], [0, 0, 1]]
given: [X, Y]
stages: [shape, forward, backward]
"""
LETTERS = """\
title: A layer
graph: "Z = X @ W + b; l = cross_entropy(Z, Y); J = mean(l)"
inputs: {X: N x D, W: D x C, b: 1 x C, Y: N x C}
stages: [shape, formula]
"""


def solved(exercise: Exercise) -> ArraySolution:
    solution = exercise.solution
    assert isinstance(solution, ArraySolution)
    return solution


def test_arrays_are_read_row_by_row_and_solved() -> None:
    exercise = variant(read_exercise(NET, "net"), None)
    assert exercise.arrays["b"] == [[0.1, 0.2, -0.1]]
    assert exercise.values["W[2,3]"] == -0.6
    assert shape_of(solved(exercise).slope("W")) == (2, 3)


def test_a_variant_draws_each_entry_by_its_own_text() -> None:
    exercise = drawn_values(read_exercise(NET, "net"), 7, 0)
    options = exercise.choices["W[2,1]"].options
    assert exercise.arrays["W"][1][0] == options[pick("net:7:0:W[2,1]", len(options))]
    assert exercise.arrays["X"] == [[1, -2], [0.5, 1.5]]


def test_a_usable_variant_has_no_entry_that_is_written_as_0() -> None:
    exercise = read_exercise(NET, "net")
    for seed in range(1, 20):
        solution = solved(variant(exercise, seed))
        asked = [*entries(solution.slope("W")), *entries(solution.array("Z"))]
        assert all(entry == 0 or abs(entry) >= 0.005 for entry in asked)
    small = ad_hoc("f = 0.001*sum(W)", ["W=[1 2]"])
    assert "an entry of W is 0.001, which is too small to ask for." in str(why_unusable(small))


def test_a_kink_or_a_tie_cannot_be_asked() -> None:
    relu = ad_hoc("f = sum(relu(W))", ["W=[1 0]"])
    pool = ad_hoc("f = sum(maxpool(W, 2))", ["W=[1 3; 3 2]"])
    assert "has an entry on a kink" in str(why_unusable(relu))
    assert "has an entry on a kink" in str(why_unusable(pool))


def test_letters_stand_for_sizes_and_there_are_no_numbers() -> None:
    exercise = variant(read_exercise(LETTERS, "layer"), None)
    assert not exercise.has_numbers
    assert exercise.graph.shape("Z") == ("N", "C")
    assert shape_of(solved(exercise).slope("W")) == (3, 4)


FAULTS = {
    "X: [[1, 2], [3]]": "X: row 2 has 1 entry, but row 1 has 2 entries.",
    "X: {shape: 2x2, value: [[1]], from: 0, to: 1}": "X: value is 1x1, but shape says 2x2.",
    "X: {shape: N x D, from: 0, to: 1}": "letters stand for any size, so no numbers are drawn for them.",
    "X: 2x2": "without numbers, only the stages shape and formula can be asked.",
    "X: N x f\nstages: [shape]": "f is a node, so it cannot also be a size.",
    "X: N x D\n  Y: 3\nstages: [shape]": "Y has numbers, but X has none.",
    "X: [[1, a]]": "inputs.X must be an array, row by row",
    "X: [[1, 2]]\nupstream: [[1]]": "upstream is 1x1, but the output is 1x2.",
    "X: [[1, 2]]\nupstream: [[1], [2, 3]]": "upstream: row 2 has 2 entries, but row 1 has 1 entry.",
    "X: [[1, 2]]\nstages: [symbolic]": "the stage symbolic is only for circuits of numbers.",
    "X: 3\nstages: [shape]": "the stage shape is only for circuits of arrays.",
    "X: 3\nupstream: [[1]]": "upstream must be a number, because the output is one.",
    "X: [[1, 2]]\nneurons: {f: f}": "neurons is for exercises of numbers.",
    "X: {shape: 3000x1, from: 0, to: 1}": "the arrays have more than 2,000 entries in all",
}


@pytest.mark.parametrize("lines", FAULTS)
def test_a_fault_of_an_array_says_what_and_where(lines: str) -> None:
    used = "f = 2*X + Y" if "Y:" in lines else "f = 2*X"
    with pytest.raises(Faults) as caught:
        read_exercise(f"title: T\ngraph: {used}\ninputs:\n  {lines}\n", "bad")
    assert FAULTS[lines] in str(caught.value)


def test_shapes_that_do_not_fit_are_a_fault_at_their_place_in_the_file() -> None:
    with pytest.raises(Faults, match=r"line 3, column 7: matmul: 2x3 @ 2x2 does not fit.*W.T @ X") as caught:
        read_exercise(NET.replace("X @ W + b", "W @ X + b"), "net")
    assert len(caught.value.faults) == 1


def test_new_writes_a_file_of_arrays_that_is_read_back(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "mine.yaml"
    at = ["--at", "W=[0.1 0.5; -0.3 0.8]", "--at", "x=[0.2; 0.4]"]
    done = tutor("new", str(file), "--graph", "q = W @ x; f = sum(q^2)", *at)
    assert done.status == 0, done
    assert "  W: [[0.1, 0.5], [-0.3, 0.8]]\n" in file.read_text()
    assert variant(read_exercise(file.read_text(), "mine"), None).arrays["x"] == [[0.2], [0.4]]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (["W=[1 2; 3]"], "row 2 has 1 entry, but row 1 has 2 entries."), (["W=[1 a]"], "a is not a number"),
        ([], "some inputs of the graph have no number yet: W, x."),
        (["W=[[1, 2]]", "x=[1 2 3]"], "matmul: 1x2 @ 3x1 does not fit"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_array_on_the_command_line_is_said(at: list[str], said: str) -> None:
    given = [part for one in at for part in ("--at", one)]
    done = tutor("draw", "--graph", "q = W @ x", *given)
    assert done.status == 2
    assert said in done.err
