"""Solutions, sessions and results as pictures, and pictures as Rich text: which numbers are shown, and how they are
marked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from rich.text import Text

from backprop_tutor.drawing.picture import Mark, Picture
from backprop_tutor.drawing.terminal import terminal_drawing
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.numbers import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import columns, visible
from backprop_tutor.tutor.questions import Question
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.verdicts import Outcome, Verdict

UNKNOWN = "·"
ASKED = "[?]"
BLANK = "____"
_LONGEST = 9
COLOURS: Final = {
    "value": "green", "gradient": "red", "asked": "bold yellow", "gate": "bold", "quiet": "dim",
    **{outcome.mark: outcome.style for outcome in reversed(Outcome)},  # what cannot be read looks as what is wrong
}  # fmt: skip
"""The colour of each style of a grid; one that is absent keeps the terminal's own."""


def drawn(picture: Picture, width: int, view: str = "auto", plain: bool = False) -> Text:
    """The picture in at most `width` columns, as `view` (auto, circuit, tape or tree); ASCII without colour if
    `plain`."""
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
    marks = {name: Mark.UNKNOWN for name in names if name not in known}
    if asked in gradients and asked not in known:
        marks[asked], gradients[asked] = Mark.ASKED, ASKED
    return Picture(solution.graph, values_of(solution), gradients, marks, asked, lit)


def label_of(question: Question) -> str:
    """The name of the label that a question asks for."""
    return question.branch.name if question.branch is not None else question.node


def session_picture(session: Session) -> Picture:
    """The circuit as far as a session has come, with the open question's branch marked.

    Gradients have labels as soon as one was found or is asked for, and keep them in every stage that follows.
    """
    solution, graph, question = session.solution, session.solution.graph, session.question
    done = {(question.stage, label_of(question)) for question, _ in session.closed()}
    done |= {(question.stage, label_of(question)) for question in session.given()}
    values, marks = values_of(solution), dict[str, Mark]()
    if "forward" in session.exercise.stages:
        for name in graph.gate_names:
            if ("forward", name) not in done:
                values[name], marks[f"value:{name}"] = UNKNOWN, Mark.UNKNOWN
    stage, lit = ("", None) if question is None else (question.stage, question.branch and question.branch.gate)
    if question is not None and stage == "forward":
        values[question.node], marks[f"value:{question.node}"], lit = ASKED, Mark.ASKED, question.node
    found = {name for of, name in done if of == "backward"}
    if not found and stage not in ("local", "backward"):
        return Picture(graph, values, {}, marks, lit=lit)
    asked = label_of(question) if question is not None and stage == "backward" else None
    picture = partial_picture(solution, found | {graph.output_name}, asked, lit)
    return replace(picture, values=values, marks={**picture.marks, **marks})


def result_picture(solution: Solution, verdicts: Collection[Verdict]) -> Picture:
    """The circuit with each answer as it was written, marked right, carried through or wrong."""
    graph = solution.graph
    values, gradients, marks = values_of(solution), {}, {}
    for verdict in verdicts:
        if verdict.stage == "forward" and verdict.target in graph.index:
            values[verdict.target] = answer_text(verdict)
            marks[f"value:{verdict.target}"] = Mark(verdict.outcome.mark)
        elif verdict.stage == "backward":
            name = _label(graph, verdict.target)
            if name is not None:
                gradients[name] = answer_text(verdict)
                marks[name] = Mark(verdict.outcome.mark)
    return Picture(graph, values, gradients, marks)


def answer_text(verdict: Verdict) -> str:
    """An answer as it stands on a wire: what was written, cut short where it is long."""
    if verdict.answer is None:
        return UNKNOWN
    text = " ".join(visible(verdict.answer).split())
    return text if columns(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _label(graph: Graph, target: str) -> str | None:
    """The label that an answered name stands for: a node with one branch is that branch."""
    if target in graph.index and target != graph.output_name:
        leaving = graph.branches_from[target]
        return leaving[0].name if len(leaving) == 1 else target
    return target if target in graph.branch_named or target == graph.output_name else None
