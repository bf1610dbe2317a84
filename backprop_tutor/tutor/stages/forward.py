"""The stage `forward`: the value of each gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import gate_line
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import listed
from backprop_tutor.tutor.derivation import gate_at, kind_of, value_of
from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot


class _Forward(OfCircuit):
    """One number per gate, in evaluation order."""

    name = word = "forward"
    title = "forward values"
    carries = True
    says_value = False
    not_empty = "The value is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        return [Question(self, name, name, name, (name,), label=("value", name)) for name in graph.gate_names]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        return f"What is the value of {gate_line(question.node, solution.graph.node(question.node).written)}?"

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Only inputs: the other values are what the questions ask for."""
        return attempt.key.input_values, "an input of this graph"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        return (at or key.solution).value(question.node)

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        return [key.solution.value(name) for name in key.graph.node(question.node).inputs]

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        return [rounded.value(question.node) for rounded in key.rounded]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether no input moves the gate."""
        branches = attempt.key.graph.branches_into(question.node)
        return all(attempt.carried.own_local(branch) == 0 for branch in branches)

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return iter(attempt.carried.values_of(question.node))

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The values of its inputs."""
        return iter([(self.name, name) for name in attempt.key.graph.node(question.node).inputs])

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        return key.edits.value_spot(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        """The gate, its numbers in place, its value."""
        name, node = question.node, solution.graph.node(question.node)
        written, worked = gate_line(name, node.written), value_of(solution, name)
        values = f"value{'s' * (len(set(node.inputs)) > 1)} of {listed(node.inputs)}"
        return Explained(
            needed=f"Put the {values} into {written}.",
            hints=(
                f"{name} is the output of {kind_of(gate_at(solution.graph, name))}. Take the {values} and compute "
                f"{written}.",
                f"work out {name} = {worked.left}.",
            ),
            worked=lambda: f"{name} = {worked}",
            right=f"{name} = {worked}.",
        )


STAGES = (_Forward(),)
