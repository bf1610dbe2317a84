"""Networks in a few words: their names, and their graph compared with NumPy's matrices."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.authoring import exercise_files as shipped
from backprop_tutor.authoring.exercise_files import MOST_NEURONS, BadLayers, network_of, network_text
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.passes import solve
from tests.full import times
from tests.multilayer import (
    ACTIVATIONS,
    LOSSES,
    Network,
    graph_text,
    input_names,
    neurons,
    outputs,
    row_names,
    weights,
)
from tests.multilayer import network_of as plain
from tests.perceptron import Perceptron, random_network, random_numbers


def networks(most: int = MOST_NEURONS) -> st.SearchStrategy[Network]:
    sizes = st.lists(st.integers(1, 40), min_size=2, max_size=8).filter(lambda layers: sum(layers) <= most)
    return sizes.flatmap(
        lambda layers: st.builds(
            Network, st.just(tuple(layers)), st.tuples(*[st.sampled_from(ACTIVATIONS)] * (len(layers) - 2),
            st.just("sigmoid")),
            st.sampled_from(list(LOSSES)), st.booleans(),
        )
    )  # fmt: skip


def test_the_lectures_network_reads_as_in_the_lecture() -> None:
    assert shipped.graph_text(network_of("2-2-1")) == (
        "X3 = w13*x1 + w23*x2 - t3\ny3 = sigmoid(X3)\nX4 = w14*x1 + w24*x2 - t4\ny4 = sigmoid(X4)\n"
        "X5 = w35*y3 + w45*y4 - t5\ny5 = sigmoid(X5)\ne5 = yd5 - y5\nL = 0.5*e5**2\n"
    )
    assert "w3_12*y3" in shipped.graph_text(network_of("2-9-2"))


@settings(max_examples=times(20, 200))
@given(networks())
def test_every_network_has_names_without_clashes_and_a_graph_of_just_them(network: Network) -> None:
    edges = sum(before * after for before, after in pairwise(network.layers))
    names = input_names(network)
    assert (
        len(set(names))
        == len(names)
        == network.layers[0] + edges + network.thresholds * sum(network.layers[1:]) + network.layers[-1]
    )
    graph = read_graph(graph_text(network), names, None, ["L"])
    assert graph.input_names == names
    assert graph.output_name == "L"
    for output, net in neurons(network).items():
        assert graph.node(output).inputs == (net,)
    assert set(outputs(network)) == set(row_names(network)) - {f"x{number}" for number in network.numbered[0]}
    assert set(outputs(network).values()) <= set(neurons(network))


@pytest.mark.parametrize("seed", range(times(20, 200)))
def test_losses_and_gradients_are_those_of_the_textbooks_matrices(seed: int) -> None:
    rng = Random(seed)
    network = random_network(rng)
    numbers = random_numbers(rng, input_names(network))
    solution = solve(read_graph(graph_text(network), numbers, None, ["L"]), numbers)
    perceptron = Perceptron.at(network, numbers)
    x = np.array([numbers[f"x{number}"] for number in network.numbered[0]])
    desired = np.array([numbers[name] for name in outputs(network)])
    assert perceptron.step(x, desired, 1.0) == pytest.approx(solution.value("L"), rel=1e-9)
    for name, new in perceptron.numbers().items():  # at rate 1 the step is the gradient
        assert numbers[name] - new == pytest.approx(solution.gradient(name), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("layers", ["2-2-1", "1-1", "9-3-4", "12-12", "3-7-2"])
def test_a_network_is_written_out_as_an_exercise(layers: str) -> None:
    exercise = variant(read_exercise(network_text(network_of(layers), "A network"), "mine"), None)
    network = plain(layers)
    assert exercise.graph_text == graph_text(network)
    assert set(exercise.graph.input_names) == set(input_names(network))
    assert exercise.neurons == neurons(network)
    assert exercise.update is not None
    assert list(exercise.update.nodes) == weights(network)
    assert exercise.solution.value("L") > 0


@pytest.mark.parametrize(
    "layers", ["", "2", "2-", "2-0-1", "2,2,1", "2-x", "99-9", "\u0662-1", "2--1", "9" * 5000 + "-1"]
)
def test_what_is_no_network_is_told(layers: str) -> None:
    with pytest.raises(BadLayers):
        network_of(layers)
