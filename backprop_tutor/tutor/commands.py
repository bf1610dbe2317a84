"""The commands at a prompt, one row each: where the word is understood, and what it does there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import Enum
from typing import Any, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import MOST_QUOTED, nearest_names, quoted


class Prompt(Enum):
    """Where something is typed."""

    QUESTION = "a question of a session"
    LARGE = "a question about a graph too large to be drawn whole"
    DRAWING = "the question that asks for the graph"
    LESSON = "between two steps of a lesson"
    CHOICE = "the menu of exercises"
    AUTHOR = "the lines and numbers of a new exercise"
    YES_NO = "a question to be answered with yes or no"
    RESUME = "the offer to resume a session"


class Command(NamedTuple):
    """One word, what `help` says about it, the prompts that take it, and what it does; `also` lists its synonyms.

    `do` is called with the object that asks (the session's loop, for a question); the prompt uses what it returns.
    """

    word: str
    says: str
    at: Collection[Prompt]
    do: Callable[[Any], Any]
    also: Collection[str] = ()


def _leave(_asker: object) -> None:
    """Leaves, as Ctrl-D does."""
    raise EOFError


AUTHORS_HELP: Final = (
    "A circuit is a formula, (x + y)*z, or one gate per line, q = x + y, up to an empty line. Then each input gets a "
    "number, or an array such as [1 2; 3 4]. `quit` ends without writing anything."
)
ASKING: Final = (Prompt.QUESTION, Prompt.LARGE, Prompt.DRAWING)
"""A session takes the words of all three at every question; `help` lists those that are useful there."""
_YES_OR_NO: Final = (Prompt.YES_NO, Prompt.RESUME)
_AT_THE_MENU: Final = ("h", "?", "hint", "show", "skip", "back")  # also words of a question, typed by habit
COMMANDS: Final[list[Command]] = [
    Command("hint", "the next hint", (Prompt.QUESTION,), lambda loop: loop.move("hint"), ("h", "?")),
    Command("show", "the circuit as known so far", (Prompt.QUESTION,), lambda loop: loop.drawing(), ("s",)),
    Command("skip", "see the answer and go on", (Prompt.QUESTION,), lambda loop: loop.move("skip")),
    Command("back", "return to the previous question", (Prompt.QUESTION,), lambda loop: loop.back(), ("b",)),
    Command("quit", "stop here", (Prompt.QUESTION,), _leave, ("q", "exit")),
    Command("help", "this list", (Prompt.QUESTION,), lambda loop: loop.help()),
    Command("show all", "the whole circuit, however large", (Prompt.LARGE,), lambda loop: loop.drawing(whole=True)),
    Command("done", "check the circuit as it stands", (Prompt.DRAWING,), lambda loop: loop.move("answer", "done")),
    Command("undo", "remove the last line", (Prompt.DRAWING,), lambda loop: loop.undo()),
    Command("next", "the next step", (Prompt.LESSON,), lambda _: 1, ("", "n")),
    Command("back", "the previous step", (Prompt.LESSON,), lambda _: -1, ("b",)),
    Command("yes", "same as Enter", _YES_OR_NO, lambda _: True, ("", "y")),
    Command("no", "start again", (Prompt.RESUME,), lambda _: False, ("n", "restart")),
    Command("no", "decline", (Prompt.YES_NO,), lambda _: False, ("n",)),
    Command("list", "the exercises", (Prompt.CHOICE,), lambda asker: asker.list()),
    Command("help", "what you can type", (Prompt.CHOICE,), lambda asker: asker.help(), _AT_THE_MENU),
    Command("help", "what you can type", (Prompt.AUTHOR,), lambda asker: asker.show(AUTHORS_HELP), ("?",)),
    Command("quit", "stop here", (Prompt.LESSON, Prompt.CHOICE, Prompt.AUTHOR, *_YES_OR_NO), _leave, ("q", "exit")),
]


def commands_at(*prompts: Prompt) -> dict[str, Command]:
    """The commands that these prompts take, by word, in the table's order."""
    return {command.word: command for prompt in prompts for command in COMMANDS if prompt in command.at}


def command_typed(typed: str, *prompts: Prompt, names: Collection[str] = ()) -> Command | None:
    """The command typed at one of these prompts; None for anything else, including the `names` used in answers."""
    if typed.strip() in names:
        return None  # where q is a gate, it does not quit
    word = " ".join(typed.lower().split())
    known = (command for command in COMMANDS if any(prompt in command.at for prompt in prompts))
    return next((command for command in known if word == command.word or word in command.also), None)


def command_meant(typed: str, names: Iterable[str]) -> str | None:
    """The reply to an unreadable word that is closer to a command than to any of the names; else None."""
    word, commands = typed.strip(), commands_at(Prompt.QUESTION)
    near = nearest_names(word, [*names, *commands]) if word.isalpha() else []
    if near and near[0] in commands:
        return f"{quoted(word[:MOST_QUOTED])} is neither a name here nor a command. Did you mean {near[0]}?"
    return None
