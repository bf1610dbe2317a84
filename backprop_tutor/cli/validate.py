"""`validate`: every fault of exercise files, and the proof of those that have none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from backprop_tutor.cli.options import Plain

if TYPE_CHECKING:
    from backprop_tutor.authoring.report import Report
    from backprop_tutor.cli.screen import Screen

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="PATH...", help="Exercise files, or folders of them.", show_default=False)
]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="terminal, json or github (annotations in a workflow).")
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors do.")]


def validate(paths: Paths = None, format_: Format = "terminal", strict: Strict = False, plain: Plain = False) -> None:
    """Find every fault of exercise files, and prove them.

    Gradients against finite differences, the own solution against the marking, and what the numbers cannot teach.
    """
    from backprop_tutor.authoring.cores import reports
    from backprop_tutor.authoring.validate import files
    from backprop_tutor.cli.chosen import BadArguments, one_of
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.text import visible

    write = _FORMATS[one_of("--format", format_, _FORMATS)]
    if not paths:
        raise BadArguments("give PATH, an exercise file or a folder of them.")
    named, shown = [Path(path) for path in paths], visible(", ".join(paths))
    if not any(os.path.lexists(path) for path in named):
        raise BadArguments(f"there is no such file or folder: {shown}.")
    screen = Screen(plain)
    alone = len(named) == 1 and not named[0].is_dir()
    moves = write is _terminal and not alone and not screen.plain and screen.is_terminal
    found = _with_progress(named, screen) if moves else reports(files(named))
    first = next(found, None)
    if first is None:
        raise BadArguments(f"there is no exercise file (.yaml, .yml) in {shown}.")
    run = _Run(named, chain([first], found), strict, screen)
    write(run)
    raise typer.Exit(1 if run.failed else 0)


class _Run:
    """The reports as they come in, and what they add up to."""

    def __init__(self, named: list[Path], reports: Iterable[Report], strict: bool, screen: Screen) -> None:
        from backprop_tutor.show.validation import Tally

        self.named, self.strict, self.screen = named, strict, screen
        self.failed = False
        self.tally = Tally()
        self._reports = reports

    def __iter__(self) -> Iterator[Report]:
        for report in self._reports:
            self.failed |= report.fails(self.strict)
            self.tally = self.tally.plus(report)
            yield report


def _terminal(run: _Run) -> None:
    from backprop_tutor.show.validation import closing, report_screen

    alone = len(run.named) == 1 and not run.named[0].is_dir()
    for report in run:
        run.screen.show(report_screen(report, run.screen.width, alone))
    run.screen.show(closing(run.tally, run.strict))


def _with_progress(named: list[Path], screen: Screen) -> Iterator[Report]:
    """The reports, above a bar: which folder is being walked while the files are counted, then how far it is."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from backprop_tutor.authoring.cores import reports
    from backprop_tutor.authoring.validate import files
    from backprop_tutor.text import visible

    # The path comes last: where it is too long for the line, its end is cut, and the bar is not.
    folder = TextColumn("{task.description}", markup=False)
    columns = ("validate", BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), folder)
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def looking(folder: Path) -> None:
            progress.update(task, description=f"looking in {visible(str(folder))}")

        total = sum(1 for _ in files(named, looking))
        progress.update(task, total=total, description="")
        for report in reports(files(named)):
            yield report
            progress.advance(task)


def _json(run: _Run) -> None:
    """As the contract writes it, one file after another, so that nothing is held back."""
    import json

    from backprop_tutor.cli.screen import write

    write('{"format": "backprop-tutor/validation@1", "files": [')
    for number, report in enumerate(run):
        write(("," if number else "") + "\n" + json.dumps(report.as_json()))
    write("\n]}", "\n")


def _github(run: _Run) -> None:
    from backprop_tutor.cli.screen import write
    from backprop_tutor.show.annotations import workflow_commands

    for report in run:
        for line in workflow_commands(report):
            write(line, "\n")


_FORMATS: Final[dict[str, Callable[[_Run], None]]] = {"terminal": _terminal, "json": _json, "github": _github}
