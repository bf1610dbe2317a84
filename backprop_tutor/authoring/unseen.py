"""Where numbers teach nothing: a gate's or a fork's own mistake gives the right answer, so that nobody sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from backprop_tutor.authoring.collisions import OWN, Meeting, meetings
from backprop_tutor.authoring.places import Places
from backprop_tutor.authoring.remarks import Remark
from backprop_tutor.authoring.report import Frequent
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.numbers import shown
from backprop_tutor.text import listed
from backprop_tutor.tutor.questions import Question, asked_for

SAMPLE: Final = 12
"""In how many usable variants mistakes that give the right number are looked for."""
OFTEN: Final = 0.25
"""In more than this part of them they are worth a warning."""


class Hidden(NamedTuple):
    """A question at which these mistakes give the right number in `seeds` of `of` variants."""

    question: Question
    mistakes: tuple[str, ...]
    seeds: int
    of: int

    def told(self, loss: str) -> Frequent:
        """The same in plain values."""
        return Frequent(asked_for(self.question, loss), self.mistakes, self.seeds, self.of)


def hidden_in(usable: Sequence[Exercise]) -> list[Hidden]:
    """Where own mistakes give the right number in a sample of variants, the most frequent first."""
    sample = usable[:: max(1, len(usable) // SAMPLE)][:SAMPLE]
    count: Counter[Question] = Counter()
    mistakes: dict[Question, dict[str, None]] = {}
    for exercise in sample:
        for meeting in meetings(exercise, OWN):
            if meeting.unseen_own:
                count[meeting.question] += 1
                mistakes.setdefault(meeting.question, {}).update(dict.fromkeys(meeting.unseen_own))
    return [Hidden(question, tuple(mistakes[question]), seeds, len(sample)) for question, seeds in count.most_common()]


def at_own_numbers(places: Places, found: Sequence[Meeting]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number at the exercise's own."""
    own = places.exercise
    unseen = [meeting for meeting in found if meeting.unseen_own]
    for name, mine in _by_gate(unseen).items():
        node = own.graph.node(name)
        sources = [f"{source} = {shown(own.solution.value(source))}" for source in dict.fromkeys(node.inputs)]
        subject = (
            f"{name} = {node.written} teaches little at {', '.join(sources)}"
            if sources
            else f"the fork {name} teaches little"
        )
        mistakes = listed(id_ for meeting in mine for id_ in meeting.unseen)
        asked = listed(asked_for(meeting.question, own.loss) for meeting in mine)
        what = f"{subject}: at {asked} the right number is also that of {mistakes}. Choose other numbers."
        yield Remark(places.node(name), what=what)


def in_variants(places: Places, found: Sequence[Hidden]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number in many variants."""
    often = [hidden for hidden in found if hidden.seeds > OFTEN * hidden.of]
    for name, mine in _by_gate(often).items():
        mistakes = listed(id_ for hidden in mine for id_ in hidden.mistakes)
        asked = listed(asked_for(hidden.question, places.exercise.loss) for hidden in mine)
        times = f"in {max(hidden.seeds for hidden in mine)} of {mine[0].of} variants"
        what = f"{times}, at {asked}, the right number is also that of {mistakes}. Give the ranges other numbers."
        yield Remark(places.node(name), what=what)


T = TypeVar("T", Meeting, Hidden)


def _by_gate(found: Iterable[T]) -> dict[str, list[T]]:
    """By the gate whose slot is asked about, or the fork."""
    by_gate: dict[str, list[T]] = {}
    for one in found:
        branch = one.question.branch
        by_gate.setdefault(branch.gate if branch else one.question.node, []).append(one)
    return by_gate
