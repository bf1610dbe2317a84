"""The stage `update`: the new weight after one step of training, marked by the step that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import fine
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.marking.acceptance import is_right_step
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.network import NetworkWords
from backprop_tutor.tutor.stages.delta import OfNetwork, through
from backprop_tutor.tutor.stages.stage import Explained, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot


class _Update(OfNetwork):
    """One number per weight."""

    name = word = "update"
    title = "new weights"
    is_step = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        nodes = exercise.update.nodes if exercise.update else ()
        return [Question(self, name, f"new {name}", name, (name,)) for name in nodes]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        words = NetworkWords(exercise, solution)
        into, name = words.into(question.node), question.node
        step = f"One step with the learning rate α = {words.rate:g}."
        if into is None:
            gradient = f"∂{words.loss}/∂{name} = {fine(solution.gradient(name))}"
            return f"{gradient}. {step} What is the new {name}?"
        what = "threshold" if words.signals.is_threshold(name) else "weight"
        return f"{step} What is the new {what} {name}, which enters {words.neurons.named[into]}?"

    def gives(self, question: Question, key: AnswerKey) -> Sequence[str]:
        """Without neurons, the weight's own gradient."""
        words = key.network_words
        return [f"∂{words.loss}/∂{question.node}"] if words.into(question.node) is None else []

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        return key.solution.value(question.node) + self.measured(question, key)

    def measured(self, question: Question, key: AnswerKey) -> float:
        """The step, -rate * ∂L/∂w: if it is tiny beside the weight, their sum would hide it."""
        return -key.rate * key.solution.gradient(question.node) + 0.0

    def accepts(self, question: Question, answer: Answer, number: float, key: AnswerKey, carried: bool = False) -> bool:
        scale = key.carried_scale if carried else key.scale
        return is_right_step(answer, key.solution.value(question.node), number, scale)

    def given(self, question: Question, answer: Answer, key: AnswerKey) -> float:
        return answer.value - key.solution.value(question.node)

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        if key.signals.solution is not key.solution:
            return []
        gradients = (rounded.gradient(question.node) for rounded in key.rounded)
        return [-key.rate * gradient for gradient in gradients if gradient is not None]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether nothing that the weight carries reaches a neuron at the student's own forward values."""
        return through(attempt).is_idle(question.node)

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return through(attempt).steps_of(question.node, attempt.key.rate)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The weight's gradient, the deltas of the neurons that it enters, and what it multiplies."""
        signals, name = attempt.key.signals, question.node
        into = signals.parameters.get(name, [])
        yield "backward", name
        follows = through(attempt)
        yield from (("delta", name) for one in into for name in follows.behind(one))
        yield from (("backward", signals.neurons.named[one]) for one in into)
        yield from (("forward", factor) for one in into if (factor := signals.neurons.factor(name, one)))

    def size(self, question: Question, answer: Answer, key: AnswerKey) -> str:
        old, right = key.solution.value(question.node), self.expected(question, key)
        if right == old:
            return "Its gradient is 0 here, so it stays as it is."
        if answer.value == old:
            return "That is the old weight. Its gradient is not 0, so it moves."
        if (answer.value > old) == (right > old):
            return "The direction is right, but the size of the step is not."
        return "It moves the wrong way."

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        return key.edits.weight_spot(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        words, name = NetworkWords(exercise, solution), question.node
        formula, rate, convention = words.update(name), f"α = {words.rate:g}", words.convention(name)
        return Explained(
            needed=f"{formula.in_letters} is needed here.",
            hints=(
                f"a step goes downhill, {name} - α·∂{exercise.loss}/∂{name}, with the learning rate {rate}.",
                f"{convention[:1].lower()}{convention[1:]}.",
                f"work out {formula.symbol} = {formula.numbers}.",
            ),
            worked=lambda: formula.whole,
            right=f"{formula.whole}.",
        )


UPDATE = _Update()
STAGES = (UPDATE,)
