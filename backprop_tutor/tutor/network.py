"""Errors, deltas and steps as numbers of one solution; and in words, each formula in the names of these neurons, with
its numbers, worked out or not.

- *error* e_k = yd_k - y_k of an output neuron, whatever the loss is.
- *delta* δ_k = -∂L/∂X_k on the graph, always. For an output neuron with L = ½ Σ e² that is ∂y_k/∂X_k * e_k; with
  cross-entropy and sigmoid it is e_k alone. For a hidden neuron it is ∂y_j/∂X_j * Σ w_jk δ_k.
- *step* of a weight: -rate * ∂L/∂w, which is rate * y_j * δ_k (of a threshold: rate * (-1) * δ_k). The new weight is
  old + step.

An exercise may take the gradient itself: e_k = y_k - yd_k and δ_k = ∂L/∂X_k. Its `sign` is then 1, and else -1.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache, cached_property
from math import fsum, isclose
from typing import Final

from backprop_tutor.course.exercise import Exercise, Neurons
from backprop_tutor.engine.formatting import apart, equation, fine, formula
from backprop_tutor.engine.gate import substituted
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.derivation import rule_of

_CLOSE: Final = 1e-9  # relative: what floats lose
_HALVINGS: Final = 40  # leave a 1e-12th of the rate: with a smaller step floats show no change


class Signals:
    """The signals of an exercise's neurons in one solution of a graph that has them."""

    def __init__(self, exercise: Exercise, solution: Solution, neurons: Neurons | None = None) -> None:
        self.solution = solution
        self.neurons = neurons or Neurons(solution.graph, exercise.neurons)
        self.rate = exercise.update.rate if exercise.update else None
        self.sign = exercise.sign

    def desired(self, y: str) -> float:
        """The desired output of a neuron."""
        desired = self.neurons.desired[y]
        assert desired is not None  # the loader has checked this
        return desired if isinstance(desired, float) else self.solution.value(desired)

    def error(self, y: str) -> float:
        """yd - y of an output neuron, or y - yd."""
        return self.sign * (self.solution.value(y) - self.desired(y)) + 0.0

    def delta(self, y: str) -> float:
        """-∂L/∂X of a neuron, or ∂L/∂X."""
        return self.sign * self.solution.gradient(self.neurons.named[y]) + 0.0

    def derivative(self, y: str, locals_: Sequence[Sequence[float]] | None = None) -> float:
        """∂y/∂X of a neuron; with other local gradients if they are given."""
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
        """The factor of an output neuron's error in the gradient that arrives: 1 for L = ½ Σ e², 2 for Σ e²; 0 if the
        error is 0."""
        error = self.error(y)
        return self.arriving(y) / error if error else 0.0

    def is_error(self, y: str) -> bool:
        """Whether an output neuron's delta is its error alone: with cross-entropy and sigmoid its slope cancels."""
        return isclose(self.delta(y), self.error(y)) and not isclose(self.derivative(y), 1.0)

    def comes_back(self, y: str) -> bool:
        """Whether a hidden neuron's delta is ∂y/∂X * Σ w δ: its output feeds nothing but the neurons listed."""
        return isclose(self.derivative(y) * fsum(self.terms(y)), self.delta(y))

    def renewed(self, y: str) -> float | None:
        """Σ w δ with the new weights, if there is a rate and every weight is a single input."""
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
        """The one neuron, if any, whose delta accounts for an input's whole gradient (which may be that of another
        graph)."""
        into = self.parameters.get(name, [])
        if len(into) != 1:
            return None
        through = self.entering(into[0])[name] * self.delta(into[0])
        return into[0] if isclose(through, self.sign * gradient) else None

    def is_threshold(self, name: str) -> bool:
        """Whether an input enters a single neuron as a threshold does: multiplied by -1 and by no other node."""
        into = self.parameters[name]
        return len(into) == 1 and self.neurons.factor(name, into[0]) is None and self.entering(into[0])[name] == -1


def signals_of(exercise: Exercise, solution: Solution) -> Signals:
    """The signals in a solution if its graph has the exercise's neurons under the same names, else in the exercise's
    own solution."""
    names = {*exercise.neurons, *exercise.neurons.values()}
    if solution is not exercise.solution and names <= solution.graph.index.keys():
        neurons = Neurons(solution.graph, exercise.neurons)
        asked = Neurons(exercise.graph, exercise.neurons)
        if not any(neurons.faults()) and neurons.order == asked.order and neurons.outputs == asked.outputs:
            return Signals(exercise, solution)
    return Signals(exercise, exercise.solution)


