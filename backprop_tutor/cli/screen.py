"""The terminal as the commands see it: its width, whether it is plain, output, prompts and progress bars;
and what is loaded while somebody reads: no prompt, no answer and no quit waits for it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any, Final, TextIO

import typer

from backprop_tutor.errors import TutorError
from backprop_tutor.text import ascii_text, escaped, hung, visible
from backprop_tutor.tutor.commands import Command, Prompt, command_typed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.segment import Segment

    from backprop_tutor.show.words import Look

_NEEDED: Final = "─│╭╮╰╯├┤┬┴━●◆▸·…✓✗○◐∂→×"
_NARROWEST: Final = 40  # columns: nothing is drawn for a narrower screen
_QUESTION: Final = 4  # rows: a head, a question of two lines and its prompt
_BESIDE_A_PICTURE: Final = _QUESTION + 5
"""Rows of a screen kept free below a picture: a question, a reply of three lines with the line below it, and the prompt
again. So the first wrong answer scrolls away nothing that the question needs."""
_BETWEEN_LOOKS: Final = 0.1
"""Seconds between two updates of a progress bar, so that the bar itself costs little time."""
Move = Callable[..., None]
"""Moves a progress bar: how much is done, a few words, and the total once it is known."""


class Screen:
    """Prints renderables: with colours and box characters, or in ASCII without either if it is `plain`."""

    def __init__(
        self, plain: bool = False, stream: TextIO | None = None, view: str = "auto", width: int | None = None
    ) -> None:
        from rich.console import Console  # a quarter of the start-up time, which JSON and help do without
        from rich.theme import Theme

        from backprop_tutor.show.words import STYLES

        self.stream, self.view = stream or sys.stdout, view
        self.plain = plain or is_plain(self.stream)
        is_bare = self.plain or width is not None  # a file has its own width and no colours
        settings: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False, "theme": Theme(STYLES)}
        settings |= {"no_color": True, "color_system": None} if is_bare else {}
        self.console = Console(file=self.stream, width=width, **settings)
        self._picture: list[list[Segment]] = []
        self._below_it = 0

    @property
    def width(self) -> int:
        """The columns available now; at least 40."""
        return max(_NARROWEST, self.console.width)

    @property
    def look(self) -> Look:
        """How things are drawn now."""
        from backprop_tutor.show.words import Look  # needs Rich, which is not always loaded

        rows = max(1, self.console.height - _BESIDE_A_PICTURE) if self.console.is_terminal else 0
        return Look(self.width, self.view, self.plain, rows)

    @property
    def moves(self) -> bool:
        """Whether someone is watching and wants to see things move."""
        return self.console.is_terminal and not self.plain

    def show(self, *parts: RenderableType) -> None:
        """Prints the parts, one under another."""
        from backprop_tutor.show.words import in_ascii

        for part in parts:
            if self._picture:
                self._below_it += self.rows_of(part)
            if self.moves:
                self.console.print(part)
                continue
            with self.console.capture() as capture:
                self.console.print(in_ascii(part) if self.plain else part)
            lines = self.text(capture.get()).split("\n")
            _write(self.stream, "\n".join(line.rstrip() for line in lines))

    def rows_of(self, part: RenderableType) -> int:
        """How many rows of the screen something takes."""
        return len(self.console.render_lines(part, pad=False))

    def picture(self, part: RenderableType) -> None:
        """Shows a picture, unless the same one is still on the screen."""
        from rich.segment import SegmentLines

        from backprop_tutor.show.words import in_ascii

        options = self.console.options.update(width=self.width)
        lines = self.console.render_lines(in_ascii(part) if self.plain else part, options, pad=False)
        is_there = self._picture[: len(lines)] == lines  # perhaps with a remark below it
        if not is_there or len(self._picture) + self._below_it > self.console.height - _QUESTION:
            self._picture = []
            self.show(SegmentLines(lines, new_lines=True))
            self._picture, self._below_it = lines, 0

    def text(self, text: str) -> str:
        """A text as this screen can print it: in ASCII if it is plain."""
        return ascii_text(text) if self.plain else text

    def line(self, prompt: str) -> str:
        """One line typed at the terminal, with line editing and history if the system has them."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  importing it is what gives input() its editing and history
        self._below_it += 1
        return input(self.text(prompt))

    def ask(self, prompt: str, kind: Prompt) -> tuple[str, Command | None]:
        """The input outside a session, and the command it stands for. Raises typer.Exit to leave, typer.Abort."""
        try:
            typed = self.line(prompt).strip()
        except (EOFError, KeyboardInterrupt) as end:
            self.show("")
            raise (typer.Exit(1) if isinstance(end, EOFError) else typer.Abort) from None
        command = command_typed(typed, kind)
        if command is not None and command.word == "quit":
            raise typer.Exit(1)
        return typed, command

    def is_yes(self, prompt: str, kind: Prompt = Prompt.YES_NO) -> bool:
        """Whether the answer is yes (Enter counts as yes); asks again for anything else than yes or no."""
        while True:
            _, command = self.ask(prompt, kind)
            if command is not None:
                return bool(command.do(self))
            self.show("Type yes or no, or quit to leave.")

    @contextlib.contextmanager
    def bar(self, total: float | None) -> Iterator[Move]:
        """A progress bar; none if nothing moves, or for a `total` of 0. A bar may learn its total later."""
        if not self.moves or total == 0:
            yield lambda _done, _words, _total=None: None
            return
        # 10 ms, paid only for long work at a terminal.
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(None), TimeRemainingColumn(compact=True))
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("", total=total)
            looked = 0.0

            def move(done: float, words: str, total: float | None = None) -> None:
                nonlocal looked
                if total is not None or time.monotonic() - looked > _BETWEEN_LOOKS:
                    looked = time.monotonic()
                    progress.update(task, completed=done, description=words, total=total)

            yield move


