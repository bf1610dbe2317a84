"""The numbers at the place of an answer, read from any solution: those of a right derivation, and of wrong ones.

The letters are those of the derivation: u upstream, l local gradient, x the slot's value, out the gate's; for a neuron,
a what arrives, s the slope, y, net, e, yd, d its delta. A `Spot` finds the nodes once and reads their numbers from any
number of solutions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import fsum
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.mistakes.mistake import is_activation
from backprop_tutor.tutor.network import Signals

_MOST_FURTHER: Final = 10
"""How many nodes further on are tried for an answer that stops there: near ones are the likeliest."""


class AtBranch(NamedTuple):
    """A branch into a gate. `whole` is the gradient of its source, `top` that of the output, `right` the answer;
    `other` the gate's other input, with its local gradient and its own gradient; `parts` what the branches of the
    gate's output carry, `further` the gradients of the nodes after the gate, `near` the values around it."""

    right: float
    u: float
    l: float  # noqa: E741  the letter of the tables
    x: float
    out: float
    whole: float
    top: float
    gate: Gate
    slot: int
    operands: tuple[float, ...]
    constant: float
    is_forked: bool
    is_twice: bool
    other: float | None
    other_local: float
    other_gradient: float
    parts: tuple[float, ...]
    further: tuple[float, ...]
    is_local: bool = False
    is_activation: bool = False

    @property
    def near(self) -> tuple[float, ...]:
        """The values of the gate's inputs and of the gate itself."""
        return (*self.operands, self.out)

    def seen(self, u: float, operands: tuple[float, ...], out: float, slope: float) -> AtBranch:
        """The same place, with these in the place of the gate's numbers."""
        _, _, _, _, _, whole, top, gate, slot, _, constant, is_forked, is_twice, _, *others, is_local, is_active = self
        right, x, other = slope if is_local else u * slope, operands[slot], operands[1 - slot] if operands[1:] else None
        return AtBranch._make(
            (right, u, slope, x, out, whole, top, gate, slot, operands, constant, is_forked, is_twice, other, *others,
            is_local, is_active)
        )  # fmt: skip


class Meeting(NamedTuple):
    """A gate at which two paths from one node meet: its kind, its upstream, its inputs, and their derivatives with
    respect to the node."""

    kind: str
    u: float
    a: float
    b: float
    da: float
    db: float


class AtFork(NamedTuple):
    """The sum at a node; or the gradient of the output, which has no `flows`."""

    right: float
    v: float
    flows: tuple[float, ...]
    top: float
    further: tuple[float, ...]
    meetings: tuple[Meeting, ...]


class AtValue(NamedTuple):
    """The value of a gate; `slopes` its local gradient if it is a function of one number."""

    right: float
    gate: Gate
    operands: tuple[float, ...]
    constant: float
    gradient: float
    top: float
    slopes: tuple[float, ...]


class AtError(NamedTuple):
    """The error of an output neuron; `down` is 1 for yd - y, and -1 for y - yd."""

    right: float
    y: float
    yd: float
    d: float
    down: float = 1.0


class AtNeuron(NamedTuple):
    """A neuron's delta, and the new weight that follows from it if that is asked for (`is_weight`).

    `terms` are what comes back to a hidden neuron, each a weight times a delta; `deltas_in` and `weights_in` their
    factors, `errors_in` the weights times errors instead of deltas, `renewed` the sum with new weights.
    `slopes`, `weights` and `deltas` are those of other neurons; `factor` is the loss's factor of the error: 1 for half
    its square, 0 if it is not a square; with cross-entropy the loss `cancels` the slope. For a weight, `carries` is
    what it multiplies, `inputs` what the neuron's other weights multiply; `down` is -1 if delta is the gradient, so
    that the step goes against it and `rate` is negative.
    """

    right: float
    d: float
    a: float
    s: float
    y: float
    net: float
    e: float
    yd: float
    is_output: bool
    cancels: bool
    factor: float
    terms: tuple[float, ...]
    deltas_in: tuple[float, ...]
    weights_in: tuple[float, ...]
    errors_in: tuple[float, ...]
    renewed: float | None
    slopes: tuple[float, ...]
    weights: tuple[float, ...]
    is_weight: bool = False
    old: float = 0.0
    rate: float = 1.0
    carries: float = 1.0
    is_threshold: bool = False
    is_plain: bool = False
    inputs: tuple[float, ...] = ()
    deltas: tuple[float, ...] = ()
    down: float = 1.0

    @property
    def step(self) -> float:
        """The step: the new weight minus the old one."""
        return self.rate * self.carries * self.d


