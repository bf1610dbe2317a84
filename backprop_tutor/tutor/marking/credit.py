"""Decides whether what follows from a wrong answer shows knowledge, given everything else that the student wrote.

A single number written everywhere passes every add gate correctly, and any row of numbers contains some product by
chance. A student who knows the method and slipped once has other numbers right too, or most of their work holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages.stage import Question

_CARRIED: Final = Outcome.FOLLOW_THROUGH
"""The only answers that credit can be refused for."""
_TELLING: Final = 6
"""In an exercise with fewer questions, one slip and its consequences look like one number written everywhere."""
_FEW: Final = 3
"""With at most this many answers, a stage is not said to be one number written everywhere."""
_COPIES_EACH: Final = 3
"""How many copies of a wrong number are credited for each answer that shows more, if most answers hold."""


class Marked(NamedTuple):
    """One answer and its outcome, taken by itself; `copied`, `is_near` and `entries` as in a Judgement."""

    question: Question
    name: str
    text: str
    outcome: Outcome
    answer: Answer | None = None
    message: str = ""
    copied: float | None = None
    is_near: bool = False
    entries: Sequence[Sequence[bool]] = ()

    @property
    def value(self) -> float:
        """The answer's number; 0 where it could not be read."""
        return self.answer.value if self.answer is not None else 0.0

    @property
    def is_telling(self) -> bool:
        """Whether it shows a rule at work: a right number, or one worked out from a wrong one, at least roughly."""
        if self.outcome is _CARRIED:
            return self.copied is None and not self.question.is_sum
        return self.value != 0 and (self.outcome is Outcome.RIGHT or self.is_near)

    def refused(self) -> Marked:
        """The same answer, no longer counted if it follows from a wrong one."""
        return self._replace(outcome=Outcome.WRONG) if self.outcome is _CARRIED else self


def credited(
    marked: Mapping[str, list[Marked]], scoring: Mapping[str, Collection[str]], questions: int, near: float
) -> dict[str, list[Marked]]:
    """The marked answers by stage, in the order of the stages, without credit for what shows no knowledge.

    `scoring` has the names of the questions that score, by stage: padding in a student's own graph proves nothing.
    `questions` is how many the exercise asks, `near` the relative distance within which a number counts as a copy of
    another.
    """
    if questions < _TELLING or not any(one.outcome is _CARRIED for ones in marked.values() for one in ones):
        return dict(marked)
    worth = {word: [one for one in ones if one.question.target in scoring[word]] for word, ones in marked.items()}
    is_blind = _is_blind([one for ones in worth.values() for one in ones])
    found: dict[str, list[Marked]] = {}
    later: list[Marked] = []  # of this stage and the later ones
    for word in reversed(list(marked)):
        later += worth[word]
        answered = len({one.question.target for one in marked[word]})
        if answered < _FEW or 2 * answered <= len(scoring[word]):
            found[word] = marked[word]
        elif is_blind:
            found[word] = [one.refused() for one in marked[word]]
        else:
            found[word] = list(_without_mere_copies(marked[word], worth[word], later, near))
    return found


def _is_blind(answers: Sequence[Marked]) -> bool:
    """Whether nothing is right and most answers are wrong."""
    return not any(one.outcome is Outcome.RIGHT and one.value for one in answers) and not _most_hold(answers)


def _most_hold(answers: Sequence[Marked]) -> bool:
    return 2 * sum(one.outcome.is_consistent for one in answers) >= len(answers)


def _without_mere_copies(
    marked: Sequence[Marked], worth: Sequence[Marked], later: Sequence[Marked], near: float
) -> Iterator[Marked]:
    """A stage's answers; wrong numbers that are merely passed on count only beside answers that show more. If most
    answers hold, a 0 among other numbers shows more too, and so does a right answer in a later stage. Among many wrong
    answers, one may look convincing by chance.
    """
    copies = [one for one in marked if one.copied is not None]
    most_hold = _most_hold(worth) and _most_hold(later)
    if most_hold:
        shown = [one for one in later if one.is_telling or one.outcome is Outcome.RIGHT]
    else:
        shown = [one for one in worth if one.is_telling]
    for one in marked:
        if one.copied is None:
            yield one
            continue
        alike = [other for other in copies if _is_near(other.copied or 0.0, one.copied, near)]
        telling = [
            other for other in shown if other.outcome is not Outcome.RIGHT or not _is_near(other.value, one.value, near)
        ]
        is_mere = len(alike) > _COPIES_EACH * len(telling) if most_hold else len(copies) > len(telling)
        yield one.refused() if is_mere else one


def _is_near(first: float, second: float, near: float) -> bool:
    return abs(first - second) <= near * abs(second)