def is_plain(stream: TextIO) -> bool:
    """Whether an output needs ASCII without colour: `TERM=dumb`, or an encoding without our characters."""
    if os.environ.get("TERM") == "dumb":
        return True
    try:
        return not _NEEDED.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True


def write(text: str, end: str = "") -> None:
    """Writes a text to standard output as it is; characters missing from its encoding are escaped."""
    _write(sys.stdout, text + end)


def write_json(data: object) -> None:
    """Writes data to standard output as JSON, readable for people and machines alike."""
    import json  # the first prompt would wait for it

    write(escaped(json.dumps(data, indent=2, ensure_ascii=False)), "\n")


def complain(text: str) -> None:
    """Writes a message to standard error, if anyone reads it; in ASCII if that is plain."""
    if sys.stderr is None:
        return
    text = ascii_text(text) if is_plain(sys.stderr) else text
    if sys.stderr.isatty():
        text = hung(text, os.get_terminal_size(sys.stderr.fileno()).columns or _NARROWEST)
    with contextlib.suppress(BrokenPipeError):
        _write(sys.stderr, f"{text}\n")


def wrote(path: str) -> None:
    """Says on standard error which file was written."""
    complain(f"Wrote {visible(path)}.")


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        raise TutorError(
            "standard output is closed: there is nowhere to write. Redirect it, to /dev/null for instance."
        )
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


_PAUSE: Final = 0.1
"""Seconds until a prompt is certainly on the screen."""
_PATIENCE: Final = 0.3
"""Seconds that an answer may take before the student is told what it waits for."""
_TURN: Final = 0.0005
"""Seconds after which whoever loads lets an answer go first. Python's own 5 ms would add up to half a second."""


def preload(*steps: str | Callable[[], object]) -> Thread:
    """Takes these steps in the background: a module of the package is imported, anything else is called."""

    def load() -> None:
        sys.setswitchinterval(_TURN)
        gc.disable()  # imported objects are never searched for garbage
        # Whatever goes wrong goes wrong again where it is needed, and is reported there.
        with suppress(Exception):
            for step in steps:
                if isinstance(step, str):
                    import_module(f"backprop_tutor.{step}")
                else:
                    step()
        gc.freeze()
        gc.enable()

    ahead = Timer(_PAUSE, load)
    ahead.daemon = True  # a quit does not wait
    ahead.start()
    return ahead


@contextmanager
def said_if_late(screen: Screen, ahead: Thread | None) -> Iterator[None]:
    """Says what the program is waiting for, if a reply is late because not everything is loaded yet."""
    if ahead is None or not ahead.is_alive():
        yield
        return
    late = Timer(_PATIENCE, lambda: screen.show("One moment: SymPy is loading."))
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
