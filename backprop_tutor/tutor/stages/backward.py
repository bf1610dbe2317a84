"""The stage `backward`: the gradient on each branch, and the sum at each fork."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import gate_line, shown
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import listed
from backprop_tutor.tutor.derivation import (
    a_or_an,
    carried,
    forks_completed,
    gate_at,
    in_place,
    kind_of,
    local_of,
    sum_of,
)
from backprop_tutor.tutor.stages.local import names_of
from backprop_tutor.tutor.stages.stage import Explained, Label, OfCircuit, Question, Stage

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot

_COUNTS: Final = {2: "two", 3: "three", 4: "four"}
_FEW: Final = 4


class Gradients(Stage):
    """What each branch carries back, in reverse topological order; the sum at a fork as soon as its branches are done.

    Of numbers and of arrays alike: who asks them says how they are asked, and what is right.
    """

    name = word = "backward"
    title = "gradients"
    carries = True
    has_symbols = True
    shows_gradients = True
    shows_upstream = True
    can_be_wrong_at_gates = True

    def is_about(self, name: str, graph: Graph) -> bool:  # noqa: ARG002
        """Whether the gradient of a node is asked."""
        return True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        """Each branch, and each fork after its branches."""
        asked: list[Question] = []
        for gate in reversed(graph.gate_names):
            for branch in graph.branches_into(gate):
                if self.is_about(branch.source, graph):
                    names, symbol = names_of(graph, branch), f"∂{exercise.loss}/∂{branch.source}"
                    symbol += f" along {branch.name}" if names[0] == branch.name else ""
                    label: Label = ("gradient", branch.name)
                    asked.append(Question(self, names[0], symbol, branch.source, names, branch, label=label))
            forks = (name for name in forks_completed(graph, gate) if self.is_about(name, graph))
            asked += [self._sum(name, exercise) for name in forks]
        return asked

    def beside(self, exercise: Exercise, graph: Graph) -> list[Question]:
        """The gradient of the output."""
        return [self._sum(graph.output_name, exercise)]

    def _sum(self, name: str, exercise: Exercise) -> Question:
        return Question(self, name, f"∂{exercise.loss}/∂{name}", name, (name,), label=("gradient", name), is_sum=True)

    def spellings(self, question: Question) -> list[str]:
        """∂L/∂w0, and dw0."""
        return [question.symbol, *(f"d{name}" for name in question.names if name == question.node)]


class _Backward(Gradients, OfCircuit):
    """One number a branch, and one a fork."""

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        if question.branch is None:
            known = "" if exercise.ask else f"All branches of {question.node} are known. "
            return f"{known}What is {question.symbol} in total?"
        gate = solution.graph.node(question.branch.gate)
        if exercise.ask and gate.name not in (*exercise.ask, solution.graph.output_name):  # not found yet
            return f"What is {question.symbol}, through {gate_line(gate.name, gate.written)}?"
        upstream = f"∂{exercise.loss}/∂{gate.name} = {shown(solution.gradient(gate.name))}"
        return f"{upstream} arrives at {gate_line(gate.name, gate.written)}. What is {question.symbol}?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        solution, branch = at or key.solution, question.branch
        return solution.gradient(question.node) if branch is None else solution.flow(branch).downstream

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        """Upstream and local gradient; at a fork, what its branches carry."""
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
        """Gradients first: those of the gates that branches enter (and beyond one that was not answered, of those that
        it enters), then those of a fork's branches, then values."""
        leaving = attempt.key.graph.branches_from
        branches = [question.branch] if question.branch is not None else leaving[question.node]
        beyond = [branch.gate for branch in branches]
        for gate in beyond:
            yield self.name, gate
            if gate not in attempt.carried.backward:
                beyond += [one.gate for one in leaving[gate] if one.gate not in beyond]
        if question.branch is None:
            yield from ((self.name, branch.name) for branch in branches)
        yield from super().sources(question, attempt)
        skipped = [one for gate in beyond if gate not in attempt.carried.backward for one in leaving[gate]]
        yield from (("forward", name) for branch in skipped for name in attempt.key.graph.read_by(branch))

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        if question.branch is None:
            return key.edits.fork_spot(question.node)
        return key.edits.branch_spot(question.branch)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        """The gate's pattern, the local gradient, upstream × local before and after multiplying."""
        if question.branch is None:
            return _explained_fork(question, exercise, solution)
        branch, node = question.branch, solution.graph.node(question.branch.gate)
        gate, local, product = gate_at(solution.graph, node.name), local_of(solution, branch), carried(solution, branch)
        upstream = f"∂{exercise.loss}/∂{node.name}"
        kind = kind_of(gate)
        called = f"{kind}, {a_or_an(gate.role)}: it {gate.does}" if gate.role else f"{kind}: it {gate.does}"
        return Explained(
            needed=f"Upstream × local is needed here: {upstream} × {local.symbol}.",
            hints=(
                f"{gate_line(node.name, node.written)} is {called}.",
                f"the local gradient is {local.in_letters}.",
                f"work out upstream × local = {in_place(solution, branch)}.",
            ),
            worked=lambda: f"{question.symbol} = upstream × local = {product}",
            right=f"{product}. {kind[:1].upper()}{kind[1:]} {gate.does}.",
        )


def _explained_fork(question: Question, exercise: Exercise, solution: Solution) -> Explained:
    name, worked = question.node, sum_of(solution, question.node)
    branches = solution.graph.branches_from[name]
    gates = listed(branch.gate for branch in branches)
    terms = " + ".join(f"∂{exercise.loss}/∂{branch.gate} × ∂{branch.gate}/∂{name}" for branch in branches)
    several = f"{_COUNTS.get(len(branches), len(branches))} branches"
    feeds = f"{name} feeds {gates}" if len({branch.gate for branch in branches}) > 1 else f"{name} enters {gates} twice"
    return Explained(
        needed=f"{name} has {several}: add what all of them carry back.",
        hints=(
            f"{feeds}. At a fork the gradients add: every branch counts.",
            f"{question.symbol} = {terms}." if len(branches) <= _FEW else f"add what all {several} carry back.",
            f"work out {worked.left}.",
        ),
        worked=lambda: f"{question.symbol} = {worked}",
        right=f"{worked}. At a fork the gradients add.",
    )


BACKWARD = _Backward()
STAGES = (BACKWARD,)
