"""Errors, deltas and new weights: right however rounded, carried after a slip, and no credit for empty answers.

The full form (`BACKPROP_TUTOR_FULL=1`) takes 400 networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.verdicts import Outcome, Result
from tests.full import times
from tests.networks import Net, name_of, random_nets
from tests.tutor.classroom import answered, check, of, one, score

NETS = random_nets(times(10, 400), separated=True, width=3, seed=500)
Answers = dict[str, dict[str, str]]


def delta_answers(net: Net, write: Callable[[float], str], deltas: dict[int, float] | None = None) -> dict[str, str]:
    errors = {f"y{k}.error": write(error) for k, error in net.errors.items()}
    return {**errors, **{f"y{k}.delta": write(delta) for k, delta in (deltas or net.deltas).items()}}


def new_weights(net: Net, write: Callable[[float], str], deltas: dict[int, float] | None = None) -> dict[str, str]:
    return {name: write(net.numbers[name] + step) for name, step in replace_deltas(net, deltas).items()}


def replace_deltas(net: Net, deltas: dict[int, float] | None) -> dict[str, float]:
    """The steps that follow from these deltas."""
    if deltas is None:
        return net.steps
    return {name: step * deltas[k] / net.deltas[k] for name, step in net.steps.items() for k in [neuron_of(net, name)]}


def neuron_of(net: Net, name: str) -> int:
    """The neuron that a weight or a threshold enters."""
    pairs = (
        (j, k) for before, after in zip(net.numbered, net.numbered[1:], strict=False) for k in after for j in before
    )
    return int(name[1:]) if name.startswith("t") else next(k for j, k in pairs if name_of(j, k) == name)


def wrong(result: Result) -> list[str]:
    return [verdict.target for verdict in answered(result) if not verdict.outcome.counts]


def in_full(number: float) -> str:
    return repr(number)


def test_exact_answers_are_all_right() -> None:
    for net in NETS:
        result = check(net.exercise(), delta=delta_answers(net, in_full), update=new_weights(net, in_full))
        assert {verdict.outcome for verdict in answered(result)} == {Outcome.RIGHT}
        assert result.score == result.max_score
        assert not any(verdict.diagnoses for verdict in result.verdicts)


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_errors_and_deltas_rounded_to_two_digits_or_more_are_right(digits: int) -> None:
    for net in NETS:
        result = check(net.exercise(), delta=delta_answers(net, lambda number: f"{number:#.{digits}g}"))
        assert {verdict.outcome for verdict in answered(result)} == {Outcome.RIGHT}


def test_new_weights_are_marked_by_their_step() -> None:
    for net in NETS:
        exercise = net.exercise()
        for name, step in list(net.steps.items())[:8]:
            new = net.numbers[name] + step
            for decimals in range(2, 8):
                text = f"{new:.{decimals}f}"
                expected = 10.0**-decimals <= abs(step) or abs(float(text) - new) <= 0.02 * abs(step)
                if abs(10.0**-decimals - abs(step)) < 1e-9:
                    continue
                found = one(exercise, "update", name, text).outcome
                if expected or float(text) == net.numbers[name]:
                    assert found is (Outcome.RIGHT if expected else Outcome.WRONG), (name, step, text)
            assert one(exercise, "update", name, repr(new + 0.019 * step)).outcome is Outcome.RIGHT
            for off in (-2, -0.5, 1.5):  # more than rounding a gradient to two decimals makes of it
                assert one(exercise, "update", name, repr(new + off * step)).outcome is Outcome.WRONG
            assert one(exercise, "update", name, repr(net.numbers[name])).outcome is Outcome.WRONG


def test_an_unchanged_weight_is_right_only_where_the_step_is_0() -> None:
    dead = variant(find("xor-relu"), None)._replace(values={**variant(find("xor-relu"), None).values, "w13": -1.0})
    assert dead.solution.value("y3") == 0
    for name in ("w13", "w23", "t3", "w35"):
        assert one(dead, "update", name, repr(dead.values[name])).outcome is Outcome.RIGHT
        assert one(dead, "update", name, repr(dead.values[name] + 0.001)).outcome is Outcome.WRONG
    assert one(dead, "update", "w45", repr(dead.values["w45"])).outcome is Outcome.WRONG


def slipped(net: Net, at: int, number: float) -> dict[int, float]:
    """The deltas of a student who writes a wrong one at a neuron and continues correctly from it."""
    deltas: dict[int, float] = {}
    for layer in reversed(net.numbered[1:]):
        for k in layer:
            fed = net.after(k)
            back = net.slope(k) * sum(net.weight(k, after) * deltas[after] for after in fed)
            deltas[k] = number if k == at else back if fed else net.deltas[k]
    return deltas


def test_a_slip_in_a_delta_costs_that_delta_and_nothing_after_it() -> None:
    rng, carried = Random(5), 0
    for net in NETS:
        for at in [k for layer in net.numbered[1:] for k in layer][-3:]:
            number = rng.choice([net.deltas[at] * 1.7 + 0.2, -net.deltas[at] - 0.4])
            deltas = slipped(net, at, number)
            if min(map(abs, deltas.values())) < 1e-3 or abs(number - net.deltas[at]) < 0.05:
                continue
            result = check(
                net.exercise(), delta=delta_answers(net, in_full, deltas), update=new_weights(net, in_full, deltas)
            )
            assert wrong(result) == [f"y{at}.delta"], (net.text, at, number)
            assert result.score == result.max_score - 1
            for verdict in answered(result):
                if verdict.outcome is Outcome.FOLLOW_THROUGH:
                    carried += 1
                    assert verdict.message.startswith("Right method: your ")
    assert carried > 8 * len(NETS)


def test_a_slip_in_an_error_is_carried_through_every_loss() -> None:
    for net in NETS:
        at, wrong_error = net.numbered[-1][0], net.errors[net.numbered[-1][0]] * 0.6 + 0.3
        if abs(wrong_error - net.errors[at]) < 0.05:
            continue
        deltas = slipped(net, at, net.deltas[at] * wrong_error / net.errors[at])
        answers = {**delta_answers(net, in_full, deltas), f"y{at}.error": in_full(wrong_error)}
        result = check(net.exercise(), delta=answers, update=new_weights(net, in_full, deltas))
        assert wrong(result) == [f"y{at}.error"], (net.text, net.loss)


def test_new_weights_follow_from_the_students_own_gradients() -> None:
    for net in NETS:
        exercise = net.exercise(("backward", "update"))
        name = net.parameters[0]
        gradient = -net.steps[name] / net.rate
        own = 1.5 * gradient + (0.25 if gradient > 0 else -0.25)
        new = net.numbers[name] - net.rate * own
        result = check(exercise, backward={name: repr(own)}, update={name: repr(new)})
        assert [verdict.outcome for verdict in answered(result)] == [Outcome.WRONG, Outcome.FOLLOW_THROUGH]
        assert name in answered(result)[1].message


def test_a_wrong_forward_value_is_carried_into_deltas_and_steps() -> None:
    for net in NETS:
        at = net.numbered[-1][0]
        if net.loss == "cross-entropy":
            continue
        own = replace(net, numbers=net.numbers)
        own.__dict__["outputs"] = {**net.outputs, at: net.outputs[at] * 1.3 + (0.2 if net.outputs[at] > 0 else -0.2)}
        error = net.numbers[f"yd{at}"] - own.outputs[at]
        answers = {f"y{at}.error": repr(error)}
        result = check(net.exercise(("forward", "delta")), forward={f"y{at}": repr(own.outputs[at])}, delta=answers)
        outcomes = {verdict.target: verdict.outcome for verdict in answered(result)}
        assert outcomes[f"y{at}.error"] is Outcome.FOLLOW_THROUGH, (net.text, at)


def two(number: float) -> float:
    return float(f"{number:.2f}")


def test_students_who_round_every_step_to_two_decimals_are_right() -> None:
    tried = 0
    for id_ in ("xor", "two-outputs", "cross-entropy", "output-neuron"):
        for seed in (None, *range(1, times(6, 60))):
            exercise = variant(find(id_), seed)
            solution = exercise.solution
            answers: dict[str, str] = {}
            for y, x in exercise.neurons.items():
                delta = two(-solution.gradient(x))
                if delta:
                    tried += 1
                    answers[f"{y}.delta"] = f"{delta:.2f}"
            result = check(exercise, delta=answers)
            assert {verdict.outcome for verdict in answered(result)} == {Outcome.RIGHT}
    assert tried > 30


GARBAGE: dict[str, Callable[[Net], Answers]] = {
    "zeros": lambda net: {"delta": dict.fromkeys(delta_answers(net, in_full), "0")},
    "zeros, and the old weights": lambda net: {
        "delta": dict.fromkeys(delta_answers(net, in_full), "0"),
        "update": {name: repr(net.numbers[name]) for name in net.parameters},
    },
    "gradients of 0, and the old weights": lambda net: {
        "backward": dict.fromkeys(net.parameters, "0"),
        "update": {name: repr(net.numbers[name]) for name in net.parameters},
    },
    "tiny gradients, and the old weights": lambda net: {
        "backward": dict.fromkeys(net.parameters, "1e-300"),
        "delta": dict.fromkeys(delta_answers(net, in_full), "1e-16"),
        "update": {name: repr(net.numbers[name]) for name in net.parameters},
    },
    "huge deltas": lambda net: {
        "delta": dict.fromkeys(delta_answers(net, in_full), "1e16"),
        "update": dict.fromkeys(net.parameters, "1e300"),
    },
    "the steps alone": lambda net: {
        "update": {name: repr(step) for name, step in net.steps.items() if abs(net.numbers[name]) > 0.1 * abs(step)}
    },
}  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE)
def test_nobody_gains_by_emptiness(garbage: str) -> None:
    for net in NETS:
        assert score(net.exercise(), **GARBAGE[garbage](net)) == 0, (net.text, garbage)


def test_a_gradient_of_0_that_is_right_leaves_the_weight_as_it_is() -> None:
    """A hidden neuron that the student's own forward pass finds dead takes no step."""
    exercise = variant(find("xor-relu"), None)._replace(stages=("forward", "delta", "update"))
    result = check(exercise, forward={"X3": "-0.1", "y3": "0"}, delta={"y3": "0"}, update={"w35": "-1.2", "w13": "0.5"})
    outcomes = {verdict.target: verdict.outcome for verdict in answered(result)}
    assert outcomes["X3"] is Outcome.WRONG
    assert outcomes["y3"] is Outcome.FOLLOW_THROUGH
    assert [outcomes[name] for name in ("w35",)] == [Outcome.FOLLOW_THROUGH]


