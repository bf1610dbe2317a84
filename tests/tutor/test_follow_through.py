"""One slip costs one step, and nobody gains by handing in garbage.

The full form (`BACKPROP_TUTOR_FULL=1`) tries each on 200 graphs and more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

import pytest

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.full import times
from tests.strategies import random_circuit
from tests.tutor.classroom import ALL, a_class, answered, check, exercise_of, of, score, with_graph
from tests.tutor.paper import Paper, worked


def slipped_at(exercise: Exercise, branch: str, wrong: float) -> dict[str, float]:
    """The answers of a student who writes one wrong number at a branch and works correctly from there."""
    graph, paper, own = exercise.graph, worked(exercise), Paper()
    own.gradients = dict.fromkeys(graph.names, 0.0) | {graph.output_name: exercise.upstream}
    for name in reversed(graph.gate_names):
        for at in graph.branches_into(name):
            own.carried[at.name] = wrong if at.name == branch else own.gradients[name] * paper.local[at.name]
            own.gradients[at.source] += own.carried[at.name]
    return own.answers(exercise)


def test_one_slip_loses_exactly_that_step() -> None:
    rng, tried, unclear = Random(11), 0, 0
    for exercise in a_class(40, 1000):
        paper = worked(exercise)
        for branch in exercise.graph.branches:
            right = paper.carried[branch.name]
            wrong = rng.choice([right * 3 + 1, -right - 2, right + 0.7, 5.123])
            if abs(wrong - right) < 0.5 * abs(right) + 0.1:
                continue
            tried += 1
            answers = slipped_at(exercise, branch.name, wrong)
            text = {name: repr(number if abs(number) > 1e-12 else 0.0) for name, number in answers.items()}
            if any(answers[name] == 0 != number for name, number in paper.answers(exercise).items()):
                continue  # the slip cancels to a 0 further on, and a 0 that shows nothing earns nothing
            result = check(exercise, backward=text)
            lost = [verdict.target for verdict in answered(result) if not verdict.outcome.counts]
            if any("only passes on" in verdict.message for verdict in answered(result)):
                unclear += 1  # if every gate from there passes it on, or carries 0, nothing else can be shown
                continue
            assert lost == [branch.name], (exercise.graph_text, exercise.values, branch.name, wrong, lost)
            assert result.score == result.max_score - 1
            for verdict in answered(result):
                if verdict.outcome is Outcome.FOLLOW_THROUGH:
                    assert " correctly." in verdict.message
    assert tried > 200
    assert unclear < tried / 100


def test_a_wrong_forward_value_is_carried_too() -> None:
    relu = of("relu", *ALL)
    result = check(relu, forward={"g1": "0.3", "g2": "-0.84", "g3": "-0.54", "x": "0.26", "f": "0.26"})
    outcomes = {verdict.target: verdict.outcome for verdict in answered(result)}
    assert outcomes["g1"] is Outcome.WRONG
    assert outcomes["g2"] is Outcome.RIGHT
    assert {outcomes[name] for name in ("g3", "x", "f")} == {Outcome.FOLLOW_THROUGH}


Answers = dict[str, str]
GARBAGE: dict[str, Callable[[Exercise, Paper], Answers]] = {
    "all zeros": lambda exercise, paper: dict.fromkeys(paper.answers(exercise), "0"),
    "all zeros, decimals shown": lambda exercise, paper: dict.fromkeys(paper.answers(exercise), "0.00"),
    "tiny upstreams": lambda exercise, paper: {
        **dict.fromkeys(paper.answers(exercise), "0"),
        **upstreams(exercise, "1e-14"),
    },
    "smaller upstreams": lambda exercise, paper: {
        **dict.fromkeys(paper.answers(exercise), "0"),
        **upstreams(exercise, "1e-300"),
    },
    "huge upstreams": lambda exercise, paper: {
        **dict.fromkeys(paper.answers(exercise), "1e16"),
        **upstreams(exercise, "1e16"),
    },
    "huger upstreams": lambda exercise, paper: {
        **dict.fromkeys(paper.answers(exercise), "0"),
        **upstreams(exercise, "1e300"),
    },
    "infinite upstreams": lambda exercise, paper: dict.fromkeys(paper.answers(exercise), "1e400"),
}


def upstreams(exercise: Exercise, text: str) -> Answers:
    """This answer as the gradient of every gate."""
    return {name: text for name in exercise.graph.gate_names if name != exercise.graph.output_name}


def honest_points(exercise: Exercise, paper: Paper, answers: Answers) -> int:
    """How many of these numbers happen to be right there."""
    return sum(
        close(float(answers[name]), number) for name, number in paper.answers(exercise).items() if name in answers
    )


def close(given: float, right: float) -> bool:
    return abs(given - right) <= 0.05 * abs(right) + 1e-12


@pytest.mark.parametrize("garbage", GARBAGE)
def test_nobody_gains_by_garbage(garbage: str) -> None:
    for exercise in graphs():
        paper = worked(exercise)
        answers = GARBAGE[garbage](exercise, paper)
        exact_zeros = sum(abs(number) < 1e-12 for number in paper.answers(exercise).values())
        earned = score(exercise, backward=answers)
        assert earned <= exact_zeros + honest_points(exercise, paper, answers), (exercise.graph_text, exercise.values)


def test_half_a_fork_repeated_as_its_sum_gains_nothing() -> None:
    for exercise in graphs():
        paper, graph = worked(exercise), exercise.graph
        for fork in graph.forks:
            if fork == graph.output_name:
                continue
            first = graph.branches_from[fork][0].name
            given = repr(paper.carried[first])
            if close(paper.carried[first], paper.gradients[fork]):
                continue
            result = check(exercise, backward={first: given, fork: given})
            verdicts = {verdict.target: verdict.outcome for verdict in answered(result)}
            assert verdicts[first] is Outcome.RIGHT
            assert verdicts[fork] is Outcome.WRONG


def test_one_right_branch_and_nothing_else_is_one_point() -> None:
    for exercise in graphs():
        for name, number in list(worked(exercise).answers(exercise).items())[:4]:
            assert score(exercise, backward={name: repr(number if abs(number) > 1e-12 else 0.0)}) == 1


def padded(exercise: Exercise) -> str:
    """The exercise's graph with gates after it that do nothing."""
    last = exercise.graph.output_name
    lines = [exercise.graph_text.rstrip()]
    for number in range(10):
        lines.append(f"idle{number} = {last} + 0")
        last = f"idle{number}"
    return "\n".join(lines)


