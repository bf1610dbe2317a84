"""`train`: what the update leads to, epoch after epoch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Annotated

import typer

from backprop_tutor.cli.options import BadArguments, ExerciseName, Folders, Plain, Seed, Wanted, ending_in, option
from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.engine.training import Diverged
from backprop_tutor.files import replaced
from backprop_tutor.show import training as show
from backprop_tutor.tutor.training import Curve, Training

Epochs = Annotated[int | None, option("--epochs", "N", "Stop after so many epochs.")]
Rate = Annotated[float | None, option("--rate", "RATE", "The rate, instead of the exercise's.")]
Csv = Annotated[str | None, option("--csv", "FILE", "Write the loss of each epoch.")]
Tell = Callable[[int, float], object]
"""What is done with the loss of an epoch."""


def train(
    exercise: ExerciseName = None, epochs: Epochs = None, rate: Rate = None, seed: Seed = None, csv: Csv = None,
    folders: Folders = None, plain: Plain = False,
) -> None:  # fmt: skip
    """Trains on the rows of an exercise, and shows it."""
    if epochs is not None and epochs < 1:
        raise BadArguments("--epochs is 1 or more.")
    if rate is not None and not (rate > 0 and isfinite(rate)):
        raise BadArguments("--rate is a number above 0, such as 0.5.")
    if csv is not None:
        ending_in(".csv", "--csv", csv)
    training = Training(Wanted(exercise, seed=seed, folders=folders).chosen(), rate, epochs)
    with _rows_into(csv) as write_row:
        status = _run(Screen(plain), training, write_row)
    raise typer.Exit(status)


def _run(screen: Screen, training: Training, write_row: Tell) -> int:
    screen.show(show.first_step(training, screen.width), "", show.outlook(training))
    curve, status = Curve(), 0
    try:
        with _falling(screen, training) as tell:
            for loss in training.losses():
                write_row(training.trainer.epochs, loss)
                curve.add(training.trainer.epochs, loss)
                tell(training.trainer.epochs, loss)
    except KeyboardInterrupt:
        status = 130
    except Diverged as error:
        _plot(screen, training, curve)
        complain(f"backprop-tutor: {error}")
        return 1
    _plot(screen, training, curve)
    ending = show.ending(training, curve.last.loss if curve.last else None)
    screen.show(ending, show.results(training, screen.width))
    return status


def _plot(screen: Screen, training: Training, curve: Curve) -> None:
    if curve.last is not None and curve.last.epoch > 1:
        screen.show("", show.curve(curve.points, screen.text(training.measure), screen.width, screen.plain))


@contextlib.contextmanager
def _falling(screen: Screen, training: Training) -> Iterator[Tell]:
    """Shows the loss as it falls: in a bar at a terminal, else in a line at epochs 1, 2, 5, 10, 20, 50, and so on."""
    if screen.moves:
        with screen.bar(training.most_epochs) as move:
            yield lambda epoch, loss: move(epoch, show.so_far(training, epoch, loss))
        return
    due = 1

    def line(epoch: int, loss: float) -> None:
        nonlocal due
        if epoch == due:
            due = epoch * 5 // 2 if str(epoch)[0] == "2" else epoch * 2
            screen.show(f"  {show.so_far(training, epoch, loss)}")

    yield line


@contextlib.contextmanager
def _rows_into(path: str | None) -> Iterator[Tell]:
    """Writes a line for each epoch to a file, which is there once the training has ended; nowhere without one."""
    if path is None:
        yield lambda _epoch, _loss: None
        return
    with replaced(path) as stream:
        stream.write("epoch,loss\n")
        yield lambda epoch, loss: stream.write(f"{epoch},{loss!r}\n")
