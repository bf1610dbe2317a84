"""Errors, deltas and steps as numbers of one solution; and in words, each formula in the names of these neurons, with
its numbers, worked out or not.

- *error* e_k = yd_k - y_k of an output neuron, whatever the loss is.
- *delta* δ_k = -∂L/∂X_k on the graph, always. For an output neuron with L = ½ Σ e² that is ∂y_k/∂X_k * e_k; with
  cross-entropy and sigmoid it is e_k alone. For a hidden neuron it is ∂y_j/∂X_j * Σ w_jk δ_k.
- *step* of a weight: -rate * ∂L/∂w, which is rate * y_j * δ_k (of a threshold: rate * (-1) * δ_k). The new weight is
  old + step.

An exercise may take the gradient itself: e_k = y_k - yd_k and δ_k = ∂L/∂X_k. Its `sign` is then 1, and else -1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from math import fsum, isclose
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.engine.formatting import apart, fine, fine_signed
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward

_HALVINGS: Final = 40


class Signals:
    """The signals of an exercise's neurons in one solution of a graph that has them."""

    def __init__(self, exercise: Exercise, solution: Solution, neurons: Neurons | None = None) -> None:
        self.solution = solution
        self.neurons = neurons or Neurons(solution.graph, exercise.neurons)
        self.rate = exercise.update.rate if exercise.update else None
        self.sign = exercise.sign

    def desired(self, y: str) -> float:
        """What an output neuron should be."""
        desired = self.neurons.desired[y]
        assert desired is not None  # the file was checked
        return desired if isinstance(desired, float) else self.solution.value(desired)

    def error(self, y: str) -> float:
        """yd - y of an output neuron, or y - yd."""
        return self.sign * (self.solution.value(y) - self.desired(y)) + 0.0

    def delta(self, y: str) -> float:
        """-∂L/∂X of a neuron, or ∂L/∂X."""
        return self.sign * self.solution.gradient(self.neurons.named[y]) + 0.0

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
        """-∂L/∂y, or ∂L/∂y: what ∂y/∂X is multiplied by."""
        return self.sign * self.solution.gradient(y) + 0.0

    def factor(self, y: str) -> float:
        """What stands beside an output neuron's error in what arrives: 1 for L = ½ Σ e², 2 for Σ e²; 0 if it is 0."""
        error = self.error(y)
        return self.arriving(y) / error if error else 0.0

    def is_error(self, y: str) -> bool:
        """Whether an output neuron's delta is its error alone: with cross-entropy and sigmoid its slope cancels."""
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
            (self.entering(pull.to)[y] - self.sign * self.rate * value * self.delta(pull.to)) * self.delta(pull.to)
            for pull in self.neurons.fed[y]
        )

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The neurons that each input enters."""
        return {name: self.neurons.receivers(name) for name in self.solution.graph.input_names}

    def into(self, name: str, gradient: float) -> str | None:
        """The one neuron, if any, whose delta is behind an input's whole gradient (perhaps that of another graph)."""
        into = self.parameters.get(name, [])
        if len(into) != 1:
            return None
        through = self.entering(into[0])[name] * self.delta(into[0])
        return into[0] if isclose(through, self.sign * gradient) else None

    def is_threshold(self, name: str) -> bool:
        """Whether an input enters one neuron as thresholds do, with -1 and beside no other node."""
        into = self.parameters[name]
        return len(into) == 1 and self.neurons.factor(name, into[0]) is None and self.entering(into[0])[name] == -1


def signals_of(exercise: Exercise, solution: Solution) -> Signals:
    """The signals in a solution if its graph has the exercise's neurons by their names, else in the exercise's own."""
    names = {*exercise.neurons, *exercise.neurons.values()}
    if solution is not exercise.solution and names <= solution.graph.index.keys():
        neurons = Neurons(solution.graph, exercise.neurons)
        asked = Neurons(exercise.graph, exercise.neurons)
        if not any(neurons.faults()) and neurons.order == asked.order and neurons.outputs == asked.outputs:
            return Signals(exercise, solution)
    return Signals(exercise, exercise.solution)


class Formula(NamedTuple):
    """`symbol` = `letters` = `numbers` = `value`: δ5 = ∂y5/∂X5 * e5 = 0.2499 * (-0.5097) = -0.1274."""

    symbol: str
    letters: str
    numbers: str
    value: str

    @property
    def whole(self) -> str:
        """All of it in one line."""
        return self.unworked + (f" = {self.value}" if self.numbers != self.value else "")

    @property
    def unworked(self) -> str:
        """The same without its value."""
        return f"{self.symbol} = {self.letters}" + (f" = {self.numbers}" if self.numbers != self.letters else "")


def symbol_of(sign: str, y: str) -> str:
    """A neuron's e or δ: δ5 of y5, δ_out of out."""
    number = y.removeprefix("y")
    return f"{sign}{number}" if number.isdigit() else f"{sign}_{y}"


