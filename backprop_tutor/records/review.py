"""Chooses what to ask next: the questions of a review, for everything that is due with new numbers, and what `practice`
proposes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.index import About
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import as_typed
from backprop_tutor.records.sittings import Paused, Proposal, Standings, name_in_record, on_the_path
from backprop_tutor.records.skills import AHEAD, exercised, name_of, told_apart
from backprop_tutor.records.summary import Summary
from backprop_tutor.text import counted, listed, visible
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.mistakes.mistake import FORK, UPSTREAM
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question

Seen = Callable[[Exercise], bool]  # whether an exercise was asked with these numbers before
Together = tuple[str, ...]  # the skills that one question exercises
Source = Callable[[], Iterable[Exercise]]  # gives an exercise, or a generated circuit, with new numbers
_ENOUGH: Final = 2  # this many sources give a choice of questions for a skill
_AT_GATES: Final = {"local": (), "backward": (UPSTREAM,)}  # the stages that ask about gates, and what else they need
VARIANTS: Final = 3  # sets of numbers tried for each exercise, to find those that tell most mistakes apart
_MOST_SEEDS: Final = 200  # how many seeds are tried for numbers that were never asked
_MIDDLE: Final = 3  # the level of a generated circuit, out of 1 to 5
_DUE_SHOWN: Final = 3  # how many skills are named as due, on one line; `review` asks for all

_DUE: Final = 3.0  # the worth of a skill that is due, minus its mastery (0 to 1)
# The worth of a question apart from the skills that it exercises, on the same scale:
_UNTESTED: Final = 0.25  # gained for each mistake that no earlier question would have revealed
_AGAIN: Final = 0.02  # gained for each that one earlier question would have revealed, half of it for two, and so on
_HARDER: Final = 0.01  # lost for each level of its exercise: simple ones come first
_AGAIN_AT_ONCE: Final = 0.4  # lost if it is from the same exercise as the last one, or about the same gate


class Item(NamedTuple):
    """One question: its exercise at new numbers, the skills that it exercises, and the mistakes that it tells apart."""

    exercise: Exercise
    question: Question
    skills: Together
    apart: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str, str]:
        """What it asks about, whatever the numbers."""
        return self.exercise.id, self.question.stage, self.question.target

    @property
    def gate(self) -> str:
        """The kind of gate that is asked about, or the stage."""
        return self.skills[1] if len(self.skills) > 1 else self.skills[0]


def items(exercise: Exercise) -> list[Item]:
    """The questions of an exercise at its numbers, with what each exercises."""
    key = key_of(exercise)
    return [Item(exercise, one, exercised(one, key), tuple(told_apart(one, key))) for one in questions(exercise)]


def fresh(exercise: Exercise, seen: Seen, most: int = 1) -> Iterator[Exercise]:
    """The exercise at numbers that were never asked, out of up to `most` seeds; without ranges, at its own numbers."""
    seeds = range(1, _MOST_SEEDS + 1) if has_ranges(exercise) else (None,)
    drawn = (variant(exercise, seed) for seed in seeds)
    with suppress(TutorError):  # if hundreds of draws gave nothing, another seed hardly would
        yield from islice((one for one in drawn if not seen(one)), most)


def due_now(summary: Summary, skills: Iterable[str], at: datetime) -> list[str]:
    """Those of the skills that are due now, or soon."""
    due = set(summary.due_by(at + AHEAD))
    return [skill for skill in skills if skill in due]


def skills_within(exercise: About) -> frozenset[Together]:
    """The skills that an exercise may exercise at some numbers, grouped by question."""
    found: set[Together] = {(word,) for word in exercise.stages}
    found |= {(word, FORK) for word in exercise.stages if exercise.has_forks}
    of_gates = {word: more for word, more in _AT_GATES.items() if word in exercise.stages}
    return frozenset(found.union((word, gate, *more) for word, more in of_gates.items() for gate in exercise.gates))


class _Supply:
    """What one source gives: nothing until it is needed, then its first numbers, and its others if they matter."""

    def __init__(self, source: Source, within: Collection[Together], is_spare: bool) -> None:
        self.is_spare = is_spare
        self.skills = frozenset(skill for together in within for skill in together)
        self.items: list[Item] = []
        self._source, self._within = source, within
        self._rest: Iterator[Exercise] = iter(())
        self.is_begun = False

    def begin(self) -> None:
        """Takes the first numbers that were never asked."""
        self.items, self._rest, self.is_begun = [], iter(self._source()), True
        self._take(1)

    def complete(self) -> bool:
        """Takes all the other numbers, and returns whether there were any."""
        before = len(self.items)
        self._take(None)
        return len(self.items) > before

    def together(self, is_open: Callable[[Item], bool]) -> Iterator[Together]:
        """The skills of each of its open questions; until it is begun, those that the questions may have."""
        yield from (item.skills for item in self.items if is_open(item)) if self.is_begun else self._within

    def _take(self, most: int | None) -> None:
        with suppress(TutorError):  # a student's own exercise that nobody can solve
            self.items += [item for exercise in islice(self._rest, most) for item in items(exercise)]


class Pool:
    """The questions that a review may ask next, from as many sources as give a choice for each wanted skill, in the
    order in which the sources were added. A question that was asked is renewed together with its whole source."""

    def __init__(self) -> None:
        self._supplies: list[_Supply] = []
        self._last: Item | None = None
        self._tested: Counter[str] = Counter()
        self._left: set[object] = set()

    def add(self, source: Source, within: Collection[Together], is_spare: bool = False) -> None:
        """Adds another source and the skills that it may exercise; a spare one is only for skills that no other
        exercises."""
        self._supplies.append(_Supply(source, within, is_spare))

    @property
    def skills(self) -> list[str]:
        """Every skill that some question may exercise."""
        return list(dict.fromkeys(skill for supply in self._supplies for skill in sorted(supply.skills)))

    def next(self, summary: Summary, at: datetime) -> Item | None:
        """The question to ask now for what is due; None if nothing is."""
        due = self._due(summary, at)
        if self._last is None:
            # For the first question nobody waits until all choices are known: it is about the weakest skill.
            for skill in sorted(due, key=lambda skill: -due[skill]):
                item = self.choose(due, summary.skills, [skill])
                if item is not None:
                    return item
        return self.choose(due, summary.skills)

    def coming(self, summary: Summary, at: datetime) -> int:
        """How many questions it takes to ask for everything that is due, if each is answered right."""
        wanted, count = self._due(summary, at), 0
        if self._last is not None:
            self._begin(wanted, summary.skills)
        due = set(wanted)
        for met in (summary.skills, None):  # skills that need others too are asked last
            found = (skills for supply in self._supplies for skills in supply.together(self._is_not_left))
            together = {frozenset(skills) for skills in found if met is None or all(skill in met for skill in skills)}
            while due & (most := max(together, key=lambda skills: len(due & skills), default=frozenset())):
                due -= most
                count += 1
        return count

    def _due(self, summary: Summary, at: datetime) -> dict[str, float]:
        due = due_now(summary, (skill for skill in self.skills if skill not in self._left), at)
        # Each is worth far more than whatever else a question shows: as many as possible in each question.
        return {skill: _DUE - summary.mastery_of(skill) for skill in due}

    def choose(
        self, worth: Mapping[str, float], met: Container[str] | None = None, wanted: Iterable[str] | None = None
    ) -> Item | None:
        """The question that is worth most; if possible, one that needs nothing but what was `met`. Only as many sources
        are examined as the `wanted` skills need. None if no question exercises any of these skills."""
        self._begin(worth if wanted is None else wanted, met)
        while True:
            best = self._best(worth, met)
            supply = next((supply for supply in self._supplies if best in supply.items), None)
            if supply is None or not supply.complete():
                return best

    def _begin(self, wanted: Iterable[str], met: Container[str] | None) -> None:
        """Begins further sources until enough of them exercise each wanted skill."""
        found = Counter(skill for supply in self._supplies for skill in self._offered(supply, met))
        wanted = list(wanted)
        for supply in self._supplies:
            enough = 1 if supply.is_spare else _ENOUGH
            if not supply.is_begun and any(skill in supply.skills and found[skill] < enough for skill in wanted):
                supply.begin()
                found.update(self._offered(supply, met))

    def _offered(self, supply: _Supply, met: Container[str] | None) -> set[str]:
        return {skill for item in supply.items if self._is_open(item, met) for skill in item.skills}

    def _is_open(self, item: Item, met: Container[str] | None) -> bool:
        return self._is_not_left(item) and (met is None or all(skill in met for skill in item.skills))

    def _is_not_left(self, item: Item) -> bool:
        return item.place not in self._left

    def _best(self, worth: Mapping[str, float], met: Container[str] | None) -> Item | None:
        # One after another, each for what is still due: greedy set cover, nearly as few questions as possible.
        items = [item for supply in self._supplies for item in supply.items if self._is_open(item, None)]
        useful = [item for item in items if any(skill in worth for skill in item.skills)]
        known = [item for item in useful if self._is_open(item, met)]
        return max(known or useful, key=lambda item: self._worth(item, worth), default=None)

    def _worth(self, item: Item, worth: Mapping[str, float]) -> float:
        last = self._last
        again = last is not None and (item.exercise.id == last.exercise.id) + (item.gate == last.gate)
        shows = sum(_AGAIN / self._tested[mistake] if self._tested[mistake] else _UNTESTED for mistake in item.apart)
        value = sum(worth.get(skill, 0.0) for skill in item.skills)
        return value + shows - _AGAIN_AT_ONCE * again - _HARDER * (item.exercise.level or _MIDDLE)

    def asked(self, item: Item, skipped: bool = False) -> None:
        """Notes that a question was asked: the next one is about something else, with other numbers. If it was
        `skipped`, it is not asked again: the student goes on without it."""
        self._last = item
        self._left.update([item.gate, item.place] if skipped else [])
        self._tested.update(item.apart)
        for supply in self._supplies:
            if item in supply.items:
                supply.begin()


def proposals(summary: Summary, paused: Paused | None, exercises: Sequence[Exercise], at: datetime) -> list[Proposal]:
    """At most one proposal of each kind: the `paused` sitting, the next of `exercises` (the path), then what is due,
    and the weakest skill."""
    found = [] if paused is None else [_unfinished(paused, exercises)]
    done = frozenset(name for name, practised in summary.exercises.items() if practised.finished)
    following = Standings(done).next(exercises)
    if following is not None and following.id not in {one.exercise for one in found}:
        found.append(on_the_path(following))
    due, weak = summary.due_by(at), summary.weak()
    if due:
        found.append(
            Proposal("", f"Due for review: {listed(map(name_of, due), most=_DUE_SHOWN)} (`backprop-tutor review`).")
        )
    elif weak:
        found.append(Proposal("", f"Weakest so far: {name_of(weak[0])}."))
    return found


def _unfinished(paused: Paused, exercises: Sequence[Exercise]) -> Proposal:
    """A proposal to continue a sitting: by the exercise's id, by its file or, for a typed circuit, by the sitting
    itself."""
    path = paused.sitting.path
    known = {name_in_record(exercise): exercise.id for exercise in exercises}
    of = known.get(path or paused.exercise.id, path)
    circuit = "; ".join(line.strip() for line in paused.exercise.graph_text.split("\n") if line.strip())
    name = visible(as_typed(of) if of == path else of) if of else visible(circuit)
    return Proposal(of, f"Unfinished: {name}, {counted(paused.left, 'question')} open.", name, None if of else paused)
