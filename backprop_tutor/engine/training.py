"""Training: forward pass, backward pass and update, row after row, epoch after epoch.

`step` is the lesson. `Trainer` does the same as straight-line code, and by `step` where a number leaves its range, so
that the gate is named.
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
        where = f"epoch {self.epoch:,}, at row {self.row}"
        return f"the numbers leave their range in {where}: {self.what} A smaller rate takes smaller steps."


class Task(NamedTuple):
    """What is trained: a graph with dL/d(output), the names of the inputs that a row gives and of the trained ones."""

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
    """A graph in training, after `epochs` epochs. Memory does not grow with them."""

    def __init__(self, task: Task, start: Mapping[str, float]) -> None:
        self.task, self.epochs, self.has_moved = task, 0, True
        self._kept = [name for name in task.graph.input_names if name not in task.given]
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
    """What makes the loss the sum of squared errors, as a factor: 2 for ½ Σ e²; None where it is no such sum."""
    factor, waiting = 1.0, [graph.output]
    gate, sources, constant = graph.rows[graph.output]
    if gate is not None and gate.name == "scale" and constant > 0:
        factor, waiting = 1 / constant, [*sources]
    for term in waiting:
        gate, sources, constant = graph.rows[term]
        name = gate.name if gate is not None else ""
        if name == "add":
            waiting += sources
        elif (name, constant) != ("power", 2) and not (name == "mul" and sources[0] == sources[1]):
            return None
    return factor
