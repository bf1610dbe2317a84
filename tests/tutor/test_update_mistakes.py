"""Each mistake of errors, deltas and new weights, from its words, wherever it can be made: marked wrong, named, and
explained.

The full form (`BACKPROP_TUTOR_FULL=1`) takes 300 networks.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.text import ascii_text
from backprop_tutor.tutor.feedback import Ladder
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages import questions
from tests.full import times
from tests.networks import Net, random_nets
from tests.tutor.classroom import answered, check, one
from tests.tutor.test_network_marking import neuron_of

NETS = random_nets(times(28, 300), separated=True, width=3, seed=2000)
OF_DELTAS = (
    "forgot-activation-derivative",
    "kept-activation-derivative",
    "forgot-an-output",
    "factor-of-two",
    "used-new-weight",
)
OF_STEPS = ("forgot-minus-one", "ascended", "forgot-rate", "gave-step")
GENERAL = ("sign-flipped", "decimal-slip")


def wrong_deltas(net: Net, k: int) -> Iterator[tuple[str, float]]:
    """What each mistake makes of a neuron's delta, from the issue's wording."""
    fed, slope, delta = net.after(k), net.slope(k), net.deltas[k]
    if fed or net.loss != "cross-entropy":
        yield "forgot-activation-derivative", delta / slope
    if not fed and net.loss == "cross-entropy":
        yield "kept-activation-derivative", delta * slope
    if net.loss != "cross-entropy":
        yield "factor-of-two", delta * (2 if net.loss == "half-square" else 0.5)
    terms = [net.weight(k, after) * net.deltas[after] for after in fed]
    for size in range(1, len(terms)):
        yield from (("forgot-an-output", slope * sum(kept)) for kept in combinations(terms, size))
    if fed:
        renewed = [
            (net.weight(k, after) + net.rate * net.outputs[k] * net.deltas[after]) * net.deltas[after] for after in fed
        ]
        yield "used-new-weight", slope * sum(renewed)


def predicted(net: Net) -> Iterator[tuple[str, str, str, float, float]]:
    """Every mistake at every question: the id, the stage, the target, the wrong number and the right one."""
    for k, error in net.errors.items():
        yield "sign-flipped", "delta", f"y{k}.error", -error, error
    for k, delta in net.deltas.items():
        yield "sign-flipped", "delta", f"y{k}.delta", -delta, delta
        yield "decimal-slip", "delta", f"y{k}.delta", delta * 10, delta
        yield from ((id_, "delta", f"y{k}.delta", number, delta) for id_, number in wrong_deltas(net, k))
    for name, step in net.steps.items():
        old, k = net.numbers[name], neuron_of(net, name)
        new = old + step
        yield "forgot-minus-one" if name.startswith("t") else "ascended", "update", name, old - step, new
        yield "ascended", "update", name, old - step, new
        yield "forgot-rate", "update", name, old + step / net.rate, new
        yield "gave-step", "update", name, step, new
        yield from (
            (id_, "update", name, old + step * number / net.deltas[k], new) for id_, number in wrong_deltas(net, k)
        )


def test_the_oracle_knows_every_mistake_of_the_update() -> None:
    assert {*OF_DELTAS, *OF_STEPS} <= set(MISTAKES)


def test_each_mistake_is_said_first_where_it_is_alone() -> None:
    made: Counter[str] = Counter()
    first: Counter[str] = Counter()
    said: dict[str, str] = {}
    for net in NETS:
        checker, every = Checker(net.exercise()), list(predicted(net))
        for id_, stage, target, number, right in every:
            if not math.isfinite(number) or number == 0:
                continue
            (verdict,) = answered(checker.check(submission_of({stage: {target: repr(number)}})))
            old = net.numbers.get(target, 0.0)
            if verdict.outcome is Outcome.RIGHT:
                step = abs(right - old)
                within = 0.021 * step + 0.05 * max(
                    1.0, net.rate
                )  # 2 %, and what rounding every step to two decimals moves
                assert abs(number - right) < within, (net, id_, target, number, right)
                continue
            assert verdict.outcome is Outcome.WRONG
            if any(at == target and other != id_ and near(wrong, number, old) for other, _, at, wrong, _ in every):
                continue
            made[id_] += 1
            is_one = " or did you " not in verdict.message  # all of them are the same function here
            first[id_] += id_ in verdict.diagnoses[: None if is_one else 1]
            if verdict.diagnoses and verdict.diagnoses[0] == id_:
                said.setdefault(id_, verdict.message)
    assert first.total() >= 0.98 * made.total()
    assert set(first) >= {*OF_DELTAS, *OF_STEPS, *GENERAL} - {"forgot-minus-one"}
    for message in said.values():
        assert not re.search(r"[{}\[\]|]|None|nan", message), message
        assert ascii_text(message).isascii()


def near(a: float, b: float, old: float) -> bool:
    return abs(a - b) <= 0.05 * max(abs(a - old), abs(b - old), abs(a), abs(b))


def test_a_student_who_ascends_is_told_which_way_is_down() -> None:
    for id_ in ("xor", "xor-relu", "two-outputs", "cross-entropy", "output-neuron"):
        exercise = variant(find(id_), None)
        assert exercise.update is not None
        solution = exercise.solution
        for name in exercise.update.nodes:
            old, new = solution.value(name), solution.value(name) - exercise.update.rate * solution.gradient(name)
            verdict = one(exercise, "update", name, repr(2 * old - new))
            assert "ascended" in verdict.diagnoses
            assert f"Here e = yd - y and δ = -∂L/∂X, so ∂L/∂{name} = " in verdict.message
            assert f"a step downhill is {name} + α·" in verdict.message


def test_the_steps_that_are_taught_descend() -> None:
    for net in NETS:
        exercise = net.exercise()
        for question in questions(exercise):
            whole = list(Ladder(exercise, exercise.solution, question))[-1]
            if question.stage == "update":
                new = net.numbers[question.target] + net.steps[question.target]
                assert float(whole.rstrip(".").rpartition("= ")[2]) == pytest.approx(new, abs=6e-5)


def test_every_question_has_a_ladder_that_ends_in_the_answer_and_says_it_nowhere_before() -> None:
    for net in NETS:
        exercise = net.exercise()
        for question in questions(exercise):
            rungs = list(Ladder(exercise, exercise.solution, question))
            assert len(rungs) >= 3
            assert len(set(rungs)) == len(rungs)
            assert rungs[-2].startswith(("work out ", "the derivative "))
            for rung in rungs:
                assert ascii_text(rung).isascii()
                assert not re.search(r"[{}]|None|nan", rung), rung


def test_two_mistakes_at_once_are_both_named() -> None:
    xor = variant(find("xor"), None)
    assert one(xor, "update", "w13", "0.4619").diagnoses[0] == "forgot-rate+ascended"
    assert one(xor, "delta", "y3", "-0.1529").diagnoses[0] == "forgot-activation-derivative+sign-flipped"


def test_where_nothing_matches_it_says_which_way_the_weight_goes() -> None:
    xor = variant(find("xor"), None)
    for text, words in {
        "0.7": "The direction is right", "0.47": "It moves the wrong way", "w13": "That is the old weight",
    }.items():  # fmt: skip
        verdict = one(xor, "update", "w13", text)
        assert verdict.diagnoses == ()
        assert words in verdict.message
    assert "That is δ4. Here δ3 is asked for." in one(xor, "delta", "y3", "-0.0147").message


def test_a_weight_rounded_to_its_old_number_is_too_coarse() -> None:
    xor = variant(find("xor"), None)
    assert one(xor, "update", "w13", "0.50").diagnoses == ("too-coarse",)
    assert "Four decimals" in one(xor, "update", "w13", "0.50").message


def test_an_update_without_neurons_is_told_apart_too() -> None:
    from backprop_tutor.course.values import Update

    plain = variant(find("sigmoid-gate"), None)._replace(stages=("update",), update=Update(0.5, ("w0", "x0")))
    step = -0.5 * plain.solution.gradient("w0")
    for id_, number in {"ascended": 2 - step, "forgot-rate": 2 + 2 * step, "gave-step": step}.items():
        verdict = one(plain, "update", "w0", repr(number))
        assert verdict.diagnoses[0] == id_
        assert "δ" not in verdict.message
    assert "Descent goes against the gradient: w0 - α·∂L/∂w0" in one(plain, "update", "w0", repr(2 - step)).message
    assert answered(check(plain, update={"w0": repr(2 + step)}))[0].outcome is Outcome.RIGHT


@pytest.mark.parametrize("exercise", ["output-neuron", "two-outputs", "xor", "cross-entropy"])
def test_a_forgotten_rate_is_called_that_first(exercise: str) -> None:
    network = variant(find(exercise), None)
    for question in questions(network._replace(stages=("update",))):
        old, gradient = network.solution.value(question.node), network.solution.gradient(question.node)
        assert one(network, "update", question.target, repr(old - gradient)).diagnoses[0] == "forgot-rate"


def test_a_new_weight_cut_off_is_named_where_its_digits_reach_to_the_step() -> None:
    xor = variant(find("xor"), None)
    assert xor.update is not None
    new = {name: xor.solution.value(name) - 0.1 * xor.solution.gradient(name) for name in xor.update.nodes}
    assert f"{new['w35']:.6f}" == "-1.206687"
    assert one(xor, "update", "w35", "-1.206").diagnoses[0] == "cut-off"
    assert "cut-off" not in one(xor, "update", "w35", "-1.20").diagnoses
