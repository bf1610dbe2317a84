"""Solutions, sessions and results as pictures: which numbers are shown on the wires, and how they are marked."""

from __future__ import annotations

from collections.abc import Collection

from backprop_tutor.drawing.picture import Mark, Picture
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import shortened, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict
from backprop_tutor.tutor.session import Session

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


def session_picture(session: Session) -> Picture:
    """The circuit as far as a session has come, with the open question's branch marked."""
    solution, question = session.solution, session.question
    answered = [*session.given(), *(done for done, _ in session.closed())]
    known = {one.kind.label(one) for one in answered} | {("gradient", solution.graph.output_name)}
    values, marks = values_of(solution), {}
    for one in session.lesson:
        label = one.kind.label(one)
        if label is not None and label[0] == "value" and label not in known:
            values[label[1]], marks[f"value:{label[1]}"] = UNKNOWN, Mark.UNKNOWN
    asked = question.kind.label(question) if question is not None else None
    if asked is not None and asked[0] == "value":
        values[asked[1]], marks[f"value:{asked[1]}"] = ASKED, Mark.ASKED
    if question is None or not question.kind.shows_gradients:
        return Picture(solution.graph, values, {}, marks, lit=asked[1] if asked is not None else None)
    gradients = {label[1] for label in known if label is not None and label[0] == "gradient"}
    if len(gradients) == 1 and asked is None and question.branch is None:
        return Picture(solution.graph, values, {}, marks)  # a formula is asked, and no gradient was found before it
    picture = partial_picture(
        solution, gradients, asked[1] if asked else None, question.branch and question.branch.gate
    )
    return Picture(solution.graph, values, picture.gradients, {**picture.marks, **marks}, picture.asked, picture.lit)


def result_picture(solution: Solution, verdicts: Collection[Verdict]) -> Picture:
    """The circuit with each answer as it was written, marked right, carried through or wrong."""
    graph = solution.graph
    values, gradients, marks = values_of(solution), {}, {}
    for verdict in verdicts:
        kind, name = verdict.label or ("", "")
        if kind == "value":
            values[name] = answer_text(verdict)
            marks[f"value:{name}"] = _MARKS[verdict.outcome]
        elif kind == "gradient":
            gradients[name] = answer_text(verdict)
            marks[name] = _MARKS[verdict.outcome]
    return Picture(graph, values, gradients, marks)


def answer_text(verdict: Verdict) -> str:
    """An answer as it stands on a wire: what was written, cut short where it is long."""
    if verdict.answer is None:
        return UNKNOWN
    return shortened(" ".join(visible(verdict.answer).split()), _LONGEST)
