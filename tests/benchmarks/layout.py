"""How long a layout takes, in milliseconds: for the lecture's sigmoid circuit, for 200 gates, and for xor in bands."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.layout import Layout
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.drawing.terminal import circuit_drawing
from backprop_tutor.engine.graph import Graph, GraphBuilder
from tests.benchmarks.timing import Measure, best


def measures() -> Iterator[Measure]:
    """Each, best of many."""
    sigmoid, large = variant(find("sigmoid"), None).graph, of_200_gates()
    xor = complete_picture(variant(find("xor"), None).solution)
    (folded,) = best(lambda: circuit_drawing(xor, 80), rounds=20)
    (small_time,), (large_time,) = best(lambda: Layout(sigmoid), rounds=30), best(lambda: Layout(large), rounds=5)
    yield Measure("layout of sigmoid, ms", small_time * 1e3, "<= 5")
    yield Measure("xor drawn at 80 columns, ms", folded * 1e3, "<= 50")
    yield Measure("layout of 200 gates, ms", large_time * 1e3, "<= 300", f"{len(large.branches)} branches")


def of_200_gates() -> Graph:
    """A random circuit of 200 gates whose wires reach over a few layers."""
    rng, builder = Random(200), GraphBuilder()
    nodes = [builder.input(f"x{number}") for number in range(20)]
    while len(nodes) < 220:
        recent = nodes[-30:]
        nodes.append(builder.gate(rng.choice(["add", "mul", "max"]), rng.choice(recent), rng.choice(recent)))
    return builder.build()
