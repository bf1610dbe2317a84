"""A traced function is an exercise like any other."""

from __future__ import annotations

import pickle

import pytest

import backprop_tutor as bt
from tests.traced import EXAMPLES, Example, neuron, simple


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))
def test_its_own_gradients_get_full_marks(example: Example) -> None:
    exercise = bt.trace(example.f, **example.at)
    assert exercise.inputs == example.at
    known = {name: flow.downstream for name, flow in exercise.branches.items()} | exercise.gradients
    assert exercise.mark({question.name: known[question.name] for question in exercise.questions}).is_right
    assert exercise.draw("blank").svg.startswith("<svg ")


def test_it_is_kept_as_its_text_and_not_as_the_function() -> None:
    exercise = bt.trace(lambda x: x * 3, x=2)
    again = pickle.loads(pickle.dumps(exercise))  # noqa: S301  our own
    assert (again.graph, again.inputs, again.mark({"x": 3}).is_right) == ("f = x * 3", {"x": 2}, True)


def test_wrong_answers_have_their_reasons() -> None:
    exercise = bt.trace(simple, x=-2, y=5, z=-4)
    assert repr(exercise) == "<Exercise simple: simple(x, y, z), 4 questions>"
    (verdict,) = [one for one in exercise.mark({"x": 4}).verdicts if one.answer]
    assert verdict.mistakes == ("sign-flipped",)
    assert bt.trace(neuron, w0=1, x0=2, w1=3, x1=4, b=5).questions[0].text.startswith("∂L/∂neuron = 1.00 arrives")


def test_what_is_no_circuit_is_a_tutors_error() -> None:
    with pytest.raises(bt.TutorError, match="a circuit cannot contain a condition"):
        bt.trace(lambda x: x if x > 0 else 0, x=1)
