"""Solutions, sessions and results as pictures: which numbers are shown and how they are marked; and pictures as Rich
text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.picture import ASKED, UNKNOWN, Grid, Picture
from backprop_tutor.drawing.solution import forward_picture, partial_picture
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.words import Indented, Look, heading
from backprop_tutor.text import in_points, quoted, shortened, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import asks_about

_LONGEST = 9


def drawn(picture: Picture, look: Look, around: Collection[str] = ()) -> Text:
    """The picture in at most `width` columns; ASCII without colour if `plain`; a large one only `around` these nodes
    and branches."""
    return as_text(grid_of(picture, look, around), look)


def grid_of(picture: Picture, look: Look, around: Collection[str] = ()) -> Grid:
    """The picture as rows of characters."""
    from backprop_tutor.drawing.terminal import terminal_drawing  # 3 ms, not needed where nothing is drawn yet

    return terminal_drawing(picture, look.width, look.view, look.plain, look.rows, around)


def as_text(grid: Grid, look: Look) -> Text:
    """A drawing with its colours."""
    rows = [Text.assemble(*((piece, "" if look.plain else style) for piece, style in row)) for row in grid.rows]
    text = Text("\n", no_wrap=True, overflow="ignore").join(rows)
    text.rstrip()
    return text


def session_picture(session: Session) -> Picture:
    """The circuit as far as a session has come, with the open question's branch marked.

    Gradients get labels as soon as one is found or asked for, and keep them in all later stages.
    """
    solution, question = session.solution, session.question
    if solution.graph.shapes:
        from backprop_tutor.show.array_pictures import (
            session_array_picture,  # circuits of numbers load no code for arrays
        )

        return session_array_picture(session)
    answered = [*session.given(), *(done for done, _ in session.closed())]
    known = {one.label for one in answered}
    values = dict(forward_picture(solution).values)
    if any(one.label and one.label[0] == "value" and one.label not in known for one in session.lesson):
        # What is not asked for is found on the way to the answer, so it is not given away.
        for label in (one.label for one in asks_about(session.exercise, solution.graph)):
            if label is not None and label[0] == "value" and label not in known:
                values[label[1]] = UNKNOWN
    kind, name = (question and question.label) or ("", "")
    lit = question.branch.gate if question is not None and question.branch is not None else None
    if kind == "value":
        values[name], lit = ASKED, name
    found = {label[1] for label in known if label is not None and label[0] == "gradient"}
    if not found and (question is None or not question.kind.shows_gradients):
        return forward_picture(solution)._replace(values=values, lit=lit)
    asked = name if kind == "gradient" else None
    picture = partial_picture(solution, found | {solution.graph.output_name}, asked, lit)
    # A local gradient stands on no wire: its branch is heavy, and what that carries is still what it was.
    of_branch = question.branch.name if question is not None and question.branch is not None else None
    return picture._replace(values=values, asked=asked or of_branch)


def result_picture(solution: Solution, verdicts: Collection[Verdict]) -> Picture:
    """The circuit with each answer as it was written, shortened if long, and marked right, carried through or wrong."""
    numbers: dict[str, dict[str, str]] = {"value": dict(forward_picture(solution).values), "gradient": {}}
    marks = {}
    for verdict in verdicts:
        if verdict.label is not None:
            kind, name = verdict.label
            text = shortened(" ".join(visible(verdict.answer or "").split()), _LONGEST)
            text = quoted(text) if text and verdict.outcome is Outcome.UNREADABLE else text
            numbers[kind][name] = text or UNKNOWN  # of a list where one number belongs, no text is known
            marks[f"value:{name}" if kind == "value" else name] = verdict.outcome.mark
    return Picture(solution.graph, numbers["value"], numbers["gradient"], marks)


def result_screen(exercise: Exercise, solution: Solution, result: Result, look: Look) -> RenderableType:
    """The circuit with each answer marked, the remarks, and the score. `solution` belongs to the graph that the answers
    are about."""
    parts: list[RenderableType] = [heading(visible(exercise.title), look.width)]
    if result.student:
        seed = "" if result.seed is None else f", seed {result.seed}"
        parts.append(Text(f"student {visible(result.student)}{seed}"))
    if solution.graph.shapes:
        from backprop_tutor.show.array_pictures import result_array_picture

        picture = result_array_picture(exercise, solution, result.verdicts, look.plain)
    else:
        picture = result_picture(solution, result.verdicts)
    parts.append(drawn(picture, look))
    differ = len({verdict.points for verdict in result.verdicts if verdict.scored}) > 1
    for stage in dict.fromkeys(verdict.stage for verdict in result.verdicts):
        parts += _remarks(stage, [verdict for verdict in result.verdicts if verdict.stage == stage], differ)
    points = " points" if exercise.points else ""
    return Group(*parts, Text(f"{result.score:g} of {result.max_score:g}{points}", style="bold"))


def _remarks(stage: str, verdicts: Sequence[Verdict], differ: bool) -> Iterator[RenderableType]:
    """How many of a stage's answers were right; then every other one with its message. What each is worth is said where
    points `differ`."""
    yield Text(f"\n{stage}: {_in_short(verdicts)}{_earned(verdicts) if differ else ''}", style="bold")
    for verdict in verdicts:
        if verdict.outcome not in (Outcome.RIGHT, Outcome.MISSING):
            name = (quoted if verdict.outcome is Outcome.UNREADABLE else visible)(verdict.target)
            text = Text(f"{verdict.outcome.sign} {name}{_worth(verdict, differ)}: ", verdict.outcome.style)
            yield Indented(Text.assemble(text, verdict.message.replace("\n", "\n  ")))
    not_there = [verdict for verdict in verdicts if verdict.outcome is Outcome.MISSING]
    missing = [f"{visible(verdict.target)}{_worth(verdict, differ)}" for verdict in not_there]
    if missing:
        not_answered = f"{Outcome.MISSING.sign} not answered: {', '.join(missing)}"
        yield Indented(Text(not_answered, Outcome.MISSING.style))


def _worth(verdict: Verdict, differ: bool) -> str:
    return f" ({in_points(verdict.points)})" if differ and verdict.scored else ""


def _earned(verdicts: Sequence[Verdict]) -> str:
    """The points of a stage's right answers, and those of all its questions."""
    asked = [verdict for verdict in verdicts if verdict.scored]
    earned = sum(verdict.points for verdict in asked if verdict.outcome.counts)
    return f", {earned:g} of {in_points(sum(verdict.points for verdict in asked))}" if asked else ""


def _in_short(verdicts: Sequence[Verdict]) -> str:
    """How many of a stage's questions were right and how many carried through; given values are not counted."""
    asked = [verdict for verdict in verdicts if verdict.scored]
    outcomes = [verdict.outcome for verdict in asked or verdicts]
    through = outcomes.count(Outcome.FOLLOW_THROUGH)
    carried = f", {through} carried through" if through else ""
    remark = "" if asked else " (not scored: the exercise does not ask for it)"
    return f"{outcomes.count(Outcome.RIGHT)} of {len(outcomes)} right{carried}{remark}"
