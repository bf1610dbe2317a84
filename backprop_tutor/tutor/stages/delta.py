"""The stages `error` and `delta`, both asked by the word `delta`: e = yd - y of each output neuron, and δ = -∂L/∂X of
each neuron, from the output layer back; or e = y - yd and δ = ∂L/∂X if the exercise says so. Like `update`, they call
neurons and weights by the exercise's names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise, Neurons
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import listed
from backprop_tutor.tutor.marking.network_follow_through import NetworkFollowThrough
from backprop_tutor.tutor.network import NetworkWords, symbol_of
from backprop_tutor.tutor.stages.stage import Explained, Question, Stage

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot


class OfNetwork(Stage):
    """A stage about neurons or weights, whatever names the student's own graph uses."""

    picture = "neurons"
    is_by_node = False
    can_be_wrong_at_gates = True

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node, including those of the graph with the neurons if the student's own lacks them."""
        solution = attempt.key.signals.solution
        names = attempt.carried.own_names()
        if solution is not attempt.key.solution:
            names |= dict(zip(solution.graph.names, solution.values, strict=True))
        return names, "a node of this graph"


class _Error(OfNetwork):
    """One number per output neuron."""

    name, word = "error", "delta"
    title = "errors and δ"
    carries = True
    has_symbols = True
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
        words = NetworkWords(exercise, solution)
        counted = "y - yd" if words.is_gradient else "yd - y"
        return f"{y} should be {words.wanted(y)}. What is its error signal {question.symbol}, defined as {counted}?"

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """Only inputs and the neurons' outputs: a line of the graph may be the error itself."""
        names, _ = super().names(question, attempt)
        signals = attempt.key.signals
        given = [*signals.solution.graph.input_names, *signals.neurons.named]
        return {name: names[name] for name in given if name in names}, "an input or a neuron's output"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        return key.signals.error(question.node)

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        values = (rounded.value(question.node) for rounded in key.rounded_of_neurons)
        desired, sign = key.signals.desired(question.node), key.signals.sign
        return [sign * (value - desired) for value in values if value is not None]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:  # noqa: ARG002
        """Never: an error is no product."""
        return False

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return through(attempt).errors_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        yield from (("forward", name) for name in (question.node, attempt.key.signals.neurons.named[question.node]))

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        return key.edits.error_spot(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        words = NetworkWords(exercise, solution)
        formula, numbers = words.error(question.node), ["what it should be", "what it is"]
        difference = " minus ".join(reversed(numbers) if words.is_gradient else numbers)
        return Explained(
            needed=f"{formula.symbol} = {formula.letters} is needed here.",
            hints=(
                f"here the error of an output neuron is {difference}.",
                f"{formula.symbol} = {formula.letters}.",
                f"work out {formula.symbol} = {formula.numbers}.",
            ),
            worked=lambda: formula.whole,
            right=f"{formula.whole}.",
        )


class _Delta(OfNetwork):
    """One number per neuron."""

    name = word = "delta"
    title = "errors and δ"
    carries = True
    has_symbols = True
    not_empty = "The delta is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each neuron; its name is enough."""
        neurons = Neurons(exercise.graph, exercise.neurons)
        asked = []
        for place, y in enumerate(neurons.order):
            names = (f"{y}.delta", y)  # a single number under a neuron's name never means the error
            asked.append(Question(self, names[0], symbol_of("δ", y), y, names, rank=place))
        return asked

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        neurons, y = NetworkWords(exercise, solution).neurons, question.node
        minus = "" if exercise.sign > 0 else "-"
        asked = f"{question.symbol} = {minus}∂{exercise.loss}/∂{neurons.named[y]}"
        if not neurons.fed[y]:
            return f"What is {asked}, the delta of the output neuron {y}?"
        feeds = ", ".join(pull.to if pull.weight is None else f"{pull.to} by {pull.weight}" for pull in neurons.fed[y])
        return f"{y} feeds {feeds}. What is {asked}?"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        return key.signals.delta(question.node)

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        net = key.signals.neurons.named[question.node]
        gradients = (rounded.gradient(net) for rounded in key.rounded_of_neurons)
        return [key.signals.sign * gradient for gradient in gradients if gradient is not None]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the activation is flat at the student's own forward values."""
        return through(attempt).own_derivative(question.node) == 0

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return through(attempt).deltas_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The deltas of the neurons that it feeds, its error, its gradients and its values."""
        neurons, y = attempt.key.signals.neurons, question.node
        follows = through(attempt)
        yield from ((self.word, name) for pull in neurons.fed[y] for name in follows.behind(pull.to))
        yield self.word, f"{y}.error"
        yield from (("backward", name) for name in (neurons.named[y], y))
        yield from (("forward", name) for name in (y, neurons.named[y]))

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        return key.edits.neuron_spot(question.node)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        words, y = NetworkWords(exercise, solution), question.node
        formula, net, moves = words.delta(y), words.neurons.named[y], "grows" if words.is_gradient else "falls"
        fed = listed(pull.to for pull in words.neurons.fed[y])
        slope, why = words.derivative(y), ""
        if slope.symbol in formula.letters:
            why = f", with {slope.in_letters}"
        elif not fed and words.signals.is_error(y):
            why = f", since the derivative of this loss cancels {slope.symbol}"
        meaning = (
            f"no desired output is given for {y}. Its error comes back from {fed}, through the weights between them."
            if fed
            else f"{formula.symbol} is {words.minus}∂{exercise.loss}/∂{net}: how fast the loss {moves} as {net} grows."
        )
        return Explained(
            needed=f"{formula.symbol} = {formula.letters} is needed here.",
            hints=(
                meaning,
                f"{formula.in_letters}{why}.",
                f"work out {formula.symbol} = {formula.numbers}.",
            ),
            worked=lambda: formula.whole,
            right=f"{formula.whole}.",
        )

    def template(
        self,
        questions: Sequence[Question],
        key_of: Callable[[str], str],
        graph: Graph,  # noqa: ARG002
    ) -> list[str]:
        """The error and the delta of each neuron, under its name."""
        lines = [f"{self.word}:"]
        for neuron, asked in groupby(questions, key=lambda question: question.node):
            lines += [f"  {key_of(neuron)}:", *(f"    {question.kind.name}:" for question in asked)]
        return lines


def through(attempt: Attempt) -> NetworkFollowThrough:
    """What follows from the student's own errors, deltas and gradients."""
    return NetworkFollowThrough(attempt.key.signals, attempt.carried)


ERROR, DELTA = _Error(), _Delta()


def given_away(asked: Iterable[Question], graph: Graph) -> list[str]:
    """The gates whose values would tell an error that is asked for."""
    return [name for one in asked if one.kind is ERROR for name in graph.gates_beyond(one.node)]


STAGES = (ERROR, DELTA)
