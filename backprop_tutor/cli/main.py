"""`backprop-tutor`: the commands together, and the one place where errors become messages and exit statuses."""

import errno
import gc
import io
import os
import re
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
ABOUT: Final = "Practise backpropagation on computational graphs, and learn why an answer is wrong."
_ALONE: Final = ["practice", "--welcome"]  # what `backprop-tutor` alone runs at a terminal; elsewhere it shows its help
COMMANDS: Final = {
    "practice": (
        "Practise an exercise, question by question.",
        "At a terminal, a session that you left can be resumed (one with --only cannot). Your answers are recorded on "
        "this machine only. With --random you get new circuits, harder after each one you solve.",
    ),
    "review": (
        "Review what is due, with new numbers.",
        "The questions are chosen for skills that you have practised and that are due again.",
    ),
    "progress": ("Show how well you know each skill.", ""),
    "list": ("List the exercises, from easy to hard.", ""),
    "explain": (
        "Work through an exercise, one gate at a time.",
        "The forward pass, the backward pass gate by gate, then the gradients as formulas.",
    ),
    "patterns": (
        "Show what each gate does to a gradient.",
        "An add gate distributes it, a max gate routes it, a mul gate switches it, and a fork adds up its branches.",
    ),
    "draw": ("Draw a circuit in the terminal, as a picture or as a web page.", ""),
    "train": (
        "Train a network on the data of an exercise.",
        "Repeats forward, backward and update until the loss is small, and shows the first step in full. Ctrl-C stops "
        "the training and shows its result so far.",
    ),
    "check": (
        "Mark an answer file and explain what is wrong.",
        "An answer is right, carried through from an earlier mistake, or wrong. The exit status is 0 for full marks.",
    ),
    "sheets": (
        "Write worksheets for a class.",
        "One page for each student of a roster, with their own numbers and a blank for everything that is asked for.",
    ),
    "export": (
        "Write a question bank for a course system.",
        "Questions for numbers, with tolerances and, if the system supports it, feedback on known mistakes. Unlike "
        "check and grade, course systems do not follow through from a student's own earlier numbers.",
    ),
    "kit": (
        "Write an autograder for Gradescope.",
        "A ZIP archive to upload under Configure Autograder. Students hand in an answer file, as for check.",
    ),
    "grade": (
        "Mark a whole class and write one report.",
        "Every submission gets a row in the report. The exit status is 1 if any could not be read.",
    ),
    "new": (
        "Start an exercise file of your own.",
        "At a terminal it asks for what is missing, and splits a formula into named steps. It never overwrites a file.",
    ),
    "validate": (
        "Check exercise files and verify their answers.",
        "Compares the gradients with finite differences, marks each exercise's own solution, and reports mistakes that "
        "would go unnoticed at the numbers given.",
    ),
    "schema": (
        "Print the JSON Schema of exercise files.",
        "An editor uses it to complete keys and to underline errors.",
    ),
}
"""Every command with its help: one line, and more. The file with its name is loaded when it is called."""
_INVALID: Final = r"Invalid value for '(\S+)': "
_PLAINLY: Final = (
    (rf"{_INVALID}['\"](.*)['\"] is not a valid int(?: range)?\.", r"\1 must be a whole number, not \2."),
    (rf"{_INVALID}['\"](.*)['\"] is not a valid float(?: range)?\.", r"\1 must be a number, not \2."),
    (rf"{_INVALID}(\S+) is not in the range (\S+)<=x<=(\S+)\.", r"\1 must be from \3 to \4, not \2."),
    (rf"{_INVALID}(\S+) is not in the range x>=(\S+)\.", r"\1 must be \3 or more, not \2."),
    (r"Got unexpected extra argument\(?s?\)? \((.*)\)", r"Too many arguments: \1."),
)
"""What Typer says of a command line, and how we say it."""


class Commands(TyperGroup):
    """The commands, known only by name and help until one of them is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(COMMANDS)  # Typer asks for the names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  as Typer calls it
        """A command with its help; None if there is none of this name."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][0]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, with its options."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and loaded(str(command.name)), rest


def loaded(name: str) -> Any:
    """A command with its options; its file is imported."""
    gc.disable()  # imported objects are never searched for garbage, neither now nor later
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
        given = list(sys.argv[1:] if arguments is None else arguments)
        if not given and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty():
            given = _ALONE
        status = app(given, prog_name="backprop-tutor", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # flushed while an error can still be handled
    except TutorError as error:
        complain(f"backprop-tutor: {error}")
        status = UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted.")
        status = INTERRUPTED
    except SystemExit as end:
        # Typer and Rich turn a broken pipe into an exit with 1.
        status = _explained(end.__context__) if isinstance(end.__context__, BrokenPipeError) else end.code
    except Exception as error:  # noqa: BLE001  whatever it is, no traceback reaches a student
        status = _explained(error)
    sys.exit(status if isinstance(status, int) else 0)


def _mend_input() -> None:
    """A closed standard input counts as empty, and bytes that are not text as unreadable."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  it stays open
    if isinstance(sys.stdin, io.TextIOWrapper) and sys.stdin.errors != "replace":
        sys.stdin.reconfigure(errors="replace")


def _write_no_more(*streams: TextIO | None) -> None:
    """Discards what is left in a stream, so that Python does not try to flush it again on exit."""
    for stream in streams:
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _explained(error: Exception) -> int:
    """Reports errors of the command line and of a full disk in one line; any other error is a bug of ours, and is
    reported as one."""
    if isinstance(error, BrokenPipeError):
        # The reader is gone, as when `head` has its lines: the command ends quietly, whatever it was about to say.
        _write_no_more(sys.stdout, sys.stderr)
        return 0
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain(f"backprop-tutor: {(error.strerror or 'no space left').lower()}.")
        _write_no_more(sys.stdout)
        return UNUSABLE
    if hasattr(error, "format_message"):
        message = error.format_message()
        if not message.startswith("Usage:"):  # help shown because arguments are missing stays as it is
            command = getattr(getattr(error, "ctx", None), "command_path", "backprop-tutor")
            for theirs, ours in _PLAINLY:
                message = re.sub(rf"^{theirs}$", ours, message)
            message = f"backprop-tutor: {message}\nSee `{command} --help`."
        complain(message)
        return int(getattr(error, "exit_code", UNUSABLE))
    if os.environ.get("BACKPROP_TUTOR_DEBUG"):
        raise error
    complain(f"backprop-tutor: this should not happen ({type(error).__name__}: {error}). Please report it.")
    return UNUSABLE


gc.freeze()  # the modules imported so far; see the package
gc.enable()
