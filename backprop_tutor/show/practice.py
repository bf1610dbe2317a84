"""The screens of a practice session: the problem, the graph as it stands, the words that every prompt takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.show.picture import drawn
from backprop_tutor.show.pictures import session_picture
from backprop_tutor.show.words import heading, sentence
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.commands import COMMANDS
from backprop_tutor.tutor.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from backprop_tutor.drawing.picture import Picture

LARGE_COMMANDS = {"show all": "the whole of a large graph"}
GRAPH_COMMANDS = {"done": "judge the graph as it stands", "undo": "take the last line back"}


def problem(exercise: Exercise, width: int, before: str = "") -> RenderableType:
    """What the exercise is about: title (with a word `before` it), statement, circuit as text, the numbers, the given
    upstream."""
    parts: list[RenderableType] = [heading(before + visible(exercise.title), width)]
    if exercise.statement:
        parts.append(sentence("\n".join(map(visible, exercise.statement.strip().split("\n")))))
    lines = [line.strip() for line in exercise.graph_text.replace(";", "\n").split("\n") if line.strip()]
    parts.append(Text("\n".join(f"  {visible(line)}" for line in lines), style="bold"))
    given = ", ".join(f"{name} = {exercise.values[name]:.6g}" for name in exercise.graph.input_names)
    if exercise.seed is not None:
        given += f"  (seed {exercise.seed})"
    parts.append(
        sentence(f"with {given}." if is_the_loss(exercise) else f"with {given}, and {given_upstream(exercise)}.")
    )
    return Group(*parts)


def is_the_loss(exercise: Exercise) -> bool:
    """Whether the circuit's output is the loss itself, so that nothing needs to be given."""
    return exercise.upstream == 1 and exercise.graph.output_name == exercise.loss


def given_upstream(exercise: Exercise, output: str | None = None) -> str:
    """`∂L/∂f = 1.00`."""
    return f"∂{visible(exercise.loss)}/∂{output or exercise.graph.output_name} = {shown(exercise.upstream)}"


def offer(title: str, left: int, started: datetime) -> Text:
    """That a session was left unfinished."""
    return Text(f"{visible(title)}: you left it on {started:%d %B at %H:%M} with {counted(left, 'question')} open.")


def session_drawing(session: Session, width: int, view: str, plain: bool, whole: bool = False) -> RenderableType:
    """The graph as it stands: while the graph is asked, the student's lines; then with what is known and asked.

    Of a large graph the neighbourhood of the question, unless the `whole` is wanted.
    """
    question = session.question
    if question is not None and question.kind.picture == "lines":
        return _draft_drawing(session, width, view, plain)
    if question is not None and question.kind.picture == "neurons":
        from backprop_tutor.show.network import session_tables

        return session_tables(session, whole)
    picture = session_picture(session)
    if question is None or whole or not is_folded(session, view):
        return drawn(picture, width, view, plain)
    names = [question.branch.name if question.branch else question.node]
    return Group(
        drawn(unfolded_at(picture, names), width, view, plain), Text("`show all` draws everything.", style="dim")
    )


def is_folded(session: Session, view: str) -> bool:
    """Whether the drawing is a tape that folds away what a question is not about: of graphs too large for a circuit."""
    from backprop_tutor.drawing.terminal import MOST_GATES_OF_A_CIRCUIT

    return view in ("auto", "tape") and len(session.solution.graph.gate_names) > MOST_GATES_OF_A_CIRCUIT


def unfolded_at(picture: Picture, names: Iterable[str]) -> Picture:
    """A picture with what lies around these nodes and branches, the rest folded away where it is a tape."""
    from backprop_tutor.drawing.tape import neighbourhood

    return replace(picture, unfolded=neighbourhood(picture.graph, names))


def _draft_drawing(session: Session, width: int, view: str, plain: bool) -> RenderableType:
    from backprop_tutor.drawing.picture import Picture

    graph = session.draft.graph
    if graph is None:
        return sentence("Nothing is drawn yet. The inputs are " + ", ".join(session.draft.inputs) + ".", "dim")
    return Group(
        Text(session.draft.text, style="bold"), drawn(Picture(graph), width, "tape" if view == "auto" else view, plain)
    )


def help_text(session: Session) -> RenderableType:
    """The words that every prompt takes."""
    question = session.question
    words = {
        **COMMANDS,
        **(LARGE_COMMANDS if is_folded(session, "auto") else {}),
        **(GRAPH_COMMANDS if question is not None and question.kind.picture == "lines" else {}),
    }
    text = Text(
        "An answer is a number (-0.53), a fraction (1/2) or arithmetic, also with node names (0.20*-3, w0*x0).\n"
    )
    for word, meaning in words.items():
        text.append(f"  {word:<6}" + " " * (len(word) > 6), "bold")
        text.append(f"{meaning}\n")
    text.rstrip()
    return text
