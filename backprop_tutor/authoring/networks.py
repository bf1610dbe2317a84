"""A new exercise file for a multilayer network: its graph written out, its weights drawn by seed, ready to edit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from backprop_tutor.authoring.exercise_files import SCHEMA_FILE, network_file_text
from backprop_tutor.authoring.multilayer import Network, graph_text, neurons, outputs, row_names, weight, weights
from backprop_tutor.course.keys import options
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import NoUsableNumbers, pick, variant


def network_text(network: Network, title: str, schema: str = SCHEMA_FILE) -> str:
    """The file. Its loss is what the network's outputs miss; one training step is asked.

    In a large network some gradient is always too small to write, so that no draw is usable: there each weight is a
    number.
    """
    text = _text(network, title, schema, _range)
    try:
        variant(read_exercise(text, "network"), 1)
    except NoUsableNumbers:
        return _text(network, title, schema, _one_of_range)
    return text


def _text(network: Network, title: str, schema: str, start: Callable[[int, str], str]) -> str:
    named = ", ".join(f"{y}: {x}" for y, x in neurons(network).items())
    keys = [f"neurons: {{{named}}}", f"update: {{rate: 0.1, nodes: [{', '.join(weights(network))}]}}"]
    rows = [*_rows(network), "#until: {loss: 0.001, rate: 1}"]
    return network_file_text(title, graph_text(network), _inputs(network, start), keys, rows, schema)


def _inputs(network: Network, start: Callable[[int, str], str]) -> dict[str, str]:
    layers = network.numbered
    found = dict.fromkeys(row_names(network)[: network.layers[0]], "1")
    for before, layer in pairwise(layers):
        names = [weight(source, neuron) for source in before for neuron in layer]
        names += [f"t{neuron}" for neuron in layer if network.thresholds]
        found |= {name: start(len(before), name) for name in names}
    return found | dict.fromkeys(outputs(network), "0")


def _rows(network: Network) -> list[str]:
    """Two rows as examples, all inputs on and all off."""
    ins, outs = row_names(network)[: network.layers[0]], outputs(network)
    rows = [", ".join([*(f"{name}: {on}" for name in ins), *(f"{name}: {1 - on}" for name in outs)]) for on in (1, 0)]
    return ["#data:", *(f"#  - {{{row}}}" for row in rows)]


def _start(inputs: int) -> tuple[str, str]:
    """Bound and step of the start numbers of a neuron of so many inputs: within 2.4 over their number (Negnevitsky,
    after Haykin)."""
    step = 0.1 if inputs < 5 else 0.01
    return f"{max(step, round(2.4 / inputs / step) * step):.2f}".rstrip("0"), str(step)


def _range(inputs: int, _name: str) -> str:
    bound, step = _start(inputs)
    return f"{{from: -{bound}, to: {bound}, step: {step}}}"


def _one_of_range(inputs: int, name: str) -> str:
    bound, step = _start(inputs)
    numbers = options(f"-{bound}", bound, step)
    return f"{numbers[pick(name, len(numbers))]:g}"
