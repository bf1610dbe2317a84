"""What a student can do at a question, by the words of the log: once while it happens, and again when a sitting is
resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from backprop_tutor.tutor.progress import Reply
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from backprop_tutor.records.entries import Entry

_NOTHING: Final = Reply(None, "")


def _leave(session: Session, _typed: str) -> Reply:
    session.leave()
    return _NOTHING


def _back(session: Session, _typed: str) -> Reply:
    return Reply(None, "", closes=session.back())


def _undo(session: Session, _typed: str) -> Reply:
    session.draft.undo()
    return _NOTHING


MOVES: Final[dict[str, Callable[[Session, str], Reply]]] = {
    "answer": lambda session, typed: session.answer(typed),
    "hint": lambda session, _typed: session.hint(),
    "skip": lambda session, _typed: session.skip(),
    "leave": _leave,
    "back": _back,
    "undo": _undo,
}
"""Every move by its name: what it does to a session with what was typed, and the tutor's reply (of `back`: whether it
moved)."""


def replay(session: Session, entries: Iterable[Entry]) -> None:
    """Does everything again that was done in a sitting.

    An entry about another question than the one that is open is left out: two terminals went on with the
    same sitting, or this version of the tutor marks an answer otherwise.
    """
    for entry in entries:
        question = session.question
        if (
            question is not None
            and (question.stage, question.target) == (entry.stage, entry.target)
            and entry.move in MOVES
        ):
            MOVES[entry.move](session, entry.typed)
