"""`validate`: every fault of exercise files, and the proof of those that have none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import typer

from backprop_tutor.authoring.report import Report
from backprop_tutor.authoring.validate import files, reports
from backprop_tutor.cli.options import BadArguments, Plain, one_of
from backprop_tutor.cli.screen import Move, Screen, write
from backprop_tutor.show.validation import Tally, closing, report_screen, workflow_commands
from backprop_tutor.text import visible

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="PATH...", help="Exercise files, or folders of them.", show_default=False)
]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="terminal, json or github (annotations in a workflow).")
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors do.")]


def validate(paths: Paths = None, format_: Format = "terminal", strict: Strict = False, plain: Plain = False) -> None:
    """Reports on exercise files, one after another."""
    show = _FORMATS[one_of("--format", format_, _FORMATS)]
    if not paths:
        raise BadArguments("give PATH, an exercise file or a folder of them.")
    named, shown = [Path(path) for path in paths], visible(", ".join(paths))
    if not any(os.path.lexists(path) for path in named):
        raise BadArguments(f"there is no such file or folder: {shown}.")
    found = reports(files(named))
    first = next(found, None)
    if first is None:
        raise BadArguments(f"there is no exercise file (.yaml, .yml) in {shown}.")
    run = _Run(named, chain([first], found), strict, Screen(plain))
    show(run)
    raise typer.Exit(1 if run.failed else 0)


@dataclass
class _Run:
    """The reports as they come in, and what they add up to."""

    named: list[Path]
    reports: Iterable[Report]
    strict: bool
    screen: Screen
    failed: bool = False
    tally: Tally = field(default_factory=Tally)

    def __iter__(self) -> Iterator[Report]:
        for report in self.reports:
            self.failed |= report.fails(self.strict)
            self.tally = self.tally.plus(report)
            yield report


def _terminal(run: _Run) -> None:
    alone = len(run.named) == 1 and not run.named[0].is_dir()
    with run.screen.bar(0 if alone else None) as move:
        total = 0 if alone or not run.screen.moves else _counted(run, move)
        for number, report in enumerate(run, 1):
            run.screen.show(report_screen(report, run.screen.width, alone))
            move(number, f"validate {number}/{total}")
    run.screen.show(closing(run.tally, run.strict))


def _counted(run: _Run, move: Move) -> int:
    """How many files there are. A walk may take long, so the bar says which folder it has come to."""
    total = sum(1 for _ in files(run.named, lambda folder: move(0, f"looking in {visible(str(folder))}")))
    move(0, "validate", total)
    return total


def _json(run: _Run) -> None:
    """As the contract writes it, one file after another, so that nothing is held back."""
    write('{"format": "backprop-tutor/validation@1", "files": [')
    for number, report in enumerate(run):
        write(("," if number else "") + "\n" + json.dumps(report.as_json()))
    write("\n]}", "\n")


def _github(run: _Run) -> None:
    for report in run:
        for line in workflow_commands(report):
            write(line, "\n")


_FORMATS: Final[dict[str, Callable[[_Run], None]]] = {"terminal": _terminal, "json": _json, "github": _github}
