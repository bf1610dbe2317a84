"""Gradients, deltas and new weights of random networks compared with SymPy, finite differences and the lecture's own
formulas.

The full form (`BACKPROP_TUTOR_FULL=1`) takes every input of 200 networks of up to 4 layers of 6."""

from __future__ import annotations

import json
from random import Random

import pytest
import sympy

from backprop_tutor.course.exercise import Neurons
from backprop_tutor.show.lesson import solution_json
from backprop_tutor.tutor.network import descent
from tests.full import times
from tests.networks import ACTIVATIONS, LOSSES, Net, random_net, random_nets
from tests.textbook import TEXTBOOK, a
from tests.tutor.paper import worked

NETS = random_nets(times(60, 400))


def test_the_networks_have_every_activation_and_every_loss_and_are_up_to_4_layers_of_6() -> None:
    assert {kind for net in NETS for kind in net.activations} == set(ACTIVATIONS)
    assert {net.loss for net in NETS} == set(LOSSES)
    assert (max(len(net.layers) for net in NETS), max(max(net.layers) for net in NETS)) == (4, 6)


def test_deltas_and_updates_are_those_of_the_lectures_formulas() -> None:
    for net in NETS:
        data = json.loads(json.dumps(solution_json(net.exercise())))
        assert {y: pair["delta"] for y, pair in data["deltas"].items()} == approximately(
            {f"y{k}": d for k, d in net.deltas.items()}
        )
        errors = {y: pair["error"] for y, pair in data["deltas"].items() if "error" in pair}
        assert errors == approximately({f"y{k}": e for k, e in net.errors.items()})
        assert {name: pair["step"] for name, pair in data["updates"].items()} == approximately(net.steps)
        for name, pair in data["updates"].items():
            assert (pair["old"], pair["new"]) == (net.numbers[name], pair["old"] + pair["step"])
        assert {y: -data["nodes"][f"X{y[1:]}"]["gradient"] for y in data["deltas"]} == approximately(
            {y: pair["delta"] for y, pair in data["deltas"].items()}
        )


def approximately(numbers: dict[str, float]) -> object:
    return pytest.approx(numbers, rel=1e-9, abs=1e-12)


def test_gradients_are_sympys_gate_by_gate() -> None:
    for net in NETS:
        exercise = net.exercise()
        gradients = worked(exercise).gradients
        assert {name: exercise.solution.gradient(name) for name in exercise.graph.names} == approximately(gradients)


def whole_loss(net: Net) -> tuple[sympy.Expr, dict[str, sympy.Symbol]]:
    """The loss as one expression of all weights and thresholds."""
    symbols = {name: sympy.Symbol(name, real=True) for name in net.parameters}
    y: dict[int, sympy.Expr] = {j: sympy.Float(net.numbers[f"x{j}"]) for j in net.numbered[0]}
    for number, layer in enumerate(net.numbered[1:]):
        before = net.numbered[number]
        for k in layer:
            names = [name for name in net.parameters if name in {f"w{j}{k}" for j in before}]
            total = sum(symbols[name] * y[j] for name, j in zip(names, before, strict=True)) - symbols[f"t{k}"]
            y[k] = TEXTBOOK[net.activations[number]].function.subs(a, total)
    desired = {k: net.numbers[f"yd{k}"] for k in net.numbered[-1]}
    if net.loss == "cross-entropy":
        return -sum(sympy.log(y[k]) if desired[k] else sympy.log(1 - y[k]) for k in desired), symbols
    return sum((desired[k] - y[k]) ** 2 for k in desired) / (2 if net.loss == "half-square" else 1), symbols


def test_small_networks_are_differentiated_whole_by_sympy() -> None:
    for net in random_nets(times(6, 40), width=2, seed=9000, layers=3):
        loss, symbols = whole_loss(net)
        exercise = net.exercise()
        slopes = [sympy.diff(loss, symbol) for symbol in symbols.values()]
        found = sympy.lambdify(list(symbols.values()), slopes, "math")(*(net.numbers[name] for name in symbols))
        for name, slope in zip(symbols, found, strict=True):
            assert exercise.solution.gradient(name) == pytest.approx(slope, rel=1e-9, abs=1e-12), (net, name)


def test_gradients_are_the_finite_differences_of_a_network_in_plain_loops() -> None:
    rng = Random(3)
    for net in NETS:
        solution = net.exercise().solution
        assert solution.values[solution.graph.output] == pytest.approx(net.loss_at({}), rel=1e-12)
        names = rng.sample(net.parameters, min(len(net.parameters), times(6, 10_000)))
        for name in names:
            width = 1e-5
            up, down = (net.loss_at({name: net.numbers[name] + way * width}) for way in (1, -1))
            assert solution.gradient(name) == pytest.approx((up - down) / (2 * width), rel=1e-4, abs=1e-6), (
                net.text,
                name,
            )


def test_each_step_at_a_small_rate_lowers_the_loss_where_the_gradient_is_not_0() -> None:
    lowered = 0
    for net in NETS:
        exercise = net.exercise()
        gradients = {name: exercise.solution.gradient(name) for name in net.parameters}
        slope = sum(gradient**2 for gradient in gradients.values())
        if slope < 1e-6:
            continue
        lowered += 1
        rate = 1e-3 / max(1.0, slope)
        step = {name: net.numbers[name] - rate * gradient for name, gradient in gradients.items()}
        climb = {name: net.numbers[name] + rate * gradient for name, gradient in gradients.items()}
        assert net.loss_at(step) < net.loss_at({}) < net.loss_at(climb)
    assert lowered > 0.75 * len(NETS)


def test_what_is_shown_of_falling_and_rising_is_a_real_forward_pass() -> None:
    for net in NETS[:60]:
        exercise = net.exercise()
        found = descent(exercise.solution, net.parameters, net.rate)
        if found is None:
            assert all(abs(step) < 1e-9 for step in net.steps.values())
            continue
        moved = {name: net.numbers[name] + step * found.rate / net.rate for name, step in net.steps.items()}
        back = {name: net.numbers[name] - step * found.rate / net.rate for name, step in net.steps.items()}
        assert (found.here, found.down, found.up) == pytest.approx(
            (net.loss_at({}), net.loss_at(moved), net.loss_at(back)), rel=1e-9
        )
        assert found.down < found.here < found.up
        assert len(set(found.texts)) == 3
        assert net.rate % found.rate == 0


def test_errors_go_back_layer_by_layer() -> None:
    for net in NETS:
        exercise = net.exercise()
        neurons = Neurons(exercise.graph, exercise.neurons)
        assert neurons.order == [f"y{k}" for layer in reversed(net.numbered[1:]) for k in layer]
        assert neurons.desired == {f"y{k}": f"yd{k}" for k in net.numbered[-1]}
        assert {y: [pull.to for pull in fed] for y, fed in neurons.fed.items()} == {
            f"y{k}": [f"y{after}" for after in net.after(k)] for layer in net.numbered[1:] for k in layer
        }
    assert random_net(Random(0)).text == NETS[0].text
