"""A progress bar on standard error, at a terminal alone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from backprop_tutor.cli.screen import is_plain

if TYPE_CHECKING:
    from backprop_tutor.grading.collecting import Unit
    from backprop_tutor.grading.run import Task


@contextlib.contextmanager
def bar(task: Task, plain: bool) -> Iterator[Callable[[Unit, int], None]]:
    """What is told of each unit of work and its rows moves the bar; elsewhere than at a terminal nothing is shown."""
    if plain or sys.stderr is None or not sys.stderr.isatty() or is_plain(sys.stderr):
        yield lambda _unit, _rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from backprop_tutor.grading.collecting import total_size

    text = TextColumn("{task.fields[rows]:,} marked")
    with Progress(BarColumn(), text, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        shown = progress.add_task("", total=total_size(task.submissions, task.ours), rows=0)
        count = 0

        def told(unit: Unit, rows: int) -> None:
            nonlocal count
            count += rows
            progress.update(shown, advance=unit.size, rows=count)

        yield told
