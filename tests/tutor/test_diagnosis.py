"""For each mistake at each branch: a student who makes it is marked wrong, and that mistake is named; first where it is
alone.

The full form (`BACKPROP_TUTOR_FULL=1`) tries 1,000 random circuits, and 20,000 random wrong numbers.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.misconceptions import MISTAKES
from backprop_tutor.tutor.verdicts import Outcome
from tests.full import times
from tests.tutor.classroom import a_class, answered, check, one, shipped
from tests.tutor.paper import to_two, worked
from tests.tutor.wrong import TESTED_APART, WRONG, Asked, asked, predicted

OF_THE_UPDATE = {id_ for id_, mistake in MISTAKES.items() if mistake.group == "update"}


def test_the_oracle_knows_every_mistake() -> None:
    assert set(WRONG) | TESTED_APART | OF_THE_UPDATE == set(MISTAKES)


def close(first: float, second: float) -> bool:
    """Whether the first number, handed in, could be taken for the second: near it, or its rounding."""
    half_a_unit = 0.5 * 10 ** -len(repr(first).partition(".")[2])
    return abs(first - second) <= max(0.045 * max(abs(first), abs(second)), half_a_unit) + 1e-12


def test_each_mistake_is_named_wherever_it_is_made() -> None:
    made: Counter[str] = Counter()
    for exercise in a_class(100, 1000):
        for at in asked(exercise):
            every = predicted(at)
            for id_, number in every:
                verdict = one(exercise, "backward", at.name, repr(number))
                if verdict.outcome is Outcome.RIGHT:
                    assert counts_as_right(number, exercise, at), (exercise.graph_text, at, id_, number)
                    continue
                made[id_] += 1
                assert verdict.outcome is Outcome.WRONG
                assert id_ in verdict.diagnoses, (exercise.graph_text, exercise.values, at, id_, number, verdict)
                if not any(close(number, other) for another, other in every if another != id_) and not coarse(
                    number, at
                ):
                    assert verdict.diagnoses[0] == id_, (exercise.graph_text, exercise.values, at, id_, number, verdict)
                assert str(verdict.message)
    assert set(made) == set(WRONG)


def counts_as_right(number: float, exercise: Exercise, at: Asked) -> bool:
    """Within 2 % of the exact number, or of what comes of rounding every step to two decimals; or one of them as
    rounded to the digits."""
    half_a_unit = 0.5 * 10 ** -len(repr(number).partition(".")[2]) if "e" not in repr(number) else 0.0
    on_paper = [
        worked(exercise, to_two, to_two, to_two, by_output=by_output).answers(exercise)[at.name]
        for by_output in (False, True)
    ]
    return any(abs(number - right) <= max(0.0201 * abs(right), half_a_unit) + 1e-12 for right in (at.right, *on_paper))


def coarse(number: float, at: Asked) -> bool:
    """Whether a wrong number might be the right one, rounded too far."""
    return float(f"{number:.1g}") == number and float(f"{at.right:.1g}") == number


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_sharing_at_a_max_takes_both_answers(share: float) -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "patterns"]
    paper = worked(exercise)
    given = repr(paper.gradients["m"] * share)
    verdicts = {verdict.target: verdict for verdict in answered(check(exercise, backward={"z": given, "w": given}))}
    assert "shared-at-max" in verdicts["w"].diagnoses


def test_a_right_number_rounded_too_far_is_too_coarse() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    assert "too-coarse" in one(exercise, "backward", "g7", "-0.5").diagnoses
    assert one(exercise, "backward", "g7", "-0.53").outcome is Outcome.RIGHT


def test_two_mistakes_at_once_are_both_named() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    paper = worked(exercise)
    forgotten_and_turned = -paper.local["g6->g7"] * 1.0, -paper.local["g5->g6"]
    verdict = one(exercise, "backward", "g5", repr(forgotten_and_turned[1]))
    assert verdict.diagnoses == ("sign-flipped+forgot-upstream",)
    assert "two mistakes at once" in verdict.message


def test_what_a_student_did_before_comes_first() -> None:
    from backprop_tutor.tutor.carrying import Carrying
    from backprop_tutor.tutor.marking import Marker

    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    marker = Marker(exercise)
    (question,) = [question for question in _questions(exercise) if question.target == "g7"]
    carrying = Carrying(exercise.solution)
    answer = marker.read(question, "0.53", carrying)
    assert marker.diagnose(question, answer, carrying)[0] == "reciprocal-missing-minus"
    assert marker.diagnose(question, answer, carrying, {"sign-flipped"})[0] == "sign-flipped"


def _questions(exercise):  # type: ignore[no-untyped-def]
    from backprop_tutor.tutor.questions import questions

    return questions(exercise)


def test_random_wrong_numbers_are_seldom_taken_for_two_mistakes() -> None:
    rng, composed, alone = Random(7), 0, 0
    exercises = a_class(40, 400)
    for _ in range(times(3_000, 20_000)):
        exercise = rng.choice(exercises)
        at = rng.choice(list(asked(exercise)))
        verdict = one(exercise, "backward", at.name, repr(rng.uniform(-10, 10)))
        if verdict.outcome is Outcome.WRONG and not (verdict.diagnoses and "+" not in verdict.diagnoses[0]):
            alone += 1
            composed += bool(verdict.diagnoses)
    assert composed < 0.02 * alone


def test_where_nothing_matches_it_says_what_can_be_said_and_does_not_guess() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    verdict = one(exercise, "backward", "g7", "-0.771")
    assert verdict.diagnoses == ()
    assert "sign is right" in verdict.message
