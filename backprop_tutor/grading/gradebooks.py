"""A gradebook from Canvas or Moodle, or any table of students, with one column filled in and every other byte
unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from backprop_tutor.course.roster import Person as Student
from backprop_tutor.course.roster import Table, said
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.layouts import CannotGrade
from backprop_tutor.grading.marks import Total
from backprop_tutor.grading.people import Register
from backprop_tutor.text import counted, listed, nearest, visible

USUAL: Final = "grade"
"""The heading of grades in Moodle, and in any list with such a column."""
MISSING: Final = ("blank", "0")
"""The grade for a student who handed in nothing."""
_LOCKED: Final = frozenset(("EX", "N/A"))  # excused, and not assigned
_READ_ONLY: Final = "(read only)"
_ASSIGNMENT: Final = re.compile(r"(.*?) *\(([0-9]+)\)", re.DOTALL)
_MOST_NAMED: Final = 5
_FIRST_STUDENT: Final = 4  # Canvas writes at most two rows of settings between its headings and the maximum points


class Wishes(NamedTuple):
    """How to fill a gradebook: which column, out of how many points, the grade for nothing handed in, and whether to
    write comments."""

    column: str | None = None
    points: float | None = None
    missing: str = "blank"
    feedback: bool = False


class Filled(NamedTuple):
    """A filled gradebook, and the remarks on it."""

    data: bytes
    remarks: list[str]


class Gradebook:
    """A roster with a column for grades. Raises CannotGrade if the column or the scale cannot be determined."""

    def __init__(self, register: Register, path: str, wishes: Wishes) -> None:
        self.register, self.path, self.wishes = register, Path(path), wishes
        self.table: Table = register.roster.table
        self.system = register.roster.system
        self._maximum_row = self._row_of_maxima()
        self.column = self._grade_column()
        self._points = self._scale()
        self._comments = self._column_of("feedback comments") if wishes.feedback else None
        if wishes.feedback and self._comments is None:
            raise CannotGrade(f"{self._name} has no column Feedback comments, which --feedback fills in for Moodle.")

    @property
    def _name(self) -> str:
        return visible(str(self.path))

    @property
    def begins(self) -> bytes:
        """The bytes of its headings, by which a filled copy is recognised."""
        table = self.table
        return table.mark + table.text[: table.rows[0][-1].end].encode(table.encoding)

    def _column_of(self, head: str) -> int | None:
        return self.register.heads.index(head) if head in self.register.heads else None

    def _row_of_maxima(self) -> int | None:
        rows = self.table.rows[:_FIRST_STUDENT]
        wanted = self.system.maximum_row
        return next((row for row, cells in enumerate(rows) if wanted and said(cells, 0) == wanted), None)

    def _grade_column(self) -> int:
        heads = [cell.text.strip() for cell in self.table.rows[0]]
        wanted = self.wishes.column
        if not self.system.grades_after:
            column = self._column_of(wanted.strip().lower() if wanted is not None else USUAL)
            if column is None:
                more = nearest(wanted, heads) if wanted is not None else ""
                what = visible(wanted) if wanted is not None else "of grades that I recognise: name it with --column"
                raise CannotGrade(f"{self._name} has no column {what}.{more}")
            return column
        every = range(self.register.heads.index(self.system.grades_after) + 1, len(heads))
        if wanted is not None:
            found = [column for column in every if wanted.strip() in _names_of(heads[column])]
        else:
            found = [
                column for column in every if _ASSIGNMENT.fullmatch(heads[column]) and not self._is_read_only(column)
            ]
        if len(found) == 1 and not self._is_read_only(found[0]):
            return found[0]
        if len(found) == 1:
            raise CannotGrade(
                f"{visible(heads[found[0]])} is read only in {self.system.title}. Name an assignment with --column."
            )
        open_ones = [heads[column] for column in every if not self._is_read_only(column)]
        shown = listed(map(visible, open_ones), most=_MOST_NAMED)
        if wanted is None:
            raise CannotGrade(f"name the assignment with --column: {self._name} has {shown or 'none'}.")
        many = "several columns" if found else "no column"
        raise CannotGrade(f"{self._name} has {many} {visible(wanted)}. Its assignments are {shown or 'none'}.")

    def _is_read_only(self, column: int) -> bool:
        return self._maximum_row is not None and said(self.table.rows[self._maximum_row], column) == _READ_ONLY

    def _scale(self) -> Callable[[int], float | None]:
        """A function from a row to its maximum points. Raises CannotGrade if they are unknown, or differ from those
        that were given."""
        wanted = self.wishes.points
        if not self.system.is_gradebook:
            return lambda _: wanted
        if self.system.maximum:
            column = self._column_of(self.system.maximum)
            if column is None and self.system.scale in self.register.heads:
                raise CannotGrade(f"{self._name} grades on a scale of words, which scores do not fit.")
            known = {
                student.row: _number(said(self.table.rows[student.row], column))
                for student in self.register.roster.people
            }
        else:
            row = self._maximum_row
            points = None if row is None else _number(said(self.table.rows[row], self.column))
            known = dict.fromkeys((student.row for student in self.register.roster.people), points)
        others = {points for points in known.values() if points is not None}
        if wanted is not None and others - {wanted}:
            raise CannotGrade(
                f"--points {wanted:g}, but {self._name} says {listed(f'{one:g}' for one in sorted(others))}."
            )
        if wanted is None and None in known.values():
            raise CannotGrade(f"{self._name} does not state its maximum points. Give --points.")
        return lambda row: known[row] if known[row] is not None else wanted

    def filled(
        self, totals: Iterable[Total], comment: Callable[[Total], str] = lambda _: "", has_nobodys: bool = False
    ) -> Filled:
        """The bytes with everybody's score in the column. If there are files whose owner is unknown, no 0 is written: a
        student who seems to have handed in nothing may be the owner."""
        by_student = {total.student: total for total in totals}
        cells: dict[tuple[int, int], str] = {}
        done, missing, locked, unmarked = 0, [], [], []
        for student in self.register.roster.people:
            total = by_student.pop(student.number, None)
            if total is not None and not total.is_marked:
                unmarked.append(student)
            elif self._is_locked(student):
                locked.append(student)
            elif total is not None:
                done += 1
                cells[student.row, self.column] = self._grade(total, student)
                if self._comments is not None:
                    cells[student.row, self._comments] = comment(total)
            if total is None:
                missing.append(student)
                if self.wishes.missing == "0" and not has_nobodys and not self._is_locked(student):
                    cells[student.row, self.column] = "0"
        remarks = [f"{counted(done, 'grade')} filled in."]
        for who, words in (
            (missing, "handed in nothing"),
            (unmarked, "could not be marked"),
            (locked, "kept as excused or locked"),
        ):
            if who:
                names = listed((visible(one.called) for one in who), most=_MOST_NAMED)
                remarks.append(f"{len(who):,} {words}: {names}.")
        if has_nobodys and missing and self.wishes.missing == "0":
            remarks.append("No 0 was written: students who seem to have handed in nothing may own what was left out.")
        return Filled(self._bytes(cells), remarks)

    def _grade(self, total: Total, student: Student) -> str:
        points = self._points(student.row)
        grade = total.scaled(points)
        return min(grade, f"{points:.2f}", key=float) if self.system.maximum and points is not None else grade

    def _is_locked(self, student: Student) -> bool:
        row = self.table.rows[student.row]
        is_open = said(row, self._column_of(self.system.open)) if self.system.open else ""
        return said(row, self.column) in _LOCKED or is_open.lower() == "no"

    def _bytes(self, cells: dict[tuple[int, int], str]) -> bytes:
        """The file with new texts in some cells (row and column), each quoted as before or where it must be."""
        table, parts, at = self.table, [], 0
        for (row, column), text in sorted(cells.items()):
            if column >= len(table.rows[row]):
                line = table.text.count("\n", 0, table.rows[row][0].start) + 1
                raise CannotGrade(f"{self._name}, line {line}: the row ends before the column to fill in.")
            _, start, end = table.rows[row][column]
            is_quoted = table.text[start : start + 1] == '"' or any(mark in text for mark in f'{table.delimiter}"\n\r')
            parts += [table.text[at:start], '"' + text.replace('"', '""') + '"' if is_quoted else text]
            at = end
        text = "".join([*parts, table.text[at:]])
        return table.mark + text.encode(table.encoding, "replace")


def _names_of(head: str) -> tuple[str, ...]:
    """The names by which an assignment may be called: its whole heading, its title, its id with or without brackets."""
    found = _ASSIGNMENT.fullmatch(head)
    return (head,) if found is None else (head, found[1], f"({found[2]})", found[2])


def _number(text: str) -> float | None:
    """A number in a gradebook, with a decimal point or comma."""
    with suppress(ValueError):
        number = float(text.replace(",", "."))
        return number if 0 < number < float("inf") else None
    return None