class Formula(NamedTuple):
    """`symbol` = `letters` = `numbers` = `value`: δ5 = ∂y5/∂X5 × e5 = 0.2499 × (-0.5097) = -0.1274."""

    symbol: str
    letters: str
    numbers: str
    value: str

    @property
    def whole(self) -> str:
        """All of it in one line."""
        return self.unworked + (f" = {self.value}" if self.numbers != self.value else "")

    @property
    def in_letters(self) -> str:
        """The same in letters only."""
        return f"{self.symbol} = {self.letters}"

    @property
    def unworked(self) -> str:
        """The same without its value."""
        return f"{self.symbol} = {self.letters}" + (f" = {self.numbers}" if self.numbers != self.letters else "")


Words = Mapping[str, tuple[str, float | str]]
"""What replaces each name of a formula, in letters and as a number; a text is a number already formatted."""


def formula_of(symbol: str, text: str, words: Words, value: float, times: str = " × ") -> Formula:
    """A formula of the graph language in letters and in numbers."""
    letters = formula(text, tuple((name, word) for name, (word, _) in words.items()), times, folds=False)
    written = substituted(text, {name: number for name, (_, number) in words.items() if isinstance(number, str)})
    numbers = {name: number for name, (_, number) in words.items() if not isinstance(number, str)}
    worked = equation(written, numbers, value, fine)
    return Formula(symbol, letters, worked.left, worked.right)


def symbol_of(sign: str, y: str) -> str:
    """A neuron's e or δ: δ5 of y5, δ_out of out."""
    number = y.removeprefix("y")
    return f"{sign}{number}" if number.isdigit() else f"{sign}_{y}"


