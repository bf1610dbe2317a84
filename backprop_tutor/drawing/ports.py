"""Ports: the rows at which the wires of each gate arrive, above and below its own row where there are two."""

from __future__ import annotations

from backprop_tutor.drawing.layers import GATE, INPUT, Layers


class Port:
    """Where one wire arrives: at `row`, for the slot (from 0) of a gate; `place` is 0 for its upper port, 1 for the
    lower.

    A gate with one input has its port on its own row, and so have passing wires and exits.
    """

    __slots__ = ("item", "place", "row", "slot")

    def __init__(self, item: int, slot: int, place: int, row: int) -> None:
        self.item, self.slot, self.place, self.row = item, slot, place, row


def ports_of(layers: Layers, row_of: list[int], apart: int) -> list[list[Port]]:
    """The ports of each item, by slot.

    A port of two moves out to the row of the wire that comes in, if nothing stands between: then the wire runs
    straight. Otherwise it stays beside the gate's row. The brackets of two gates keep `apart` rows between them.
    """
    ports: list[list[Port]] = [[] for _ in range(len(layers))]
    for row in layers.rows:
        _ports_of_layer(layers, [item for item in row if layers.kind[item] != INPUT], row_of, apart, ports)
    return ports


def _ports_of_layer(layers: Layers, entered: list[int], row_of: list[int], apart: int, ports: list[list[Port]]) -> None:
    """`entered` are the layer's items that wires end at: an input's left side is free."""
    reach = None
    for position, item in enumerate(entered):
        row, sources = row_of[item], layers.sources[item]
        if len(sources) == 1:
            ports[item] = [Port(item, 0, 0, row)]
            reach = row + 1
            continue
        after = entered[position + 1] if position + 1 < len(entered) else None
        binary_after = after is not None and len(layers.sources[after]) == 2
        lowest = None if after is None else row_of[after] - (2 + apart if binary_after else 1)
        upper, lower = _in_vertical_order(layers, item, row_of)
        top = _slid(row_of[sources[upper]], row - 1, reach, row - 1)
        bottom = _slid(row_of[sources[lower]], row + 1, row + 1, lowest)
        ports[item] = [Port(item, slot, int(slot == lower), bottom if slot == lower else top) for slot in (0, 1)]
        reach = bottom + 1 + apart


def _in_vertical_order(layers: Layers, item: int, row_of: list[int]) -> tuple[int, int]:
    """The slots of the upper and the lower port: as the wires come, unless the gate needs its inputs in their order."""
    first, second = layers.sources[item]
    if layers.kind[item] == GATE and layers.wiring.ordered[layers.vertex[item]]:
        return 0, 1
    return (1, 0) if row_of[second] < row_of[first] else (0, 1)


def _slid(row: int, beside: int, highest: int | None, lowest: int | None) -> int:
    """The row itself if it lies within these bounds, else the one beside the gate."""
    return row if (highest is None or row >= highest) and (lowest is None or row <= lowest) else beside
