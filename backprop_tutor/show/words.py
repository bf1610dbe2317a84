"""Sentences of the tutor as Rich text: never markup, long lines wrapped by the terminal's width, also in ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import ascii_text, counted, padded, shortened
from backprop_tutor.tutor.marking.verdicts import Outcome

if TYPE_CHECKING:
    from backprop_tutor.tutor.session import Reply


STYLES: Final = {
    "value": "color(28)", "gradient": "color(196)", "asked": "bold black on color(220)", "heavy": "bold",
    "gate": "bold", "wire": "", "name": "", "quiet": "dim", "missing": "dim", "warning": "bold",
    "right": "bold color(33)", "carried": "bold color(30)", "wrong": "bold color(164)", "unreadable": "bold",
}  # fmt: skip
"""How each thing on a screen looks. A colour means one thing, and is equally far from white and black, since the
background is unknown. Nothing is said by colour alone."""


_TOGETHER: Final = r"(?<=\w) = (?=-?\w)|= (?=\[)|\[[^][]*\]|\w: \|"
"""What no line ends within: a name with its number, an array, and `graph: |`."""
_GLUE: Final = "\ue000"  # of no meaning to anyone, and as wide as the blank that it stands for


class Look(NamedTuple):
    """How a screen looks: its columns, how a circuit is drawn on it (picture.VIEWS), whether it is ASCII only. A
    picture with its remarks may take this many `rows` (0: any number).
    """

    width: int
    view: str = "auto"
    plain: bool = False
    rows: int = 0


def heading(text: str, width: int) -> Text:
    """A line across the screen with a text in it."""
    line = padded(f"── {shortened(text, width - 5)} ", width, fill="─")
    return Text(line, style="bold", no_wrap=True, overflow="crop")


def _glued(text: str, most: int) -> str:
    return re.sub(_TOGETHER, lambda one: one[0].replace(" ", _GLUE) if len(one[0]) <= most else one[0], text)


class Indented:
    """A text whose long lines continue indented by two more columns, without trailing blanks."""

    def __init__(self, text: Text, by: int = 2) -> None:
        self.text, self.by = text, by

    def in_ascii(self) -> RenderableType:
        """The same in ASCII."""
        return Indented(text_in_ascii(self.text), self.by)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.text.split("\n"):
            indent = self.by + len(line.plain) - len(line.plain.lstrip(" "))
            line = line[indent - self.by :]
            width = max(20, options.max_width - indent - 2)
            line.plain = _glued(line.plain, width // 2)
            wrapped = line.wrap(console, width)
            for number, part in enumerate(wrapped):
                part.rstrip()
                part.plain = part.plain.replace(_GLUE, " ")
                yield Text(" " * (indent + 2 * (number > 0))).append_text(part)


@runtime_checkable
class HasAscii(Protocol):
    """A renderable that knows itself in ASCII."""

    def in_ascii(self) -> RenderableType:
        """The same in ASCII."""


def text_in_ascii(text: Text) -> Text:
    """The same text in ASCII, with its styles."""
    copy = text.copy()
    copy.plain = ascii_text(text.plain)
    return copy


def in_ascii(renderable: RenderableType) -> RenderableType:
    """The same in ASCII before it is wrapped, since a delta is longer in letters; leaves alone what is not ours."""
    if isinstance(renderable, Group):
        return Group(*map(in_ascii, renderable.renderables))
    if isinstance(renderable, HasAscii):
        return renderable.in_ascii()
    if isinstance(renderable, Text):
        return text_in_ascii(renderable)
    return ascii_text(renderable) if isinstance(renderable, str) else renderable


def reply_text(reply: Reply, tries_left: int | None = None) -> Text:
    """A reply: its verdict first, then why; and how many tries are left."""
    text, outcome = Text(), reply.outcome
    is_wrong = outcome is Outcome.WRONG
    if outcome is not None:
        text.append(reply.head or outcome.head, outcome.style).append(" ")
    text.append(reply.message)
    if tries_left is not None and is_wrong and not reply.closes:
        text.append(f"\n{counted(tries_left, 'more try', 'more tries')}. `hint` gives the next hint.", "quiet")
    return text