class NetworkWords:
    """The words about one exercise's neurons and weights at the numbers of a solution."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.exercise, self.loss, self.solution = exercise, exercise.loss, solution
        self.signals: Signals = signals_of(exercise, solution)
        self.neurons = self.signals.neurons
        self.rate = exercise.update.rate if exercise.update else 1.0
        self.is_gradient = exercise.sign > 0
        self.minus = "" if self.is_gradient else "-"
        """What stands before the gradient in a delta."""

    def wanted(self, y: str) -> str:
        """What an output neuron should be: a node, or the number in the graph."""
        desired = self.neurons.desired[y]
        return f"{desired:g}" if isinstance(desired, float) else str(desired)

    def error(self, y: str) -> Formula:
        """e5 = yd5 - y5, or y5 - yd5."""
        desired, value = self.signals.desired(y), self.signals.solution.value(y)
        letters, numbers = [self.wanted(y), y], [desired, value]
        first, last = numbers[::-1] if self.is_gradient else numbers
        written = " - ".join(letters[::-1] if self.is_gradient else letters)
        return Formula(symbol_of("e", y), written, f"{fine(first)} - {fine_signed(last)}", fine(self.signals.error(y)))

    def derivative(self, y: str) -> Formula:
        """∂y5/∂X5 = y5*(1 - y5)."""
        symbol, value = f"∂{y}/∂{self.neurons.named[y]}", fine(self.signals.derivative(y))
        if len(self.neurons.activations[y].gates) != 1:
            return Formula(symbol, value, value, value)
        node = self.signals.solution.graph.node(y)
        assert node.gate is not None
        rule = node.gate.local_formula(0, node.inputs, y, node.constant)
        return Formula(symbol, rule, value, value)

    def delta(self, y: str) -> Formula:
        """δ5 = ∂y5/∂X5 * e5, or the sum of what comes back to a hidden neuron."""
        signals, net, is_hidden = self.signals, self.neurons.named[y], bool(self.neurons.fed[y])
        if is_hidden and not signals.comes_back(y):
            gradient = signals.solution.gradient(net)
            numbers = fine(gradient) if self.is_gradient else f"-{fine_signed(gradient)}"
            letters = f"{self.minus}∂{self.loss}/∂{net}"
        elif not is_hidden and signals.is_error(y):
            letters, numbers = symbol_of("e", y), fine(signals.error(y))
        else:
            letters, numbers = self._arriving(y)
            if y != net:
                letters, numbers = f"∂{y}/∂{net} * {letters}", f"{fine(signals.derivative(y))} * {numbers}"
        return Formula(symbol_of("δ", y), letters, numbers, fine(signals.delta(y)))

    def _arriving(self, y: str) -> tuple[str, str]:
        """What the derivative is multiplied by, in letters and in numbers."""
        pulls, error = self.neurons.fed[y], self.signals.error
        if pulls:
            _, letters, numbers, _ = self.terms(y)
            return (letters, numbers) if len(pulls) == 1 else (f"({letters})", f"({numbers})")
        if abs(self.signals.factor(y) - 1) < 1e-9 or not error(y):
            return symbol_of("e", y), fine_signed(error(y))
        arriving = f"∂{self.loss}/∂{y}"
        return arriving if self.is_gradient else f"(-{arriving})", fine_signed(self.signals.arriving(y))

    def terms(self, y: str) -> Formula:
        """What comes back to a hidden neuron: w35*δ5 + w36*δ6."""
        letters, numbers = [], []
        for pull in self.neurons.fed[y]:
            entering, delta = self.signals.entering(pull.to)[y], self.signals.delta(pull.to)
            weight = pull.weight or f"∂{self.neurons.named[pull.to]}/∂{y}"
            letters.append(f"{weight}*{symbol_of('δ', pull.to)}")
            numbers.append(f"{fine_signed(entering)}*{fine_signed(delta)}")
        symbol = f"{self.minus}∂{self.loss}/∂{y}"
        return Formula(symbol, " + ".join(letters), " + ".join(numbers), fine(self.signals.arriving(y)))

    def into(self, name: str) -> str | None:
        """The one neuron that an input enters, where the whole of its gradient comes from there."""
        return self.signals.into(name, self.solution.gradient(name))

    def product(self, name: str) -> Formula:
        """What a delta makes of an input: y3*δ5, of a threshold (-1)*δ5, which is -∂L/∂w, or ∂L/∂w; that itself where
        no one neuron is behind it."""
        into, symbol = self.into(name), f"{self.minus}∂{self.loss}/∂{name}"
        value = self.signals.sign * self.solution.gradient(name)
        if into is None:
            return Formula(symbol, f"({symbol})", fine_signed(value), fine(value))
        carried, factor = self.signals.entering(into)[name], self.neurons.factor(name, into)
        letters, numbers = factor or f"∂{self.neurons.named[into]}/∂{name}", fine_signed(carried)
        if not factor and carried == -1:
            letters = numbers = "(-1)"
        delta = fine_signed(self.signals.delta(into))
        return Formula(symbol, f"{letters}*{symbol_of('δ', into)}", f"{numbers}*{delta}", fine(value))

    def step(self, name: str) -> tuple[str, str, str]:
        """What a step does to a weight, in letters and numbers: + α*y3*δ5, or - α*y3*δ5; without neurons - α*∂L/∂w."""
        down, gradient = self.product(name), self.solution.gradient(name)
        if self.into(name) is None:
            return "-", f"α*∂{self.loss}/∂{name}", f"{self.rate:g}*{fine_signed(gradient)}"
        return "-" if self.is_gradient else "+", f"α*{down.letters}", f"{self.rate:g}*{down.numbers}"

    def update(self, name: str) -> Formula:
        """new w35 = w35 + α*y3*δ5; without neurons w - α*∂L/∂w."""
        sign, letters, numbers = self.step(name)
        old = self.solution.value(name)
        new = fine(old - self.rate * self.solution.gradient(name))
        return Formula(f"new {name}", f"{name} {sign} {letters}", f"{fine(old)} {sign} {numbers}", new)

    def falls_and_rises(self) -> str:
        """Real forward passes after the step and the opposite one, in a sentence; nothing where no gradient is left."""
        update = self.exercise.update
        found = descent(self.solution, update.nodes, update.rate) if update else None
        if found is None:
            return ""
        here, down, up = found.texts
        output = self.solution.graph.output_name
        rate = "" if found.rate == self.rate else f" (at α = {found.rate:.3g}, to see it)"
        ways = self.ways()
        falls, rises, climbs = "falls", "rises", ""
        if self.solution.upstream < 0:
            falls, rises = rises, falls
            climbs = f", and {self.loss} the other way, since ∂{self.loss}/∂{output} is negative"
        return (
            f"With every weight moved by {ways[0]}, {output} {falls} from {here} to {down}; by {ways[1]} it "
            f"{rises} to {up}{rate}{climbs}."
        )

    def ways(self) -> tuple[str, str]:
        """What a step adds to a weight, downhill and uphill."""
        if not self.neurons.named:
            return f"-α*∂{self.loss}/∂w", f"+α*∂{self.loss}/∂w"
        return ("-α*y*δ", "+α*y*δ") if self.is_gradient else ("+α*y*δ", "-α*y*δ")

    @property
    def signs(self) -> str:
        """The exercise's convention for errors and deltas."""
        return f"e = {'y - yd' if self.is_gradient else 'yd - y'} and δ = {self.minus}∂{self.loss}/∂X"

    def convention(self, name: str) -> str:
        """Why the step is w + α y δ, or w - α y δ."""
        into, down, gradient = self.into(name), self.product(name), f"∂{self.loss}/∂{name}"
        if into is None:
            return f"Descent is {name} - α*{gradient}: against the gradient"
        delta, is_threshold = symbol_of("δ", into), self.signals.is_threshold(name)
        turned = delta if is_threshold else f"-{down.letters}"
        along = f"-{delta}" if is_threshold else down.letters
        sign, step, _ = self.step(name)
        return (
            f"Here {self.signs}, so {gradient} = {along if self.is_gradient else turned} = "
            f"{fine(self.solution.gradient(name))}, and descent, {name} - α*{gradient}, is {name} {sign} {step}"
        )


