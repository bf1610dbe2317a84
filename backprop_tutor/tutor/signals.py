"""Errors, deltas and steps as numbers of one solution.

- *error* e_k = yd_k - y_k of an output neuron, whatever the loss is.
- *delta* δ_k = -∂L/∂X_k on the graph, always. For an output neuron with L = ½ Σ e² that is ∂y_k/∂X_k * e_k; with
  cross-entropy and sigmoid it is e_k alone. For a hidden neuron it is ∂y_j/∂X_j * Σ w_jk δ_k.
- *step* of a weight: -rate * ∂L/∂w, which is rate * y_j * δ_k (of a threshold: rate * (-1) * δ_k). The new weight is
  old + step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import fsum, isclose

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.passes import Solution


class Signals:
    """The signals of an exercise's neurons in one solution of a graph that has them."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.solution = solution
        self.neurons = Neurons(solution.graph, exercise.neurons)
        self.rate = exercise.update.rate if exercise.update else None

    def desired(self, y: str) -> float:
        """What an output neuron should be."""
        desired = self.neurons.desired[y]
        assert desired is not None  # the file was checked
        return desired if isinstance(desired, float) else self.solution.value(desired)

    def error(self, y: str) -> float:
        """yd - y of an output neuron."""
        return self.desired(y) - self.solution.value(y)

    def delta(self, y: str) -> float:
        """-∂L/∂X of a neuron."""
        return -self.solution.gradient(self.neurons.named[y]) + 0.0

    def derivative(self, y: str, locals_: Sequence[Sequence[float]] | None = None) -> float:
        """∂y/∂X of a neuron; at other local gradients where they are given."""
        neurons = self.neurons
        return neurons.slopes(neurons.activations[y], y, locals_ or self.solution.locals)[neurons.named[y]]

    def entering(self, y: str, locals_: Sequence[Sequence[float]] | None = None) -> dict[str, float]:
        """∂X/∂node for everything that enters a neuron's net input: w_jk for y_j, y_j for w_jk, -1 for a threshold."""
        if locals_ is None or locals_ is self.solution.locals:
            return self._entering[y]
        return self.neurons.slopes(self.neurons.ways[y], self.neurons.named[y], locals_)

    @cached_property
    def _entering(self) -> dict[str, dict[str, float]]:
        neurons = self.neurons
        return {y: neurons.slopes(way, neurons.named[y], self.solution.locals) for y, way in neurons.ways.items()}

    def terms(self, y: str) -> list[float]:
        """w_jk * δ_k for every neuron that a hidden neuron feeds."""
        return [self.entering(pull.to)[y] * self.delta(pull.to) for pull in self.neurons.fed[y]]

    def arriving(self, y: str) -> float:
        """-∂L/∂y: what ∂y/∂X is multiplied by."""
        return -self.solution.gradient(y) + 0.0

    def factor(self, y: str) -> float:
        """What stands beside the error of an output neuron in -∂L/∂y: 1 for L = ½ Σ e², 2 for Σ e²; 0 where the error
        is 0."""
        error = self.error(y)
        return self.arriving(y) / error if error else 0.0

    def is_error(self, y: str) -> bool:
        """Whether an output neuron's delta is its error alone, as with cross-entropy and sigmoid: the derivative
        cancels."""
        return isclose(self.delta(y), self.error(y)) and not isclose(self.derivative(y), 1.0)

    def comes_back(self, y: str) -> bool:
        """Whether a hidden neuron's delta is ∂y/∂X * Σ w δ: nothing leaves it but into the neurons named."""
        return isclose(self.derivative(y) * fsum(self.terms(y)), self.delta(y))

    def renewed(self, y: str) -> float | None:
        """Σ w δ with the new weights, where there is a rate and every weight is a single input."""
        if self.rate is None or any(pull.weight is None for pull in self.neurons.fed[y]):
            return None
        value = self.solution.value(y)
        return fsum(
            (self.entering(pull.to)[y] + self.rate * value * self.delta(pull.to)) * self.delta(pull.to)
            for pull in self.neurons.fed[y]
        )

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The neurons that each input enters."""
        return {name: self.neurons.receivers(name) for name in self.solution.graph.input_names}

    def into(self, name: str, gradient: float) -> str | None:
        """The one neuron whose delta is behind an input's whole gradient (that of another graph, perhaps); None where
        none is."""
        into = self.parameters.get(name, [])
        if len(into) != 1:
            return None
        through = self.entering(into[0])[name] * self.delta(into[0])
        return into[0] if isclose(through, -gradient) else None

    def is_threshold(self, name: str) -> bool:
        """Whether an input enters one neuron as thresholds do, with -1 and beside no other node."""
        into = self.parameters[name]
        return len(into) == 1 and self.neurons.factor(name, into[0]) is None and self.entering(into[0])[name] == -1


def signals_of(exercise: Exercise, solution: Solution) -> Signals:
    """The signals in a solution if its graph has the exercise's neurons under their names, else in the exercise's
    own."""
    names = {*exercise.neurons, *exercise.neurons.values()}
    if solution is not exercise.solution and names <= solution.graph.index.keys():
        neurons = Neurons(solution.graph, exercise.neurons)
        asked = Neurons(exercise.graph, exercise.neurons)
        if not any(neurons.faults()) and neurons.order == asked.order and neurons.outputs == asked.outputs:
            return Signals(exercise, solution)
    return Signals(exercise, exercise.solution)
