"""Training: forward pass, backward pass and update, row after row, epoch after epoch.

`step` is the lesson. `Trainer` goes through the rows by the same operations as straight-line code, and by `step` where
a
number leaves its range, so that the gate is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import isfinite
from typing import NamedTuple

from backprop_tutor.engine.codegen import Epoch, straight_line
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import OutOfDomain, backward, forward
from backprop_tutor.errors import TutorError


class Diverged(TutorError):
    """A number that left its range: in which `epoch` and `row` (both from 1), and what happened there."""

    def __init__(self, epoch: int, row: int, what: str) -> None:
        super().__init__(epoch, row, what)
        self.epoch, self.row, self.what = epoch, row, what

    def __str__(self) -> str:
        return (
            f"the numbers leave their range in epoch {self.epoch:,}, at row {self.row}: {self.what} A smaller "
            f"rate takes smaller steps."
        )


class Task(NamedTuple):
    """What is trained: a graph; the inputs that a row gives and those that are trained, by name; the rows; the rate;
    dL/d(output)."""

    graph: Graph
    given: tuple[str, ...]
    trained: tuple[str, ...]
    rows: Sequence[Mapping[str, float]]
    rate: float
    upstream: float = 1.0


def step(task: Task, numbers: dict[str, float], row: Mapping[str, float]) -> float:
    """One update of the numbers, in place; the loss before it. Raises OutOfDomain."""
    numbers.update(row)
    graph = task.graph
    values = forward(graph, numbers)
    gradient, _ = backward(graph, values, task.upstream)
    for name in task.trained:
        numbers[name] -= task.rate * gradient[graph.index[name]]  # downhill: against the gradient
    return values[graph.output]


class Trainer:
    """A graph in training. `numbers` are its inputs' numbers, by name, after `epochs` epochs. Memory does not grow with
    epochs."""

    def __init__(self, task: Task, start: Mapping[str, float]) -> None:
        self.task = task
        self.epochs = 0
        self.has_moved = True
        graph = task.graph
        self._kept = [name for name in graph.input_names if name not in task.given]
        self._numbers = [float(start[name]) for name in self._kept]
        self._rows = [tuple(float(row[name]) for name in task.given) for row in task.rows]

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers of the inputs that no row gives."""
        return dict(zip(self._kept, self._numbers, strict=True))

    @cached_property
    def _epoch(self) -> Epoch:
        graph, task = self.task.graph, self.task
        given, trained = ([graph.index[name] for name in names] for names in (task.given, task.trained))
        return straight_line(graph, given, trained, task.upstream)

    def epoch(self) -> float:
        """Once through the rows, one update a row; the sum of their losses, each before its update. Raises Diverged.

        Interrupted, it leaves the numbers as they were after the last whole epoch.
        """
        try:
            numbers, total, check = self._epoch(self._numbers, self._rows, self.task.rate)
            if not (isfinite(total) and isfinite(check) and all(map(isfinite, numbers))):
                raise OverflowError
        except (ArithmeticError, ValueError, TypeError):
            numbers, total = self._by_steps()
        self.has_moved = numbers != self._numbers
        self._numbers = numbers
        self.epochs += 1
        return total

    def _by_steps(self) -> tuple[list[float], float]:
        numbers, total = self.numbers, 0.0
        for number, row in enumerate(self.task.rows, 1):
            try:
                total += step(self.task, numbers, row)
            except OutOfDomain as error:
                raise Diverged(self.epochs + 1, number, str(error)) from None
            for name in self.task.trained:
                if not isfinite(numbers[name]):
                    raise Diverged(self.epochs + 1, number, f"the new {name} is no finite number.")
        return [numbers[name] for name in self._kept], total


def squares(graph: Graph) -> float | None:
    """By what the loss is to be multiplied to make it the sum of squared errors: 2 for ½ Σ e²; None where it is no such
    sum."""
    factor, node = 1.0, graph.output
    gate = graph.gates[node]
    if gate is not None and gate.name == "scale" and graph.constants[node] > 0:
        factor, node = 1 / graph.constants[node], graph.inputs[node][0]
    waiting = [node]
    for term in waiting:
        gate = graph.gates[term]
        if gate is not None and gate.name == "add":
            waiting += graph.inputs[term]
        elif not _is_square(graph, term):
            return None
    return factor


def _is_square(graph: Graph, node: int) -> bool:
    gate, sources = graph.gates[node], graph.inputs[node]
    if gate is None:
        return False
    return (gate.name == "power" and graph.constants[node] == 2) or (gate.name == "mul" and sources[0] == sources[1])
