"""The roomiest circuit that a width holds, whole or folded into bands; or none."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.canvas import Unclear
from backprop_tutor.drawing.circuit import Circuit
from backprop_tutor.drawing.grid import Piece
from backprop_tutor.drawing.labels import Labels
from backprop_tutor.drawing.layout import Unroutable, layout_of
from backprop_tutor.drawing.rows import AIRY, CLOSE

PADDINGS: Final = (3, 1, 0)


def fitted_circuit(labels: Labels, width: int) -> list[list[Piece]] | None:
    """The rows of the circuit in at most `width` columns, or None where it does not fit or cannot be drawn clearly."""
    picture = labels.picture
    named = bool(labels.asked or picture.lit or labels.graph.forks)
    spacing = CLOSE if named else AIRY
    try:
        plan = layout_of(labels.graph, spacing)
        for padding in PADDINGS:
            circuit = Circuit(labels, plan, padding, named)
            if circuit.width <= width:
                return circuit.rows()
    except (Unroutable, Unclear):
        return None
    return None
