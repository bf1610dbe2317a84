"""Records what a student does: every move passes through here to the session, and is stored before its reply is shown.

A record that cannot be used raises nothing here: one line says so, once, and nothing is recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from backprop_tutor import __version__
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.records import sittings
from backprop_tutor.records.sittings import MARKED, REST, TRIED, Entry, Logged, Paused, Proposal, Sitting, Standings
from backprop_tutor.tutor.session import Reply, Session
from backprop_tutor.tutor.stages.stage import Question

# The first prompt waits for SQLite only if there is a record, and never for the skills that a question exercises:
# whatever reads the record or judges an answer is imported where it is used.
if TYPE_CHECKING:
    from backprop_tutor.records.store import Store
    from backprop_tutor.records.summary import Summary

LONGEST: Final = 200_000  # characters of an answer that are kept: no longer one can be read
AT_THE_END: Final = 2_000  # how many entries are summed up when a session ends; `progress` does the rest
_Clock = Callable[[], float]
_T = TypeVar("_T")


MOVES: Final[dict[str, Callable[[Session, str], object]]] = {
    "answer": Session.answer,
    "how": Session.explained,
    "hint": lambda session, _typed: session.hint(),
    "skip": lambda session, _typed: session.skip(),
    "leave": lambda session, _typed: session.leave(),
    "back": lambda session, _typed: session.back(),
    "undo": lambda session, _typed: session.draft.undo(),
}
"""What a student can do at a question, in the words of the log."""


def _made(session: Session, move: str, typed: str) -> Reply:
    done = MOVES[move](session, typed)
    return done if isinstance(done, Reply) else Reply(None, "", closes=bool(done))  # whether it did something


class Recorder:
    """Passes every move on to the session of `start` or `resume`, and stores it in the record in the file `path`.
    Without a path nothing is remembered beyond this session. `say` receives one line if the record cannot be used.
    `clock` gives seconds since 1970, `timer` seconds."""

    session: Session

    def __init__(
        self, path: Path | None, say: Callable[[str], None], clock: _Clock = time.time, timer: _Clock = time.monotonic
    ) -> None:
        self._path, self._say, self._clock, self._timer = path, say, clock, timer
        self._store: Store | None = None
        self._number: int | None = None
        self._since: float | None = None
        self._before: dict[tuple[str, str], Entry] = {}  # the last entry about each question in this sitting
        self._typed: list[Logged] = []
        self._mode, self._started = "", 0
        self._asked: set[tuple[object, ...]] = set()

    @property
    def keeps_place(self) -> bool:
        """Whether this sitting is in the record and will be offered again."""
        return self._path is not None and self._number is not None and self._sitting.mode == sittings.ASKS_AGAIN

    def start(self, session: Session, mode: str) -> None:
        """Begins a sitting, which is stored when something is first typed. `mode` is practice (offered again while
        unfinished), part (only some of the questions), piped or review."""
        self._mode, self._started = mode, int(self._clock() * 1000)
        self._number, self._before = None, {}
        self._asked.add((session.exercise.id, *session.exercise.values.items()))
        before: Session | None = vars(self).get("session")
        session.has_declined = before is not None and before.has_declined  # nobody is asked again at once
        self.session = session
        vars(self).pop("_sitting", None)

    @cached_property
    def _sitting(self) -> Sitting:
        """The row of the log for this sitting."""
        return sittings.sitting_of(self.session.exercise, self._mode, self._started)

    def resume(self, paused: Paused) -> None:
        """Continues an unfinished sitting: the same numbers, the student's own graph, the question that was open."""
        entries: list[Entry] = self._use(lambda store: store.entries(paused.number), [])
        self._number, self._sitting = paused.number, paused.sitting
        self._before = {(entry.stage, entry.target): entry for entry in entries}
        self.session = Session(paused.exercise)
        for entry in entries:
            question = self.session.question
            # An entry about a question other than the open one is left out: two terminals continued the same sitting,
            # or this version of the tutor marks an answer differently.
            is_open = question is not None and (question.stage, question.target) == (entry.stage, entry.target)
            if is_open and entry.move in MOVES:
                _made(self.session, entry.move, entry.typed)

    def unfinished(self, wanted: Exercise | str, seed: int | None = None) -> Paused | None:
        """The newest sitting that can be continued: of an exercise (at a seed, if given), or of a circuit without a
        file, by its id."""
        exercise = None if isinstance(wanted, str) else wanted
        id_, path = (wanted, "") if isinstance(wanted, str) else (wanted.id, sittings.place_of(wanted))
        fields = {"exercise": id_, "path": path, "seed": None if seed is None else str(seed)}
        return self._use(lambda store: sittings.unfinished(store.newest(**fields), exercise), None)

    def proposals(self, exercises: Sequence[Exercise]) -> list[Proposal]:
        """What to practise next, most relevant first: the unfinished, the due, the next on the path, the weakest."""

        def found(store: Store) -> list[Proposal]:
            from backprop_tutor.records.review import proposals
            from backprop_tutor.records.summary import current

            return proposals(current(store), sittings.unfinished(store.newest()), exercises, self.moment())

        return self._use(found, [])

    def standings(self) -> Standings:
        """Which exercises are done and which are begun; without a record, as far as this session goes."""
        if not self._typed and (self._path is None or not sittings.is_there(self._path)):
            return Standings()  # and nothing that reads a record is loaded
        exercises = self.summary().exercises
        done = frozenset(name for name, practised in exercises.items() if practised.finished)
        return Standings(done, self._use(lambda store: store.begun(), frozenset(exercises)))

    def moment(self) -> datetime:
        """Now, by the clock of this recorder."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def has_asked(self, exercise: Exercise) -> bool:
        """Whether an exercise was asked with these numbers before, in this session or in the record."""
        return (exercise.id, *exercise.values.items()) in self._asked or self._use(
            lambda store: store.has_asked(exercise.id, sittings.numbers_of(exercise.values)), False
        )

    def summary(self) -> Summary:
        """What the record says up to now; if it cannot be read, what this session adds up to."""
        from backprop_tutor.records.summary import current, summed

        return self._use(current, None) or summed(self._typed)

    def close(self) -> None:
        """Brings the stored summary up to date and closes the file."""
        if self._store is None:
            return
        from backprop_tutor.records.store import RecordTrouble
        from backprop_tutor.records.summary import current

        with suppress(RecordTrouble):  # what was stored is safe, and the next session sums it up
            if self._path is not None:
                current(self._store, AT_THE_END)
        self._store.close()
        self._store = None

    def asked(self) -> None:
        """Notes that a question is on the screen: the time to the answer is counted from now."""
        self._since = self._timer()

    def move(self, move: str, typed: str = "") -> Reply:
        """Makes one of MOVES in the session, and stores it."""
        from backprop_tutor.records.skills import exercised

        question = self.session.question
        assert question is not None
        skills = exercised(question, self.session.key) if move == "answer" else ()
        hints = self.session.current.hints
        reply = _made(self.session, move, typed)
        if move == "hint" and self.session.current.hints == hints:
            return reply  # there was no hint left
        entry = self._entry(move, question, " ".join(skills), typed, reply)
        self._typed.append(Logged(len(self._typed) + 1, self._sitting.mode, self._sitting.exercise, entry))
        self._number = self._use(
            lambda store: store.append(self._number, self._sitting, [entry]), self._number, create=True
        )
        return reply

    def _entry(self, move: str, question: Question, skills: str, typed: str, reply: Reply) -> Entry:
        name = (question.stage, question.target)
        before = self._before.get(name)
        entry = Entry(
            int(self._clock() * 1000), move, *name, skills,
            typed[:LONGEST].encode("utf-8", "replace").decode("utf-8"),  # a terminal may deliver bytes that are no text
            verdict=None if reply.outcome is None else reply.outcome.value,
            diagnoses=" ".join(reply.diagnoses),
            tries=0 if before is None else before.tries + (before.verdict in TRIED or before.move == "skip"),
            hints=0 if before is None else before.hints + (before.move == "hint"),
            seconds=None if self._since is None else round(self._timer() - self._since, 3),  # to the millisecond
            remaining=sum(done.outcome is None for done in self.session.progress),
            version=None if self._sitting.version == __version__ else __version__,
        )  # fmt: skip
        self._before[name] = entry
        if self._since is not None and entry.verdict in MARKED:
            self._since = self._timer()
        return entry

    def _use(self, work: Callable[[Store], _T], otherwise: _T, create: bool = False) -> _T:
        """What the work returns, given the record (which is begun if `create`); the alternative if no record can be
        used."""
        if self._path is None or not (create or sittings.is_there(self._path)):
            return otherwise
        from backprop_tutor.records.store import RecordTrouble, open_store

        try:
            if self._store is not None and self._store.was_set_aside:  # set aside in the meantime by `progress reset`
                self._store.close()
                self._store = None
                if self._number is not None:  # the new file needs the beginning of the sitting
                    self._number, self._sitting = None, self._sitting._replace(mode=REST)
            if self._store is None:
                self._store = open_store(self._path, create)
            return work(self._store)
        except RecordTrouble as trouble:
            self._path = None
            self._say(f"Your answers are not being recorded: {trouble}")
            return otherwise
