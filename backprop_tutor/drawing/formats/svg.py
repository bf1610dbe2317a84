"""The circuit in pixels, as SVG or PNG: wires with round corners, values in green above them, gradients in red
below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from importlib.resources import as_file, files
from itertools import pairwise
from math import dist, sqrt
from string import Template
from typing import Final

from backprop_tutor.drawing.layers import EXIT, GATE, INPUT, Item
from backprop_tutor.drawing.layout import Layout
from backprop_tutor.drawing.picture import Label, Labels, Picture
from backprop_tutor.engine.graph import Branch
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import columns

ROW: Final = 18  # pixels from one row of the layout to the next
RADIUS: Final = 18
CHARACTER: Final = 7.9  # the width of one character in a monospaced font of SIZE pixels
SIZE: Final = 13
MARGIN: Final = 16
_PORT: Final = 9  # how far above or below a gate's middle its two ports are
_TRACK: Final = 12
_ABOVE, _BELOW = 6, 16  # from a wire up to the line above it, and down to the one below it, which is as high as SIZE
_SINK: Final = 4.5  # from the middle of a line of SIZE pixels down to where it is written
_GAP: Final = 4  # beside a name, and between the tracks and a bracket
_BESIDE: Final = 14  # of a wire, on both sides of its widest label together
_TO_GATE: Final = 16  # from a bracket to the gate
_LEAVING: Final = 12.0  # of a wire that leaves the picture
_NAME_BELOW: Final = 12  # from a gate down to its name
_IN_A_CIRCLE: Final = 4  # characters; a longer symbol has a longer frame, with
_FRAME: Final = 10  # on each side of it
_MOST_MISSING: Final = 5
Spot = tuple[float, float]
FONTS: Final = "'DejaVu Sans Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace"
FAMILY: Final = "DejaVu Sans Mono"
_ZOOM: Final = 2  # pixels of a PNG for one of the SVG: sharp on today's screens and projectors
_LINE: Final = 20
_SCOPE: Final = "backprop-circuit"  # a class that nothing else in a notebook has
_CORNER: Final = 6.0
_PROPERTY: Final = re.compile(r"([\w-]+):([^;]+)")
_DATA: Final = re.compile(r' (?:data-\w+|class)="[^"]*"')

_LIGHT: Final = {
    "paper": "#ffffff", "ink": "#1f2328", "quiet": "#6e7781", "value": "#116329", "gradient": "#b01722",
    "right": "#0969da", "asked": "#9a6700", "gate": "#f6f8fa", "lit": "#fff8c5", "carried": "#0a6c82",
    "wrong": "#a40e6b",
}  # fmt: skip
_DARK: Final = {
    "paper": "#0d1117", "ink": "#e6edf3", "quiet": "#8d96a0", "value": "#56d364", "gradient": "#ff7b72",
    "right": "#58a6ff", "asked": "#e3b341", "gate": "#161b22", "lit": "#3b2f00", "carried": "#56d4dd",
    "wrong": "#f778ba",
}  # fmt: skip


class GateShape(NamedTuple):
    """A gate: its node, its centre, half its width, and the symbol in it. It is a circle if half the width is
    RADIUS."""

    name: str
    x: float
    y: float
    half: float
    symbol: str


class Wire(NamedTuple):
    """The corners of a branch from its source to its port; `branch` is None for the output's arrow."""

    source: str
    branch: Branch | None
    corners: tuple[Spot, ...]


class Text(NamedTuple):
    """A text, placed by the middle of its baseline; `kind` is value, gradient, name or input, `of` the node or branch
    it belongs to."""

    kind: str
    of: str
    label: Label
    x: float
    y: float


def text_width(text: str) -> float:
    """The width of a text in pixels."""
    return columns(text) * CHARACTER


