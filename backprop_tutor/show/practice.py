"""The screens of a practice session: the problem, a question, the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.numbers import shown
from backprop_tutor.errors import visible
from backprop_tutor.show.picture import drawn
from backprop_tutor.show.pictures import complete_picture, forward_picture, session_picture
from backprop_tutor.show.words import heading, sentence
from backprop_tutor.tutor.questions import OF_NETWORKS, Question, asked_for
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from backprop_tutor.drawing.picture import Picture

COMMANDS = {
    "hint": "the next hint for this question", "show": "the graph as far as it is known", "skip": "go on; the answer is shown",
    "back": "return to the last question", "quit": "end here", "help": "this list",
}  # fmt: skip
LARGE_COMMANDS = {"show all": "the whole of a large graph"}
GRAPH_COMMANDS = {"done": "judge the graph as it stands", "undo": "take the last line back"}


def problem(exercise: Exercise, width: int, before: str = "") -> RenderableType:
    """What the exercise is about: title (with a word `before` it), statement, circuit as text, the numbers, the given upstream."""
    parts: list[RenderableType] = [heading(before + visible(exercise.title), width)]
    if exercise.statement:
        parts.append(sentence("\n".join(map(visible, exercise.statement.strip().split("\n")))))
    lines = [line.strip() for line in exercise.graph_text.replace(";", "\n").split("\n") if line.strip()]
    parts.append(Text("\n".join(f"  {visible(line)}" for line in lines), style="bold"))
    given = ", ".join(f"{name} = {exercise.values[name]:.6g}" for name in exercise.graph.input_names)
    if exercise.seed is not None:
        given += f"  (seed {exercise.seed})"
    parts.append(sentence(f"with {given}." if is_the_loss(exercise) else f"with {given}, and {given_upstream(exercise)}."))
    return Group(*parts)


def is_the_loss(exercise: Exercise) -> bool:
    """Whether the circuit's output is the loss itself, so that nothing needs to be given."""
    return exercise.upstream == 1 and exercise.graph.output_name == exercise.loss


def given_upstream(exercise: Exercise, output: str | None = None) -> str:
    """`∂L/∂f = 1.00`."""
    return f"∂{visible(exercise.loss)}/∂{output or exercise.graph.output_name} = {shown(exercise.upstream)}"


def offer(title: str, left: int, started: datetime) -> Text:
    """That a session was left unfinished."""
    questions = "1 question" if left == 1 else f"{left} questions"
    return Text(f"{visible(title)}: you left it on {started:%d %B at %H:%M} with {questions} open.")


def come_back(right: int, asked: int, due: datetime | None, now: datetime) -> Text:
    """How a review went, and when to come back."""
    text = Text(f"{right} of {asked} right. ")
    if due is None:
        return text.append("`backprop-tutor practice` begins.")
    minutes = max(0, round((due - now).total_seconds() / 60))
    hours, days = round(minutes / 60), round(minutes / 1440)
    when = f"in {days} days" if days > 1 else f"in {hours} hours" if hours > 1 else f"in {minutes} minutes" if minutes else "now"
    return text.append(f"Come back {when}, on {due.astimezone():%d %B at %H:%M}.")


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


def session_drawing(session: Session, width: int, view: str, plain: bool, whole: bool = False) -> RenderableType:
    """The graph as it stands: while the graph is asked, the student's lines; then with what is known and asked.

    Of a large graph the neighbourhood of the question, unless the `whole` is wanted.
    """
    question = session.question
    if question is not None and question.stage == "graph":
        return _draft_drawing(session, width, view, plain)
    if question is not None and question.stage in OF_NETWORKS:
        from backprop_tutor.show.network import session_tables

        return session_tables(session, whole)
    picture = session_picture(session)
    if question is None or whole or not is_folded(session, view):
        return drawn(picture, width, view, plain)
    names = [question.branch.name if question.branch else question.node]
    return Group(drawn(_unfolded_at(picture, names), width, view, plain), Text("`show all` draws everything.", style="dim"))


