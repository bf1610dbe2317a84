"""The training of an exercise: what is trained on which rows, how its loss is told, and when and why it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from math import isfinite
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.passes import forward
from backprop_tutor.engine.training import Diverged, Task, Trainer, squares
from backprop_tutor.errors import TutorError

MOST_EPOCHS: Final = 100_000
"""How long training goes on where nothing says when it ends."""
RATE: Final = 0.1
"""The rate where neither the exercise nor the student gives one."""


class NothingToTrain(TutorError):
    """An exercise without rows."""


class Ending(Enum):
    """Why training ended."""

    REACHED = "the loss fell below the one that was wanted"
    ENOUGH = "so many epochs were done"
    STILL = "nothing moves any more"


class Training:
    """One training of an exercise at its numbers; `rate` and `epochs` where they are not the exercise's own."""

    def __init__(self, exercise: Exercise, rate: float | None = None, epochs: int | None = None) -> None:
        update, until = exercise.update, exercise.until
        if not exercise.data and update is None:
            data = "data: [{x1: 1, yd5: 0}, ...], one mapping a row"
            raise NothingToTrain(f"{exercise.id} has no rows to train on. Its file says them as {data}.")
        graph = exercise.graph
        self.exercise = exercise
        self.is_single = not exercise.data
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
        """What is told of an epoch: the sum of squared errors, or the sum of the losses where they are no squares."""
        return "Σe²" if self._factor else f"Σ{self.exercise.graph.output_name}"

    def losses(self) -> Iterator[float]:
        """Trains, and gives the measure of each epoch as it ends. Raises Diverged."""
        factor = self._factor or 1.0
        while self.trainer.epochs < self.most_epochs:
            loss = factor * self.trainer.epoch()
            if not isfinite(loss):
                raise Diverged(self.trainer.epochs, len(self.task.rows), f"{self.measure} is too large a number.")
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
        """What each output neuron should be, a node or a number, by its output; nothing where no neurons are named."""
        exercise = self.exercise
        desired = Neurons(exercise.graph, exercise.neurons).desired
        return {y: wanted for y, wanted in desired.items() if wanted is not None}

    def outputs(self, row: Mapping[str, float]) -> dict[str, float]:
        """Every value of the graph at a row, with the numbers as they are trained so far. Raises OutOfDomain."""
        graph = self.task.graph
        return dict(zip(graph.names, forward(graph, {**self.trainer.numbers, **row}), strict=True))


class Point(NamedTuple):
    """The measure after an epoch."""

    epoch: int
    loss: float


class Curve:
    """The measure over the epochs, thinned so that it never has more than `most` points, evenly spread, and the last
    one."""

    def __init__(self, most: int = 400) -> None:
        self.most, self.every = most, 1
        self.kept: list[Point] = []
        self.last: Point | None = None

    def add(self, epoch: int, loss: float) -> None:
        """The next epoch's."""
        self.last = Point(epoch, loss)
        if (epoch - 1) % self.every == 0:
            self.kept.append(self.last)
            if len(self.kept) > self.most:
                self.kept, self.every = self.kept[::2], 2 * self.every

    @property
    def points(self) -> list[Point]:
        """The points kept, the last epoch's at the end."""
        return self.kept if self.last is None or self.kept[-1] == self.last else [*self.kept, self.last]