class Descent(NamedTuple):
    """The output now, after the step w - rate * ∂L/∂w of every node, and after the step the other way."""

    rate: float
    here: float
    down: float
    up: float

    @property
    def texts(self) -> tuple[str, str, str]:
        """The three numbers, with as many decimals as it takes to tell them apart."""
        here, down, up = apart([self.here, self.down, self.up])
        return here, down, up


def descent(solution: Solution, nodes: Collection[str], rate: float) -> Descent | None:
    """The step at this rate, halved until the loss falls one way and rises the other.

    None where the gradient of every node is 0, or where no such rate is found.
    """
    graph, sign = solution.graph, -1 if solution.upstream < 0 else 1
    here = solution.values[graph.output]
    values = [solution.value(name) for name in graph.input_names]
    gradients = [solution.gradient(name) if name in nodes else 0.0 for name in graph.input_names]
    for halving in range(_HALVINGS):
        size = rate / 2**halving
        below = [value - size * gradient for value, gradient in zip(values, gradients, strict=True)]
        above = [value + size * gradient for value, gradient in zip(values, gradients, strict=True)]
        try:
            down, up = forward(graph, below)[graph.output], forward(graph, above)[graph.output]
        except OutOfDomain:
            continue
        if sign * down < sign * here < sign * up:
            return Descent(size, here, down, up)
    return None
