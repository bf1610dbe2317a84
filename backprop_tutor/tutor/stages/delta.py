"""The stages `error` and `delta`, both asked by the word `delta`: e = yd - y of each output neuron, and δ = -∂L/∂X of
each neuron, from the output layer back. What they share with `update`: neurons and weights have the exercise's names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.marking.network_follow_through import NetworkFollowThrough
from backprop_tutor.tutor.mistakes.cases import Case, Signal
from backprop_tutor.tutor.network import NetworkWords, Signals, symbol_of
from backprop_tutor.tutor.stages.stage import Explained, Question, Stage, Word

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried


class OfNetwork(Stage):
    """A stage about neurons or weights, whatever the student's own graph calls its nodes."""

    picture = "neurons"
    is_by_node = False
    can_be_wrong_at_gates = True

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node; of the graph that has the neurons too, where the student's own has not."""
        solution = attempt.key.signals.solution
        names = attempt.carried.own_names()
        if solution is not attempt.key.solution:
            names |= dict(zip(solution.graph.names, solution.values, strict=True))
        return names, "a node of this graph"


class _Error(OfNetwork):
    """One number an output neuron."""

    name, word = "error", "delta"
    title = "errors and δ"
    carries = True
    not_empty = "The error is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        neurons = Neurons(exercise.graph, exercise.neurons)
        return [
            Question(self, f"{y}.error", symbol_of("e", y), y, (f"{y}.error",), rank=place)
            for place, y in enumerate(neurons.order)
            if not neurons.fed[y]
        ]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        y = question.node
        desired = NetworkWords(exercise, solution).error(y).letters.removesuffix(f" - {y}")
        return f"{y} should be {desired}. What is its error signal {question.symbol}?"

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """Inputs and the neurons' outputs: a line of the graph may be the error itself."""
        names, _ = super().names(question, attempt)
        signals = attempt.key.signals
        given = [*signals.solution.graph.input_names, *signals.neurons.named]
        return {name: names[name] for name in given if name in names}, "an input or a neuron's output"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        return key.signals.error(question.node)

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        values = (rounded.value(question.node) for rounded in key.rounded_of_neurons)
        return [key.signals.desired(question.node) - value for value in values if value is not None]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:  # noqa: ARG002
        """Never: an error is no product."""
        return False

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return through(attempt).errors_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        yield from (("forward", name) for name in (question.node, attempt.key.signals.neurons.named[question.node]))

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        key = attempt.key
        value = key.signals.solution.value(question.node)
        return [Case(self.name, self.expected(question, key), value, zero=key.scale.zero)]

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, Word]:
        """Which of the two outputs comes first."""
        signs = f"It is {key.network_words.error(question.node).letters}, the desired output first"
        return super().words(question, case, key) | {"enough": "", "signs": signs}

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        formula = NetworkWords(exercise, solution).error(question.node)
        return Explained(
            right=f"{formula.symbol} = {formula.letters}.",
            here=f"It is {formula.letters}.",
            hints=(
                f"The error signal of an output neuron is what it should be, less what it is: {formula.letters}.",
                f"{formula.symbol} = {formula.numbers}, not worked out.",
                f"{formula.whole}.",
            ),
        )


