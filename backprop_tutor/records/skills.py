"""What one question exercises, and which skill a diagnosed mistake speaks against."""

from __future__ import annotations

from collections.abc import Sequence

from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.mistakes.diagnosis import mistakes_in, predictions
from backprop_tutor.tutor.mistakes.table import FORK, MISTAKES, THE_GATE, THE_STAGE, UPSTREAM
from backprop_tutor.tutor.questions import OF_NETWORKS, Question


def kind_of(skill: str) -> str:
    """What sort of skill it is: gate (the local rule of that kind of gate), stage, upstream or fork."""
    if skill in (UPSTREAM, FORK):
        return skill
    return "gate" if skill in GATES else "stage"


def kind_of_gate(graph: Graph, name: str) -> str:
    """Which gate computes a node; empty for an input."""
    gate = graph.gates[graph.index[name]]
    return "" if gate is None else gate.name


def told_apart(question: Question, marker: Marker) -> list[str]:
    """The mistakes that lead to another number than the right one here, so that a right answer speaks against them."""
    if question.branch is None and not question.is_fork_sum and question.stage not in OF_NETWORKS:
        return []
    case = marker.cases(question, Carrying(marker.solution))[0]
    return [mistake.id for mistake in mistakes_in(case) if mistake.skill is not None and predictions(mistake, case)]


def exercised(question: Question, marker: Marker) -> tuple[str, ...]:
    """The skills without which a question cannot be answered: its stage; the gate's rule, the upstream gradient, the
    fork.

    A gate whose own mistakes all give the right number here (a mul gate of equal inputs) is not exercised,
    nor is multiplying where one factor is 1.
    """
    if question.branch is None:
        return (question.stage, FORK) if question.is_fork_sum else (question.stage,)
    apart = told_apart(question, marker)
    gate = kind_of_gate(marker.graph, question.branch.gate)
    own = [mistake.id for mistake in MISTAKES.values() if mistake.group == "gate" and gate in (mistake.gates or ())]
    found = [question.stage]
    if not own or any(id_ in apart for id_ in own):
        found.append(gate)
    if "forgot-local" in apart and "forgot-upstream" in apart:
        found.append(UPSTREAM)
    return tuple(found)


def failed(diagnoses: Sequence[str], skills: Sequence[str]) -> list[tuple[str, ...]]:
    """The skills that a wrong answer speaks against, as alternatives: of each tuple one failed.

    `diagnoses` are those of the verdict, likeliest first, `skills` what the question exercises. Where nothing was
    diagnosed, it was one of those; where one composition matches, both of its mistakes were made; what is likeliest
    a slip of writing speaks against none.
    """
    if not diagnoses:
        return [tuple(skills)] if skills else []
    if len(diagnoses) == 1:
        named = [_named(part, skills) for part in diagnoses[0].split("+")]
        return [(skill,) for skill in dict.fromkeys(named) if skill is not None]
    if diagnoses[0] in MISTAKES and MISTAKES[diagnoses[0]].skill is None:
        return []
    parts = [part for id_ in diagnoses for part in id_.split("+")]
    alternatives = tuple(dict.fromkeys(skill for part in parts if (skill := _named(part, skills)) is not None))
    return [alternatives] if alternatives else []


def _named(mistake: str, skills: Sequence[str]) -> str | None:
    named = MISTAKES[mistake].skill if mistake in MISTAKES else None
    if named == THE_STAGE:
        return next((skill for skill in skills if kind_of(skill) == "stage"), None)
    if named == THE_GATE:
        return next((skill for skill in skills if kind_of(skill) == "gate"), None)
    return named
