"""The stage `symbolic`: the output's gradient with respect to each input, as a formula in node names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.marking.answers import MOST_CHARACTERS
from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question, formula_of, unasked

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.mistakes.places import Spot


class _Symbolic(OfCircuit):
    """One formula an input. It is of ∂f, not of ∂L: the output's own gradient counts as 1."""

    name = word = "symbolic"
    title = "formulas"
    is_number = False
    takes_formulas = True
    easy_seconds = 60.0
    by_hand = is_flat = follows = unasked  # a formula is not rounded and follows from nothing

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        return [Question(self, name, f"∂{graph.output_name}/∂{name}", name, (name,)) for name in graph.input_names]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        return f"What is {question.symbol} as a formula in node names?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        return (at or key.of_output).gradient(question.node)

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        leaving = key.graph.branches_from[question.node]
        return key.edits.branch_spot(leaving[0]) if len(leaving) == 1 else key.edits.fork_spot(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        name = question.node
        leaving = solution.graph.branches_from[name]
        here = f"{name} has {len(leaving)} outgoing branches."
        return Explained(f"{name} = {solution.graph.node(name).written}.", here, _ladder(question, solution))

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The formula in the names of the nodes, by the chain rule; None where it is long."""
        graph = key.graph
        formulas: dict[str, str | None] = {graph.output_name: "1"}
        for node in reversed(graph.nodes):
            if node.name not in formulas:
                terms = []
                for branch in graph.branches_from[node.name]:
                    upstream, local = formulas[branch.gate], formula_of(key.solution, branch, here=True)
                    terms.append(None if upstream is None else upstream if local == "1" else f"({upstream})*({local})")
                whole = " + ".join(term for term in terms if term is not None)
                formulas[node.name] = None if None in terms or len(whole) > MOST_CHARACTERS else whole
        return formulas[question.node]


def _ladder(question: Question, solution: Solution) -> Iterator[str]:
    graph, name = solution.graph, question.node
    yield (
        f"Follow each way from {name} to {graph.output_name}: multiply the local gradients along it, then add the ways."
    )
    begins = [
        f"∂{branch.gate}/∂{name} = {formula_of(solution, branch, here=True)}" for branch in graph.branches_from[name]
    ]
    yield f"It begins with {' and '.join(begins)}."
    from backprop_tutor.engine.symbolic import gradient_formulas  # SymPy, which no rung before needs

    value = shown(solution.gradient(name) / solution.upstream) if solution.upstream else "0"
    formula = gradient_formulas(graph, solution.values).get(name)
    yield f"{question.symbol} = {formula or f'{value} here, a formula too long to read'}."


STAGES = (_Symbolic(),)
