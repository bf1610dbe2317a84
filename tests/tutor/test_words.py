"""What the tutor says: hints for every gate, a sentence for every mistake, in the terms of this gate and these
numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.gates import GATES, gate_of
from backprop_tutor.text import ascii_text
from backprop_tutor.tutor.feedback import ladder
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages import questions
from tests import goldens
from tests.cli.running import tutor
from tests.full import times
from tests.tutor.classroom import ALL, a_class, check, shipped
from tests.tutor.wrong import asked, predicted


def test_every_question_has_a_ladder_of_hints_that_ends_in_the_answer() -> None:
    for authored in a_class(40, 200, ("graph", *ALL, "symbolic")):
        exercise = replace(authored, hints={})  # the tutor's own ladder
        for question in questions(exercise):
            if question.stage == "symbolic" and len(exercise.graph.gate_names) > times(3, 50):
                continue  # each takes SymPy a second
            rungs = list(ladder(exercise, exercise.solution, question))
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
                    assert gate.pattern in rungs[0]
                    assert not rungs[0].endswith(right)
                    assert "not multiplied out" in rungs[2]


def test_every_gate_has_its_hints() -> None:
    found = {gate.name for exercise in a_class(200, 400) for gate in exercise.graph.gates if gate}
    assert found == set(GATES)


def test_an_authors_own_hint_comes_first() -> None:
    simple = replace(
        next(exercise for exercise in shipped() if exercise.id == "simple"),
        hints={"q": "Look at z.", "x->q": "An add gate."},
    )
    first = {question.target: next(ladder(simple, simple.solution, question)) for question in questions(simple)}
    assert (first["q"], first["x"]) == ("Look at z.", "An add gate.")
    assert first["z"] not in simple.hints.values()


def test_every_mistake_speaks_of_this_gate_and_these_numbers() -> None:
    said: dict[str, str] = {}
    for exercise in a_class(120, 300):
        for at in asked(exercise):
            for id_, number in predicted(at):
                if id_ in said:
                    continue
                (verdict,) = [
                    verdict for verdict in check(exercise, backward={at.name: repr(number)}).verdicts if verdict.answer
                ]
                if verdict.diagnoses and verdict.diagnoses[0] == id_:
                    said[id_] = verdict.message
    for id_, message in said.items():
        assert not re.search(r"[{}]|None|nan", message), message
        if id_ not in ("decimal-slip", "too-coarse"):
            assert re.search(r"\d", message.split("You gave")[1].split(". ", 1)[1]), message
        assert ascii_text(message).isascii()
    assert {id_ for id_, mistake in MISTAKES.items() if mistake.group in ("gate", "fork", "chain")} - set(said) <= {
        "shared-at-max"
    }


@pytest.mark.parametrize("name", ["gave", "two"])
def test_golden_messages(name: str) -> None:
    answers = {
        "gave": "backward: {g7: 0.53, g6: -5.3, g5: 0.37, g4: -0.2, g1: -2, w0: 0.4, x0: 14, w1: 0.123, x1: 5}",
        "two": "backward: {g5: -0.37, w0: 0.61, g4: 1e400, w9: 3, x1: '1,5', g2: ''}",
    }[name]
    ran = tutor("check", "sigmoid", "-", "--plain", stdin=answers)
    goldens.matches(f"messages/{name}.txt", ran.out)


def test_a_long_answer_is_not_repeated_at_length() -> None:
    simple = next(exercise for exercise in shipped() if exercise.id == "simple")
    verdict = next(
        verdict for verdict in check(simple, backward={"q": "1" + "+1" * 4_000}).verdicts if verdict.target == "q"
    )
    assert len(verdict.message) < 600


def test_notation_and_pattern_of_a_gate_with_a_constant_name_the_constant() -> None:
    assert gate_of("scale", 2.0).local_formula(0, ("x",), "f", 2.0) == "2"
