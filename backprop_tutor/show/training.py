"""The screens of training: the first step worked out, the loss as it falls, why it ended, and what the network gives
now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import floor, log10
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.engine.formatting import fine, fine_signed
from backprop_tutor.engine.language import read_lines
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.show.words import Indented, heading, sentence
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.training import Ending, Training

MOST_LINES: Final = 60
"""The most lines of one kind that are shown of the first step; a larger network's others are counted."""
_MOST_ROWS: Final = 20
_COLUMNS: Final = 18
"""What an output takes beside what is desired."""


def first_step(training: Training, width: int) -> RenderableType:
    """The first row: each line's value, each named gradient, and each new number with the numbers that it comes from.

    Raises OutOfDomain.
    """
    exercise, task = training.exercise, training.task
    row = task.rows[0]
    seed = "" if exercise.seed is None else f", seed {exercise.seed}"
    solution = solve(task.graph, {**exercise.values, **row}, task.upstream)
    parts: list[RenderableType] = [heading(f"{visible(exercise.title)}{seed}: the first step", width)]
    parts.append(sentence(f"Row 1: {_numbers(row)}."))
    parts.append(Text("Forward", style="bold"))
    parts.append(_block(_forward_lines(exercise.graph_text, solution), "green"))
    parts.append(Text("Backward", style="bold"))
    parts.append(_block(_gradient_lines(visible(exercise.loss), solution), "red"))
    parts.append(Text(f"Update: w - α * ∂{visible(exercise.loss)}/∂w, α = {task.rate:g}", style="bold"))
    parts.append(_block(_update_lines(training, solution), "bold"))
    return Group(*parts)


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
    rows = (
        "its own numbers"
        if training.is_single
        else f"{len(training.task.rows):,} rows"
        if len(training.task.rows) > 1
        else "one row"
    )
    update, rate = training.exercise.update, training.task.rate
    instead = f" (not the {update.rate:g} of its single step)" if update and update.rate != rate else ""
    text = f"Training on {rows}, one update a row, at the rate {rate:g}{instead}, "
    if training.goal is not None:
        text += (
            f"until {training.measure} over an epoch is below {training.goal:g}, for at most "
            f"{counted(training.most_epochs, 'epoch')}."
        )
    else:
        text += f"for {counted(training.most_epochs, 'epoch')}."
    return sentence(text)


def so_far(training: Training, epoch: int, loss: float) -> str:
    """`epoch 100: Σe² = 1.038`."""
    return f"epoch {epoch:,}: {training.measure} = {loss:.4g}"


def ending(training: Training, loss: float | None) -> Text:
    """Why it ended, and what would go on."""
    epochs = training.trainer.epochs
    if loss is None:
        return sentence("No epoch was done.")
    reached = so_far(training, epochs, loss).replace("e", "E", 1)
    if training.ending is Ending.REACHED:
        assert training.goal is not None
        # As many digits as it takes to see that it is below.
        digits = next(number for number in range(4, 18) if number == 17 or float(f"{loss:.{number}g}") < training.goal)
        return Text(
            f"Epoch {epochs:,}: {training.measure} = {loss:.{digits}g}, below {training.goal:g}. Done.",
            style="bold green",
        )
    if training.ending is Ending.STILL:
        why = (
            "Nothing moves any more: every gradient is 0, or too small to change a number. Another --seed or "
            "--rate may go further."
        )
        return sentence(f"{reached}. {why}", "bold yellow")
    if training.ending is None:
        return sentence(f"Interrupted. {reached}.", "bold yellow")
    if training.goal is None:
        return Text(f"{reached}. That was {counted(epochs, 'epoch')}.", style="bold")
    why = f"That was {counted(epochs, 'epoch')}, and it is not below {training.goal:g} yet."
    return sentence(
        f"{reached}. {why} A larger --epochs goes on; another --rate or --seed may do better.", "bold yellow"
    )


def results(training: Training, width: int) -> RenderableType:
    """What comes out at each row now, beside what is desired; and the trained numbers."""
    trained = training.trainer.numbers
    names = training.task.trained
    numbers = ", ".join(f"{name} = {fine(trained[name])}" for name in names[:_MOST_ROWS]) + _more(
        len(names) - _MOST_ROWS
    )
    return Group(Text("What it gives now", style="bold"), _table(training, width), sentence(f"at {numbers}"))


def _more(number: int) -> str:
    return f" and {number:,} more" if number > 0 else ""


def _table(training: Training, width: int) -> RenderableType:
    """One row of the data a line: inputs, then each output beside what is desired, as many as fit; Text where there is
    no value."""
    targets: list[tuple[str, str | float | None]] = list(training.targets.items()) or [
        (training.task.graph.output_name, None)
    ]
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
            return sentence(f"Row {number} cannot be evaluated any more: {error}")
        cells = [f"{row[name]:.6g}" for name in inputs] or [f"{number}"]
        for y, desired in targets[:fitting]:
            if desired is not None:
                cells.append(f"{values[desired] if isinstance(desired, str) else desired:.6g}")
            cells.append(f"{values[y]:.4f}" if abs(values[y]) < 1e6 else f"{values[y]:.4g}")
        table.add_row(*map(Text, cells))
    left = [f"{len(rows) - _MOST_ROWS:,} more rows"] * (len(rows) > _MOST_ROWS)
    left += [f"{len(targets) - fitting:,} more outputs"] * (len(targets) > fitting)
    return Group(table, sentence(f"and {', '.join(left)}", "dim")) if left else table


def _headed(inputs: list[str], targets: list[tuple[str, str | float | None]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in inputs or ["row"]:
        table.add_column(Text(visible(head)), justify="right")
    for y, desired in targets:
        if desired is not None:
            table.add_column(Text(visible(desired) if isinstance(desired, str) else "desired"), justify="right")
        table.add_column(Text(visible(y)), justify="right", style="green")
    return table
