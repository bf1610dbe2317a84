"""The stage `error`, asked by the word `delta`: the error e = yd - y of each output neuron."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.network import Formula, NetworkWords, error_symbol
from backprop_tutor.tutor.stages.neuron import OfNetwork, through
from backprop_tutor.tutor.stages.stage import Question, numbers_in_words

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded


class Error(OfNetwork):
    """One number an output neuron."""

    name, word = "error", "delta"
    carries = True
    not_empty = "The error is not 0 here."

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each output neuron, just before its delta."""
        if not exercise.neurons:
            return []
        neurons = Neurons(exercise.graph, exercise.neurons)
        return [
            Question(self, f"{y}.error", y, None, (f"{y}.error",), rank=2 * place)
            for place, y in enumerate(neurons.order)
            if not neurons.fed[y]
        ]

    def symbol(self, question: Question, loss: str = "L") -> str:  # noqa: ARG002
        """e5."""
        return error_symbol(question.node)

    def formula(self, question: Question, words: NetworkWords) -> Formula:
        """e5 = yd5 - y5."""
        return words.error(question.node)

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """What the output should be, and what its error is."""
        y, words = question.node, NetworkWords(exercise, solution)
        desired = words.error(y).letters.removesuffix(f" - {y}")
        return f"{y} should be {desired}. What is its error signal {error_symbol(y)}?"

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """Inputs and the neurons' outputs: a line of the graph may be the error itself."""
        names, _ = super().names(question, attempt)
        signals = attempt.key.signals
        given = [*signals.solution.graph.input_names, *signals.neurons.named]
        return {name: names[name] for name in given if name in names}, "an input or a neuron's output"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:  # noqa: ARG002
        """yd - y."""
        return key.signals.error(question.node)

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:
        """yd less the rounded y."""
        value = rounded.value(question.node)
        return None if value is None else key.signals.desired(question.node) - value

    def is_flat(self, question: Question, attempt: Attempt) -> bool:  # noqa: ARG002
        """Never: an error is no product."""
        return False

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """From the student's own output."""
        return through(attempt).errors_of(question.node)

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The neuron's output and its net input."""
        yield from (("forward", name) for name in (question.node, attempt.key.signals.neurons.named[question.node]))

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The error alone."""
        key = attempt.key
        value = key.signals.solution.value(question.node)
        return [Case(self.name, self.expected(question, key), value, zero=key.scale.zero)]

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:
        """What the sentences may speak of."""
        signs = f"It is {key.network_words.error(question.node).letters}, the desired output first"
        return numbers_in_words(question, case) | {"enough": "", "signs": signs}

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The formula."""
        formula = self.formula(question, NetworkWords(exercise, solution))
        return f"{formula.symbol} = {formula.letters}."

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """What an error is, its numbers, its value."""
        formula = self.formula(question, NetworkWords(exercise, solution))
        yield f"The error signal of an output neuron is what it should be, less what it is: {formula.letters}."
        yield f"{formula.symbol} = {formula.numbers}, not worked out."
        yield f"{formula.whole}."


ERROR = Error()
