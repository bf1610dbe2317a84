"""Reads a circuit drawn in characters back into a netlist, from its characters alone: an oracle that shares no code
with the drawings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from unicodedata import category, east_asian_width
from unicodedata import name as name_of

from backprop_tutor.drawing.picture import Grid
from backprop_tutor.text import columns

LEFT, RIGHT, UP, DOWN = "LEFT", "RIGHT", "UP", "DOWN"
TWO_INPUTS = {"+", "-", "*", "/", "max", "min"}
Cell = tuple[int, int]

_GATE = re.compile(r"\(([^()]+|\([^()]*\))+\)|\[(?!\?)([^\[\]]+)\]")
_NUMBER = re.compile(r"(?<![^\W\d])(?<!\d)-?\d[\d.]*(?:e[-+]?\d+)?[✓✗○~]?|\[\?\]|·|(?<= )\.(?=[ |!+]|$)")
_NAME = re.compile(r"[^\W\d]\w*")
_ROUND = {"╭": {RIGHT, DOWN}, "╮": {LEFT, DOWN}, "╰": {RIGHT, UP}, "╯": {LEFT, UP}}


class Misread(Exception):
    """Characters that are not a circuit."""


@dataclass
class Netlist:
    """Gates by their place, with the symbol and the sources of their inputs from the top down; what is read by name."""

    symbol: dict[Cell, str] = field(default_factory=dict)
    inputs: dict[Cell, list[object]] = field(default_factory=dict)
    name: dict[Cell, str] = field(default_factory=dict)
    heavy: dict[Cell, list[bool]] = field(default_factory=dict)
    bracketed: list[Cell] = field(default_factory=list)
    output: object = None

    def by_name(self) -> dict[str, tuple[str, list[str]]]:
        """Each gate by its name: its symbol and its inputs' names."""
        return {
            self.name[at]: (symbol, [self._called(source) for source in self.inputs[at]])
            for at, symbol in self.symbol.items()
        }

    def _called(self, source: object) -> str:
        return source if isinstance(source, str) else self.name[source]  # type: ignore[index]


def stubs_of_glyph(character: str) -> set[str]:
    """How a box-drawing character leaves its cell, from its Unicode name."""
    if character in _ROUND:
        return _ROUND[character]
    words = name_of(character, "")
    if not words.startswith("BOX DRAWINGS"):
        return set()
    found = {direction for direction in (LEFT, RIGHT, UP, DOWN) if direction in words}
    if "VERTICAL" in words:
        found |= {UP, DOWN}
    if "HORIZONTAL" in words:
        found |= {LEFT, RIGHT}
    return found


_STAND_INS = range(0x10400, 0x10428)
"""Letters that no circuit has: each stands for one that is not one character in one cell."""
_FILLER = "\u0294"  # the second cell of a wide letter


def one_a_cell(drawing: str) -> tuple[str, dict[int, str]]:
    """The drawing with one character in each cell, and what its stand-ins are for: a letter with its marks, or a wide
    one."""
    stands: dict[str, str] = {}
    cells: list[str] = []
    for character in drawing:
        if category(character) == "Mn":
            cells[-1] += character
        else:
            cells.append(character)
    for at, cell in enumerate(cells):
        wide = east_asian_width(cell[0]) == "W"
        if wide or len(cell) > 1:
            cells[at] = stands.setdefault(cell, chr(_STAND_INS[len(stands)])) + _FILLER * wide
    return "".join(cells), {ord(stand): cell for cell, stand in stands.items()} | {ord(_FILLER): ""}