class Plot:
    """The circuit of a picture with every place in pixels, from (0, 0). Raises picture.Unroutable."""

    def __init__(self, picture: Picture) -> None:
        self.picture, self.labels = picture, Labels(picture)
        self.plan = Layout(picture.graph)
        self.names = picture.graph.names
        self._measure()
        self.gates = [self._gate(item) for item in self.plan.items if item.kind == GATE]
        self.wires = [*self._wires()]
        self.texts = [*self._texts()]

    def _measure(self) -> None:
        """Sets `left` and `right` of each layer's nodes, `room` of its labels, `track` and `bracket` of each gap."""
        x = float(MARGIN)
        self.left: list[float] = []
        self.right: list[float] = []
        self.room: list[float] = []
        self.track: list[list[float]] = []
        self.bracket: list[float] = []
        for items, tracks in zip(self.plan.layers, [*self.plan.tracks, 0], strict=True):
            self.left.append(x)
            self.right.append(x + max(self._node_width(item) for item in items))
            names = [self.names[item.node] for item in items if item.kind in (INPUT, GATE)]
            shown = [label for name in names for label in (self.labels.value(name), self.labels.gradient_of(name))]
            self.room.append(max((text_width(label.whole) for label in shown), default=0) + _BESIDE)
            x = self.right[-1] + self.room[-1]
            self.track.append([x + _TRACK * (number + 0.5) for number in range(tracks)])
            x += _TRACK * tracks + _GAP
            self.bracket.append(x)
            x += _TO_GATE
        self.width = self.right[-1] + MARGIN
        self.height = _y(self.plan.height - 1) + RADIUS + MARGIN

    def _half(self, item: Item) -> float:
        symbol = self.labels.symbol(self.names[item.node])
        return float(RADIUS) if columns(symbol) <= _IN_A_CIRCLE else text_width(symbol) / 2 + _FRAME

    def _node_width(self, item: Item) -> float:
        name = text_width(self.labels.text(self.names[item.node]))
        widths = {GATE: max(2 * self._half(item), name), INPUT: name + _GAP + 2, EXIT: _LEAVING}
        return widths.get(item.kind, 0.0)

    def _gate(self, item: Item) -> GateShape:
        name = self.names[item.node]
        return GateShape(name, self._middle(item), _y(item.row), self._half(item), self.labels.symbol(name))

    def _middle(self, item: Item) -> float:
        return (self.left[item.layer] + self.right[item.layer]) / 2

    def _wires(self) -> Iterator[Wire]:
        for item in self.plan.items:
            name = self.names[item.node]
            if item.kind == EXIT:
                yield Wire(name, None, self._corners(item, 0, (self.right[item.layer], _y(item.row))))
            elif item.kind == GATE:
                for branch in self.picture.graph.branches_into(name):
                    yield Wire(branch.source, branch, self._corners(item, branch.slot, self._port(item, branch.slot)))

    def _port(self, gate: Item, slot: int) -> Spot:
        row = gate.ports[slot]
        rise = _PORT * ((row > gate.row) - (row < gate.row))
        left = self._middle(gate) - self._half(gate)
        return (left + RADIUS - sqrt(RADIUS**2 - rise**2), _y(gate.row) + rise)

    def _corners(self, item: Item, slot: int, end: Spot) -> tuple[Spot, ...]:
        source, turns = self.plan.wire(item, slot)
        right = self._middle(source) + self._half(source) if source.kind == GATE else self.right[source.layer]
        corners = [(right, _y(source.row)), *((self.track[gap][track], _y(row)) for gap, track, row in turns)]
        if len(item.ports) == 2:
            bracket = self.bracket[item.layer - 1]
            corners += [(bracket, _y(item.ports[slot])), (bracket, end[1])]
        return (*corners, end)

    def _texts(self) -> Iterator[Text]:
        for item in self.plan.items:
            if item.kind not in (INPUT, GATE):
                continue
            name, y, right = self.names[item.node], _y(item.row), self.right[item.layer]
            middle = right + self.room[item.layer] / 2
            yield Text("value", name, self.labels.value(name), middle, y - _ABOVE)
            yield Text("gradient", self.labels.gradient_name(name), self.labels.gradient_of(name), middle, y + _BELOW)
            written = Label(self.labels.text(name), "", "name")
            if item.kind == INPUT:
                yield Text("input", name, written, right - _GAP - text_width(written.text) / 2, y + _SINK)
            else:
                yield Text("name", name, written, self._middle(item), y + RADIUS + _NAME_BELOW)

    def joints(self) -> list[Spot]:
        """The points where the wires of one fork part, going on in more than two directions."""
        joints: list[Spot] = []
        for source in dict.fromkeys(wire.source for wire in self.wires):
            wires = [wire.corners for wire in self.wires if wire.source == source]
            pieces = {piece for corners in wires for piece in pairwise(corners)}
            for spot in dict.fromkeys(spot for corners in wires for spot in corners):
                ends = {end for piece in pieces if _is_on(spot, *piece) for end in piece if end != spot}
                ways = {(x > spot[0], x < spot[0], y > spot[1], y < spot[1]) for x, y in ends}
                joints += [spot] if len(ways) > 2 else []
        return joints


