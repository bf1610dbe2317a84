"""The keys `network`, `data` and `until` of a file: what they hold, and every fault of them at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from backprop_tutor.course.exercise import Until
from backprop_tutor.course.network import ACTIVATIONS, LOSSES, Network, input_names, row_names, weights, why_no_network
from backprop_tutor.course.yaml_text import Path, Source
from backprop_tutor.engine.graph import Graph
from backprop_tutor.errors import Fault, Span, nearest
from backprop_tutor.text import listed

_SHOWN: Final = 6


class NotKnown(Fault):
    """A word that stands for nothing here: `kind` says for what it should stand, `known` for what it may."""

    says = "{name} is no {kind}.{suggestion}"


class BadLayer(Fault):
    """Layers that make no network."""

    says = "{why}"


class WrongCount(Fault):
    """Activations that are not one for each layer after the first."""

    says = "{given} activations for {wanted}. Give one for all, or one for each layer after the inputs."


class NoProbability(Fault):
    """Cross-entropy of outputs that are not between 0 and 1."""

    says = (
        "cross-entropy takes the log of the outputs, which must lie between 0 and 1: the last activation is "
        "sigmoid, not {name}."
    )


class NoOutput(Fault):
    """An `output` beside a network."""

    says = "the output of a network is its loss L. Leave the key output out."


class NeedsNumbers(Fault):
    """Inputs of a network without a number."""

    says = "the network needs a number for {names} too."


class BadRow(Fault):
    """A row of data that does not name what the other rows name."""

    says = "{what}{suggestion}"


def network_in(source: Source, given: Mapping[str, Any]) -> tuple[Network | None, list[Fault]]:
    """The network of the key `network` (which fits the model), or its faults."""
    layers = tuple(given["layers"])
    words = given.get("activation", "sigmoid")
    listed = list(words) if isinstance(words, list) else [words] * max(1, len(layers) - 1)
    network = Network(layers, tuple(listed), given.get("loss", "squared"), given.get("thresholds", True))
    faults = list(_network_faults(source, network, isinstance(words, list)))
    return (None if faults else network), faults


def _network_faults(source: Source, network: Network, listed: bool) -> Iterator[Fault]:
    why = why_no_network(network.layers)
    if why:
        small = [number for number, size in enumerate(network.layers) if size < 1]
        yield BadLayer(source.place(("network", "layers", *small[:1])), why=why)
    at: Path = ("network", "activation")
    named = enumerate(network.activations) if listed else [(0, network.activations[0])]
    wrong = [(number, name) for number, name in named if name not in ACTIVATIONS]
    for number, name in wrong:
        yield _unknown(source.place((*at, number) if listed else at), name, "activation", ACTIVATIONS)
    if not why and len(network.activations) != len(network.layers) - 1:
        wanted = f"{len(network.layers) - 1} layers"
        yield WrongCount(
            source.place(at),
            given=len(network.activations),
            wanted=wanted.removesuffix("s" if wanted == "1 layers" else ""),
        )
    if network.loss not in LOSSES:
        yield _unknown(source.place(("network", "loss")), network.loss, "loss", LOSSES)
    elif network.loss == "cross-entropy" and not wrong and network.activations and network.activations[-1] != "sigmoid":
        yield NoProbability(source.place(("network", "loss")), name=network.activations[-1])
    if "output" in source.value:
        yield NoOutput(source.keys["output",])


def _unknown(span: Span, name: str, kind: str, known: Collection[str]) -> Fault:
    return NotKnown(span, name=name, kind=kind, suggestion=nearest(name, known) or f" It is one of {', '.join(known)}.")


def input_faults(source: Source, network: Network, inputs: Collection[str]) -> list[Fault]:
    """The inputs that a network has and the file does not, and those that it does not have."""
    wanted = input_names(network)
    missing = [name for name in wanted if name not in inputs]
    faults: list[Fault] = []
    if missing:
        start = source.keys["inputs",][0]
        faults.append(NeedsNumbers((start, start + len("inputs")), names=listed(missing, most=_SHOWN)))
    for name in inputs:
        if name not in wanted:
            suggestion = nearest(name, missing or wanted)
            faults.append(
                NotKnown(source.keys["inputs", name], name=name, kind="input of this network", suggestion=suggestion)
            )
    return faults


def row_faults(
    source: Source, rows: Sequence[Mapping[str, float]], graph: Graph, network: Network | None, updated: Collection[str]
) -> Iterator[Fault]:
    """Names in the rows that are no inputs, or trained (`updated`); and rows that leave out what others name."""
    inputs = graph.input_names
    wanted = row_names(network) if network else [name for name in inputs if any(name in row for row in rows)]
    trained = {*updated, *(weights(network) if network else ())}
    for number, row in enumerate(rows):
        for name in row:
            if name in trained:
                what = f"{name} is trained, so no row gives it. Its first number stands in inputs."
                yield BadRow(source.keys["data", number, name], what=what, suggestion="")
            elif name not in inputs:
                what = f"{name} is not an input of this graph."
                yield BadRow(source.keys["data", number, name], what=what, suggestion=nearest(name, wanted or inputs))
        missing = [name for name in wanted if name not in row]
        if missing or not row:
            what = (
                f"this row gives no {listed(missing, most=_SHOWN)}: every row names the same inputs."
                if missing
                else "this row gives nothing."
            )
            yield BadRow(source.place(("data", number)), what=what, suggestion="")
    if rows and not set(inputs) - set(wanted):
        yield BadRow(
            source.place(("data",)), what="the rows give every input: none is left to be trained.", suggestion=""
        )


def until_of(given: Mapping[str, Any] | None) -> Until:
    """What the key `until` says; nothing where it is absent."""
    given = given or {}
    number = {key: None if given.get(key) is None else float(given[key]) for key in ("loss", "rate")}
    return Until(number["loss"], given.get("epochs"), number["rate"])
