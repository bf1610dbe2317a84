"""`train`: repeats the update, epoch after epoch, and shows where it leads."""

from __future__ import annotations

from contextlib import nullcontext
from math import isfinite
from typing import Annotated, Final, TextIO

import typer

from backprop_tutor.cli.main import INTERRUPTED
from backprop_tutor.cli.options import BadArguments, ExerciseName, Folders, Plain, Seed, Wanted, ending_in, option
from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.engine.training import Diverged
from backprop_tutor.files import replaced
from backprop_tutor.show import training as show
from backprop_tutor.tutor.training import Curve, Training

_TOLD: Final = ("1", "2", "5")
"""Without a moving display, the loss is reported for epochs 1, 2, 5, 10, 20, 50 and so on."""
Epochs = Annotated[int | None, option("--epochs", "N", "Stop after N epochs.")]
Rate = Annotated[float | None, option("--rate", "RATE", "Use this learning rate instead of the exercise's.")]
Csv = Annotated[str | None, option("--csv", "FILE", "Write the loss of each epoch to FILE.")]


def train(
    exercise: ExerciseName = None, epochs: Epochs = None, rate: Rate = None, seed: Seed = None, csv: Csv = None,
    folders: Folders = None, plain: Plain = False,
) -> None:  # fmt: skip
    """Trains on the rows of an exercise, and shows it."""
    if epochs is not None and epochs < 1:
        raise BadArguments("--epochs must be 1 or more.")
    if rate is not None and not (rate > 0 and isfinite(rate)):
        raise BadArguments("--rate must be a number above 0, such as 0.5.")
    if csv is not None:
        ending_in(".csv", "--csv", csv)
    training = Training(Wanted(exercise, seed=seed, folders=folders).chosen(), rate, epochs)
    with nullcontext() if csv is None else replaced(csv) as stream:
        status = _run(Screen(plain), training, stream)
    raise typer.Exit(status)


def _run(screen: Screen, training: Training, stream: TextIO | None) -> int:
    """Trains and shows it, writing each epoch's loss to the stream; returns the exit status."""
    screen.show(show.first_step(training, screen.width), "", show.outlook(training))
    curve = Curve()
    ended: KeyboardInterrupt | Diverged | None = None
    if stream is not None:
        stream.write("epoch,loss\n")
    try:
        with screen.bar(training.most_epochs) as move:
            for loss in training.losses():
                epoch = training.trainer.epochs
                if stream is not None:
                    stream.write(f"{epoch},{loss!r}\n")
                curve.add(epoch, loss)
                if screen.moves:
                    move(epoch, show.so_far(training, epoch, loss))
                elif str(epoch).rstrip("0") in _TOLD:
                    screen.show(f"  {show.so_far(training, epoch, loss)}")
    except (KeyboardInterrupt, Diverged) as error:
        ended = error
    if len(curve.points) > 1:
        screen.show("", show.curve(curve.points, screen.text(training.measure), screen.width, screen.plain))
    if isinstance(ended, Diverged):
        complain(f"backprop-tutor: {ended}")
        return 1
    screen.show(show.ending(training, curve.points[-1].loss if curve.points else None))
    screen.show(show.results(training, screen.width))
    return 0 if ended is None else INTERRUPTED
