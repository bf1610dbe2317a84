"""What a question of a practice session says, and its prompt."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from backprop_tutor.engine.formatting import shown
from backprop_tutor.errors import visible
from backprop_tutor.show.words import heading, sentence
from backprop_tutor.tutor.questions import Question, asked_for
from backprop_tutor.tutor.session import Session


def position(session: Session, width: int) -> RenderableType:
    """Where the student stands: question 3 of 11."""
    assert session.question is not None
    return heading(f"Question {session.position + 1} of {len(session.questions)}", width)


def question_text(session: Session) -> Text:
    """What the open question asks, in words."""
    question = session.question
    assert question is not None
    return sentence(_ASKS[question.stage](session, question))


def prompt_of(session: Session) -> str:
    """What stands before the cursor."""
    question = session.question
    assert question is not None
    of = session.solution.graph.output_name if question.stage == "symbolic" else visible(session.exercise.loss)
    return "> " if question.stage == "graph" else f"{asked_for(question, of)} > "


def _ask_graph(_session: Session, _question: Question) -> str:
    return (
        "Draw the complete computational graph: type it, one gate a line, as in a = w0*x0. "
        "An empty line shows the exercise's graph; `show` draws what stands so far."
    )


def _ask_forward(session: Session, question: Question) -> str:
    return f"What is the value of {question.node} = {session.solution.graph.node(question.node).written}?"


def _ask_local(session: Session, question: Question) -> str:
    assert question.branch is not None
    written = session.solution.graph.node(question.node).written
    return (
        f"What is the local gradient {asked_for(question)}, where {question.node} = {written}? A formula in node "
        f"names, or a number."
    )


def _ask_backward(session: Session, question: Question) -> str:
    asked = asked_for(question, visible(session.exercise.loss))
    if question.branch is None:
        return f"Its branches are done. What is {asked}, the gradient of the fork {question.node}?"
    gate = session.solution.graph.node(question.branch.gate)
    upstream = f"∂{visible(session.exercise.loss)}/∂{gate.name} = {shown(session.solution.gradient(gate.name))}"
    return f"{upstream} arrives at {gate.name} = {gate.written}. What is {asked}?"


def _ask_symbolic(_session: Session, question: Question) -> str:
    return f"What is {asked_for(question)} as a formula in node names?"


def _ask_delta(session: Session, question: Question) -> str:
    from backprop_tutor.show.network import asked_of_neuron

    return asked_of_neuron(session, question)


def _ask_update(session: Session, question: Question) -> str:
    from backprop_tutor.show.network import asked_of_weight

    return asked_of_weight(session, question)


_ASKS = {
    "graph": _ask_graph, "forward": _ask_forward, "local": _ask_local, "backward": _ask_backward,
    "symbolic": _ask_symbolic,
    "delta": _ask_delta, "update": _ask_update,
}  # fmt: skip
