"""The texts of a picture, ready to be set: each label with its mark, the sums at the forks and the legend of the
marks."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.grid import Piece, ascii_text, wrapped
from backprop_tutor.drawing.picture import Mark, Picture
from backprop_tutor.engine.graph import Node
from backprop_tutor.errors import visible

SIGNS: Final = {Mark.RIGHT: "✓", Mark.CARRIED: "~", Mark.WRONG: "✗", Mark.MISSING: "○"}
"""What stands behind a marked number, so that its mark reads without colour."""
LEGEND: Final = {
    Mark.RIGHT: "right",
    Mark.CARRIED: "carried through",
    Mark.WRONG: "wrong",
    Mark.MISSING: "not answered",
}
"""The signs in words."""
UNKNOWN: Final = "·"
ASKED: Final = "[?]"
_STYLE: Final = {Mark.UNKNOWN: "quiet", Mark.ASKED: "asked"} | {mark: mark.value for mark in SIGNS}


class Label:
    """A text, the sign of its mark (or nothing), and its style."""

    __slots__ = ("sign", "style", "text")

    def __init__(self, text: str = "", sign: str = "", style: str = "") -> None:
        self.text, self.sign, self.style = text, sign, style

    @property
    def whole(self) -> str:
        """The text with its sign."""
        return self.text + self.sign


class Labels:
    """The labels of a picture by the names of its nodes and branches; in ASCII alone if `plain`."""

    def __init__(self, picture: Picture, plain: bool = False) -> None:
        self.picture = picture
        self.graph = picture.graph
        self.plain = plain
        self._leaving = self.graph.branches_from

    def text(self, text: str) -> str:
        """Any text of ours or of an author as this picture may show it."""
        text = visible(text)
        return ascii_text(text) if self.plain else text

    def value(self, node: str) -> Label:
        """The number above a node's wire."""
        return self._label(self.picture.values.get(node), f"value:{node}", "value")

    def gradient(self, name: str) -> Label:
        """The number below a wire: a branch's by its name, a fork's sum or the output's by the node's."""
        return self._label(self.picture.gradients.get(name), name, "gradient")

    def gradient_of(self, node: str) -> Label:
        """The gradient of a node: its only branch's, or the sum at a fork."""
        return self.gradient(self.gradient_name(node))

    def gradient_name(self, node: str) -> str:
        """The name under which a node's gradient is known: its only branch's, or its own."""
        leaving = self._leaving[node]
        return leaving[0].name if len(leaving) == 1 else node

    @property
    def asked(self) -> str | None:
        """What is asked: a branch's name, or a node's where that is a fork or the output."""
        asked = self.picture.asked
        return self.gradient_name(asked) if asked in self._leaving else asked

    def _label(self, text: str | None, name: str, style: str) -> Label:
        mark = self.picture.marks.get(name, Mark.KNOWN)
        if text is None and name in (self.picture.asked, self.asked):
            mark = Mark.ASKED
        if not text:
            text = {Mark.ASKED: ASKED, Mark.UNKNOWN: UNKNOWN}.get(mark, "")
        if text in (ASKED, UNKNOWN) and mark is Mark.KNOWN:
            mark = Mark.ASKED if text == ASKED else Mark.UNKNOWN
        return Label(self.text(text), self.text(SIGNS.get(mark, "")) if text else "", _STYLE.get(mark, style))

    def sums(self, width: int) -> list[list[Piece]]:
        """One line for each fork whose branches have labels: `x: -12.00 (g1) + 3.00 (g2) = -9.00`; long ones go on
        below."""
        unfolded = self.picture.unfolded
        forks = [fork for fork in self.graph.forks if unfolded is None or fork in unfolded]
        return [row for fork in forks for row in self._sum(self.graph.node(fork), width)]

    def _sum(self, fork: Node, width: int) -> list[list[Piece]]:
        branches = [(branch, self.gradient(branch.name)) for branch in self._leaving[fork.name]]
        if not any(label.text for _, label in branches):
            return []
        groups: list[list[Piece]] = []
        for branch, label in branches:
            gate = branch.name.removeprefix(f"{branch.source}->")
            lead = " + " if groups else f"{self.text(fork.name)}: "
            groups.append(
                [(lead, ""), (label.whole or self.text(UNKNOWN), label.style), (f" ({self.text(gate)})", "name")]
            )
        total = self.gradient(fork.name)
        if total.text:
            groups.append([(" = ", ""), (total.whole, total.style)])
        return wrapped(groups, width, " ")

    def legend(self) -> list[list[Piece]]:
        """A line that says what the signs mean, if there are any."""
        used = {*self.picture.marks.values()}
        pieces: list[Piece] = []
        for mark, words in LEGEND.items():
            if mark in used:
                pieces.append((f"{'   ' if pieces else ''}{self.text(SIGNS[mark])} {words}", _STYLE[mark]))
        return [pieces] if pieces else []