def _y(row: int) -> float:
    return row * ROW + RADIUS + MARGIN


def _is_on(spot: Spot, start: Spot, end: Spot) -> bool:
    (x, y), (x1, y1), (x2, y2) = spot, start, end
    return (y == y1 == y2 and min(x1, x2) <= x <= max(x1, x2)) or (x == x1 == x2 and min(y1, y2) <= y <= max(y1, y2))


def svg(picture: Picture, title: str = "", themes: bool = True) -> str:
    """The picture as one SVG document; if `themes`, it is dark where the reader's system is. Raises
    picture.Unroutable."""
    plot = Plot(picture)
    lines = foot(plot)
    top = 2 * _LINE if title else 0
    width = max(plot.width, *(text_width(line) + 2 * MARGIN for line in (title, *lines)))
    height = top + plot.height + (len(lines) * _LINE + MARGIN if lines else 0)
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_SCOPE}" {size} role="img">',
        f"<title>{escape(title or 'Computational graph')}</title>",
        f"<style>{style(themes, f'.{_SCOPE} ')}</style>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
    ]
    parts += [f'<text class="title" x="{MARGIN}" y="{MARGIN + SIZE}">{escape(title)}</text>'] if title else []
    parts += [f'<g transform="translate(0 {top})">', *drawing(plot), "</g>"]
    for number, line in enumerate(lines):
        y = top + plot.height + SIZE + number * _LINE
        parts.append(f'<text class="foot" x="{MARGIN}" y="{y:.0f}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def bare_svg(picture: Picture, title: str = "") -> str:
    """The picture for a page that holds others: only in light colours, with attributes on each element. It has no style
    sheet, class or id that could clash with another picture. Raises picture.Unroutable."""
    rules = [rule.partition("{")[::2] for rule in style(themes=False).split("}") if rule]
    bodies = [(one.split("."), dict(_PROPERTY.findall(body))) for names, body in rules for one in names.split(",")]
    # As a browser does: rules for the element first, then for each class, then for two classes together.
    bodies.sort(key=lambda rule: len(rule[0]))

    def own(match: re.Match[str]) -> str:
        tag, classes, rest = match[1], {*(match[2] or "").split()}, _DATA.sub("", match[3])
        found = {"font-family": FONTS} if tag == "svg" else {}
        for (element, *of), body in bodies:
            if element in ("", tag) and classes.issuperset(of):
                found |= body
        if tag == "text":
            del found["font-family"]  # computed once
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in found.items())
        return f"<{tag}{attributes}{rest}>"

    text = re.sub(r"<style>.*?</style>\n", "", svg(picture, title, themes=False), flags=re.DOTALL)
    return re.sub(r'<(svg|text|path|circle|rect|g)(?: class="([^"]*)")?([^>]*)>', own, text)


