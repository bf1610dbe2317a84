"""What the stages about a network's training share: the neurons and weights have the exercise's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.marking.network_follow_through import NetworkFollowThrough
from backprop_tutor.tutor.mistakes.cases import Signal
from backprop_tutor.tutor.network import Formula, NetworkWords
from backprop_tutor.tutor.signals import Signals
from backprop_tutor.tutor.stages.stage import Label, Question, Stage

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.hand_rounding import Rounded


class OfNetwork(Stage):
    """A stage about neurons or weights, whatever the student's own graph calls its nodes."""

    picture = "neurons"
    is_by_node = False
    can_be_wrong_at_gates = True

    def label(self, question: Question) -> Label | None:  # noqa: ARG002
        """None: it stands in a table."""
        return None

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node; of the graph that has the neurons too, where the student's own has not."""
        solution = attempt.key.signals.solution
        names = attempt.carried.own_names()
        if solution is not attempt.key.solution:
            names |= dict(zip(solution.graph.names, solution.values, strict=True))
        return names, "a node of this graph"

    def rounded(self, key: AnswerKey) -> Iterable[Rounded]:
        """The passes of the graph that has the neurons."""
        return key.rounded_of_neurons

    def formula(self, question: Question, words: NetworkWords) -> Formula:
        """What is asked, in letters and numbers."""
        raise NotImplementedError

    def symbol(self, question: Question, loss: str = "L") -> str:
        """Its symbol alone needs no numbers."""
        raise NotImplementedError

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The formula with its numbers and its value."""
        return self.formula(question, NetworkWords(exercise, solution)).whole

    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The formula in letters."""
        return f"It is {self.formula(question, NetworkWords(exercise, solution)).letters}."


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
