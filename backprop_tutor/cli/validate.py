"""`validate`: finds every fault in exercise files, and verifies those without one."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import typer

from backprop_tutor.authoring.report import Report
from backprop_tutor.authoring.validate import files, reports
from backprop_tutor.cli.options import BadArguments, Plain, argument, word
from backprop_tutor.cli.screen import Screen, complain, write
from backprop_tutor.show.validation import closing, report_screen, workflow_commands
from backprop_tutor.text import listed, visible

Paths = Annotated[list[str] | None, argument("PATH...", "Exercise files, or folders of them.")]
_MOST_OTHERS: Final = 4  # how many files beside the exercises are named one by one
_FORMATS: Final = ("terminal", "json", "github")
Format = Annotated[str, word("--format", "FORMAT", "terminal, json or github (annotations in a workflow).", _FORMATS)]
Strict = Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")]


def validate(paths: Paths = None, format_: Format = "terminal", strict: Strict = False, plain: Plain = False) -> None:
    """Reports on exercise files, one after another."""
    if not paths:
        raise BadArguments("give PATH, an exercise file or a folder of them.")
    named, shown = list(dict.fromkeys(map(Path, paths))), visible(", ".join(paths))
    if not any(os.path.lexists(path) for path in named):
        raise BadArguments(f"there is no such file or folder: {shown}.")
    others: list[Report] = []
    found = _exercises(reports(files(named)), others)
    first = next(found, None)
    if first is None:
        raise BadArguments(f"there is no exercise file (.yaml, .yml) in {shown}.")
    tally: Counter[str] = Counter()
    told, screen = _counting(chain([first], found), tally), Screen(plain)
    if format_ == "json":
        _write_json(told)
    elif format_ == "github":
        for line in chain.from_iterable(map(workflow_commands, told)):
            write(line, "\n")
    else:
        _show(screen, named, told)
    if others:
        listing = [f"{visible(one.file)} ({one.other})" for one in others]
        complain(f"skipped: {listed(listing, most=_MOST_OTHERS)}.")
    failed = bool(tally["errors"] or (strict and tally["warnings"]))
    if format_ == "terminal":
        screen.show(closing(tally, failed))
    raise typer.Exit(int(failed))


def _exercises(found: Iterable[Report], others: list[Report]) -> Iterator[Report]:
    """The reports on exercises; other files in a folder go into `others`."""
    for report in found:
        if report.other:
            others.append(report)
        else:
            yield report


def _counting(reports: Iterable[Report], tally: Counter[str]) -> Iterator[Report]:
    for report in reports:
        tally.update(files=1, errors=len(report.errors), warnings=len(report.warnings), proved=report.proved)
        yield report


def _show(screen: Screen, named: Sequence[Path], told: Iterable[Report]) -> None:
    alone = len(named) == 1 and not named[0].is_dir()
    with screen.bar(0 if alone else None) as move:
        total = 0
        if screen.moves and not alone:
            # A walk may take long, so the bar shows which folder it has reached.
            total = sum(1 for _ in files(named, lambda folder: move(0, f"looking in {visible(str(folder))}")))
            move(0, f"validate 0/{total}", total)
        for number, report in enumerate(told, 1):
            screen.show(*report_screen(report, screen.width, alone))
            move(number, f"validate {number}/{total}")


def _write_json(told: Iterable[Report]) -> None:
    """Writes the contract's JSON one file at a time, so that nothing is held back."""
    write('{"format": "backprop-tutor/validation@1", "files": [')
    for number, report in enumerate(told):
        write(("," if number else "") + "\n" + json.dumps(report.as_json()))
    write("\n]}", "\n")
