"""What every drawing starts from and produces: a graph with its labels, and rows of styled characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from backprop_tutor.engine.graph import Graph
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import ASCII, ascii_text, columns, glyphs, shortened, visible

VIEWS: Final = ("auto", "circuit", "tape", "tree")  # the values of `--view`
MOST_GATES_OF_A_CIRCUIT: Final = 25
"""With more gates than this a circuit is a tangle, and the tape is drawn unless the circuit is asked for."""
_NONE: Final[Mapping[str, Any]] = {}


class Unroutable(Exception):
    """A circuit whose wires cannot be kept apart, or not clearly enough."""


class Picture(NamedTuple):
    """A graph and its labels. `values` are the texts above the wires, by node. `gradients` are the texts below them: by
    branch name, and by node name for a fork's sum and for the output. A name without an entry has no label. `marks`,
    taken from SIGNS, have the same names, with `value:NAME` for the mark on a node's value. `rooms` are the columns
    reserved for a label, by the same names, so that nothing moves when a number comes in. `asked` is the branch or node
    that the student is asked about, which is drawn heavy; `lit` is the gate in brackets. `unfolded` are the nodes that
    have rows of their own in a tape, if not all do. For arrays, which fit on no wire, `beside` is the table below the
    drawing, and `lines` the same without columns."""

    graph: Graph
    values: Mapping[str, str] = _NONE
    gradients: Mapping[str, str] = _NONE
    marks: Mapping[str, str] = _NONE
    rooms: Mapping[str, int] = _NONE
    asked: str | None = None
    lit: str | None = None
    unfolded: frozenset[str] | None = None
    sums: Mapping[str, Sequence[str]] = _NONE
    beside: Sequence[Sequence[Piece]] = ()
    lines: Sequence[str] = ()


Piece = tuple[str, str]
"""A text and the name of its style: what the text is (wire, heavy, gate, name, value, gradient), what a mark makes of
it (quiet, asked, right, carried, wrong, missing), or nothing. The colours are chosen where it is printed."""


class Grid:
    """Rows of pieces, from top to bottom. Pieces of a row follow each other without a gap. `form` is the kind of
    drawing: a circuit, a tape, a folded tape, or a tree."""

    def __init__(self, rows: Iterable[Iterable[Piece]], form: str = "") -> None:
        self.rows: list[list[Piece]] = [_trimmed(row) for row in rows]
        self.form = form

    @property
    def lines(self) -> list[str]:
        """The bare text of each row."""
        return ["".join(text for text, _ in row) for row in self.rows]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def _trimmed(row: Iterable[Piece]) -> list[Piece]:
    """The row without empty pieces and trailing spaces; neighbours of one style are joined."""
    joined: list[Piece] = []
    for text, style in row:
        if not text:
            continue
        # Spaces belong to what is before them, except after a piece with a background.
        if joined and (style == joined[-1][1] or (text.isspace() and joined[-1][1] != "asked")):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
        else:
            joined.append((text, style))
    while joined and not joined[-1][0].rstrip():
        joined.pop()
    return [*joined[:-1], *((text.rstrip(), style) for text, style in joined[-1:])]


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


SIGNS: Final = {
    "right": ("✓", "right"), "carried": ("~", "carried through"), "wrong": ("✗", "wrong"),
    "quiet": ("-", "not counted"), "missing": ("○", "not answered"),
}  # fmt: skip
"""By mark, the sign behind a number, so that the mark can be read without colour, and its meaning."""
UNKNOWN: Final = "·"
ASKED: Final = "[?]"
BLANK: Final = "____"
"""The signs for a number that is not known yet, one that is asked for, and one to be filled in on paper."""
_STYLES: Final = {UNKNOWN: "quiet", ASKED: "asked"}
_NEGATIVE: Final = r"-[\d.]+(?:e[-+]?\d+)?\W?"
_NO_WIDTH: Final = 10_000  # columns: longer than any sum of a circuit that can be drawn


class Label(NamedTuple):
    """A text, the sign of its mark (or nothing), its style, and how many columns are reserved for it."""

    text: str = ""
    sign: str = ""
    style: str = ""
    room: int = 0

    @property
    def whole(self) -> str:
        """The text with its sign."""
        return self.text + self.sign

    @property
    def width(self) -> int:
        """The number of columns that it takes, or will take once its number is known."""
        return max(columns(self.whole), self.room)


class Labels:
    """The labels of a picture by the names of its nodes and branches; in ASCII if `plain`."""

    def __init__(self, picture: Picture, plain: bool = False) -> None:
        self.picture, self.graph, self.plain = picture, picture.graph, plain
        self._leaving = self.graph.branches_from
        # What is asked for: the name of a branch, or of a node if it is a fork or the output.
        self.asked = self.gradient_name(picture.asked) if picture.asked in self._leaving else picture.asked
        self.branch = self.graph.branch_named.get(self.asked or "")
        self.lit = picture.lit or (self.branch.gate if self.branch else None)

    def text(self, text: str) -> str:
        """Any text, ours or an author's, as this picture may show it."""
        return ascii_text(visible(text)) if self.plain else visible(text)

    def symbol(self, node: str) -> str:
        """The symbol of the gate at a node, `*` or `exp`; empty for an input."""
        _, gate, constant, _ = self.graph.node(node)
        return gate.symbol(constant).replace("**", "^") if gate else ""

    def value(self, node: str) -> Label:
        """The number above a node's wire."""
        return self._label(self.picture.values.get(node), f"value:{node}", "value")

    def gradient(self, name: str) -> Label:
        """The number below a wire: a branch's by its name, a fork's sum or the output's by the node's name."""
        return self._label(self.picture.gradients.get(name), name, "gradient")

    def gradient_of(self, node: str) -> Label:
        """The gradient of a node: its only branch's, or the sum at a fork."""
        return self.gradient(self.gradient_name(node))

    def below_wire(self, node: str) -> Label:
        """The gradient below a node's wire; if the branch that is asked about leaves here, that branch's."""
        # If one branch of a fork is asked about, [?] stands at its source: the heavy wire shows which branch it is.
        label = self.gradient_of(node)
        if self.branch is not None and self.branch.source == node:
            return self.gradient(self.branch.name)._replace(room=label.width)
        return label

    def gradient_name(self, node: str) -> str:
        """The name under which a node's gradient is known: that of its only branch, or its own."""
        leaving = self._leaving[node]
        return leaving[0].name if len(leaving) == 1 else node

    def _label(self, text: str | None, name: str, style: str) -> Label:
        if text is None:
            text = ASKED if name in (self.picture.asked, self.asked) else ""
        mark = self.picture.marks.get(name, "")
        sign, _ = SIGNS.get(mark, ("", ""))
        if self.plain and sign:
            sign = f" {sign}"  # in ASCII it is a word
        sign = self.text(sign) if text else ""
        return Label(self.text(text), sign, mark or _STYLES.get(text, style), self.picture.rooms.get(name, 0))

    def grid(
        self, rows: Iterable[Iterable[Piece]], width: int, table: Mapping[int, str] = ASCII, form: str = ""
    ) -> Grid:
        """A drawing with the sums of its forks and the legend of its marks below it; translated by `table` if plain."""
        whole = [*rows, *self.sums(width), *self.legend()]
        if not self.plain:
            return Grid(whole, form)
        return Grid(([(text.translate(table), style) for text, style in row] for row in whole), form)

    def sums(self, width: int) -> list[list[Piece]]:
        """One line per complete fork, `x: -12.00 (via q) + 3.00 (via m) = -9.00`, wrapped if long; if the sum is asked
        for, only what the branches carry. For arrays, their table."""
        if self.picture.beside:
            fits = all(sum(columns(text) for text, _ in row) <= width for row in self.picture.beside)
            if fits and width < _NO_WIDTH:
                return [[], *([(self.text(text), style) for text, style in row] for row in self.picture.beside)]
            lines = [[(f" {word}", "") for word in self.text(line).split(" ")] for line in self.picture.lines]
            return [
                row
                for line in lines
                for row in wrapped([[(line[0][0][1:], "")], *([one] for one in line[1:])], width, "  ")
            ]
        unfolded = self.picture.unfolded
        forks = [fork for fork in self.graph.forks if unfolded is None or fork in unfolded]
        return [row for fork in forks for row in self._sum(fork, width)]

    def sums_in_words(self) -> list[str]:
        """The sums of the forks, one line each, for formats that have no width."""
        return ["".join(text for text, _ in row) for row in self.sums(_NO_WIDTH)]

    def _sum(self, fork: str, width: int) -> list[list[Piece]]:
        branches = [(branch, self.gradient(branch.name)) for branch in self._leaving[fork]]
        total = self.gradient(fork)
        is_asked = self.asked == fork or total.text == BLANK
        # Half a sum would say nothing; if the sum is asked for, how it is made of its terms is the question.
        if any(label.style in ("quiet", "asked") or not label.text for _, label in branches):
            return []
        if not total.text or (total.style == "quiet" and not is_asked):
            return []
        groups: list[list[Piece]] = []
        texts = self.picture.sums.get(fork, ())
        if texts and not is_asked:
            branches = [
                (branch, label._replace(text=text)) for (branch, label), text in zip(branches, texts, strict=False)
            ]
            total = total._replace(text=texts[-1])
        for branch, label in branches:
            gate = self.text(branch.name.removeprefix(f"{branch.source}->"))
            lead, text = f"{self.text(fork)}: ", label.whole
            if groups and is_asked:
                lead = ", "
            elif groups:
                lead = " - " if re.fullmatch(_NEGATIVE, text) else " + "
                text = text.removeprefix("-") if lead == " - " else text
            groups.append([(lead, ""), (text, label.style), (f" (via {gate})", "name")])
        if not is_asked:
            groups.append([(" = ", ""), (total.whole, total.style)])
        return wrapped(groups, width, " ")

    def legend(self) -> list[list[Piece]]:
        """A line that explains the signs, if there are any."""
        used = [mark for mark in SIGNS if mark in self.picture.marks.values()]
        row = [(f"   {self.text(sign)} {words}", mark) for mark in used for sign, words in [SIGNS[mark]]]
        return [[(row[0][0].lstrip(), row[0][1]), *row[1:]]] if row else []


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
