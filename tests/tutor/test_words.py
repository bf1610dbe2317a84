"""What the tutor says: hints for every gate, a sentence for every mistake, in terms of this gate and these numbers."""

from __future__ import annotations

import pytest

from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.gates import GATES, gate_of
from backprop_tutor.tutor.feedback import Ladder
from backprop_tutor.tutor.stages import questions
from tests import goldens
from tests.cli.running import tutor
from tests.full import times
from tests.tutor.classroom import ALL, a_class, check, of, one, with_graph
from tests.tutor.wrong import asked, predicted


def test_every_question_has_a_ladder_of_hints_that_ends_in_the_answer() -> None:
    met = set()
    for authored in a_class(24, 200, ("graph", *ALL, "symbolic")):
        exercise = authored._replace(hints={})  # the tutor's own ladder
        for question in questions(exercise):
            if question.stage == "symbolic" and len(exercise.graph.gate_names) > times(3, 50):
                continue  # each takes SymPy a second
            rungs = list(Ladder(exercise, exercise.solution, question))
            assert len(rungs) >= 3
            assert len(set(rungs)) >= len(rungs) - 1
            if question.stage == "backward":
                right = (
                    shown(exercise.solution.flow(question.branch).downstream)
                    if question.branch
                    else shown(exercise.solution.gradient(question.node))
                )
                assert rungs[-1].rstrip(".").endswith(right)
                if question.branch:
                    gate = exercise.graph.node(question.branch.gate).gate
                    assert gate is not None
                    met.add(gate.name)
                    assert gate.does in rungs[0]
                    assert not rungs[0].endswith(right)
                    assert rungs[2].startswith("work out upstream × local = ")
    assert met == set(GATES)


def test_an_authors_own_hint_comes_first() -> None:
    simple = of("simple")._replace(hints={"q": "Look at z.", "x->q": "An add gate."})
    first = {question.target: Ladder(simple, simple.solution, question).rung(0) for question in questions(simple)}
    assert (first["q"], first["x"]) == ("Look at z.", "An add gate.")
    assert first["z"] not in simple.hints.values()


def test_what_is_sure_is_stated_and_what_is_not_is_asked() -> None:
    sigmoid = of("sigmoid")
    said = one(sigmoid, "backward", "g7", "0.53").message
    assert said == "You dropped the minus sign of 1/g7's derivative. 1/g7 falls as g7 grows."
    simple = of("simple")
    asked_ = one(simple, "backward", "x", "-2").message
    assert asked_ == "Did you split the upstream gradient between the inputs of q, or did you give the value of x?"


def test_the_number_that_is_right_is_in_no_sentence_about_a_mistake() -> None:
    said = 0
    for exercise in a_class(10, 200):
        for at in asked(exercise):
            for _, number in predicted(at):
                verdict = one(exercise, "backward", at.name, f"{number:.5g}")
                if verdict.diagnoses and len(f"{abs(at.right):.4g}") > 5:
                    said += 1
                    assert f"{abs(at.right):.4g}" not in verdict.message, (at, verdict)
    assert said > 50


@pytest.mark.parametrize("name", ["gave", "two"])
def test_golden_messages(name: str) -> None:
    answers = {
        "gave": "backward: {g7: 0.53, g6: -5.3, g5: 0.37, g4: -0.2, g1: -2, w0: 0.4, x0: 14, w1: 0.123, x1: 5}",
        "two": "backward: {g5: -0.37, w0: 0.61, g4: 1e400, w9: 3, x1: '1,555', g2: ''}",
    }[name]
    ran = tutor("check", "sigmoid", "-", "--plain", stdin=answers)
    goldens.matches(f"messages/{name}.txt", ran.out)


def test_a_long_answer_is_not_repeated_at_length() -> None:
    simple = of("simple")
    verdict = next(
        verdict for verdict in check(simple, backward={"q": "1" + "+1" * 4_000}).verdicts if verdict.target == "q"
    )
    assert len(verdict.message) < 600


def test_notation_and_pattern_of_a_gate_with_a_constant_name_the_constant() -> None:
    assert gate_of("scale", 2.0).local_formula(0, ("x",), "f", 2.0) == "2"


@pytest.mark.parametrize(("answer", "said"), [("-0.44", "a × b"), ("1.5", "a - b")])
def test_of_two_wrong_rules_of_one_id_the_one_that_was_used_is_said(answer: str, said: str) -> None:
    exercise = with_graph("f = a + b", {"a": 1.1, "b": -0.4}, ("forward",))
    assert f"ou computed {said}. f is a + b." in one(exercise, "forward", "f", answer).message
