"""Errors, deltas and new weights in words: each formula in the names of these neurons, with its numbers, worked out or
not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import apart, fine, fine_signed
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward
from backprop_tutor.tutor.signals import Signals, signals_of

_HALVINGS: Final = 40


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

    def error(self, y: str) -> Formula:
        """e5 = yd5 - y5."""
        desired, value = self.neurons.desired[y], self.signals.solution.value(y)
        wanted = f"{desired:g}" if isinstance(desired, float) else str(desired)
        numbers = f"{fine(self.signals.desired(y))} - {fine_signed(value)}"
        return Formula(symbol_of("e", y), f"{wanted} - {y}", numbers, fine(self.signals.error(y)))

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
            letters, numbers = f"-∂{self.loss}/∂{net}", f"-{fine_signed(signals.solution.gradient(net))}"
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
        return f"(-∂{self.loss}/∂{y})", fine_signed(self.signals.arriving(y))

    def terms(self, y: str) -> Formula:
        """What comes back to a hidden neuron: w35*δ5 + w36*δ6."""
        letters, numbers = [], []
        for pull in self.neurons.fed[y]:
            entering, delta = self.signals.entering(pull.to)[y], self.signals.delta(pull.to)
            weight = pull.weight or f"∂{self.neurons.named[pull.to]}/∂{y}"
            letters.append(f"{weight}*{symbol_of('δ', pull.to)}")
            numbers.append(f"{fine_signed(entering)}*{fine_signed(delta)}")
        return Formula(f"-∂{self.loss}/∂{y}", " + ".join(letters), " + ".join(numbers), fine(self.signals.arriving(y)))

    def into(self, name: str) -> str | None:
        """The one neuron that an input enters, where the whole of its gradient comes from there."""
        return self.signals.into(name, self.solution.gradient(name))

    def downhill(self, name: str) -> Formula:
        """-∂L/∂w: y3*δ5, of a threshold (-1)*δ5; -∂L/∂w itself where no one neuron is behind it."""
        into, symbol, value = self.into(name), f"-∂{self.loss}/∂{name}", -self.solution.gradient(name)
        if into is None:
            return Formula(symbol, f"({symbol})", fine_signed(value), fine(value))
        carried, factor = self.signals.entering(into)[name], self.neurons.factor(name, into)
        letters, numbers = factor or f"∂{self.neurons.named[into]}/∂{name}", fine_signed(carried)
        if not factor and carried == -1:
            letters = numbers = "(-1)"
        delta = fine_signed(self.signals.delta(into))
        return Formula(symbol, f"{letters}*{symbol_of('δ', into)}", f"{numbers}*{delta}", fine(value))

    def step(self, name: str) -> tuple[str, str, str]:
        """What a step does to a weight, in letters and numbers: + α*y3*δ5; without neurons - α*∂L/∂w."""
        down, gradient = self.downhill(name), self.solution.gradient(name)
        if self.into(name) is None:
            return "-", f"α*∂{self.loss}/∂{name}", f"{self.rate:g}*{fine_signed(gradient)}"
        return "+", f"α*{down.letters}", f"{self.rate:g}*{down.numbers}"

    def update(self, name: str) -> Formula:
        """new w35 = w35 + α*y3*δ5; without neurons w - α*∂L/∂w."""
        sign, letters, numbers = self.step(name)
        old = self.solution.value(name)
        new = fine(old - self.rate * self.solution.gradient(name))
        return Formula(f"new {name}", f"{name} {sign} {letters}", f"{fine(old)} {sign} {numbers}", new)

    def falls_and_rises(self) -> str:
        """Real forward passes after the step and after the opposite one, in a sentence; nothing where no gradient is
        left."""
        update = self.exercise.update
        found = descent(self.solution, update.nodes, update.rate) if update else None
        if found is None:
            return ""
        here, down, up = found.texts
        output = self.solution.graph.output_name
        rate = "" if found.rate == self.rate else f" (at α = {found.rate:.3g}, to see it)"
        ways = ("+α*y*δ", "-α*y*δ") if self.neurons.named else (f"-α*∂{self.loss}/∂w", f"+α*∂{self.loss}/∂w")
        falls, rises, climbs = "falls", "rises", ""
        if self.solution.upstream < 0:
            falls, rises = rises, falls
            climbs = f", and {self.loss} the other way, since ∂{self.loss}/∂{output} is negative"
        return (
            f"With every weight moved by {ways[0]}, {output} {falls} from {here} to {down}; by {ways[1]} it "
            f"{rises} to {up}{rate}{climbs}."
        )

    def convention(self, name: str) -> str:
        """Why the step is w + α y δ: what the lecture's minus stands for."""
        into, down, gradient = self.into(name), self.downhill(name), f"∂{self.loss}/∂{name}"
        if into is None:
            return f"Descent is {name} - α*{gradient}: against the gradient"
        negative = symbol_of("δ", into) if self.signals.is_threshold(name) else f"-{down.letters}"
        return (
            f"With e = yd - y, {gradient} = {negative} = {fine(self.solution.gradient(name))}, "
            f"so descent, {name} - α*{gradient}, is {name} + α*{down.letters}. "
            f"The lecture's w - Δw is right when Δw stands for α*∂{self.loss}/∂w, and climbs when Δw is α*y*δ"
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
    """The step at this rate, or at the largest half, quarter, ... of it at which the loss falls one way and rises the
    other.

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
