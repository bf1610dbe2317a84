"""One line per student over all exercises, for gradebooks and reports for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.marks import Columns
from backprop_tutor.grading.rows import Row

_CENT: Final = Decimal("0.01")


class Total(NamedTuple):
    """The total of one student's submissions: the score, out of what all exercises together are worth, and the rows
    that it is made of, by exercise."""

    student: str
    score: float
    most: float
    rows: list[Row]

    @property
    def is_marked(self) -> bool:
        """Whether any of it could be marked."""
        return any(row.readable for row in self.rows)

    def scaled(self, points: float | None) -> str:
        """The score scaled to so many points, to two decimals, halves up; unscaled if no points are given."""
        if points is None:
            return f"{self.score:.10g}"
        if not self.most:
            return "0.00"
        # Decimals, so that 12.345 of 20 is not a little less than that.
        exact = Decimal(repr(self.score)) * Decimal(repr(points)) / Decimal(repr(self.most))
        return str(exact.quantize(_CENT, ROUND_HALF_UP))


def totals(rows: Iterable[Row], exercises: Iterable[str], columns: Callable[[str], Columns | None]) -> Iterator[Total]:
    """The totals of rows in which each student's rows are together; rows of nobody are left out."""
    worth = {id_: known.max_score for id_ in exercises if (known := columns(id_)) is not None}
    most = sum(worth.values())
    for student, group in groupby(rows, key=lambda row: row.student):
        if student is not None:
            mine = list(group)
            yield Total(student, round(sum(row.score for row in mine if row.exercise in worth), 9), most, mine)
