"""Checks the SVG by computation, not by eye: it is well-formed, no two labels overlap, every wire ends at its gate's
port."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import combinations
from random import Random

import pytest

from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.formats.svg import RADIUS, SIZE, Plot, Text, bare_svg, svg, text_width
from backprop_tutor.drawing.solution import blank_picture, complete_picture, forward_picture, partial_picture
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


def test_a_bare_svg_looks_the_same_and_has_nothing_that_another_on_the_page_could_meet() -> None:
    for solution in [*solutions()][::9]:
        picture = partial_picture(solution, {solution.graph.output_name}, solution.graph.branches[0].name)
        text = bare_svg(picture, "Title")
        root = ElementTree.fromstring(text)  # noqa: S314  our own text
        assert not re.search(r"<style|@media| class=| id=|<\w+:", text)
        whole = ElementTree.fromstring(svg(picture, "Title", themes=False))  # noqa: S314
        shapes = [[one for one in image.iter() if not one.tag.endswith("style")] for image in (root, whole)]
        assert [one.tag for one in shapes[0]] == [one.tag for one in shapes[1]]
        for bare, styled in zip(*shapes, strict=True):
            assert {name: styled.get(name) for name in ("d", "x", "y", "r")} == {
                name: bare.get(name) for name in ("d", "x", "y", "r")
            }
            kinds = (styled.get("class") or "").split()
            if "halo" not in kinds and "paper" not in kinds:
                assert (bare.get("stroke") or bare.get("fill")) != "#ffffff"
            if "gradient" in kinds:
                assert bare.get("fill") == {"asked": "#9a6700", "quiet": "#6e7781"}.get(kinds[-1], "#b01722")
            if styled.get("data-branch") is not None:
                assert bare.get("stroke-width") == ("3.5" if "asked" in kinds else "1.5")


def test_an_asked_wire_and_a_lit_gate_stand_out() -> None:
    solution = variant(find("sigmoid"), None).solution
    text = svg(partial_picture(solution, {"f"}, "g7->f", "f"))
    assert text.count('class="wire asked"') == 1
    assert text.count('class="gate lit"') == 1
    assert "[?]" in text