Place = AtBranch | AtFork | AtValue | AtError | AtNeuron


class BranchSpot:
    """Finds the nodes around one branch."""

    def __init__(self, graph: Graph, branch: Branch, is_local: bool = False) -> None:
        self.graph, self.branch, self.is_local = graph, branch, is_local
        self.node, self.slot = graph.index[branch.gate], branch.slot
        gate = graph.gates[self.node]
        assert gate is not None
        self.gate = gate
        self.is_activation = is_activation(gate)
        self.sources = graph.inputs[self.node]
        self.is_forked = len(graph.branches_from[branch.source]) > 1
        self.part_names = [one.name for one in graph.branches_from[branch.gate]]
        self.parts = [(graph.index[one.gate], one.slot) for one in graph.branches_from[branch.gate]]
        self.further_names = nodes_after(graph, branch.gate)
        self.further = [graph.index[name] for name in self.further_names]

    def at(self, solution: Solution) -> AtBranch:
        """The numbers of the place in a solution."""
        slot, gradients, slopes, node = self.slot, solution.gradients, solution.locals, self.node
        operands = tuple([solution.values[source] for source in self.sources])
        u, out, slope = gradients[node], solution.values[node], float(slopes[node][slot])
        other: float | None = None
        other_local = other_gradient = 0.0
        is_twice = False
        if len(operands) > 1:
            other = operands[1 - slot]
            is_twice = self.sources[0] == self.sources[1]
            other_local, other_gradient = float(slopes[node][1 - slot]), gradients[self.sources[1 - slot]]
        return AtBranch(
            slope if self.is_local else u * slope, u, slope, operands[slot], out, gradients[self.sources[slot]],
            solution.upstream, self.gate, slot, operands, self.graph.constants[self.node], self.is_forked, is_twice,
            other, other_local, other_gradient,
            tuple([gradients[node] * slopes[node][at] for node, at in self.parts]) if len(self.parts) > 1 else (),
            tuple([gradients[node] for node in self.further]), self.is_local, self.is_activation,
        )  # fmt: skip


