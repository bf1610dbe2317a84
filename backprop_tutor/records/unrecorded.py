"""A session of which nothing is remembered (`--no-record`); and what every recorder can do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from backprop_tutor.records.moves import MOVES
from backprop_tutor.tutor.progress import Reply
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.entries import Sitting


class Paused(NamedTuple):
    """An unfinished sitting: its number, its exercise at its numbers, when it began, how many questions it has open."""

    number: int
    sitting: Sitting
    exercise: Exercise
    started: datetime
    left: int


class Proposal(NamedTuple):
    """What to practise next: an exercise (an id or a path), a sentence that says why; `paused` where only that sitting
    has it."""

    exercise: str
    sentence: str
    paused: Paused | None = None


class Unrecorded:
    """Hands every move on to the session. The session is the one of `start` or `resume`."""

    session: Session

    def start(self, session: Session, mode: str) -> Session:  # noqa: ARG002  who records needs the mode
        """Begins a sitting; `mode` is practice (offered again while unfinished), part (of the questions), piped or
        review."""
        self.session = session
        return session

    def unfinished(self, _exercise: Exercise, _seed: int | None = None) -> Paused | None:
        """The newest sitting with an exercise (at a seed, if one is given), if questions are open in it and it can go
        on."""
        return None

    def unfinished_circuit(self, _id: str) -> Paused | None:
        """The newest sitting with a circuit of this id that comes from no file, if questions are open in it."""
        return None

    def proposals(self, _exercises: Sequence[Exercise]) -> list[Proposal]:
        """What to practise next, likeliest first: the unfinished, the due, the next on the path, the weakest."""
        return []

    def resume(self, paused: Paused) -> Session:
        """Goes on with an unfinished sitting: the same numbers, the student's own graph, the question that was open."""
        return self.start(Session(paused.exercise), paused.sitting.mode)

    def asked(self) -> None:
        """A question is shown and waits: time runs from now."""

    def close(self) -> None:
        """Ends the sitting."""

    def answer(self, typed: str) -> Reply:
        """The session's `answer`."""
        return self._moved("answer", typed)

    def hint(self) -> Reply:
        """The session's `hint`."""
        return self._moved("hint")

    def skip(self) -> Reply:
        """The session's `skip`."""
        return self._moved("skip")

    def leave(self) -> None:
        """The session's `leave`."""
        self._moved("leave")

    def back(self) -> bool:
        """The session's `back`."""
        return self._moved("back").closes

    def undo(self) -> None:
        """Takes the last line of the student's own graph back."""
        self._moved("undo")

    def _moved(self, move: str, typed: str = "") -> Reply:
        return MOVES[move](self.session, typed)
