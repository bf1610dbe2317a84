"""What is asked at the terminal outside of a session: a line, or yes or no. quit ends the program at each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from backprop_tutor.cli.loops import LEAVES, line_typed

if TYPE_CHECKING:
    from collections.abc import Collection

    from backprop_tutor.cli.screen import Screen

YES: Final = ("", "y", "yes")
NO: Final = ("n", "no")


def line(screen: Screen, prompt: str) -> str:
    """A line without blanks around it. Raises typer.Exit where the student leaves, typer.Abort at Ctrl-C."""
    try:
        typed = line_typed(screen, prompt).strip()
    except EOFError:
        screen.show()
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        screen.show()
        raise typer.Abort from None
    if typed.lower() in LEAVES:
        raise typer.Exit(1)
    return typed


def is_yes(screen: Screen, prompt: str, no: Collection[str] = NO) -> bool:
    """Whether the answer is yes, as Enter is; what is neither yes nor no is asked again."""
    while True:
        word = line(screen, prompt).lower()
        if word in YES:
            return True
        if word in no:
            return False
        screen.show("Type yes or no; quit ends.")
