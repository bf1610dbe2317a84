"""Matrices as lists of rows: their shapes, their arithmetic, and how they are written.

Every value of an array exercise is a matrix: a number is 1 × 1, a single vector a column. Only sizes of 1 stretch. What
rounding leaves of a sum that is 0 counts as 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, isfinite
from typing import Any, Final

from backprop_tutor.engine.gate import RESIDUE
from backprop_tutor.engine.graph import Shape
from backprop_tutor.text import counted

Matrix = list[list[float]]
"""Rows of numbers, all of the same length; at least one row and one column. Must not be changed once created."""
Size = int | str
"""The number of rows or columns: a number, or a letter such as N for any number."""

MOST_ENTRIES: Final = 2000
"""The most entries that all arrays of an exercise, or one typed array, may have."""
_SUSPECT: Final = 1e-3
"""A sum of this size or more is never a residue, unless its terms are larger than anything that is ever asked for."""


class Misfit(ValueError):
    """Shapes that do not fit; the message says what they are and what would fit."""


def matrix(value: object) -> Matrix:
    """The matrix of a number, a flat list (a column) or a list of rows. Raises ValueError, with a message for people,
    for rows of different lengths, for no rows, and for anything that is not a number."""
    rows: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    if not rows:
        raise ValueError("an array needs at least one entry.")
    if not any(isinstance(row, list | tuple) for row in rows):
        rows = [[entry] for entry in rows]
    found: Matrix = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list | tuple):
            raise ValueError(f"row {number} is a single number, but other rows are lists.")
        if len(row) != len(rows[0]) or not row:
            raise ValueError(f"row {number} has {entries_in_words(row)}, but row 1 has {entries_in_words(rows[0])}.")
        if not all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in row):
            raise ValueError(f"row {number} contains something that is not a number.")
        found.append([float(entry) for entry in row])
    if not all(isfinite(entry) for row in found for entry in row):
        raise ValueError("this number is too large.")
    return found


def entries_in_words(row: Sequence[object]) -> str:
    """The number of entries in a row, in words."""
    return counted(len(row), "entry", "entries")


def shape_of(array: Matrix) -> tuple[int, int]:
    """The number of rows and columns."""
    return len(array), len(array[0])


def count(shape: Shape) -> int:
    """The number of entries in an array of this shape. Letters count as 1."""
    rows, columns = (size if isinstance(size, int) else 1 for size in shape)
    return rows * columns


def filled(shape: tuple[int, int], value: float = 0.0) -> Matrix:
    """An array of this shape with the same number everywhere."""
    return [[value] * shape[1] for _ in range(shape[0])]


def entries(array: Matrix) -> list[float]:
    """All entries, row by row."""
    return [entry for row in array for entry in row]


def largest(array: Matrix) -> float:
    """The largest absolute value of an entry."""
    return max(abs(entry) for row in array for entry in row)


def added(terms: Sequence[float]) -> float:
    """The sum of terms; 0 if it is only what rounding left of 0."""
    total = sum(terms)
    if -_SUSPECT < total < _SUSPECT and total != 0 and abs(total) <= RESIDUE * max(map(abs, terms)):
        return 0.0
    return total


def sum_of(terms: Sequence[Matrix]) -> Matrix:
    """Arrays of one shape added up, entry by entry."""
    if len(terms) == 1:
        return terms[0]
    return [[added(each) for each in zip(*rows, strict=True)] for rows in zip(*terms, strict=True)]


def is_finite(array: Matrix) -> bool:
    """Whether every entry is a finite number."""
    return all(isfinite(entry) for row in array for entry in row)


def mapped(compute: Callable[[float], float], array: Matrix) -> Matrix:
    """Applies a function to each entry."""
    return [[compute(entry) for entry in row] for row in array]


def stretched_shape(a: Shape, b: Shape) -> Shape | None:
    """The shape to which two shapes are stretched; None if they do not fit. Only sizes of 1 stretch."""
    sizes = [
        one if other == 1 or one == other else other if one == 1 else None for one, other in zip(a, b, strict=True)
    ]
    rows, columns = sizes
    return None if rows is None or columns is None else (rows, columns)


def stretched(array: Matrix, shape: Shape) -> Matrix:
    """An array whose single rows and columns are repeated until it has this shape."""
    if shape == shape_of(array):
        return array
    rows, columns = shape
    wide = [row * int(columns) if len(row) == 1 else row for row in array]
    return wide * int(rows) if len(wide) == 1 else wide


def combined(compute: Callable[[float, float], float], a: Matrix, b: Matrix) -> Matrix:
    """Applies a function to each pair of entries; arrays are stretched where one has a size of 1. Raises Misfit."""
    if len(a) != len(b) or len(a[0]) != len(b[0]):
        shape = stretched_shape(shape_of(a), shape_of(b))
        if shape is None:
            raise Misfit(no_stretch(shape_of(a), shape_of(b)))
        a, b = stretched(a, shape), stretched(b, shape)
    return [list(map(compute, row, other)) for row, other in zip(a, b, strict=True)]


def no_stretch(a: Shape, b: Shape) -> str:
    """Why two shapes cannot be combined entry by entry."""
    return f"{written_shape(a)} and {written_shape(b)} do not fit entry by entry: only sizes of 1 stretch."


def difference(x: float, y: float) -> float:
    """x - y; 0 if it is only what rounding left of 0."""
    total = x - y
    return 0.0 if abs(total) <= RESIDUE * abs(x) else total


def total(x: float, y: float) -> float:
    """x + y; 0 if it is only what rounding left of 0."""
    found = x + y
    return 0.0 if abs(found) <= RESIDUE * abs(x) else found


def transposed(array: Matrix) -> Matrix:
    """The transpose: rows and columns swap places."""
    return [list(column) for column in zip(*array, strict=True)]


def product(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product. Raises Misfit."""
    if len(a[0]) != len(b):
        raise Misfit(no_product(shape_of(a), shape_of(b)))
    columns = transposed(b)
    return [[added([x * y for x, y in zip(row, column, strict=True)]) for column in columns] for row in a]


