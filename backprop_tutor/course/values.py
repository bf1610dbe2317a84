"""What the keys of an exercise hold: an input, which may be a number, the range that a seed draws it from, or an array
of them; the names of stages; a training step; conditions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, Literal

from backprop_tutor.engine.graph import Shape
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple

Rows = list[list[float]]
"""The entries of an array, row by row."""
MOST_OPTIONS: Final = 100_000
"""The most numbers that a range may contain."""
_SMALLEST: Final = -400  # the power of ten below which every number is 0 as a float


class Steps:
    """The numbers of a range, each computed on demand, so that many long ranges cost nothing: `first`, `first + width`
    and so on, whole numbers in units of 1/`unit`."""

    def __init__(self, first: int, width: int, unit: int, size: int) -> None:
        self.first, self.width, self.unit, self.size = first, width, unit, size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Steps) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"Steps({self.first}, {self.width}, {self.unit}, {self.size})"

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: int) -> float:
        return (self.first + range(self.size)[place] * self.width) / self.unit


class Choice(NamedTuple):
    """The numbers an input may have: the author's own `value`, and the `options` a seed draws from."""

    value: float | None
    options: Steps | tuple[float, ...] = ()


def options(start: str, end: str, step: str | int) -> Steps:
    """The numbers from `start` up to `end` in steps, computed in whole numbers so that three steps of 0.1 make 0.3.
    Raises ValueError for a range that goes down, a step not above 0, or more than 100,000 numbers.
    """
    # Python's Decimal would do the same, but importing it takes a hundredth of the time to the first prompt.
    numbers = [_decimal(str(text)) for text in (start, end, step)]
    lowest = min(0, *(power for _, power in numbers))
    first, last, width = (digits * 10 ** (power - lowest) for digits, power in numbers)
    if last < first:
        raise ValueError(f"a range must go up, but {end} is below {start}")
    if width <= 0 or last - first >= MOST_OPTIONS * width:
        raise ValueError(f"a range needs a step above 0 and has at most {MOST_OPTIONS:,} numbers")
    return Steps(first, width, 10**-lowest, (last - first) // width + 1)


def _decimal(text: str) -> tuple[int, int]:
    """A decimal number, exactly: whole digits, and the power of ten that they count."""
    number, _, power = text.lower().partition("e")
    whole, _, after = number.partition(".")
    digits, power_of_ten = int(whole + after), int(power or 0) - len(after)
    return (digits, power_of_ten) if digits and power_of_ten >= _SMALLEST else (0, 0)


class ArrayInput(NamedTuple):
    """An input that is an array: its shape (as text while it is being read), its own entries row by row (None if it has
    none), and what other entries are drawn from."""

    shape: Any
    rows: Any = None
    options: Steps | tuple[float, ...] = ()

    def choices(self, name: str) -> dict[str, Choice]:
        """The possible values of each entry, by its name; empty for an array without numbers."""
        if self.rows is None and not self.options:
            return {}
        names = entry_names(name, self.shape)
        own = [entry for row in self.rows for entry in row] if self.rows is not None else [None] * len(names)
        return {one: Choice(value, self.options) for one, value in zip(names, own, strict=True)}

    def checked(self) -> ArrayInput:
        """The array with shape and entries as an exercise holds them. Raises ValueError, in words."""
        from backprop_tutor.engine.array_text import read_shape  # exercises of numbers load no code for arrays
        from backprop_tutor.engine.arrays import matrix

        shape, rows = self.shape, self.rows
        if isinstance(shape, str):
            try:
                shape = read_shape(shape)
            except Fault as fault:
                raise ValueError(str(fault).removesuffix(".")) from None
        if rows is not None:
            rows = matrix(rows)
            own = (len(rows), len(rows[0]))
            if shape is not None and shape[0] == 1 and own == (shape[1], 1):
                rows, own = [[row[0] for row in rows]], shape  # a flat list is a row if the shape says so
            if shape is not None and own != shape:
                raise ValueError(f"value is {own[0]}x{own[1]}, but shape says {shape[0]}x{shape[1]}")
            shape = own
        if self.options and not all(isinstance(size, int) for size in shape):
            raise ValueError("letters stand for any size, so no numbers are drawn for them")
        return ArrayInput(shape, rows, self.options)


def entry_names(name: str, shape: Shape) -> list[str]:
    """The names of an array's entries among an exercise's values: `W[2,1]`, counted from 1, row by row."""
    rows, columns = shape
    if rows == columns == 1:
        return [name]
    return [f"{name}[{row},{column}]" for row in range(1, int(rows) + 1) for column in range(1, int(columns) + 1)]


class StageWord(NamedTuple):
    """A stage as files name it: which exercises may ask for it, and what it asks about. `needs` is the key without
    which it has nothing to ask about, and an example of that key; `asks` says which of an array's numbers a student
    writes; `in_letters` that it can ask about sizes that are letters; `parts` are what it asks about one neuron, as
    names have it after the point, `y5.delta`."""

    name: str
    of_numbers: bool = False
    of_arrays: bool = False
    asks: Literal["values", "gradients", ""] = ""
    needs: tuple[str, str] = ("", "")
    in_letters: bool = False
    parts: tuple[str, ...] = ()


STAGE_WORDS: Final = {
    row.name: row
    for row in (
        StageWord("graph", of_numbers=True),
        StageWord("shape", of_arrays=True, in_letters=True),
        StageWord("forward", of_numbers=True, of_arrays=True, asks="values"),
        StageWord("local", of_numbers=True, of_arrays=True),
        StageWord("backward", of_numbers=True, of_arrays=True, asks="gradients"),
        StageWord("symbolic", of_numbers=True),
        StageWord("formula", of_arrays=True, asks="gradients", in_letters=True),
        StageWord("delta", of_numbers=True, needs=("neurons", "{y5: X5}"), parts=("error", "delta")),
        StageWord(
            "update", of_numbers=True, of_arrays=True, asks="gradients", needs=("update", "{rate: 0.1, nodes: [w35]}")
        ),
    )
}
"""The stages by name, in the order in which a lesson asks; `tutor.stages` defines what they do."""
STAGES: Final = tuple(name for name, row in STAGE_WORDS.items() if row.of_numbers)
"""What an exercise of numbers can ask, in that order."""
ARRAY_STAGES: Final = tuple(name for name, row in STAGE_WORDS.items() if row.of_arrays)
"""What an exercise of arrays can ask, in the same order."""
GRADIENT: Final = "gradient"
"""The convention in which δ = ∂L/∂X and e = y - yd, as in Nielsen and Bishop."""


class Update(NamedTuple):
    """One training step: the learning rate, and the inputs that it changes."""

    rate: float
    nodes: tuple[str, ...]


class Until(NamedTuple):
    """When training ends: at a `loss` over an epoch or after a number of `epochs`; and its learning `rate`."""

    loss: float | None = None
    epochs: int | None = None
    rate: float | None = None


COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
"""Comparisons of two numbers, by sign; a longer sign comes before a shorter one that it begins with."""


class Condition(NamedTuple):
    """A condition on every variant: two nodes or numbers as they are written, with a sign between them."""

    left: str
    sign: str
    right: str

    def __str__(self) -> str:
        return " ".join(self)
