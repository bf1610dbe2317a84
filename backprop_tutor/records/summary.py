"""The log summed up: mastery, schedule, mistakes, days and exercises, entry by entry, from nothing but the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zlib import crc32

from backprop_tutor.records.sittings import ASKS_AGAIN, MARKED, Entry, Logged, moment
from backprop_tutor.records.skills import KNOWN, Card, after_right, after_wrong, due, failed, rating_of, reviewed
from backprop_tutor.records.store import RecordTrouble, Store

RULES: Final = "3"  # changes whenever the log is summed up in another way, so that older sums are made anew
SURE: Final = 0.5  # below this mastery a skill may be called weak
ENOUGH: Final = 2  # after so many answers that concern it


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
        day = self.days.setdefault(date.fromtimestamp(entry.at / 1000).isoformat(), [0, 0])
        day[0] += 1
        day[1] += alone
        exercise.answers += 1
        exercise.right += alone
        skills = entry.skills.split()
        if right:
            for skill in skills:
                self._believe(skill, after_right(self.mastery_of(skill), entry.hints))
                self._seen(skill, entry, right)
            return
        for alternatives in failed(entry.diagnoses.split(), skills):
            # Of these one failed: all of them are less sure than before; the least sure one is due again.
            after = after_wrong({skill: self.mastery_of(skill) for skill in alternatives})
            for skill, mastery in after.items():
                self._believe(skill, mastery)
            self._seen(min(after, key=lambda skill: after[skill]), entry, right)

    def _believe(self, skill: str, mastery: float) -> None:
        self.skills.setdefault(skill, Skill()).mastery = mastery

    def _seen(self, skill: str, entry: Entry, right: bool) -> None:
        known = self.skills[skill]
        known.answers += 1
        known.card = reviewed(known.card, rating_of(right, entry.hints, entry.seconds, entry.stage), moment(entry.at))

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
    """The summary of a record up to now (or `most` entries further), kept there if it can be. Raises RecordTrouble."""
    stamp, text = store.kept_summary() or ("", "")
    summary = _read(text) if stamp == _stamp(text) else Summary()
    start = summary.upto
    summed(store.log(start, most), summary)
    if summary.upto > start:
        text = json.dumps(asdict(summary))
        with suppress(RecordTrouble):  # it is only a cache
            store.keep_summary(_stamp(text), summary.upto, text)
    return summary


def _read(text: str) -> Summary:
    state: dict[str, Any] = json.loads(text)
    for part, kind in (("skills", Skill), ("exercises", Practised)):
        state[part] = {name: kind(**one) for name, one in state[part].items()}
    return Summary(**state)


def _stamp(text: str) -> str:
    """The rules, and a checksum of what they made (of its `repr`, since a damaged row may hold anything)."""
    return f"{RULES}:{crc32(repr(text).encode()):08x}"
