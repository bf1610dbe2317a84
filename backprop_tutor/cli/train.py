"""`train`: what the update leads to, epoch after epoch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Final

import typer

from backprop_tutor.cli.options import ExerciseName, Folders, Plain, Seed

if TYPE_CHECKING:
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.tutor.training import Curve, Training

Epochs = Annotated[
    int | None, typer.Option("--epochs", metavar="N", help="Stop after so many epochs.", show_default=False)
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", metavar="RATE", help="The rate, instead of the exercise's.", show_default=False),
]
Csv = Annotated[
    str | None, typer.Option("--csv", metavar="FILE", help="Write the loss of each epoch.", show_default=False)
]
_BETWEEN: Final = 0.1
"""Seconds between two looks at the progress bar."""


def train(
    exercise: ExerciseName = None, epochs: Epochs = None, rate: Rate = None, seed: Seed = None, csv: Csv = None,
    folders: Folders = None, plain: Plain = False,
) -> None:  # fmt: skip
    """Train a network on the rows of an exercise.

    Forward, backward, update, row after row, until its loss is small. The first step is shown in full; Ctrl-C ends with
    what
    was reached.
    """
    from backprop_tutor.cli.chosen import BadArguments, Wanted, ending_in
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.tutor.training import Training

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


def _run(screen: Screen, training: Training, write_row: Callable[[int, float], object]) -> int:
    from backprop_tutor.cli.screen import complain
    from backprop_tutor.engine.training import Diverged
    from backprop_tutor.show import training as show
    from backprop_tutor.tutor.training import Curve

    screen.show(show.first_step(training, screen.width))
    screen.show()
    screen.show(show.outlook(training))
    curve, status = Curve(), 0
    try:
        with _told(screen, training) as tell:
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
    screen.show(show.ending(training, curve.last.loss if curve.last else None))
    screen.show(show.results(training, screen.width))
    return status


def _plot(screen: Screen, training: Training, curve: Curve) -> None:
    if curve.last is not None and curve.last.epoch > 1:
        from backprop_tutor.show.curve import curve as drawn

        screen.show()
        screen.show(drawn(curve.points, screen.text(training.measure), screen.width, screen.plain))


@contextlib.contextmanager
def _told(screen: Screen, training: Training) -> Iterator[Callable[[int, float], None]]:
    """How the loss is told as it falls: by a bar at a terminal, else by a line at epochs 1, 2, 5, 10, 20, 50, and so
    on."""
    from backprop_tutor.show.training import so_far

    if screen.plain or not screen.is_terminal:
        due = {1}

        def line(epoch: int, loss: float) -> None:
            if epoch in due:
                due.remove(epoch)
                due.add(epoch * 5 // 2 if str(epoch)[0] == "2" else epoch * 2)
                screen.show(f"  {so_far(training, epoch, loss)}")

        yield line
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("", total=training.most_epochs)
        looked = 0.0

        def bar(epoch: int, loss: float) -> None:
            nonlocal looked
            if time.monotonic() - looked > _BETWEEN:
                looked = time.monotonic()
                progress.update(task, completed=epoch, description=so_far(training, epoch, loss))

        yield bar


@contextlib.contextmanager
def _rows_into(path: str | None) -> Iterator[Callable[[int, float], object]]:
    """Writes a line for each epoch to a file, which is there once the training has ended; nowhere without one."""
    if path is None:
        yield lambda _epoch, _loss: None
        return
    from backprop_tutor.files import replaced

    with replaced(path) as stream:
        stream.write("epoch,loss\n")
        yield lambda epoch, loss: stream.write(f"{epoch},{loss!r}\n")
