"""`progress`: how well each skill is known, from the record; also writes the record to a file or sets it aside."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Annotated

import typer

from backprop_tutor.cli.options import BadArguments, Format, Plain
from backprop_tutor.cli.screen import Screen, write, write_json
from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.records.sittings import database, is_there
from backprop_tutor.records.store import Store, open_store
from backprop_tutor.records.summary import Summary, current, export_log, set_aside
from backprop_tutor.show.statistics import NOTHING, progress_json, progress_screen
from backprop_tutor.text import counted

File = Annotated[str, typer.Argument(metavar="FILE", help="The file to write, ending in .csv or .jsonl.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")]

progress = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)


@progress.callback()
def show_progress(context: typer.Context, format_: Format = "terminal", plain: Plain = False) -> None:
    """Shows how well each skill is known, unless a subcommand acts on the record."""
    if context.invoked_subcommand is not None:
        return
    with _store() as store:
        summary = Summary() if store is None else current(store)
    if format_ == "json":
        write_json(progress_json(summary))
    else:
        screen = Screen(plain)
        screen.show(*progress_screen(summary, screen.width, catalogue() if summary.exercises else ()))


@progress.command("export", help="Write every answer to a file, as CSV or JSON Lines.")
def export(file: File) -> None:
    """Writes the record to a file."""
    with _store() as store:
        done = NOTHING if store is None else f"Wrote {counted(export_log(store, file), 'entry', 'entries')} to {file}."
    write(done, "\n")


@progress.command(
    "reset",
    help="Start a new record.\n\nThe old one is kept beside it, with the date in its name.",
)
def reset(yes: Yes = False) -> None:
    """Sets the record aside."""
    if not is_there(database()):
        write(NOTHING, "\n")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise BadArguments("reset asks for confirmation: run it at a terminal, or give --yes.")
        if not typer.confirm("Set the record of all your answers aside?"):
            write("Nothing was changed.", "\n")
            raise typer.Exit(1)
    write(f"The old record is kept as {set_aside(database())}. A new one begins with your next answer.", "\n")


def _store() -> AbstractContextManager[Store | None]:
    path = database()
    return closing(open_store(path)) if is_there(path) else nullcontext()
