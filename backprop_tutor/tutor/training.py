"""The training of an exercise: what is trained on which rows, how the loss is reported, and when and why it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from math import isfinite
from typing import Final

from backprop_tutor.course.exercise import Exercise, Neurons
from backprop_tutor.engine.passes import forward
from backprop_tutor.engine.training import Diverged, Task, Trainer, squares
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple

MOST_EPOCHS: Final = 100_000
"""How many epochs training runs if nothing says when to stop."""
RATE: Final = 0.1
"""The rate if neither the exercise nor the student gives one."""
_MOST_POINTS: Final = 400  # even, so that the last point of a curve survives when every second one is dropped


class Ending(Enum):
    """Why training ended."""

    REACHED = "the loss fell below the target"
    ENOUGH = "the maximum number of epochs was reached"
    STILL = "the numbers stopped changing"


class Training:
    """One training run of an exercise at its numbers; `rate` and `epochs` override the exercise's own. Raises
    TutorError for an exercise without rows.
    """

    def __init__(self, exercise: Exercise, rate: float | None = None, epochs: int | None = None) -> None:
        update, until = exercise.update, exercise.until
        if not exercise.data and update is None:
            data = "data: [{x1: 1, yd5: 0}, ...], one mapping per row"
            raise TutorError(f"{exercise.id} has no rows to train on. List them in its file as {data}.")
        graph = exercise.graph
        self.exercise = exercise
        names = set(exercise.data[0]) if exercise.data else set(graph.input_names) - set(update.nodes if update else ())
        given = tuple(name for name in graph.input_names if name in names)
        rows = exercise.data or ({name: exercise.values[name] for name in given},)
        trained = update.nodes if update else tuple(name for name in graph.input_names if name not in names)
        rate = rate or until.rate or (update.rate if update else RATE)
        self.task = Task(graph, given, trained, rows, rate, exercise.upstream)
        self.most_epochs = epochs or until.epochs or MOST_EPOCHS
        self.goal = until.loss
        self.trainer = Trainer(self.task, exercise.values)
        self.ending: Ending | None = None
        self._factor = squares(graph)

    @property
    def measure(self) -> str:
        """The measure reported for an epoch: the sum of squared errors, or the sum of the losses if they are not
        squares."""
        return "Σe²" if self._factor else f"Σ{self.exercise.graph.output_name}"

    def losses(self) -> Iterator[float]:
        """Trains, yielding the measure of each epoch as it ends. Raises Diverged."""
        factor = self._factor or 1.0
        while self.trainer.epochs < self.most_epochs:
            loss = factor * self.trainer.epoch()
            if not isfinite(loss):
                raise Diverged(
                    self.trainer.epochs, len(self.task.rows), f"{self.measure} is too large to compute with."
                )
            yield loss
            if self.goal is not None and loss < self.goal:
                self.ending = Ending.REACHED
                return
            if not self.trainer.has_moved:
                self.ending = Ending.STILL
                return
        self.ending = Ending.ENOUGH

    @cached_property
    def targets(self) -> dict[str, str | float]:
        """The desired output of each output neuron, a node or a number, by the neuron's name; empty if no neurons are
        named."""
        desired = Neurons(self.exercise.graph, self.exercise.neurons).desired
        return {y: wanted for y, wanted in desired.items() if wanted is not None}

    def outputs(self, row: Mapping[str, float]) -> dict[str, float]:
        """Every value of the graph at a row, with the numbers as trained so far. Raises OutOfDomain."""
        values = forward(self.task.graph, {**self.trainer.numbers, **row})
        return dict(zip(self.task.graph.names, values, strict=True))


class Point(NamedTuple):
    """The measure after an epoch."""

    epoch: int
    loss: float


class Curve:
    """The measure over the epochs as `points`, thinned to stay few and evenly spaced except for the last."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._every = 1

    def add(self, epoch: int, loss: float) -> None:
        """Adds the next epoch's measure."""
        if self.points and (self.points[-1].epoch - 1) % self._every:
            self.points.pop()  # it was kept only as the latest point
        self.points.append(Point(epoch, loss))
        if len(self.points) > _MOST_POINTS and (epoch - 1) % self._every == 0:
            self.points, self._every = self.points[::2], 2 * self._every