class Reader:
    """One drawing, or one band of it; `letters` are what stand-ins stand for."""

    def __init__(self, lines: list[str], letters: dict[int, str]) -> None:
        self.netlist, self.letters = Netlist(), letters
        self.texts: dict[Cell, str] = {}  # every cell of a name → the name
        self.gates: dict[Cell, Cell] = {}  # every cell of a gate → where it begins
        self.exits: list[tuple[Cell, str]] = []
        self.characters: dict[Cell, str] = {}
        for row, line in enumerate(lines):
            self._scan(row, line)
        self.wires = self._wires()
        self._name_the_gates()
        self._trace()

    def _scan(self, row: int, line: str) -> None:
        """Removes gates, numbers, names and arrows from a line; wires are left."""
        rest = list(line)
        for match in _GATE.finditer(line):
            start, end = match.span()
            self.netlist.symbol[row, start] = line[start + 1 : end - 1]
            if line[start] == "[":
                self.netlist.bracketed.append((row, start))
            for column in range(start, end):
                self.gates[row, column] = (row, start)
            rest[start:end] = "\0" * (end - start)
        for match in re.finditer(r"[▸>](?: (\w+))?", "".join(rest)):
            self.exits.append(((row, match.start()), (match[1] or "").translate(self.letters)))
            rest[match.start() : match.end()] = " " * (match.end() - match.start())
        for match in _NUMBER.finditer("".join(rest)):
            rest[match.start() : match.end()] = " " * (match.end() - match.start())
        for match in _NAME.finditer("".join(rest)):
            for column in range(*match.span()):
                self.texts[row, column] = match[0].translate(self.letters)
            rest[match.start() : match.end()] = "\0" * (match.end() - match.start())
        for column, character in enumerate(rest):
            if character not in " \0":
                self.characters[row, column] = character

    def _wires(self) -> dict[Cell, set[str]]:
        if any(not character.isascii() for character in self.characters.values()):
            wires = {cell: stubs_of_glyph(character) for cell, character in self.characters.items()}
        else:
            wires = {cell: self._ascii_stubs(cell) for cell in self.characters}
        for cell, stubs in wires.items():
            if len(stubs) < 2 or len(stubs) == 4:
                raise Misread(f"no wire: {self.characters[cell]!r} at {cell}")
        return wires

    def _ascii_stubs(self, cell: Cell) -> set[str]:
        row, column = cell
        at = self.characters.get
        match self.characters[cell]:
            case "-" | "=":
                return {LEFT, RIGHT}
            case "|" | "!":
                return {UP, DOWN}
            case "+":
                stubs = {UP} if at((row - 1, column), "") in tuple("|!+") else set()
                stubs |= {DOWN} if at((row + 1, column), "") in tuple("|!+") else set()
                for side, step in ((LEFT, -1), (RIGHT, 1)):
                    other = column + step
                    while at((row, other), "") in tuple("|!"):
                        other += step
                    beside = (row, column + step)
                    if (
                        at((row, other), "") in tuple("-=+")
                        or beside in self.gates
                        or (side == LEFT and beside in self.texts)
                    ):
                        stubs.add(side)
                return stubs
        return set()

    def _name_the_gates(self) -> None:
        for row, column in self.texts:
            gate = self._gate_before(row, column)
            if gate is not None:
                self.netlist.name[gate] = self.texts[row, column]

    def _gate_before(self, row: int, column: int) -> Cell | None:
        """The gate on whose wire a name stands; None for the name of an input, from which its wire begins."""
        while (row, column - 1) in self.texts:
            column -= 1
        has_wire = self.wires.get((row, column - 1)) == {LEFT, RIGHT}
        return self.gates.get((row, column - 2)) if has_wire else None

    def _beside(self, cell: Cell, side: str) -> Cell | None:
        """The cell that a wire goes on to at one side; sideways it passes under whatever runs straight up and down."""
        row, column = cell
        if side in (UP, DOWN):
            other = (row + (1 if side == DOWN else -1), column)
            back = UP if side == DOWN else DOWN
            if back not in self.wires.get(other, ()):
                raise Misread(f"a wire ends at {cell}")
            return other
        step = 1 if side == RIGHT else -1
        other = (row, column + step)
        while self.wires.get(other) == {UP, DOWN}:
            other = (row, other[1] + step)
        if other in self.wires:
            if (LEFT if side == RIGHT else RIGHT) not in self.wires[other]:
                raise Misread(f"a wire ends at {cell}, before {other}")
            return other
        return None

    def _net(self, start: Cell, bracket: set[Cell]) -> tuple[set[Cell], object]:
        """The cells of the wire through `start` and the node from which it comes."""
        net, waiting, sources = {start}, [start], []
        while waiting:
            cell = waiting.pop()
            for side in self.wires[cell]:
                other = self._beside(cell, side)
                if other is None:
                    place = (cell[0], cell[1] - 1)
                    if side == LEFT and place in self.gates:
                        sources.append(self.gates[place])
                    elif side == LEFT and place in self.texts:
                        sources.append(self._gate_before(*place) or self.texts[place])
                    elif side == LEFT:
                        raise Misread(f"a wire comes from nowhere at {cell}")
                elif other not in net and other not in bracket:
                    net.add(other)
                    waiting.append(other)
        if len(sources) != 1:
            raise Misread(f"{len(sources)} nodes drive the wire at {start}")
        return net, sources[0]

    def _trace(self) -> None:
        bracket: set[Cell] = set()
        ports: dict[Cell, list[Cell]] = {}
        for gate, symbol in self.netlist.symbol.items():
            cell = (gate[0], gate[1] - 1)
            if cell not in self.wires or RIGHT not in self.wires[cell]:
                raise Misread(f"nothing enters the gate at {gate}")
            if symbol in TWO_INPUTS:
                while self.wires[cell] == {LEFT, RIGHT}:
                    bracket.add(cell)
                    cell = (cell[0], cell[1] - 1)
                if self.wires.get(cell) != {UP, DOWN, RIGHT}:
                    raise Misread(f"no bracket before the gate at {gate}")
                bracket.add(cell)
                ports[gate] = [self._follow(cell, side, bracket) for side in (UP, DOWN)]
            else:
                ports[gate] = [cell]
        for gate, ends in ports.items():
            self.netlist.inputs[gate] = []
            self.netlist.heavy[gate] = []
            for cell in ends:
                self.netlist.inputs[gate].append(self._net(cell, bracket)[1])
                self.netlist.heavy[gate].append(
                    self.characters[cell] in "━=" or "HEAVY" in name_of(self.characters[cell])
                )
        for (row, column), name in self.exits:
            source = self._net((row, column - 1), bracket)[1]
            if not name:
                self.netlist.output = source
            elif self.netlist.name.get(source) != name:  # type: ignore[call-overload]
                raise Misread(f"the wire at {(row, column)} leaves by the wrong name")

    def _follow(self, cell: Cell, side: str, bracket: set[Cell]) -> Cell:
        """Along a bracket to its end: the cell at which the wire arrives there from the left."""
        back = DOWN if side == UP else UP
        while True:
            cell = (cell[0] + (1 if side == DOWN else -1), cell[1])
            if cell in bracket:
                raise Misread(f"two brackets touch at {cell}")
            bracket.add(cell)
            if self.wires.get(cell) == {LEFT, back}:
                break
            if self.wires.get(cell) != {UP, DOWN}:
                raise Misread(f"no bracket at {cell}")
        port = self._beside(cell, LEFT)
        if port is None:
            raise Misread(f"nothing enters the bracket at {cell}")
        return port


