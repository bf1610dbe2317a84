"""The table of mistakes by id, their names for people, and the edits at each kind of place. The wrong rules of gates
are in `engine.gates`."""

from __future__ import annotations

import re
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


_NAMED_BY: Final = r"(input|exponent|numerator|quotient|product|output|neuron|weight),? \{\w+\}"
_IN_GENERAL: Final = {
    "source": "the input", "other": "the other input", "gate": "the gate", "written": "the function",
    "neuron": "the neuron", "member": "another node", "wrong": "another function", "factors": "the wrong factors",
    "square": "kept or left out a factor of 2",
}  # fmt: skip
"""What stands for the names of a particular circuit where a mistake is named in general."""
_SHORTENED: Final = (
    (r"\[([^|\]]+)\|[^\]]+\]", r"\1"), (r" = \{written\}|: \{factor\}", ""), (_NAMED_BY, r"\1"),
    (r"1 - \{neuron\}", "1 - y"), (r"∂\{loss\}/∂\{member\}, further on", "a gradient further on"),
    (r", ∂\{loss\}/∂\{member\}| (?<=gradient )∂\{loss\}/∂\{source\}", ""),
    (r"∂\{loss\}/∂\{member\}", "another gradient"),
    (r"∂\{loss\}/∂\{source\}", "the gradient of the loss"), (r"∂\{output\}/∂\{source\}", "the gradient of the output"),
)  # fmt: skip


def mistake_name(id_: str) -> str:
    """A mistake by its name for people: `stopped at the local gradient`, `flipped the sign at g5`."""
    one, _, at = id_.partition("@")
    where = {"": "", "all": " everywhere"}.get(at, f" at {at}")
    return " and ".join(_name(part) for part in one.split("+")) + where


def _name(id_: str) -> str:
    mistake = MISTAKES.get(id_)
    if mistake is None:  # nothing of arrays is loaded for a record without them
        from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS

        mistake = OF_ARRAYS.get(id_)
    if mistake is None:  # of another version of the program
        return id_.replace("-", " ")
    name = mistake.did
    for pattern, general in _SHORTENED:
        name = re.sub(pattern, general, name)
    return re.sub(r"\{(\w+)\}", lambda found: _IN_GENERAL[found[1]], name)
