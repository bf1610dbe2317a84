"""The log summed up: mastery, schedule, mistakes, days and exercises, entry by entry, from nothing but the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from backprop_tutor.records import mastery
from backprop_tutor.records.entries import ASKS_AGAIN, MARKED, Entry, Logged
from backprop_tutor.records.schedule import Card, due, moment, rating_of, reviewed
from backprop_tutor.records.skills import failed
from backprop_tutor.records.store import Store
from backprop_tutor.records.troubles import RecordTrouble

RULES: Final = "2"
"""Changes whenever the log is summed up in another way, so that older sums are made anew."""
SURE: Final = 0.5
"""Below this mastery a skill may be called weak."""
ENOUGH: Final = 2
"""After so many answers that concern it."""
_BROKEN: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)  # what comes of fields that nobody wrote


@dataclass(slots=True)
class Skill:
    """One skill so far: how surely it is known, how many first tries concerned it, how many failed, when it is due."""

    mastery: float
    answers: int = 0
    wrong: int = 0
    card: Card | None = None


@dataclass(slots=True)
class Practised:
    """One exercise so far: first tries, how many right without a hint, sittings with answers that came to their end,
    the last time."""

    answers: int = 0
    right: int = 0
    finished: int = 0
    last: int = 0


@dataclass
class Summary:
    """What the log says up to an entry. `days` are local dates, each with first tries and those right without a hint.

    `exercises` are named by their ids; those of files of one's own by their paths.
    """

    upto: int = 0
    skills: dict[str, Skill] = field(default_factory=dict)
    mistakes: dict[str, int] = field(default_factory=dict)
    days: dict[str, list[int]] = field(default_factory=dict)
    exercises: dict[str, Practised] = field(default_factory=dict)

    def add(self, logged: Logged) -> None:
        """Takes one entry in."""
        entry = logged.entry
        self.upto = logged.id
        exercise = self.exercises.setdefault(logged.exercise, Practised())
        exercise.last = entry.at
        if entry.verdict == "wrong" and entry.diagnoses:
            first = entry.diagnoses.split()[0]
            self.mistakes[first] = self.mistakes.get(first, 0) + 1
        if entry.move == "answer" and entry.tries == 0 and entry.verdict in MARKED:
            self._count(entry, exercise)
        exercise.finished += entry.remaining == 0 and logged.mode == ASKS_AGAIN and exercise.answers > 0

    def _count(self, entry: Entry, exercise: Practised) -> None:
        right = entry.verdict != "wrong"
        alone = right and not entry.hints
        day = self.days.setdefault(_day(entry.at // 900_000), [0, 0])
        day[0] += 1
        day[1] += alone
        exercise.answers += 1
        exercise.right += alone
        skills = entry.skills.split()
        if right:
            for skill in skills:
                known = self._skill(skill)
                known.mastery = mastery.after_right(skill, known.mastery, entry.hints)
                self._seen(skill, entry, right=True)
        else:
            for alternatives in failed(entry.diagnoses.split(), skills):
                self._blame(alternatives, entry)

    def _blame(self, alternatives: tuple[str, ...], entry: Entry) -> None:
        """Of these skills one failed: all of them are less sure than before; the least sure one is due again."""
        after = mastery.after_wrong({skill: self._skill(skill).mastery for skill in alternatives})
        for skill, value in after.items():
            self._skill(skill).mastery = value
        self._seen(min(after, key=lambda skill: after[skill]), entry, right=False)

    def _seen(self, skill: str, entry: Entry, right: bool) -> None:
        known = self._skill(skill)
        known.answers += 1
        known.wrong += not right
        known.card = reviewed(known.card, rating_of(right, entry.hints, entry.seconds, entry.stage), moment(entry.at))

    def _skill(self, skill: str) -> Skill:
        if skill not in self.skills:
            self.skills[skill] = Skill(mastery.at_first(skill))
        return self.skills[skill]

    def mastery_of(self, skill: str) -> float:
        """How surely a skill is known, asked or not."""
        return self.skills[skill].mastery if skill in self.skills else mastery.at_first(skill)

    def by_weakness(self) -> list[str]:
        """The skills that enough answers concern, the least sure one first."""
        enough = [skill for skill, known in self.skills.items() if known.answers >= ENOUGH]
        return sorted(enough, key=lambda skill: (self.skills[skill].mastery, skill))

    def weak(self) -> list[str]:
        """The skills that the tutor would say are not known, the weakest first."""
        return [skill for skill in self.by_weakness() if self.skills[skill].mastery < SURE]

    def due_by(self, at: datetime) -> list[str]:
        """The skills that were asked before and are due by a moment, the longest due first."""
        cards = [(due(known.card), skill) for skill, known in self.skills.items() if known.card is not None]
        return [skill for when, skill in sorted(cards) if when <= at]

    def next_due(self) -> datetime | None:
        """When the first skill is due."""
        return min((due(known.card) for known in self.skills.values() if known.card is not None), default=None)

    def streak(self, today: date) -> int:
        """Days in a row with an answer, up to today or yesterday."""
        day = today if today.isoformat() in self.days else today - timedelta(days=1)
        length = 0
        while day.isoformat() in self.days:
            length += 1
            day -= timedelta(days=1)
        return length

    def as_json(self) -> str:
        """The summary as text, all but where it stands in the log."""
        state = asdict(self)
        del state["upto"]
        return json.dumps(state)


def read_summary(upto: int, text: str) -> Summary:
    """The summary in a text. Raises ValueError, LookupError, TypeError or AttributeError where it holds none."""
    state: dict[str, Any] = json.loads(text)
    skills = {name: Skill(**skill) for name, skill in state["skills"].items()}
    for skill in skills.values():
        if not 0 <= skill.mastery <= 1 or not 0 <= skill.wrong <= skill.answers:
            raise ValueError(skill)
        if skill.card is not None:
            due(skill.card)
    exercises = {name: Practised(**exercise) for name, exercise in state["exercises"].items()}
    return Summary(upto, skills, state["mistakes"], state["days"], exercises)


def summed(entries: Iterable[Logged], summary: Summary | None = None) -> Summary:
    """The summary of a log from its beginning, or from where another one ends."""
    summary = summary or Summary()
    for logged in entries:
        summary.add(logged)
    return summary


def current(store: Store, most: int = -1) -> Summary:
    """The summary of a record up to now (or `most` entries further than it was), which is kept there where it can be.

    Raises RecordTrouble where the log cannot be read.
    """
    summary = _kept(store)
    start = summary.upto
    try:
        _go_on(store, summary, most)
    except _BROKEN:  # what was kept is not what was written: it is only a cache
        summary = Summary()
        _go_on(store, summary)
    if summary.upto > start:
        with suppress(RecordTrouble):
            store.keep_summary(RULES, summary.upto, summary.as_json())
    return summary


def _go_on(store: Store, summary: Summary, most: int = -1) -> None:
    for logged in store.log(summary.upto, most):
        if not logged.is_whole:
            raise RecordTrouble("damaged", store.path)
        summary.add(logged)


def _kept(store: Store) -> Summary:
    kept = store.kept_summary(RULES)
    try:
        return read_summary(*kept) if kept else Summary()
    except _BROKEN:
        return Summary()


@lru_cache(maxsize=4096)
def _day(quarter: int) -> str:
    """The local date of a quarter of an hour since 1970: no time zone is finer."""
    return date.fromtimestamp(quarter * 900).isoformat()