def test_the_names_of_nodes_stand_for_their_values_in_an_answer() -> None:
    xor = variant(find("xor"), None)
    assert one(xor, "delta", "y5.error", "yd5 - y5").outcome is Outcome.RIGHT
    assert one(xor, "delta", "y5.delta", "y5*(1 - y5)*e5").outcome is Outcome.RIGHT
    assert one(xor, "update", "w35", "w35 + 0.1*y3*y5*(1 - y5)*e5").outcome is Outcome.RIGHT
    assert one(xor, "update", "w35", "w35 - 0.1*y3*y5*(1 - y5)*e5").diagnoses == ("ascended",)
    assert (
        one(xor, "delta", "y5.error", "e5").outcome is Outcome.UNREADABLE
    )  # a line of the graph, and the answer itself
    assert one(xor, "delta", "y5.delta", "y5*(1 - y6)").outcome is Outcome.UNREADABLE


def test_names_that_are_no_questions_are_told_and_a_hidden_neurons_name_is_enough() -> None:
    xor = variant(find("xor"), None)
    assert one(xor, "delta", "y3", "0.0381").outcome is Outcome.RIGHT
    verdict = one(xor, "delta", "y5.dleta", "1")
    assert verdict.outcome is Outcome.UNREADABLE
    assert "Did you mean y5.delta?" in verdict.message
    assert one(xor, "update", "w53", "1").outcome is Outcome.UNREADABLE
    assert one(variant(find("relu"), None), "update", "w0", "1").outcome is Outcome.UNREADABLE


