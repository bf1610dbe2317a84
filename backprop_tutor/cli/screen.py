"""The terminal as the commands see it: how wide, how plain, and where texts go."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from backprop_tutor.errors import TutorError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_NEEDED = "─│╭╮╰╯├┤┬┴━●◆▸·…✓✗○∂→×"


class Screen:
    """Prints renderables: with colours and box characters, or in ASCII without either where it is `plain`."""

    def __init__(self, plain: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.plain = plain or is_plain(self.stream)
        self._console: Console | None = None

    @property
    def console(self) -> Console:
        """The console of the output, which is standard output unless another was named."""
        if self._console is None:
            from rich.console import Console

            if self.plain:
                self._console = Console(
                    file=self.stream, highlight=False, markup=False, emoji=False, no_color=True, color_system=None
                )
            else:
                self._console = Console(file=self.stream, highlight=False, markup=False, emoji=False)
        return self._console

    @property
    def width(self) -> int:
        """The columns at hand now; 40 at least."""
        return max(40, self.console.width)

    @property
    def is_terminal(self) -> bool:
        """Whether someone looks at it."""
        return self.console.is_terminal

    def show(self, renderable: RenderableType = "") -> None:
        """Prints a renderable."""
        if self.is_terminal and not self.plain:
            self.console.print(renderable)
            return
        with self.console.capture() as capture:
            self.console.print(_in_ascii(renderable) if self.plain else renderable)
        _write(self.stream, _without_ends(self.text(capture.get())))

    def text(self, text: str) -> str:
        """A text as this screen can print it: in ASCII where it is plain."""
        if not self.plain:
            return text
        from backprop_tutor.text import ascii_text

        return ascii_text(text)


def _in_ascii(renderable: RenderableType) -> RenderableType:
    """Texts in ASCII before they are wrapped, since a delta is longer in letters; what else there is stays for
    later."""
    from rich.console import Group
    from rich.text import Text

    from backprop_tutor.show.words import Indented
    from backprop_tutor.text import ascii_text

    if isinstance(renderable, Group):
        return Group(*map(_in_ascii, renderable.renderables))
    if isinstance(renderable, Indented):
        return Indented(_text_in_ascii(renderable.text), renderable.by)
    if isinstance(renderable, Text):
        return _text_in_ascii(renderable)
    return ascii_text(renderable) if isinstance(renderable, str) else renderable


def _text_in_ascii(text: Text) -> Text:
    from backprop_tutor.text import ascii_text

    copy = text.copy()
    copy.plain = ascii_text(text.plain)
    return copy


def _without_ends(text: str) -> str:
    """A text without blanks at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.split("\n"))


def is_plain(stream: TextIO) -> bool:
    """Whether an output wants ASCII without colour: `NO_COLOR`, `TERM=dumb`, or an encoding without our characters."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return True
    try:
        _NEEDED.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def write(text: str, end: str = "") -> None:
    """Writes a text to standard output as it is; what its encoding does not have is escaped."""
    _write(sys.stdout, text + end)


def complain(text: str) -> None:
    """Writes a message to standard error, if it is open; in ASCII where that is plain."""
    if sys.stderr is None:
        return
    if is_plain(sys.stderr):
        from backprop_tutor.text import ascii_text

        text = ascii_text(text)
    _write(sys.stderr, text + "\n")


class Closed(TutorError):
    """Standard output is closed."""

    def __str__(self) -> str:
        return "standard output is closed: there is nowhere to write. /dev/null would do."


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        raise Closed
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
