"""Multilayer networks as graphs, of more kinds than `new` writes: every activation, both losses, with or without
thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from backprop_tutor.authoring.exercise_files import weight

ACTIVATIONS: Final = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus")


class Network(NamedTuple):
    """A network: the neurons of each layer, inputs first; an activation for each layer after them; the loss; with
    thresholds or without."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "squared"
    thresholds: bool = True

    @property
    def numbered(self) -> list[range]:
        """The numbers of the neurons, layer by layer: 1 and 2 are inputs, 3 and 4 hidden, 5 is the output of a 2-2-1
        network."""
        starts = [1 + sum(self.layers[:layer]) for layer in range(len(self.layers))]
        return [range(start, start + size) for start, size in zip(starts, self.layers, strict=True)]


def network_of(layers: str) -> Network:
    """The sigmoid network of a text such as 2-2-1, as `new` writes it."""
    numbers = tuple(map(int, layers.split("-")))
    return Network(numbers, ("sigmoid",) * (len(numbers) - 1))


def weights(network: Network) -> list[str]:
    """What training changes: every weight, then every threshold."""
    layers = network.numbered
    found = [weight(source, neuron) for before, layer in pairwise(layers) for source in before for neuron in layer]
    return found + [f"t{neuron}" for layer in layers[1:] for neuron in layer if network.thresholds]


def neurons(network: Network) -> dict[str, str]:
    """The net input of each neuron after the inputs, by the neuron's output: {y3: X3, …}."""
    return {f"y{neuron}": f"X{neuron}" for layer in network.numbered[1:] for neuron in layer}


def outputs(network: Network) -> dict[str, str]:
    """The output neurons' outputs by their desired values: {yd5: y5}."""
    return {f"yd{neuron}": f"y{neuron}" for neuron in network.numbered[-1]}


def row_names(network: Network) -> list[str]:
    """What a row of data gives: the inputs, then the desired outputs."""
    return [f"x{neuron}" for neuron in network.numbered[0]] + list(outputs(network))


def input_names(network: Network) -> list[str]:
    """The inputs of the graph, in the order in which a file names them: x, weights, thresholds, desired outputs."""
    rows = row_names(network)
    return [*rows[: network.layers[0]], *weights(network), *rows[network.layers[0] :]]


def graph_text(network: Network) -> str:
    """The network in the graph language, one line for each net input, output and error; the last is the loss L."""
    return "\n".join([*_neuron_lines(network), *LOSSES[network.loss](network)]) + "\n"


def _neuron_lines(network: Network) -> Iterator[str]:
    layers = network.numbered
    for number, (before, layer) in enumerate(pairwise(layers)):
        letter = "y" if number else "x"
        for neuron in layer:
            terms = " + ".join(f"{weight(source, neuron)}*{letter}{source}" for source in before)
            yield f"X{neuron} = {terms}" + (f" - t{neuron}" if network.thresholds else "")
            yield f"y{neuron} = {network.activations[number]}(X{neuron})"


def _squared(network: Network) -> Iterator[str]:
    numbers = network.numbered[-1]
    for neuron in numbers:
        yield f"e{neuron} = yd{neuron} - y{neuron}"
    squares = " + ".join(f"e{neuron}**2" for neuron in numbers)
    yield f"L = 0.5*{squares}" if len(numbers) == 1 else f"L = 0.5*({squares})"


def _cross_entropy(network: Network) -> Iterator[str]:
    terms = {
        neuron: f"yd{neuron}*log(y{neuron}) + (1 - yd{neuron})*log(1 - y{neuron})" for neuron in network.numbered[-1]
    }
    if len(terms) == 1:
        yield f"L = -({next(iter(terms.values()))})"
    else:
        yield from (f"C{neuron} = {term}" for neuron, term in terms.items())
        yield f"L = -({' + '.join(f'C{neuron}' for neuron in terms)})"


LOSSES: Final[dict[str, Callable[[Network], Iterator[str]]]] = {"squared": _squared, "cross-entropy": _cross_entropy}
"""The lines of each loss, by its name: ½ Σ e² and -Σ (yd log y + (1 - yd) log(1 - y))."""
