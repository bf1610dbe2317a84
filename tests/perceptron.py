"""A multilayer network in NumPy by the textbook's matrices and deltas; it knows nothing of graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np

from backprop_tutor.authoring.exercise_files import weight
from tests.multilayer import ACTIVATIONS, LOSSES, Network

Array = np.ndarray
FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x), "softplus": lambda x: np.log1p(np.exp(x)),
}  # fmt: skip
SLOPES = {
    "sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, "tanh": lambda x: 1 / np.cosh(x) ** 2,
    "relu": lambda x: (x > 0) * 1.0, "leaky_relu": lambda x: np.where(x > 0, 1.0, 0.01),
    "softplus": lambda x: 1 / (1 + np.exp(-x)),
}  # fmt: skip


@dataclass
class Perceptron:
    """Weights as one matrix per layer (from, to), thresholds as one vector per layer."""

    network: Network
    matrices: list[Array]
    thresholds: list[Array]

    @classmethod
    def at(cls, network: Network, numbers: Mapping[str, float]) -> Perceptron:
        """The network with the numbers of its graph's inputs."""
        layers = network.numbered
        matrices = [
            np.array([[numbers[weight(j, k)] for k in layer] for j in before]) for before, layer in pairwise(layers)
        ]
        return cls(network, matrices, [np.array([numbers.get(f"t{k}", 0.0) for k in layer]) for layer in layers[1:]])

    def numbers(self) -> dict[str, float]:
        """Every weight and threshold by its name in the graph."""
        layers, found = self.network.numbered, {}
        for number, (before, layer) in enumerate(pairwise(layers)):
            for column, k in enumerate(layer):
                found |= {weight(j, k): float(self.matrices[number][row, column]) for row, j in enumerate(before)}
                if self.network.thresholds:
                    found[f"t{k}"] = float(self.thresholds[number][column])
        return found

    def forward(self, x: Array) -> tuple[list[Array], list[Array]]:
        """The net inputs of each layer, and the outputs (of the inputs too)."""
        nets, outs = [], [x]
        for matrix, threshold, activation in zip(self.matrices, self.thresholds, self.network.activations, strict=True):
            nets.append(outs[-1] @ matrix - threshold)
            outs.append(FUNCTIONS[activation](nets[-1]))
        return nets, outs

    def loss(self, x: Array, desired: Array) -> float:
        """The loss L."""
        y = self.forward(x)[1][-1]
        if self.network.loss == "squared":
            return float(np.sum((desired - y) ** 2) / 2)
        return float(-np.sum(desired * np.log(y) + (1 - desired) * np.log(1 - y)))

    def step(self, x: Array, desired: Array, rate: float) -> float:
        """One update with the textbook's deltas, delta_k = y'(X_k) e_k and on backwards; returns the loss before it."""
        before = self.loss(x, desired)
        nets, outs = self.forward(x)
        error = desired - outs[-1]
        delta = (
            error if self.network.loss == "cross-entropy" else SLOPES[self.network.activations[-1]](nets[-1]) * error
        )
        for layer in range(len(self.matrices) - 1, -1, -1):
            back = self.matrices[layer] @ delta
            self.matrices[layer] = self.matrices[layer] + rate * np.outer(outs[layer], delta)
            self.thresholds[layer] = (
                self.thresholds[layer] - rate * delta if self.network.thresholds else self.thresholds[layer]
            )
            if layer:
                delta = SLOPES[self.network.activations[layer - 1]](nets[layer - 1]) * back
        return before


def random_network(rng: Random, deepest: int = 4, widest: int = 6) -> Network:
    """Layers, activations, loss and thresholds of any kind."""
    layers = tuple(rng.randint(1, widest) for _ in range(rng.randint(2, deepest)))
    loss = rng.choice(list(LOSSES))
    activations = [rng.choice(ACTIVATIONS) for _ in layers[1:]]
    if loss == "cross-entropy":
        activations[-1] = "sigmoid"
    return Network(layers, tuple(activations), loss, rng.random() < 0.8)


def random_numbers(rng: Random, names: list[str]) -> dict[str, float]:
    """A number for each input; desired outputs lie between 0 and 1."""
    return {
        name: rng.choice([0.0, 1.0, rng.random()]) if name.startswith("yd") else rng.uniform(-1.5, 1.5)
        for name in names
    }
