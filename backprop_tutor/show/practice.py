"""The screens of a practice session: the problem, each question, the graph so far, the commands, the ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.picture import MOST_GATES_OF_A_CIRCUIT, Picture
from backprop_tutor.drawing.solution import complete_picture, forward_picture
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.records.sittings import Paused, local
from backprop_tutor.show.pictures import as_text, drawn, grid_of, session_picture
from backprop_tutor.show.words import Indented, Look, heading
from backprop_tutor.text import counted, in_points, listed, reflowed, visible
from backprop_tutor.tutor.commands import Prompt, commands_at
from backprop_tutor.tutor.session import Progress, Session
from backprop_tutor.tutor.stages.backward import BACKWARD
from backprop_tutor.tutor.stages.stage import Question, points_of

COURSE_DONE = (
    "You have done the whole course. `backprop-tutor review` repeats what is due; `backprop-tutor practice --random` "
    "goes on with new circuits."
)
_MOST_NAMES = 4  # of the questions left unanswered
_WORDS = 14  # columns for a command and its short forms


def problem(exercise: Exercise, width: int, before: str = "") -> RenderableType:
    """What the exercise is about: title (with a word `before` it), statement, circuit as text, given numbers."""
    parts: list[RenderableType] = [heading(before + visible(exercise.title), width)]
    if exercise.statement:
        parts.append(Text("\n".join(map(visible, reflowed(exercise.statement).split("\n")))))
    lines = [line.strip() for line in exercise.graph_text.replace(";", "\n").split("\n") if line.strip()]
    parts.append(Text("\n".join(f"  {visible(line)}".replace("**", "^") for line in lines), style="bold"))
    if exercise.is_array:
        from backprop_tutor.show.array_pictures import given_arrays  # exercises of numbers load nothing of arrays

        return Group(*parts, Text("\n".join(given_arrays(exercise))))
    given = ", ".join(f"{name} = {exercise.values[name]:.6g}" for name in exercise.graph.input_names)
    given += "" if is_the_loss(exercise) else f", and {given_upstream(exercise)}"
    given += "" if exercise.seed is None else f" (seed {exercise.seed})"
    return Group(*parts, Indented(Text(f"with {given}."), 0))


def is_the_loss(exercise: Exercise) -> bool:
    """Whether the circuit's output is the loss itself, so that no gradient needs to be given."""
    return exercise.upstream == 1 and exercise.graph.output_name == exercise.loss


def given_upstream(exercise: Exercise) -> str:
    """`∂L/∂f = 1.00`."""
    return f"∂{visible(exercise.loss)}/∂{exercise.graph.output_name} = {shown(exercise.upstream)}"


def welcome(exercises: int) -> Text:
    """The greeting for a first-time user; the prompt is the fifth line."""
    return Text(
        "Welcome. Here you work out the values and gradients of small circuits by hand.\n"
        "When an answer is wrong, you learn why.\n"
        "At any question you can type hint, show, skip, back, quit or help.\n"
        f"Your answers stay on this computer. Type list to see the {exercises} exercises."
    )


def prompt_of(question: Question, graph: Graph) -> str:
    """The prompt; for arrays, with the shape of the answer."""
    if question.kind.picture == "lines":
        return "> "
    shape = question.kind.shape_in_prompt(question, graph)
    return f"{question.symbol} ({shape}) > " if shape else f"{question.symbol} > "


def worth(question: Question, exercise: Exercise) -> str:
    """`, 2 points`, where an exercise says what its questions are worth."""
    return f", {in_points(points_of(question, exercise))}" if exercise.points else ""


def called(question: Question) -> str:
    """The unique name of a question, for a line of its own or a list."""
    return "graph" if question.kind.picture == "lines" else question.symbol


def offer(paused: Paused) -> Text:
    """Says that a session was left unfinished."""
    left = f"{local(paused.sitting.started / 1000):%d %B at %H:%M} with {counted(paused.left, 'question')} open."
    return Text(f'You left "{visible(paused.exercise.title)}" on {left}')


def answered(done: Progress) -> Text:
    """The earlier answer to a question that is revisited."""
    given = "Your circuit" if done.answer is None else f"Your answer, {visible(done.answer.text.strip())},"
    return Text(f"{given} is right. Press Enter to go on.", "right")


def session_drawing(
    session: Session, look: Look, whole: bool = False, explains: bool = False, is_asked_for: bool = False
) -> RenderableType:
    """The graph so far, or the student's own; if it is large, only the part near the question, unless `whole`; with a
    key to the numbers of a circuit, if it `explains` itself. Of a network its tables, or circles where a drawing
    `is_asked_for`."""
    question = session.question
    if question is not None and question.kind.picture == "lines":
        return _draft_drawing(session, look)
    if question is not None and question.kind.picture == "neurons":
        return (_network_circles(session, look) if is_asked_for else None) or _network_tables(session, whole)
    around = () if question is None or whole else labels_of([question])
    grid = grid_of(session_picture(session), look._replace(rows=0) if whole else look, around)
    notes = {
        "folded": "`show all` draws everything.",
        "circuit": "" if not explains
        else "above a wire: its shape, rows x columns" if session.exercise.is_array
        else f"above a wire: its value; below: the gradient of {visible(session.exercise.loss)}",
    }  # fmt: skip
    note = notes.get(grid.form, "")
    return Group(as_text(grid, look), *([Text(note, style="quiet")] if note else []))