OWN_NAMES = "\n".join(
    [
        "a = w13*x1", "b = w23*x2", "c = a + b", "d = c - t3", "h = sigmoid(d)", "k = w14*x1", "l = w24*x2",
        "m = k + l", "n = m - t4",
        "i = sigmoid(n)", "p = w35*h", "q = w45*i", "r = p + q", "s = r - t5", "out = sigmoid(s)", "err = yd5 - out",
        "sq = err**2", "L = 0.5*sq",
    ]
)  # fmt: skip


def test_a_graph_of_ones_own_leaves_deltas_and_weights_under_the_exercises_names() -> None:
    xor = variant(find("xor"), None)._replace(stages=("graph", "delta", "update"))
    answers = {
        "delta": {"y5.error": "-0.5097", "y5.delta": "out*(1 - out)*err", "y3": "0.0381"},
        "update": {"w13": "0.5038"},
    }
    result = check(xor, graph=OWN_NAMES, **answers)
    assert {verdict.outcome for verdict in answered(result)} == {Outcome.RIGHT}
    ascended = [
        verdict
        for verdict in check(xor, graph=OWN_NAMES, update={"w35": "-1.1933"}).verdicts
        if verdict.answer == "-1.1933"
    ]
    assert ascended[0].diagnoses == ("ascended",)
    assert "w35 + α·y3·δ5" in ascended[0].message
    wrong_graph = OWN_NAMES.replace("s = r - t5", "s = r + t5")
    result = check(xor, graph=wrong_graph, **answers, backward={"s": "1"})
    outcomes = {verdict.target: verdict.outcome for verdict in answered(result) if verdict.stage == "delta"}
    assert outcomes["y5.error"] is Outcome.RIGHT  # about the exercise's neurons, whose names this graph does not have
    same_names = "\n".join(
        line for line in xor.graph_text.replace("- t5", "+ t5").replace("0.5*e5**2", "0.5*(e5**2)").split("\n") if line
    )
    assert not check(xor, graph=same_names, delta={"y5.delta": "-0.1274"}).verdicts[1].outcome.counts


@pytest.mark.parametrize(
    ("delta", "name", "text", "slip"),
    [
        ({"y5.error": "-0.30"}, "w35", "-1.20394", "y5.error"),
        ({"y5.error": "-0.30"}, "t5", "0.3075", "y5.error"),
        ({"y5.error": "-0.30"}, "w13", "0.50224", "y5.error"),
        ({"y5.delta": "-0.3"}, "w13", "0.50898", "y5.delta"),
        ({"y5.delta": "-0.3", "y3.delta": "0.05"}, "w13", "0.505", "y3.delta"),
    ],
)
def test_a_slip_is_carried_into_new_weights_through_deltas_that_were_not_answered(
    delta: dict[str, str], name: str, text: str, slip: str
) -> None:
    (verdict,) = [
        one
        for one in answered(check(of("xor", "delta", "update"), delta=delta, update={name: text}))
        if one.stage == "update"
    ]
    assert verdict.outcome is Outcome.FOLLOW_THROUGH
    assert verdict.message == f"Right method: your {slip} was off, and you used it correctly."
