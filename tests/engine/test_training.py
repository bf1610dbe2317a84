"""Training: straight-line code takes exactly the steps of the passes, and these equal NumPy's; it ends with a message,
not with infinities."""

from __future__ import annotations

import tracemalloc
from functools import reduce
from math import isfinite
from operator import add
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gates import GATES, gate_of
from backprop_tutor.engine.graph import GraphBuilder
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.engine.training import Diverged, Task, Trainer, squares, step
from tests.full import times
from tests.multilayer import Network, graph_text, input_names, network_of, outputs, row_names, weights
from tests.perceptron import Perceptron, random_network, random_numbers
from tests.strategies import Circuit, circuits
from tests.textbook import TAKING_A_CONSTANT, constants_for

START = {"w13": 0.5, "w14": 0.9, "w23": 0.4, "w24": 1.0, "w35": -1.2, "w45": 1.1, "t3": 0.8, "t4": -0.1, "t5": 0.3}
ROWS = [{"x1": float(a), "x2": float(b), "yd5": float(a ^ b)} for a, b in ((1, 1), (0, 1), (1, 0), (0, 0))]


def task_of(network: Network, rows: list[dict[str, float]], rate: float) -> Task:
    graph = read_graph(graph_text(network), input_names(network), None, ["L"])
    return Task(graph, tuple(row_names(network)), tuple(weights(network)), rows, rate)


def arrays(network: Network, row: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    inputs = [row[name] for name in row_names(network)[: network.layers[0]]]
    return np.array(inputs), np.array([row[name] for name in outputs(network)])


def by_steps(task: Task, start: dict[str, float], epochs: int) -> tuple[dict[str, float], list[float]]:
    """The same training with the readable step only."""
    numbers = dict(start)
    # From 3.12 on, `sum` makes up for what each addition loses, as no training does.
    losses = [reduce(add, [step(task, numbers, row) for row in task.rows]) for _ in range(epochs)]
    return {name: numbers[name] for name in task.graph.input_names if name not in task.given}, losses


def trained(trainer: Trainer, epochs: int) -> list[float]:
    return [trainer.epoch() for _ in range(epochs)]


def the_same_either_way(task: Task, start: dict[str, float], epochs: int = 3) -> None:
    """Compares the trainer with the steps, bit for bit; if the steps leave the domain, the trainer must too, and name
    the same gate."""
    trainer = Trainer(task, start)
    try:
        numbers, losses = by_steps(task, start, epochs)
    except OutOfDomain as error:
        if error.what == "value" and error.gate not in task.graph.input_names:
            with pytest.raises(Diverged, match="training diverged in epoch"):
                trained(trainer, epochs)
        return
    if all(map(isfinite, numbers.values())):
        assert trained(trainer, epochs) == losses
        assert trainer.numbers == numbers


@settings(max_examples=times(60, 3000))
@given(circuits(most=15), st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 0.1, 10.0, 1e200]))
def test_straight_line_code_takes_the_very_steps_of_the_passes(circuit: Circuit, seed: int, rate: float) -> None:
    rng = Random(seed)
    names = circuit.graph.input_names
    given_names = tuple(name for name in names if rng.random() < 0.4)
    moved = tuple(name for name in names if name not in given_names and rng.random() < 0.8)
    rows = [{name: circuit.at[name] * rng.uniform(0.9, 1.1) for name in given_names} for _ in range(3)]
    the_same_either_way(Task(circuit.graph, given_names, moved, rows, rate, rng.choice([1.0, -0.7])), circuit.at)


@pytest.mark.parametrize("kind", [*GATES, *(f"{name} with a constant" for name in sorted(TAKING_A_CONSTANT))])
def test_every_gate_is_trained_as_the_passes_have_it(kind: str) -> None:
    name = kind.split()[0]
    with_constant = kind != name
    for constant in {
        c for c in constants_for(name) if (c is not None) is (with_constant or gate_of(name).has_constant)
    }:
        builder = GraphBuilder()
        sources = [builder.input(label) for label in ("w", "x")[: gate_of(name, constant).arity]]
        first = builder.gate(name, *sources, constant=constant)
        graph = builder.build(builder.gate("mul", first, first))
        for at in (0.7, -0.7, 1.3, 0.0):
            start = {label: at + place for place, label in enumerate(graph.input_names)}
            the_same_either_way(Task(graph, (), tuple(graph.input_names), [{}, {}], 0.01), start)


def test_xor_is_numpys_loop_step_by_step() -> None:
    network = network_of("2-2-1")
    for rate, epochs in ((0.1, times(100, 56_351)), (2.0, 300)):
        task = task_of(network, ROWS, rate)
        trainer, perceptron, numbers = Trainer(task, START), Perceptron.at(network, START), dict(START)
        for _ in range(epochs):
            total, loss = 0.0, trainer.epoch()
            for row in ROWS:
                theirs = perceptron.step(*arrays(network, row), rate)
                ours = step(task, numbers, row)
                total += theirs
                assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
                assert numbers == pytest.approx(perceptron.numbers() | row, abs=1e-9)
            assert loss == pytest.approx(total, rel=1e-9)
            assert trainer.numbers == pytest.approx(perceptron.numbers(), abs=1e-9)


