"""Formulas as answers: equality is decided at points of the domain, by our own evaluator, on this side of every
kink."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.tutor.classroom import one, shipped

EXERCISES = {exercise.id: exercise for exercise in shipped(("local", "symbolic", "backward"))}
RIGHT = [
    ("simple", "local", "q->f", "z"),
    ("simple", "local", "q->f", "-4"),
    ("simple", "local", "x->q", "1"),
    ("simple", "local", "z->f", "x + y"),
    ("simple", "local", "z->f", "q"),
    ("sigmoid", "local", "g7->f", "-1/g7**2"),
    ("sigmoid", "local", "g7->f", "-f^2"),
    ("sigmoid", "local", "g5->g6", "exp(g5)"),
    ("sigmoid", "local", "g5->g6", "g6"),
    ("sigmoid", "local", "g5->g6", "e^g5"),
    ("sigmoid", "local", "g7->f", "-0.53"),
    ("relu", "local", "x->f", "1"),
    ("simple", "symbolic", "x", "z"),
    ("simple", "symbolic", "z", "x + y"),
    ("simple", "symbolic", "z", "q"),
    ("sigmoid", "symbolic", "w0", "x0*f*(1 - f)"),
    ("sigmoid-gate", "symbolic", "w0", "x0*(1 - sigmoid(h))*sigmoid(h)"),
    ("relu", "symbolic", "w0", "x0"),
    ("forks", "symbolic", "x", "2*x*y + 2*x"),
    ("forks", "symbolic", "x", "2*x*(1 + y)"),
    ("forks", "symbolic", "z", "0"),
]
WRONG = [
    ("simple", "local", "q->f", "q"),
    ("simple", "local", "z->f", "z"),
    ("sigmoid", "local", "g7->f", "1/g7**2"),
    ("simple", "symbolic", "x", "-4"),
    ("simple", "symbolic", "x", "y - 9"),
    ("sigmoid", "symbolic", "w0", "f*(1 - f)"),
    ("relu", "symbolic", "w0", "w0"),
    ("forks", "symbolic", "x", "2*x*y"),
    ("simple", "local", "q->f", "4"),
    ("sigmoid", "symbolic", "w0", "x0*f*(1 - f)*1.001"),
]


@pytest.mark.parametrize(("exercise", "stage", "name", "text"), RIGHT)
def test_equal_formulas_are_right_however_they_are_written(exercise: str, stage: str, name: str, text: str) -> None:
    assert one(EXERCISES[exercise], stage, name, text).outcome is Outcome.RIGHT


@pytest.mark.parametrize(("exercise", "stage", "name", "text"), RIGHT)
def test_a_formula_is_of_the_output_whatever_the_loss_does_with_it(
    exercise: str, stage: str, name: str, text: str
) -> None:
    """`symbolic` asks ∂f/∂input, not ∂L/∂input: the given upstream is no part of it."""
    for upstream in (-3.0, 0.0):
        assert one(EXERCISES[exercise]._replace(upstream=upstream), stage, name, text).outcome is Outcome.RIGHT


@pytest.mark.parametrize(("exercise", "stage", "name", "text"), WRONG)
def test_other_formulas_are_wrong_even_where_the_number_agrees(exercise: str, stage: str, name: str, text: str) -> None:
    assert one(EXERCISES[exercise], stage, name, text).outcome is Outcome.WRONG


def test_a_mistake_in_a_formula_is_named_too() -> None:
    assert "reciprocal-missing-minus" in one(EXERCISES["sigmoid"], "local", "g7->f", "1/g7**2").diagnoses
    assert "swapped-inputs" in one(EXERCISES["simple"], "local", "q->f", "q").diagnoses


def test_sympy_writes_the_reference_and_never_decides() -> None:
    script = """
import sys
from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
given = {"local": {"w0->g1": "x0", "x0->g1": "x0"}, "symbolic": {"w0": "x0", "x0": "x0 + w0"}, "backward": {"w0": "7"}}
Checker(variant(find("relu"), None)).check(submission_of(given))
print("sympy" in sys.modules)
"""
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
