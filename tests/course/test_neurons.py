"""The keys neurons and update: every fault by line and column, and what an output neuron should be, however it is
written."""

from __future__ import annotations

import pytest

from backprop_tutor.course.exercise import Neurons
from backprop_tutor.course.load import read_exercise
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.errors import Faults

HEAD = """\
title: T
graph: |
  X3 = w13*x1 - t3
  y3 = sigmoid(X3)
  X5 = w35*y3 - t5
  y5 = sigmoid(X5)
  e5 = yd5 - y5
  L = 0.5*e5^2
inputs: {x1: 1, w13: 2, t3: 0.5, w35: 1, t5: 0.1, yd5: 1}
"""
GOOD = "neurons: {y3: X3, y5: X5}\nupdate: {rate: 0.1, nodes: [w35, t5]}\nstages: [delta, update]\n"
FAULTS = {
    "a neuron that is no node": ("neurons: {y6: X5}", "line 10, column 11", "y6 is not a node"),
    "a net input that is no node": ("neurons: {y5: X6}", "line 10, column 15", "X6 is not a node"),
    "a neuron of another net input": ("neurons: {y5: X3}", "line 10, column 11", "X3, but also on w35 and t5"),
    "a neuron of a later net input": ("neurons: {y3: X5}", "line 10, column 11", "y3 does not come from X5"),
    "an input as a neuron": ("neurons: {w35: X3}", "line 10, column 11", "w35 does not come from X3"),
    "an input as its own net input": ("neurons: {w35: w35}", "line 10, column 11", "w35 is an input of the graph"),
    "nothing desired": (
        "neurons: {y3: X3}\nstages: [delta]", "line 10, column 11",
        "y3 has no desired output and feeds no neuron listed here",
    ),
    "delta without neurons": ("stages: [delta]", "line 10, column 10",
    "the stage delta needs the key neurons: neurons: {y5: X5}"),
    "update without update": ("stages: [backward, update]", "line 10, column 20",
    "the stage update needs the key update"),
    "a rate of 0": ("update: {rate: 0, nodes: [w35]}", "line 10, column 16", "update.rate must be more than 0"),
    "a negative rate": ("update: {rate: -0.1, nodes: [w35]}", "line 10, column 16", "more than 0"),
    "a rate in words": ("update: {rate: slow, nodes: [w35]}", "line 10, column 16", "update.rate must be a number"),
    "no rate": ("update: {nodes: [w35]}", "line 10, column 9",
    "the key rate is missing. Write update: {rate: 0.1, nodes: [w35]}"),
    "no nodes": ("update: {rate: 0.1, nodes: []}", "line 10, column 28", "update.nodes must not be empty"),
    "a key too many": ("update: {rate: 0.1, node: [w35]}", "line 10, column 21",
    "node is not a key here. Did you mean nodes?"),
    "no mapping": ("update: 0.1", "line 10, column 9", "update must be a mapping such as {rate: 0.1, nodes: [w35]}"),
    "neurons as a list": ("neurons: [y5]", "line 10, column 10", "neurons must be a mapping such as {y5: X5}"),
    "an unknown node": ("update: {rate: 0.1, nodes: [w35, w53]}", "line 10, column 34", "w53 is not a node"),
    "a gate": ("update: {rate: 0.1, nodes: [y5]}", "line 10, column 29",
    "y5 is a gate's output, but a step changes inputs"),
    "a node twice": ("update: {rate: 0.1, nodes: [w35, t5, w35]}", "line 10, column 38", "w35 is listed twice"),
}  # fmt: skip


def test_a_good_file_is_read() -> None:
    exercise = read_exercise(HEAD + GOOD, "mine")
    assert exercise.neurons == {"y3": "X3", "y5": "X5"}
    assert exercise.update == (0.1, ("w35", "t5"))


@pytest.mark.parametrize("what", FAULTS)
def test_each_fault_is_told_at_its_place(what: str) -> None:
    text, at, message = FAULTS[what]
    with pytest.raises(Faults) as told:
        read_exercise(f"{HEAD}{text}\n", "mine")
    (fault,) = told.value.faults
    assert str(told.value).startswith(f"{at}: ")
    assert message in str(fault)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Faults) as told:
        read_exercise(f"{HEAD}neurons: {{y9: X5, y5: X9}}\nupdate: {{rate: 0.1, nodes: [w99, y5, t5, t5]}}\n", "mine")
    assert len(told.value.faults) == 5


DESIRED: dict[str, tuple[str, str | float | None]] = {
    "the textbook's": ("e = yd5 - y5\nL = 0.5*e^2", "yd5"),
    "turned round": ("d = y5 - yd5\nL = d*d", "yd5"),
    "another name": ("e = target - y5\nL = e^2", "target"),
    "a number": ("e = 1 - y5\nL = e^2", 1.0),
    "the number 0": ("e = 0 - y5\nL = e^2", 0.0),
    "a number subtracted": ("e = y5 - 0.25\nL = e^2", 0.25),
    "cross-entropy": ("L = -(yd5*log(y5) + (1 - yd5)*log(1 - y5))", "yd5"),
    "cross-entropy with another name": ("L = -(target*log(y5) + (1 - target)*log(1 - y5))", "target"),
    "a log of one less it": ("L = -log(1 - y5)", None),
    "half of it": ("L = -(target*log(y5))", "target"),
    "nothing": ("L = y5*w", None),
}


@pytest.mark.parametrize("how", DESIRED)
def test_what_an_output_neuron_should_be_is_found_however_it_is_written(how: str) -> None:
    text, desired = DESIRED[how]
    names = [name for name in ("yd5", "target", "w") if name in text]
    graph = read_graph(
        f"X3 = a*x - b\ny3 = tanh(X3)\nX5 = c*y3\ny5 = sigmoid(X5)\n{text}", ["a", "b", "c", "x", *names]
    )
    neurons = Neurons(graph, {"y3": "X3", "y5": "X5"})
    assert neurons.desired == {"y5": desired}
    assert neurons.outputs == ["y5"]
    assert neurons.order == ["y5", "y3"]
    assert neurons.fed["y3"] == [("y5", "c")]


def test_an_activation_of_several_gates_and_none_are_neurons_too() -> None:
    graph = read_graph(
        "X3 = a*x - b\ny3 = 1/(1 + exp(-X3))\ny5 = c*y3 - d\ne5 = t - y5\nL = e5^2", ["a", "b", "c", "d", "t", "x"]
    )
    neurons = Neurons(graph, {"y3": "X3", "y5": "y5"})
    assert list(neurons.faults()) == []
    assert (neurons.outputs, neurons.desired) == (["y5"], {"y5": "t"})
    assert len(neurons.activations["y3"].gates) == 4
    assert neurons.factor("c", "y5") == "y3"
    assert neurons.factor("d", "y5") is None
