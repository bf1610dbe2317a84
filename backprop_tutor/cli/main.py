"""`backprop-tutor`: the commands together, and the one place where errors become messages and exit statuses."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final, TextIO

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from backprop_tutor import __version__
from backprop_tutor.cli.screen import complain
from backprop_tutor.errors import TutorError

INTERRUPTED: Final = 130
UNUSABLE: Final = 2
ABOUT: Final = "Practise backpropagation on computational graphs, and be told why a gradient is wrong."
COMMANDS: Final = {
    "practice": (
        "Practise an exercise: find the gradient on every branch.",
        "At a terminal it offers to go on where you stopped (not where --only some of it was asked). What you answer "
        "is recorded on this machine alone. With --random, fresh circuits instead, harder with each one solved.",
    ),
    "explain": (
        "Work an exercise out, gate by gate.",
        "Forward, then backward one gate a step, then the gradients as formulas.",
    ),
    "draw": ("Draw a circuit: in the terminal, or as a picture or page.", ""),
    "train": (
        "Train a network on the rows of an exercise.",
        "Forward, backward, update, row after row, until its loss is small. The first step is shown in full; Ctrl-C "
        "ends with what was reached.",
    ),
    "check": ("Mark a file of answers, and say why.", "Each is right, carried through from an earlier slip, or wrong."),
    "grade": (
        "Mark a whole class into one report.",
        "Every submission gives a row, whatever it is; 1 is returned where some could not be read.",
    ),
    "patterns": (
        "Show the patterns of backward flow.",
        "Add distributes, max routes, mul switches, a fork adds; and every other gate.",
    ),
    "list": (
        "List the exercises, from easy to hard.",
        "Each with its title, how many gates it has, how many questions it asks, and where it is from.",
    ),
    "review": (
        "Review what is due, with fresh numbers.",
        "Each question is chosen for the skills that are due; where none is, for those that were never asked.",
    ),
    "validate": (
        "Find every fault of exercise files, and prove them.",
        "Gradients against finite differences, the own solution against the marking, and what the numbers cannot "
        "teach.",
    ),
    "new": (
        "Begin an exercise file of your own.",
        "At a terminal it asks for what is missing. A formula becomes named steps. No file is ever overwritten.",
    ),
    "schema": (
        "Print the JSON Schema of an exercise file.",
        "By it an editor completes the keys and underlines what is wrong.",
    ),
    "progress": ("Show what you know how surely, skill by skill.", ""),
}
"""Every command with its help: a line, and more. The file of its name is loaded when it is called."""


class Commands(TyperGroup):
    """The commands by their names and help alone, until one of them is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=help_) for name, (help_, _) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, with its options."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and loaded(str(command.name)), rest


def loaded(name: str) -> Any:
    """A command with its options; its file is imported."""
    gc.disable()  # what is imported is never searched for garbage, neither now nor later
    try:
        found = vars(import_module(f"backprop_tutor.cli.{name}"))[{"list": "list_"}.get(name, name)]
    finally:
        gc.freeze()
        gc.enable()
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(found)
        found = alone
    command = get_command(found)
    command.name, command.help = name, "\n\n".join(COMMANDS[name])
    return command


app = typer.Typer(
    name="backprop-tutor",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"backprop-tutor {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
]


@app.callback(help=ABOUT)
def options(version: Version = False) -> None:
    """The options of the program itself."""


def run(arguments: Sequence[str] | None = None) -> None:
    """The entry point: no traceback ever reaches a user."""
    status: object
    try:
        _mend_input()
        status = app(
            list(sys.argv[1:] if arguments is None else arguments), prog_name="backprop-tutor", standalone_mode=False
        )
        if sys.stdout is not None:
            sys.stdout.flush()  # what waits is written while an error can still be dealt with
    except TutorError as error:
        complain(f"backprop-tutor: {error}")
        status = UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted.")
        status = INTERRUPTED
    except SystemExit as end:
        # Typer and Rich make an exit with 1 of a pipe that nobody reads from any more.
        status = _explained(end.__context__) if isinstance(end.__context__, BrokenPipeError) else end.code
    except Exception as error:  # noqa: BLE001  whatever it is, no traceback reaches a student
        status = _explained(error)
    sys.exit(status if isinstance(status, int) else 0)


def _mend_input() -> None:
    """A closed standard input is an empty one, and bytes in it that are no text are what cannot be read."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  it stays open
    if isinstance(sys.stdin, io.TextIOWrapper) and sys.stdin.errors != "replace":
        sys.stdin.reconfigure(errors="replace")


def _write_no_more(*streams: TextIO | None) -> None:
    """What waits for a stream goes nowhere, so that Python does not try it again at its end."""
    for stream in streams:
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _explained(error: Exception) -> int:
    """Errors of the command line and of a full disk in one line; what else there is is a fault of ours, and says so."""
    if isinstance(error, BrokenPipeError):
        # Nobody reads on, as where `head` has its lines: that ends the command quietly, whatever it was about to say.
        _write_no_more(sys.stdout, sys.stderr)
        return 0
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain(f"backprop-tutor: {(error.strerror or 'no space left').lower()}.")
        _write_no_more(sys.stdout)
        return UNUSABLE
    if hasattr(error, "format_message"):
        message = error.format_message()
        if not message.startswith("Usage:"):  # help that is shown for want of arguments stays as it is
            command = getattr(getattr(error, "ctx", None), "command_path", "backprop-tutor")
            message = f"backprop-tutor: {message}\n`{command} --help` shows what it takes."
        complain(message)
        return int(getattr(error, "exit_code", UNUSABLE))
    if os.environ.get("BACKPROP_TUTOR_DEBUG"):
        raise error
    complain(f"backprop-tutor: this should not happen ({type(error).__name__}: {error}). Please report it.")
    return UNUSABLE


gc.freeze()  # what was imported until here; see the package
gc.enable()
