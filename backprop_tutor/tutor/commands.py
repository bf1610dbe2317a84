"""The words that are commands at a prompt, and which of them was meant by a word that is near one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backprop_tutor.text import nearest_names, visible

COMMANDS: Final = {
    "hint": "the next hint for this question", "show": "the graph as far as it is known",
    "skip": "go on; the answer is shown",
    "back": "return to the last question", "quit": "end here", "help": "this list",
}  # fmt: skip
"""What every prompt takes beside an answer, with what it does."""


def command_meant(typed: str, names: Iterable[str]) -> str | None:
    """What is said where one word that cannot be read is nearer to a command than to any of the names; else None."""
    word = typed.strip()
    if not word.isalpha():
        return None
    near = nearest_names(word, [*names, *COMMANDS])
    return (
        f"{visible(word)[:60]} is no name here and no command. Did you mean {near[0]}?"
        if near and near[0] in COMMANDS
        else None
    )
