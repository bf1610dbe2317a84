"""A plain formula in, named steps out: one gate a line, each with a name to talk about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Final

from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.gates import CONSTANTS, GATES
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import parse, read_lines, tokens
from backprop_tutor.errors import Fault, Faults

_LOSS: Final = "L"
_LETTERS: Final = "qrstuvhkmnp"
_OUTPUTS: Final = ("f", "y", "out")


def is_formula(text: str) -> bool:
    """Whether a text is one expression and not lines `name = expression`."""
    return bool(text.strip()) and not any(mark in text.strip() for mark in "=;\n")


def inputs_of(text: str) -> list[str]:
    """The names in a graph or a formula that stand for no line of it: its inputs, in the order in which they are read.

    Raises Faults for what is no arithmetic.
    """
    if is_formula(text):
        try:
            steps, assigned = parse(tokens(text), (0, len(text))), set()
        except Fault as fault:
            raise Faults(text, [fault], "graph") from None
    else:
        reading = read_lines(text)
        if reading.faults or not reading.lines:
            read_graph(text, ())  # says what is wrong, an empty text included
        steps = [step for line in reading.lines for step in line.steps]
        assigned = {line.name for line in reading.lines}
    names = sorted((step for step in steps if step.kind == "name"), key=lambda step: step.span)
    return list(dict.fromkeys(step.text for step in names if step.text not in assigned and step.text not in CONSTANTS))


def as_lines(text: str) -> str:
    """The lines of a text; a formula becomes lines of one gate each, every gate with a name of its own. Raises Faults.

    Then the output is f where that name is free, the steps before it are q, r, s, and so on.
    """
    if not is_formula(text):
        return text
    inputs, line = inputs_of(text), on_one_line(text)
    try:
        graph = read_graph(line, inputs, reserved=[_LOSS])
    except Faults as error:
        for fault in error.faults:  # of the line, until here
            start, end = (at - len(line) + len(text) for at in fault.span)
            fault.span = (max(0, start), max(1, end))
        raise Faults(text, error.faults, "graph") from None
    free = _but(inputs, (f"{letter}{number or ''}" for number in count() for letter in _LETTERS), graph.output_name)
    pairs = zip(graph.labels, graph.gates, strict=True)
    labels = [label or (None if gate is None else next(free)) for label, gate in pairs]
    return written(Graph(graph.rows, labels, graph.output))


def on_one_line(formula: str) -> str:
    """A formula as one line, its output named."""
    output = next(_but(inputs_of(formula), chain(_OUTPUTS, map("f{}".format, count(1)))))
    return f"{output} = {formula}"


def _but(inputs: Iterable[str], names: Iterable[str], output: str = "") -> Iterator[str]:
    """The names that stand for nothing yet."""
    taken = {*inputs, *CONSTANTS, *GATES, _LOSS, output}
    return (name for name in names if name not in taken)
