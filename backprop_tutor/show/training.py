"""The screens of training: the first step, the loss as it falls, its curve, why it ended, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil, floor, log10
from typing import Final

import plotille
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.engine.formatting import fine, fine_signed
from backprop_tutor.engine.language import read_lines
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.training import Ending, Point, Training

MOST_LINES: Final = 60
"""The most lines of one kind that are shown of the first step; a larger network's others are counted."""
_MOST_ROWS: Final = 20
_COLUMNS: Final = 18
"""What an output takes beside what is desired."""
_STARS: Final = str.maketrans({chr(0x2800 + dots): "*" if dots else " " for dots in range(256)})
_BESIDE: Final = 24
"""Columns of the plot that are no part of the curve."""
_ROUND: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MOST_PLOT_ROWS: Final = 10
_MANY_TIMES: Final = 50
"""A loss that falls to so small a part of itself is drawn on a logarithmic scale."""


def first_step(training: Training, width: int) -> RenderableType:
    """The first row: each line's value, each named gradient, each new number and its formula. Raises OutOfDomain."""
    exercise, task = training.exercise, training.task
    row = task.rows[0]
    seed = "" if exercise.seed is None else f", seed {exercise.seed}"
    solution = solve(task.graph, {**exercise.values, **row}, task.upstream)
    loss = visible(exercise.loss)
    return Group(
        heading(f"{visible(exercise.title)}{seed}: the first step", width),
        Text(f"Row 1: {_numbers(row)}."),
        Text("Forward", style="bold"),
        _block(_forward_lines(exercise.graph_text, solution), "green"),
        Text("Backward", style="bold"),
        _block(_gradient_lines(loss, solution), "red"),
        Text(f"Update: w - α * ∂{loss}/∂w, α = {task.rate:g}", style="bold"),
        _block(_update_lines(training, solution), "bold"),
    )


def _numbers(numbers: Mapping[str, float]) -> str:
    pairs = [f"{name} = {value:.6g}" for name, value in numbers.items()]
    return ", ".join(pairs[:MOST_LINES]) + (", ..." if len(pairs) > MOST_LINES else "")


def _block(lines: Iterable[tuple[str, str]], style: str) -> RenderableType:
    """Lines of a formula and its number; only the first ones of very many."""
    text = Text()
    number = -1
    for number, (formula, result) in enumerate(lines):
        if number < MOST_LINES:
            text.append("\n" if number else "")
            text.append(f"{formula} = ").append(result, style)
    if number >= MOST_LINES:
        text.append(f"\nand {number + 1 - MOST_LINES:,} more like these", "dim")
    return Indented(text)


def _forward_lines(graph_text: str, solution: Solution) -> Iterator[tuple[str, str]]:
    for line in read_lines(graph_text).lines:
        yield visible(graph_text[line.at[0] : line.span[1]]), fine(solution.value(line.name))


def _gradient_lines(loss: str, solution: Solution) -> Iterator[tuple[str, str]]:
    graph = solution.graph
    named = [name for name, label in zip(graph.names, graph.labels, strict=True) if label and graph.node(name).gate]
    for name in reversed(named):
        yield f"∂{loss}/∂{name}", fine(solution.gradient(name))


def _update_lines(training: Training, solution: Solution) -> Iterator[tuple[str, str]]:
    rate, values = training.task.rate, training.exercise.values
    for name in training.task.trained:
        gradient = solution.gradient(name)
        change = rate * gradient
        # As many decimals as it takes to see two digits of the change.
        decimals = 4 if change == 0 else min(12, max(4, 1 - floor(log10(abs(change)))))
        new = fine(values[name] - change, decimals)
        yield f"{name} = {values[name]:g} - {rate:g} * {fine_signed(gradient, decimals)}", new


def outlook(training: Training) -> Text:
    """What is about to be done: rows, rate, and when it ends."""
    number = len(training.task.rows)
    rows = "its own numbers" if training.is_single else "one row" if number == 1 else f"{number:,} rows"
    update, rate = training.exercise.update, training.task.rate
    instead = f" (not the {update.rate:g} of its single step)" if update and update.rate != rate else ""
    how = f"Training on {rows}, one update a row, at the rate {rate:g}{instead}"
    enough = counted(training.most_epochs, "epoch")
    if training.goal is None:
        return Text(f"{how}, for {enough}.")
    goal = f"until {training.measure} over an epoch is below {training.goal:g}"
    return Text(f"{how}, {goal}, for at most {enough}.")


def so_far(training: Training, epoch: int, loss: float) -> str:
    """`epoch 100: Σe² = 1.038`."""
    return f"epoch {epoch:,}: {training.measure} = {loss:.4g}"


def ending(training: Training, loss: float | None) -> Text:
    """Why it ended, and what would go on."""
    epochs = training.trainer.epochs
    if loss is None:
        return Text("No epoch was done.")
    reached = so_far(training, epochs, loss).replace("e", "E", 1)
    if training.ending is Ending.REACHED:
        assert training.goal is not None
        # As many digits as it takes to see that it is below.
        digits = next(number for number in range(4, 18) if number == 17 or float(f"{loss:.{number}g}") < training.goal)
        reached = f"Epoch {epochs:,}: {training.measure} = {loss:.{digits}g}"
        return Text(f"{reached}, below {training.goal:g}. Done.", style="bold green")
    if training.ending is Ending.STILL:
        why = "Nothing moves any more: every gradient is 0, or too small to change a number."
        return Text(f"{reached}. {why} Another --seed or --rate may go further.", "bold yellow")
    if training.ending is None:
        return Text(f"Interrupted. {reached}.", "bold yellow")
    if training.goal is None:
        return Text(f"{reached}. That was {counted(epochs, 'epoch')}.", style="bold")
    why = f"That was {counted(epochs, 'epoch')}, and it is not below {training.goal:g} yet."
    what_else = "A larger --epochs goes on; another --rate or --seed may do better."
    return Text(f"{reached}. {why} {what_else}", "bold yellow")


