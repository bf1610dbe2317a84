"""The tutor asks how a wrong number came about, and tells the working part by part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isclose, prod

import pytest

from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.places import AtBranch
from backprop_tutor.tutor.mistakes.workings import told
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import stage_questions
from backprop_tutor.tutor.stages.stage import Question
from tests.tutor.classroom import of, shipped

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")


def typed(number: float) -> str:
    """A number with four digits, as a student has it."""
    return f"{number:.4g}" if 1e-3 <= abs(number) < 1e6 or not number else f"{number:.6f}"


def wrong_products() -> Iterator[tuple[AnswerKey, Question, Edits, tuple[float, ...], int]]:
    """Every wrong rule and edit of a branch in the course that is upstream × local with one factor wrong: the question,
    the factors, and which one is wrong."""
    for exercise in shipped(("backward",)):
        key = AnswerKey(exercise)
        for question in stage_questions("backward", exercise, exercise.graph):
            edits = key.edits.of(question)
            place = edits.place
            if not isinstance(place, AtBranch):
                continue
            right = (place.u, place.l)
            for outcome in edits.outcomes:
                if not isinstance(outcome, tuple) or len(outcome) != 2:
                    continue
                off = [at for at, (a, b) in enumerate(zip(outcome, right, strict=True)) if not isclose(abs(a), abs(b))]
                shown = [float(typed(number)) for number in (*outcome, *right)]
                told_apart = len(off) == 1 and abs(shown[off[0]]) != abs(shown[2 + off[0]])
                if told_apart and all(shown) and not isclose(prod(outcome), place.right, rel_tol=0.02):
                    yield key, question, edits, outcome, off[0]


def test_the_wrong_factor_is_called_wrong_and_the_right_number_is_never_said() -> None:
    asked = called = 0
    for key, question, edits, outcome, off in wrong_products():
        attempt = Attempt(key, is_guided=True)
        given = attempt.read(question, typed(prod(outcome)))
        texts = [typed(number) for number in outcome]
        found = told(edits, question, attempt, attempt.read(question, "*".join(texts)), given)
        asked += 1
        role, other = ("upstream gradient", "local gradient")[:: -1 if off else 1]
        wrong = re.compile(rf"(?<![\w.-]){re.escape(texts[off])} is not the {role}")
        called += bool(wrong.search(found.message)) and f"is not the {other}" not in found.message
        numbers = [float(one) for one in _NUMBER.findall(found.message)]
        mine = {abs(float(text)) for text in texts}
        said = [
            one for one in numbers if isclose(abs(one), abs(edits.place.right), rel_tol=0.005) and abs(one) not in mine
        ]
        assert not said, (key.exercise.id, question.target, found.message)
        assert len(found.message.split("\n")) <= 3
    assert asked > 1000
    assert called >= 0.95 * asked, (called, asked)


@pytest.mark.parametrize(
    ("exercise", "stage", "target", "given", "working", "said"),
    [
        ("forks", "backward", "x", "7", "-12+3", ["-12 is what x->q brings back", "3 is what x->m brings back"]),
        ("forks", "backward", "x", "0.77", "-12+3+9", ["the sign of 9 is not"]),
        ("forks", "backward", "x", "0.77", "-12+3-5", ["-5 is not what x->f brings back"]),
        ("forks", "backward", "x", "0.77", "-12+3-9", ["That working is right, but it does not come to 0.77"]),
        (
            "sigmoid",
            "backward",
            "g7",
            "0.31",
            "1*0.31",
            ["1 is the upstream gradient", "0.31 is not the local gradient"],
        ),
        ("sigmoid", "backward", "g7", "0.31", "1*0.53", ["the sign of 1 × 0.53 is not"]),
        ("sigmoid", "backward", "g7", "0.31", "f*1.5", ["1.5 is not"]),
        ("xor", "update", "w24", "0.77", "0.5-0.1*0.2", ["0.5 is not the old weight", "0.1 is the rate α"]),
        ("xor", "delta", "y5.delta", "0.77", "-0.51*0.9", ["-0.51 is what arrives", "0.9 is not the slope of y5"]),
    ],
)
def test_a_working_is_told_part_by_part(
    exercise: str, stage: str, target: str, given: str, working: str, said: list[str]
) -> None:
    exercise_ = of(exercise, stage)
    key = AnswerKey(exercise_)
    question = next(one for one in stage_questions(stage, exercise_, exercise_.graph) if one.target == target)
    attempt = Attempt(key, is_guided=True)
    found = told(
        key.edits.of(question), question, attempt, attempt.read(question, working), attempt.read(question, given)
    )
    for part in said:
        assert part in found.message, found.message


def asking(exercise: str = "sigmoid", target: str = "g7") -> Session:
    """A session that asks back, at one of its questions."""
    session = Session(of(exercise))
    session.asks_back = True
    session.give_until(target)
    return session


def test_it_asks_about_a_plain_number_that_nothing_explains_once_a_question() -> None:
    session = asking()
    asks = session.answer("0.31").asks
    assert asks == ("How did you get 0.31? Type it as upstream × local, or press Enter to go on.", "∂L/∂f × ∂f/∂g7")
    tries = session.tries_left
    reply = session.explained("1*0.31")
    assert "1 is the upstream gradient" in reply.message
    assert not reply.closes
    assert session.tries_left == tries
    assert session.answer("0.44").asks is None


@pytest.mark.parametrize("answer", ["0.53", "1*0.31", "f", "abc"])
def test_it_does_not_ask_where_the_mistake_is_known_or_a_working_was_typed(answer: str) -> None:
    assert asking().answer(answer).asks is None


def test_who_declined_is_not_asked_at_once_again() -> None:
    session = asking("sigmoid", "g7")
    assert session.answer("0.31").asks
    assert session.explained("").message == ""
    session.skip()
    assert session.answer("0.31").asks is None  # the next question
    session.skip()
    assert session.answer("0.31").asks


def test_a_working_that_cannot_be_read_is_said_to_be_so() -> None:
    session = asking()
    session.answer("0.31")
    assert session.explained("1*(0.31").outcome is Outcome.UNREADABLE


@pytest.mark.parametrize("again", ["1", "-1", "-2.5", "1.0"])
def test_a_bare_number_is_no_working_but_no_trouble_either(again: str) -> None:
    session = Session(next(exercise for exercise in shipped(("backward",)) if exercise.id == "add-gate"))
    session.asks_back = True
    for _ in range(3):
        session.answer("1")
    said = session.explained(again)
    assert said.message
    assert not said.closes
