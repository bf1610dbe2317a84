"""Which gate of the exercise a gate of a student's own graph is: the one of the same value wherever one looks."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import OutOfDomain, forward
from backprop_tutor.tutor.marking.formulas import points_everywhere
from backprop_tutor.tutor.stages.stage import Question

_POINTS = 8


class Worth(NamedTuple):
    """What the questions of a stage are worth, of `most` points.

    Each of `pairs` is a question of the exercise, as the targets of the student's questions that are the same. What
    is left of the exercise's questions is shared among the student's that stand `alone`.
    """

    pairs: list[list[str]]
    alone: list[str]
    most: int
    scored: frozenset[str]
    """What can score at all."""

    def points(self, counted: Mapping[str, bool]) -> float:
        """The points of answers that count (True) or do not, by target; what was not answered is absent."""
        pairs = sum(
            all(counted[target] for target in pair if target in counted) for pair in self.pairs if counted.keys() & pair
        )
        left = self.most - len(self.pairs)
        if not left:
            return float(pairs)
        if self.alone:
            return pairs + left * sum(counted.get(target, False) for target in self.alone) / len(self.alone)
        # A graph that needs fewer gates has no question for the rest: it is worth what those that there are come to.
        return pairs + left * pairs / len(self.pairs) if self.pairs else 0.0


def worth_of(asked: Sequence[Question]) -> Worth:
    """What the exercise's own questions of a stage are worth: a point each."""
    targets = [question.target for question in asked]
    return Worth([[target] for target in targets], [], len(asked), frozenset(targets))


class Twins:
    """The exercise's questions by those about a student's graph; a gate that only one of the graphs has is nobody's
    twin."""

    def __init__(self, ours: Graph, theirs: Graph, known: Mapping[str, Mapping[str, Question]]) -> None:
        self.graph, self.known = ours, known
        self.names = _names(ours, theirs)

    def ours(self, question: Question) -> Question | None:
        """The exercise's question that one about the student's graph is."""
        known = self.known[question.stage]
        if not question.kind.is_by_node:
            return known.get(question.target)
        if question.branch is None:
            return known.get(self.names.get(question.node, ""))
        branch = self._branch(question.branch)
        return known.get(branch.name) if branch is not None else None

    def worth(self, ours: Sequence[Question], theirs: Sequence[Question], idle: Container[str]) -> Worth:
        """What a stage's questions about the student's graph are worth, in the exercise's questions about `ours`."""
        pairs: dict[str, list[str]] = {}
        alone: list[str] = []
        for question in theirs:
            twin = self.ours(question)
            if twin is not None:
                pairs.setdefault(twin.target, []).append(question.target)
            elif question.gate not in idle:
                alone.append(question.target)
        twins = [pairs[question.target] for question in ours if question.target in pairs]
        scored = frozenset(target for pair in twins for target in pair)
        return Worth(twins, alone, len(ours), scored | frozenset(alone if len(twins) < len(ours) else ()))

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
