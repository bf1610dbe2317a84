"""For each mistake at each branch: a student who makes it is marked wrong, and that mistake is named, first if it is
the only one.

The full form (`BACKPROP_TUTOR_FULL=1`) tries 1,000 random circuits, and 20,000 random wrong numbers."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.questions import by_name
from tests.benchmarks.diagnosis import as_typed, by_chance, on_top, products, rounding
from tests.full import times
from tests.tutor.classroom import a_class, answered, check, checker_of, one, shipped, with_graph
from tests.tutor.paper import exactly, to_two, worked
from tests.tutor.wrong import WRONG, Asked, asked, predicted


def test_the_oracle_knows_mistakes_of_the_tables() -> None:
    assert set(WRONG) <= set(MISTAKES)


@pytest.mark.parametrize(("digits", "least"), [(5, 0.99), (None, 0.97)])
def test_each_mistake_is_said_first_wherever_it_is_made_alone(digits: int | None, least: float) -> None:
    """With five digits, and with two decimals where these show two digits; everything before was answered."""
    made, first, named = Counter[str](), Counter[str](), Counter[str]()
    for exercise in a_class(24, 1000):
        key = checker_of(exercise).key
        known = by_name(key.asked("backward"))
        for at in asked(exercise):
            question, every = known[at.name], predicted(at)
            edits = key.edits.of(question)
            for id_, number in every:
                text = as_typed(number, digits) if digits else f"{number:.2f}"
                attempt = Attempt(key, is_guided=True)
                answer = attempt.read(question, text)
                if attempt.judge(question, answer).outcome is not Outcome.WRONG:
                    assert digits is None or counts_as_right(number, exercise, at), (exercise.graph_text, at, id_)
                    continue
                room = max(0.045 * abs(number), answer.unit) if digits is None else 1e-9 * abs(number)
                beside = {edits.functions[entry.row] for entry in edits.near(number, room)}
                if len(beside) != 1 or (digits is None and abs(answer.value) < 0.095):
                    continue  # more than one mistake leads there, or too few digits are shown
                readings = attempt.diagnose(question, answer)
                made[id_] += 1
                first[id_] += bool(readings) and id_ in readings[0].ids
                named[id_] += any(id_ in reading.ids for reading in readings)
    assert set(made) >= set(WRONG) - {"relu-blocked-positive"}  # whose 0 shows no digits
    assert first.total() >= least * made.total()
    assert named.total() >= (least + 0.004) * made.total()


def away_from_0(number: float) -> float:
    """A number with two decimals, as it is rounded at school: 0.215 to 0.22."""
    return float(Decimal(repr(number)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def counts_as_right(number: float, exercise: Exercise, at: Asked) -> bool:
    """Within 2 % of the exact number, of what comes of rounding every step to two decimals, or of the upstream gradient
    times a local one that does; or one of them as rounded to the digits."""
    half_a_unit = 0.5 * 10 ** -len(repr(number).partition(".")[2]) if "e" not in repr(number) else 0.0
    by_hand = [
        worked(exercise, value, slope, to_two, shown, by_output)
        for value, slope in product((to_two, away_from_0), (exactly, to_two))
        for shown, by_output in product((False, True), (False, True))
    ]
    rights = [at.right, *(paper.answers(exercise)[at.name] for paper in by_hand)]
    rights += [at.upstream * paper.local.get(at.name, 0.0) for paper in by_hand]
    return any(abs(number - right) <= max(0.0201 * abs(right), half_a_unit) + 1e-12 for right in rights)


def test_a_right_number_rounded_too_far_is_too_coarse() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    assert "too-coarse" in one(exercise, "backward", "g7", "-0.5").diagnoses
    assert one(exercise, "backward", "g7", "-0.53").outcome is Outcome.RIGHT


def test_two_mistakes_at_once_are_both_named() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    paper = worked(exercise)
    forgotten_and_turned = -paper.local["g6->g7"] * 1.0, -paper.local["g5->g6"]
    verdict = one(exercise, "backward", "g5", repr(forgotten_and_turned[1]))
    assert verdict.diagnoses[0] == "sign-flipped+forgot-upstream"
    assert "You flipped the sign and stopped at the local gradient." in verdict.message


def test_what_a_student_did_before_comes_first() -> None:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt

    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    attempt = Attempt(AnswerKey(exercise))
    (question,) = [question for question in _questions(exercise) if question.target == "g7"]
    answer = attempt.read(question, "0.53")
    assert attempt.diagnose(question, answer)[0].ids[0] == "reciprocal-missing-minus"
    assert attempt.diagnose(question, answer, {"sign-flipped"})[0].ids[0] == "sign-flipped"


def _questions(exercise):  # type: ignore[no-untyped-def]
    from backprop_tutor.tutor.stages import questions

    return questions(exercise)


def test_where_nothing_matches_it_says_what_can_be_said_and_does_not_guess() -> None:
    (exercise,) = [exercise for exercise in shipped() if exercise.id == "sigmoid"]
    verdict = one(exercise, "backward", "g7", "-0.771")
    assert verdict.diagnoses == ()
    assert "sign is right" in verdict.message


def test_a_forward_value_is_diagnosed_from_the_students_own_values_too() -> None:
    (simple,) = [
        exercise for exercise in shipped(("forward", "backward")) if exercise.id == "simple"
    ]  # q = x + y, f = q*z
    for q, f in {"7": "28", "3": "12"}.items():
        verdicts = {one.target: one for one in answered(check(simple, forward={"q": q, "f": f}))}
        assert verdicts["f"].diagnoses == ("sign-flipped",)
    verdicts = {one.target: one for one in answered(check(simple, forward={"q": "7", "f": "-2.8"}))}
    assert verdicts["f"].diagnoses == ("decimal-slip",)


@pytest.mark.parametrize("local", ["0", "1", "-1"])
def test_the_sum_at_a_fork_is_diagnosed_beside_wrong_local_gradients_that_show_no_product(local: str) -> None:
    for exercise in shipped(("local", "backward")):
        for name, branches in exercise.graph.branches_from.items():
            if len(branches) > 1:
                slopes = {branch.name: local for branch in branches}
                marked = answered(check(exercise, local=slopes, backward={name: "-1234.5"}))
                assert marked[-1].outcome is Outcome.WRONG, (exercise.id, name)


def test_a_gates_own_mistake_without_the_upstream_is_named_where_the_upstream_is_0() -> None:
    dead = with_graph("g = x*y\nh = g - 3\nf = relu(h)", {"x": 2.0, "y": 0.7})
    assert one(dead, "backward", "x", "2").diagnoses[0] == "gave-value"  # which is likelier
    reciprocal = with_graph("g = 1/x\nh = g - 3\nf = relu(h)", {"x": 0.8})
    assert "reciprocal-missing-minus+forgot-upstream" in one(reciprocal, "backward", "x", "1.5625").diagnoses
    powers = with_graph("g = x**3\nh = g - 9\nf = relu(h)", {"x": 1.2})
    assert one(powers, "backward", "x", "5.184").diagnoses == ("power-kept-exponent+forgot-upstream",)


@pytest.mark.parametrize(
    ("right", "answer", "named"),
    [
        ("0.41997", "0.41", "cut-off"), ("0.41997", "-0.41", ""), ("0.41997", "0.419", None), ("0.41997", "0.40", ""),
        ("0.41997", "0.4", "too-coarse"), ("-0.41997", "-0.41", "cut-off"), ("12.87", "12", "cut-off"),
        ("1846.003", "1800", "cut-off"), ("1846.003", "1.8e3", None), ("1846.003", "1700", ""),
        ("1846.003", "1000", ""),
        ("1855.003", "1900", ""), ("9.93", "9", ""), ("0.0092", "0.00", ""), ("2.04", "2.0", None),
    ],
)  # fmt: skip
def test_what_is_cut_off_instead_of_rounded_is_named_so(right: str, answer: str, named: str | None) -> None:
    exercise = with_graph(f"f = {right}*x", {"x": 3.0})._replace(tolerance=0.0001 if right == "12.87" else 0.02)
    verdict = one(exercise, "backward", "x", answer)
    assert (verdict.outcome is Outcome.RIGHT) is (named is None), verdict
    if named is not None:
        assert ("cut-off" in verdict.diagnoses) is (named == "cut-off"), verdict
        assert ("too-coarse" in verdict.diagnoses) is (named == "too-coarse"), verdict
    if named == "cut-off":
        assert "cut digits off" in verdict.message
        assert right[:-1] not in verdict.message


def test_the_cut_off_answer_of_a_variant_gets_its_reason() -> None:
    neuron = variant(find("sigmoid"), 8)
    (target,) = [name for name, number in gradients(neuron).items() if f"{number:.5f}" == "-0.36920"]
    assert one(neuron, "backward", target, "-0.36").diagnoses == ("cut-off",)


def gradients(exercise: Exercise) -> dict[str, float]:
    return {name: exercise.solution.gradient(name) for name in exercise.graph.names}


def test_a_formula_with_its_sign_flipped_is_named_though_sample_points_explode() -> None:
    tower = with_graph("g = exp(x)\nf = exp(g)", {"x": 3.0}, ("local",))
    for branch, formula in {"x->g": "g", "g->f": "f"}.items():
        assert one(tower, "local", branch, formula).outcome is Outcome.RIGHT
        assert one(tower, "local", branch, f"-{formula}").diagnoses == ("sign-flipped",)


def test_an_answer_is_called_right_for_another_question_only_where_that_is_the_only_one() -> None:
    alone = with_graph("g = x*y\nh = u*v\nf = g*h", {"x": 1.3, "y": 2.4, "u": 0.7, "v": 1.9})
    assert "That is ∂L/∂x. Here ∂L/∂u is asked for." in one(alone, "backward", "u", "3.192").message
    shared = with_graph("g = x*y\np = g + s\nh = u*v\nf = p*h", {"x": 1.3, "y": 2.4, "s": 0.3, "u": 0.7, "v": 1.9})
    assert "That is right" not in one(shared, "backward", "u", "1.33").message  # as ∂L/∂p, ∂L/∂g and ∂L/∂s are


def test_a_shared_gradient_at_a_max_is_named_by_half_of_it() -> None:
    exercise = with_graph("m = max(x, y)\nf = 2.6*m", {"x": 2.0, "y": 0.5})
    for name in ("x", "y"):
        assert "shared-at-max" in one(exercise, "backward", name, "1.3").diagnoses
    assert one(exercise, "backward", "y", "2.6").diagnoses[0] == "routed-to-loser"
    for tolerance in (0.001, 0.02):  # 1.3 per cent off is a different number, however wide the tolerance
        near = one(exercise._replace(tolerance=tolerance), "backward", "x", "1.317")
        assert "shared-at-max" not in near.diagnoses


@pytest.mark.parametrize(("digits", "named", "plainly"), [(4, 0.03, 0.005), (2, 0.09, 0.025)])
def test_numbers_that_come_of_nothing_are_seldom_named(digits: int, named: float, plainly: float) -> None:
    share, plain = by_chance(digits, times(4, 30))
    assert share <= named
    assert plain <= plainly


def test_students_who_round_each_step_are_understood() -> None:
    assert rounding(times(0, 2)).share >= 0.94


def test_a_mistake_on_top_of_a_wrong_upstream_gradient_is_named() -> None:
    assert on_top(times(0, 2)).share >= 0.95


def test_typed_products_are_read_factor_by_factor() -> None:
    assert products(times(0, 2)).share >= 0.95
