"""`backprop-tutor`: the commands together, and the one place where errors become messages and exit statuses."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from backprop_tutor.cli.check import check
from backprop_tutor.cli.draw import draw
from backprop_tutor.cli.explain import explain
from backprop_tutor.cli.grade import grade
from backprop_tutor.cli.list import list_
from backprop_tutor.cli.new import new
from backprop_tutor.cli.patterns import patterns
from backprop_tutor.cli.practice import practice
from backprop_tutor.cli.progress import progress
from backprop_tutor.cli.review import review
from backprop_tutor.cli.schema import schema
from backprop_tutor.cli.screen import complain
from backprop_tutor.cli.train import train
from backprop_tutor.cli.validate import validate
from backprop_tutor.errors import TutorError

INTERRUPTED = 130
UNUSABLE = 2

app = typer.Typer(
    name="backprop-tutor",
    help="Practise backpropagation on computational graphs, and be told why a gradient is wrong.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "practice": practice,
    "explain": explain,
    "draw": draw,
    "train": train,
    "check": check,
    "grade": grade,
    "patterns": patterns,
    "list": list_,
    "review": review,
    "validate": validate,
    "new": new,
    "schema": schema,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(progress, name="progress")


def _version(wanted: bool) -> None:
    if wanted:
        from backprop_tutor import __version__

        typer.echo(f"backprop-tutor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Practise backpropagation on computational graphs, and be told why a gradient is wrong."""


def run(arguments: Sequence[str] | None = None) -> None:
    """The entry point: no traceback ever reaches a user."""
    try:
        _mend_input()
        status = app(
            list(sys.argv[1:] if arguments is None else arguments), prog_name="backprop-tutor", standalone_mode=False
        )
    except TutorError as error:
        complain(f"backprop-tutor: {error}")
        status = UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted.")
        status = INTERRUPTED
    except BrokenPipeError:
        _write_no_more()  # nobody reads on: end quietly
        status = 0
    except OSError as error:
        status = _explained(error)
        if error.errno == errno.ENOSPC:
            _write_no_more()
    except Exception as error:  # noqa: BLE001  whatever it is, no traceback reaches a student
        status = _explained(error)
    sys.exit(status if isinstance(status, int) else 0)


def _mend_input() -> None:
    """A closed standard input is an empty one, and bytes in it that are no text are what cannot be read."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  it stays open
    if isinstance(sys.stdin, io.TextIOWrapper) and sys.stdin.errors != "replace":
        sys.stdin.reconfigure(errors="replace")


def _write_no_more() -> None:
    """What waits for standard output goes nowhere, so that Python does not try it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_the_command_line(message: str, context: object) -> str:
    """What is wrong with the arguments and whose help says more; help that is shown for want of arguments stays as it
    is."""
    if message.startswith("Usage:"):
        return message
    command = getattr(context, "command_path", "backprop-tutor")
    return f"backprop-tutor: {message}\n`{command} --help` shows what it takes."


def _explained(error: Exception) -> int:
    """Errors of the command line and of a full disk in one line; what else there is is a fault of ours, and says so."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain(f"backprop-tutor: {(error.strerror or 'no space left').lower()}.")
        return UNUSABLE
    message = getattr(error, "format_message", None)
    if message is not None:
        complain(_of_the_command_line(message(), getattr(error, "ctx", None)))
        return int(getattr(error, "exit_code", UNUSABLE))
    if os.environ.get("BACKPROP_TUTOR_DEBUG"):
        raise error
    complain(f"backprop-tutor: this should not happen ({type(error).__name__}: {error}). Please report it.")
    return UNUSABLE
