"""How sure the tutor is that a skill is known: Bayesian knowledge tracing, one answer at a time.

Corbett and Anderson, "Knowledge tracing: modeling the acquisition of procedural knowledge" (1994). A wrong answer
that may have come from one of several skills is shared out among them by Bayes' rule: a right answer needs them
all (a noisy "and"), so the one that is surely known is not blamed for the one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Final, NamedTuple

from backprop_tutor.records.skills import kind_of


class Parameters(NamedTuple):
    """Probabilities: a skill is known before the first question, is learned at one, is guessed though unknown, slips
    though known."""

    known: float
    learned: float
    guessed: float
    slips: float


PARAMETERS: Final = {
    "gate": Parameters(known=0.30, learned=0.10, guessed=0.10, slips=0.08),
    "fork": Parameters(known=0.30, learned=0.10, guessed=0.10, slips=0.08),
    "upstream": Parameters(known=0.30, learned=0.10, guessed=0.10, slips=0.08),
    "stage": Parameters(known=0.30, learned=0.10, guessed=0.10, slips=0.08),
}
"""By the sort of skill. Answers are numbers, so few are guessed."""

HINTED: Final = 0.5
"""With each hint, so much of what was still needed to know is left; so much less is learned, too, than by finding it
alone."""


def at_first(skill: str) -> float:
    """The probability that a skill is known before anything was asked."""
    return PARAMETERS[kind_of(skill)].known


def after_right(skill: str, mastery: float, hints: int = 0) -> float:
    """The probability that a skill is known after a right answer at the first try, with so many hints."""
    _, learned, guessed, slips = PARAMETERS[kind_of(skill)]
    alone: float = HINTED**hints
    guessed = 1 - (1 - guessed) * alone
    right = mastery * (1 - slips) + (1 - mastery) * guessed
    return _learned(mastery * (1 - slips) / right, learned * alone)


def after_wrong(masteries: Mapping[str, float]) -> dict[str, float]:
    """The probability that each of these skills is known after a wrong answer that one of them must have led to."""
    chances = {skill: _chance_of_right(skill, mastery) for skill, mastery in masteries.items()}
    wrong = 1 - prod(chances.values())
    found = {}
    for skill, mastery in masteries.items():
        _, learned, _, slips = PARAMETERS[kind_of(skill)]
        if_known = 1 - (1 - slips) * prod(chance for other, chance in chances.items() if other != skill)
        found[skill] = _learned(mastery * if_known / wrong, learned)
    return found


def _chance_of_right(skill: str, mastery: float) -> float:
    _, _, guessed, slips = PARAMETERS[kind_of(skill)]
    return mastery * (1 - slips) + (1 - mastery) * guessed


def _learned(mastery: float, learned: float) -> float:
    return mastery + (1 - mastery) * learned