def results(training: Training, width: int) -> RenderableType:
    """What comes out at each row now, beside what is desired; and the trained numbers."""
    trained = training.trainer.numbers
    names = training.task.trained
    numbers = ", ".join(f"{name} = {fine(trained[name])}" for name in names[:_MOST_ROWS])
    numbers += f" and {len(names) - _MOST_ROWS:,} more" if len(names) > _MOST_ROWS else ""
    return Group(Text("What it gives now", style="bold"), _table(training, width), Text(f"at {numbers}"))


def _table(training: Training, width: int) -> RenderableType:
    """One row of the data a line: its inputs, then outputs beside what is desired, as many as fit."""
    nothing_desired = [(training.task.graph.output_name, None)]
    targets: list[tuple[str, str | float | None]] = [*training.targets.items()] or [*nothing_desired]
    wanted = {desired for _, desired in targets}
    inputs = [name for name in training.task.given if name not in wanted]
    inputs = inputs if 7 * len(inputs) + _COLUMNS * min(2, len(targets)) <= width else []
    fitting = max(1, (width - 7 * max(1, len(inputs))) // _COLUMNS)
    table = _headed(inputs, targets[:fitting])
    rows = training.task.rows
    for number, row in enumerate(rows[:_MOST_ROWS], 1):
        try:
            values = training.outputs(row)
        except OutOfDomain as error:
            return Text(f"Row {number} cannot be evaluated any more: {error}")
        cells = [f"{row[name]:.6g}" for name in inputs] or [f"{number}"]
        for y, desired in targets[:fitting]:
            if desired is not None:
                cells.append(f"{values[desired] if isinstance(desired, str) else desired:.6g}")
            cells.append(f"{values[y]:.4f}" if abs(values[y]) < 1e6 else f"{values[y]:.4g}")
        table.add_row(*map(Text, cells))
    left = [f"{len(rows) - _MOST_ROWS:,} more rows"] * (len(rows) > _MOST_ROWS)
    left += [f"{len(targets) - fitting:,} more outputs"] * (len(targets) > fitting)
    return Group(table, Text(f"and {', '.join(left)}", "dim")) if left else table


def _headed(inputs: list[str], targets: list[tuple[str, str | float | None]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in inputs or ["row"]:
        table.add_column(Text(visible(head)), justify="right")
    for y, desired in targets:
        if desired is not None:
            table.add_column(Text(visible(desired) if isinstance(desired, str) else "desired"), justify="right")
        table.add_column(Text(visible(y)), justify="right", style="green")
    return table


def curve(points: list[Point], measure: str, width: int, plain: bool) -> Text:
    """The points as a line from the first epoch to the last, at most `width` columns wide."""
    losses = [point.loss for point in points]
    figure = plotille.Figure()
    figure.width = max(16, (min(100, width) - _BESIDE) // 10 * 10)
    figure.with_colors, figure.origin = False, False
    figure.x_label, figure.y_label = "epoch", measure
    figure.set_x_limits(0, _rounded_up(points[-1].epoch))
    figure.x_ticks_fkt = lambda low, _high: f"{low:,.0f}" if points[-1].epoch >= 20 else f"{low:.2g}"
    if min(losses) > 0 and max(losses) > _MANY_TIMES * min(losses):
        losses = [log10(loss) for loss in losses]
        decades = max(losses) - min(losses)
        row = next((row for row in (0.25, 0.5, 1) if decades / row <= _MOST_PLOT_ROWS), ceil(decades / _MOST_PLOT_ROWS))
        bottom, top = floor(min(losses) / row) * row, ceil(max(losses) / row) * row
        figure.height = round((top - bottom) / row)
        figure.y_ticks_fkt = lambda low, _high: _power_of_ten(low).rjust(6)
    else:
        bottom, top = 0.0, _rounded_up(max(losses) or 1)
        figure.height = 10
        figure.y_ticks_fkt = lambda low, _high: f"{low:.3g}".rjust(6)
    figure.set_y_limits(bottom, top)
    figure.plot([point.epoch for point in points], losses)
    lines = "\n".join(line.rstrip(" \u2800") for line in figure.show().splitlines())
    return Text(lines.translate(_STARS) if plain else lines, no_wrap=True, overflow="crop")


def _power_of_ten(exponent: float) -> str:
    """10**exponent with one digit: `0.003`, `1e-08`, `1e+310`."""
    if abs(exponent) < 300:
        return f"{float(f'{10**exponent:.1g}'):g}"
    return f"1e{exponent:+.0f}"


def _rounded_up(number: float) -> float:
    """The next number that ends an axis well."""
    size = 10.0 ** floor(log10(number))
    return next(size * step for step in _ROUND if size * step >= number * (1 - 1e-9))
