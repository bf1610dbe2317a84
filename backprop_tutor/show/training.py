"""The screens of training: the first step, the loss as it falls, its curve, why it ended, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil, floor, log10
from typing import Final

import plotille
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.engine.compile import read_lines
from backprop_tutor.engine.formatting import equation, fine
from backprop_tutor.engine.gate import exact
from backprop_tutor.engine.passes import OutOfDomain, solve
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.training import Ending, Point, Training

MOST_LINES: Final = 60
"""The most lines of one kind shown for the first step; a larger network's others are only counted."""
_MOST_ROWS: Final = 20  # as many as a screen shows beside the curve's end
_INPUT: Final = 7  # columns of an input, such as `-0.25`, and the gap behind it
_COLUMNS: Final = 18  # columns of an output and its desired value
_LONG: Final = 1e6  # from here on four decimals are more than anybody reads
_LEAST_DIGITS, _EVERY_DIGIT = 4, 17  # what a number is shown with, and with how many no float is rounded
_MOST_DECIMALS: Final = 12  # a smaller change is no longer seen beside a weight of 1
_STARS: Final = str.maketrans({chr(0x2800 + dots): "*" if dots else " " for dots in range(256)})
_BESIDE: Final = 24  # columns of the plot that are not part of the curve
_LEAST_WIDE, _MOST_WIDE = 16, 100  # columns of a curve that can be read, and of a plot that is still taken in at once
_TICK: Final = 6  # columns of a number beside the curve: `0.0003`
_FEW_EPOCHS: Final = 20  # with fewer, epochs between two ticks are no whole numbers
_DECADES: Final = (0.25, 0.5, 1)  # what a row of a logarithmic curve may stand for
_FINITE: Final = 300  # to this power of ten a float can be computed
_ROUND: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MOST_PLOT_ROWS: Final = 10
_MANY_TIMES: Final = 50
"""A loss that falls to this small a fraction is drawn on a logarithmic scale."""


def first_step(training: Training, width: int) -> RenderableType:
    """The first row: each line's value, each named gradient, each new number and its formula. Raises OutOfDomain."""
    exercise, task = training.exercise, training.task
    row = task.rows[0]
    seed = "" if exercise.seed is None else f", seed {exercise.seed}"
    solution = solve(task.graph, {**exercise.values, **row}, task.upstream)
    loss, graph, text = visible(exercise.loss), task.graph, exercise.graph_text
    named = [name for name, label in zip(graph.names, graph.labels, strict=True) if label and graph.node(name).gate]
    lines = read_lines(text).lines
    forward = [
        (visible(text[line.at[0] : line.span[1]]).replace("**", "^"), fine(solution.value(line.name))) for line in lines
    ]
    backward = [(f"∂{loss}/∂{name}", fine(solution.gradient(name))) for name in reversed(named)]
    updates = [_update(task.rate, name, exercise.values[name], solution.gradient(name)) for name in task.trained]
    numbers = ", ".join(f"{name} = {value:.6g}" for name, value in [*row.items()][:MOST_LINES])
    return Group(
        heading(f"First step: {visible(exercise.title)}{seed}", width),
        Indented(Text(f"Row 1: {numbers}{', ...' if len(row) > MOST_LINES else ''}."), 0),
        Text("Forward", style="bold"),
        _block(forward, "value"),
        Text("Backward", style="bold"),
        _block(backward, "gradient"),
        Text(f"Update: w - α·∂{loss}/∂w, α = {task.rate:g}", style="bold"),
        _block(updates, "bold"),
    )


