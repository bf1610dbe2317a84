"""The log summed up: mastery, schedule, mistakes, days and exercises, entry by entry, from nothing but the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

from backprop_tutor.records.mastery import KNOWN, after_right, after_wrong
from backprop_tutor.records.schedule import Card, due, moment, rating_of, reviewed
from backprop_tutor.records.sittings import ASKS_AGAIN, MARKED, Entry, Logged
from backprop_tutor.records.skills import failed
from backprop_tutor.records.store import RecordTrouble, Store

RULES: Final = "3"
"""Changes whenever the log is summed up in another way, so that older sums are made anew."""
SURE: Final = 0.5
"""Below this mastery a skill may be called weak."""
ENOUGH: Final = 2
"""After so many answers that concern it."""


@dataclass(slots=True)
class Skill:
    """One skill so far: how surely it is known, how many first tries concerned it, when it is due."""

    mastery: float = KNOWN
    answers: int = 0
    card: Card | None = None


@dataclass(slots=True)
class Practised:
    """One exercise so far: first tries, how many right without a hint, sittings with answers that came to their end."""

    answers: int = 0
    right: int = 0
    finished: int = 0


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
                known.mastery = after_right(known.mastery, entry.hints)
                self._seen(skill, entry, right=True)
        else:
            for alternatives in failed(entry.diagnoses.split(), skills):
                self._blame(alternatives, entry)

    def _blame(self, alternatives: tuple[str, ...], entry: Entry) -> None:
        """Of these skills one failed: all of them are less sure than before; the least sure one is due again."""
        after = after_wrong({skill: self._skill(skill).mastery for skill in alternatives})
        for skill, value in after.items():
            self._skill(skill).mastery = value
        self._seen(min(after, key=lambda skill: after[skill]), entry, right=False)

    def _seen(self, skill: str, entry: Entry, right: bool) -> None:
        known = self._skill(skill)
        known.answers += 1
        known.card = reviewed(known.card, rating_of(right, entry.hints, entry.seconds, entry.stage), moment(entry.at))

    def _skill(self, skill: str) -> Skill:
        return self.skills.setdefault(skill, Skill())

    def mastery_of(self, skill: str) -> float:
        """How surely a skill is known, asked or not."""
        return self.skills[skill].mastery if skill in self.skills else KNOWN

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
    kept = _kept(store)
    start = kept.upto
    summary = summed(store.log(start, most), kept)
    if summary.upto > start:
        state = asdict(summary)
        del state["upto"]
        text = json.dumps(state)
        with suppress(RecordTrouble):  # it is only a cache
            store.keep_summary(_stamp(summary.upto, text), summary.upto, text)
    return summary


def _kept(store: Store) -> Summary:
    """The summary that was kept, if it is to the letter what these rules wrote; else one of nothing."""
    kept = store.kept_summary()
    if kept is None or kept[0] != _stamp(*kept[1:]):
        return Summary()
    state: dict[str, Any] = json.loads(kept[2])
    skills = {name: Skill(**skill) for name, skill in state["skills"].items()}
    exercises = {name: Practised(**exercise) for name, exercise in state["exercises"].items()}
    return Summary(kept[1], skills, state["mistakes"], state["days"], exercises)


def _stamp(upto: int, text: str) -> str:
    """The rules, and a checksum of what they made."""
    return f"{RULES}:{crc32(f'{upto} {text}'.encode()):08x}"


@lru_cache(maxsize=4096)  # a day of practice is at most 96 of them
def _day(quarter: int) -> str:
    """The local date of a quarter of an hour since 1970: no time zone is finer."""
    return date.fromtimestamp(quarter * 900).isoformat()
