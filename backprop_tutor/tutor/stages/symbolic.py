"""The stage `symbolic`: the output's gradient with respect to each input, as a formula in node names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.marking.answers import MOST_CHARACTERS
from backprop_tutor.tutor.mistakes.cases import input_cases
from backprop_tutor.tutor.stages.circuit import OfCircuit, formula_of
from backprop_tutor.tutor.stages.stage import Label, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded
    from backprop_tutor.tutor.mistakes.cases import Case


class Symbolic(OfCircuit):
    """One formula an input. It is of ∂f, not of ∂L: the output's own gradient counts as 1."""

    name = word = "symbolic"
    is_number = False
    takes_formulas = True
    easy_seconds = 60.0

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each input."""
        return [Question(self, name, name, None, (name,), output=graph.output_name) for name in graph.input_names]

    def symbol(self, question: Question, loss: str = "L") -> str:  # noqa: ARG002
        """∂f/∂w0."""
        return f"∂{question.output}/∂{question.node}"

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """Which formula."""
        return f"What is {self.symbol(question, exercise.loss)} as a formula in node names?"

    def label(self, question: Question) -> Label | None:  # noqa: ARG002
        """None: a formula stands on no wire."""
        return None

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """The formula's value."""
        return (at or key.of_output).gradient(question.node)

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:  # noqa: ARG002
        """None: a formula is not rounded."""
        return None

    def is_formula(self, answer: Answer) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def is_flat(self, question: Question, attempt: Attempt) -> bool:  # noqa: ARG002
        """Never: a formula follows from nothing."""
        return False

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:  # noqa: ARG002
        """From nothing."""
        return iter(())

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The gradient, and the input's value."""
        return input_cases(question, attempt)

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """The input's name."""
        node = solution.graph.node(question.node)
        return f"{node.name} = {node.written}."

    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """How many ways lead on."""
        return f"{question.node} has {len(solution.graph.branches_from[question.node])} outgoing branches."

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The formula. Only this needs SymPy."""
        from backprop_tutor.engine.symbolic import gradient_formulas

        value = shown(solution.gradient(question.node) / solution.upstream) if solution.upstream else "0"
        formula = gradient_formulas(solution.graph, solution.values).get(question.node)
        return f"{self.symbol(question, exercise.loss)} = {formula or f'{value} here, a formula too long to read'}"

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """The ways to the output, how they begin, the formula."""
        graph = solution.graph
        yield (
            f"Follow each way from {question.node} to {graph.output_name}: multiply the local gradients along it, then "
            f"add the ways."
        )
        begins = [
            f"∂{branch.gate}/∂{branch.source} = {formula_of(solution, solution.flow(branch))}"
            for branch in graph.branches_from[question.node]
        ]
        yield f"It begins with {' and '.join(begins)}."
        yield f"{self.worked_out(question, exercise, solution)}."

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The formula in the names of the nodes, by the chain rule; None where it is long."""
        return chain_rule(key.solution, question.node)


def chain_rule(solution: Solution, name: str) -> str | None:
    """∂output/∂input by the chain rule, as a formula in the names of the nodes; None where it is long."""
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


SYMBOLIC = Symbolic()
STAGES = (SYMBOLIC,)
