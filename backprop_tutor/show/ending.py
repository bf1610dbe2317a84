"""How a practice session ends: the whole graph, the patterns in it, the score; and when to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.records.sittings import local
from backprop_tutor.show.picture import drawn
from backprop_tutor.show.pictures import complete_picture, forward_picture
from backprop_tutor.show.practice import is_folded, unfolded_at
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import BACKWARD

if TYPE_CHECKING:
    from datetime import datetime


def ending(session: Session, width: int, view: str, plain: bool) -> RenderableType:
    """The whole graph with every gradient, the patterns that occurred, and the score."""
    graph = session.solution.graph
    gates = {gate.name: gate for gate in graph.gates if gate is not None}
    patterns = [f"{name}: {gate.pattern}" for name, gate in gates.items()]
    if graph.forks:
        patterns.append("fork: the gradients add at branches")
    pictures = {question.kind.picture for question in session.lesson}
    has_gradients = any(question.kind is BACKWARD for question in session.lesson)
    picture = complete_picture(session.solution) if has_gradients else forward_picture(session.solution)
    if session.only and is_folded(session, view):
        asked = [question.branch.name if question.branch else question.node for question in session.questions]
        picture = unfolded_at(picture, asked)
    parts: list[RenderableType] = [
        heading("All done", width),
        drawn(picture, width, view, plain),
        Text("Patterns in this graph:", style="bold"),
        Indented(Text("\n".join(patterns))),
    ]
    if "neurons" in pictures:
        from backprop_tutor.show.network import session_tables

        parts += [Text(), session_tables(session), Text()]
    return Group(*parts, score_text(session))


def score_text(session: Session) -> Text:
    """The score, with what helped."""
    score = session.score()
    text = Text(f"{score.right} of {score.total} right", style="bold")
    text.append(f", {score.first_try} at the first try, {counted(score.hints, 'hint')}.", "")
    return text


def unfinished(session: Session) -> Text:
    """What was done so far, where a session ends early."""
    score = session.score()
    left = [
        question.target
        for question, done in zip(session.questions, session.progress, strict=True)
        if done.outcome is None
    ]
    text = Text(f"So far: {score.right} of {score.total} right, {len(left)} left unanswered")
    names = list(dict.fromkeys(left))  # a node is asked about forward and backward
    shown_names = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    text.append(f" ({shown_names})." if left else ".")
    return text


def come_back(right: int, asked: int, due: datetime | None, now: datetime) -> Text:
    """How a review went, and when to come back."""
    nothing = "Nothing is due." if due is not None and due > now else "Nothing was answered."
    text = Text(f"{right} of {asked} right. " if asked else f"{nothing} ")
    if due is None:
        return text.append("`backprop-tutor practice` begins.")
    if due <= now:
        return text.append("More is due now: `backprop-tutor review` goes on.")
    minutes = max(1, round((due - now).total_seconds() / 60))
    hours, days = round(minutes / 60), round(minutes / 1440)
    when = f"in {days} days" if days > 1 else f"in {hours} hours" if hours > 1 else f"in {counted(minutes, 'minute')}"
    then = local(due.timestamp())
    day = "%d %B" if then.year == local(now.timestamp()).year else "%d %B %Y"
    return text.append(f"Come back {when}, on {then:{day} at %H:%M}.")
