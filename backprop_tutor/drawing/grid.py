"""A grid of styled characters: what a terminal shows, without knowing a terminal; every grid has an ASCII form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from backprop_tutor.errors import columns

Piece = tuple[str, str]
"""A text and the name of its style: one of STYLES."""

STYLES: Final = (
    "",
    "wire",
    "name",
    "gate",
    "value",
    "gradient",
    "quiet",
    "asked",
    "right",
    "carried",
    "wrong",
    "missing",
)
"""What a character means; whoever prints the grid chooses the colours."""

ASCII: Final = str.maketrans(
    dict.fromkeys(map(chr, (*range(0x250C, 0x254C), *range(0x256D, 0x2571))), "+")  # corners and joints
    | {"─": "-", "│": "|", "━": "=", "┃": "!", "●": "o", "◆": "#", "▸": ">", "·": ".", "…": "~"}
    | {"✓": "+", "✗": "x", "○": "o", "\N{MINUS SIGN}": "-", "∂": "d", "→": "->", "\N{MULTIPLICATION SIGN}": "*"}
    | dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True))
    | {"α": "alpha", "δ": "delta", "Δ": "D", "Σ": "sum ", "²": "^2", "½": "1/2", "\N{REPLACEMENT CHARACTER}": "?"}
)
"""The ASCII form of every character that our drawings and labels use; those of wires, gates and marks stay one
character wide."""


class Grid:
    """Rows of pieces, top down. Pieces of a row follow each other without a gap."""

    __slots__ = ("rows",)

    def __init__(self, rows: Iterable[Iterable[Piece]]) -> None:
        self.rows: list[list[Piece]] = [_trimmed(row) for row in rows]

    @property
    def lines(self) -> list[str]:
        """The bare text of each row."""
        return ["".join(text for text, _ in row) for row in self.rows]

    @property
    def width(self) -> int:
        """The columns that the widest row takes."""
        return max(map(columns, self.lines), default=0)

    def translated(self, table: dict[int, str]) -> Grid:
        """The same grid with its characters replaced, as by `str.translate`."""
        return Grid([(text.translate(table), style) for text, style in row] for row in self.rows)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def _trimmed(row: Iterable[Piece]) -> list[Piece]:
    """The row without empty pieces and without blanks at its end, neighbours of one style joined."""
    joined: list[Piece] = []
    for text, style in row:
        if not text:
            continue
        if joined and (style == joined[-1][1] or text.isspace()):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
        else:
            joined.append((text, style))
    while joined and not joined[-1][0].rstrip():
        joined.pop()
    if joined:
        joined[-1] = (joined[-1][0].rstrip(), joined[-1][1])
    return joined


def ascii_text(text: str) -> str:
    """A text in ASCII alone: our own signs as their ASCII form, anything else as its escape (`\\xe9`)."""
    return text if text.isascii() else text.translate(ASCII).encode("ascii", "backslashreplace").decode("ascii")


def shortened(text: str, width: int) -> str:
    """The text in at most `width` columns (at least 1), with `…` where it was cut."""
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text + "…"


def padded(text: str, width: int, right: bool = False) -> str:
    """The text with blanks to `width` columns; before it if it stands at the right edge."""
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks


def wrapped(pieces: Sequence[Sequence[Piece]], width: int, indent: str) -> list[list[Piece]]:
    """Groups of pieces set one after another, in as many rows as they need; only a group wider than a row is broken."""
    rows: list[list[Piece]] = [[]]
    used = 0
    for group in pieces:
        size = sum(columns(text) for text, _ in group)
        if rows[-1] and used + size > width:
            rows.append([(indent, "")])
            used = len(indent)
            group = [(group[0][0].lstrip(), group[0][1]), *group[1:]]
            size = sum(columns(text) for text, _ in group)
        if used + size > width:
            group = [(shortened("".join(text for text, _ in group), width - used), group[0][1])]
        rows[-1].extend(group)
        used += size
    return rows
