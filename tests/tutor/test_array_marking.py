"""Marking arrays: what is right in any form, what a planted mistake is named, what follows from one slip,
and what is gained without knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from backprop_tutor.course.array_numbers import why_unusable_arrays
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.values import ArrayInput, Update
from backprop_tutor.course.variants import variant
from backprop_tutor.engine import arrays
from backprop_tutor.engine.arrays import Matrix, entries, shape_of
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.array_derivation import arrays_of
from backprop_tutor.tutor.marking.acceptance import to_two_decimals
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt
from backprop_tutor.tutor.marking.array_key import ArrayKey
from backprop_tutor.tutor.marking.attempt import attempt_on
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.array_edits import edits_of
from backprop_tutor.tutor.stages import stage_questions
from backprop_tutor.tutor.stages.arrays import typed
from backprop_tutor.tutor.stages.stage import Question
from tests.arrays import random_array_circuit
from tests.full import times
from tests.show.test_array_screens import NET


def exercises(rng: Random, number: int, size: int = 6) -> Iterator[Exercise]:
    """Random exercises of arrays whose numbers can be asked for."""
    while number:
        circuit = random_array_circuit(rng, rng.randint(2, size))
        choices = {}
        for name, rows in circuit.at.items():
            choices |= ArrayInput(shape_of(rows), rows).choices(name)
        values = {name: choice.value for name, choice in choices.items() if choice.value is not None}
        graph = circuit.graph
        one = Exercise("random", "random", circuit.text, graph, choices, values, stages=("forward", "backward"))
        if why_unusable_arrays(one) is None:
            number -= 1
            yield one


def keyed(exercise: Exercise) -> tuple[ArrayKey, ArrayAttempt, list[Question]]:
    key = key_of(exercise)
    attempt = attempt_on(key)
    assert isinstance(key, ArrayKey)
    assert isinstance(attempt, ArrayAttempt)
    asked = [one for word in exercise.stages for one in stage_questions(word, exercise, exercise.graph)]
    return key, attempt, asked


def text_of(array: Matrix, number: object) -> str:
    rows = [" ".join(number(entry) for entry in row) for row in array]  # type: ignore[operator]
    return f"[{'; '.join(rows)}]"


FORMS = {
    "every digit": repr, "four digits": lambda one: f"{one:.4g}", "three digits": lambda one: f"{one:.3g}",
    "five decimals": lambda one: f"{one:.5f}",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_right_array_is_right_in_any_form(form: str) -> None:
    for exercise in exercises(Random(f"forms {form}"), times(10, 300)):
        key, attempt, asked = keyed(exercise)
        for question in asked:
            right = key.right(question)
            assert isinstance(right, list)
            answer = attempt.read(question, text_of(right, FORMS[form]))
            assert attempt.judge(question, answer).outcome is Outcome.RIGHT, (exercise.graph_text, question.target)


def test_of_students_who_round_every_step_to_two_decimals_few_are_refused() -> None:
    refused = total = 0
    for exercise in exercises(Random(7), times(20, 300), size=4):
        key, attempt, asked = keyed(exercise)
        hand = key.hands[0]
        for question in asked:
            array = question.kind.right(question, exercise, hand)  # type: ignore[attr-defined]
            answer = attempt.read(question, text_of(array, lambda one: f"{to_two_decimals(one):.2f}"))
            outcome = attempt.judge(question, answer).outcome
            attempt.record(question, answer, outcome)
            refused += not outcome.counts
            total += 1
    assert refused <= 0.03 * total + 1, (refused, total)


def planted(
    rng: Random, number: int, update: bool = False
) -> Iterator[tuple[ArrayAttempt, Question, str, Matrix, set[str]]]:
    """Every mistake at every question of random graphs, with the ids of all that give the same array."""
    for exercise in exercises(rng, number):
        if update:
            moved = [
                name for name in exercise.graph.input_names if arrays.largest(arrays_of(exercise.solution).slope(name))
            ]
            exercise = exercise._replace(stages=("update",), update=Update(0.1, tuple(moved)))
        key, attempt, asked = keyed(exercise)
        for question in asked:
            right = key.right(question)
            assert isinstance(right, list)
            edits = edits_of(question, exercise, key.solution, right)
            for edit in rng.sample(edits, min(3, len(edits))):
                alike = {other.id for other in edits if is_same(other.array, edit.array)}
                yield attempt, question, edit.id, edit.array, alike


def is_same(one: Matrix, other: Matrix) -> bool:
    if shape_of(one) != shape_of(other):
        return False
    room = 1e-6 * max(arrays.largest(one), arrays.largest(other))
    return all(abs(x - y) <= room for x, y in zip(entries(one), entries(other), strict=True))


@pytest.mark.parametrize("update", [False, True])
def test_planted_mistakes_are_named_first(update: bool) -> None:
    named = total = 0
    missed = []
    for attempt, question, id_, array, alike in planted(Random(11), times(8, 300), update):
        answer = attempt.read(question, text_of(array, lambda one: f"{one:.6g}"))
        if attempt.judge(question, answer).outcome.counts:
            continue  # within what is right
        found = attempt.diagnose(question, answer)
        total += 1
        if found and alike & set(found[0].ids):
            named += 1
        else:
            missed.append((id_, [one.ids for one in found], question.target))
    assert named >= 0.97 * total, (named, total, missed[:10])


def test_a_random_array_is_seldom_accepted_or_named() -> None:
    rng = Random(13)
    accepted = named = total = 0
    for exercise in exercises(rng, times(15, 300)):
        key, attempt, asked = keyed(exercise)
        for question in asked:
            right = key.right(question)
            assert isinstance(right, list)
            if len(entries(right)) < 2:
                continue
            size = arrays.largest(right) or 1.0
            array = arrays.mapped(lambda _, size=size: round(rng.uniform(-1.5, 1.5) * size, 3) or 0.1, right)
            answer = attempt.read(question, text_of(array, repr))
            accepted += attempt.judge(question, answer).outcome.counts
            named += bool(attempt.diagnose(question, answer))
            total += 1
    assert accepted <= 0.01 * total, (accepted, total)
    assert named <= 0.01 * total + 1, (named, total)


def slip(rng: Random, array: Matrix) -> Matrix:
    return arrays.mapped(lambda entry: entry * 1.5 + 0.37, array)


def test_who_slips_once_and_goes_on_consistently_loses_that_array_alone() -> None:
    rng = Random(17)
    for exercise in exercises(rng, times(12, 200)):
        _, attempt, asked = keyed(exercise)
        at = rng.randrange(len(asked))
        lost = []
        for place, question in enumerate(asked):
            *_, follows = attempt.follows(question)
            array = slip(rng, follows.array) if place == at else follows.array
            answer = attempt.read(question, text_of(array, repr))
            outcome = attempt.judge(question, answer).outcome
            attempt.record(question, answer, outcome)
            if not outcome.counts and outcome is not Outcome.MOOT:
                lost.append(question.target)
        assert set(lost) <= {asked[at].target}, (exercise.graph_text, exercise.values, lost, asked[at].target)


def score(exercise: Exercise, answers: dict[str, dict[str, str | None]]) -> float:
    return Checker(exercise).check(Submission(answers), words=False).score


def test_nothing_is_gained_by_zeros_copies_transposes_or_shapes() -> None:
    exercise = variant(read_exercise(NET.replace("[shape, forward, backward]", "[backward]"), "net"), None)
    key, _, asked = keyed(exercise)
    right = {one.target: key.right(one) for one in asked}

    def array(name: str) -> Matrix:
        found = right[name]
        assert isinstance(found, list)
        return found

    zeros = {name: typed(arrays.filled(shape_of(array(name)))) for name in right}
    ones = {name: typed(arrays.filled(shape_of(array(name)), 1.0)) for name in right}
    turned = {name: typed(arrays.transposed(array(name))) for name in right if 1 not in shape_of(array(name))}
    copies = {name: typed(arrays.filled(shape_of(array(name)), 0.5)) for name in right if name != "l"}
    for answers in (zeros, ones, turned, copies):
        assert score(exercise, {"backward": dict(answers)}) == 0, answers


STEP = """\
title: A step
graph: "q = W @ x; f = sum(q^2)"
inputs: {W: [[0.5, 0.7], [-0.3, 0.8]], x: [0.02, 0.04]}
stages: [backward, update]
update: {rate: 0.1, nodes: [W]}
"""


def test_new_weights_are_marked_by_the_steps_they_take() -> None:
    _, attempt, asked = keyed(variant(read_exercise(STEP, "step"), None))
    gradient, update = (next(one for one in asked if one.kind.word == word and one.target == "W")
                        for word in ("backward", "update"))  # fmt: skip
    for text, outcome in {
        "[0.499848 0.699696; -0.300104 0.799792]": Outcome.RIGHT, "[0.49985 0.6997; -0.3001 0.7998]": Outcome.RIGHT,
        "[0.5 0.7; -0.3 0.8]": Outcome.WRONG, "[0.50 0.70; -0.30 0.80]": Outcome.WRONG, "W": Outcome.WRONG,
    }.items():  # fmt: skip
        answer = attempt.read(update, text)
        assert attempt.judge(update, answer).outcome is outcome, text
    assert attempt.diagnose(update, answer)[0].ids[0] == "gave-value"
    with pytest.raises(Fault, match="dW is not known yet"):
        attempt.read(update, "W - 0.1*dW")
    attempt.record(gradient, attempt.read(gradient, "2*(W @ x) @ x.T"), Outcome.RIGHT)
    for text in ("W - 0.1*dW", "W - α*dW", "W - rate*dL/dW"):
        assert attempt.judge(update, attempt.read(update, text)).outcome is Outcome.RIGHT
    assert attempt.diagnose(update, attempt.read(update, "W + α*dW"))[0].ids[0] == "ascended"