def no_product(a: Shape, b: Shape) -> str:
    """Why two shapes cannot be multiplied."""
    across, down = (
        counted(size, noun) if isinstance(size, int) else f"{size} {noun}s"
        for size, noun in ((a[1], "column"), (b[0], "row"))
    )
    fit = f"the left one has {across}, but the right one has {down}."
    return f"{written_shape(a)} @ {written_shape(b)} does not fit: {fit}"


def summed(array: Matrix, axis: int | None = None) -> Matrix:
    """The sum of all entries (1 × 1); with axis 0 of each column (giving a row), with axis 1 of each row (giving a
    column)."""
    if axis is None:
        return [[added(entries(array))]]
    if axis == 0:
        return [[added(column) for column in zip(*array, strict=True)]]
    return [[added(row)] for row in array]


def averaged(array: Matrix, axis: int | None = None) -> Matrix:
    """The mean, as `summed`."""
    number = len(array) * len(array[0]) if axis is None else len(array) if axis == 0 else len(array[0])
    return mapped(lambda entry: entry / number, summed(array, axis))


def softmax(array: Matrix, axis: int = 1) -> Matrix:
    """exp(z) over its sum, in each row (axis 1) or in each column (axis 0)."""
    if axis == 0:
        return transposed(softmax(transposed(array)))
    found = []
    for row in array:
        highest = max(row)  # so that no exp overflows
        powers = [exp(entry - highest) for entry in row]
        whole = sum(powers)
        found.append([power / whole for power in powers])
    return found