def _block(lines: Sequence[tuple[str, str]], style: str) -> RenderableType:
    """Lines of a formula and its number; if there are very many, only the first ones."""
    parts = [Text(f"{formula} = ").append(result, style) for formula, result in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        parts.append(Text(f"and {len(lines) - MOST_LINES:,} more like these", "quiet"))
    return Indented(Text("\n").join(parts))


def _update(rate: float, name: str, old: float, gradient: float) -> tuple[str, str]:
    change = rate * gradient
    # Enough decimals to show two digits of the change.
    decimals = max(_LEAST_DIGITS, 1 - floor(log10(abs(change)))) if change else _LEAST_DIGITS
    decimals = min(_MOST_DECIMALS, decimals)
    numbers, write = {"w": old, "g": gradient}, partial(fine, decimals=decimals)
    worked = equation(f"w - {exact(rate)} * g", numbers, old - change, write)
    return f"{name} = {worked.left}", worked.right


def outlook(training: Training) -> Text:
    """Announces the training: rows, rate, and when it ends."""
    number = len(training.task.rows)
    rows = "its own numbers" if not training.exercise.data else "one row" if number == 1 else f"{number:,} rows"
    update, rate = training.exercise.update, training.task.rate
    instead = f" (not {update.rate:g} as in its single step)" if update and update.rate != rate else ""
    goal, most = "for", counted(training.most_epochs, "epoch")
    if training.goal is not None:
        goal = f"until {training.measure} over an epoch is below {training.goal:g}, for at most"
    return Text(f"Training on {rows}, one update per row, with the learning rate {rate:g}{instead}, {goal} {most}.")


def so_far(training: Training, epoch: int, loss: float) -> str:
    """`epoch 100: Σe² = 1.038`."""
    return f"epoch {epoch:,}: {training.measure} = {loss:.4g}"


def ending(training: Training, loss: float | None) -> Text:
    """Why it ended, and how to continue."""
    epochs, goal = training.trainer.epochs, training.goal
    if loss is None:
        return Text("No epoch was completed.")
    if training.ending is Ending.REACHED and goal is not None:
        # Enough digits to show that it is below.
        enough = (number for number in range(_LEAST_DIGITS, _EVERY_DIGIT) if float(f"{loss:.{number}g}") < goal)
        digits = next(enough, _EVERY_DIGIT)
        return Text(f"Epoch {epochs:,}: {training.measure} = {loss:.{digits}g}, below {goal:g}. Done.", "right")
    reached = so_far(training, epochs, loss).replace("e", "E", 1)
    if training.ending is None:
        return Text(f"Interrupted. {reached}.", "warning")
    if training.ending is Ending.STILL:
        why = "Nothing changes any more: every gradient is 0, or too small to change a number."
        return Text(f"{reached}. {why} Another --seed or --rate may get further.", "warning")
    took = f"{reached}. That was {counted(epochs, 'epoch')}"
    if goal is None:
        return Text(f"{took}.", style="bold")
    what_else = "A larger --epochs trains longer; another --rate or --seed may do better."
    return Text(f"{took}, and it is still not below {goal:g}. {what_else}", "warning")


def results(training: Training, width: int) -> RenderableType:
    """The outputs at each row now, beside the desired ones; and the trained numbers."""
    trained = training.trainer.numbers
    names = training.task.trained
    numbers = ", ".join(f"{name} = {fine(trained[name])}" for name in names[:_MOST_ROWS])
    numbers += f" and {len(names) - _MOST_ROWS:,} more" if len(names) > _MOST_ROWS else ""
    return Group(Text("Outputs now", style="bold"), _table(training, width), Indented(Text(f"with {numbers}."), 0))


def _table(training: Training, width: int) -> RenderableType:
    """One line per row of data: its inputs, then outputs beside desired outputs, as many as fit."""
    targets: Mapping[str, str | float | None] = training.targets or {training.task.graph.output_name: None}
    inputs = [name for name in training.task.given if name not in targets.values()]
    inputs = inputs if _INPUT * len(inputs) + _COLUMNS * min(2, len(targets)) <= width else []
    fitting = max(1, (width - _INPUT * max(1, len(inputs))) // _COLUMNS)
    shown = list(targets.items())[:fitting]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in inputs or ["row"]:
        table.add_column(Text(visible(head)), justify="right")
    for y, desired in shown:
        if desired is not None:
            table.add_column(Text(visible(desired) if isinstance(desired, str) else "desired"), justify="right")
        table.add_column(Text(visible(y)), justify="right", style="value")
    rows = training.task.rows
    for number, row in enumerate(rows[:_MOST_ROWS], 1):
        try:
            values = training.outputs(row)
        except OutOfDomain as error:
            return Text(f"Row {number} cannot be evaluated any more: {error}")
        cells = [f"{row[name]:.6g}" for name in inputs] or [f"{number}"]
        for y, desired in shown:
            if desired is not None:
                cells.append(f"{values[desired] if isinstance(desired, str) else desired:.6g}")
            cells.append(f"{values[y]:.4f}" if abs(values[y]) < _LONG else f"{values[y]:.4g}")
        table.add_row(*map(Text, cells))
    left = [f"{len(rows) - _MOST_ROWS:,} more rows"] * (len(rows) > _MOST_ROWS)
    left += [f"{len(targets) - fitting:,} more outputs"] * (len(targets) > fitting)
    return Group(table, Text(f"and {', '.join(left)}", "quiet")) if left else table


def curve(points: list[Point], measure: str, width: int, plain: bool) -> Text:
    """The points as a line from the first epoch to the last, at most `width` columns wide."""
    losses = [point.loss for point in points]
    figure = plotille.Figure()
    figure.width = max(_LEAST_WIDE, (min(_MOST_WIDE, width) - _BESIDE) // 10 * 10)
    figure.with_colors, figure.origin = False, False
    figure.x_label, figure.y_label = "epoch", measure
    figure.set_x_limits(0, _rounded_up(points[-1].epoch))
    figure.x_ticks_fkt = lambda low, _high: f"{low:,.0f}" if points[-1].epoch >= _FEW_EPOCHS else f"{low:.2g}"
    if min(losses) > 0 and max(losses) > _MANY_TIMES * min(losses):
        losses = [log10(loss) for loss in losses]
        decades = max(losses) - min(losses)
        rows = (row for row in _DECADES if decades / row <= _MOST_PLOT_ROWS)
        row = next(rows, ceil(decades / _MOST_PLOT_ROWS))
        bottom, top = floor(min(losses) / row) * row, ceil(max(losses) / row) * row
        figure.height = round((top - bottom) / row)
        figure.y_ticks_fkt = lambda low, _high: _power_of_ten(low).rjust(_TICK)
    else:
        bottom, top = 0.0, _rounded_up(max(losses) or 1)
        figure.height = _MOST_PLOT_ROWS
        figure.y_ticks_fkt = lambda low, _high: f"{low:.3g}".rjust(_TICK)
    figure.set_y_limits(bottom, top)
    figure.plot([point.epoch for point in points], losses)
    lines = "\n".join(line.rstrip(" \u2800") for line in figure.show().splitlines())
    return Text(lines.translate(_STARS) if plain else lines, no_wrap=True, overflow="crop")


def _power_of_ten(exponent: float) -> str:
    """10**exponent with one digit: `0.003`, `1e-08`, `1e+310`."""
    if abs(exponent) < _FINITE:
        return f"{float(f'{10**exponent:.1g}'):g}"
    return f"1e{exponent:+.0f}"


def _rounded_up(number: float) -> float:
    """The next round number for the end of an axis."""
    size = 10.0 ** floor(log10(number))
    return next(size * step for step in _ROUND if size * step >= number * (1 - 1e-9))  # the logarithm may have rounded
