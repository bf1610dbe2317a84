"""The columns of a circuit in characters: where each layer's nodes, its labels, the tracks and the brackets stand."""

from __future__ import annotations

from typing import NamedTuple

from backprop_tutor.drawing.layers import GATE, INPUT
from backprop_tutor.drawing.layout import Layout


class Form(NamedTuple):
    """Columns that stay free: after the labels of a layer, and before and after each track of a gap (in ASCII corners
    must not touch)."""

    after_labels: int
    before_tracks: int
    after_tracks: int = 0


class Sizes:
    """How wide an item's own text is, its name below it (0 if none), and the labels above and below its wire."""

    __slots__ = ("above", "below", "name", "text")

    def __init__(self, text: int = 0, name: int = 0, above: int = 0, below: int = 0) -> None:
        self.text, self.name, self.above, self.below = text, name, above, below


class Spread:
    """Columns from 0: `text[i]` where item i begins, `zone[k]` where the labels of layer k begin, `labels[k]` where
    they end.

    `track[k][t]` is the column of a track in the gap after layer k, `bracket[k]` that of its brackets (or the column
    of the next layer if it has none), `width` the number of columns.
    """

    def __init__(self, plan: Layout, sizes: list[Sizes], form: Form) -> None:
        self.plan, self.sizes, self.form = plan, sizes, form
        self.text = [0] * len(plan.places)
        self.zone: list[int] = []
        self.labels: list[int] = []
        self.track: list[list[int]] = []
        self.bracket: list[int] = []
        column = 0
        for layer in range(len(plan.order)):
            column = self._layer(layer, column)
            if layer < len(plan.order) - 1:
                column = self._gap(layer, column)
        self.width = column

    def _layer(self, layer: int, column: int) -> int:
        """Sets a layer from a column on; the column after its labels."""
        items = self.plan.order[layer]
        entered = layer > 0 and (self.plan.has_bracket(layer - 1) or self.plan.tracks[layer - 1] > 0)
        widths = [self.sizes[item].text + (entered and self.plan.places[item].kind == INPUT) for item in items]
        width = max(widths)
        room = 1
        for item in items:
            size = self.sizes[item]
            kind = self.plan.places[item].kind
            free = width - size.text
            shift = (free + 1) // 2 if kind == GATE else free if layer and kind == INPUT else 0
            self.text[item] = column + shift
            hanging = size.name + 1 + size.below - (width - shift) if size.name else 0
            room = max(room, size.above, size.below, hanging)
        last = layer == len(self.plan.order) - 1
        self.zone.append(column + width)
        self.labels.append(column + width + room)
        return column + width + (0 if last else room + self.form.after_labels)

    def _gap(self, gap: int, column: int) -> int:
        """Sets the tracks and brackets behind a layer; the column after them."""
        places = []
        spaced = self._spaced(gap)
        if self.plan.tracks[gap]:
            column += self.form.before_tracks
        for track in range(self.plan.tracks[gap]):
            places.append(column)
            column += 1 + max(track in spaced, self.form.after_tracks)
        self.track.append(places)
        self.bracket.append(column)
        return column + max(self.plan.has_bracket(gap), self._bridged(gap))

    def _bridged(self, gap: int) -> bool:
        """Whether a wire would pass under another right before it ends, so that nobody could see where it ends."""
        last = self.plan.tracks[gap] - 1
        rows = [self.plan.places[item].row for item in self.plan.order[gap + 1] if len(self.plan.ports[item]) == 1]
        return any(run.track == last and run.top < row < run.bottom for run in self.plan.runs[gap] for row in rows)

    def _spaced(self, gap: int) -> set[int]:
        """The tracks after which a column stays free: there one wire's corner would stand beside another's on the same
        row."""
        runs = self.plan.runs[gap]
        tracks = self.plan.tracks[gap]
        begins = {
            self.plan.places[item].row: tracks for item in self.plan.order[gap + 1] if len(self.plan.ports[item]) == 2
        }
        for run in runs:
            for row in run.ends:
                if row != run.start:
                    begins[row] = min(run.track, begins.get(row, tracks))
        spaced: set[int] = set()
        for run in runs:
            right = begins.get(run.start)
            if run.after is not None or run.start in run.ends or right is None or right <= run.track:
                continue
            crossing = {other.track for other in runs if other.top <= run.start <= other.bottom}
            if all(track in crossing for track in range(run.track + 1, right)):
                spaced.add(run.track)
        return spaced