def correlated(array: Matrix, kernel: Matrix) -> Matrix:
    """The kernel, not flipped, laid over the array at every place where it fits, with the products added up. Raises
    Misfit."""
    (rows, columns), (high, wide) = shape_of(array), shape_of(kernel)
    if high > rows or wide > columns:
        raise Misfit(f"a kernel of {high}x{wide} does not fit into {rows}x{columns}.")
    return [
        [
            added([array[top + row][left + at] * kernel[row][at] for row in range(high) for at in range(wide)])
            for left in range(columns - wide + 1)
        ]
        for top in range(rows - high + 1)
    ]


def padded(array: Matrix, kernel: Matrix) -> Matrix:
    """The array with zeros around it: on each side one less than the kernel has rows or columns."""
    high, wide = (size - 1 for size in shape_of(kernel))
    width = len(array[0]) + 2 * wide
    rows = [[0.0] * wide + row + [0.0] * wide for row in array]
    return [*filled((high, width)), *rows, *filled((high, width))]


def flipped(array: Matrix) -> Matrix:
    """The array rotated by 180 degrees."""
    return [row[::-1] for row in array[::-1]]


def pooled(array: Matrix, size: float) -> Matrix:
    """The largest entry of each block of size × size. Raises Misfit if blocks do not fill the array."""
    return [[max(array[row][column] for row, column in block) for block in line] for line in _blocks(array, size)]


def spread(array: Matrix, size: float) -> Matrix:
    """Each entry written into a whole block of size × size."""
    width = int(size)
    return [[entry for entry in row for _ in range(width)] for row in array for _ in range(width)]


def peaks(array: Matrix, size: float) -> Matrix:
    """1 at the largest entry of each block of size × size (the first one, if there is a tie), 0 elsewhere."""
    found = filled(shape_of(array))
    for line in _blocks(array, size):
        for block in line:
            row, column = max(block, key=lambda place: array[place[0]][place[1]])
            found[row][column] = 1.0
    return found


def has_tie(array: Matrix, size: float) -> bool:
    """Whether a block of size × size has two equal largest entries."""
    blocks = [sorted(array[row][column] for row, column in block) for line in _blocks(array, size) for block in line]
    return any(block[-2:-1] == block[-1:] for block in blocks)


def _blocks(array: Matrix, size: float) -> list[list[list[tuple[int, int]]]]:
    """The places of each block, row by row of blocks."""
    (rows, columns), width = shape_of(array), int(size)
    check_pool((rows, columns), size)
    return [
        [
            [(top + row, left + at) for row in range(width) for at in range(width)]
            for left in range(0, columns, width)
        ]
        for top in range(0, rows, width)
    ]  # fmt: skip


def check_block(size: float) -> None:
    """Checks that a block can have this many rows. Raises Misfit."""
    if size != int(size) or not 1 <= size <= MOST_ENTRIES:
        raise Misfit(f"a block must have a whole number of rows, from 1 to {MOST_ENTRIES:,}, not {size:g}.")


def check_pool(shape: Shape, size: float) -> None:
    """Checks that blocks of size × size fill an array of this shape. Raises Misfit."""
    check_block(size)
    width = int(size)
    if any(isinstance(one, str) or one % width for one in shape):
        raise Misfit(f"blocks of {width}x{width} do not fill {written_shape(shape)}.")


def written_shape(shape: Shape) -> str:
    """`2x3`; with letters `N x C`."""
    rows, columns = shape
    return f"{rows}x{columns}" if isinstance(rows, int) and isinstance(columns, int) else f"{rows} x {columns}"


def written(array: Matrix, number: Callable[[float], str] = "{:g}".format) -> str:
    """`[1 2; 3 4]`, each entry written by `number`; a single entry is written alone."""
    rows = [" ".join(number(entry) for entry in row) for row in array]
    return rows[0] if shape_of(array) == (1, 1) else f"[{'; '.join(rows)}]"


def grid(array: Matrix, number: Callable[[float], str]) -> list[str]:
    """One line per row, every entry written by `number` and right-aligned in its column, with two spaces in between."""
    texts = [[number(entry) for entry in row] for row in array]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in texts]
