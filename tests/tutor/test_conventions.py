"""δ = -∂L/∂X with e = yd - y, or δ = ∂L/∂X with e = y - yd: each mirrors the other with flipped signs, in everything
that is marked, followed, named and said."""

from __future__ import annotations

import re
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.show.lesson import solution_json
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.network import NetworkWords
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from tests.tutor.classroom import check

NETWORKS = ["output-neuron", "xor", "xor-relu", "cross-entropy", "two-outputs"]
OF_A_SIGN = {"forgot-delta", "gave-step"}
"""Mistakes of a new weight in which the sign of δ is left: what they lead to depends on the convention."""
MOST_HINTS = 5
WITHOUT_ERROR = {"gave-value", "forgot-error", "output-for-error", "desired-for-error", "forgot-delta", "gave-slope"}
"""Mistakes of errors and deltas in which no error is left that a convention could turn."""


def both(id_: str) -> tuple[Exercise, Exercise]:
    """An exercise in the deck's convention and in the books'."""
    deck = variant(find(id_), None)._replace(stages=("delta", "update"))
    return deck, deck._replace(delta="gradient")


def turned(number: float) -> float:
    return -number + 0.0


@pytest.mark.parametrize("id_", NETWORKS)
def test_the_numbers_are_the_gradients(id_: str) -> None:
    _, book = both(id_)
    solution, key = book.solution, AnswerKey(book)
    found = solution_json(book)
    for y, x in book.neurons.items():
        assert found["deltas"][y]["delta"] == pytest.approx(solution.gradient(x))
    for question in questions(book):
        if question.kind.name == "error":
            y = question.node
            desired = solution.value(f"yd{y[1:]}") if f"yd{y[1:]}" in solution.graph.index else 0.0
            assert key.number(question) == pytest.approx(solution.value(y) - desired)
        if question.stage == "update" and book.update is not None:
            old = solution.value(question.node)
            assert key.number(question) == pytest.approx(old - book.update.rate * solution.gradient(question.node))


@pytest.mark.parametrize("id_", NETWORKS)
def test_each_mistake_leads_to_the_same_number_turned(id_: str) -> None:
    deck, book = (AnswerKey(exercise) for exercise in both(id_))
    for ours, theirs in zip(questions(deck.exercise), questions(book.exercise), strict=True):
        right, numbers = deck.edits.some_numbers(ours, frozenset(MISTAKES))
        turned_right, others = book.edits.some_numbers(theirs, frozenset(MISTAKES))
        sign = -1 if ours.stage == "delta" else 1
        assert turned_right == pytest.approx(sign * right)
        assert [id_ for id_, _ in numbers] == [id_ for id_, _ in others]
        for (name, one), (_, other) in zip(numbers, others, strict=True):
            if name == "slope-of-error" or (sign > 0 and name in OF_A_SIGN | WITHOUT_ERROR):
                continue  # not a single number, flipped or not
            expected = one if name in WITHOUT_ERROR else sign * one
            assert other == pytest.approx(expected), (ours.target, name)


@pytest.mark.parametrize("id_", NETWORKS)
def test_verdicts_are_the_same_of_the_same_answers_turned(id_: str) -> None:
    """Random slips in errors and deltas, followed up or not."""
    deck, book = both(id_)
    key, rng = AnswerKey(deck), Random(4)
    for _ in range(12):
        slip = {question.target: rng.choice([1, 1, 1, -1, 2, 1.7]) for question in questions(deck)}
        numbers = {question.target: (question, slip[question.target] * key.number(question)) for question in
                   questions(deck)}  # fmt: skip
        wanted, found = (
            check(
                exercise,
                delta={name: repr(sign * number) for name, (one, number) in numbers.items() if one.stage == "delta"},
                update={name: repr(number) for name, (one, number) in numbers.items() if one.stage == "update"},
            )
            for exercise, sign in ((deck, 1), (book, -1))
        )
        for ours, theirs in zip(wanted.verdicts, found.verdicts, strict=True):
            assert (ours.target, ours.outcome) == (theirs.target, theirs.outcome)
            ids, others = ([id_ for id_ in one.diagnoses if id_ not in WITHOUT_ERROR] for one in (ours, theirs))
            assert ours.stage == "update" or ids == others


def test_what_follows_from_an_own_delta_goes_against_it() -> None:
    _, book = both("output-neuron")
    key = AnswerKey(book)
    (delta,) = [question for question in questions(book) if question.kind.name == "delta"]
    own = 3 * key.number(delta)
    solution = book.solution
    step = 0.2 * own * solution.value("y3")
    answers = {"y5.delta": repr(own)}
    weights = {"w35": repr(solution.value("w35") - step)}
    outcomes = {one.target: str(one.outcome) for one in check(book, delta=answers, update=weights).verdicts}
    assert outcomes["w35"] == "follow-through"
    weights = {"w35": repr(solution.value("w35") + step)}
    assert "ascended" in {id_ for one in check(book, delta=answers, update=weights).verdicts for id_ in one.diagnoses}


@pytest.mark.parametrize("id_", NETWORKS)
def test_what_is_said_is_said_of_this_exercises_convention(id_: str) -> None:
    for exercise, error, delta in zip(both(id_), ("yd - y", "y - yd"), ("-∂L/∂X", "∂L/∂X"), strict=True):
        session, key = Session(exercise), AnswerKey(exercise)
        said = [NetworkWords(exercise, exercise.solution).convention(next(iter(exercise.update.nodes)))]  # type: ignore[union-attr]
        while (question := session.question) is not None:
            said.append(question.kind.ask(question, exercise, session.solution))
            said += [session.hint().message for _ in range(MOST_HINTS)]
            said.append(session.answer(repr(turned(key.number(question)))).message)
            session.skip()
        text = "\n".join(said)
        assert "lecture" not in text
        assert f"defined as {error}" in text
        assert f"e = {error} and δ = {delta}" in text
        assert re.search(rf"δ\S* = {delta}", text)
        assert not re.search(r"(?<!-)∂L/∂X" if delta.startswith("-") else r"-∂L/∂X", text.replace("∂L/∂X5 = ", ""))
