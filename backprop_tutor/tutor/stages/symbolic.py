"""The stage `symbolic`: the output's gradient with respect to each input, as a formula in node names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import formula, shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import listed
from backprop_tutor.tutor.derivation import local_of, rule_of, sides_beyond
from backprop_tutor.tutor.marking.answers import MOST_CHARACTERS
from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question, unasked

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.mistakes.places import Spot


class _Symbolic(OfCircuit):
    """One formula per input, for ∂f rather than ∂L: the output's own gradient counts as 1."""

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
        """The paths to the output, where they begin, the chain rule in these names, the formula."""
        graph, name = solution.graph, question.node
        leaving, output = graph.branches_from[name], graph.output_name
        begins = listed(local_of(solution, branch).in_letters for branch in leaving)
        terms = [
            f"∂{output}/∂{branch.gate} × ∂{branch.gate}/∂{name}" if branch.gate != output else f"∂{output}/∂{name}"
            for branch in leaving
        ]
        add = ", then add up the paths" if len(leaving) > 1 else ""
        return Explained(
            needed=f"Multiply the local gradients along each path from {name} to {output}{add}.",
            hints=(
                f"follow each path from {name} to {output}: multiply the local gradients along it{add}.",
                f"it begins with {begins}.",
                f"{question.symbol} = {' + '.join(terms)}, with a formula for each."
                if terms[0] != question.symbol
                else f"the path is only one gate long, so {question.symbol} is its local gradient.",
            ),
            worked=lambda: f"{question.symbol} = {_formula(question, solution)}",
            right=f"here it comes to {shown(_value(question, solution))}.",
        )

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The formula in the names of the nodes, by the chain rule; None if it is long."""
        graph = key.graph
        formulas: dict[str, str | None] = {graph.output_name: "1"}
        for node in reversed(graph.nodes):
            if node.name not in formulas:
                terms = []
                for branch in graph.branches_from[node.name]:
                    upstream, local = formulas[branch.gate], rule_of(key.solution, branch)
                    terms.append(None if upstream is None else upstream if local == "1" else f"({upstream})*({local})")
                whole = " + ".join(term for term in terms if term is not None)
                formulas[node.name] = None if None in terms or len(whole) > MOST_CHARACTERS else whole
        return formulas[question.node]


def _value(question: Question, solution: Solution) -> float:
    return solution.gradient(question.node) / solution.upstream if solution.upstream else 0.0


@lru_cache(maxsize=1)  # of every input at once, for one question after another
def _formulas(solution: Solution) -> Mapping[str, str]:
    from backprop_tutor.engine.symbolic import gradient_formulas  # SymPy, which earlier rungs do without

    return gradient_formulas(solution.graph, solution.values)


def _formula(question: Question, solution: Solution) -> str:
    found = _formulas(solution).get(question.node)
    if found is not None:
        return f"{formula(found)}{sides_beyond(solution, question.node)}"
    return f"{shown(_value(question, solution))} here, a formula too long to read"


STAGES = (_Symbolic(),)
