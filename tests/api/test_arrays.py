"""Arrays from Python: lists of rows and NumPy's arrays as answers, and what an exercise gives of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop_tutor as bt

W, X, Q = [[0.088, 0.176], [0.104, 0.208]], [-0.112, 0.636], [[0.44], [0.52]]
TYPES = {
    "lists": lambda rows: rows,
    "tuples": lambda rows: tuple(map(tuple, rows)) if isinstance(rows[0], list) else tuple(rows),
    "float64": np.array, "float32": lambda rows: np.array(rows, dtype=np.float32), "column-major": np.asfortranarray,
    "NumPy's floats": lambda rows: [[np.float64(one) for one in row] if isinstance(row, list) else np.float32(row)
                                    for row in rows],
}  # fmt: skip


@pytest.fixture
def exercise() -> bt.Exercise:
    return bt.load("matrix-vector")


@pytest.mark.parametrize("kind", TYPES)
def test_arrays_are_marked_as_programs_hold_them(exercise: bt.Exercise, kind: str) -> None:
    made: Any = TYPES[kind]
    mark = exercise.mark({"backward": {"W": made(W), "x": made(X), "q": made(Q)}, "forward": {"q": made([0.22, 0.26])}})
    assert mark.score == 4
    shape = exercise.mark({"shape": {"q": (2, 1), "f": np.zeros((1, 1)).shape}})
    assert shape.score == 2


def test_what_an_exercise_gives_is_right_when_it_is_handed_in(exercise: bt.Exercise) -> None:
    for id_ in ("matrix-vector", "attention", "conv-2d", "softmax-loss", "unrolled-net"):
        exercise = bt.load(id_)
        asked: dict[str, dict[str, object]] = {}
        for question in exercise.questions:
            if question.stage in ("forward", "backward"):
                known = exercise.values if question.stage == "forward" else exercise.gradients
                array = known.get(question.name)
                if array is None:
                    array = exercise.branches[question.name].downstream
                asked.setdefault(question.stage, {})[question.name] = np.array(array)
        mark = exercise.mark(asked)
        assert mark.score == sum(map(len, asked.values()))
        assert question.mark(np.array(array)).outcome == "right"


def test_values_gradients_and_branches_are_rows_that_numpy_takes(exercise: bt.Exercise) -> None:
    w, x = (np.array(exercise.inputs[name]) for name in ("W", "x"))
    assert exercise.values["q"] == pytest.approx(w @ x)
    branch = exercise.branches["W->q"]
    assert branch.pull == "dq @ x.T"
    assert branch.downstream == pytest.approx(np.array(branch.upstream) @ x.T)
    assert exercise.gradients["x"] == pytest.approx(w.T @ np.array(exercise.gradients["q"]))
    assert branch.local is None
    assert exercise.branches["q->g1"].local == pytest.approx(2 * (w @ x))
    assert bt.load("layer-by-letters").values == bt.load("layer-by-letters").branches == {}


def test_a_wrong_array_is_named_and_marked_entry_by_entry(exercise: bt.Exercise) -> None:
    (wrong,) = [one for one in exercise.mark({"W": np.array(W).T}).verdicts if one.outcome == "wrong"]
    assert wrong.mistakes[:1] == ("transposed",)
    (row,) = [one for one in exercise.mark({"W": np.array(W).T}).to_dict()["verdicts"] if one["target"] == "W"
              and one["stage"] == "backward"]  # fmt: skip
    assert row["entries"] == [["right", "wrong"], ["wrong", "right"]]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (np.array([[np.nan, 1], [1, 2]]), "nan"), ([[1, 2], [3]], "row 2 has 1 entry"), ([[True, 1], [1, 1]], "true"),
        (np.array([["a", "b"], ["c", "d"]]), "a is not a number"), (np.ones((100, 100)), "too long"), ([], "one entry"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(exercise: bt.Exercise, answer: object, said: str) -> None:
    (verdict,) = [one for one in exercise.mark({"W": answer}).verdicts if one.outcome == "unreadable"]
    assert said in verdict.message


def test_more_than_two_dimensions_and_several_numbers_for_one_raise(exercise: bt.Exercise) -> None:
    with pytest.raises(TypeError, match=r"the shape \(2, 2, 2\): rows and columns belong here"):
        exercise.mark({"W": np.zeros((2, 2, 2))})
    with pytest.raises(TypeError, match=r"the shape \(2,\): one number belongs here"):
        bt.load("relu").mark({"w0": np.array([1.0, 2.0])})
