"""Every number that the lecture prints, as the engine computes it and as marking accepts it."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome

VALUES = {
    "simple": {"x": "-2", "y": "5", "z": "-4", "q": "3", "f": "-12"},
    "sigmoid": {
        "w0": "2.00", "x0": "-1.00", "w1": "-3.00", "x1": "-2.00", "w2": "-3.00", "g1": "-2.00", "g2": "6.00",
        "g3": "4.00",
        "g4": "1.00", "g5": "-1.00", "g6": "0.37", "g7": "1.37", "f": "0.73",
    },
    "sigmoid-gate": {"h": "1.00", "f": "0.73"},
    "relu": {"w0": "0.2", "w1": "0.7", "x0": "1.0", "x1": "-1.2", "b": "0.8"},
}  # fmt: skip
GRADIENTS = {
    "simple": {"f": "1", "q": "-4", "z": "3", "x": "-4", "y": "-4"},
    "sigmoid": {
        "f": "1.00", "g7": "-0.53", "g6": "-0.53", "g5": "-0.20", "g4": "0.20", "g3": "0.20", "w2": "0.20",
        "g1": "0.20",
        "g2": "0.20", "w0": "-0.20", "x0": "0.40", "w1": "-0.40", "x1": "-0.60",
    },
    "sigmoid-gate": {"h": "0.20", "w0": "-0.20", "x0": "0.40", "w1": "-0.40", "x1": "-0.60", "w2": "0.20"},
    "relu": {"f": "1.0", "x": "1.0", "b": "1.0", "w0": "1.0", "x0": "0.2", "w1": "-1.2", "x1": "0.7"},
}  # fmt: skip
EXACT = {
    "simple": {"x": -4.0, "y": -4.0, "z": 3.0, "q": -4.0},
    "relu": {"w0": 1.0, "x0": 0.2, "w1": -1.2, "x1": 0.7, "b": 1.0},
}
EACH = [(exercise, name, text) for exercise, answers in GRADIENTS.items() for name, text in answers.items()]


def marked(exercise: str, answers: dict[str, str]) -> dict[str, Outcome]:
    """What marking says about each of these gradients."""
    result = Checker(variant(find(exercise), None)).check(submission_of({"backward": answers}))
    return {verdict.target: verdict.outcome for verdict in result.verdicts if verdict.answer is not None}


@pytest.mark.parametrize(
    ("exercise", "name", "text"), [(e, n, t) for e, values in VALUES.items() for n, t in values.items()]
)
def test_values_round_to_the_printed_ones(exercise: str, name: str, text: str) -> None:
    decimals = len(text.partition(".")[2])
    assert round(variant(find(exercise), None).solution.value(name), decimals) == float(text)


@pytest.mark.parametrize(
    ("exercise", "name", "value"), [(e, n, v) for e, values in EXACT.items() for n, v in values.items()]
)
def test_gradients_that_the_lecture_computes_exactly(exercise: str, name: str, value: float) -> None:
    assert variant(find(exercise), None).solution.gradient(name) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("exercise", GRADIENTS)
def test_the_printed_gradients_are_right_together(exercise: str) -> None:
    assert marked(exercise, GRADIENTS[exercise]) == dict.fromkeys(GRADIENTS[exercise], Outcome.RIGHT)


@pytest.mark.parametrize(("exercise", "name", "text"), EACH)
def test_each_printed_gradient_is_right_alone(exercise: str, name: str, text: str) -> None:
    assert marked(exercise, {name: text}) == {name: Outcome.RIGHT}


def test_the_local_gradients_of_the_sigmoid_slides() -> None:
    flows = {flow.branch.name: flow for flow in variant(find("sigmoid"), None).solution.flows}
    assert flows["g7->f"].local == pytest.approx(-1 / 1.37**2, abs=0.005)
    assert flows["g5->g6"].downstream == pytest.approx(-0.20, abs=0.005)
    assert (flows["w0->g1"].upstream * -1.0, flows["x0->g1"].upstream * 2.0) == pytest.approx((-0.20, 0.40), abs=0.01)


def test_one_sigmoid_gate_gives_what_four_gates_give() -> None:
    four, one = (variant(find(id_), None).solution for id_ in ("sigmoid", "sigmoid-gate"))
    for name in ("w0", "x0", "w1", "x1", "w2"):
        assert one.gradient(name) == pytest.approx(four.gradient(name), rel=1e-12)


def test_the_patterns_exercise_shows_the_lectures_three_gates() -> None:
    kinds = {node.gate.name for node in variant(find("patterns"), None).graph.nodes if node.gate}
    assert {"add", "max", "mul"} <= kinds
