"""The circuit as a PNG, by resvg and a font that this package brings: no label is ever blank for want of one."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from backprop_tutor.drawing.picture import Picture
from backprop_tutor.drawing.svg import svg
from backprop_tutor.errors import TutorError

FAMILY: Final = "DejaVu Sans Mono"
_ZOOM: Final = 2


class NoPng(TutorError):
    """What a PNG needs is not installed, or a label has a character that the font lacks."""


def png(picture: Picture, title: str = "") -> bytes:
    """The picture as a PNG on white, at twice the size of the SVG. Raises NoPng, layout.Unroutable."""
    try:
        from fontTools.ttLib import TTFont
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise NoPng(f"a PNG needs {error.name}. Install it: pip install 'backprop-tutor[png]'") from None
    text = svg(picture, title, themes=False)
    with as_file(files("backprop_tutor.drawing") / "fonts" / "DejaVuSansMono.ttf") as font:
        with TTFont(font, lazy=True) as known:
            _check(text, font, known.getBestCmap())
        return bytes(
            svg_to_bytes(
                svg_string=text, zoom=_ZOOM, skip_system_fonts=True, font_files=[str(font)], monospace_family=FAMILY
            )
        )


def _check(text: str, font: Path, glyphs: dict[int, str]) -> None:
    missing = sorted({character for character in text if ord(character) not in glyphs and not character.isspace()})
    if missing:
        shown = ", ".join(f"U+{ord(character):04X}" for character in missing[:5])
        raise NoPng(f"{font.stem} has no glyph for {shown}, so a label would be blank. Draw an .svg instead.")
