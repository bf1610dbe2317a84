"""What a notebook does, printed: run by the Python here and by a browser's, it says the same to the last character."""

import json
import math
from collections.abc import Iterator

import backprop_tutor as bt

HOSTILE = [
    '{"exercise": "simple", "student": "a", "backward": {"x": -4, "y": "-4.0", "z": "3", "q": "4"}}',
    '{"exercise": "relu", "student": "b", "seed": 7, "forward": {"g1": "1/0"}, "backward": {"w1": "w1*"}}',
    b'{"exercise": "relu", "student": "\xff"}',
    "nonsense",
    "",
    "[" * 200,
    '{"exercise": "../relu", "student": "c"}',
]


def neuron(w: float, x: float, b: float) -> float:
    z = w * x + b
    return max(0, z) + math.exp(0) * abs(x)


def said() -> Iterator[object]:
    """A mark, rows of a class, a variant, drawings and a circuit."""
    relu = bt.load("relu")
    yield json.dumps(relu.mark({"backward": {"w1": -1.2}}).to_dict())
    yield json.dumps(relu.mark({"forward": {"g1": 0.2, "x": "0.17"}, "backward": {"x": 1, "w0": "x0*1"}}).to_dict())
    yield relu.mark({"w1": -1.2})._repr_html_()
    yield from map(json.dumps, bt.grade_lines(HOSTILE))
    own = bt.load("relu", student="65010001", salt="ml-2026")
    yield own.seed, own.inputs, own.gradients
    yield own.draw("blank").svg
    yield own.draw().text
    yield [question.hints() for question in relu.questions]
    traced = bt.trace(neuron, w=2, x=-0.5, b=3)
    yield traced.graph, traced.gradients


print(*said(), sep="\n")  # noqa: T201  it is run for this
