"""Which gate of the exercise a gate of a student's own graph is: the one of the same value wherever one looks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import OutOfDomain, forward
from backprop_tutor.tutor.formulas import points_everywhere
from backprop_tutor.tutor.questions import Question

_POINTS = 8


class Twins:
    """The exercise's questions by those about a student's graph; a gate that only one of the graphs has is nobody's
    twin."""

    def __init__(self, ours: Graph, theirs: Graph, known: Mapping[str, Mapping[str, Question]]) -> None:
        self.graph, self.known = ours, known
        self.names = _names(ours, theirs)

    def ours(self, question: Question) -> Question | None:
        """The exercise's question that one about the student's graph is."""
        known = self.known[question.stage]
        if question.stage == "graph":
            return known.get(question.target)
        if question.branch is None:
            return known.get(self.names.get(question.node, ""))
        branch = self._branch(question.branch)
        return known.get(branch.name) if branch is not None else None

    def _branch(self, branch: Branch) -> Branch | None:
        source, gate = self.names.get(branch.source), self.names.get(branch.gate)
        if source is None or gate is None:
            return None
        found = [ours for ours in self.graph.branches_into(gate) if ours.source == source]
        return next((ours for ours in found if ours.slot == branch.slot), found[0] if found else None)


def _names(ours: Graph, theirs: Graph) -> dict[str, str]:
    """The exercise's names by the student's: inputs by name, gates by their values at seeded points."""
    seen_ours: list[list[float]] = []
    seen_theirs: list[list[float]] = []
    for inputs in islice(points_everywhere(ours), _POINTS * 2):
        try:
            seen_theirs.append(forward(theirs, inputs))
            seen_ours.append(forward(ours, inputs))
        except OutOfDomain:
            continue
    if len(seen_theirs) < _POINTS // 2:
        return {name: name for name in ours.input_names}
    at = {_signature(seen_ours, node): name for node, name in reversed(list(enumerate(ours.names)))}
    found = {
        name: at.get(_signature(seen_theirs, node), "")
        for node, name in enumerate(theirs.names)
        if theirs.gates[node] is not None
    }
    return {name: name for name in ours.input_names} | {name: twin for name, twin in found.items() if twin}


def _signature(points: list[list[float]], node: int) -> tuple[str, ...]:
    return tuple(f"{point[node] + 0.0:.9g}" for point in points)  # -0.0 and 0.0 are one
