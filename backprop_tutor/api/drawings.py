"""A circuit as a picture, for a notebook or a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property

from backprop_tutor.drawing.formats import rendered, write_picture
from backprop_tutor.drawing.formats.page import Drawable
from backprop_tutor.errors import TutorError
from backprop_tutor.text import on_a_line


@dataclass(frozen=True, eq=False)
class Drawing:
    """A circuit as a picture, which a notebook shows.

    >>> import backprop_tutor as bt
    >>> bt.load("relu").draw("key").svg[:5]
    '<svg '
    """

    _what: Drawable = field(repr=False)

    @cached_property
    def svg(self) -> str:
        """An SVG document, dark where the reader's system is. Raises TutorError for a circuit too tangled for one."""
        return str(rendered(".svg", self._what))

    @cached_property
    def text(self) -> str:
        """The circuit in characters, at most 100 columns wide."""
        return str(rendered(".txt", self._what)).rstrip("\n")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file in the format of its suffix: .svg, .png (which needs the extra `png`), .html (one page to step
        through), .dot, .mmd or .txt. Raises TutorError where it cannot."""
        write_picture(os.fspath(path), self._what)

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except TutorError:
            return None  # a notebook shows the line below

    def __repr__(self) -> str:
        return f"<Drawing of {on_a_line(self._what.title)}>"
