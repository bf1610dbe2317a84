"""A canvas of characters: wires by the directions in which they leave each cell, texts on top, and never one on
another."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.grid import Piece
from backprop_tutor.errors import columns

LEFT: Final = 0
RIGHT: Final = 1
UP: Final = 2
DOWN: Final = 3
LIGHT: Final = 1
HEAVY: Final = 2

Stubs = tuple[int, int, int, int]
"""How a wire leaves a cell to the left, right, top and bottom: 0 not at all, 1 light, 2 heavy."""


class Unclear(Exception):
    """Two things would have to stand in one place."""


def _glyphs() -> dict[Stubs, str]:
    """The character of each form. A joint of three comes light, and with every choice of its parts heavy."""
    table: dict[Stubs, str] = {(1, 1, 0, 0): "─", (0, 0, 1, 1): "│", (2, 2, 0, 0): "━", (0, 0, 2, 2): "┃"}
    corners = {(LEFT, UP): ("╯", "┛"), (LEFT, DOWN): ("╮", "┓"), (RIGHT, UP): ("╰", "┗"), (RIGHT, DOWN): ("╭", "┏")}
    for (one, other), (light, heavy) in corners.items():
        table[_form({one: LIGHT, other: LIGHT})] = light
        table[_form({one: HEAVY, other: HEAVY})] = heavy
    joints = {
        0x251C: ((RIGHT,), (UP,), (DOWN,), (UP, DOWN), (UP, RIGHT), (DOWN, RIGHT), (UP, DOWN, RIGHT)),
        0x2524: ((LEFT,), (UP,), (DOWN,), (UP, DOWN), (UP, LEFT), (DOWN, LEFT), (UP, DOWN, LEFT)),
        0x252C: ((LEFT,), (RIGHT,), (LEFT, RIGHT), (DOWN,), (LEFT, DOWN), (RIGHT, DOWN), (LEFT, RIGHT, DOWN)),
        0x2534: ((LEFT,), (RIGHT,), (LEFT, RIGHT), (UP,), (LEFT, UP), (RIGHT, UP), (LEFT, RIGHT, UP)),
    }
    for first, choices in joints.items():
        for number, heavy_parts in enumerate(((), *choices)):
            form = dict.fromkeys(choices[-1], LIGHT) | dict.fromkeys(heavy_parts, HEAVY)
            table[_form(form)] = chr(first + number)
    return table


def _form(parts: dict[int, int]) -> Stubs:
    return parts.get(LEFT, 0), parts.get(RIGHT, 0), parts.get(UP, 0), parts.get(DOWN, 0)


GLYPHS: Final = _glyphs()
"""Every form that a wire may have in a cell; four ways never meet in one."""


class Canvas:
    """Cells by row and column. Horizontal pieces are laid before vertical ones, which bridge those of other wires."""

    def __init__(self) -> None:
        self._wires: dict[tuple[int, int], tuple[int, list[int]]] = {}
        self._texts: dict[tuple[int, int], Piece] = {}

    def across(self, row: int, start: int, end: int, owner: int, weight: int = LIGHT, open_at: str = "") -> None:
        """A horizontal piece from one column to another; it reaches beyond its first cell with `open_at` <, its last
        with >.

        Raises Unclear where it would lie on another owner's wire.
        """
        for column in range(start, end + 1):
            stubs = self._cell(row, column, owner)
            if column > start or "<" in open_at:
                stubs[LEFT] = max(stubs[LEFT], weight)
            if column < end or ">" in open_at:
                stubs[RIGHT] = max(stubs[RIGHT], weight)

    def down(self, column: int, start: int, end: int, owner: int, weight: int = LIGHT) -> None:
        """A vertical piece between two rows; over another owner's straight horizontal piece it makes a bridge.

        Raises Unclear where it would touch another owner's wire.
        """
        for row in range(start, end + 1):
            if start < row < end:
                self._clear_for_bridge(row, column, owner)
            stubs = self._cell(row, column, owner)
            if row > start:
                stubs[UP] = max(stubs[UP], weight)
            if row < end:
                stubs[DOWN] = max(stubs[DOWN], weight)

    def _cell(self, row: int, column: int, owner: int) -> list[int]:
        held = self._wires.setdefault((row, column), (owner, [0, 0, 0, 0]))
        if held[0] != owner:
            raise Unclear
        return held[1]

    def _clear_for_bridge(self, row: int, column: int, owner: int) -> None:
        held = self._wires.get((row, column))
        if (
            held is not None
            and held[0] != owner
            and held[1][LEFT]
            and held[1][RIGHT]
            and not held[1][UP]
            and not held[1][DOWN]
        ):
            del self._wires[row, column]

    def write(self, row: int, column: int, text: str, style: str) -> None:
        """A text from a column on. Raises Unclear where something stands there."""
        for character in text:
            wide = columns(character)
            for at in range(column, column + wide):
                if (row, at) in self._texts or (row, at) in self._wires:
                    raise Unclear
                self._texts[row, at] = (character if at == column else "", style)
            column += wide

    def rows(self) -> list[list[Piece]]:
        """The rows from the topmost on. Raises Unclear for a cell with a form that is no wire's."""
        cells = dict(self._texts)
        for place, (_, stubs) in self._wires.items():
            left, right, up, down = stubs
            glyph = GLYPHS.get((left, right, up, down))
            if glyph is None:
                raise Unclear
            cells[place] = (glyph, "asked" if HEAVY in stubs else "wire")
        lines: dict[int, dict[int, Piece]] = {}
        for (row, column), piece in cells.items():
            lines.setdefault(row, {})[column] = piece
        return [_row(lines.get(row, {})) for row in range(min(lines), max(lines) + 1)]


def _row(cells: dict[int, Piece]) -> list[Piece]:
    blank = (" ", "")
    return [cells.get(column, blank) for column in range(max(cells, default=-1) + 1)]
