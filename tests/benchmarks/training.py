"""Training a 2-2-1 network on XOR: steps a second against micrograd doing the same, to the same numbers; and memory by
steps."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator

from micrograd.engine import Value

from backprop_tutor.engine.training import Task, Trainer, step
from tests.benchmarks.timing import Measure, best, compared
from tests.engine.test_training import ROWS, START, task_of
from tests.multilayer import network_of

EPOCHS = 50
RATE = 0.5


def sigmoid(value: Value) -> Value:
    """The gate that micrograd lacks, as its author writes tanh."""
    y = 1 / (1 + math.exp(-value.data))
    out = Value(y, (value,), "sigmoid")

    def _backward() -> None:
        value.grad += y * (1 - y) * out.grad

    out._backward = _backward
    return out


class Theirs:
    """The network in micrograd: weights as Values, rebuilt for each row, as its own demo trains."""

    def __init__(self) -> None:
        self.weights = {name: Value(number) for name, number in START.items()}

    def step(self, row: dict[str, float]) -> None:
        """One update."""
        w = self.weights
        y3 = sigmoid(w["w13"] * row["x1"] + w["w23"] * row["x2"] - w["t3"])
        y4 = sigmoid(w["w14"] * row["x1"] + w["w24"] * row["x2"] - w["t4"])
        y5 = sigmoid(w["w35"] * y3 + w["w45"] * y4 - w["t5"])
        loss = 0.5 * (row["yd5"] - y5) ** 2
        for weight in w.values():
            weight.grad = 0.0
        loss.backward()
        for weight in w.values():
            weight.data -= RATE * weight.grad

    def train(self) -> None:
        """Trains for this many epochs."""
        for _ in range(EPOCHS):
            for row in ROWS:
                self.step(row)


def measures() -> Iterator[Measure]:
    """Both sides by turns; what the readable step takes; and the memory that 100,000 steps leave."""
    task = task_of(network_of("2-2-1"), ROWS, RATE)
    trainer, theirs = Trainer(task, START), Theirs()
    _epochs(trainer)
    theirs.train()
    apart = max(abs(trainer.numbers[name] - value.data) for name, value in theirs.weights.items())
    assert apart < 1e-9, apart
    yield compared(
        "train 2-2-1: steps a second / micrograd's", lambda: _epochs(trainer), theirs.train, ">= 5", rounds=15
    )
    numbers = dict(START)
    readable, whole = best(lambda: _steps(task, numbers), lambda: _epochs(trainer))
    rate = EPOCHS * len(ROWS) / whole
    yield Measure(
        "train 2-2-1: straight-line code / the readable step", readable / whole, ">= 1", f"{rate:,.0f} steps a second"
    )
    yield _memory(trainer)


def _epochs(trainer: Trainer) -> None:
    for _ in range(EPOCHS):
        trainer.epoch()


def _steps(task: Task, numbers: dict[str, float]) -> None:
    for _ in range(EPOCHS):
        for row in ROWS:
            step(task, numbers, row)


def _memory(trainer: Trainer) -> Measure:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(25_000):
        trainer.epoch()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Measure(
        "train: bytes kept after 100,000 steps", float(after - before), "<= 4000", f"peak {peak - before:,} bytes"
    )