def _network_tables(session: Session, whole: bool = False) -> RenderableType:
    from backprop_tutor.show.network import session_tables  # 15 ms, paid only for questions about a network

    return session_tables(session, whole)


def _network_circles(session: Session, look: Look) -> RenderableType | None:
    from backprop_tutor.show.network import session_circles  # as the tables are

    return session_circles(session, look)


def labels_of(asked: Iterable[Question]) -> list[str]:
    """The nodes and branches that questions are about."""
    return [question.node if question.branch is None else question.branch.name for question in asked]


def _draft_drawing(session: Session, look: Look) -> RenderableType:
    graph = session.draft.graph
    if graph is None:
        return Text(f"Nothing is drawn yet. The inputs are {', '.join(session.draft.inputs)}.", "quiet")
    return Group(Text(session.draft.text, style="bold"), drawn(Picture(graph), look))


def help_text(session: Session) -> RenderableType:
    """What an answer to the open question looks like, and the commands that its prompt takes."""
    question = session.question
    prompts = [Prompt.QUESTION]
    prompts += [Prompt.LARGE] if len(session.solution.graph.gate_names) > MOST_GATES_OF_A_CIRCUIT else []
    is_drawing = question is not None and question.kind.picture == "lines"
    prompts += [Prompt.DRAWING] if is_drawing else []
    names = () if is_drawing else session.solution.graph.names
    text = Text(_answers_to(question, session.exercise.is_array))
    for command in commands_at(*prompts).values():
        words = ", ".join(word for word in (command.word, *command.also) if word not in names)
        text.append(f"\n  {words:<{_WORDS}}", "bold").append(command.says)
    return text


def _answers_to(question: Question | None, is_array: bool) -> str:
    if question is not None and question.kind.picture == "lines":
        return "Type one gate per line, such as a = w0*x0. Type a line again to change it."
    if question is not None and question.kind.asks_shape:
        return "An answer is a shape, rows x columns: 2x3."
    if question is not None and question.kind.asks_formula:
        return "An answer is a matrix formula, such as dq @ x.T or sum(dZ, axis=0)."
    if is_array:
        return "An answer is an array, [1 2; 3 4] or one row per line, or a formula such as dq @ x.T."
    if question is not None and question.kind.takes_formulas:
        number = ", or a number (-0.53, 1/2)" if question.kind.is_number else ""
        return f"An answer is a formula in the names of the circuit (x0, 2*x, -1/x^2){number}."
    return "An answer is a number (-0.53), a fraction (1/2) or arithmetic, with or without names (0.20*-3, w0*x0)."


def ending(session: Session, look: Look) -> RenderableType:
    """The whole graph with every gradient, the patterns that occurred, and the score."""
    graph = session.solution.graph
    gates = {gate.name: gate for gate in graph.gates if gate is not None}
    patterns = [gate.summary for gate in gates.values()]
    patterns += ["fork: the gradients of its branches add"] if graph.forks else []
    has_gradients = any(
        question.kind is BACKWARD or (graph.shapes and question.kind.shows_gradients) for question in session.lesson
    )
    picture = (complete_picture if has_gradients else forward_picture)(session.solution)
    around = labels_of(session.questions) if session.only else ()
    parts: list[RenderableType] = [heading("The whole circuit", look.width), drawn(picture, look, around)]
    parts += [Text("Patterns in this graph:", style="bold"), Indented(Text("\n".join(patterns)))]
    if any(question.kind.picture == "neurons" for question in session.lesson):
        parts += [Text(), _network_tables(session), Text()]
    score = session.score()
    sum_ = Text(f"All done: {score.right} of {score.total}", style="bold")
    sum_.append(f", {score.first_try} on the first try, {counted(score.hints, 'hint')}.")
    return Group(*parts, sum_.append(f" {score.points:g} of {score.most:g} points." if session.exercise.points else ""))


def unfinished(session: Session, is_kept: bool) -> Text:
    """The score so far when a session ends early, and whether it can be resumed."""
    score = session.score()
    asked = zip(session.questions, session.progress, strict=True)
    left = [question for question, done in asked if done.outcome is None]
    symbols = Counter(map(called, left))
    apart = [name if symbols[name := called(one)] == 1 else f"{one.stage} {one.target}" for one in left]
    names = f" ({listed(apart, most=_MOST_NAMES)})" if left else ""
    kept = " Your place is kept." if is_kept else ""
    return Text(f"So far: {score.right} of {score.total} right, {len(left)} left unanswered{names}.{kept}")
