"""Each set of numbers proved: gradients equal finite differences, and the exercise's own solution gets full marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backprop_tutor.authoring.differences import Doubt, doubts
from backprop_tutor.authoring.places import Places
from backprop_tutor.authoring.remarks import Remark
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import on_kinks
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.answers import MOST_CHARACTERS
from backprop_tutor.tutor.checking import Checker
from backprop_tutor.tutor.questions import Question, asked_for
from backprop_tutor.tutor.submission import Submission

MOST_MARKED: Final = 2_000
"""Gates up to which the whole solution is marked."""


class Disproved(Remark):
    """A number of ours that is not what it should be."""


def gradients(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """What finite differences do not confirm. On a kink there is no slope to compare."""
    if on_kinks(exercise.solution):
        return
    for doubt in doubts(exercise.solution):
        kind = Remark if doubt.measured is None else Disproved
        yield kind(places.node(doubt.node), what=f"{_doubted(doubt, exercise)}{_at(exercise)}")


def _doubted(doubt: Doubt, exercise: Exercise) -> str:
    what = f"the local gradient of {doubt.branch}" if doubt.branch else f"d{exercise.loss}/d{doubt.node}"
    if doubt.measured is None:
        return f"{what}, {doubt.computed:.6g}, cannot be proved: its numbers are too extreme for finite differences"
    return (
        f"{what} is computed as {doubt.computed:.9g}, but finite differences give {doubt.measured:.9g}. Please "
        f"report it"
    )


def full_marks(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """The questions of which the exercise's own solution, handed in as a student would, does not get full marks."""
    if len(exercise.graph.gate_names) > MOST_MARKED:
        what = (
            f"this circuit has more than {MOST_MARKED:,} gates, so its solution was not marked. No student will "
            f"answer so much."
        )
        yield Remark(places.graph, what=what)
        return
    checker = Checker(exercise)
    answers: dict[str, dict[str, str | None]] = {}
    left_out: set[tuple[str, str]] = set()
    for stage in (stage for stage in exercise.stages if stage != "graph"):
        answers[stage] = {}
        for question in checker.asked[stage]:
            text = own_answer(checker, question)
            if text is not None:
                answers[stage][question.target] = text
                continue
            left_out.add((stage, question.target))
            what = (
                f"{asked_for(question, exercise.loss)} as a formula takes more than {MOST_CHARACTERS:,} "
                f"characters: too long to answer."
            )
            yield Remark(places.part(question.node), what=what)
    drawn = written(exercise.graph) if "graph" in exercise.stages else None
    result = checker.check(Submission(answers, graph=drawn))
    for verdict in result.verdicts:
        if not verdict.outcome.counts and (verdict.stage, verdict.target) not in left_out:
            what = (
                f"{verdict.stage}: our own answer for {verdict.target}, {verdict.answer or 'none'}, is marked "
                f"{verdict.outcome}"
            )
            yield Disproved(places.part(verdict.target), what=f"{what}{_at(exercise)}. Please report it.")
    if result.score + len(left_out) < result.max_score and all(verdict.outcome.counts for verdict in result.verdicts):
        what = f"our own solution gets {result.score:g} of {result.max_score:g}{_at(exercise)}. Please report it."
        yield Disproved(places.graph, what=what)


def own_answer(checker: Checker, question: Question) -> str | None:
    """The answer to a question as one could hand it in; None for a formula that is too long."""
    if question.stage == "symbolic":
        return chain_rule(checker.marker.solution, question.node)
    return repr(checker.marker.expected(question))


def chain_rule(solution: Solution, name: str) -> str | None:
    """The output's gradient with respect to an input as a formula in the names of the nodes, by the chain rule; None
    where it is long."""
    graph = solution.graph
    formulas: dict[str, str | None] = {graph.output_name: "1"}
    for node in reversed(graph.nodes):
        if node.name not in formulas:
            terms = []
            for branch in graph.branches_from[node.name]:
                upstream = formulas[branch.gate]
                local = _local(solution, branch.gate, branch.slot)
                terms.append(None if upstream is None else upstream if local == "1" else f"({upstream})*({local})")
            whole = " + ".join(term for term in terms if term is not None)
            formulas[node.name] = None if None in terms or len(whole) > MOST_CHARACTERS else whole
    return formulas[name]


def _local(solution: Solution, name: str, slot: int) -> str:
    """A local gradient as a formula, as it holds on this side of every kink."""
    node = solution.graph.node(name)
    assert node.gate is not None
    at = [solution.value(source) for source in node.inputs]
    return node.gate.local_formula(slot, node.inputs, name, node.constant, at)


def _at(exercise: Exercise) -> str:
    return "" if exercise.seed is None else f" (at seed {exercise.seed})"