def test_xor_from_the_textbooks_start_needs_the_textbooks_epochs() -> None:
    trainer = Trainer(task_of(network_of("2-2-1"), ROWS, 0.1), START)
    while 2 * trainer.epoch() >= 0.001:
        assert trainer.epochs < 60_000
    assert trainer.epochs == 56_351


@pytest.mark.parametrize("seed", range(times(40, 200)))
def test_any_network_is_trained_as_numpy_trains_it(seed: int) -> None:
    rng = Random(seed)
    network = random_network(rng)
    start = random_numbers(rng, input_names(network))
    rows = [random_numbers(rng, row_names(network)) for _ in range(4)]
    task = task_of(network, rows, 0.05)
    trainer, perceptron = Trainer(task, start), Perceptron.at(network, start)
    for _ in range(10):
        losses = [perceptron.step(*arrays(network, row), 0.05) for row in rows]
        assert trainer.epoch() == pytest.approx(sum(losses), rel=1e-9, abs=1e-9)
        assert trainer.numbers == pytest.approx(perceptron.numbers(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "start", "gate"),
    [
        ("y = sigmoid(w*x); L = (y - 1)^2", {"w": 1e200, "x": 1e200}, "g1"),  # 1/(1 + exp(-inf)) is 1 to a float
        ("y = relu(-w*x); L = y^2", {"w": 1e200, "x": 1e200}, "g2"),  # max(0, -inf) is 0
        ("y = tanh(exp(w) * x); L = y^2", {"w": 800.0, "x": 1.0}, "g1"),
        ("y = 1/(w*x); L = y + 1", {"w": 1e200, "x": 1e200}, "g1"),
        ("y = max(w*x, 3); L = y^2", {"w": -1e200, "x": 1e200}, "g1"),
        ("y = abs(w**0.5); L = y*x", {"w": -1.0, "x": 1.0}, "g1"),  # complex to Python
    ],
)
def test_what_leaves_its_range_is_told_with_gate_epoch_and_row_though_a_gate_would_hide_it(
    text: str, start: dict[str, float], gate: str
) -> None:
    graph = read_graph(text, start)
    good = {"x": 0.0} if "1/" not in text and "0.5" not in text and "exp" not in text else start
    trainer = Trainer(Task(graph, ("x",), ("w",), [{"x": good["x"]}, {"x": start["x"]}], 1e-9), start)
    with pytest.raises(Diverged) as raised:
        trainer.epoch()
    assert f"{gate} = " in str(raised.value)
    assert raised.value.epoch == 1
    assert "inf" not in str(raised.value)


def test_steps_that_grow_end_in_words() -> None:
    graph = read_graph("L = (w*x - y)^2", ["w", "x", "y"])
    trainer = Trainer(Task(graph, ("x", "y"), ("w",), [{"x": 3.0, "y": 1.0}], 1.0), {"w": 5.0})
    with pytest.raises(Diverged, match=r"in epoch \d\d\d, at row 1: .*Try a smaller rate") as raised:
        trained(trainer, 1000)
    assert trainer.epochs == raised.value.epoch - 1
    assert all(map(isfinite, trainer.numbers.values()))


def test_an_interrupted_epoch_leaves_the_numbers_of_the_last_whole_one() -> None:
    class Interrupted(list):  # type: ignore[type-arg]
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield from self[:2]
            raise KeyboardInterrupt

    trainer = Trainer(task_of(network_of("2-2-1"), ROWS, 0.1), START)
    trainer.epoch()
    before = trainer.numbers
    trainer._rows = Interrupted(trainer._rows)
    with pytest.raises(KeyboardInterrupt):
        trainer.epoch()
    assert (trainer.numbers, trainer.epochs) == (before, 1)


def test_memory_does_not_grow_with_epochs() -> None:
    trainer = Trainer(task_of(network_of("2-2-1"), ROWS, 0.1), START)
    for _ in range(10):
        trainer.epoch()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(times(3_000, 30_000)):
        trainer.epoch()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4_000
    assert peak - before < 8_000


@pytest.mark.parametrize(
    ("loss", "factor"),
    [
        ("0.5*(a - b)^2", 2.0), ("(a - b)^2/2", 2.0), ("0.5*((a - b)^2 + (a + b)^2)", 2.0), ("(a - b)**2", 1.0),
        ("0.25*((a - b)^2 + a*a + b^2)", 4.0), ("(a - b)^3", None), ("-0.5*(a - b)^2", None), ("a*b", None),
        ("0.5*(a - b)", None),
        ("0.5*((a - b)^2 + b)", None), ("-(a*log(b) + (1 - a)*log(1 - b))", None),
    ],
)  # fmt: skip
def test_a_sum_of_squares_is_known_by_its_graph(loss: str, factor: float | None) -> None:
    assert squares(read_graph(f"L = {loss}", ["a", "b"])) == factor
