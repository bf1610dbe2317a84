"""Collisions: those due to the numbers are reported, those due to a gate's rule are not."""

from __future__ import annotations

from backprop_tutor.authoring.ambiguity import RIGHT, alike, collisions
from backprop_tutor.course.catalogue import ad_hoc
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.stages import questions
from tests.tutor.classroom import of as of_course

OF_A_RULE: list[tuple[str, dict[str, float]]] = [
    ("f = x + y", {"x": 7, "y": -5}),
    ("f = max(x, y)", {"x": 7, "y": -5}),
    ("f = 1/x", {"x": 0.3}),
    ("f = relu(x)", {"x": 7}),
]


def made(graph: str, upstream: float = 3.0, **values: float) -> Exercise:
    return ad_hoc(graph, [f"{name}={value}" for name, value in values.items()])._replace(upstream=upstream)


def of(exercise: Exercise) -> set[tuple[str, str, str]]:
    return set(alike(exercise))


def test_equal_inputs_of_a_mul_gate_teach_nothing() -> None:
    found = of(made("f = w*x", w=1, x=1))
    assert ("w", RIGHT, "swapped-inputs") in found
    assert ("w", RIGHT, "forgot-local") in found
    assert of(made("f = w*x", w=5, x=-2)) == set()


def test_an_upstream_of_one_hides_who_forgets_it() -> None:
    assert ("w", RIGHT, "forgot-upstream") in of(made("f = w*x", 1.0, w=5, x=-2))


def test_what_is_equal_at_every_number_is_no_fault_of_the_numbers() -> None:
    for graph, values in OF_A_RULE:
        assert of(made(graph, 4.0, **values)) == set(), graph


def test_the_power_rule_is_told_apart_where_x_is_not_one() -> None:
    assert ("x", RIGHT, "power-kept-exponent") in of(made("f = x^2", x=1))
    assert of(made("f = x^2", x=5)) == set()


def test_a_mean_of_branches_that_happens_to_be_the_value_is_found() -> None:
    found = of(made("a = 3*x; b = x + 5; f = a + b", 4, x=8))  # the mean of 12 and 4 is 8
    assert ("x", "gave-value", "averaged-branches") in found
    assert ("x", "gave-value", "averaged-branches") not in of(made("a = 3*x; b = x + 5; f = a + b", 4, x=7.1))


def test_an_input_of_nothing_hides_nothing_from_us() -> None:
    assert ("y", RIGHT, "forgot-upstream") in of(made("f = x*y", x=0, y=5))


def test_usual_mistakes_are_listed_where_more_of_them_meet_than_a_student_is_told() -> None:
    relu = of_course("relu")
    (met,) = [one for one in collisions(relu, questions(relu)) if one.question == "∂L/∂x0" and not one.right]
    assert {"swapped-inputs", "forgot-local", "gave-value", "stopped-before"} == set(met.mistakes)  # two are named
    diamond = AnswerKey(of_course("diamond"))
    (question,) = [question for question in diamond.asked("backward") if question.target == "y"]
    given, stopped = (
        {number for id_, number in diamond.edits.some_numbers(question, frozenset({name}))[1]}
        for name in ("gave-value", "stopped-before")
    )
    assert given & stopped  # two usual mistakes, and the student is asked about both
    assert not collisions(diamond.exercise, questions(diamond.exercise))
