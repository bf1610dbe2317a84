"""The drawing of a picture that suits a terminal: circuit, tape or tree, by the width at hand."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.grid import ASCII, Grid
from backprop_tutor.drawing.labels import Labels
from backprop_tutor.drawing.picture import Picture

VIEWS: Final = ("auto", "circuit", "tape", "tree")
"""What `--view` takes."""
MOST_GATES_OF_A_CIRCUIT: Final = 25
"""Above this, a circuit is a tangle, and the tape is drawn unless the circuit is asked for."""


def terminal_drawing(picture: Picture, width: int = 80, view: str = "auto", plain: bool = False) -> Grid:
    """The picture in at most `width` columns (from 40 on), as one of VIEWS; in ASCII alone if `plain`.

    A circuit that does not fit or cannot be drawn clearly becomes a tape.
    """
    # Each drawing is imported where it is used: the first question of a session waits for one of them, not for all.
    if view == "tree":
        from backprop_tutor.drawing.tree import tree

        return tree(picture, width, plain)
    gates = sum(gate is not None for gate in picture.graph.gates)
    if view == "circuit" or (view == "auto" and gates <= MOST_GATES_OF_A_CIRCUIT):
        circuit = circuit_drawing(picture, width, plain)
        if circuit is not None:
            return circuit
    from backprop_tutor.drawing.tape import tape

    return tape(picture, width, plain)


def circuit_drawing(picture: Picture, width: int = 80, plain: bool = False) -> Grid | None:
    """The picture as a circuit with the sums of its forks and the legend of its marks below, or None where it does not
    fit."""
    from backprop_tutor.drawing.fitting import fitted_circuit

    labels = Labels(picture, plain)
    rows = fitted_circuit(labels, width)
    if rows is None:
        return None
    grid = Grid([*rows, *labels.sums(width), *labels.legend()])
    return grid.translated(ASCII) if plain else grid
