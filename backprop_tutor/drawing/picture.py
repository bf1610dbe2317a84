"""What a drawing shows of a graph, as plain arguments: texts and marks by the names of nodes and branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from backprop_tutor.engine.graph import Graph


class Mark(Enum):
    """How one label stands out, beside its colour."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    ASKED = "asked"
    RIGHT = "right"
    CARRIED = "carried"
    WRONG = "wrong"
    MISSING = "missing"


@dataclass(frozen=True)
class Picture:
    """A graph and its labels.

    `values` are the texts above the wires, by node. `gradients` are the texts below them: by branch name,
    and by node name for a fork's sum and for the output. A name that is absent has no label. `marks` are by
    the same names, with `value:NAME` for the mark of a node's value; a label without a mark is KNOWN.
    `asked` is the branch or node the student is asked about, which is drawn heavy; `lit` the gate in brackets.
    `unfolded` are the nodes to which a tape has rows of their own, where that is not all of them.
    """

    graph: Graph
    values: Mapping[str, str] = field(default_factory=dict)
    gradients: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    asked: str | None = None
    lit: str | None = None
    unfolded: frozenset[str] | None = None
