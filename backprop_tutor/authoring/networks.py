"""A new exercise file for a multilayer network, with parts named as in the lecture: its graph, and its weights by
seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from backprop_tutor.authoring.exercise_files import SCHEMA_FILE, STAGES_NOTE, file_text
from backprop_tutor.course.inputs import options
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import NoUsableNumbers, pick, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.text import visible

MOST_NEURONS: Final = 100
"""The most neurons in a network, including inputs: any network of this size is within the limits of a graph's text."""
_RANGE: Final = 2.4  # divided by a neuron's inputs it is the widest weight at the start
_MANY: Final = 5  # inputs, from which on steps of 0.1 are too coarse for that
_NOTES: Final = {
    "graph": ("The network, written out: net inputs X, outputs y, errors e, and the loss, which is the output.",),
    "inputs": (
        "The inputs, the weights (w13 leads from neuron 1 to neuron 3) and thresholds, and the desired outputs.",
        "A seed draws from a range (practice --seed 7); {value: 0.5, from: -1, to: 1, step: 0.1} also has its own "
        "number.",
    ),
}


class BadLayers(TutorError):
    """Layers that do not make a network, and why."""


Network = Sequence[range]
"""The numbers of the neurons by layer: in a 2-2-1 network 1 and 2 are inputs, 3 and 4 hidden, 5 is the output. Each
neuron after the inputs takes its net input, less a threshold, through a sigmoid; the loss is ½ Σ e²."""


def network_of(layers: str) -> Network:
    """The network of a text such as 2-2-1. Raises BadLayers."""
    sizes = layers.strip().split("-")
    if not all(size.isascii() and size.isdigit() and len(size) < 9 for size in sizes):
        raise BadLayers(f"give a network as the number of neurons in each layer, such as 2-2-1, not {visible(layers)}.")
    numbers = tuple(map(int, sizes))
    if len(numbers) < 2:
        raise BadLayers("a network needs at least two layers, inputs and outputs, such as 2-1.")
    if min(numbers) < 1:
        raise BadLayers("a layer needs at least one neuron.")
    if sum(numbers) > MOST_NEURONS:
        raise BadLayers(
            f"{sum(numbers):,} neurons are too many: a network has at most {MOST_NEURONS}, including inputs."
        )
    return [range(end - size + 1, end + 1) for size, end in zip(numbers, accumulate(numbers), strict=True)]


def weight(source: int, neuron: int) -> str:
    """The name of a weight: w35; w3_12 if a number passes 9, so that all names differ."""
    return f"w{source}{neuron}" if max(source, neuron) < 10 else f"w{source}_{neuron}"


def network_text(network: Network, title: str, schema: str = SCHEMA_FILE) -> str:
    """The file. Its loss is the error of the network's outputs, and it asks for one training step. In a large network
    some gradient is always too small to write, so no draw is usable: there each weight is a fixed number.
    """
    text = _text(network, title, schema, drawn=True)
    try:
        variant(read_exercise(text, "network"), 1)
    except NoUsableNumbers:
        return _text(network, title, schema, drawn=False)
    return text


def _text(network: Network, title: str, schema: str, drawn: bool) -> str:
    given, desired = [f"x{neuron}" for neuron in network[0]], [f"yd{neuron}" for neuron in network[-1]]
    weights: dict[str, str] = {}
    for before, layer in pairwise(network):
        names = [weight(source, neuron) for source in before for neuron in layer] + [f"t{neuron}" for neuron in layer]
        weights |= {name: _start(len(before), name, drawn) for name in names}
    inputs = dict.fromkeys(given, "1") | weights | dict.fromkeys(desired, "0")
    trained = sorted(weights, key=lambda name: name[0] == "t")
    neurons = ", ".join(f"y{neuron}: X{neuron}" for layer in network[1:] for neuron in layer)
    rows = [[*(f"{name}: {on}" for name in given), *(f"{name}: {1 - on}" for name in desired)] for on in (1, 0)]
    more = [
        "# Each neuron's output with its net input, and the training step.",
        f"neurons: {{{neurons}}}", f"update: {{rate: 0.1, nodes: [{', '.join(trained)}]}}",
        "", STAGES_NOTE, "stages: [delta, update]",
        "", "# Rows to train on, for `backprop-tutor train`. Remove the # to use them.",
        "#data:", *(f"#  - {{{', '.join(row)}}}" for row in rows), "#until: {loss: 0.001, rate: 1}",
    ]  # fmt: skip
    return file_text(title, graph_text(network), inputs, more, _NOTES, schema)


def graph_text(network: Network) -> str:
    """The network in the graph language, one line for each net input, output and error; the last is the loss L."""
    lines: list[str] = []
    letter = "x"
    for before, layer in pairwise(network):
        for neuron in layer:
            terms = " + ".join(f"{weight(source, neuron)}*{letter}{source}" for source in before)
            lines += [f"X{neuron} = {terms} - t{neuron}", f"y{neuron} = sigmoid(X{neuron})"]
        letter = "y"
    lines += [f"e{neuron} = yd{neuron} - y{neuron}" for neuron in network[-1]]
    squares = " + ".join(f"e{neuron}**2" for neuron in network[-1])
    return "\n".join([*lines, f"L = 0.5*{squares}" if len(network[-1]) == 1 else f"L = 0.5*({squares})"]) + "\n"


def _start(inputs: int, name: str, drawn: bool) -> str:
    """A weight's initial range, or a number from it: within 2.4 divided by the number of inputs (Negnevitsky, after
    Haykin)."""
    step = 0.1 if inputs < _MANY else 0.01
    bound = f"{max(step, round(_RANGE / inputs / step) * step):.2f}".rstrip("0")
    numbers = options(f"-{bound}", bound, str(step))
    return f"{{from: -{bound}, to: {bound}, step: {step}}}" if drawn else f"{numbers[pick(name, len(numbers))]:g}"