def test_a_graph_padded_with_gates_that_do_nothing_gains_nothing() -> None:
    for exercise in graphs():
        idle = {f"idle{number}": "1" for number in range(10)} | {exercise.graph.output_name: "1"}
        assert score(exercise, graph=padded(exercise), backward=idle) == 0, exercise.graph_text


def test_a_graph_that_leaves_inputs_out_gains_nothing() -> None:
    for exercise in graphs():
        name, *others = exercise.graph.input_names
        if not others:
            continue
        small = f"only = {name}*1.5"
        right = worked(exercise).gradients[name]
        assert score(exercise, graph=small, backward={name: "1.5"}) <= close(1.5, right), exercise.graph_text


@cache
def graphs() -> list[Exercise]:
    """Random graphs of two gates and more, the same each time."""
    circuits = (random_circuit(Random(1000 + seed), 2 + seed % 8, separated=True) for seed in range(times(20, 200)))
    return [exercise_of(circuit) for circuit in circuits]


def test_the_slip_is_called_by_its_name_across_nodes_that_were_not_answered() -> None:
    backward = check(of("sigmoid", "backward"), backward={"g7": "0.53", "g4": "-0.20"})
    forward = check(of("gaussian", "forward"), forward={"q": "1.6", "a": "-0.8"})
    for result, name, slip in ((backward, "g4", "g7"), (forward, "a", "q")):
        (verdict,) = [one for one in answered(result) if one.target == name]
        assert verdict.message == f"Right method: your {slip} was off, and you used it correctly."


NEURON = with_graph("s = w*x; y = sigmoid(s); q = y - t; f = q^2", {"w": 0.7, "x": 1.3, "t": 0.2}, ALL)
DEAD = with_graph("s = a*b + c; r = relu(s); m = r*k; f = m^2", {"a": 0.7, "b": -1.3, "c": 1.4, "k": 2.1}, ALL)


@pytest.mark.parametrize("forward", [{"s": "2"}, {"s": "2", "y": "0.8808", "q": "0.6808"}, {"y": "0.8808"}])
@pytest.mark.parametrize("skipped", [("q",), ("q", "y"), ("q", "y", "s")])
def test_own_values_carry_through_gradients_that_were_not_answered(
    forward: dict[str, str], skipped: tuple[str, ...]
) -> None:
    gradients = {"q": 1.3616, "y": 1.3616, "s": 0.14296, "w": 0.18585}
    backward = {name: str(number) for name, number in gradients.items() if name not in skipped}
    result = check(NEURON, forward=forward, backward=backward)
    verdicts = {one.target: one.outcome for one in answered(result) if one.stage == "backward"}
    assert verdicts == dict.fromkeys(backward, Outcome.FOLLOW_THROUGH)


@pytest.mark.parametrize("forward", [{"g1": "-1.91"}, {"s": "-0.51"}, {"g1": "-1.91", "r": "0"}])
def test_zeros_behind_a_gate_that_a_slip_closed_are_moot_whether_its_gradient_was_answered_or_not(
    forward: dict[str, str],
) -> None:
    result = check(DEAD, forward=forward, backward={"a": "0", "g1": "0"})
    for verdict in [one for one in answered(result) if one.stage == "backward"]:
        assert verdict.outcome is Outcome.MOOT
        assert "r is dead" in verdict.message or "your dead r" in verdict.message
    for upstream in ("0", "0.00"):  # but a 0 that was only claimed carries nothing
        result = check(DEAD, backward={"s": upstream, "g1": "0", "a": "0"})
        first, *others = answered(result)
        assert first.diagnoses == ("relu-blocked-positive",)
        for verdict in others:
            assert (verdict.outcome, verdict.diagnoses) == (Outcome.WRONG, ())
            assert verdict.message.startswith("This 0 follows from your 0 for ")
