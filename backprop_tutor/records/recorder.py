"""Keeps what a student does: every move goes through here to the session, and is written down before its reply is
shown.

Nothing here raises for the record's sake: where it cannot be used, that is said in one line, and the session goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from backprop_tutor import __version__
from backprop_tutor.records.entries import MARKED, REST
from backprop_tutor.records.moves import replay
from backprop_tutor.records.unrecorded import Paused, Proposal, Unrecorded
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.access import Access
    from backprop_tutor.records.entries import Entry, Logged, Sitting
    from backprop_tutor.records.store import Store
    from backprop_tutor.records.summary import Summary
    from backprop_tutor.tutor.progress import Reply
    from backprop_tutor.tutor.questions import Question

LONGEST: Final = 200_000
"""More characters of one answer are not kept: none that long can be read."""
AT_THE_END: Final = 2_000
"""So many entries at most are summed up when a session ends; `progress` does the rest."""


class _Seen(NamedTuple):
    """What a question had in this sitting, also before `back`: marked answers and solutions shown, and hints."""

    tries: int = 0
    hints: int = 0


class Recorder(Unrecorded):
    """Writes every move of a session into the record that it has access to.

    `clock` gives seconds since 1970, `timer` seconds.
    """

    def __init__(
        self, access: Access, clock: Callable[[], float] = time.time, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._access, self._clock, self._timer = access, clock, timer
        self._begun_in: Store | None = None
        self._since: float | None = None
        self._number: int | None = None
        self._sitting: Sitting | None = None
        self._waiting: list[Entry] = []
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._typed: list[Logged] = []
        self._asked: set[tuple[str, str]] = set()

    def start(self, session: Session, mode: str) -> Session:
        """Begins a sitting. It is written down with the first thing typed."""
        from backprop_tutor.records.circuits import sitting_of

        self._write_down()
        self._number, self._waiting, self._seen = None, [], {}
        self._sitting = sitting_of(session.exercise, mode, self._now())
        self._asked.add((self._sitting.exercise, self._sitting.numbers))
        return super().start(session, mode)

    def unfinished(self, exercise: Exercise, seed: int | None = None) -> Paused | None:
        """The newest sitting with an exercise (at a seed, if one is given), if questions are open in it and it can go
        on."""

        def found(store: Store) -> Paused | None:
            from backprop_tutor.records.resuming import unfinished

            return unfinished(store, exercise, seed)

        return self._access.read(found, None)

    def unfinished_circuit(self, id_: str) -> Paused | None:
        """The newest sitting with a circuit of this id that comes from no file, if questions are open in it."""

        def found(store: Store) -> Paused | None:
            from backprop_tutor.records.resuming import unfinished_circuit

            return unfinished_circuit(store, id_)

        return self._access.read(found, None)

    def proposals(self, exercises: Sequence[Exercise]) -> list[Proposal]:
        """What to practise next, likeliest first: the unfinished, the due, the next on the path, the weakest."""

        def found(store: Store) -> list[Proposal]:
            from backprop_tutor.records.proposals import proposals

            return proposals(store, exercises, self._clock())

        return self._access.read(found, [])

    def resume(self, paused: Paused) -> Session:
        """Goes on with an unfinished sitting: the same numbers, the student's own graph, the question that was open."""

        def found(store: Store) -> Sequence[Entry]:
            self._begun_in = store
            return store.entries(paused.number)

        self.session = Session(paused.exercise)
        nothing: Sequence[Entry] = ()
        entries = self._access.read(found, nothing)
        replay(self.session, entries)
        self._number, self._sitting, self._waiting = paused.number, paused.sitting, []
        self._seen = {(entry.stage, entry.target): _after(entry) for entry in entries}
        return self.session

    def moment(self) -> datetime:
        """Now, by the clock of this recorder."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def has_asked(self, exercise: Exercise) -> bool:
        """Whether an exercise was asked with these numbers before; in this session alone where the record cannot
        tell."""
        from backprop_tutor.records.circuits import numbers_of

        asked = (exercise.id, numbers_of(exercise.values))
        return asked in self._asked or self._access.read(lambda store: store.has_asked(*asked), False)

    def summary(self) -> Summary:
        """What the record says up to now; where there is none, or it cannot be read, what this session does."""
        from backprop_tutor.records.summary import current, summed

        found: Summary | None = self._access.read(current, None)
        return summed(self._typed) if found is None else found

    def asked(self) -> None:
        """A question is shown and waits: time runs from now, until it is marked."""
        self._since = self._timer()

    def close(self) -> None:
        """Writes down what could not be before, brings the kept summary up to date, and lets the file go."""
        self._write_down()

        def sum_up(store: Store) -> None:
            from backprop_tutor.records.summary import current

            current(store, AT_THE_END)

        self._access.close(sum_up)

    def _moved(self, move: str, typed: str = "") -> Reply:
        question = self.session.question
        if question is None or self._sitting is None:
            return super()._moved(move, typed)
        skills = self._skills(question) if move == "answer" else ""
        hints = self.session.current.hints
        reply = super()._moved(move, typed)
        if move == "hint" and self.session.current.hints == hints:
            return reply  # there was none left
        entry = self._entry(move, question, skills, typed, reply, self._sitting)
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

    def _entry(self, move: str, question: Question, skills: str, typed: str, reply: Reply, sitting: Sitting) -> Entry:
        from backprop_tutor.records.entries import Entry

        name = (question.stage, question.target)
        seen = self._seen.get(name, _Seen())
        seconds = None if self._since is None else round(self._timer() - self._since, 3)
        verdict = None if reply.outcome is None else reply.outcome.value
        open_ = len(self.session.questions) - self.session.position
        version = None if sitting.version == __version__ else __version__
        entry = Entry(
            self._now(),
            move,
            *name,
            skills,
            _storable(typed),
            verdict,
            " ".join(reply.diagnoses),
            *seen,
            seconds,
            open_,
            version,
        )
        self._seen[name] = _after(entry)
        if self._since is not None and entry.verdict in MARKED:
            self._since = self._timer()
        return entry

    def _write_down(self) -> None:
        """Appends what waits. What a passing trouble keeps from being written waits for the next time."""
        if self._waiting and self._access.write(self._append):
            self._waiting = []

    def _append(self, store: Store) -> None:
        assert self._sitting is not None
        if self._number is not None and store is not self._begun_in:  # the record with its beginning was set aside
            self._number, self._sitting = None, self._sitting._replace(mode=REST)
        self._number, self._begun_in = store.append(self._number, self._sitting, self._waiting), store

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _after(entry: Entry) -> _Seen:
    return _Seen(entry.tries + entry.is_tried, entry.hints + (entry.move == "hint"))


def _storable(typed: str) -> str:
    """The text in Unicode that can be written; a terminal may hand over bytes that are none."""
    return typed[:LONGEST].encode("utf-8", "replace").decode("utf-8")
