"""A multilayer network in a few words, written out as a graph: neurons numbered layer by layer, weights w_jk as in the
lecture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from backprop_tutor.errors import TutorError
from backprop_tutor.text import visible

ACTIVATIONS: Final = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus")
"""The gates that a neuron may put its net input through."""
MOST_NEURONS: Final = 100
"""The most neurons of a network, inputs counted: any network of so many is within the limits of a graph's text."""


class BadLayers(TutorError):
    """Layers that are no network: `why`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return self.why


class Network(NamedTuple):
    """A network: the neurons of each layer, the inputs first; an activation for each layer after them; the loss; with
    thresholds or not."""

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
    """The sigmoid network of a text such as 2-2-1. Raises BadLayers."""
    sizes = layers.strip().split("-")
    if not all(size.isascii() and size.isdigit() and len(size) < 9 for size in sizes):
        raise BadLayers(f"a network is written as the neurons of its layers, 2-2-1, not {visible(layers)}.")
    numbers = tuple(map(int, sizes))
    if why := why_no_network(numbers):
        raise BadLayers(why)
    return Network(numbers, ("sigmoid",) * (len(numbers) - 1))


def why_no_network(layers: tuple[int, ...]) -> str:
    """Why these layers make no network, in words; nothing where they do."""
    if len(layers) < 2:
        return "a network has two layers at least, inputs and outputs: layers: [2, 1]."
    if min(layers) < 1:
        return "a layer has at least one neuron."
    if sum(layers) > MOST_NEURONS:
        return f"{sum(layers):,} neurons are too many: a network has at most {MOST_NEURONS}, inputs counted."
    return ""


def weight(source: int, neuron: int) -> str:
    """The name of the weight from one neuron to another: w35; w3_12 where a number passes 9, so that none is
    another's."""
    return f"w{source}{neuron}" if max(source, neuron) < 10 else f"w{source}_{neuron}"


def weights(network: Network) -> list[str]:
    """What training changes: every weight, then every threshold."""
    layers = network.numbered
    found = [weight(source, neuron) for before, layer in pairwise(layers) for source in before for neuron in layer]
    return found + [f"t{neuron}" for layer in layers[1:] for neuron in layer if network.thresholds]


def neurons(network: Network) -> dict[str, str]:
    """The net input of each neuron after the inputs, by the neuron's output: {y3: X3, …}."""
    return {f"y{neuron}": f"X{neuron}" for layer in network.numbered[1:] for neuron in layer}


def outputs(network: Network) -> dict[str, str]:
    """The output neurons' outputs by what is desired of them: {yd5: y5}."""
    return {f"yd{neuron}": f"y{neuron}" for neuron in network.numbered[-1]}


def row_names(network: Network) -> list[str]:
    """What a row of data gives: the inputs, then what is desired."""
    return [f"x{neuron}" for neuron in network.numbered[0]] + list(outputs(network))


def input_names(network: Network) -> list[str]:
    """The inputs of the graph, in the order in which a file names them: x, weights, thresholds, what is desired."""
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
