"""Solutions, sessions and results as pictures: which numbers are shown on the wires, and how they are marked."""

from __future__ import annotations

from collections.abc import Collection

from backprop_tutor.drawing.picture import Mark, Picture
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.numbers import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import shortened, visible
from backprop_tutor.tutor.questions import Question
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.verdicts import Outcome, Verdict

UNKNOWN = "·"
ASKED = "[?]"
BLANK = "____"
_LONGEST = 9
_MARKS = {
    Outcome.RIGHT: Mark.RIGHT, Outcome.FOLLOW_THROUGH: Mark.CARRIED, Outcome.WRONG: Mark.WRONG,
    Outcome.UNREADABLE: Mark.WRONG, Outcome.MISSING: Mark.MISSING,
}  # fmt: skip


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
    """The circuit as far as a session has come, with the open question's branch marked."""
    solution, graph = session.solution, session.solution.graph
    done = {(question.stage, label_of(question)) for question, _ in session.closed()}
    done |= {(question.stage, label_of(question)) for question in session.given()}
    question = session.question
    known = {name for stage, name in done if stage == "backward"} | {graph.output_name}
    values = values_of(solution)
    marks: dict[str, Mark] = {}
    if "forward" in session.exercise.stages:
        for name in graph.gate_names:
            if ("forward", name) not in done:
                values[name], marks[f"value:{name}"] = UNKNOWN, Mark.UNKNOWN
    if question is None or question.stage not in ("local", "backward"):
        if question is not None and question.stage == "forward":
            values[question.node], marks[f"value:{question.node}"] = ASKED, Mark.ASKED
            return Picture(graph, values, {}, marks, lit=question.node)
        return Picture(graph, values, {}, marks)
    asked = label_of(question) if question.stage == "backward" else None
    picture = partial_picture(solution, known, asked, question.branch.gate if question.branch else None)
    return Picture(graph, values, picture.gradients, {**picture.marks, **marks}, picture.asked, picture.lit)


def result_picture(solution: Solution, verdicts: Collection[Verdict]) -> Picture:
    """The circuit with each answer as it was written, marked right, carried through or wrong."""
    graph = solution.graph
    values, gradients, marks = values_of(solution), {}, {}
    for verdict in verdicts:
        if verdict.stage == "forward" and verdict.target in graph.index:
            values[verdict.target] = answer_text(verdict)
            marks[f"value:{verdict.target}"] = _MARKS[verdict.outcome]
        elif verdict.stage == "backward":
            name = _label(graph, verdict.target)
            if name is not None:
                gradients[name] = answer_text(verdict)
                marks[name] = _MARKS[verdict.outcome]
    return Picture(graph, values, gradients, marks)


def answer_text(verdict: Verdict) -> str:
    """An answer as it stands on a wire: what was written, cut short where it is long."""
    if verdict.answer is None:
        return UNKNOWN
    return shortened(" ".join(visible(verdict.answer).split()), _LONGEST)


def _label(graph: Graph, target: str) -> str | None:
    """The label that an answered name stands for: a node with one branch is that branch."""
    if target in graph.index and target != graph.output_name:
        leaving = graph.branches_from[target]
        return leaving[0].name if len(leaving) == 1 else target
    return target if target in graph.branch_named or target == graph.output_name else None
