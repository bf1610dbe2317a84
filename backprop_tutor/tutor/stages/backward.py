"""The stage `backward`: the gradient on each branch, and the sum at each fork."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.mistakes.cases import branch_cases, fork_cases
from backprop_tutor.tutor.stages.circuit import OfCircuit, formula_of, gate_pattern, terms_of
from backprop_tutor.tutor.stages.local import names_of
from backprop_tutor.tutor.stages.stage import Label, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded
    from backprop_tutor.tutor.mistakes.cases import Case


class Backward(OfCircuit):
    """Branch by branch in reverse topological order; the sum at a fork as soon as its branches are done."""

    name = word = "backward"
    carries = True
    shows_gradients = True
    shows_upstream = True
    can_be_wrong_at_gates = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each branch, and each fork's sum."""
        asked: list[Question] = []
        waiting = {name: len(graph.branches_from[name]) for name in graph.forks}
        for gate in reversed(graph.gate_names):
            for branch in graph.branches_into(gate):
                names = names_of(graph, branch)
                asked.append(Question(self, names[0], branch.source, branch, names))
            for source in dict.fromkeys(branch.source for branch in graph.branches_into(gate)):
                if source in waiting:
                    waiting[source] -= sum(branch.source == source for branch in graph.branches_into(gate))
                    if waiting[source] == 0:
                        asked.append(self._sum(source))
        return asked

    def beside(self, graph: Graph) -> list[Question]:
        """The output's own gradient."""
        return [self._sum(graph.output_name)]

    def _sum(self, name: str) -> Question:
        return Question(self, name, name, None, (name,), is_sum=True)

    def symbol(self, question: Question, loss: str = "L") -> str:
        """∂L/∂w0; where the node has several branches, along which."""
        symbol = f"∂{loss}/∂{question.node}"
        along = question.branch is not None and question.target == question.branch.name
        return f"{symbol} along {question.target}" if along else symbol

    def spellings(self, question: Question, loss: str) -> list[str]:
        """∂L/∂w0, and dw0."""
        return [self.symbol(question, loss), *(f"d{name}" for name in question.names if name == question.node)]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """What arrives at the gate, and what is asked."""
        asked = self.symbol(question, exercise.loss)
        if question.branch is None:
            return f"Its branches are done. What is {asked}, the gradient of the fork {question.node}?"
        gate = solution.graph.node(question.branch.gate)
        upstream = f"∂{exercise.loss}/∂{gate.name} = {shown(solution.gradient(gate.name))}"
        return f"{upstream} arrives at {gate.name} = {gate.written}. What is {asked}?"

    def label(self, question: Question) -> Label | None:
        """The branch's gradient, or the fork's."""
        return "gradient", question.branch.name if question.branch is not None else question.node

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """What the branch carries back; of a fork, the node's gradient."""
        solution = at or key.solution
        return (
            solution.gradient(question.node) if question.branch is None else solution.flow(question.branch).downstream
        )

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        """Upstream and local gradient; at a fork what its branches carry."""
        if question.branch is None:
            return [key.solution.flow(branch).downstream for branch in key.graph.branches_from[question.node]]
        flow = key.solution.flow(question.branch)
        return [flow.upstream, flow.local]

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:  # noqa: ARG002
        """The rounded product, or sum."""
        return rounded.gradient(question.node) if question.branch is None else rounded.carried(question.branch)

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the gate is flat at the student's own values and its upstream gradient is not 0."""
        if question.branch is None or attempt.carried.own_local(question.branch) != 0:
            return False
        return any(upstream.value for upstream in attempt.carried.upstreams_of(question.branch.gate))

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """Upstream times local, or the sum of the branches, by the student's own numbers."""
        if question.branch is None:
            return iter(attempt.carried.sums_of(question.node))
        return iter(attempt.carried.products_of(question.branch))

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """Gradients first: of the gates that branches enter, of the branches of a fork."""
        branches = [question.branch] if question.branch is not None else attempt.key.graph.branches_from[question.node]
        yield from ((self.name, branch.gate) for branch in branches)
        if question.branch is None:
            yield from ((self.name, branch.name) for branch in branches)
        yield from super().sources(question, attempt)

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The numbers at the gate, or at the fork."""
        return fork_cases(question, attempt) if question.branch is None else branch_cases(question, attempt)

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:
        """At a fork the sum."""
        words = super().words(question, case, key)
        if question.branch is None and case.flows:
            words["terms"] = " + ".join(signed(flow) for flow in case.flows) + f" = {shown(case.right)}"
        return words

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The gate's pattern."""
        if question.branch is None:
            return "At a fork the gradients add."
        return gate_pattern(question, exercise, solution)

    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """Upstream and local, not multiplied out."""
        if question.branch is None:
            return f"{question.node} has {len(solution.graph.branches_from[question.node])} outgoing branches."
        flow, gate = solution.flow(question.branch), question.branch.gate
        rule = with_number(formula_of(solution, flow), flow.local)
        upstream = f"the upstream gradient ∂{exercise.loss}/∂{gate} is {shown(flow.upstream)}"
        return f"At {gate} {upstream}, and the local gradient ∂{gate}/∂{flow.branch.source} is {rule}."

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The product, or the sum."""
        if question.branch is None:
            return f"∂{exercise.loss}/∂{question.node} = {terms_of(solution, question.node)}"
        flow = solution.flow(question.branch)
        product = f"{shown(flow.upstream)} * {signed(flow.local)} = {shown(flow.downstream)}"
        return f"{self.symbol(question, exercise.loss)} = upstream × local = {product}"

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """The pattern, the local gradient, the numbers not multiplied out, the answer."""
        asked = self.symbol(question, exercise.loss)
        if question.branch is None:
            branches = solution.graph.branches_from[question.node]
            flows = [solution.flow(branch).downstream for branch in branches]
            yield "At a fork the gradients add: every branch contributes what it carries back."
            yield f"{asked} is the sum over {', '.join(branch.name for branch in branches)}."
            yield f"{asked} = {' + '.join(signed(flow) for flow in flows)}, not added up."
        else:
            flow, gate = solution.flow(question.branch), solution.graph.node(question.branch.gate)
            assert gate.gate is not None
            local = f"∂{gate.name}/∂{question.branch.source} = {with_number(formula_of(solution, flow), flow.local)}"
            yield f"{gate.name} = {gate.written} is a gate of the kind {gate.gate.name}, {gate.gate.pattern}."
            yield f"The local gradient is {local}."
            yield f"{asked} = upstream × local = {shown(flow.upstream)} * {signed(flow.local)}, not multiplied out."
        yield f"{self.worked_out(question, exercise, solution)}."


BACKWARD = Backward()
STAGES = (BACKWARD,)
