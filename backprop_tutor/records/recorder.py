"""Keeps what a student does: every move goes through here to the session, and is written down before its reply is shown.

Nothing here raises for the record's sake: where it cannot be used, that is said in one line, and the session goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from backprop_tutor.records.entries import MARKED
from backprop_tutor.records.moves import replay
from backprop_tutor.records.unrecorded import Paused, Proposal, Unrecorded
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.entries import Entry, Logged, Sitting
    from backprop_tutor.records.store import Store
    from backprop_tutor.records.summary import Summary
    from backprop_tutor.records.troubles import RecordTrouble
    from backprop_tutor.tutor.progress import Reply
    from backprop_tutor.tutor.questions import Question

_T = TypeVar("_T")
LONGEST: Final = 200_000
"""More characters of one answer are not kept: none that long can be read."""
AT_THE_END: Final = 2_000
"""So many entries at most are summed up when a session ends; `progress` does the rest."""


class _Seen(NamedTuple):
    """What a question had in this sitting: marked answers and hints, also before `back`."""

    tries: int = 0
    hints: int = 0


class Recorder(Unrecorded):
    """Writes every move of a session into the record. `say` is given one line, once, where that cannot be done.

    `path` is the record's file (by default this user's), `clock` gives seconds since 1970, `timer` seconds.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._path, self._clock, self._timer = say, path, clock, timer
        self._store: Store | None = None
        self._is_broken = self._is_told = self._gave_up_reading = False
        self._since: float | None = None
        self._number: int | None = None
        self._sitting: Sitting | None = None
        self._waiting: list[Entry] = []
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._typed: list[Logged] = []
        self._asked: set[tuple[str, str]] = set()

    @property
    def path(self) -> Path:
        """The record's file."""
        if self._path is None:
            from backprop_tutor.records.circuits import database

            self._path = database()
        return self._path

    def start(self, session: Session, mode: str) -> Session:
        """Begins a sitting. It is written down with the first thing typed."""
        from backprop_tutor.records.circuits import sitting_of

        self._write_down()
        self._number, self._waiting, self._seen = None, [], {}
        self._sitting = sitting_of(session.exercise, mode, self._now())
        self._asked.add((self._sitting.exercise, self._sitting.numbers))
        return super().start(session, mode)

    def unfinished(self, exercise: Exercise, seed: int | None = None) -> Paused | None:
        """The newest sitting with an exercise (at a seed, if one is given), if questions are open in it and it can go on."""

        def found(store: Store) -> Paused | None:
            from backprop_tutor.records.resuming import unfinished

            return unfinished(store, exercise, seed)

        return self._read(found, None)

    def unfinished_circuit(self, id_: str) -> Paused | None:
        """The newest sitting with a circuit of this id that comes from no file, if questions are open in it."""

        def found(store: Store) -> Paused | None:
            from backprop_tutor.records.resuming import unfinished_circuit

            return unfinished_circuit(store, id_)

        return self._read(found, None)

    def proposals(self, exercises: Sequence[Exercise]) -> list[Proposal]:
        """What to practise next, likeliest first: the unfinished, the due, the next on the path, the weakest."""

        def found(store: Store) -> list[Proposal]:
            from backprop_tutor.records.proposals import proposals

            return proposals(store, exercises, self._clock())

        return self._read(found, [])

    def resume(self, paused: Paused) -> Session:
        """Goes on with an unfinished sitting: the same numbers, the student's own graph, the question that was open."""
        from backprop_tutor.records.troubles import RecordTrouble

        self.session = Session(paused.exercise)
        entries: Sequence[Entry] = ()
        try:
            entries = self._opened().entries(paused.number)
        except RecordTrouble as trouble:
            self._tell(trouble, trouble.passes)
        replay(self.session, entries)
        self._number, self._sitting, self._waiting = paused.number, paused.sitting, []
        self._seen = {(entry.stage, entry.target): _after(entry) for entry in entries}
        return self.session

    def moment(self) -> datetime:
        """Now, by the clock of this recorder."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def has_asked(self, exercise: Exercise) -> bool:
        """Whether an exercise was asked with these numbers before; in this session alone where the record cannot tell."""
        from backprop_tutor.records.circuits import numbers_of

        asked = (exercise.id, numbers_of(exercise.values))
        return asked in self._asked or self._read(lambda store: store.has_asked(*asked), False)

    def summary(self) -> Summary:
        """What the record says up to now; where there is none, or it cannot be read, what this session does."""
        from backprop_tutor.records.summary import current, summed

        found: Summary | None = self._read(current, None)
        return summed(self._typed) if found is None else found

    def asked(self) -> None:
        """A question is shown and waits: time runs from now, until it is marked."""
        self._since = self._timer()

    def close(self) -> None:
        """Writes down what could not be before, brings the kept summary up to date, and lets the file go."""
        self._write_down()
        if self._store is None:
            return
        from backprop_tutor.records.summary import current
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            if not self._is_broken:
                current(self._store, AT_THE_END)
        except RecordTrouble as trouble:
            self._tell(trouble, passes=True)
        finally:
            self._store.close()
            self._store = None

    def _moved(self, move: str, typed: str = "") -> Reply:
        question = self.session.question
        if question is None or self._sitting is None:
            return super()._moved(move, typed)
        skills = self._skills(question) if move == "answer" else ""
        reply = super()._moved(move, typed)
        entry = self._entry(move, question, skills, typed, reply)
        self._waiting.append(entry)
        self._remember(entry, self._sitting)
        self._write_down()
        return reply

    def _remember(self, entry: Entry, sitting: Sitting) -> None:
        from backprop_tutor.records.entries import Logged

        number = len(self._typed) + 1
        self._typed.append(Logged(number, number, sitting.mode, sitting.exercise, entry))

    def _skills(self, question: Question) -> str:
        from backprop_tutor.records.skills import exercised

        return " ".join(exercised(question, self.session.marker))

    def _entry(self, move: str, question: Question, skills: str, typed: str, reply: Reply) -> Entry:
        from backprop_tutor.records.entries import Entry

        name = (question.stage, question.target)
        seen = self._seen.get(name, _Seen())
        seconds = None if self._since is None else round(self._timer() - self._since, 3)
        verdict = None if reply.outcome is None else reply.outcome.value
        open_ = len(self.session.questions) - self.session.position
        entry = Entry(self._now(), move, *name, skills, _storable(typed), verdict, " ".join(reply.diagnoses), *seen, seconds, open_)
        self._seen[name] = _after(entry)
        if self._since is not None and _is_marked(entry):
            self._since = self._timer()
        return entry

    def _write_down(self) -> None:
        """Appends what waits. What a passing trouble keeps from being written waits for the next time."""
        if self._is_broken or not self._waiting or self._sitting is None:
            return
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            store = self._opened(create=True)
            self._number = store.append(self._number, self._sitting, self._waiting)
            self._waiting, self._gave_up_reading = [], False
        except RecordTrouble as trouble:
            self._tell(trouble, trouble.passes)

    def _read(self, found: Callable[[Store], _T], otherwise: _T) -> _T:
        """What is found in the record; where there is none, or it cannot be read, the other."""
        if self._gave_up_reading or not self._is_there():
            return otherwise
        from backprop_tutor.records.troubles import RecordTrouble

        try:
            return found(self._opened())
        except RecordTrouble as trouble:
            self._tell(trouble, trouble.passes)
            return otherwise

    def _is_there(self) -> bool:
        from backprop_tutor.records.circuits import is_there

        return is_there(self.path)

    def _opened(self, create: bool = False) -> Store:
        if self._store is not None and self._store.was_set_aside:  # by `progress reset`, meanwhile
            self._store.close()
            self._store = self._number = None
        if self._store is None:
            from backprop_tutor.records.store import BUSY_SECONDS, IMPATIENT_SECONDS, open_store

            self._store = open_store(self.path, create, IMPATIENT_SECONDS if self._is_told else BUSY_SECONDS)
        return self._store

    def _tell(self, trouble: RecordTrouble, passes: bool) -> None:
        self._is_broken = not passes
        self._gave_up_reading = True  # until something could be written
        if self._store is not None:
            self._store.wait_no_longer()
        if not self._is_told:
            self._is_told = True
            self._say(f"Your answers are not being recorded: {trouble}")

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _after(entry: Entry) -> _Seen:
    return _Seen(entry.tries + _is_marked(entry), entry.hints + (entry.move == "hint"))


def _is_marked(entry: Entry) -> bool:
    return entry.verdict in MARKED


def _storable(typed: str) -> str:
    """The text in Unicode that can be written; a terminal may hand over bytes that are none."""
    return typed[:LONGEST].encode("utf-8", "replace").decode("utf-8")