class ForkSpot:
    """Finds the nodes around the sum at a node."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name, self.node = graph, name, graph.index[name]
        self.flow_names = [one.name for one in graph.branches_from[name]]
        self.flows = [(graph.index[one.gate], one.slot) for one in graph.branches_from[name]]
        self.further_names = nodes_after(graph, name)
        self.further = [graph.index[one] for one in self.further_names]
        after = sorted(graph.index[one] for one in graph.gates_beyond(name))
        both = {self.node, *after}
        self.kinds = {
            node: gate.name
            for node in after
            if (gate := graph.gates[node]) and gate.name in ("mul", "div") and both.issuperset(graph.inputs[node])
        }
        self.after = [node for node in after if node <= max(self.kinds, default=-1)]  # mostly no paths meet

    def at(self, solution: Solution) -> AtFork:
        """The numbers of the place in a solution."""
        gradients, slopes = solution.gradients, solution.locals
        return self.seen(solution, tuple([gradients[node] * slopes[node][slot] for node, slot in self.flows]))

    def seen(self, solution: Solution, flows: tuple[float, ...]) -> AtFork:
        """The numbers of the place, with these flows."""
        right = fsum(flows) if flows else solution.upstream
        further = tuple([solution.gradients[node] for node in self.further])
        return AtFork(
            right, solution.values[self.node], flows, solution.upstream, further, tuple(self._meetings(solution))
        )

    def _meetings(self, solution: Solution) -> list[Meeting]:
        """Only sums, and a product or a quotient of sums, have a rule with well-known mistakes."""
        found: list[Meeting] = []
        by_node: dict[int, float] = {}
        for node in self.after:
            if not by_node:
                by_node[self.node] = 1.0
            sources = self.graph.inputs[node]
            slopes = [by_node.get(source) for source in sources]
            by_node[node] = fsum(
                slope * local for slope, local in zip(slopes, solution.locals[node], strict=True) if slope is not None
            )
            if node in self.kinds:
                da, db = (slope or 0.0 for slope in slopes)
                a, b = (solution.values[source] for source in sources)
                found.append(Meeting(self.kinds[node], solution.gradients[node], a, b, da, db))
        return found


class ValueSpot:
    """Finds the nodes that enter a gate whose value is asked for."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name, self.node = graph, name, graph.index[name]
        gate = graph.gates[self.node]
        assert gate is not None
        self.gate = gate

    def at(self, solution: Solution) -> AtValue:
        """The numbers of the place in a solution."""
        operands = tuple([solution.values[source] for source in self.graph.inputs[self.node]])
        return self.seen(solution, operands, solution.values[self.node])

    def seen(self, solution: Solution, operands: tuple[float, ...], value: float) -> AtValue:
        """The numbers of the place, with these as the gate's inputs."""
        constant, gradient = self.graph.constants[self.node], solution.gradients[self.node]
        slopes = tuple(solution.locals[self.node]) if is_activation(self.gate) else ()
        return AtValue(value, self.gate, operands, constant, gradient, solution.upstream, slopes)


class NeuronSpot:
    """Finds the neurons around one and, if a new weight is asked for, around the weight that enters it."""

    def __init__(self, exercise: Exercise, signals: Signals, neuron: str, weight: str | None = None) -> None:
        self.exercise, self.signals, self.neuron, self.weight = exercise, signals, neuron, weight
        self.others = [y for y in signals.neurons.named if y != neuron]
        self.fed = fed = [pull.to for pull in signals.neurons.fed[neuron]]
        self.beside = [
            y for y in self.others if fed and [pull.to for pull in signals.neurons.fed[y]] == fed
        ]  # in the same layer
        self.is_output, self.cancels = not fed, not fed and signals.is_error(neuron)
        self.comes_back = bool(fed) and signals.comes_back(neuron)
        self.all_output = all(not signals.neurons.fed[to] for to in fed)
        self.factor = self._factor(signals)
        self.is_threshold = weight is not None and signals.is_threshold(weight)
        self.other_weights = [
            name
            for name in (exercise.update.nodes if exercise.update and weight else ())
            if name != weight and signals.parameters.get(name) == [neuron] and not signals.is_threshold(name)
        ]

    def _factor(self, signals: Signals) -> float:
        """The loss's factor of the errors behind this neuron; 0 if they have no common factor."""
        behind = [self.neuron] if self.is_output else signals.neurons.outputs
        outputs = [y for y in behind if not signals.is_error(y) and signals.error(y)]
        factors = {round(signals.factor(y), 9) for y in outputs}  # floats that differ by rounding are one
        return factors.pop() if len(factors) == 1 else 0.0

    def at(self, solution: Solution) -> AtNeuron:
        """The numbers of the place in a solution."""
        return self.seen(signals_in(solution, self.signals, self.exercise))

    def seen(self, signals: Signals, own: float | None = None) -> AtNeuron:
        """The numbers of the place, with the student's own delta if it is given."""
        y, solution = self.neuron, signals.solution
        fed = [pull.to for pull in signals.neurons.fed[y]]
        delta, slope = signals.delta(y), signals.derivative(y)
        error = signals.error(y) if self.is_output else 0.0
        arriving = error if self.cancels else signals.arriving(y)
        terms: tuple[float, ...] = ()
        weights_in = tuple(signals.entering(to)[y] for to in fed)
        deltas_in = tuple(signals.delta(to) for to in fed)
        renewed = None
        if own is not None:
            delta, arriving = own, own if self.cancels or not slope else own / slope
        elif self.comes_back:
            terms = tuple([weight * one for weight, one in zip(weights_in, deltas_in, strict=True)])
            renewed = signals.renewed(y)
        place = AtNeuron(
            delta, delta, arriving, slope, solution.value(y), solution.value(signals.neurons.named[y]), error,
            signals.desired(y) if self.is_output else 0.0, self.is_output, self.cancels, self.factor, terms,
            deltas_in, weights_in,
            tuple([weight * signals.error(to) for weight, to in zip(weights_in, fed, strict=True)])
            if self.all_output else (),
            renewed, tuple([signals.derivative(other) for other in self.others]),
            tuple([fsum(signals.entering(to)[other] * signals.delta(to) for to in fed) for other in self.beside]),
        )  # fmt: skip
        return place if self.weight is None else self._of_weight(signals, place)

    def _of_weight(self, signals: Signals, place: AtNeuron) -> AtNeuron:
        entering, name = signals.entering(self.neuron), self.weight or ""
        old, carries = signals.solution.value(name), entering[name]
        down = -signals.sign
        rate = down * signals_rate(self.exercise)
        return place._replace(
            right=old + rate * carries * place.d, is_weight=True, old=old,
            rate=rate, carries=carries, is_threshold=self.is_threshold, down=down,
            inputs=tuple([entering[other] for other in self.other_weights]),
            deltas=tuple([signals.delta(other) for other in self.others]),
        )  # fmt: skip


