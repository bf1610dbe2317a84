"""Sums up the log: mastery, schedule, mistakes, days and exercises, entry by entry, from nothing but the log. Also
exports the log as a file for others, and sets the record aside; nothing is ever deleted."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, TextIO
from zlib import crc32

from backprop_tutor.errors import TutorError
from backprop_tutor.files import reason, replaced
from backprop_tutor.records.sittings import ASKS_AGAIN, MARKED, Entry, Logged, moment
from backprop_tutor.records.skills import (
    HINTED,
    KNOWN,
    Card,
    after_right,
    after_wrong,
    blamed,
    due,
    failed,
    rating_of,
    reviewed,
)  # fmt: skip
from backprop_tutor.records.store import EVERYTHING, RecordTrouble, Store
from backprop_tutor.text import defused, escaped, listed, visible

RULES: Final = "6"  # changes whenever the log is summed up differently, so that older summaries are made again
SURE: Final = 0.5  # below this mastery a skill may be called weak
ENOUGH: Final = 2  # after this many answers that concern it,
UNNAMED: Final = 4  # and after this many if no mistake was named: everybody makes two slips of the pen

# Belief is bounded by what was shown, so that nobody is said to know what went well once:
FADES: Final = 0.95  # the weight of a first try after each further one: the last thirteen outweigh all earlier ones
UNEXPLAINED: Final = 0.5  # how much a wrong answer counts, at least, against each skill that may have failed
BEFOREHAND: Final = (0.75, 1.0)  # right ones and all, before anything was asked: one wrong answer is no verdict
ONE_PLACE: Final = 0.85  # the most that one sitting at one exercise can show
SITTINGS, PLACES = 2, 3  # from this many sittings and exercises with a right first try, anything can be shown;
UNPROVED: Final = 0.94  # before that, at most this
REST: Final = 30 * 60_000  # milliseconds without an answer after which a new sitting begins


@dataclass(slots=True)
class Skill:
    """One skill so far: how surely it is known according to knowledge tracing (`belief`), how many first tries
    concerned it, how many recent ones were `right` and `wrong`, the first `sittings` and `exercises` in which one was
    right without a hint, when it is due, and whether a mistake that counts against it was named."""

    belief: float = KNOWN
    answers: int = 0
    right: float = 0.0
    wrong: float = 0.0
    sittings: list[int] = field(default_factory=list)
    exercises: list[str] = field(default_factory=list)
    card: Card | None = None
    is_named: bool = False

    @property
    def mastery(self) -> float:
        """How well it is known: what the tracing believes, as far as first tries confirm it."""
        right, asked = BEFOREHAND
        share = (right + self.right) / (asked + self.right + self.wrong)
        return min(self.belief, share, self._most)

    @property
    def _most(self) -> float:
        if len(self.sittings) >= SITTINGS and len(self.exercises) >= PLACES:
            return 1.0
        return UNPROVED if len(self.sittings) > 1 or len(self.exercises) > 1 else ONE_PLACE

    def tried(self, right: float, wrong: float) -> None:
        """Adds a first try, partly right and partly wrong; earlier ones fade."""
        self.right, self.wrong = self.right * FADES + right, self.wrong * FADES + wrong

    def proved(self, sitting: int, exercise: str) -> None:
        """Notes where a first try was right without a hint."""
        self.sittings = list(dict.fromkeys((*self.sittings, sitting)))[:SITTINGS]
        self.exercises = list(dict.fromkeys((*self.exercises, exercise)))[:PLACES]


@dataclass(slots=True)
class Practised:
    """One exercise so far: first tries, how many were right without a hint, and sittings with answers that were
    finished."""

    answers: int = 0
    right: int = 0
    finished: int = 0


@dataclass(slots=True)
class Wrong:
    """A wrong answer: how it was explained and, for a first try, its skills as they were before. The student may then
    explain it differently."""

    diagnoses: str
    skills: str = ""
    before: dict[str, Skill] = field(default_factory=dict)


@dataclass
class Summary:
    """What the log says up to an entry. `days` are local dates, each with first tries and those right without a hint.
    `sitting` counts the times that the student sat down, `last` is when they were last there, in milliseconds since
    1970. `exercises` are named by their ids, the user's own by their paths. `wrong` is the last answer, if it is
    wrong."""

    upto: int = 0
    sitting: int = 0
    last: int = 0
    skills: dict[str, Skill] = field(default_factory=dict)
    mistakes: dict[str, int] = field(default_factory=dict)
    days: dict[str, list[int]] = field(default_factory=dict)
    exercises: dict[str, Practised] = field(default_factory=dict)
    wrong: Wrong | None = None

    def add(self, logged: Logged) -> None:
        """Adds one entry."""
        entry = logged.entry
        self.upto = logged.id
        self.sitting += abs(entry.at - self.last) > REST  # also if the clock was set back
        self.last = entry.at
        exercise = self.exercises.setdefault(logged.exercise, Practised())
        if entry.move == "how" and entry.diagnoses and self.wrong is not None:
            self._explain(entry, self.wrong)
        if entry.verdict != "unreadable":  # a working that could not be read is typed again
            self.wrong = None
        if entry.verdict == "wrong":
            self._name(entry.diagnoses, 1)
        if entry.move == "answer" and entry.tries == 0 and entry.verdict in MARKED:
            self._count(entry, exercise, logged.exercise)
        elif entry.verdict == "wrong":
            self.wrong = Wrong(entry.diagnoses)
        exercise.finished += entry.remaining == 0 and logged.mode == ASKS_AGAIN and exercise.answers > 0

    def _name(self, diagnoses: str, by: int) -> None:
        """Counts the likeliest mistake behind a wrong answer."""
        for first in diagnoses.split()[:1]:
            self.mistakes[first] = self.mistakes.get(first, 0) + by
            if not self.mistakes[first]:
                del self.mistakes[first]

    def _explain(self, entry: Entry, wrong: Wrong) -> None:
        """Counts a wrong answer again, according to the student's explanation."""
        self._name(wrong.diagnoses, -1)
        self._name(entry.diagnoses, 1)
        self.skills |= wrong.before
        self._blame(entry._replace(skills=wrong.skills))

    def _count(self, entry: Entry, exercise: Practised, name: str) -> None:
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
                known = self.skills.setdefault(skill, Skill())
                known.belief = after_right(known.belief, entry.hints)
                known.tried(HINTED**entry.hints, 0.0)
                if alone:
                    known.proved(self.sitting, name)
                self._seen(skill, entry, right)
            return
        before = {skill: replace(self.skills.get(skill, Skill())) for skill in skills}
        self.wrong = Wrong(entry.diagnoses, entry.skills, before)
        self._blame(entry)

    def _blame(self, entry: Entry) -> None:
        """Counts a wrong first try against the skills that its diagnosis implicates."""
        for alternatives in failed(entry.diagnoses.split(), entry.skills.split()):
            # One of these failed: all of them are less certain than before; the least certain one is due again.
            beliefs = {skill: self.skills.setdefault(skill, Skill()).belief for skill in alternatives}
            after, blame = after_wrong(beliefs), blamed(beliefs)
            for skill, belief in after.items():
                self.skills[skill].belief = belief
                self.skills[skill].tried(0.0, max(blame[skill], UNEXPLAINED))
                self.skills[skill].is_named |= bool(entry.diagnoses)
            self._seen(min(after, key=lambda skill: after[skill]), entry, right=False)

    def _seen(self, skill: str, entry: Entry, right: bool) -> None:
        known = self.skills[skill]
        known.answers += 1
        known.card = reviewed(known.card, rating_of(right, entry.hints, entry.seconds, entry.stage), moment(entry.at))

    def mastery_of(self, skill: str) -> float:
        """How well a skill is known, asked or not."""
        return self.skills[skill].mastery if skill in self.skills else KNOWN

    def by_weakness(self) -> list[str]:
        """The skills that enough answers concern, the least known first."""
        enough = [skill for skill, known in self.skills.items() if known.answers >= ENOUGH]
        return sorted(enough, key=lambda skill: (self.skills[skill].mastery, skill))

    def weak(self) -> list[str]:
        """The skills that the tutor would call unknown, weakest first."""
        unsure = [(skill, self.skills[skill]) for skill in self.by_weakness() if self.skills[skill].mastery < SURE]
        return [skill for skill, known in unsure if known.is_named or known.answers >= UNNAMED]

    def due_by(self, at: datetime) -> list[str]:
        """The skills that were asked before and are due by a moment, those overdue longest first."""
        cards = [(due(known.card), skill) for skill, known in self.skills.items() if known.card is not None]
        return [skill for when, skill in sorted(cards) if when <= at]

    def next_due(self) -> datetime | None:
        """When the next skill is due."""
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
    """The summary of a log from its beginning, or continued from another summary."""
    summary = summary or Summary()
    for logged in entries:
        summary.add(logged)
    return summary


