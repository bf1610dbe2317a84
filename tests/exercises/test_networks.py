"""The network exercises: the textbook's numbers to the digits printed, and which way is down at everyone's own
numbers."""

from __future__ import annotations

import json
import re

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import drawn_values, variant, why_unusable
from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.cli.running import Terminal, tutor
from tests.full import times
from tests.tutor.classroom import answered, check, one

VALUES = {"y3": "0.5250", "y4": "0.8808", "y5": "0.5097"}
DELTAS = {"y5.error": "-0.5097", "y5.delta": "-0.1274", "y3.delta": "0.0381", "y4.delta": "-0.0147"}
NEW = {
    "w13": "0.5038", "w14": "0.8985", "w23": "0.4038", "w24": "0.9985", "w35": "-1.2067", "w45": "1.0888",
    "t3": "0.7962", "t4": "-0.0985", "t5": "0.3127",
}  # fmt: skip
OLD = {
    "w13": 0.5,
    "w14": 0.9,
    "w23": 0.4,
    "w24": 1.0,
    "w35": -1.2,
    "w45": 1.1,
    "t3": 0.8,
    "t4": -0.1,
    "t5": 0.3,
    "x1": 1,
    "x2": 1,
    "yd5": 0,
}
"""Negnevitsky, Artificial Intelligence, ch. 6."""
NETWORKS = ("output-neuron", "xor", "xor-relu", "two-outputs", "cross-entropy")


def test_xor_begins_with_the_textbooks_numbers() -> None:
    assert variant(find("xor"), None).values == OLD
    assert find("xor").update is not None
    assert find("xor").update.rate == 0.1  # type: ignore[union-attr]


def test_explain_for_machines_rounds_to_the_textbooks_numbers() -> None:
    data = json.loads(tutor("explain", "xor", "--format", "json").out)
    for name, text in VALUES.items():
        assert f"{data['nodes'][name]['value']:.4f}" == text
    assert {
        f"{y}.{part}": f"{number:.4f}" for y, pair in data["deltas"].items() for part, number in pair.items()
    } == DELTAS
    assert {name: f"{pair['new']:.4f}" for name, pair in data["updates"].items()} == NEW
    for name, pair in data["updates"].items():
        assert pair["old"] == OLD[name]
        assert pair["new"] == pytest.approx(pair["old"] + pair["step"], rel=1e-15)
        assert pair["step"] == pytest.approx(-0.1 * data["nodes"][name]["gradient"], rel=1e-12)


def test_check_takes_the_textbooks_numbers_together() -> None:
    nested: dict[str, dict[str, str]] = {}
    for name, text in DELTAS.items():
        nested.setdefault(name[:2], {})[name[3:]] = text
    answers = json.dumps({"forward": VALUES, "delta": nested, "update": NEW})
    ran = tutor("check", "xor", "-", "--format", "json", stdin=answers)
    result = json.loads(ran.out)
    assert (ran.status, result["score"], result["max_score"]) == (0, 13.0, 13.0)
    assert {verdict["verdict"] for verdict in result["verdicts"]} == {"right"}


@pytest.mark.parametrize(
    ("stage", "name", "text"),
    [("delta", *pair) for pair in DELTAS.items()] + [("update", *pair) for pair in NEW.items()],
)
def test_check_takes_each_of_the_textbooks_numbers_alone(stage: str, name: str, text: str) -> None:
    assert one(variant(find("xor"), None), stage, name, text).outcome is Outcome.RIGHT


def test_a_scripted_practice_takes_the_textbooks_numbers() -> None:
    ran = tutor("practice", "xor", stdin="\n".join([*DELTAS.values(), *NEW.values()]) + "\n")
    assert ran.status == 0
    assert "13 of 13, 13 on the first try, 0 hints." in ran.out
    for text in (*DELTAS.values(), *NEW.values()):
        assert text in ran.out


def test_practice_at_a_terminal_asks_for_signals_then_for_new_weights() -> None:
    terminal = Terminal("practice", "xor", columns=60)
    terminal.type(*DELTAS.values(), "0.4962", "hint", "hint", *NEW.values())
    assert terminal.end() == 0
    shown = terminal.shown
    assert "You stepped uphill." in " ".join(shown.split())
    assert "a step downhill is w13 + α·x1·δ3" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 60
    assert "13 of 13, 12 on the first try, 2 hints." in shown


