"""The drawing of a picture that suits a terminal: the roomiest circuit that its width holds, or a tape, or a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backprop_tutor.drawing.circuit import Circuit, Form, Unclear
from backprop_tutor.drawing.layout import Layout, layout_of
from backprop_tutor.drawing.layout.layers import band, depths, wiring_of
from backprop_tutor.drawing.layout.rows import AIRY, CLOSE, CLOSE_ASCII, Spacing
from backprop_tutor.drawing.layout.tracks import Unroutable
from backprop_tutor.drawing.picture import Grid, Labels, Picture, Piece
from backprop_tutor.drawing.tape import tape, tree
from backprop_tutor.text import ASCII

VIEWS: Final = ("auto", "circuit", "tape", "tree")
"""What `--view` takes."""
MOST_GATES_OF_A_CIRCUIT: Final = 25
"""Above this, a circuit is a tangle, and the tape is drawn unless the circuit is asked for."""

_FORMS: Final[tuple[Form, ...]] = (Form(1, 1), Form(1, 0), Form(0, 0))
"""The forms of a circuit, the roomiest first: airy, compact, without padding."""
_MOST_BANDS: Final = 4  # a circuit in more pieces is harder to follow than a tape
_NARROWING: Final = 4  # columns by which folded bands are made narrower, as long as they do not become more

Rows = list[list[Piece]]
Band = tuple[int, int]
"""The layers of gates of a band: the first, and the first of the next band."""


def terminal_drawing(picture: Picture, width: int = 80, view: str = "auto", plain: bool = False) -> Grid:
    """The picture in at most `width` columns (from 40 on), as one of VIEWS; in ASCII alone if `plain`.

    A circuit that does not fit or cannot be drawn clearly becomes a tape.
    """
    if view == "tree":
        return tree(picture, width, plain)
    gates = sum(gate is not None for gate in picture.graph.gates)
    if view == "circuit" or (view == "auto" and gates <= MOST_GATES_OF_A_CIRCUIT):
        circuit = circuit_drawing(picture, width, plain)
        if circuit is not None:
            return circuit
    return tape(picture, width, plain)


def circuit_drawing(picture: Picture, width: int = 80, plain: bool = False) -> Grid | None:
    """The picture as a circuit with the sums of its forks and the legend of its marks below.

    None where it does not fit in `width` columns or cannot be drawn clearly.
    """
    labels = Labels(picture, plain)
    try:
        rows = _fitted_circuit(labels, width)
    except (Unroutable, Unclear):
        return None
    if rows is None:
        return None
    grid = Grid([*rows, *labels.sums(width), *labels.legend()])
    return grid.translated(ASCII) if plain else grid


def _fitted_circuit(labels: Labels, width: int) -> Rows | None:
    named = bool(labels.asked or labels.picture.lit or labels.graph.forks)
    close, forms = CLOSE, _FORMS
    if labels.plain:  # in ASCII neither two corners nor a mark's sign and a wire may touch
        close, padded = CLOSE_ASCII, [form for form in _FORMS if form.after_labels or not labels.picture.marks]
        forms = tuple(form._replace(after_tracks=1) for form in padded)
    whole = Circuit(labels, layout_of(labels.graph, close if named else AIRY), forms, named)
    spread = whole.fitted(width)
    return whole.rows(spread) if spread else _Folding(labels, close, forms).rows(width)


class _Folding:
    """A circuit cut between layers into bands, one below the other; a cut wire enters the next band by its name."""

    def __init__(self, labels: Labels, spacing: Spacing, forms: Sequence[Form]) -> None:
        self.labels, self.spacing, self.forms = labels, spacing, forms
        wiring = wiring_of(labels.graph)
        layers: dict[int, list[int]] = {}
        for vertex, layer in enumerate(depths(wiring)):
            if wiring.sources[vertex]:
                layers.setdefault(layer, []).append(wiring.nodes[vertex])
        self.layers = [layers[layer] for layer in sorted(layers)]
        self.circuits: dict[Band, Circuit] = {}

    def rows(self, width: int) -> Rows | None:
        """The circuit in as few bands as the width allows, and of about one width."""
        best = narrower = self._cut(width)
        limit = width
        # Bands that are filled from the first one on leave a scrap for the last: a smaller width shares them out.
        while narrower and best and len(narrower) == len(best):
            best, limit = narrower, limit - _NARROWING
            narrower = self._cut(limit)
        rows: Rows = []
        for span in best or ():
            circuit = self._circuit(span)
            spread = circuit.fitted(width)
            if spread is None:
                return None
            rows += [[], *circuit.rows(spread)] if rows else circuit.rows(spread)
        return rows or None

    def _cut(self, limit: int) -> list[Band] | None:
        """Bands of as many layers as fit; None if one layer alone does not, or if they are too many."""
        bands: list[Band] = []
        start = end = 0
        while end < len(self.layers):
            while end < len(self.layers) and self._circuit((start, end + 1)).fitted(limit):
                end += 1
            if end == start or len(bands) == _MOST_BANDS:
                return None
            bands.append((start, end))
            start = end
        return bands

    def _circuit(self, span: Band) -> Circuit:
        """A band, laid out once: neither its layout nor its sizes depend on the width that it is tried at."""
        if span not in self.circuits:
            graph = self.labels.graph
            gates = sorted(gate for layer in self.layers[slice(*span)] for gate in layer)
            inside = set(gates)
            outside = (sources for node, sources in enumerate(graph.inputs) if node not in inside)
            needed = {graph.output}.union(*outside)
            plan = Layout(band(graph, gates, [node for node in gates if node in needed]), self.spacing)
            self.circuits[span] = Circuit(self.labels, plan, self.forms, named=True)
        return self.circuits[span]
