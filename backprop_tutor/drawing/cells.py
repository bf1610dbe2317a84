"""The cells of a terminal in which wires and texts are laid: wires join, branch and cross; nothing covers anything
else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from backprop_tutor.drawing.layout import Unroutable
from backprop_tutor.drawing.picture import Piece
from backprop_tutor.text import glyphs

LEFT, RIGHT, UP, DOWN = range(4)
"""The digits of a form say how a wire leaves a cell in each direction: 0 not at all, 1 light, 2 heavy."""
LIGHT: Final = 1
HEAVY: Final = 2
Cell = tuple[int, int]  # row and column
_CELLS: Final = (
    "─1100 ━2200 │0011 ┃0022 ╯1010 ┛2020 ╮1001 ┓2002 ╰0110 ┗0220 ╭0101 ┏0202 "
    "├0111 ┝0211 ┞0121 ┟0112 ┠0122 ┡0221 ┢0212 ┣0222 ┤1011 ┥2011 ┦1021 ┧1012 ┨1022 ┩2021 ┪2012 ┫2022 "
    "┬1101 ┭2101 ┮1201 ┯2201 ┰1102 ┱2102 ┲1202 ┳2202 ┴1110 ┵2110 ┶1210 ┷2210 ┸1120 ┹2120 ┺1220 ┻2220"
)
GLYPHS: Final = {tuple(map(int, entry[1:])): entry[0] for entry in _CELLS.split()}
"""The character for every form that a wire may have in a cell; four ways never meet in one cell."""


class Canvas:
    """Cells by row and column. Vertical pieces of wires are laid last; they bridge horizontal pieces of other wires."""

    def __init__(self) -> None:
        self._wires: dict[Cell, tuple[int, list[int]]] = {}
        self._texts: dict[Cell, Piece] = {}
        self._vertical: list[tuple[int, int, int, int, int]] = []

    def wire(self, corners: Sequence[Cell], owner: int, weight: int, goes_on: bool = True) -> None:
        """Lays a wire along its corners: in from the left, and perhaps out to the right. Raises Unroutable if it would
        cover another wire."""
        self._stub(corners[0], LEFT, owner, weight)
        for (row, start), (last, end) in pairwise(corners):
            if row != last:
                self._vertical.append((start, min(row, last), max(row, last), owner, weight))
            for column in range(start, end):
                self._stub((row, column), RIGHT, owner, weight)
                self._stub((row, column + 1), LEFT, owner, weight)
        if goes_on:
            self._stub(corners[-1], RIGHT, owner, weight)

    def _stub(self, cell: Cell, way: int, owner: int, weight: int) -> None:
        holder, stubs = self._wires.setdefault(cell, (owner, [0, 0, 0, 0]))
        if holder != owner:
            raise Unroutable
        stubs[way] = max(stubs[way], weight)

    def write(self, row: int, column: int, text: str, style: str) -> None:
        """Writes a text, starting at a column. Raises Unroutable if it would cover another text."""
        for glyph, wide in glyphs(text):
            for at in range(column, column + wide):
                if (row, at) in self._texts:
                    raise Unroutable
                self._texts[row, at] = (glyph if at == column else "", style)
            column += wide

    def rows(self) -> list[list[Piece]]:
        """The rows, starting with the topmost. Raises Unroutable if a text covers a wire, or a form belongs to no
        wire."""
        for column, top, bottom, owner, weight in self._vertical:
            for row in range(top + 1, bottom):
                holder, stubs = self._wires.get((row, column), (owner, []))
                if holder != owner and all(stubs[LEFT : RIGHT + 1]) and not any(stubs[UP:]):
                    del self._wires[row, column]  # a bridge
            for row in range(top, bottom):
                self._stub((row, column), DOWN, owner, weight)
                self._stub((row + 1, column), UP, owner, weight)
        cells = dict(self._texts)
        for cell, (_, stubs) in self._wires.items():
            glyph = GLYPHS.get(tuple(stubs))
            if glyph is None or cell in cells:
                raise Unroutable
            cells[cell] = (glyph, "heavy" if HEAVY in stubs else "wire")
        rows, places = zip(*cells, strict=True)
        width = 1 + max(places)
        return [
            [cells.get((row, column), (" ", "")) for column in range(width)] for row in range(min(rows), max(rows) + 1)
        ]
