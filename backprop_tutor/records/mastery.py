"""How sure the tutor is that a skill is known: Bayesian knowledge tracing, one answer at a time.

Corbett and Anderson, "Knowledge tracing: modeling the acquisition of procedural knowledge" (1994). A wrong answer
that may have come from one of several skills is shared out among them by Bayes' rule: a right answer needs them
all (a noisy "and"), so the one that is surely known is not blamed for the one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Final

# The model's four probabilities, for every skill the same. Answers are numbers, so few are guessed.
KNOWN: Final = 0.30
"""A skill is known before anything was asked."""
LEARNED: Final = 0.10
"""It is learned at a question."""
GUESSED: Final = 0.10
"""The answer is right though the skill is unknown."""
SLIPS: Final = 0.08
"""The answer is wrong though the skill is known."""
HINTED: Final = 0.5
"""With each hint, so much of what was still needed to know is left, and so much is learned of what is found alone."""


def after_right(mastery: float, hints: int = 0) -> float:
    """The probability that a skill is known after a right answer at the first try, with so many hints."""
    alone: float = HINTED**hints
    guessed = 1 - (1 - GUESSED) * alone
    right = mastery * (1 - SLIPS) + (1 - mastery) * guessed
    return _learned(mastery * (1 - SLIPS) / right, LEARNED * alone)


def after_wrong(masteries: Mapping[str, float]) -> dict[str, float]:
    """The probability that each of these skills is known after a wrong answer that one of them must have led to."""
    chances = {skill: mastery * (1 - SLIPS) + (1 - mastery) * GUESSED for skill, mastery in masteries.items()}
    wrong = 1 - prod(chances.values())
    found = {}
    for skill, mastery in masteries.items():
        # Bayes' rule: had this one been known, then it slipped, or one of the others failed.
        if_known = 1 - (1 - SLIPS) * prod(chance for other, chance in chances.items() if other != skill)
        found[skill] = _learned(mastery * if_known / wrong, LEARNED)
    return found


def _learned(mastery: float, learned: float) -> float:
    return mastery + (1 - mastery) * learned
