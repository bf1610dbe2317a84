"""The stage `delta`: δ = -∂L/∂X of each neuron, from the output layer back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.mistakes.cases import Case, Signal
from backprop_tutor.tutor.network import Formula, NetworkWords, delta_symbol
from backprop_tutor.tutor.stages.error import ERROR
from backprop_tutor.tutor.stages.neuron import OfNetwork, signal_of, through
from backprop_tutor.tutor.stages.stage import Question, numbers_in_words

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded


class Delta(OfNetwork):
    """One number a neuron."""

    name = word = "delta"
    carries = True
    not_empty = "The delta is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each neuron; a hidden one has no error, so its name is enough."""
        if not exercise.neurons:
            return []
        neurons = Neurons(exercise.graph, exercise.neurons)
        return [
            Question(self, f"{y}.delta", y, None, (f"{y}.delta", *([y] if neurons.fed[y] else [])), rank=2 * place + 1)
            for place, y in enumerate(neurons.order)
        ]

    def symbol(self, question: Question, loss: str = "L") -> str:  # noqa: ARG002
        """δ5."""
        return delta_symbol(question.node)

    def formula(self, question: Question, words: NetworkWords) -> Formula:
        """δ5 = ∂y5/∂X5 * e5."""
        return words.delta(question.node)

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """What the neuron feeds, and what its delta is."""
        words, y = NetworkWords(exercise, solution), question.node
        asked = f"{delta_symbol(y)} = -∂{words.loss}/∂{words.neurons.named[y]}"
        if not words.neurons.fed[y]:
            return f"What is {asked}, the delta of the output neuron {y}?"
        feeds = ", ".join(
            pull.to if pull.weight is None else f"{pull.to} by {pull.weight}" for pull in words.neurons.fed[y]
        )
        return f"{y} feeds {feeds}. What is {asked}?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        """-∂L/∂X."""
        return key.signals.delta(question.node)

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:
        """The negative of the rounded gradient."""
        gradient = rounded.gradient(key.signals.neurons.named[question.node])
        return None if gradient is None else -gradient

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the activation is flat at the student's own forward values."""
        return through(attempt).own_derivative(question.node) == 0

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """The slope times what arrives, by the student's own numbers."""
        return through(attempt).deltas_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The deltas of the neurons that it feeds, its error, its gradients and its values."""
        neurons, y = attempt.key.signals.neurons, question.node
        yield from ((self.word, f"{pull.to}.delta") for pull in neurons.fed[y])
        yield self.word, f"{y}.error"
        yield from (("backward", name) for name in (neurons.named[y], y))
        yield from (("forward", name) for name in (y, neurons.named[y]))

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The neuron's numbers."""
        key = attempt.key
        signal = signal_of(key.signals, question.node)
        return [Case(self.name, self.expected(question, key), zero=key.scale.zero, signal=signal)]

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:
        """The neuron's formula and its parts."""
        neuron = neuron_in_words(key.network_words, question.node, case.neuron)
        return numbers_in_words(question, case) | {"enough": "", "signs": ""} | neuron

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The formula, and what it is on the graph."""
        words = NetworkWords(exercise, solution)
        formula, net = self.formula(question, words), words.neurons.named[question.node]
        return f"{formula.symbol} = {formula.letters}, and on the graph it is -∂{words.loss}/∂{net}."

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """Where it comes from, the formula, its numbers, its value."""
        words, y = NetworkWords(exercise, solution), question.node
        formula, net = self.formula(question, words), words.neurons.named[y]
        if not words.neurons.fed[y]:
            yield f"{formula.symbol} is -∂{exercise.loss}/∂{net}: how fast the loss falls as the net input {net} grows."
        else:
            fed = " and ".join(pull.to for pull in words.neurons.fed[y])
            yield (
                f"Nobody says what {y} should be. Its error comes back from the neurons that it feeds, {fed}, through "
                f"the weights between."
            )
        yield f"{formula.symbol} = {formula.letters}, with {words.derivative(y).whole}."
        yield f"{formula.symbol} = {formula.numbers}, not worked out."
        yield f"{formula.whole}."

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str]) -> list[str]:
        """The error and the delta of each neuron, below its name."""
        lines = [f"{self.word}:"]
        for neuron in dict.fromkeys(question.node for question in questions):
            lines.append(f"  {key_of(neuron)}:")
            parts = [question.target for question in questions if question.node == neuron]
            lines += [f"    {part.removeprefix(f'{neuron}.')}:" for part in parts]
        return lines


def neuron_in_words(words: NetworkWords, neuron: str, signal: Signal) -> dict[str, str]:
    """What the sentences of mistakes may say of a neuron's delta."""
    formula = words.delta(neuron)
    return {
        "neuron": neuron, "delta": formula.symbol, "rule": formula.unworked,
        "derivative": words.derivative(neuron).whole,
        "terms": words.terms(neuron).unworked if words.neurons.fed[neuron] else "",
        "square": _square(signal.factor),
        "signs": f"{formula.symbol} is -∂{words.loss}/∂{words.neurons.named[neuron]}, with e = yd - y",
    }  # fmt: skip


def _square(factor: float) -> str:
    if abs(factor - 2) < 1e-6:
        return (
            "you leave out the 2 that comes down from the square: the loss is the square of the error, not half of it"
        )
    return (
        "you keep a factor of 2: the loss is half the square of the error, and the 2 that comes down from the square "
        "cancels the ½"
    )


DELTA = Delta()
STAGES = (ERROR, DELTA)