class NetworkWords:
    """Formulas and phrases for one exercise's neurons and weights at the numbers of a solution."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.exercise, self.loss, self.solution = exercise, exercise.loss, solution
        self.signals: Signals = signals_of(exercise, solution)
        self.neurons = self.signals.neurons
        self.rate = exercise.update.rate if exercise.update else 1.0
        self.is_gradient = exercise.sign > 0
        self.minus = "" if self.is_gradient else "-"
        """The sign before the gradient in a delta."""
        # Every reply about a neuron's answer takes them again.
        self.delta, self.update, self.convention = cache(self._delta), cache(self._update), cache(self._convention)

    def wanted(self, y: str) -> str:
        """The desired output of a neuron: a node, or the number in the graph."""
        desired = self.neurons.desired[y]
        return f"{desired:g}" if isinstance(desired, float) else str(desired)

    def error(self, y: str) -> Formula:
        """e5 = yd5 - y5, or y5 - yd5."""
        words: Words = {
            "yd": (self.wanted(y), f"{self.signals.desired(y):g}"), "y": (y, self.signals.solution.value(y)),
        }  # fmt: skip
        text = "y - yd" if self.is_gradient else "yd - y"
        return formula_of(symbol_of("e", y), text, words, self.signals.error(y))

    def derivative(self, y: str) -> Formula:
        """∂y5/∂X5 = y5·(1 - y5)."""
        symbol, value = f"∂{y}/∂{self.neurons.named[y]}", fine(self.signals.derivative(y))
        if len(self.neurons.activations[y].gates) != 1:
            return Formula(symbol, value, value, value)
        branch = self.signals.solution.graph.branches_into(y)[0]
        return Formula(symbol, formula(rule_of(self.signals.solution, branch)), value, value)

    def _delta(self, y: str) -> Formula:
        """δ5 = ∂y5/∂X5 × e5; for a hidden neuron, with the sum of what comes back to it."""
        signals, net, is_hidden = self.signals, self.neurons.named[y], bool(self.neurons.fed[y])
        symbol, value = symbol_of("δ", y), signals.delta(y)
        if is_hidden and not signals.comes_back(y):
            words: Words = {"g": (f"∂{self.loss}/∂{net}", signals.solution.gradient(net))}
            return formula_of(symbol, f"{self.minus}g", words, value)
        if not is_hidden and signals.is_error(y):
            return formula_of(symbol, "e", {"e": (symbol_of("e", y), signals.error(y))}, value)
        text, words = self._arriving(y)
        if y == net:
            return formula_of(symbol, text, words, value)
        text = f"({text})" if len(self.neurons.fed[y]) > 1 else text
        return formula_of(symbol, f"s * {text}", {"s": (f"∂{y}/∂{net}", signals.derivative(y)), **words}, value)

    def _arriving(self, y: str) -> tuple[str, Words]:
        signals, pulls = self.signals, self.neurons.fed[y]
        if pulls:
            words: dict[str, tuple[str, float | str]] = {}
            for place, pull in enumerate(pulls):
                weight = pull.weight or f"∂{self.neurons.named[pull.to]}/∂{y}"
                words[f"w{place}"] = weight, signals.entering(pull.to)[y]
                words[f"d{place}"] = symbol_of("δ", pull.to), signals.delta(pull.to)
            return " + ".join(f"w{place} * d{place}" for place in range(len(pulls))), words
        if abs(signals.factor(y) - 1) < _CLOSE or not signals.error(y):
            return "e", {"e": (symbol_of("e", y), signals.error(y))}
        return "a", {"a": (f"{self.minus}∂{self.loss}/∂{y}", signals.arriving(y))}

    def into(self, name: str) -> str | None:
        """The one neuron that an input enters, if its whole gradient comes from there."""
        return self.signals.into(name, self.solution.gradient(name))

    def _product(self, name: str) -> tuple[str, Words]:
        """A weight's gradient from its neuron's delta, -∂L/∂w or ∂L/∂w: y3·δ5, or (-1)·δ5 for a threshold."""
        into = self.into(name)
        assert into is not None
        carried, factor = self.signals.entering(into)[name], self.neurons.factor(name, into)
        letters = factor or f"∂{self.neurons.named[into]}/∂{name}"
        words: Words = {"y": (letters, carried), "d": (symbol_of("δ", into), self.signals.delta(into))}
        return ("(-1) * d", {"d": words["d"]}) if not factor and carried == -1 else ("y * d", words)

    def _update(self, name: str) -> Formula:
        """new w35 = w35 + α·y3·δ5, or w35 - α·y3·δ5; without neurons w - α·∂L/∂w."""
        old, gradient = self.solution.value(name), self.solution.gradient(name)
        words: Words = {"g": (f"∂{self.loss}/∂{name}", gradient)}
        text, sign = "g", "-"
        if self.into(name) is not None:
            text, words = self._product(name)
            sign = "-" if self.is_gradient else "+"
        words = {"w": (name, old), "r": ("α", f"{self.rate:g}"), **words}
        return formula_of(f"new {name}", f"w {sign} r * {text}", words, old - self.rate * gradient, "·")

    @property
    def ways(self) -> tuple[str, str]:
        """The step down and the step up, as they are added to a weight."""
        if not self.neurons.named:
            return f"- α·∂{self.loss}/∂w", f"+ α·∂{self.loss}/∂w"
        return ("- α·y·δ", "+ α·y·δ") if self.is_gradient else ("+ α·y·δ", "- α·y·δ")

    @property
    def signs(self) -> str:
        """The exercise's convention for errors and deltas."""
        return f"e = {'y - yd' if self.is_gradient else 'yd - y'} and δ = {self.minus}∂{self.loss}/∂X"

    def _convention(self, name: str) -> str:
        """Which way a step goes here, and why."""
        into, gradient = self.into(name), f"∂{self.loss}/∂{name}"
        if into is None:
            return f"Descent goes against the gradient: {name} - α·{gradient}"
        text, words = self._product(name)
        named = tuple((word, letters) for word, (letters, _) in words.items())
        slope = formula(text if self.is_gradient else f"-({text})", named)
        return f"Here {self.signs}, so {gradient} = {slope}, and a step downhill is {self.update(name).letters}"


class Descent(NamedTuple):
    """The output now, after the step w - rate * ∂L/∂w of every node, and after the step the other way."""

    rate: float
    here: float
    down: float
    up: float

    @property
    def texts(self) -> tuple[str, str, str]:
        """The three numbers, with enough decimals to tell them apart."""
        here, down, up = apart([self.here, self.down, self.up])
        return here, down, up


def descent(solution: Solution, nodes: Collection[str], rate: float) -> Descent | None:
    """The step at this rate, halved until the loss falls one way and rises the other.

    None if the gradient of every node is 0, or if no such rate is found.
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
