"""The stages of arrays: what is asked about matrices, in which words, and how it is worked out. They share their words
with the stages of numbers and are loaded only for exercises of arrays. The right answer is an array, a shape or a
formula; `marking.array_attempt` marks it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.array_gates import is_entrywise
from backprop_tutor.engine.array_passes import ArraySolution, gradient_formula, in_words, is_named, pull_of
from backprop_tutor.engine.arrays import Matrix, written, written_shape
from backprop_tutor.engine.formatting import fine
from backprop_tutor.engine.graph import Graph, Shape
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.array_derivation import (
    arrays_of,
    called,
    filled_pull,
    line_of,
    meets,
    named_from,
    named_gates,
    named_nodes,
    new_array,
    pattern_forward,
    result_of,
    shape_rule,
    shape_steps,
    shapes_into,
    spread,
    value_steps,
)
from backprop_tutor.tutor.stages.backward import Gradients
from backprop_tutor.tutor.stages.stage import Explained, Question, Stage, unasked

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey

Right = Matrix | Shape | str
"""The right answer: an array; in the stage `shape` a shape, in the stage `formula` a formula."""


_NUMBERS: Final = re.compile(r"\s*(?:[-+\u2212]?[0-9.]+(?:[eE][-+]?[0-9]+)?[\s,]*)+")


def _as_hint(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"  # behind `hint 1 of 3: `


class ArrayStage(Stage):
    """A kind of question about the arrays of a circuit. Marking only asks it what is `right`."""

    says_value = False
    is_number = False
    takes_formulas = True
    has_symbols = True
    asks_for: ClassVar[str] = "a gradient"
    """What kind of array it asks for; this decides which mistakes are considered."""
    shapes_first: ClassVar[bool] = False
    """Whether the prompt gives the shape of the answer."""

    names = expected = by_hand = is_flat = follows = sources = spot = unasked

    @abstractmethod
    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:
        """The exact answer."""

    def shape(self, question: Question, graph: Graph) -> Shape:
        """The shape of an answer."""
        return graph.shape(question.source)

    def shape_in_prompt(self, question: Question, graph: Graph) -> str:
        """The shape of an answer in numbers."""
        return written_shape(self.shape(question, graph)) if self.shapes_first else ""

    def goes_on(self, text: str, question: Question, graph: Graph) -> bool:
        """Whether a bracket is open, or only the first rows of an array have been typed."""
        if text.count("[") > text.count("]") or text.count("\\begin{") > text.count("\\end{"):
            return True
        rows, columns = self.shape(question, graph)
        lines = text.split("\n")
        if not self.shapes_first or len(lines) >= int(rows) or not all(map(_NUMBERS.fullmatch, lines)):
            return False
        parts = lines[0].split(",") if "," in lines[0] else lines[0].split()
        return len(parts) == columns

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The right answer as it could be handed in."""
        return typed(self.right(question, key.exercise, arrays_of(key.solution)))


def typed(right: Right) -> str:
    """The right answer as it could be typed, with every digit."""
    if isinstance(right, str):
        return right
    return written_shape(right) if isinstance(right, tuple) else written(right, repr)


