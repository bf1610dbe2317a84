"""What a question of a practice session says, and its prompt."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from backprop_tutor.show.words import heading, sentence
from backprop_tutor.tutor.session import Session


def position(session: Session, width: int) -> RenderableType:
    """Where the student stands: question 3 of 11."""
    assert session.question is not None
    return heading(f"Question {session.position + 1} of {len(session.questions)}", width)


def question_text(session: Session) -> Text:
    """What the open question asks, in words."""
    question = session.question
    assert question is not None
    return sentence(question.kind.ask(question, session.exercise, session.solution))


def prompt_of(session: Session) -> str:
    """What stands before the cursor."""
    question = session.question
    assert question is not None
    return question.kind.prompt(question, session.exercise)
