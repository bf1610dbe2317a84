"""The stage `backward`: the gradient on each branch, and the sum at each fork."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.stages.local import names_of
from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question, forks_completed, formula_of

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.mistakes.places import Spot


class _Backward(OfCircuit):
    """Branch by branch in reverse topological order; the sum at a fork as soon as its branches are done."""

    name = word = "backward"
    title = "gradients"
    carries = True
    has_symbols = True
    shows_gradients = True
    shows_upstream = True
    can_be_wrong_at_gates = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        asked: list[Question] = []
        for gate in reversed(graph.gate_names):
            for branch in graph.branches_into(gate):
                names, symbol = names_of(graph, branch), f"∂{exercise.loss}/∂{branch.source}"
                symbol += f" along {branch.name}" if names[0] == branch.name else ""
                asked.append(
                    Question(self, names[0], symbol, branch.source, names, branch, label=("gradient", branch.name))
                )
            asked += [self._sum(name, exercise) for name in forks_completed(graph, gate)]
        return asked

    def beside(self, exercise: Exercise, graph: Graph) -> list[Question]:
        return [self._sum(graph.output_name, exercise)]

    def _sum(self, name: str, exercise: Exercise) -> Question:
        return Question(self, name, f"∂{exercise.loss}/∂{name}", name, (name,), label=("gradient", name), is_sum=True)

    def spellings(self, question: Question) -> list[str]:
        """∂L/∂w0, and dw0."""
        return [question.symbol, *(f"d{name}" for name in question.names if name == question.node)]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        if question.branch is None:
            done = "" if exercise.ask else "Its branches are done. "
            return f"{done}What is {question.symbol}, the gradient of the fork {question.node}?"
        gate = solution.graph.node(question.branch.gate)
        if exercise.ask and gate.name not in (*exercise.ask, solution.graph.output_name):  # nobody has found it yet
            return f"What is {question.symbol}, through {gate.name} = {gate.written}?"
        upstream = f"∂{exercise.loss}/∂{gate.name} = {shown(solution.gradient(gate.name))}"
        return f"{upstream} arrives at {gate.name} = {gate.written}. What is {question.symbol}?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        solution, branch = at or key.solution, question.branch
        return solution.gradient(question.node) if branch is None else solution.flow(branch).downstream

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        """Upstream and local gradient; at a fork what its branches carry."""
        if question.branch is None:
            return [key.solution.flow(branch).downstream for branch in key.graph.branches_from[question.node]]
        flow = key.solution.flow(question.branch)
        return [flow.upstream, flow.local]

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        if question.branch is None:
            return [rounded.gradient(question.node) for rounded in key.rounded]
        return [rounded.carried(question.branch) for rounded in key.rounded]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the gate is flat at the student's own values and its upstream gradient is not 0."""
        if question.branch is None or attempt.carried.own_local(question.branch) != 0:
            return False
        return any(upstream.value for upstream in attempt.carried.upstreams_of(question.branch.gate))

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        if question.branch is None:
            return iter(attempt.carried.sums_of(question.node))
        return iter(attempt.carried.products_of(question.branch))

    def numbers_that_follow(self, question: Question, attempt: Attempt) -> Iterable[float] | None:
        return None if question.branch is None else attempt.carried.product_values(question.branch)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """Gradients first: of the gates that branches enter, of the branches of a fork."""
        branches = [question.branch] if question.branch is not None else attempt.key.graph.branches_from[question.node]
        yield from ((self.name, branch.gate) for branch in branches)
        if question.branch is None:
            yield from ((self.name, branch.name) for branch in branches)
        yield from super().sources(question, attempt)

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        if question.branch is None:
            return key.edits.fork_spot(question.node)
        return key.edits.branch_spot(question.branch)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        """The gate's pattern, the local gradient, upstream × local, not multiplied out and multiplied out."""
        if question.branch is None:
            return _explained_fork(question, solution)
        flow, gate = solution.flow(question.branch), solution.graph.node(question.branch.gate)
        assert gate.gate is not None
        pattern = f"{gate.gate.name}, {gate.gate.pattern}."
        slope = f"∂{gate.name}/∂{question.node}"
        rule = with_number(formula_of(solution, flow.branch, here=True), flow.local)
        upstream = f"At {gate.name} the upstream gradient ∂{exercise.loss}/∂{gate.name} is {shown(flow.upstream)}"
        product = f"{question.symbol} = upstream × local = {shown(flow.upstream)} * {signed(flow.local)}"
        return Explained(
            right=pattern,
            here=f"{upstream}, and the local gradient {slope} is {rule}.",
            hints=(
                f"{gate.name} = {gate.written} is a gate of the kind {pattern}",
                f"The local gradient is {slope} = {rule}.",
                f"{product}, not multiplied out.",
                f"{product} = {shown(flow.downstream)}.",
            ),
        )


def _explained_fork(question: Question, solution: Solution) -> Explained:
    branches = solution.graph.branches_from[question.node]
    terms = " + ".join(signed(solution.flow(branch).downstream) for branch in branches)
    return Explained(
        right="At a fork the gradients add.",
        here=f"{question.node} has {len(branches)} outgoing branches.",
        hints=(
            "At a fork the gradients add: every branch contributes what it carries back.",
            f"{question.symbol} is the sum over {', '.join(branch.name for branch in branches)}.",
            f"{question.symbol} = {terms}, not added up.",
            f"{question.symbol} = {terms} = {shown(solution.gradient(question.node))}.",
        ),
    )


BACKWARD = _Backward()
STAGES = (BACKWARD,)