def is_folded(session: Session, view: str) -> bool:
    """Whether the drawing is a tape that folds away what a question is not about: of graphs too large for a circuit."""
    from backprop_tutor.drawing.terminal import MOST_GATES_OF_A_CIRCUIT

    return view in ("auto", "tape") and len(session.solution.graph.gate_names) > MOST_GATES_OF_A_CIRCUIT


def _unfolded_at(picture: Picture, names: Iterable[str]) -> Picture:
    from backprop_tutor.drawing.folding import neighbourhood

    return replace(picture, unfolded=neighbourhood(picture.graph, names))


def _draft_drawing(session: Session, width: int, view: str, plain: bool) -> RenderableType:
    from backprop_tutor.drawing.picture import Picture

    graph = session.draft.graph
    if graph is None:
        return sentence("Nothing is drawn yet. The inputs are " + ", ".join(session.draft.inputs) + ".", "dim")
    return Group(Text(session.draft.text, style="bold"), drawn(Picture(graph), width, "tape" if view == "auto" else view, plain))


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
    return f"What is the local gradient {asked_for(question)}, where {question.node} = {written}? A formula in node names, or a number."


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
    "graph": _ask_graph, "forward": _ask_forward, "local": _ask_local, "backward": _ask_backward, "symbolic": _ask_symbolic,
    "delta": _ask_delta, "update": _ask_update,
}  # fmt: skip


def help_text(session: Session) -> RenderableType:
    """The words that every prompt takes."""
    question = session.question
    words = {
        **COMMANDS,
        **(LARGE_COMMANDS if is_folded(session, "auto") else {}),
        **(GRAPH_COMMANDS if question is not None and question.stage == "graph" else {}),
    }
    text = Text("An answer is a number (-0.53), a fraction (1/2) or arithmetic, also with node names (0.20*-3, w0*x0).\n")
    for word, meaning in words.items():
        text.append(f"  {word:<6}" + " " * (len(word) > 6), "bold")
        text.append(f"{meaning}\n")
    text.rstrip()
    return text


def ending(session: Session, width: int, view: str, plain: bool) -> RenderableType:
    """The whole graph with every gradient, the patterns that occurred, and the score."""
    graph = session.solution.graph
    gates = {gate.name: gate for gate in graph.gates if gate is not None}
    patterns = Text("\n".join(f"  {name}: {gate.pattern}" for name, gate in gates.items()))
    if graph.forks:
        patterns.append("\n  fork: the gradients add at branches")
    asked_backward = "backward" in session.exercise.stages
    picture = complete_picture(session.solution) if asked_backward else forward_picture(session.solution)
    if session.only and is_folded(session, view):
        asked = [question.branch.name if question.branch else question.node for question in session.questions]
        picture = _unfolded_at(picture, asked)
    parts: list[RenderableType] = [
        heading("All done", width),
        drawn(picture, width, view, plain),
        Text("Patterns in this graph:", style="bold"),
        patterns,
    ]
    if set(OF_NETWORKS) & set(session.exercise.stages):
        from backprop_tutor.show.network import session_tables

        parts += [Text(), session_tables(session), Text()]
    return Group(*parts, score_text(session))


def score_text(session: Session) -> Text:
    """The score, with what helped."""
    score = session.score()
    text = Text(f"{score.right} of {score.total} right", style="bold")
    text.append(f", {score.first_try} at the first try, {score.hints} {'hint' if score.hints == 1 else 'hints'}.", "")
    return text


def unfinished(session: Session) -> Text:
    """What was done so far, where a session ends early."""
    score = session.score()
    left = [question.target for question, done in zip(session.questions, session.progress, strict=True) if done.outcome is None]
    text = Text(f"So far: {score.right} of {score.total} right, {len(left)} left unanswered")
    shown_names = ", ".join(left[:8]) + (", ..." if len(left) > 8 else "")
    text.append(f" ({shown_names})." if left else ".")
    return text
