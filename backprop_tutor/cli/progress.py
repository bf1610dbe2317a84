"""`progress`: what is known how surely, from the record; and the record as a file, or set aside."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import Format, Plain

if TYPE_CHECKING:
    from backprop_tutor.records.store import Store

File = Annotated[str, typer.Argument(metavar="FILE", help="Ends in .csv or .jsonl.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

progress = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="Show what you know how surely, skill by skill."
)


@progress.callback()
def show_progress(context: typer.Context, format_: Format = "terminal", plain: Plain = False) -> None:
    """Show what you know how surely, skill by skill.

    Everything comes from the record of your answers, which stays on this machine.
    """
    if context.invoked_subcommand is not None:
        return
    from backprop_tutor.cli.screen import Screen, write
    from backprop_tutor.records.summary import Summary, current

    store = _store()
    if store is None:
        summary = Summary()
    else:
        with closing(store):
            summary = current(store)
    if format_ == "json":
        import json

        from backprop_tutor.show.progress import progress_json

        write(json.dumps(progress_json(summary), indent=2), "\n")
        return
    from backprop_tutor.show.progress import progress_screen

    screen = Screen(plain)
    screen.show(progress_screen(summary, screen.width))


@progress.command("export")
def export(file: File) -> None:
    """Write every answer to a file, as CSV or JSON Lines."""
    from backprop_tutor.records.export import export_log
    from backprop_tutor.text import counted

    store = _store()
    if store is None:
        _nothing()
        return
    with closing(store):
        count = export_log(store, file)
    typer.echo(f"{counted(count, 'entry', 'entries')} in {file}.")


@progress.command("reset")
def reset(yes: Yes = False) -> None:
    """Set the record aside and begin a new one.

    The old one is kept beside it, under a name with the date.
    """
    from backprop_tutor.records.export import set_aside
    from backprop_tutor.records.sittings import database, is_there

    if not is_there(database()):
        _nothing()
        return
    if not yes:
        if not sys.stdin.isatty():
            from backprop_tutor.cli.chosen import BadArguments

            raise BadArguments("reset asks before it does anything: run it at a terminal, or give --yes.")
        if not typer.confirm("Set the record of all your answers aside?"):
            typer.echo("It stays as it is.")
            raise typer.Exit(1)
    typer.echo(f"The record is now {set_aside(database())}. A new one begins with your next answer.")


def _store() -> Store | None:
    """The record, if there is one. Raises RecordTrouble."""
    from backprop_tutor.records.sittings import database, is_there
    from backprop_tutor.records.store import open_store

    path = database()
    return open_store(path) if is_there(path) else None


def _nothing() -> None:
    typer.echo("Nothing is recorded yet. `backprop-tutor practice` begins.")
