"""Right answers are right however they are rounded, and nothing is ever diagnosed in them.

The full form (`BACKPROP_TUTOR_FULL=1`) tries 1,000 random circuits."""

from __future__ import annotations

import pytest

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.tutor.marking.verdicts import Outcome, Result
from tests.tutor.classroom import ALL, a_class, answered, check, of
from tests.tutor.paper import Paper, Round, exactly, to_two, worked


def holds(result: Result, exercise: Exercise) -> None:
    """Every answer is right, and none is diagnosed."""
    for verdict in answered(result):
        assert verdict.outcome is Outcome.RIGHT, (exercise.graph_text, exercise.values, verdict)
        assert verdict.diagnoses == ()


def text(number: float, digits: int) -> str:
    return repr(number) if digits == 0 else f"{number:#.{digits}g}"


@pytest.mark.parametrize("digits", [0, 2, 3, 4])
def test_the_exact_answer_and_its_roundings_are_right(digits: int) -> None:
    for exercise in a_class(30, 1000, ALL):
        paper = worked(exercise)
        gates = {name: text(paper.values[name], digits) for name in exercise.graph.gate_names}
        local = {name: text(number, digits) for name, number in paper.local.items()}
        backward = {name: text(number, digits) for name, number in paper.answers(exercise).items()}
        result = check(exercise, forward=gates, local=local, backward=backward)
        holds(result, exercise)
        assert result.score == result.max_score
        for stage, answers in (("forward", gates), ("local", local), ("backward", backward)):
            for name, answer in list(answers.items())[:3]:
                holds(check(exercise, **{stage: {name: answer}}), exercise)


STUDENTS = {
    "rounds everything": (to_two, to_two, to_two),
    "rounds everything but local gradients": (to_two, exactly, to_two),
}
ON_A_CALCULATOR = (to_two, exactly, exactly)
"""Only the values on the screen are rounded; the rest stays in the calculator."""


def vanishes(rounded: Paper, exact: Paper) -> bool:
    """Whether a number that is not 0 has become 0 by rounding: the contract accepts no 0 for it."""
    pairs = [(rounded.values, exact.values), (rounded.local, exact.local), (rounded.carried, exact.carried)]
    pairs.append((rounded.gradients, exact.gradients))
    return any(to_two(mine[name]) == 0 != true[name] for mine, true in pairs for name in true)


@pytest.mark.parametrize("by_output", [False, True])
@pytest.mark.parametrize("student", STUDENTS)
def test_students_who_round_the_values_that_they_are_shown_are_right(student: str, by_output: bool) -> None:
    tried = 0
    for exercise in a_class(50, 1000):
        paper = on_paper(exercise, STUDENTS[student], shown=True, by_output=by_output)
        if paper is not None:
            tried += 1
            holds(
                check(exercise, backward={name: f"{number:.2f}" for name, number in paper.answers(exercise).items()}),
                exercise,
            )
    assert tried > 25


@pytest.mark.parametrize("student", STUDENTS)
def test_students_who_round_their_own_forward_pass_are_right(student: str) -> None:
    tried = 0
    for exercise in a_class(50, 1000, ALL):
        paper = on_paper(exercise, STUDENTS[student])
        if paper is not None:
            tried += 1
            stages = {"forward": {name: f"{paper.values[name]:.2f}" for name in exercise.graph.gate_names}}
            if student == "rounds everything":
                stages["local"] = {name: f"{number:.2f}" for name, number in paper.local.items()}
            stages["backward"] = {name: f"{number:.2f}" for name, number in paper.answers(exercise).items()}
            holds(check(exercise, **stages), exercise)
    assert tried > 25


@pytest.mark.parametrize("by_output", [False, True])
def test_students_who_round_only_what_is_shown_to_them_are_right(by_output: bool) -> None:
    for exercise in a_class(50, 1000):
        paper = on_paper(exercise, ON_A_CALCULATOR, shown=True, by_output=by_output)
        if paper is not None:
            holds(
                check(
                    exercise,
                    backward={
                        name: repr(number if abs(number) > 1e-12 else 0.0)
                        for name, number in paper.answers(exercise).items()
                    },
                ),
                exercise,
            )
        handed_in = {
            name: f"{number:.2f}"
            for name, number in worked(exercise).answers(exercise).items()
            if number == 0 or abs(number) > 0.02
        }
        holds(check(exercise, backward=handed_in), exercise)


def on_paper(
    exercise: Exercise, rounds: tuple[Round, Round, Round], shown: bool = False, by_output: bool = False
) -> Paper | None:
    """A student's numbers; None if rounding leaves a gate's domain, crosses a kink or makes something vanish."""
    try:
        paper = worked(exercise, *rounds, shown=shown, by_output=by_output)
    except (ArithmeticError, ValueError):
        return None
    return None if vanishes(paper, worked(exercise)) or near_a_kink(exercise, paper) else paper


def near_a_kink(exercise: Exercise, paper: Paper) -> bool:
    """Whether rounding has put a gate on another side of its kink."""
    exact = worked(exercise)
    kinked = [name for name in exercise.graph.gate_names if (gate := exercise.graph.node(name).gate) and gate.kinks]
    branches = [branch.name for name in kinked for branch in exercise.graph.branches_into(name)]
    return any(
        paper.local[name] != exact.local[name] and abs(paper.local[name] - exact.local[name]) > 0.4 for name in branches
    )


def of_quotient(text: str, stage: str = "backward") -> Outcome:
    """The reply about ∂L/∂a at f = a/b, whose local gradient 1/b is a long number while ∂L/∂a = -0.5 is not."""
    graph = read_graph("f = a/b", ["a", "b"])
    numbers = {"a": 2.6, "b": -2.6}
    choices = {name: Choice(value) for name, value in numbers.items()}
    exercise = Exercise("quotient", "A quotient", "f = a/b", graph, choices, numbers, upstream=1.3, stages=(stage,))
    (verdict,) = answered(check(exercise, **{stage: {"a": text}}))
    return verdict.outcome


@pytest.mark.parametrize(("text", "is_right"), [
    ("-0.5", True), ("-0.49", True), ("-0.4998", True), ("1.3*-0.3846", True), ("-0.4985", False), ("-0.51", False),
])  # fmt: skip
def test_more_exact_is_right_where_less_exact_is(text: str, is_right: bool) -> None:
    assert (of_quotient(text) is Outcome.RIGHT) == is_right


@pytest.mark.parametrize("text", ["0", "0.0", "2.8e-17", "-5.6e-17", "0.1+0.2-0.3"])
def test_what_floats_leave_of_zero_is_zero(text: str) -> None:
    exercise = of("max-gate")
    assert [verdict.outcome for verdict in answered(check(exercise, backward={"y": text}))] == [Outcome.RIGHT]
