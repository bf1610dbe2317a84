"""The network as circles, read back: every weight's label stands on a wire from its source to its neuron."""

from __future__ import annotations

import re
from random import Random

import pytest

from backprop_tutor.drawing.network import Circle, Wire, network_drawing
from backprop_tutor.drawing.picture import GLYPHS
from tests.full import times

_WORD = r"-?\w+"
WAYS = [(0, -1), (0, 1), (-1, 0), (1, 0)]
OPEN = {glyph: form for form, glyph in GLYPHS.items()}


def random_network(random: Random) -> list[list[Circle]]:
    """Layers of one to four circles; some inputs feed nothing, some neurons have a threshold."""
    layers: list[list[Circle]] = []
    for number in range(random.randint(2, 4)):
        layer = []
        for place in range(random.randint(1, 4)):
            name = f"{'xyz'[min(number, 2)]}{number}{place}"
            before = layers[-1] if layers else []
            sources = [one.name for one in before if random.random() < 0.8] or [one.name for one in before[:1]]
            sources += ["-1"] * (number > 0 and random.random() < 0.5)
            wires = [Wire(source, f"w{name}{at} = {random.randint(-99, 99) / 10}") for at, source in enumerate(sources)]
            layer.append(Circle(name, ("0.5250", "value"), ("-0.1274", "gradient") if number else ("", ""), wires))
        layers.append(layer)
    return layers


def ends(lines: list[str], row: int, column: int) -> set[str]:
    """The words at which the wire ends that has a cell here."""
    found: set[str] = set()
    todo, seen = [(row, column)], {(row, column)}
    while todo:
        row, column = todo.pop()
        for (down, right), is_open in zip(WAYS, OPEN[lines[row][column]], strict=True):
            at = (row + down, column + right)
            while is_open and not down and lines[at[0]][at[1]] in "│┃" and lines[at[0]][at[1] + right] in "─━":
                at = (at[0], at[1] + right)  # a bridge of another wire
            if not is_open or at in seen:
                continue
            seen.add(at)
            glyph = lines[at[0]][at[1]]
            if glyph in OPEN:
                todo.append(at)
            elif glyph != " ":
                found.add(
                    re.findall(_WORD, lines[at[0]][: at[1] + 1] if right < 0 else lines[at[0]][at[1] :])[-(right < 0)]
                )
    return found


@pytest.mark.parametrize("seed", range(times(15, 2_000)))
def test_every_weight_stands_on_a_wire_from_its_source_to_its_neuron(seed: int) -> None:
    layers = random_network(Random(seed))
    grid = network_drawing(layers, 1_000)
    assert grid is not None
    width = max(map(len, grid.lines))
    lines = [line.ljust(width + 1) for line in (*grid.lines, "")]
    for circle in (circle for layer in layers[1:] for circle in layer):
        for wire in circle.wires:
            row = next(number for number, line in enumerate(lines) if f" {wire.label} " in line)
            start = lines[row].index(f" {wire.label} ")
            assert ends(lines, row, start - 1) == {wire.source}, "\n".join(lines)
            assert ends(lines, row, start + len(wire.label) + 2) == {circle.name}
    assert network_drawing(layers, width - 1) is None
    plain = network_drawing(layers, 1_000, plain=True)
    assert plain is not None
    assert str(plain).isascii()
