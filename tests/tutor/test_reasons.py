"""Wrong answers for which a false reason was once given, or none: each stands for its kind."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import ad_hoc, find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict
from backprop_tutor.tutor.session import Session
from tests.benchmarks.diagnosis import in_full
from tests.tutor.classroom import answered, check, of, one, shipped, with_graph


def circuit(graph: str, stage: str = "backward", **at: float) -> Exercise:
    return ad_hoc(graph, [f"{name}={value}" for name, value in at.items()])._replace(stages=(stage,))


def told(id_: str, stage: str, name: str, text: str, seed: int | None = None) -> Verdict:
    return one(variant(find(id_), seed), stage, name, text)


def test_a_number_for_a_formula_is_told_so() -> None:
    verdict = one(circuit("p = a*c; f = p + d", "symbolic", a=3, c=7, d=2), "symbolic", "a", "7")
    assert verdict.diagnoses == ("number-for-formula",)
    assert "A formula in the names of the nodes is asked for" in verdict.message


def test_a_value_is_not_called_a_gradient() -> None:
    assert told("simple", "forward", "q", "0").message == "The value is not 0 here."


def test_a_bare_0_or_1_is_no_coarse_rounding() -> None:
    for text in ("0", "0.00"):
        assert told("leaky-gate", "backward", "x", text).diagnoses[0] == "leaky-as-relu"
    softmax = circuit("a = exp(x); b = exp(y); s = a + b; p = a/s; l = log(p); f = -2*l", x=0.5, y=-0.2)
    assert "too-coarse" not in one(softmax, "backward", "x", "-1").diagnoses  # -0.6636


def test_behind_a_dead_gate_no_sign_is_turned() -> None:
    dead = circuit("s = a*b; r = relu(s); m = r*k; f = relu(m)", a=2, b=3, k=-5)
    assert not any("sign-flipped" in id_ for id_ in one(dead, "backward", "s", "-1").diagnoses)


@pytest.mark.parametrize(
    ("id_", "stage", "name", "text", "reason"),
    [
        ("simple", "backward", "x", "x", "gave-value"),
        ("sigmoid", "backward", "g5", "-0.53*-1", "exp-gave-input"),
        ("xor", "delta", "y5.delta", "e5*y5", "slope-as-output"),
        ("xor", "update", "w24", "w24*0.1", "multiplied-by-rate"),
        ("xor", "update", "w35", "-1.2 + 0.1*-0.1274", "forgot-input"),
        ("simple", "backward", "q", "1*3", "swapped-inputs"),
    ],
)
def test_what_was_typed_is_read_factor_by_factor(id_: str, stage: str, name: str, text: str, reason: str) -> None:
    verdict = told(id_, stage, name, text)
    assert verdict.diagnoses[0] == reason, verdict
    assert "?" not in verdict.message


def test_a_factor_too_many_is_called_that() -> None:
    verdict = told("sigmoid", "backward", "w0", "0.2*-1*0.73")
    assert verdict.diagnoses == ("factor-too-many",)
    assert "0.73 (the value of f)" in verdict.message


def test_factors_that_are_known_are_called_by_their_names() -> None:
    exercise = circuit("p = a*b; q = c*d; s = p*q; f = s*k", a=2.3, b=3.1, c=0.7, d=1.9, k=-1.7)
    verdict = one(exercise, "backward", "a", "-2.26*0.7")
    assert verdict.diagnoses == ("wrong-factor",)
    assert "2.26 (the upstream gradient of p) by 0.7 (the value of c)" in verdict.message
    assert "7.01" not in verdict.message  # which is right


@pytest.mark.parametrize(
    ("id_", "stage", "name", "text", "said"),
    [
        (
            "tanh-gate",
            "backward",
            "x",
            "0.29*2.5",
            "2.5 is the upstream gradient ∂L/∂f. 0.29 is not the local gradient",
        ),
        ("sigmoid", "backward", "x0", "w0*0.31", "w0 is the local gradient ∂g1/∂x0. 0.31 is not the upstream gradient"),
        ("xor", "update", "w35", "-1.2+0.1*0.3", "-1.2 is the old weight and 0.1 is the rate α. 0.3 is not"),
        ("xor", "delta", "y5.delta", "-0.51*0.9", "-0.51 is what arrives at y5. 0.9 is not the slope of y5"),
    ],
)
def test_a_product_that_is_half_right_is_told_so_whatever_its_value(
    id_: str, stage: str, name: str, text: str, said: str
) -> None:
    verdict = told(id_, stage, name, text)
    assert verdict.diagnoses == ()
    assert said in verdict.message


def test_what_was_multiplied_once_too_often_is_told_with_the_rule_of_its_place() -> None:
    assert told("xor", "delta", "y3.delta", "0.25*0.15*-1.2").message.endswith("δ3 = ∂y3/∂X3 × w35 × δ5.")


def test_no_more_than_two_readings_are_said() -> None:
    assert told("gaussian", "backward", "x", "1", seed=1).diagnoses == ()
    forks = told("forks", "backward", "z", "3")
    assert forks.diagnoses[0] == "routed-to-loser"
    assert forks.message.count("You ") == 1


def test_a_five_digit_number_is_not_told_mistakes_that_are_a_hundredth_off() -> None:
    told_two = stated = total = 0
    for exercise in shipped()[::2]:
        key = AnswerKey(exercise)
        for question in key.asked("backward"):
            edits, attempt = key.edits.of(question), Attempt(key)
            for number in dict.fromkeys(filter(None, edits.numbers)):
                answer = attempt.read(question, in_full(1.0093 * number, 5))
                if attempt.judge(question, answer).outcome is Outcome.WRONG:
                    readings = attempt.diagnose(question, answer)
                    told_two += len(readings) > 1
                    stated += bool(readings) and readings[0].is_plain
                    total += 1
    assert total > 1000
    assert max(told_two, stated) <= 0.005 * total


def test_a_neurons_name_is_enough_for_its_delta() -> None:
    assert told("xor", "delta", "y5", "-0.1274").outcome is Outcome.RIGHT


def test_a_negative_base_is_shown_in_parentheses() -> None:
    assert "(-8)^0.333333 has no value" in told("sigmoid", "backward", "w0", "(-8)^(1/3)").message


def test_what_follows_from_one_dead_relu_is_moot() -> None:
    relu = variant(find("relu"), None)
    slipped = {"x": "-0.16", "f": "0"}
    verdicts = {
        (one.stage, one.target): one.outcome
        for one in answered(check(relu, forward=slipped, backward={"x": "0", "g3": "0", "b": "0", "w0": "0"}))
    }
    assert verdicts["backward", "x"] is Outcome.FOLLOW_THROUGH
    assert {verdicts["backward", name] for name in ("g3", "b", "w0")} == {Outcome.MOOT}


@pytest.mark.parametrize(
    ("id_", "stage", "name", "right", "wrong", "reason"),
    [
        ("xor", "update", "w35", "-1.2067", "-1.2127", "forgot-input"),
        ("xor", "delta", "y3.delta", "", "", "error-for-delta"),
        ("tanh-gate", "backward", "x", "1.78", "1.6", "tanh-of-input"),
        ("log-gate", "forward", "f", "-0.92", "-0.398", "base-ten"),
        ("log-gate", "backward", "x", "-3.75", "-1.629", "log-base-ten"),
        ("diamond", "backward", "x", "", "", "turned-in-the-sum"),
        ("swish-neuron", "backward", "s", "", "", "sign-flipped"),
        ("simple", "local", "x->q", "1", "-4", "gave-downstream"),
        ("square", "local", "x->f#1", "3", "6", "both-slots"),
        ("square", "backward", "x->f#1", "-4.5", "-9", "gave-total"),
    ],
)
def test_reasons_that_no_table_held(id_: str, stage: str, name: str, right: str, wrong: str, reason: str) -> None:
    exercise = variant(find(id_), None)
    if not wrong:  # as the tables have it
        key = AnswerKey(exercise)
        (question,) = [question for question in key.asked(stage) if question.target == name]
        edits = key.edits.of(question)
        wrong = next(
            f"{number:.4f}"
            for row, number, is_right in zip(edits.rows, edits.numbers, edits.is_right, strict=True)
            if row.id == reason and number is not None and not is_right
        )
    else:
        assert one(exercise, stage, name, right).outcome is Outcome.RIGHT
    assert one(exercise, stage, name, wrong).diagnoses[0] == reason


OTHERS = with_graph("p = a*b; q = p + d; f = q*k", {"a": 2.3, "b": 3.1, "d": 0.7, "k": -1.7})
OTHERS = OTHERS._replace(stages=("forward", "local", "backward", "symbolic"), upstream=2.9)
SQUARE = of("square", "local", "backward", "symbolic")
XOR = of("xor", "forward", "delta", "update")


@pytest.mark.parametrize(
    ("exercise", "stage", "name", "text", "reason", "said"),
    [
        (OTHERS, "forward", "p", "-4.93", "gave-gradient-for-value", "the gradient of p. Its value is asked for"),
        (OTHERS, "forward", "q", "7.13", "", "That is p. Here q is asked for."),
        (OTHERS, "local", "a->p", "-15.28", "gave-downstream", "The local gradient ∂p/∂a alone"),
        (OTHERS, "local", "a->p", "-5.27", "gave-downstream", "The local gradient ∂p/∂a alone"),  # ∂f/∂a
        (OTHERS, "local", "a->p", "b*k", "gave-downstream", "The local gradient ∂p/∂a alone"),
        (OTHERS, "local", "a->p", "-4.93", "gave-upstream", "the upstream gradient of p"),
        (OTHERS, "local", "a->p", "7.13", "gave-output", "the value of p. ∂p/∂a is asked for"),
        (OTHERS, "backward", "a", "3.1", "forgot-upstream", "You stopped at the local gradient"),
        (OTHERS, "backward", "a", "-5.27", "derivative-of-output", "You gave ∂f/∂a"),
        (OTHERS, "backward", "a", "2.3", "gave-value", "the value of a"),
        (OTHERS, "symbolic", "a", "-5.27", "number-for-formula", "A formula in the names of the nodes"),
        (OTHERS, "symbolic", "a", "b", "forgot-upstream", "You stopped at the local gradient"),
        (OTHERS, "symbolic", "a", "f", "gave-value", "the value of f. ∂f/∂a is asked for"),
        (SQUARE, "local", "x->f#1", "2*x", "both-slots", "You gave both branches together"),
        (SQUARE, "local", "x->f#1", "-9", "gave-total", "the whole gradient of x"),
        (SQUARE, "backward", "x->f#1", "-9", "gave-total", "the whole gradient of x"),
        (XOR, "forward", "y3", "0.03812", "", "That is δ3. Here y3 is asked for."),
        (XOR, "delta", "y5.error", "-0.1274", "delta-for-error", "You gave the delta of y5"),
        (XOR, "delta", "y5.delta", "-0.5097", "forgot-activation-derivative", ""),
        (XOR, "delta", "y3.delta", "0.525", "gave-value", "the value of y3. δ3 is asked for"),
        (XOR, "delta", "y3.delta", "-0.1274", "", "That is δ5. Here δ3 is asked for."),
        (XOR, "update", "w13", "0.03812", "", "That is δ3. Here new w13 is asked for."),
        (XOR, "update", "w35", "0.06687", "gave-gradient", "The new weight is asked for"),
    ],
)  # fmt: skip
def test_an_answer_to_another_question_is_recognised(
    exercise: Exercise, stage: str, name: str, text: str, reason: str, said: str
) -> None:
    verdict = one(exercise, stage, name, text)
    assert not reason or verdict.diagnoses[0] == reason
    assert said in verdict.message


@pytest.mark.parametrize(
    ("u", "factor", "answer", "signs"),
    [
        (2, 3, "-6", "A positive upstream gradient times a positive local gradient is positive."),
        (-2, -3, "-6", "A negative upstream gradient times a negative local gradient is positive."),
        (-2, 3, "6", "A negative upstream gradient times a positive local gradient is negative."),
    ],
)
def test_a_flipped_sign_is_explained_by_both_signs(u: float, factor: float, answer: str, signs: str) -> None:
    exercise = circuit("f = x*y", x=5, y=factor)._replace(upstream=u)
    assert signs in one(exercise, "backward", "x", answer).message


POWER = circuit("p = x*x; q = p*y; r = exp(q); f = r - z", "symbolic", x=0.7, y=-1.3, z=0.45)._replace(upstream=2.5)


@pytest.mark.parametrize(
    ("name", "formula", "id_", "said"),
    [
        ("y", "2*e^2", "number-for-formula", "You gave a number."),
        ("y", "2.5*p*r", "derivative-of-loss", "You gave ∂L/∂y. ∂f/∂y is asked for, without ∂L/∂f."),
        ("x", "5*x*y*exp(q)", "derivative-of-loss", "You gave ∂L/∂x."),
        ("x", "2*x*y", "forgot-upstream@q", "Further on, at q, you stopped at the local gradient."),
        ("y", "p*q*exp(q-1)", "exp-power-rule@r", "Further on, at r,"),
        ("y", "-y*r", "swapped-inputs+sign-flipped", "You multiplied by y itself and flipped the sign."),
        ("y", "p*exp(p)", "", "p is the local gradient ∂q/∂y. exp(p) is not the upstream gradient ∂f/∂q."),
        ("y", "x*r", "", "r is the upstream gradient ∂f/∂q. x is not the local gradient ∂q/∂y."),
    ],
)
def test_a_formula_in_practice_is_compared_with_the_whole_path(name: str, formula: str, id_: str, said: str) -> None:
    session = Session(POWER)
    session.give_until(name)
    reply = session.answer(formula)
    assert reply.diagnoses[:1] == ((id_,) if id_ else ())
    assert said in reply.message


LOSS = circuit("s = w*x; y = sigmoid(s); q = y - t; f = q^2", w=0.7, x=1.3, t=0.2)


@pytest.mark.parametrize(
    ("name", "typed", "id_"),
    [
        ("y", "q", "gave-output"),  # not half of ∂L/∂q
        ("s", "s*(1-s)", "sigmoid-of-input+forgot-upstream"),
        ("y", "dq*y", "value-for-local"),
        ("s", "1.03*0.29*0.91", ""),  # nearly the value of f, by chance
        ("s", "1.03*-0.21", ""),
    ],
)
def test_what_was_typed_is_said_for_certain_and_never_by_chance(name: str, typed: str, id_: str) -> None:
    session = Session(LOSS)
    session.give_until(name)
    reply = session.answer(typed)
    assert reply.diagnoses[:1] == ((id_,) if id_ else ())
    assert "Did you" not in reply.message
    assert "value of f" not in reply.message
    assert "gradient of s" not in reply.message  # which is asked


@pytest.mark.parametrize(
    ("id_", "stage", "name", "typed", "ids", "said"),
    [
        ("xor", "update", "w24", "w24-0.1*1*δ4", ("ascended",), "You stepped uphill."),
        ("xor", "update", "w24", "w24+0.1*δ3", ("another-delta",), "delta of another neuron, y3"),
        ("xor", "update", "w35", "w35+0.1*w35*δ5", ("own-weight-for-input",), "by the weight w35 itself"),
        ("xor", "update", "w24", "w24*δ4", (), "δ4 belongs there. w24 is not the rate α."),
        ("xor", "delta", "y3.delta", "e5*y3*(1-y3)", (), "e5 is not what arrives at y3."),
        ("xor", "update", "w35", "-0.06687", ("gave-step-without-rate",), "without the learning rate"),
        ("xor", "delta", "y3.delta", "0.2494", ("gave-slope",), "the slope of y3's activation alone"),
        ("two-outputs", "delta", "y3.delta", "-0.02045", ("turned-in-the-sum",), "the sign of what y5 carries"),
        ("swish-neuron", "forward", "s", "0.2139", ("gave-slope-for-value",), "the local gradient"),
    ],
)  # fmt: skip
def test_new_weights_are_compared_by_their_steps_and_a_name_is_not_explained_by_itself(
    id_: str, stage: str, name: str, typed: str, ids: tuple[str, ...], said: str
) -> None:
    stages = ("delta", "update") if stage == "update" else (stage,)
    session = Session(of(id_, *stages))
    while session.question is not None and session.question.target != name:
        session.answer(repr(session.key.number(session.question)))
    reply = session.answer(typed)
    assert reply.diagnoses == ids
    assert said in reply.message


EXP = circuit("p = x*y; q = p - z; r = exp(q); f = r*k", "local", x=0.7, y=-1.3, z=0.45, k=2.1)


@pytest.mark.parametrize(
    ("typed", "id_"),
    [("e^-1.36", ""), ("exp(-1.36)", ""), ("-1.36*e^-2.36", "exp-power-rule"), ("e^1.36", "exp-lost-sign")],
)
def test_a_formula_in_e_and_pi_alone_is_a_number(typed: str, id_: str) -> None:
    verdict = one(EXP, "local", "q->r", typed)
    assert (verdict.outcome is Outcome.RIGHT) is (not id_)
    assert verdict.diagnoses[:1] == ((id_,) if id_ else ())