def foot(plot: Plot) -> list[str]:
    """The sums of the forks and the legend of the marks, one line each."""
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
    symbol = f'<text class="symbol" x="{gate.x:.1f}" y="{gate.y + _SINK:.1f}">{escape(gate.symbol)}</text>'
    return f'<g data-gate="{escape(gate.name)}">{shape}{symbol}</g>'


def _text(text: Text) -> str:
    marked = "" if text.label.style in ("value", "gradient", "name") else f" {text.label.style}"
    head = f'<text class="{text.kind}{marked}" data-{text.kind}="{escape(text.of)}" x="{text.x:.1f}" y="{text.y:.1f}">'
    return f"{head}{escape(text.label.whole)}</text>"


def path(corners: tuple[Spot, ...]) -> str:
    """The path of a wire, with corners as round as the pieces beside them allow."""
    corners = tuple(spot for number, spot in enumerate(corners) if number == 0 or spot != corners[number - 1])
    parts = [f"M{corners[0][0]:.1f} {corners[0][1]:.1f}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(_CORNER, dist(before, here) / 2, dist(here, after) / 2)
        start, end = _toward(here, before, radius), _toward(here, after, radius)
        parts.append(f"L{start[0]:.1f} {start[1]:.1f} Q{here[0]:.1f} {here[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    parts.append(f"L{corners[-1][0]:.1f} {corners[-1][1]:.1f}")
    return " ".join(parts)


def _toward(start: Spot, end: Spot, far: float) -> Spot:
    share = far / dist(start, end)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def style(themes: bool, scope: str = "") -> str:
    """The colours and fonts; two sets of colours if the reader's system may choose. `scope` comes before every
    selector: in a document that contains a picture among other things, the rules apply only to the picture."""
    # The rules that both sets share come first, up to an empty line.
    fixed, colours = (Template(_rules(part, scope)) for part in page_part("circuit.css").split("\n\n"))
    dark = f"@media (prefers-color-scheme:dark){{{colours.substitute(_DARK)}}}" if themes else ""
    return fixed.substitute(fonts=FONTS, size=SIZE) + colours.substitute(_LIGHT) + dark


def _rules(lines: str, scope: str) -> str:
    rules = (line.partition("{") for line in lines.splitlines())
    return "".join(f"{','.join(scope + one for one in which.split(','))}{{{what}" for which, _, what in rules)


def page_part(name: str) -> str:
    """A file from the folder `page`: colours, markup or script."""
    return (files("backprop_tutor.drawing") / "page" / name).read_text(encoding="utf-8")


class NoPicture(TutorError):
    """A picture that cannot be written: an unknown suffix, a circuit that is too tangled, or a PNG without the package
    that it needs."""


def png(picture: Picture, title: str = "") -> bytes:
    """The picture as a PNG on white, at twice the size of the SVG. Raises NoPicture, picture.Unroutable."""
    try:
        from fontTools.ttLib import TTFont
        from resvg_py import svg_to_bytes
    except ImportError:
        raise NoPicture("a PNG needs two more packages: pip install resvg-py fonttools") from None
    text = svg(picture, title, themes=False)
    # Only with our own font: if a system has none, resvg silently leaves every label blank.
    with as_file(files("backprop_tutor.drawing") / "fonts" / "DejaVuSansMono.ttf") as font:
        with TTFont(font, lazy=True) as known:
            glyphs = known.getBestCmap()
        missing = sorted({character for character in text if ord(character) not in glyphs and not character.isspace()})
        if missing:
            shown = ", ".join(f"U+{ord(character):04X}" for character in missing[:_MOST_MISSING])
            raise NoPicture(f"{font.stem} has no glyph for {shown}, so a label would be blank. Draw an .svg instead.")
        own = [str(font)]
        return bytes(svg_to_bytes(text, zoom=_ZOOM, skip_system_fonts=True, font_files=own, monospace_family=FAMILY))
