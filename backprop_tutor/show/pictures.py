"""Solutions, sessions and results as pictures, which numbers are shown and how marked; and pictures as Rich text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from rich.text import Text

from backprop_tutor.drawing.picture import ASKED, UNKNOWN, Picture
from backprop_tutor.drawing.terminal import terminal_drawing
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import shortened, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages.stage import Question

BLANK = "____"
_LONGEST = 9
COLOURS: Final = {
    "value": "green", "gradient": "red", "asked": "bold yellow", "gate": "bold", "quiet": "dim",
    **{outcome.mark: outcome.style for outcome in reversed(Outcome)},  # what cannot be read looks as what is wrong
}  # fmt: skip
"""The colour of each style of a grid; one that is absent keeps the terminal's own."""


def drawn(picture: Picture, width: int, view: str = "auto", plain: bool = False) -> Text:
    """The picture in at most `width` columns, as a `view` of terminal.VIEWS; ASCII without colour if `plain`."""
    text = Text(no_wrap=True, overflow="ignore")
    for row in terminal_drawing(picture, width, view, plain).rows:
        for piece, style in row:
            text.append(piece, "" if plain else COLOURS.get(style, ""))
        text.append("\n")
    text.rstrip()
    return text


def gradient_names(graph: Graph) -> list[str]:
    """The names under which a picture has a gradient: every branch, every fork's sum, and the output."""
    return [*(branch.name for branch in graph.branches), *graph.forks, graph.output_name]


def gradient_text(solution: Solution, name: str) -> str:
    """The true gradient of a label."""
    branch = solution.graph.branch_named.get(name)
    return shown(solution.flow(branch).downstream if branch else solution.gradient(name))


def values_of(solution: Solution) -> dict[str, str]:
    """Every forward value as it is shown."""
    return {name: shown(value) for name, value in zip(solution.graph.names, solution.values, strict=True)}


def forward_picture(solution: Solution) -> Picture:
    """The circuit with its forward values alone."""
    return Picture(solution.graph, values_of(solution))


def complete_picture(solution: Solution, lit: str | None = None) -> Picture:
    """The circuit with every value and every gradient."""
    gradients = {name: gradient_text(solution, name) for name in gradient_names(solution.graph)}
    return Picture(solution.graph, values_of(solution), gradients, lit=lit)


def blank_picture(solution: Solution) -> Picture:
    """The circuit with every value, and a blank to fill in for every gradient but the given one."""
    names = [name for name in gradient_names(solution.graph) if name != solution.graph.output_name]
    given = {solution.graph.output_name: gradient_text(solution, solution.graph.output_name)}
    return Picture(solution.graph, values_of(solution), dict.fromkeys(names, BLANK) | given)


def partial_picture(
    solution: Solution, known: Collection[str], asked: str | None = None, lit: str | None = None
) -> Picture:
    """The circuit with every value, the gradients that are known, and the one that is asked or worked on."""
    names = gradient_names(solution.graph)
    gradients = {name: gradient_text(solution, name) if name in known else UNKNOWN for name in names}
    if asked in gradients and asked not in known:
        gradients[asked] = ASKED
    return Picture(solution.graph, values_of(solution), gradients, {}, asked, lit)


def label_of(question: Question) -> str:
    """The name of the label that a question asks for."""
    return question.branch.name if question.branch is not None else question.node


def session_picture(session: Session) -> Picture:
    """The circuit as far as a session has come, with the open question's branch marked.

    Gradients have labels as soon as one was found or is asked for, and keep them in every stage that follows.
    """
    solution, question = session.solution, session.question
    answered = [*session.given(), *(done for done, _ in session.closed())]
    known = {one.label for one in answered}
    values = values_of(solution)
    for label in (one.label for one in session.lesson):
        if label is not None and label[0] == "value" and label not in known:
            values[label[1]] = UNKNOWN
    kind, name = (question and question.label) or ("", "")
    lit = question.branch.gate if question is not None and question.branch is not None else None
    if kind == "value":
        values[name], lit = ASKED, name
    found = {label[1] for label in known if label is not None and label[0] == "gradient"}
    if not found and (question is None or not question.kind.shows_gradients):
        return Picture(solution.graph, values, lit=lit)
    asked = name if kind == "gradient" else None
    picture = partial_picture(solution, found | {solution.graph.output_name}, asked, lit)
    return replace(picture, values=values)


def result_picture(solution: Solution, verdicts: Collection[Verdict]) -> Picture:
    """The circuit with each answer as it was written, marked right, carried through or wrong."""
    graph = solution.graph
    values, gradients, marks = values_of(solution), {}, {}
    for verdict in verdicts:
        kind, name = verdict.label or ("", "")
        if kind == "value":
            values[name], marks[f"value:{name}"] = answer_text(verdict), verdict.outcome.mark
        elif kind == "gradient":
            gradients[name], marks[name] = answer_text(verdict), verdict.outcome.mark
    return Picture(graph, values, gradients, marks)


def answer_text(verdict: Verdict) -> str:
    """An answer as it stands on a wire: what was written, cut short where it is long."""
    if verdict.answer is None:
        return UNKNOWN
    return shortened(" ".join(visible(verdict.answer).split()), _LONGEST)
