"""Random multilayer networks as the lecture's formulas work them out, in plain loops: the oracle of deltas and updates.

Nothing here asks the engine: activations and their derivatives come from the textbook's rules in `tests.textbook`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from random import Random

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice, Update
from backprop_tutor.engine.compile import read_graph
from tests.textbook import TEXTBOOK

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus")
LOSSES = ("half-square", "square", "cross-entropy")
LEAST = 0.02
"""How far net inputs are from a kink, and the least size of a delta in networks in which mistakes can be told apart."""


@dataclass(frozen=True)
class Net:
    """Layers of neurons, numbered consecutively; `numbers` are the weights, thresholds, inputs and desired outputs by
    name."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    rate: float
    numbers: dict[str, float] = field(default_factory=dict)

    @cached_property
    def numbered(self) -> list[list[int]]:
        starts = [1 + sum(self.layers[:layer]) for layer in range(len(self.layers))]
        return [list(range(start, start + size)) for start, size in zip(starts, self.layers, strict=True)]

    def weight(self, j: int, k: int) -> float:
        return self.numbers[name_of(j, k)]

    @cached_property
    def parameters(self) -> list[str]:
        layers = pairwise(self.numbered)
        return [name for before, after in layers for k in after for name in [*(name_of(j, k) for j in before), f"t{k}"]]

    @cached_property
    def text(self) -> str:
        lines = []
        for layer, (before, after) in enumerate(pairwise(self.numbered)):
            for k in after:
                terms = " + ".join(f"{name_of(j, k)}*{'y' if layer else 'x'}{j}" for j in before)
                lines += [f"X{k} = {terms} - t{k}", f"y{k} = {self.activations[layer]}(X{k})"]
        last = self.numbered[-1]
        if self.loss == "cross-entropy":
            terms = " + ".join(f"yd{k}*log(y{k}) + (1 - yd{k})*log(1 - y{k})" for k in last)
            return "\n".join([*lines, f"L = -({terms})"])
        lines += [f"e{k} = yd{k} - y{k}" for k in last]
        squares = " + ".join(f"e{k}**2" for k in last)
        return "\n".join([*lines, f"L = 0.5*({squares})" if self.loss == "half-square" else f"L = {squares}"])

    @cached_property
    def outputs(self) -> dict[int, float]:
        """Every y, inputs included."""
        return self._forward(self.numbers)[0]

    @cached_property
    def nets(self) -> dict[int, float]:
        """Every X."""
        return self._forward(self.numbers)[1]

    def _forward(self, at: dict[str, float]) -> tuple[dict[int, float], dict[int, float]]:
        y = {j: at[f"x{j}"] for j in self.numbered[0]}
        net: dict[int, float] = {}
        for layer, (before, after) in enumerate(pairwise(self.numbered)):
            for k in after:
                net[k] = sum(at[name_of(j, k)] * y[j] for j in before) - at[f"t{k}"]
                y[k] = TEXTBOOK[self.activations[layer]].value([net[k]], None)
        return y, net

    def loss_at(self, changed: dict[str, float]) -> float:
        """The loss of a forward pass with some numbers changed."""
        at = {**self.numbers, **changed}
        y, _ = self._forward(at)
        if self.loss == "cross-entropy":
            return -sum(
                at[f"yd{k}"] * math.log(y[k]) + (1 - at[f"yd{k}"]) * math.log(1 - y[k]) for k in self.numbered[-1]
            )
        squares = sum((at[f"yd{k}"] - y[k]) ** 2 for k in self.numbered[-1])
        return squares / 2 if self.loss == "half-square" else squares

    @cached_property
    def errors(self) -> dict[int, float]:
        """e = yd - y."""
        return {k: self.numbers[f"yd{k}"] - self.outputs[k] for k in self.numbered[-1]}

    def slope(self, k: int) -> float:
        """dy/dX, by SymPy."""
        layer = next(number for number, layer in enumerate(self.numbered) if k in layer)
        return TEXTBOOK[self.activations[layer - 1]].slopes([self.nets[k]], None)[0]

    def after(self, j: int) -> list[int]:
        """The neurons that a neuron feeds."""
        layer = next(number for number, layer in enumerate(self.numbered) if j in layer)
        return self.numbered[layer + 1] if layer + 1 < len(self.numbered) else []

    @cached_property
    def deltas(self) -> dict[int, float]:
        """The lecture's deltas: dy/dX * e at the output (cross-entropy: e alone), dy/dX * sum of w * delta before
        it."""
        delta: dict[int, float] = {}
        for layer in reversed(self.numbered[1:]):
            for k in layer:
                fed = self.after(k)
                if fed:
                    delta[k] = self.slope(k) * sum(self.weight(k, after) * delta[after] for after in fed)
                elif self.loss == "cross-entropy":
                    delta[k] = self.errors[k]
                else:
                    delta[k] = (1 if self.loss == "half-square" else 2) * self.slope(k) * self.errors[k]
        return delta

    @cached_property
    def steps(self) -> dict[str, float]:
        """rate * y_j * delta_k of each weight, rate * (-1) * delta_k of each threshold."""
        found: dict[str, float] = {}
        for before, after in pairwise(self.numbered):
            for k in after:
                found |= {name_of(j, k): self.rate * self.outputs[j] * self.deltas[k] for j in before}
                found[f"t{k}"] = -self.rate * self.deltas[k]
        return found

    def exercise(self, stages: tuple[str, ...] = ("delta", "update")) -> Exercise:
        """The network as an exercise that asks for everything; the same one each time, whose checker is kept."""
        if stages not in self._exercises:
            self._exercises[stages] = self._exercise(stages)
        return self._exercises[stages]

    @cached_property
    def _exercises(self) -> dict[tuple[str, ...], Exercise]:
        return {}

    def _exercise(self, stages: tuple[str, ...]) -> Exercise:
        graph = read_graph(self.text, self.numbers)
        neurons = {f"y{k}": f"X{k}" for layer in self.numbered[1:] for k in layer}
        choices = {name: Choice(number) for name, number in self.numbers.items()}
        return Exercise(
            "network", "A network", self.text, graph, choices, self.numbers, stages=stages, neurons=neurons,
            update=Update(self.rate, tuple(self.parameters)),
        )  # fmt: skip

    @property
    def kink(self) -> float:
        """How far the nearest net input is from a kink."""
        layers = zip(self.numbered[1:], self.activations, strict=True)
        return min(
            (TEXTBOOK[kind].distance_to_kink([self.nets[k]], None) for layer, kind in layers for k in layer),
            default=math.inf,
        )


