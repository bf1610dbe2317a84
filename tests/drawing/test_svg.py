"""The SVG, computed and not by eye: well-formed, no two labels overlap, every wire ends at its gate's port."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import combinations
from random import Random

import pytest

from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.formats.svg import RADIUS, SIZE, Plot, Text, svg, text_width
from backprop_tutor.drawing.solution import blank_picture, complete_picture, forward_picture
from backprop_tutor.engine.passes import Solution, solve
from tests.full import times
from tests.strategies import random_circuit


def solutions() -> Iterator[Solution]:
    for id_ in sorted(paths()):
        yield variant(find(id_), None).solution
    for seed in range(times(30, 400)):
        circuit = random_circuit(Random(seed), 1 + seed % 25)
        yield solve(circuit.graph, circuit.at)


def box(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a label."""
    half = text_width(text.label.whole) / 2
    return (text.x - half, text.y - 0.75 * SIZE, text.x + half, text.y + 0.25 * SIZE)


def test_it_is_well_formed_and_shows_every_number() -> None:
    for solution in solutions():
        for picture in (complete_picture(solution), forward_picture(solution), blank_picture(solution)):
            root = ElementTree.fromstring(svg(picture, "A <title> & more"))  # noqa: S314  our own text
            texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
            assert all(name in texts for name in solution.graph.names)
            assert all(text in texts for text in picture.values.values())


def test_no_two_labels_overlap() -> None:
    for solution in solutions():
        plot = Plot(complete_picture(solution))
        boxes = [(text, box(text)) for text in plot.texts if text.label.text]
        for (one, (left, top, right, bottom)), (other, (left2, top2, right2, bottom2)) in combinations(boxes, 2):
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, (one, other)
        for text, (left, top, right, bottom) in boxes:
            assert left >= 0, text
            assert right <= plot.width, text
            assert top >= 0, text
            assert bottom <= plot.height, text
            for gate in plot.gates:
                assert not (
                    left < gate.x + gate.half - 2
                    and right > gate.x - gate.half + 2
                    and top < gate.y + RADIUS - 2
                    and bottom > gate.y - RADIUS + 2
                )


def test_no_wire_crosses_a_label() -> None:
    for solution in solutions():
        plot = Plot(complete_picture(solution))
        for wire in plot.wires:
            for (x1, y1), (x2, y2) in zip(wire.corners, wire.corners[1:], strict=False):
                for text in plot.texts:
                    left, top, right, bottom = box(text)
                    crosses = (
                        text.label.text
                        and min(x1, x2) < right
                        and max(x1, x2) > left
                        and min(y1, y2) < bottom
                        and max(y1, y2) > top
                    )
                    assert not crosses, (wire, text)


def test_every_wire_runs_from_its_node_to_its_gates_port() -> None:
    for solution in solutions():
        graph = solution.graph
        plot = Plot(complete_picture(solution))
        gates = {gate.name: gate for gate in plot.gates}
        branches = [wire.branch for wire in plot.wires if wire.branch]
        assert sorted(branch.name for branch in branches) == sorted(branch.name for branch in graph.branches)
        ends: dict[str, list[float]] = {}
        for wire in plot.wires:
            for before, after in zip(wire.corners, wire.corners[1:], strict=False):
                assert before[0] == after[0] or before[1] == after[1], "wires run along rows and columns"
            start = wire.corners[0]
            if wire.source in gates:
                gate = gates[wire.source]
                assert start == pytest.approx((gate.x + gate.half, gate.y))
            if wire.branch is None:
                continue
            gate, end = gates[wire.branch.gate], wire.corners[-1]
            cap = gate.x - gate.half + RADIUS
            assert end[0] < cap
            assert math.dist(end, (cap, gate.y)) == pytest.approx(RADIUS), "it ends on the outline"
            ends.setdefault(gate.name, []).append(end[1])
        assert all(len(set(heights)) == len(heights) for heights in ends.values()), "two wires never share a port"


def test_an_asked_wire_and_a_lit_gate_stand_out() -> None:
    from backprop_tutor.drawing.solution import partial_picture

    solution = variant(find("sigmoid"), None).solution
    text = svg(partial_picture(solution, {"f"}, "g7->f", "f"))
    assert text.count('class="wire asked"') == 1
    assert text.count('class="gate lit"') == 1
    assert "[?]" in text
