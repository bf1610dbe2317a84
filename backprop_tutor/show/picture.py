"""A picture of a circuit as Rich text: the grid's styles become colours, and nothing is read as markup."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from backprop_tutor.drawing.picture import Picture
from backprop_tutor.drawing.terminal import terminal_drawing

COLOURS: Final = {
    "value": "green", "gradient": "red", "asked": "bold yellow", "gate": "bold", "quiet": "dim",
    "right": "bold green", "carried": "bold cyan", "wrong": "bold magenta", "missing": "dim",
}  # fmt: skip
"""The colour of each style of a grid; one that is absent keeps the terminal's own."""


def drawn(picture: Picture, width: int, view: str = "auto", plain: bool = False) -> Text:
    """The picture in at most `width` columns, as `view` (auto, circuit, tape or tree); ASCII without colour if
    `plain`."""
    text = Text(no_wrap=True, overflow="ignore")
    for row in terminal_drawing(picture, width, view, plain).rows:
        for piece, style in row:
            text.append(piece, "" if plain else COLOURS.get(style, ""))
        text.append("\n")
    text.rstrip()
    return text
