"""What one question exercises, and which skill a diagnosed mistake speaks against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.misconceptions import MISTAKES, mistakes_in, predictions
from backprop_tutor.tutor.questions import OF_NETWORKS, Question

UPSTREAM: Final = "upstream"
"""The skill of multiplying by the upstream gradient."""
FORK: Final = "fork"
"""The skill of adding what the branches carry."""
_GATE: Final = "the gate"
_STAGE: Final = "the stage"

FAILED: Final[dict[str, str | None]] = {
    "swapped-inputs": _GATE, "split-at-add": _GATE, "routed-to-loser": _GATE, "shared-at-max": _GATE,
    "exp-power-rule": _GATE,
    "reciprocal-missing-minus": _GATE, "power-kept-exponent": _GATE, "power-forgot-factor": _GATE,
    "sigmoid-value": _GATE,
    "sigmoid-of-input": _GATE, "tanh-not-squared": _GATE, "log-value": _GATE, "relu-passed-negative": _GATE,
    "relu-blocked-positive": _GATE, "relu-times-input": _GATE,
    "one-branch-only": FORK, "multiplied-branches": FORK, "averaged-branches": FORK,
    "forgot-local": UPSTREAM, "forgot-upstream": UPSTREAM, "added-upstream": UPSTREAM, "stale-upstream": UPSTREAM,
    "sign-flipped": _STAGE, "gave-value": _STAGE,
    "ascended": _STAGE, "forgot-rate": _STAGE, "gave-step": _STAGE, "forgot-activation-derivative": _STAGE,
    "forgot-an-output": _STAGE, "factor-of-two": _STAGE, "used-new-weight": _STAGE, "forgot-minus-one": _STAGE,
    "kept-activation-derivative": _STAGE,
    "decimal-slip": None, "cut-off": None, "too-coarse": None,
}  # fmt: skip
"""The skill that failed, by the mistake's id: the rule of the gate asked about, the stage, or this one. None: no skill
did."""


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
    return [
        mistake.id for mistake in mistakes_in(case) if FAILED.get(mistake.id) is not None and predictions(mistake, case)
    ]


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
    own = [mistake.id for mistake in MISTAKES.values() if mistake.group == "gate" and gate in mistake.gates]
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
    if FAILED.get(diagnoses[0], "") is None:
        return []
    parts = [part for id_ in diagnoses for part in id_.split("+")]
    alternatives = tuple(dict.fromkeys(skill for part in parts if (skill := _named(part, skills)) is not None))
    return [alternatives] if alternatives else []


def _named(mistake: str, skills: Sequence[str]) -> str | None:
    named = FAILED.get(mistake)
    if named == _STAGE:
        return next((skill for skill in skills if kind_of(skill) == "stage"), None)
    if named == _GATE:
        return next((skill for skill in skills if kind_of(skill) == "gate"), None)
    return named
