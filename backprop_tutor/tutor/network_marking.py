"""Marking of the stages delta and update: errors and deltas by their size, new weights by the step they take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.answers import Answer
from backprop_tutor.tutor.carrying import Carried, Carrying
from backprop_tutor.tutor.following import Following
from backprop_tutor.tutor.mistakes.cases import Case, Signal
from backprop_tutor.tutor.questions import Question
from backprop_tutor.tutor.rightness import Scale, is_right, is_right_step
from backprop_tutor.tutor.rounding import HANDS, Rounded, rounded_passes
from backprop_tutor.tutor.signals import Signals, signals_of


class NetworkMarker:
    """Marks errors, deltas and new weights: about the student's own graph if it has the exercise's neurons, else about
    the exercise's."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.rate = exercise.update.rate if exercise.update else 1.0
        self.solution = solution
        self.signals: Signals = signals_of(exercise, solution)

    @cached_property
    def rounded(self) -> list[Rounded]:
        """Both passes of the graph that has the neurons, rounded to two decimals at every step."""
        return [rounded_passes(self.signals.solution, hand) for hand in HANDS]

    @property
    def names(self) -> dict[str, float]:
        """What the names of the graph that has the neurons stand for."""
        return dict(zip(self.signals.solution.graph.names, self.signals.solution.values, strict=True))

    @property
    def given(self) -> list[str]:
        """What an error is found from: the inputs and the neurons' outputs."""
        return [*self.signals.solution.graph.input_names, *self.signals.neurons.named]

    def expected(self, question: Question) -> float:
        """The exact number that answers a question."""
        if question.stage == "update":
            return self.solution.value(question.node) + self.step(question.node)
        return self.signals.error(question.node) if question.asks_error else self.signals.delta(question.node)

    def step(self, name: str) -> float:
        """-rate * ∂L/∂w."""
        return -self.rate * self.solution.gradient(name) + 0.0

    def agrees(self, question: Question, answer: Answer, number: float, scale: Scale) -> bool:
        """Whether an answer is right for a number: a new weight by its step."""
        if question.stage == "update":
            old = self.solution.value(question.node)
            return is_right_step(answer, old, number - old, scale)
        return is_right(answer, number, scale)

    def is_right(self, question: Question, answer: Answer, scale: Scale) -> bool:
        """Whether an answer is right by itself: exactly, rounded, or as it comes of rounding every step to two
        decimals."""
        if (
            question.stage == "update"
        ):  # by the step itself: where it is tiny beside the weight, their sum would not show it
            old, steps = (
                self.solution.value(question.node),
                [self.step(question.node), *filter(None, self._rounded_steps(question))],
            )
            return any(is_right_step(answer, old, step, scale) for step in steps)
        numbers = [self.expected(question), *filter(None, self._rounded_signals(question))]
        return any(is_right(answer, number, scale) for number in numbers)

    def _rounded_steps(self, question: Question) -> Iterator[float]:
        for rounded in self.rounded if self.signals.solution is self.solution else ():
            gradient = rounded.gradient(question.node)
            if gradient:
                yield -self.rate * gradient

    def _rounded_signals(self, question: Question) -> Iterator[float]:
        for rounded in self.rounded:
            if question.asks_error:
                value = rounded.value(question.node)
                yield 0.0 if value is None else self.signals.desired(question.node) - value
            else:
                yield -(rounded.gradient(self.signals.neurons.named[question.node]) or 0.0)

    def follows(self, question: Question, answer: Answer, carrying: Carrying, scale: Scale) -> Carried | None:
        """What of the student's own an answer follows from; None where it follows from nothing.

        Nothing is gained by emptiness: no step of 0 and no delta of 0 follows but through what is flat at their own
        forward values.
        """
        following = Following(self.signals, carrying)
        if question.stage == "update":
            old = self.solution.value(question.node)
            steps = following.steps_of(question.node, self.rate)
            if answer.value == old:
                return Carried(0.0, slipped=True) if following.is_idle(question.node) else None
            return next((step for step in steps if is_right_step(answer, old, step.value, scale)), None)
        if answer.value == 0:
            flat = not question.asks_error and following.own_derivative(question.node) == 0
            return Carried(0.0, slipped=True) if flat else None
        numbers = following.errors_of(question.node) if question.asks_error else following.deltas_of(question.node)
        return next((number for number in numbers if number.value and is_right(answer, number.value, scale)), None)

    def sources(self, question: Question) -> Iterator[tuple[str, str]]:
        """The answers that a question's number comes from directly, by stage and name."""
        neurons, y = self.signals.neurons, question.node
        if question.stage == "update":
            into = self.signals.parameters.get(y, [])
            yield "backward", y
            yield from (("delta", f"{one}.delta") for one in into)
            yield from (("backward", neurons.named[one]) for one in into)
            yield from (("forward", factor) for one in into if (factor := neurons.factor(y, one)))
            return
        yield from (("delta", f"{pull.to}.delta") for pull in neurons.fed[y])
        yield "delta", f"{y}.error"
        yield from (("backward", name) for name in (neurons.named[y], y))
        yield from (("forward", name) for name in (y, neurons.named[y]))

    def cases(self, question: Question, carrying: Carrying, zero: float) -> list[Case]:
        """The numbers behind a question, as a wrong answer may have used them: the true ones, then the student's own
        delta."""
        right = self.expected(question)
        if question.asks_error:
            return [Case("error", right, self.signals.solution.value(question.node), zero=zero)]
        if question.stage == "delta":
            return [Case("delta", right, zero=zero, signal=self._signal(question.node))]
        old, into = self.solution.value(question.node), self._into(question.node)
        if into is None:
            signal = Signal(
                -self.solution.gradient(question.node),
                1.0,
                -self.solution.gradient(question.node),
                old=old,
                rate=self.rate,
            )
            return [Case("update", right, old, zero=zero, signal=signal)]
        carries, threshold = self.signals.entering(into)[question.node], self.signals.is_threshold(question.node)
        signal = self._signal(into)._replace(old=old, rate=self.rate, carries=carries, is_threshold=threshold)
        found = [Case("update", right, old, zero=zero, signal=signal)]
        own = carrying.delta.get(f"{into}.delta")
        if own is not None and own.value:
            signal = signal._replace(
                delta=own.value, arriving=own.value / signal.slope if signal.slope else 0.0, terms=(), renewed=None
            )
            found.append(Case("update", old + signal.step, old, zero=zero, signal=signal))
        return found

    def _into(self, name: str) -> str | None:
        return self.signals.into(name, self.solution.gradient(name))

    def _signal(self, y: str) -> Signal:
        signals = self.signals
        if not signals.neurons.fed[y]:
            cancels = signals.is_error(y)
            factor = 0.0 if cancels else signals.factor(y)
            return Signal(signals.delta(y), signals.derivative(y), signals.arriving(y), factor=factor, cancels=cancels)
        terms = tuple(signals.terms(y)) if signals.comes_back(y) else ()
        outputs = [
            output for output in signals.neurons.outputs if not signals.is_error(output) and signals.error(output)
        ]
        factors = {round(signals.factor(output), 9) for output in outputs}
        factor = factors.pop() if len(factors) == 1 else 0.0
        return Signal(
            signals.delta(y),
            signals.derivative(y),
            signals.arriving(y),
            terms,
            signals.renewed(y) if terms else None,
            factor,
        )