def test_the_hidden_delta_of_two_outputs_sums_over_both() -> None:
    exercise = variant(find("two-outputs"), None)
    value, gradient = exercise.solution.value, exercise.solution.gradient
    from_both = [-value(weight) * gradient(net) for weight, net in (("w34", "X4"), ("w35", "X5"))]
    slope = value("y3") * (1 - value("y3"))
    assert -gradient("X3") == pytest.approx(slope * sum(from_both), rel=1e-12)
    for alone in from_both:
        assert one(exercise, "delta", "y3", repr(slope * alone)).diagnoses[0] == "forgot-an-output"


def test_with_cross_entropy_delta_is_simply_the_error() -> None:
    for seed in (None, 1, 2, 3):
        deltas = json.loads(
            tutor("explain", "cross-entropy", "--format", "json", *(["--seed", str(seed)] if seed else [])).out
        )["deltas"]
        assert deltas["y5"]["delta"] == pytest.approx(deltas["y5"]["error"], rel=1e-12)
    squared, entropy = (variant(find(id_), None) for id_ in ("xor", "cross-entropy"))
    assert squared.values == entropy.values
    assert "cancels ∂y5/∂X5" in " ".join(tutor("explain", "cross-entropy", "--all").out.split())


def test_the_same_network_with_relu_differs_in_the_hidden_layer_alone() -> None:
    assert (
        find("xor").graph_text.replace("y3 = sigmoid", "y3 = relu").replace("y4 = sigmoid", "y4 = relu")
        == find("xor-relu").graph_text
    )
    assert variant(find("xor-relu"), None).values == variant(find("xor"), None).values


@pytest.mark.parametrize("seed", [None, 7, 12, 1][: times(2, 4)])
@pytest.mark.parametrize("exercise", NETWORKS)
def test_explain_shows_the_convention_with_a_loss_that_falls_and_rises(exercise: str, seed: int | None) -> None:
    drawn = variant(find(exercise), seed)
    shown = " ".join(tutor("explain", exercise, "--all", *(["--seed", str(seed)] if seed else [])).out.split())
    assert "A convention to get right" in shown
    assert "So Δw = α·y·δ is added here; subtracting it would go uphill." in shown
    way = r"A forward pass after each step, with α = ([\d.]+): every w \+ α·y·δ: L falls from ([\d.]+) to ([\d.]+) "
    found = re.search(way + r"every w - α·y·δ: L rises from ([\d.]+) to ([\d.]+)", shown)
    assert found is not None
    rate, here, down, again, up = map(float, found.groups())
    assert down < here == again < up
    for after, sign in ((down, -1), (up, 1)):
        assert after == pytest.approx(moved(drawn, sign * rate), abs=6e-5)
    for y in drawn.neurons:
        assert f"δ{y[1:]} is its negative" in shown


def moved(exercise, rate: float) -> float:  # type: ignore[no-untyped-def]
    """The loss of a network that the graph alone says, after each listed input has moved by rate * gradient."""
    from backprop_tutor.engine.passes import forward

    gradient = exercise.solution.gradient
    values = {
        name: value + (rate * gradient(name) if name in exercise.update.nodes else 0)
        for name, value in exercise.values.items()
    }
    return forward(exercise.graph, values)[exercise.graph.output]


@pytest.mark.parametrize("exercise", NETWORKS)
def test_the_ranges_give_numbers_that_can_be_asked(exercise: str) -> None:
    found = find(exercise)
    assert sum(why_unusable(drawn_values(found, seed, 0)) is None for seed in range(1, 201)) >= 50
    assert (found.source, found.level, found.tags) != ("", None, ())


@pytest.mark.parametrize("exercise", NETWORKS)
def test_full_answers_of_every_variant_are_right(exercise: str) -> None:
    for seed in (None, 1, 2, 3, 4, 5):
        drawn = variant(find(exercise), seed)
        data = json.loads(tutor("explain", exercise, "--format", "json", *(["--seed", str(seed)] if seed else [])).out)
        deltas = {f"{y}.{part}": f"{number:.4g}" for y, pair in data["deltas"].items() for part, number in pair.items()}
        new = {name: f"{pair['new']:.6f}" for name, pair in data["updates"].items()}
        assert {verdict.outcome for verdict in answered(check(drawn, delta=deltas, update=new))} == {Outcome.RIGHT}
