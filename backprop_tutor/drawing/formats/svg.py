"""The circuit as an image, SVG or PNG: wires with round corners, values green above them, gradients red below."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import as_file, files
from string import Template
from typing import Final

from backprop_tutor.drawing.formats.plot import MARGIN, RADIUS, SIZE, GateShape, Plot, Spot, Text, Wire, text_width
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.errors import TutorError

FONTS: Final = "'DejaVu Sans Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace"
FAMILY: Final = "DejaVu Sans Mono"
_ZOOM: Final = 2  # pixels of a PNG for one of the SVG: sharp on the screens and projectors of today
_LINE: Final = 20
_CORNER: Final = 6.0

_LIGHT: Final = {
    "paper": "#ffffff", "ink": "#1f2328", "quiet": "#6e7781", "value": "#116329", "gradient": "#b01722",
    "asked": "#9a6700", "gate": "#f6f8fa", "lit": "#fff8c5", "carried": "#0a6c82", "wrong": "#a40e6b",
}  # fmt: skip
_DARK: Final = {
    "paper": "#0d1117", "ink": "#e6edf3", "quiet": "#8d96a0", "value": "#56d364", "gradient": "#ff7b72",
    "asked": "#e3b341", "gate": "#161b22", "lit": "#3b2f00", "carried": "#56d4dd", "wrong": "#f778ba",
}  # fmt: skip


def svg(picture: Picture, title: str = "", themes: bool = True) -> str:
    """The picture as one SVG document; dark where the reader's system is, if `themes`. Raises tracks.Unroutable."""
    plot = Plot(picture)
    lines = foot(plot)
    top = 2 * _LINE if title else 0
    width = max(plot.width, *(text_width(line) + 2 * MARGIN for line in (title, *lines)))
    height = top + plot.height + (len(lines) * _LINE + MARGIN if lines else 0)
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(title or 'Computational graph')}</title>",
        f"<style>{style(themes)}</style>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
    ]
    parts += [f'<text class="title" x="{MARGIN}" y="{MARGIN + SIZE}">{escape(title)}</text>'] if title else []
    parts += [f'<g transform="translate(0 {top})">', *drawing(plot), "</g>"]
    for number, line in enumerate(lines):
        y = top + plot.height + SIZE + number * _LINE
        parts.append(f'<text class="foot" x="{MARGIN}" y="{y:.0f}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def foot(plot: Plot) -> list[str]:
    """The sums of the forks and the legend of the marks, a line each."""
    return [*plot.labels.sums_in_words(), *("".join(text for text, _ in row) for row in plot.labels.legend())]


def drawing(plot: Plot) -> Iterator[str]:
    """The circuit itself: wires first, each over a halo where it crosses others, then gates and labels."""
    sources = dict.fromkeys(wire.source for wire in plot.wires)
    for source in sources:
        mine = [wire for wire in plot.wires if wire.source == source]
        yield from (f'<path class="halo" d="{path(wire.corners)}"/>' for wire in mine)
        yield from (_wire(plot, wire) for wire in mine)
    yield from (f'<circle class="joint" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in plot.joints())
    yield from (_gate(plot, gate) for gate in plot.gates)
    yield from (_text(text) for text in plot.texts if text.label.text)


def _wire(plot: Plot, wire: Wire) -> str:
    if wire.branch is None:
        x, y = wire.corners[-1]
        arrow = f'<path class="arrow" d="M{x:.1f} {y:.1f} l-9 -4.5 v9 z"/>'
        return f'<path class="wire" data-source="{escape(wire.source)}" d="{path(wire.corners)}"/>{arrow}'
    asked = " asked" if plot.labels.asked == wire.branch.name else ""
    return f'<path class="wire{asked}" data-branch="{escape(wire.branch.name)}" d="{path(wire.corners)}"/>'


def _gate(plot: Plot, gate: GateShape) -> str:
    lit = " lit" if gate.name == plot.picture.lit else ""
    if gate.half == RADIUS:
        shape = f'<circle class="gate{lit}" cx="{gate.x:.1f}" cy="{gate.y:.1f}" r="{RADIUS}"/>'
    else:
        left, top = gate.x - gate.half, gate.y - RADIUS
        size = f'width="{2 * gate.half:.1f}" height="{2 * RADIUS}" rx="{RADIUS}"'
        shape = f'<rect class="gate{lit}" x="{left:.1f}" y="{top:.1f}" {size}/>'
    symbol = f'<text class="symbol" x="{gate.x:.1f}" y="{gate.y + 4.5:.1f}">{escape(gate.symbol)}</text>'
    return f'<g data-gate="{escape(gate.name)}">{shape}{symbol}</g>'


def _text(text: Text) -> str:
    marked = "" if text.label.style in ("value", "gradient", "name") else f" {text.label.style}"
    head = f'<text class="{text.kind}{marked}" data-{text.kind}="{escape(text.of)}" x="{text.x:.1f}" y="{text.y:.1f}">'
    return f"{head}{escape(text.label.whole)}</text>"


def path(corners: tuple[Spot, ...]) -> str:
    """A wire's path, its corners rounded as far as the pieces beside them allow."""
    corners = tuple(spot for number, spot in enumerate(corners) if number == 0 or spot != corners[number - 1])
    parts = [f"M{corners[0][0]:.1f} {corners[0][1]:.1f}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(_CORNER, _length(before, here) / 2, _length(here, after) / 2)
        start, end = _toward(here, before, radius), _toward(here, after, radius)
        parts.append(f"L{start[0]:.1f} {start[1]:.1f} Q{here[0]:.1f} {here[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    parts.append(f"L{corners[-1][0]:.1f} {corners[-1][1]:.1f}")
    return " ".join(parts)


def _length(one: Spot, other: Spot) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(start: Spot, end: Spot, far: float) -> Spot:
    share = far / (_length(start, end) or 1)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def style(themes: bool) -> str:
    """The colours and fonts; two sets of colours where the reader's system may choose."""
    text = (files("backprop_tutor.drawing") / "page" / "circuit.css").read_text(encoding="utf-8")
    # What is the same in both sets stands first, up to an empty line.
    fixed, colours = (Template("".join(part.splitlines())) for part in text.split("\n\n"))
    dark = f"@media (prefers-color-scheme:dark){{{colours.substitute(_DARK)}}}" if themes else ""
    return fixed.substitute(fonts=FONTS, size=SIZE) + colours.substitute(_LIGHT) + dark


class NoPng(TutorError):
    """What a PNG needs is not installed, or a label has a character that the font lacks."""


def png(picture: Picture, title: str = "") -> bytes:
    """The picture as a PNG on white, at twice the size of the SVG. Raises NoPng, tracks.Unroutable."""
    try:
        from fontTools.ttLib import TTFont
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise NoPng(f"a PNG needs {error.name}. Install it: pip install 'backprop-tutor[png]'") from None
    text = svg(picture, title, themes=False)
    # With a font of our own alone: where a system has none, resvg leaves every label blank without a word.
    with as_file(files("backprop_tutor.drawing") / "fonts" / "DejaVuSansMono.ttf") as font:
        with TTFont(font, lazy=True) as known:
            glyphs = known.getBestCmap()
        missing = sorted({character for character in text if ord(character) not in glyphs and not character.isspace()})
        if missing:
            shown = ", ".join(f"U+{ord(character):04X}" for character in missing[:5])
            raise NoPng(f"{font.stem} has no glyph for {shown}, so a label would be blank. Draw an .svg instead.")
        own = [str(font)]
        return bytes(svg_to_bytes(text, zoom=_ZOOM, skip_system_fonts=True, font_files=own, monospace_family=FAMILY))
