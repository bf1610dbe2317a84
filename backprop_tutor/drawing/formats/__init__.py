"""Every format in which a picture can be written, by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from backprop_tutor.drawing.formats.diagrams import dot, mermaid
from backprop_tutor.drawing.formats.page import Drawable, page
from backprop_tutor.drawing.formats.svg import NoPicture, png, svg
from backprop_tutor.drawing.picture import Unroutable
from backprop_tutor.drawing.terminal import terminal_drawing
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import replace
from backprop_tutor.text import listed, nearest, visible

_TEXT_WIDTH: Final = 100  # columns of a drawing in a file: what a README or a forum shows without scrolling


class Format(NamedTuple):
    """One format: its name for people, how its files begin, and its writer, which may raise picture.Unroutable.
    `holds_any` says that it needs no layout and can therefore hold any circuit, `has_views` that `--view` applies to it
    too."""

    words: str
    begins: bytes
    writer: Callable[[Drawable], str | bytes]
    holds_any: bool = False
    has_views: bool = False


def _text(what: Drawable) -> str:
    return f"{terminal_drawing(what.picture, _TEXT_WIDTH, what.view, what.plain)}\n"


FORMATS: Final[dict[str, Format]] = {
    ".svg": Format("vector image", b"<svg ", lambda what: svg(what.picture, what.title)),
    ".png": Format("image", b"\x89PNG\r\n", lambda what: png(what.picture, what.title)),
    ".html": Format("page to step through", b"<!doctype html>", page),
    ".dot": Format("Graphviz", b"digraph ", lambda what: dot(what.picture, what.title), holds_any=True),
    ".mmd": Format("Mermaid", b"---\ntitle: ", lambda what: mermaid(what.picture, what.title), holds_any=True),
    ".txt": Format("text", b"", _text, holds_any=True, has_views=True),
}


def write_picture(path: str, what: Drawable) -> None:
    """Writes a picture in the format of the path's suffix. Raises NoPicture, NotWritten."""
    data = rendered(Path(path).suffix.lower(), what)
    replace(path, data.encode() if isinstance(data, str) else data)


def rendered(suffix: str, what: Drawable) -> str | bytes:
    """A picture in the format of a suffix. Raises NoPicture."""
    format_ = FORMATS.get(suffix)
    if format_ is None:
        raise NoPicture(
            f"the file name must end in {listed(FORMATS, 'or')}{f', not in {visible(suffix)}' if suffix else ''}."
            f"{nearest(suffix, FORMATS)}"
        )
    if what.view != "auto" and not format_.has_views:
        with_views = listed([suffix for suffix, other in FORMATS.items() if other.has_views], "or")
        raise NoPicture(
            f"--view {what.view} is for the terminal and for a {with_views} file; a {suffix} file has only one form."
        )
    try:
        return format_.writer(what)
    except Unroutable:
        able = listed([suffix for suffix, other in FORMATS.items() if other.holds_any], "or")
        raise NoPicture(f"this circuit is too tangled to draw clearly. A {able} file can show it.") from None
