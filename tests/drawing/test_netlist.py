"""Every drawing read back, character by character, into a netlist: it equals the graph, or the tape was chosen.

The full form (`BACKPROP_TUTOR_FULL=1`) reads 800 random circuits of up to 60 gates, each at one of four widths and in
one of the two kinds of letters, so that every pair of them has 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing import terminal
from backprop_tutor.drawing.layout import Layout, Spacing
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.drawing.solution import complete_picture, forward_picture, partial_picture
from backprop_tutor.drawing.terminal import circuit_drawing, terminal_drawing
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import solve
from backprop_tutor.text import ascii_text
from tests.drawing.netlist import one_a_cell, read_back, width_of
from tests.full import FULL, times
from tests.shipped import numbers
from tests.strategies import random_circuit

WIDTHS = (60, 80, 100, 140)


def pictures(count: int) -> Iterator[Picture]:
    for number, id_ in enumerate(sorted(numbers())):
        exercise = variant(find(id_), None)
        yield from list(states(exercise.graph, exercise.values))[number % times(3, 1) :: times(3, 1)]
    for seed in range(count):
        circuit = random_circuit(Random(seed), 1 + seed % 45)
        yield from list(states(circuit.graph, circuit.at))[seed % 3 :: 3]


def states(graph: Graph, at: dict[str, float]) -> Iterator[Picture]:
    """Forward only; everything; and one branch asked with some gradients known."""
    solution = solve(graph, at)
    yield forward_picture(solution)
    yield complete_picture(solution)
    branch = graph.branches[len(graph.branches) // 2]
    yield partial_picture(solution, {graph.output_name}, branch.name, branch.gate)


def expected(graph: Graph, plain: bool) -> dict[str, tuple[str, list[str]]]:
    """Each gate by its name: its symbol and its inputs, those of a gate that commutes sorted."""
    found = {}
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        symbol = node.gate.symbol(node.constant).replace("**", "^")
        found[name] = (ascii_text(symbol) if plain else symbol, list(node.inputs))
    return found


def unordered(netlist: dict[str, tuple[str, list[str]]]) -> dict[str, tuple[str, list[str]]]:
    return {
        name: (symbol, inputs if symbol in ("-", "/") else sorted(inputs)) for name, (symbol, inputs) in netlist.items()
    }


@pytest.mark.parametrize("plain", [False, True])
def test_every_circuit_is_read_back_as_its_graph(plain: bool) -> None:
    chosen: Counter[str] = Counter()
    for number, picture in enumerate(pictures(times(12, 800))):
        # In its bounded form half of the widths, and in the other letters the other half; in its full form one of them.
        for width in WIDTHS[(number // 2 if FULL else number + plain) % times(2, 4) :: times(2, 4)]:
            if FULL and number % 2 != plain:
                continue
            grid = circuit_drawing(picture, width, plain)
            if grid is None:
                chosen[f"tape at {width}"] += 1
                continue
            assert width_of(grid) <= width
            assert not plain or str(grid).isascii()
            netlist = read_back(str(grid))
            assert unordered(netlist.by_name()) == unordered(expected(picture.graph, plain)), str(grid)
            chosen[f"circuit at {width}"] += 1
    print(dict(sorted(chosen.items())))  # noqa: T201  the figures of the full form
    assert all(chosen[f"circuit at {width}"] for width in WIDTHS)


LETTERS = ("ที่", "กี", "e\u0301", "x\u0302\u0323", "é", "漢", "น้ำ", "z")


def in_other_letters(graph: Graph) -> Graph:
    """The same circuit, its inputs and every other gate named with letters that are not one character a column."""
    names = [
        f"{LETTERS[node % len(LETTERS)]}{node}" if gate is None or node % 2 else None
        for node, gate in enumerate(graph.gates)
    ]
    return Graph(graph.rows, names, graph.output)


def test_names_with_marks_and_wide_letters_take_the_columns_that_a_terminal_gives_them() -> None:
    drawn = 0
    for seed in range(times(12, 100)):
        circuit = random_circuit(Random(seed), 2 + seed % 20)
        graph = in_other_letters(circuit.graph)
        at = {graph.names[circuit.graph.index[name]]: number for name, number in circuit.at.items()}
        picture = list(states(graph, at))[seed % 3]
        for width in (60, 100):
            grid = circuit_drawing(picture, width)
            if grid is None:
                continue
            assert max(len(one_a_cell(line)[0]) for line in grid.lines) == width_of(grid) <= width
            netlist = read_back(str(grid))
            assert unordered(netlist.by_name()) == unordered(expected(graph, plain=False)), str(grid)
            drawn += 1
        head, *lines = terminal_drawing(forward_picture(solve(graph, at)), 60, "tape").lines
        assert all(one_a_cell(line)[0][head.index("value") + 4 :].strip().isdigit() for line in lines), lines
    assert drawn > 10


def test_a_band_is_laid_out_once_however_many_widths_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out: list[tuple[int, ...]] = []

    class Counted(Layout):
        def __init__(self, graph: Graph, spacing: Spacing, gates: Sequence[int], ends: Sequence[int]) -> None:
            laid_out.append(tuple(gates))
            super().__init__(graph, spacing, gates, ends)

    monkeypatch.setattr(terminal, "Layout", Counted)
    picture = complete_picture(variant(find("xor"), None).solution)
    for width in (60, 80):
        laid_out.clear()
        assert circuit_drawing(picture, width) is not None
        assert len(laid_out) > 2  # it is folded
        assert len(laid_out) - len(set(laid_out)) <= 1  # the whole circuit may be a band too


@pytest.mark.parametrize("view", ["auto", "tape", "tree"])
@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_every_view_fits_its_width_and_names_every_node(view: str, width: int) -> None:
    for seed in range(times(15, 60)):
        circuit = random_circuit(Random(seed), 1 + seed)
        picture = complete_picture(solve(circuit.graph, circuit.at))
        grid = terminal_drawing(picture, width, view)
        assert width_of(grid) <= width
        assert str(terminal_drawing(picture, width, view, plain=True)).isascii()
        if view == "tape":
            text = str(grid)
            assert all(f"{name} " in text for name in circuit.graph.names if len(name) <= 3)


def test_more_than_about_25_gates_become_a_tape_by_themselves() -> None:
    circuit = random_circuit(Random(5), 40)
    picture = complete_picture(solve(circuit.graph, circuit.at))
    assert str(terminal_drawing(picture, 80)) == str(terminal_drawing(picture, 80, "tape"))
