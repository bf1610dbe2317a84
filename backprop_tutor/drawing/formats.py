"""Every format that a picture can be written in, by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import TutorError, nearest, visible
from backprop_tutor.files import replace


class NoPicture(TutorError):
    """A picture that cannot be written: an unknown suffix, a circuit too tangled."""


class Drawable(NamedTuple):
    """What a file may show: the picture, and for a page the whole lesson, or the forward pass alone where it is a
    handout.

    `about` is the author's text; a text is drawn in a `view`, and in ASCII if `plain`.
    """

    picture: Picture
    solution: Solution
    title: str
    about: str = ""
    loss: str = "L"
    is_handout: bool = False
    view: str = "auto"
    plain: bool = False


def _svg(what: Drawable) -> bytes:
    from backprop_tutor.drawing.svg import svg

    return svg(what.picture, what.title).encode()


def _png(what: Drawable) -> bytes:
    from backprop_tutor.drawing.png import png

    return png(what.picture, what.title)


def _html(what: Drawable) -> bytes:
    from backprop_tutor.drawing.html import html

    return html(what.picture, what.solution, what.title, what.about, what.loss, what.is_handout).encode()


def _dot(what: Drawable) -> bytes:
    from backprop_tutor.drawing.dot import dot

    return dot(what.picture, what.title).encode()


def _mermaid(what: Drawable) -> bytes:
    from backprop_tutor.drawing.mermaid import mermaid

    return mermaid(what.picture, what.title).encode()


def _text(what: Drawable) -> bytes:
    from backprop_tutor.drawing.terminal import terminal_drawing

    return f"{terminal_drawing(what.picture, 100, what.view, what.plain)}\n".encode()


FORMATS: Final[dict[str, Callable[[Drawable], bytes]]] = {
    ".svg": _svg, ".png": _png, ".html": _html, ".dot": _dot, ".mmd": _mermaid, ".txt": _text,
}  # fmt: skip
"""The writers by suffix."""


def write_picture(path: str, what: Drawable) -> None:
    """Writes a picture in the format of the path's suffix. Raises NoPicture, png.NoPng, NotWritten."""
    from backprop_tutor.drawing.layout import Unroutable

    suffix = Path(path).suffix.lower()
    writer = FORMATS.get(suffix)
    if writer is None:
        given = visible(suffix) or "no suffix"
        raise NoPicture(
            f"-o takes a file that ends in one of {', '.join(FORMATS)}, not {given}.{nearest(suffix, FORMATS)}"
        )
    if what.view != "auto" and writer is not _text:
        raise NoPicture(
            f"--view {what.view} is for the terminal and for a .txt file; a {suffix} file has a form of its own."
        )
    try:
        data = writer(what)
    except Unroutable:
        raise NoPicture("this circuit is too tangled to be drawn clearly. A .dot or .txt file can hold it.") from None
    replace(path, data)
