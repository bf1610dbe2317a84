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
        signals, slope = self.signals, self.signals.derivative(y)
        letters, numbers = self._arriving(y)
        if not signals.is_error(y) if not self.neurons.fed[y] else signals.comes_back(y):
            if y != self.neurons.named[y]:
                letters, numbers = f"∂{y}/∂{self.neurons.named[y]} * {letters}", f"{fine(slope)} * {numbers}"
        elif self.neurons.fed[y]:
            gradient = signals.solution.gradient(self.neurons.named[y])
            letters, numbers = f"-∂{self.loss}/∂{self.neurons.named[y]}", f"-{fine_signed(gradient)}"
        return Formula(symbol_of("δ", y), letters, numbers, fine(signals.delta(y)))

    def _arriving(self, y: str) -> tuple[str, str]:
        """What the derivative is multiplied by, in letters and in numbers; an error that stands alone needs no
        parentheses."""
        signals = self.signals
        if self.neurons.fed[y]:
            terms = self.terms(y)
            return (
                (terms.letters, terms.numbers)
                if len(self.neurons.fed[y]) == 1
                else (f"({terms.letters})", f"({terms.numbers})")
            )
        error = signals.error(y)
        if signals.is_error(y):
            return symbol_of("e", y), fine(error)
        if abs(signals.factor(y) - 1) < 1e-9 or not error:
            return symbol_of("e", y), fine_signed(error)
        return f"(-∂{self.loss}/∂{y})", fine_signed(signals.arriving(y))

    def terms(self, y: str) -> Formula:
        """What comes back to a hidden neuron: w35*δ5 + w36*δ6."""
        letters, numbers = [], []
        for pull in self.neurons.fed[y]:
            weight = pull.weight or f"∂{self.neurons.named[pull.to]}/∂{y}"
            letters.append(f"{weight}*{symbol_of('δ', pull.to)}")
            numbers.append(
                f"{fine_signed(self.signals.entering(pull.to)[y])}*{fine_signed(self.signals.delta(pull.to))}"
            )
        return Formula(f"-∂{self.loss}/∂{y}", " + ".join(letters), " + ".join(numbers), fine(self.signals.arriving(y)))

    def into(self, name: str) -> str | None:
        """The one neuron that an input enters, where the whole of its gradient comes from there."""
        return self.signals.into(name, self.solution.gradient(name))

    def downhill(self, name: str) -> Formula:
        """-∂L/∂w: y3*δ5, of a threshold (-1)*δ5; -∂L/∂w itself where no one neuron is behind it."""
        into, gradient = self.into(name), self.solution.gradient(name)
        if into is None:
            return Formula(
                f"-∂{self.loss}/∂{name}", f"(-∂{self.loss}/∂{name})", fine_signed(-gradient), fine(-gradient)
            )
        carried = self.signals.entering(into)[name]
        what = self.neurons.factor(name, into) or ("(-1)" if carried == -1 else f"∂{self.neurons.named[into]}/∂{name}")
        numbers = "(-1)" if what == "(-1)" else fine_signed(carried)
        letters = f"{what}*{symbol_of('δ', into)}"
        return Formula(
            f"-∂{self.loss}/∂{name}", letters, f"{numbers}*{fine_signed(self.signals.delta(into))}", fine(-gradient)
        )

    def step(self, name: str) -> str:
        """What the new weight is more than the old one, not worked out."""
        letters, numbers = self.update(name).letters, self.update(name).numbers
        sign = " + " if " + α" in letters else " - "
        return f"{letters.partition(sign)[2]} = {numbers.partition(sign)[2]}"

    def update(self, name: str) -> Formula:
        """new w35 = w35 + α*y3*δ5; without neurons w - α*∂L/∂w."""
        old, down = self.solution.value(name), self.downhill(name)
        new = fine(old - self.rate * self.solution.gradient(name))
        if self.into(name) is None:
            gradient = fine_signed(self.solution.gradient(name))
            return Formula(
                f"new {name}", f"{name} - α*∂{self.loss}/∂{name}", f"{fine(old)} - {self.rate:g}*{gradient}", new
            )
        return Formula(f"new {name}", f"{name} + α*{down.letters}", f"{fine(old)} + {self.rate:g}*{down.numbers}", new)

    def falls_and_rises(self) -> str:
        """Real forward passes after the step and after the opposite one, in a sentence; nothing where no gradient is
        left."""
        update = self.exercise.update
        found = descent(self.solution, update.nodes, update.rate) if update else None
        if found is None:
            return ""
        here, down, up = found.texts
        output, rate = (
            self.solution.graph.output_name,
            "" if found.rate == self.rate else f" (at α = {found.rate:.3g}, to see it)",
        )
        ways = ("+α*y*δ", "-α*y*δ") if self.neurons.named else (f"-α*∂{self.loss}/∂w", f"+α*∂{self.loss}/∂w")
        falls, rises = ("rises", "falls") if self.solution.upstream < 0 else ("falls", "rises")
        climbs = (
            "" if falls == "falls" else f", and {self.loss} the other way, since ∂{self.loss}/∂{output} is negative"
        )
        return (
            f"With every weight moved by {ways[0]}, {output} {falls} from {here} to {down}; by {ways[1]} it "
            f"{rises} to {up}{rate}{climbs}."
        )

    def convention(self, name: str) -> str:
        """Why the step is w + α y δ: what the lecture's minus stands for."""
        into, down = self.into(name), self.downhill(name)
        if into is None:
            return f"Descent is {name} - α*∂{self.loss}/∂{name}: against the gradient"
        gradient = f"∂{self.loss}/∂{name}"
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
    for halving in range(_HALVINGS):
        size = rate / 2**halving
        try:
            down, up = (_output(solution, nodes, way * size) for way in (-1, 1))
        except OutOfDomain:
            continue
        if sign * down < sign * here < sign * up:
            return Descent(size, here, down, up)
    return None


def _output(solution: Solution, nodes: Collection[str], size: float) -> float:
    graph = solution.graph
    moved = [
        solution.value(name) + (size * solution.gradient(name) if name in nodes else 0.0) for name in graph.input_names
    ]
    return forward(graph, moved)[graph.output]
