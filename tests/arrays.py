"""Random graphs of arrays, with arrays at which every gate is defined and away from its kinks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random

from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.array_passes import ArraySolution, solve_arrays
from backprop_tutor.engine.arrays import Matrix, entries, shape_of
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import OutOfDomain
from tests.textbook import constants_for

Size = tuple[int, int]
_ENTRYWISE = ("relu", "tanh", "sigmoid", "exp", "softplus", "leaky_relu", "abs", "sin", "cos")
_LETTERS = "ABCDEFGHKMNPQRSUVXYZ"


@dataclass(frozen=True)
class ArrayCircuit:
    """A graph of arrays as text, and its inputs."""

    text: str
    at: dict[str, Matrix]

    @property
    def graph(self) -> Graph:
        return read_graph(self.text, self.at, shapes={name: shape_of(array) for name, array in self.at.items()})

    def solve(self, upstream: float = 1.0) -> ArraySolution:
        return solve_arrays(self.graph, self.at, upstream)


def random_array_circuit(rng: Random, size: int, named: bool = True) -> ArrayCircuit:
    """A graph of about `size` gates of arrays that ends in one number, which every gate reaches."""
    while True:
        circuit = _Drawing(rng, named).circuit(size)
        try:
            solution = circuit.solve()
        except OutOfDomain:
            continue
        if solution.largest < 1e4 and not _near_a_kink(solution):
            return circuit


def _near_a_kink(solution: ArraySolution) -> bool:
    """Whether some entry lies close to where a rule changes, so that a finite difference would cross it."""
    for name in solution.graph.gate_names:
        node = solution.graph.node(name)
        assert node.gate is not None
        operands = [solution.array(source) for source in node.inputs]
        if node.gate.kinks and node.gate.arity == 1:
            if min(abs(entry) for entry in entries(operands[0])) < 0.01:
                return True
        elif node.gate.name in ("max", "min"):
            rows, columns = shape_of(solution.array(name))
            a, b = ([[one[r % len(one)][c % len(one[0])] for c in range(columns)] for r in range(rows)]
                    for one in operands)  # fmt: skip
            if min(abs(x - y) for x, y in zip(entries(a), entries(b), strict=True)) < 0.01:
                return True
        elif node.gate.name == "maxpool":
            ordered = sorted(entries(operands[0]))
            if min(y - x for x, y in pairwise(ordered)) < 0.01:
                return True
    return False


class _Drawing:
    """A graph under construction: its lines, and the shape of each named node."""

    def __init__(self, rng: Random, named: bool) -> None:
        self.rng, self.named = rng, named
        self.at: dict[str, Matrix] = {}
        self.shapes: dict[str, Size] = {}
        self.lines: list[str] = []
        self.loose: list[str] = []

    def circuit(self, size: int) -> ArrayCircuit:
        self.input(self.size())
        for _ in range(size):
            self.gate()
        while len(self.loose) > 1:
            one, other = map(self.as_number, self.loose[:2])
            self.line(f"{one} {self.rng.choice('+-*')} {other}", (1, 1), one, other)
        (last,) = self.loose
        if self.shapes[last] != (1, 1) or not self.lines:
            self.line(f"sum({last})", (1, 1), last)
        return ArrayCircuit("\n".join(self.lines), self.at)

    def as_number(self, name: str) -> str:
        """A node with one entry: this one, or the sum or mean of it."""
        word = self.rng.choice(("sum", "mean"))
        return name if self.shapes[name] == (1, 1) else self.line(f"{word}({name})", (1, 1), name)

    def size(self) -> Size:
        return self.rng.randint(1, 3), self.rng.randint(1, 3)

    def number(self) -> float:
        return self.rng.choice([-1, 1]) * self.rng.randint(5, 150) / 100

    def input(self, shape: Size, entry=None) -> str:  # type: ignore[no-untyped-def]
        name = f"{_LETTERS[len(self.at) % len(_LETTERS)]}{len(self.at)}"
        self.at[name] = [[(entry or self.number)() for _ in range(shape[1])] for _ in range(shape[0])]
        self.shapes[name] = shape
        self.loose.append(name)
        return name

    def line(self, text: str, shape: Size, *sources: str) -> str:
        name = f"n{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        self.shapes[name] = shape
        self.loose = [*(one for one in self.loose if one not in sources), name]
        return name

    def operand(self) -> str:
        pool = self.loose if self.loose and self.rng.random() < 0.6 else list(self.shapes)
        return self.rng.choice(pool)

    def fitting(self, shape: Size) -> str:
        """A node with this shape, or a new input with it."""
        known = [name for name, one in self.shapes.items() if one == shape]
        return self.rng.choice(known) if known and self.rng.random() < 0.5 else self.input(shape)

    def gate(self) -> None:
        kind = self.rng.choice((*ARRAY_GATES, "matmul", "entrywise", "stretched", "constant"))
        getattr(self, f"_{kind}")(self.operand())

    def _matmul(self, name: str) -> None:
        rows, columns = self.shapes[name]
        if self.rng.random() < 0.5:
            other = self.fitting((columns, self.rng.randint(1, 3)))
            self.line(f"{name} @ {other}", (rows, self.shapes[other][1]), name, other)
        else:
            other = self.fitting((self.rng.randint(1, 3), rows))
            self.line(f"{other} @ {name}", (self.shapes[other][0], columns), name, other)

    def _transpose(self, name: str) -> None:
        rows, columns = self.shapes[name]
        self.line(f"{name}.T", (columns, rows), name)

    def _sum(self, name: str, word: str = "sum") -> None:
        rows, columns = self.shapes[name]
        axis = self.rng.choice((None, 0, 1))
        said = "" if axis is None else f", axis={axis}"
        self.line(f"{word}({name}{said})", {None: (1, 1), 0: (1, columns), 1: (rows, 1)}[axis], name)

    def _mean(self, name: str) -> None:
        self._sum(name, "mean")

    def _softmax(self, name: str) -> None:
        said = self.rng.choice(("", "", ", axis=0", ", axis=1"))
        self.line(f"softmax({name}{said})", self.shapes[name], name)

    def _cross_entropy(self, name: str) -> None:
        rows, columns = self.shapes[name]
        lines, length = (1, rows) if columns == 1 else (rows, columns)
        hot = [self.rng.randrange(length) for _ in range(lines)]
        labels = self.input((rows, columns))
        for line in range(lines):
            for at in range(length):
                row, column = (at, 0) if columns == 1 else (line, at)
                self.at[labels][row][column] = float(at == hot[line])
        self.line(f"cross_entropy({name}, {labels})", (1, 1) if columns == 1 else (rows, 1), name, labels)

    def _conv(self, name: str) -> None:
        rows, columns = self.shapes[name]
        high, wide = self.rng.randint(1, rows), self.rng.randint(1, columns)
        kernel = self.fitting((high, wide))
        self.line(f"conv({name}, {kernel})", (rows - high + 1, columns - wide + 1), name, kernel)

    def _maxpool(self, name: str) -> None:
        if self.shapes[name] not in ((2, 2), (4, 4), (2, 4)):
            name = self.input(self.rng.choice(((2, 2), (4, 4), (2, 4))))
        rows, columns = self.shapes[name]
        self.line(f"maxpool({name}, 2)", (rows // 2, columns // 2), name)

    def _entrywise(self, name: str) -> None:
        self.line(f"{self.rng.choice(_ENTRYWISE)}({name})", self.shapes[name], name)

    def _constant(self, name: str) -> None:
        kind = self.rng.choice(("scale", "shift", "power"))
        constant = self.rng.choice([one for one in constants_for(kind) if one in (-1.0, 2.0, 3.0, 0.5, -2.0)] or [2.0])
        constant = 2.0 if kind == "power" else constant
        self.line(GATES[kind].written([name], constant), self.shapes[name], name)

    def _stretched(self, name: str) -> None:
        rows, columns = self.shapes[name]
        other = self.fitting(self.rng.choice(((rows, columns), (1, columns), (rows, 1), (1, 1))))
        pair = (name, other) if self.rng.random() < 0.5 else (other, name)
        operation = self.rng.choice(("+", "-", "*", "max", "min"))
        text = f"{pair[0]} {operation} {pair[1]}" if operation in "+-*" else f"{operation}({', '.join(pair)})"
        if name == other and operation in ("max", "min"):
            text = f"{name} * {name}"
        self.line(text, (rows, columns), name, other)