def current(store: Store, most: int = -1) -> Summary:
    """The summary of a record up to now (or `most` entries further), stored there if possible. Raises RecordTrouble."""
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
    if state["wrong"] is not None:
        before = {name: Skill(**one) for name, one in state["wrong"].pop("before").items()}
        state["wrong"] = Wrong(**state["wrong"], before=before)
    return Summary(**state)


def _stamp(text: str) -> str:
    """The rules, and a checksum of their result (of its `repr`, since a damaged row may contain anything)."""
    return f"{RULES}:{crc32(repr(text).encode()):08x}"


_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_Row = tuple[object, ...]


class NoExport(TutorError):
    """A file to which the record cannot be exported."""


def export_log(store: Store, file: str) -> int:
    """Writes every entry of the log to a file, in the format of its suffix, and returns their number. Raises NoExport,
    RecordTrouble."""
    writer = _WRITERS.get(Path(file).suffix.lower())
    if writer is None:
        raise NoExport(f"the file name must end in {listed(_WRITERS, 'or')}, not {visible(file)}.")
    count = 0
    with closing(store.everything()) as rows, replaced(file) as stream:
        write = writer(stream)
        for row in rows:
            write(row)
            count += 1
    return count


def _csv(stream: TextIO) -> Callable[[_Row], object]:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EVERYTHING)
    # No spreadsheet evaluates a plain number, such as -0.84.
    return lambda row: writer.writerow(
        [cell if _NUMBER.fullmatch(str(cell)) else defused(_shown(cell)) for cell in row]
    )


def _shown(cell: object) -> object:
    return "\n".join(visible(line) for line in cell.split("\n")) if isinstance(cell, str) else cell


def _jsonl(stream: TextIO) -> Callable[[_Row], object]:
    return lambda row: stream.write(
        escaped(json.dumps(dict(zip(EVERYTHING, row, strict=True)), ensure_ascii=False)) + "\n"
    )


_WRITERS: Final[dict[str, Callable[[TextIO], Callable[[_Row], object]]]] = {".csv": _csv, ".jsonl": _jsonl}
"""By suffix: from a stream, the function that writes a row into it."""


def set_aside(path: Path) -> Path:
    """Renames the record's files, adding the date and time, and returns the new name. Raises NoExport."""
    stem = f"{path.stem}-{datetime.now():%Y-%m-%d-%H%M%S}"
    stems = chain([stem], (f"{stem}-{number}" for number in count(2)))
    target = next(name for stem in stems if not (name := path.with_name(stem + path.suffix)).exists())
    try:
        for ending in ("", "-wal", "-shm"):  # the additional files that SQLite keeps
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(target.with_name(target.name + ending))
    except OSError as error:
        raise NoExport(f"{visible(str(path))}: it cannot be renamed ({reason(error)}).") from None
    return target