class _Shape(ArrayStage):
    """The shape of each named gate."""

    name = word = "shape"
    asks_shape = True
    title = "shapes"

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        return [Question(self, name, f"shape of {name}", name, (name,)) for name in named_gates(graph)]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        line = line_of(exercise, question.node, solution.graph.node(question.node).written)
        return f"What is the shape of {question.node} = {line}? (rows x columns)"

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:  # noqa: ARG002
        return solution.graph.shape(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        graph = solution.graph
        line = f"{question.node} = {line_of(exercise, question.node, graph.node(question.node).written)}"
        steps = shape_steps(graph, question.node)
        return Explained(
            needed=f"Here {line}. {shape_rule(graph, question.node)}",
            hints=(
                _as_hint(shape_rule(graph, question.node)),
                f"{shapes_into(graph, question.node)}.",
            ),
            worked=lambda: "; ".join(steps),
            right=f"{'; '.join(steps)}.",
        )


class _Forward(ArrayStage):
    """The value of each named gate."""

    name = word = "forward"
    asks_for = "a value"
    title = "forward values"
    carries = True
    not_empty = "The value is not 0 here."
    shapes_first = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        return [Question(self, name, name, name, (name,), label=("value", name)) for name in named_gates(graph)]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        graph, name = solution.graph, question.node
        line = line_of(exercise, name, graph.node(name).written)
        return f"What is the value of {name} = {line}, {written_shape(graph.shape(name))}?"

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:  # noqa: ARG002
        return solution.array(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        graph, name = solution.graph, question.node
        line = f"{name} = {line_of(exercise, name, graph.node(name).written)}"
        steps = list(value_steps(arrays_of(solution), name))
        return Explained(
            needed=f"{name} is {written_shape(graph.shape(name))}. {shape_rule(graph, name)}",
            hints=(
                f"{line} is {written_shape(graph.shape(name))}.",
                _as_hint(pattern_forward(graph, name)),
                f"work out {'; '.join(step.rpartition(' = ')[0] for step in steps)}.",
            ),
            worked=lambda: f"{'; '.join(steps)}",
            right=f"{line}.",
        )


class _Local(ArrayStage):
    """The local gradient of each branch into a named gate that works entry by entry."""

    name = word = "local"
    is_of_gate = True
    asks_for = "a local gradient"
    title = "local gradients"
    carries = True
    is_by_branch = True
    shapes_first = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        found = []
        for gate in named_gates(graph):
            kind = graph.node(gate).gate
            if kind is not None and is_entrywise(kind):
                for branch in graph.branches_into(gate):
                    symbol = f"∂{gate}/∂{branch.source}"
                    found.append(Question(self, branch.name, symbol, branch.source, (branch.name,), branch))
        return found

    def shape(self, question: Question, graph: Graph) -> Shape:
        return graph.shape(question.gate)

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        gate = solution.graph.node(question.gate)
        return f"{gate.name} = {gate.written} works entry by entry. What is {question.symbol} at each entry?"

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:  # noqa: ARG002
        assert question.branch is not None
        local = solution.array_flow(question.branch).local
        assert local is not None
        return local

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        branch, gate = question.branch, solution.graph.node(question.gate).gate
        assert branch is not None
        assert gate is not None
        node = solution.graph.node(branch.gate)
        rule = gate.local_formula(branch.slot, node.inputs, node.name, node.constant).replace("**", "^")
        rule = rule.replace(" if ", " where ").replace(" else ", ", elsewhere ")
        right = self.right(question, exercise, arrays_of(solution))
        assert isinstance(right, list)
        return Explained(
            needed=f"{node.name} = {node.written} has one local gradient for each entry.",
            hints=(
                f"{called(gate)}.",
                f"{question.symbol} is {rule}, entry by entry.",
            ),
            worked=lambda: f"{question.symbol} = {in_words(right)}",
            right=f"{question.symbol} is {rule}, entry by entry.",
        )


class _Backward(Gradients, ArrayStage):
    """One array a branch, and one a fork, of each node that has a name."""

    shapes_first = True

    def is_about(self, name: str, graph: Graph) -> bool:
        return is_named(graph, name)

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        graph = solution.graph
        shape = written_shape(graph.shape(question.source))
        if question.branch is None:
            return f"All branches of {question.node} are known. What is {question.symbol}, {shape}, in total?"
        gate = named_from(graph, question.branch.gate)
        node = graph.node(gate)
        upstream = f"∂{exercise.loss}/∂{gate} = {in_words(arrays_of(solution).slope(gate))}"
        line = f"{gate} = {line_of(exercise, gate, node.written)}"
        return f"{upstream} arrives at {line}. What is {question.symbol}, {shape}?"

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:  # noqa: ARG002
        branch = question.branch
        return solution.slope(question.node) if branch is None else solution.downstream(branch)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        graph, arrays = solution.graph, arrays_of(solution)
        shape = f"{question.symbol} has the shape of {question.source}, {written_shape(graph.shape(question.source))}."
        if question.branch is None:
            result = in_words(arrays.slope(question.node))
            branches = graph.branches_from[question.node]
            terms = " + ".join(in_words(arrays.downstream(branch)) for branch in branches)
            return Explained(
                needed=f"{question.node} has {len(branches)} outgoing branches.",
                hints=(
                    "at a fork the gradients add: every branch contributes what it carries back.",
                    f"{question.symbol} is the sum over {', '.join(branch.name for branch in branches)}.",
                    f"add up {question.symbol} = {terms}.",
                ),
                worked=lambda: f"{question.symbol} = {terms} = {result}",
                right="At a fork the gradients add, entry by entry.",
            )
        branch, gate = question.branch, graph.node(question.branch.gate)
        assert gate.gate is not None
        pull, why = pull_of(graph, branch, only_named=True), meets(graph, branch)
        numbers, each = filled_pull(arrays, branch), spread(graph, pull, question.source)
        hints: tuple[str, ...] = (shape, f"this is {called(gate.gate)}.", f"{question.symbol} = {pull}{each}.")
        if pull_of(graph, branch) != f"d{branch.gate}":  # which with its numbers is the answer
            hints += (f"work out {question.symbol} = {pull} = {numbers}.",)
        return Explained(
            needed=shape,
            hints=hints,
            worked=lambda: f"{question.symbol} = {pull} = {''.join(result_of(arrays, branch))}",
            right=f"{question.symbol} = {pull}{f': {why}' if why else ''}.",
        )


class _Formula(ArrayStage):
    """The gradient of each named node as a matrix formula."""

    name = word = "formula"
    asks_formula = True
    title = "matrix formulas"

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        return [
            Question(self, name, f"∂{exercise.loss}/∂{name}", name, (name,))
            for name in reversed(named_nodes(graph))
            if name != graph.output_name
        ]

    def spellings(self, question: Question) -> list[str]:
        return [question.symbol, f"d{question.node}"]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        graph = solution.graph
        after = list(dict.fromkeys(named_from(graph, branch.gate) for branch in graph.branches_from[question.node]))
        known = ", ".join(f"d{gate}" for gate in after)
        shape = written_shape(graph.shape(question.node))
        return f"Write {question.symbol}, {shape}, as a formula in the nodes' names and {known}."

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:  # noqa: ARG002
        return gradient_formula(solution.graph, question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        graph = solution.graph
        shape = f"{question.symbol} has the shape of {question.node}, {written_shape(graph.shape(question.node))}."
        branches = graph.branches_from[question.node]
        patterns = []
        for branch in branches:
            gate = graph.node(branch.gate).gate
            assert gate is not None
            patterns.append(called(gate))
        formula = gradient_formula(graph, question.node)
        why = [words for words in (meets(graph, branch) for branch in branches) if words]
        after = dict.fromkeys(named_from(graph, branch.gate) for branch in branches)
        known = ", ".join(f"d{name} is {written_shape(graph.shape(name))}" for name in after)
        others = [source for branch in branches for source in graph.node(branch.gate).inputs if source != question.node]
        sizes = [f"{name} is {written_shape(graph.shape(name))}" for name in dict.fromkeys(others)]
        has_product = any("@" in graph.node(branch.gate).written for branch in branches)
        rule = "only one order gives" if has_product else "the result must be"
        return Explained(
            needed=shape,
            hints=(
                shape,
                f"{question.node} enters {'; and '.join(dict.fromkeys(patterns))}.",
                f"{', '.join([known, *sizes])}: {rule} {written_shape(graph.shape(question.node))}.",
            ),
            worked=lambda: f"{question.symbol} = {formula}{spread(graph, formula, question.node)}",
            right=f"{question.symbol} = {formula}{f': {why[0]}' if why else ''}.",
        )


class _Update(ArrayStage):
    """The new value of each input that a training step changes."""

    name = word = "update"
    is_step = True
    asks_for = "a new weight"
    title = "new weights"
    carries = True
    shapes_first = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        nodes: Sequence[str] = exercise.update.nodes if exercise.update else ()
        return [Question(self, name, f"new {name}", name, (name,)) for name in nodes]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        assert exercise.update is not None
        name = question.node
        step = f"{name} - α·∂{exercise.loss}/∂{name}"
        return f"What is {name} after one step at the rate α = {exercise.update.rate:g}: {step}?"

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Right:
        assert exercise.update is not None
        return new_array(solution, question.node, exercise.update.rate)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        assert exercise.update is not None
        arrays, name, rate = arrays_of(solution), question.node, exercise.update.rate
        step = f"{name} - {rate:g}*d{name}"
        old, slope = in_words(arrays.array(name)), written(arrays.slope(name), fine)
        new = written(new_array(arrays, name, rate), fine)
        return Explained(
            needed=f"One step goes against the gradient, entry by entry: {name} - α·∂{exercise.loss}/∂{name}.",
            hints=(
                f"The new {name} has the shape of {name}.",
                f"new {name} = {step}.",
                f"work out new {name} = {old} - {rate:g}*{slope}.",
            ),
            worked=lambda: f"new {name} = {old} - {rate:g}*{slope} = {new}",
            right=f"new {name} = {step}.",
        )


ARRAY_STAGES: Final[tuple[ArrayStage, ...]] = (_Shape(), _Forward(), _Local(), _Backward(), _Formula(), _Update())
"""The stages of arrays, in the order in which a lesson asks."""
