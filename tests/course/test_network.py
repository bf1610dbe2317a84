"""Networks in a few words: their names, their graph against NumPy's matrices, and every fault of the keys by line and
column."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_tutor.authoring.networks import network_text
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.network import (
    ACTIVATIONS,
    LOSSES,
    MOST_NEURONS,
    BadLayers,
    Network,
    graph_text,
    input_names,
    network_of,
    neurons,
    outputs,
    row_names,
    weights,
)  # fmt: skip
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.passes import solve
from backprop_tutor.errors import Faults
from tests.full import times
from tests.perceptron import Perceptron, random_network, random_numbers

XOR = (
    "title: XOR\nnetwork: {layers: [2, 2, 1]}\ninputs: {x1: 1, x2: 1, w13: 0.5, w14: 0.9, w23: 0.4, w24: 1.0, w35: "
    "-1.2, w45: 1.1,\n"
)
XOR += "  t3: 0.8, t4: -0.1, t5: 0.3, yd5: 0}\ndata:\n  - {x1: 1, x2: 1, yd5: 0}\n  - {x1: 0, x2: 1, yd5: 1}\n"


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
    assert graph_text(network_of("2-2-1")) == (
        "X3 = w13*x1 + w23*x2 - t3\ny3 = sigmoid(X3)\nX4 = w14*x1 + w24*x2 - t4\ny4 = sigmoid(X4)\n"
        "X5 = w35*y3 + w45*y4 - t5\ny5 = sigmoid(X5)\ne5 = yd5 - y5\nL = 0.5*e5**2\n"
    )
    assert weights(network_of("2-2-1")) == ["w13", "w14", "w23", "w24", "w35", "w45", "t3", "t4", "t5"]
    assert "w3_12" in weights(network_of("2-9-2"))


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


@pytest.mark.parametrize("seed", range(times(60, 200)))
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


FAULTS = {
    "layers: [2, 2, 1]": {
        "layers: [2, 0, 1]": ("line 2, column 23", "at least one neuron"),
        "layers: [2]": ("line 2, column 19", "two layers at least"),
        "layers: [2, 2.5, 1]": ("line 2, column 23", "a whole number belongs here"),
        "layers: [2, 98, 1]": ("line 2, column 19", "101 neurons are too many"),
        "layers: 3": ("line 2, column 19", "a list in brackets"),
        "layers: []": ("line 2, column 19", "two layers at least"),
        "layers: [2, 2, 1], activation: sigmiod": ("line 2, column 42",
        "sigmiod is no activation. Did you mean sigmoid?"),
        "layers: [2, 2, 1], activation: [relu, sigmoid, relu]": ("line 2, column 42", "3 activations for 2 layers"),
        "layers: [2, 2, 1], activation: [relu, sine]": ("line 2, column 49", "sine is no activation"),
        "layers: [2, 2, 1], activation: exp": ("line 2, column 42", "It is one of sigmoid, tanh"),
        "layers: [2, 2, 1], loss: sqared": ("line 2, column 36", "sqared is no loss. Did you mean squared?"),
        "layers: [2, 2, 1], loss: cross-entropy, activation: tanh": ("line 2, column 36",
        "the last activation is sigmoid, not tanh"),
        "layers: [2, 2, 1], thresholds: 3": ("line 2, column 42", "true or false belongs here"),
        "layers: [2, 2, 1], layer: 3": ("line 2, column 30", "Did you mean layers?"),
        "layers: [2, 2, 1], thresholds: false": ("line 4, column 3", "t3 is no input of this network"),
    },
    "network: {layers: [2, 2, 1]}": {
        "network: 221": ("line 2, column 10", "a mapping, such as {layers: [2, 2, 1]}"),
        "network:": ("line 2, column 1", "a mapping"),
        "network: {activation: relu}": ("line 2, column 10", "the key layers is missing"),
        "graph: f = x1*x2\nnetwork: {layers: [2, 2, 1]}": ("line 3, column 1", "not both"),
        "output: y5\nnetwork: {layers: [2, 2, 1]}": ("line 2, column 1", "Leave the key output out"),
        "statement: none": ("line 1, column 1", "the key graph is missing"),
    },
    "w14: 0.9": {"w41: 0.9": ("line 3, column 34", "w41 is no input of this network. Did you mean w14?")},
    "w14: 0.9, ": {"": ("line 3, column 1", "the network needs a number for w14 too")},
    "{x1: 0, x2: 1, yd5: 1}": {
        "{x1: 0, x2: 1}": ("line 7, column 5", "this row gives no yd5"),
        "{x1: 0, x2: 1, yd: 1}": ("line 7, column 20", "yd is not an input of this graph. Did you mean yd5?"),
        "{x1: 0, x2: 1, yd5: 1, w13: 2}": ("line 7, column 28", "w13 is trained"),
        "{x1: 0, x2: one, yd5: 1}": ("line 7, column 17", "a number belongs here"),
        "{x1: 0, x2: 1, yd5: 1}\nuntil: {loss: 0}": ("line 8, column 15", "more than 0"),
        "{x1: 0, x2: 1, yd5: 1}\nuntil: {epochs: 0}": ("line 8, column 17", "at least 1"),
        "{x1: 0, x2: 1, yd5: 1}\nuntil: {los: 0.1}": ("line 8, column 9", "Did you mean loss?"),
        "{x1: 0, x2: 1, yd5: 1}\nuntil: 0.001": ("line 8, column 8", "a mapping, such as {loss: 0.001}"),
    },
    "data:\n  - {x1: 1, x2: 1, yd5: 0}\n  - {x1: 0, x2: 1, yd5: 1}": {"data: []": ("line 5, column 7",
    "the list is empty")},
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "instead"), [(part, instead) for part, others in FAULTS.items() for instead in others]
)
def test_each_fault_of_the_keys_is_told_at_its_place(part: str, instead: str) -> None:
    place, message = FAULTS[part][instead]
    with pytest.raises(Faults) as raised:
        read_exercise(XOR.replace(part, instead, 1), "xor")
    told = [line for line in str(raised.value).splitlines() if message in line]
    assert told, str(raised.value)
    assert any(place in line for line in told), told


def test_all_faults_of_a_network_are_told_at_once() -> None:
    wrong = XOR.replace("layers: [2, 2, 1]", "layers: [2, 0, 1], activation: rleu, loss: sqared, threshold: 1")
    with pytest.raises(Faults) as raised:
        read_exercise(wrong, "xor")
    assert len(raised.value.faults) == 4


def test_rows_and_their_end_are_read() -> None:
    exercise = read_exercise(XOR + "until: {loss: 0.001, rate: 2, epochs: 500}\n", "xor")
    assert exercise.data == ({"x1": 1.0, "x2": 1.0, "yd5": 0.0}, {"x1": 0.0, "x2": 1.0, "yd5": 1.0})
    assert exercise.until == (0.001, 500, 2.0)
    assert exercise.network == network_of("2-2-1")


def test_rows_of_any_graph_leave_the_rest_to_be_trained() -> None:
    text = "title: T\ngraph: L = (w*x - y)^2\ninputs: {w: 1, x: 1, y: 2}\ndata: [{x: 1, y: 2}, {x: 2}]\n"
    with pytest.raises(Faults, match="this row gives no y: every row names the same inputs"):
        read_exercise(text, "line")
    with pytest.raises(Faults, match="none is left to be trained"):
        read_exercise(text.replace("[{x: 1, y: 2}, {x: 2}]", "[{w: 1, x: 1, y: 2}]"), "line")
    assert read_exercise(text.replace("{x: 2}", "{x: 2, y: 4}"), "line").data[1] == {"x": 2.0, "y": 4.0}


@pytest.mark.parametrize("layers", ["2-2-1", "1-1", "9-3-4", "50-50", "3-7-2"])
def test_a_network_is_written_out_as_an_exercise(layers: str) -> None:
    exercise = variant(read_exercise(network_text(network_of(layers), "A network"), "mine"), None)
    assert exercise.graph_text == graph_text(network_of(layers))
    assert exercise.solution.value("L") > 0


@pytest.mark.parametrize(
    "layers", ["", "2", "2-", "2-0-1", "2,2,1", "2-x", "99-9", "\u0662-1", "2--1", "9" * 5000 + "-1"]
)
def test_what_is_no_network_is_told(layers: str) -> None:
    with pytest.raises(BadLayers):
        network_of(layers)
