"""The stage `local`: the local gradient of each branch, as a number or as a formula in node names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import with_number
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.mistakes.cases import branch_cases
from backprop_tutor.tutor.stages.circuit import OfCircuit, formula_of
from backprop_tutor.tutor.stages.stage import Label, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded
    from backprop_tutor.tutor.mistakes.cases import Case


def branch_of(question: Question) -> Branch:
    """The branch that a question is about."""
    assert question.branch is not None
    return question.branch


class Local(OfCircuit):
    """One number or formula a branch, gate by gate."""

    name = word = "local"
    carries = True
    shows_gradients = True
    takes_formulas = True
    can_be_wrong_at_gates = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each branch; a node with one branch may stand for it."""
        return [
            Question(self, branch.name, branch.gate, branch, names_of(graph, branch)[::-1]) for branch in graph.branches
        ]

    def symbol(self, question: Question, loss: str = "L") -> str:  # noqa: ARG002
        """∂g1/∂w0."""
        return f"∂{question.node}/∂{branch_of(question).source}"

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """Which local gradient, of which gate."""
        written = solution.graph.node(question.node).written
        return (
            f"What is the local gradient {self.symbol(question, exercise.loss)}, where {question.node} = {written}? A "
            f"formula in node names, or a number."
        )

    def label(self, question: Question) -> Label | None:  # noqa: ARG002
        """None: local gradients stand on no wire."""
        return None

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """The branch's local gradient."""
        return (at or key.solution).flow(branch_of(question)).local

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        """The gate's inputs and its value."""
        gate = branch_of(question).gate
        return [key.solution.value(name) for name in (*key.graph.node(gate).inputs, gate)]

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:  # noqa: ARG002
        """The rounded local gradient."""
        return rounded.local(branch_of(question))

    def is_formula(self, answer: Answer) -> bool:
        """Whether it is written in names."""
        return answer.has_names

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the gate is flat at the student's own values."""
        return attempt.carried.own_local(branch_of(question)) == 0

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """The gate's rule at the student's own values."""
        return iter(attempt.carried.rule_locals_of(branch_of(question)))

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The gate at the true values and at the student's own."""
        return branch_cases(question, attempt)

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The rule."""
        return f"{self.symbol(question, exercise.loss)} = {formula_of(solution, solution.flow(branch_of(question)))}."

    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """The gate, and what to ask of it."""
        node, source = solution.graph.node(branch_of(question).gate), branch_of(question).source
        return f"{node.name} = {node.written}: by how much does {node.name} change when {source} alone moves?"

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The rule and its number."""
        flow = solution.flow(branch_of(question))
        return f"{self.symbol(question, exercise.loss)} = {with_number(formula_of(solution, flow), flow.local)}"

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """What a local gradient is, the gate's pattern, the rule, the number."""
        node, source = solution.graph.node(question.node), branch_of(question).source
        assert node.gate is not None
        yield (
            f"The local gradient looks at one gate alone: how does {node.name} = {node.written} change when only "
            f"{source} moves?"
        )
        yield f"{node.gate.name} in the backward pass: {node.gate.pattern}."
        yield self.right(question, exercise, solution)
        yield f"{self.worked_out(question, exercise, solution)}."


def names_of(graph: Graph, branch: Branch) -> tuple[str, ...]:
    """A node with one branch and that branch are one question, under either name."""
    alone = len(graph.branches_from[branch.source]) == 1
    return (branch.source, branch.name) if alone else (branch.name,)


LOCAL = Local()
STAGES = (LOCAL,)
