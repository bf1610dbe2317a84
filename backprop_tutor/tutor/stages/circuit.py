"""What the stages about a circuit share: the words of a gate, and what follows through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import filled_in, shown, with_number
from backprop_tutor.engine.passes import Flow, Solution
from backprop_tutor.tutor.stages.stage import Question, Stage, numbers_in_words, sign

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.mistakes.cases import Case


def formula_of(solution: Solution, flow: Flow) -> str:
    """The local gradient of a branch as a formula in the names of this gate's branches."""
    node = solution.graph.node(flow.branch.gate)
    assert node.gate is not None
    return node.gate.local_formula(flow.branch.slot, node.inputs, node.name, node.constant)


def terms_of(solution: Solution, name: str) -> str:
    """The sum at a fork: `-12.00 (g1) + 3.00 (g2) = -9.00`."""
    flows = [solution.flow(branch) for branch in solution.graph.branches_from[name]]
    terms = " + ".join(f"{shown(flow.downstream)} ({flow.branch.gate})" for flow in flows)
    return f"{terms} = {shown(solution.gradient(name))}"


def worked_operands(solution: Solution, name: str) -> str:
    """A gate as its line with the numbers filled in: `2.00 * (-1.00)`."""
    node = solution.graph.node(name)
    assert node.gate is not None
    return filled_in(node.gate, [solution.value(source) for source in node.inputs], node.constant)


class OfCircuit(Stage):
    """A stage about the nodes and branches of a graph."""

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node, by the student's own value where they gave one."""
        return attempt.carried.own_names(), "a node of this graph"

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """What the branches of a question come from: upstream, local gradient, and the values at the gates."""
        graph = attempt.key.graph
        branches = [question.branch] if question.branch is not None else graph.branches_from[question.node]
        yield from (("local", branch.name) for branch in branches)
        gates = [branch.gate for branch in branches]
        yield from (("forward", name) for gate in gates for name in (*graph.node(gate).inputs, gate))

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:
        """What a mistake's sentence may speak of: the branch, its gate and the numbers there."""
        words = numbers_in_words(question, case)
        if question.branch is not None:
            rule = with_number(formula_of(key.solution, key.solution.flow(question.branch)), case.local)
            words |= {"source": question.branch.source, "node": question.branch.gate, "rule": rule}
        if case.is_branch and case.gate:
            words["signs"] = (
                f"Upstream {shown(case.upstream)} is {sign(case.upstream)} and local {shown(case.local)} is "
                f"{sign(case.local)}, so their product is {sign(case.right)}"
            )
        return words


def gate_pattern(question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG001
    """The pattern of the gate that is asked about."""
    node = solution.graph.node(question.gate)
    return f"{node.name} = {node.written}." if node.gate is None else f"{node.gate.name}, {node.gate.pattern}."
