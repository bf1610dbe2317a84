"""One submission marked, as the journal keeps it: all that any report needs, in plain columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from backprop_tutor.tutor.marking.verdicts import Outcome

WORDS: Final = {outcome.letter: outcome.value for outcome in Outcome} | {"-": ""}
"""A verdict's word by its letter; a question of the exercise that the student's own graph does not have is `-`."""


class Row(NamedTuple):
    """One submission to one exercise. `score` and `max_score` are always numbers, `readable` whether it could be
    marked.

    `letters` are the verdicts of the exercise's questions in their order, `slips` what was wrong (`slips_of` reads it),
    `words` the verdicts as JSON where the report shows them, `source` where it stands, `key` a hash of whose it is.
    """

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None
    seed: int | None = None
    score: float = 0.0
    max_score: float = 0.0
    readable: bool = False
    letters: str = ""
    slips: str = ""
    note: str = ""
    source: str = ""
    words: str | None = None
    key: int | None = None


def question_name(stage: str, target: str) -> str:
    """A question for a person: its stage and its name; the graph's are one."""
    return stage if stage == target else f"{stage} {target}"


class Slip(NamedTuple):
    """One wrong answer: where, at which gate of which kind, and the mistakes that it matches, likeliest first."""

    stage: str
    target: str
    gate: str
    kind: str
    mistakes: tuple[str, ...]


def written(slips: Iterable[Slip]) -> str:
    """Slips as one text, a line each."""
    return "\n".join(
        f"{slip.stage}\t{slip.target}\t{slip.gate}\t{slip.kind}\t{' '.join(slip.mistakes)}" for slip in slips
    )


def slips_of(text: str) -> Iterator[Slip]:
    """The slips in a text."""
    for line in text.split("\n") if text else ():
        stage, target, gate, kind, mistakes = line.split("\t")
        yield Slip(stage, target, gate, kind, tuple(mistakes.split()))
