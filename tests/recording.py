"""A session at a terminal as an animated picture: the real program prints, somebody types at a person's pace.

`BACKPROP_TUTOR_GOLDEN=renew pytest tests/test_readme.py` records it anew.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate
from typing import Final, NamedTuple

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.segment import Segment

from tests.cli.running import Terminal

ROWS, COLUMNS = 24, 80
_CELL, _LINE, _EDGE = 8.0, 17, 14  # pixels: a column, a row, the margin
_KEY, _ENTER = 0.09, 0.5  # seconds: between two keys, and from the last one to Enter
_READING: Final = (1.4, 0.22, 5.0)  # seconds: at least, per new line, at most
_HELD: Final = 6.0  # seconds of the last frame
_OTHER_ESCAPES: Final = re.compile(r"\x1b\[[?\d;]*[A-Za-ln-z]|\x1b[=>]|\r")  # everything that is not a colour
_COLOURS: Final = {
    1: "#ff7b72",
    2: "#7ee787",
    3: "#f2cc60",
    4: "#79c0ff",
    5: "#d2a8ff",
    6: "#76e3ea",
}  # as ANSI has them
_FONT: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
_BACKGROUND, _TEXT, _DIM = "#0d1117", "#e6edf3", "#8b949e"


class Piece(NamedTuple):
    """Text that appears at once: when, in which row and column, and its colours."""

    at: float
    row: int
    column: int
    text: str
    style: str = ""


def recorded(arguments: str, typed: Sequence[str], prompt: str) -> list[str]:
    """What the program prints before each line that is typed at a prompt with this ending, and before the next."""
    terminal = Terminal(*arguments.split(), columns=COLUMNS)
    child, printed = terminal.child, []
    for line in (*typed, None):
        child.expect_exact(prompt)
        text = _OTHER_ESCAPES.sub("", child.before + prompt)
        printed.append(text.partition("\n")[2] if printed else text)  # what was typed is echoed first
        if line is None:
            child.sendcontrol("d")
            terminal.end()
        else:
            child.sendline(line)
    return printed


def pieces(arguments: str, typed: Sequence[str], prompt: str = "> ") -> tuple[list[Piece], float]:
    """Everything that is seen, and how many seconds that takes."""
    found: list[Piece] = []
    now, row, column = 0.6, 0, 0

    def keys(text: str) -> None:
        nonlocal now, row, column
        for key in text:
            found.append(Piece(now, row, column, key))
            now, column = now + _KEY, column + 1
        now, row, column = now + _ENTER, row + 1, 0

    found.append(Piece(0.0, 0, 0, "$ ", f"fill:{_DIM}"))
    column = 2
    keys(f"backprop-tutor {arguments}")
    console = Console(file=io.StringIO(), width=COLUMNS)
    for text, line in zip(recorded(arguments, typed, prompt), (*typed, ""), strict=True):
        lines = list(AnsiDecoder().decode(text))
        for number, shown in enumerate(lines):
            column = 0
            for segment in shown.render(console):
                found.append(Piece(now, row + number, column, segment.text, _style(segment)))
                column += len(segment.text)
        row += len(lines) - 1
        least, each, most = _READING
        now += min(most, least + each * len(lines))
        if line:
            keys(line)
    return [piece for piece in found if piece.text.strip()], now + _HELD


def _style(segment: Segment) -> str:
    style = segment.style
    if style is None:
        return ""
    colour = _COLOURS.get(style.color.number or 0, "") if style.color is not None else _DIM * bool(style.dim)
    return ";".join(filter(None, (f"fill:{colour}" * bool(colour), "font-weight:bold" * bool(style.bold))))


def animated(arguments: str, typed: Sequence[str], title: str, prompt: str = "> ") -> str:
    """The picture: SVG animated by CSS alone; its last frame where nothing moves or motion is not wanted."""
    shown, seconds = pieces(arguments, typed, prompt)
    times = list(dict.fromkeys(piece.at for piece in shown))
    bottoms = accumulate((max(piece.row for piece in shown if piece.at == at) for at in times), max)
    scrolled = {at: max(0, bottom + 1 - ROWS) * _LINE for at, bottom in zip(times, bottoms, strict=True)}
    width, height = COLUMNS * _CELL + 2 * _EDGE, ROWS * _LINE + 2 * _EDGE
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" width="{width:g}" role="img">',
        f"<title>{escape(title)}</title>",
        "<style>",
        f"text{{font:13px {_FONT};fill:{_TEXT};white-space:pre}}",
        f"g{{animation:{seconds:g}s step-end infinite}}",
        *_keyframes(times, scrolled, seconds),
        "@media (prefers-reduced-motion:reduce){g{animation:none}}",
        "</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/>',
        f'<svg x="{_EDGE}" y="{_EDGE}" width="{COLUMNS * _CELL:g}" height="{ROWS * _LINE}">',
        f'<g style="animation-name:s;transform:translateY(-{scrolled[times[-1]]}px)">',
        *(_group(number, [piece for piece in shown if piece.at == at]) for number, at in enumerate(times)),
        "</g></svg></svg>\n",
    ))  # fmt: skip


def _keyframes(times: Sequence[float], scrolled: dict[float, int], seconds: float) -> Iterator[str]:
    for number, at in enumerate(times):
        start = f"0%{{visibility:hidden}}{at / seconds:.2%}{{visibility:visible}}" if at else "0%{visibility:visible}"
        yield f"@keyframes t{number}{{{start}}}"
    stops, before = [], None
    for at in times:
        if scrolled[at] != before:
            before = scrolled[at]
            stops.append(f"{at / seconds:.2%}{{transform:translateY(-{before}px)}}")
    yield f"@keyframes s{{{''.join(stops)}}}"


def _group(number: int, shown: Sequence[Piece]) -> str:
    texts = (
        f'<text x="{piece.column * _CELL:g}" y="{(piece.row + 0.75) * _LINE:g}" '
        f'textLength="{len(piece.text) * _CELL:g}"'
        + (f' style="{piece.style}"' if piece.style else "")
        + f">{escape(piece.text)}</text>"
        for piece in map(_trimmed, shown)
    )
    return f'<g style="animation-name:t{number}">{"".join(texts)}</g>'


def _trimmed(piece: Piece) -> Piece:
    text = piece.text.lstrip(" ")
    return piece._replace(column=piece.column + len(piece.text) - len(text), text=text.rstrip(" "))
