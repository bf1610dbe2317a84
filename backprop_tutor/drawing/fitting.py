"""The roomiest circuit that a width holds, whole or folded into bands; or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from backprop_tutor.drawing.canvas import Unclear
from backprop_tutor.drawing.circuit import Circuit
from backprop_tutor.drawing.grid import Piece
from backprop_tutor.drawing.labels import Labels
from backprop_tutor.drawing.layout import Unroutable, layout
from backprop_tutor.drawing.rows import AIRY, CLOSE, CLOSE_ASCII, Spacing
from backprop_tutor.drawing.spread import Form
from backprop_tutor.drawing.wiring import Wiring, band, wiring_of

FORMS: Final = {"airy": Form(1, 1), "compact": Form(1, 0), "unpadded": Form(0, 0)}
"""The forms of a circuit, the roomiest first."""
MOST_BANDS: Final = 4

Rows = list[list[Piece]]
Band = tuple[int, int]
"""The layers of gates of a band: the first, and the first of the next band."""


def fitted_circuit(labels: Labels, width: int) -> Rows | None:
    """The rows of the circuit in at most `width` columns, or None where it does not fit or cannot be drawn clearly."""
    graph = labels.graph
    named = bool(labels.asked or labels.picture.lit or graph.forks)
    close = CLOSE_ASCII if labels.plain else CLOSE
    try:
        whole = _fitted(labels, wiring_of(graph), close if named else AIRY, width, named)
        return whole.rows() if whole else _folded(labels, close, width)
    except (Unroutable, Unclear):
        return None


def _fitted(labels: Labels, wiring: Wiring, spacing: Spacing, width: int, named: bool) -> Circuit | None:
    plan = layout(wiring, spacing)
    circuits = (Circuit(labels, plan, form, named) for form in _forms(labels))
    return next((circuit for circuit in circuits if circuit.width <= width), None)


def _forms(labels: Labels) -> Iterable[Form]:
    """The forms in which everything can be told apart: in ASCII neither two corners nor a mark's sign and a wire may
    touch."""
    if not labels.plain:
        return FORMS.values()
    return [form._replace(after_tracks=1) for form in FORMS.values() if form.after_labels or not labels.picture.marks]


def _folded(labels: Labels, spacing: Spacing, width: int) -> Rows | None:
    """The circuit in as few bands as the width allows, one below the other and of about one width."""
    layers = _gates_by_layer(labels, spacing)

    @cache
    def fitted(band: Band, limit: int) -> Circuit | None:
        return _fitted(
            labels,
            _band(labels, [gate for layer in layers[slice(*band)] for gate in layer]),
            spacing,
            limit,
            named=True,
        )

    best = narrower = _cut(len(layers), width, fitted)
    limit = width
    while narrower and best and len(narrower) == len(best):
        best, limit = narrower, limit - 4
        narrower = _cut(len(layers), limit, fitted)
    rows: Rows = []
    for span in best or ():
        circuit = fitted(span, width)
        if circuit is None:
            return None
        rows += [[], *circuit.rows()] if rows else circuit.rows()
    return rows or None


def _gates_by_layer(labels: Labels, spacing: Spacing) -> list[list[int]]:
    wiring = wiring_of(labels.graph)
    places = layout(wiring, spacing).places
    layers: dict[int, list[int]] = {}
    for vertex, sources in enumerate(wiring.sources):
        if sources:
            layers.setdefault(places[vertex].layer, []).append(wiring.nodes[vertex])
    return [layers[layer] for layer in sorted(layers)]


def _cut(layers: int, limit: int, fitted: Callable[[Band, int], Circuit | None]) -> list[Band] | None:
    """Bands of as many layers as fit; None if one layer alone does not, or if they are too many."""
    bands: list[Band] = []
    start = end = 0
    while end < layers:
        while end < layers and fitted((start, end + 1), limit) is not None:
            end += 1
        if end == start or len(bands) == MOST_BANDS:
            return None
        bands.append((start, end))
        start = end
    return bands


def _band(labels: Labels, gates: list[int]) -> Wiring:
    """The band of these gates; those leave it that the rest of the circuit needs."""
    graph = labels.graph
    inside = set(gates)
    needed = {source for node, sources in enumerate(graph.inputs) if node not in inside for source in sources} | {
        graph.output
    }
    return band(graph, sorted(inside), [node for node in sorted(inside) if node in needed])