class _Delta(OfNetwork):
    """One number a neuron."""

    name = word = "delta"
    title = "errors and δ"
    carries = True
    not_empty = "The delta is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each neuron; a hidden one has no error, so its name is enough."""
        neurons = Neurons(exercise.graph, exercise.neurons)
        asked = []
        for place, y in enumerate(neurons.order):
            names = (f"{y}.delta", y) if neurons.fed[y] else (f"{y}.delta",)
            asked.append(Question(self, names[0], symbol_of("δ", y), y, names, rank=place))
        return asked

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        neurons, y = NetworkWords(exercise, solution).neurons, question.node
        asked = f"{question.symbol} = -∂{exercise.loss}/∂{neurons.named[y]}"
        if not neurons.fed[y]:
            return f"What is {asked}, the delta of the output neuron {y}?"
        feeds = ", ".join(pull.to if pull.weight is None else f"{pull.to} by {pull.weight}" for pull in neurons.fed[y])
        return f"{y} feeds {feeds}. What is {asked}?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        return key.signals.delta(question.node)

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        net = key.signals.neurons.named[question.node]
        gradients = (rounded.gradient(net) for rounded in key.rounded_of_neurons)
        return [-gradient for gradient in gradients if gradient is not None]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the activation is flat at the student's own forward values."""
        return through(attempt).own_derivative(question.node) == 0

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return through(attempt).deltas_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The deltas of the neurons that it feeds, its error, its gradients and its values."""
        neurons, y = attempt.key.signals.neurons, question.node
        yield from ((self.word, f"{pull.to}.delta") for pull in neurons.fed[y])
        yield self.word, f"{y}.error"
        yield from (("backward", name) for name in (neurons.named[y], y))
        yield from (("forward", name) for name in (y, neurons.named[y]))

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        key = attempt.key
        signal = signal_of(key.signals, question.node)
        return [Case(self.name, self.expected(question, key), zero=key.scale.zero, signal=signal)]

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, Word]:
        neuron = neuron_in_words(key.network_words, question.node, case.neuron)
        return super().words(question, case, key) | {"enough": "", "signs": ""} | neuron

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        words, y = NetworkWords(exercise, solution), question.node
        formula, net = words.delta(y), f"-∂{exercise.loss}/∂{words.neurons.named[y]}"
        fed = " and ".join(pull.to for pull in words.neurons.fed[y])
        meaning = (
            f"Nobody says what {y} should be. Its error comes back from the neurons that it feeds, {fed}, through the "
            f"weights between."
            if fed
            else f"{formula.symbol} is {net}: how fast the loss falls as the net input {words.neurons.named[y]} grows."
        )
        return Explained(
            right=f"{formula.symbol} = {formula.letters}, and on the graph it is {net}.",
            here=f"It is {formula.letters}.",
            hints=(
                meaning,
                f"{formula.symbol} = {formula.letters}, with {words.derivative(y).whole}.",
                f"{formula.symbol} = {formula.numbers}, not worked out.",
                f"{formula.whole}.",
            ),
        )

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str]) -> list[str]:
        """The error and the delta of each neuron, below its name."""
        lines = [f"{self.word}:"]
        for neuron, asked in groupby(questions, key=lambda question: question.node):
            lines += [f"  {key_of(neuron)}:", *(f"    {question.kind.name}:" for question in asked)]
        return lines


def through(attempt: Attempt) -> NetworkFollowThrough:
    """What follows from the student's own errors, deltas and gradients."""
    return NetworkFollowThrough(attempt.key.signals, attempt.carried)


def signal_of(signals: Signals, y: str) -> Signal:
    """The numbers behind a neuron's delta."""
    if not signals.neurons.fed[y]:
        cancels = signals.is_error(y)
        factor = 0.0 if cancels else signals.factor(y)
        return Signal(signals.delta(y), signals.derivative(y), signals.arriving(y), factor=factor, cancels=cancels)
    terms = tuple(signals.terms(y)) if signals.comes_back(y) else ()
    outputs = [output for output in signals.neurons.outputs if not signals.is_error(output) and signals.error(output)]
    factors = {round(signals.factor(output), 9) for output in outputs}
    factor = factors.pop() if len(factors) == 1 else 0.0
    renewed = signals.renewed(y) if terms else None
    return Signal(signals.delta(y), signals.derivative(y), signals.arriving(y), terms, renewed, factor)


def neuron_in_words(words: NetworkWords, neuron: str, signal: Signal) -> dict[str, str]:
    """What the sentences of mistakes may say of a neuron's delta."""
    formula = words.delta(neuron)
    square = (
        "you leave out the 2 that comes down from the square: the loss is the square of the error, not half of it"
        if abs(signal.factor - 2) < 1e-6
        else "you keep a factor of 2: the loss is half the square of the error, and the 2 that comes down from the "
        "square cancels the ½"
    )
    return {
        "neuron": neuron, "delta": formula.symbol, "rule": formula.unworked,
        "derivative": words.derivative(neuron).whole,
        "terms": words.terms(neuron).unworked if words.neurons.fed[neuron] else "",
        "square": square,
        "signs": f"{formula.symbol} is -∂{words.loss}/∂{words.neurons.named[neuron]}, with e = yd - y",
    }  # fmt: skip


ERROR, DELTA = _Error(), _Delta()
STAGES = (ERROR, DELTA)