def name_of(j: int, k: int) -> str:
    return f"w{j}{k}" if max(j, k) < 10 else f"w{j}_{k}"


def random_net(rng: Random, layers: int = 4, width: int = 6, separated: bool = False) -> Net:
    """A network of up to this many layers after the inputs, away from kinks; if `separated`, no delta and no input is
    near 0."""
    while True:
        shape = tuple(rng.randint(1, width) for _ in range(rng.randint(2, layers)))
        loss = rng.choice(LOSSES)
        activations = [rng.choice(ACTIVATIONS) for _ in shape[1:]]
        if loss == "cross-entropy":
            activations[-1] = "sigmoid"
        net = Net(shape, tuple(activations), loss, rng.choice([0.1, 0.5, 2.0]))
        numbers = {f"x{j}": rng.choice([-1, 1]) * rng.randint(20, 150) / 100 for j in net.numbered[0]}
        numbers |= {name: rng.choice([-1, 1]) * rng.randint(20, 150) / 100 for name in net.parameters}
        numbers |= {f"yd{k}": float(rng.randint(0, 1)) for k in net.numbered[-1]}
        net = replace(net, numbers=numbers)
        if net.kink < LEAST or max(map(abs, net.nets.values())) > (4 if separated else 30):
            continue
        if not separated or min(map(abs, [*net.deltas.values(), *net.outputs.values()])) > LEAST:
            return net


def random_nets(count: int, separated: bool = False, width: int = 6, seed: int = 0, layers: int = 4) -> list[Net]:
    """Seeded random networks."""
    return [random_net(Random(seed + number), layers, width, separated) for number in range(count)]