class PlainSpot:
    """A new weight outside any neuron: its gradient stands for everything behind it."""

    def __init__(self, exercise: Exercise, name: str) -> None:
        self.exercise, self.name = exercise, name

    def at(self, solution: Solution) -> AtNeuron:
        """The numbers of the place in a solution."""
        return self.seen(solution, -solution.gradient(self.name))

    def seen(self, solution: Solution, downhill: float) -> AtNeuron:
        """The numbers of the place, with this as the step at a rate of 1."""
        old, rate = solution.value(self.name), signals_rate(self.exercise)
        return AtNeuron(
            old + rate * downhill, downhill, downhill, 1.0, 1.0, 0.0, 0.0, 0.0, False, False, 0.0, (), (), (), (), None,
            (), (), is_weight=True, old=old, rate=rate, is_plain=True,
        )  # fmt: skip


class ErrorSpot:
    """The error of an output neuron."""

    def __init__(self, exercise: Exercise, signals: Signals, neuron: str) -> None:
        self.exercise, self.signals, self.neuron = exercise, signals, neuron

    def at(self, solution: Solution) -> AtError:
        """The numbers of the place in a solution."""
        signals, y = signals_in(solution, self.signals, self.exercise), self.neuron
        return AtError(signals.error(y), solution.value(y), signals.desired(y), signals.delta(y), -signals.sign)


class NumberSpot:
    """A number of which only the subject is known."""

    def __init__(self, node: str, expected: Callable[[Solution], float]) -> None:
        self.node, self.expected = node, expected

    def at(self, solution: Solution) -> AtFork:
        """The numbers of the place in a solution."""
        return AtFork(self.expected(solution), solution.value(self.node), (), 1.0, (), ())


Spot = BranchSpot | ForkSpot | ValueSpot | NeuronSpot | PlainSpot | ErrorSpot | NumberSpot


def signals_in(solution: Solution, known: Signals, exercise: Exercise) -> Signals:
    """The signals in another solution of the same graph."""
    return known if solution is known.solution else Signals(exercise, solution, known.neurons)


def signals_rate(exercise: Exercise) -> float:
    """The learning rate of an exercise; 1 if it has none."""
    return exercise.update.rate if exercise.update else 1.0


def nodes_after(graph: Graph, name: str) -> list[str]:
    """The nodes after this one, nearest first, without the output."""
    return [one for one in graph.gates_beyond(name) if one != graph.output_name][:_MOST_FURTHER]
