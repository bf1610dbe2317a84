"""The table of mistakes by id, and the edits at each kind of place. The wrong rules of gates are in `engine.gates`."""

from __future__ import annotations

from typing import Final

from backprop_tutor.tutor.mistakes import gradients, networks
from backprop_tutor.tutor.mistakes.gate_rules import GATE_RULES
from backprop_tutor.tutor.mistakes.mistake import (
    BRANCH,
    DELTA,
    ERROR,
    FORK,
    FORWARD,
    GATE,
    LOCAL,
    OUTPUT,
    UPDATE,
    Edit,
    Mistake,
)  # fmt: skip

_ROWS: Final = (*gradients.ROWS, *networks.ROWS)
MISTAKES: Final[dict[str, Mistake]] = {row.id: row for row in _ROWS} | {
    id_: Mistake(id_, GATE, saying.did, saying.holds) for id_, saying in GATE_RULES.items()
}
"""Every mistake by its id."""


def edits_at(where: str) -> list[tuple[str, Edit]]:
    """The edits of a kind of place, each with the id of its mistake."""
    return _BY_PLACE[where]


_BY_PLACE: Final[dict[str, list[tuple[str, Edit]]]] = {
    where: [(row.id, edit) for row in _ROWS for edit in row.edits if edit.where == where]
    for where in (BRANCH, LOCAL, FORK, OUTPUT, FORWARD, ERROR, DELTA, UPDATE)
}