def width_of(grid: Grid) -> int:
    """The columns that the widest row of a drawing takes."""
    return max(map(columns, grid.lines))


def read_back(drawing: str) -> Netlist:
    """The netlist of a drawing: bands are divided by empty lines, and a line that begins with `name: ` ends the
    circuit."""
    whole = Netlist()
    drawing, letters = one_a_cell(drawing)
    lines = drawing.split("\n")
    end = next((at for at, line in enumerate(lines) if re.match(r"\w+: ", line)), len(lines))
    bands: list[list[str]] = [[]]
    for line in lines[:end]:
        if line.strip():
            bands[-1].append(line)
        elif bands[-1]:
            bands.append([])
    for number, band in enumerate(filter(None, bands)):
        netlist = Reader(band, letters).netlist

        def placed(what: object, number: int = number) -> object:
            return (number, *what) if isinstance(what, tuple) else what

        for part in ("symbol", "name", "heavy"):
            getattr(whole, part).update({placed(at): value for at, value in getattr(netlist, part).items()})
        whole.inputs.update({placed(at): [placed(one) for one in sources] for at, sources in netlist.inputs.items()})  # type: ignore[misc]
        whole.bracketed += [placed(at) for at in netlist.bracketed]  # type: ignore[misc]
        if netlist.output is not None:
            whole.output = placed(netlist.output)
    return whole
