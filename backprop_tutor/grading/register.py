"""Finds who is meant by what a course system calls somebody: the people on the roster by every id, name and group."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from unicodedata import normalize

from backprop_tutor.course.roster import Person as Student
from backprop_tutor.course.roster import Roster, heading, read_roster, said
from backprop_tutor.grading.layouts import Place, canvas_name

_IDENTITIES: Final = frozenset((
    "id", "sis user id", "sis login id", "integration id", "id number", "email address", "username", "student",
    "number", "student number", "student id", "student_id", "sid", "login", "github_username", "identifier", "email",
))  # fmt: skip
"""Headings of columns that identify somebody; a name does not."""
_LETTERS: Final = frozenset("LMN")  # letters, marks and numbers in Unicode


class Register:
    """Everybody on a roster, findable by what a layout calls them."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.heads = heading(roster.table)
        self.by_number = {student.number: student for student in roster.people}
        self._groups = self._in_column("group") if roster.kind == "moodle" else {}
        self._names = {student.row: self._name(student) for student in roster.people}
        self._by_id: dict[str, list[Student]] = {}
        for student in roster.people:
            for key in dict.fromkeys(key for id_ in self._ids(student) for key in (id_, id_.casefold())):
                self._by_id.setdefault(key, []).append(student)

    def _ids(self, student: Student) -> Iterator[str]:
        yield from (student.id, student.number)
        row = self.roster.table.rows[student.row]
        is_name = self.roster.kind == "canvas"  # in Moodle's own column, Student is a name
        for column, head in enumerate(self.heads):
            if head in _IDENTITIES and not (is_name and head == "student") and (id_ := said(row, column)):
                yield id_

    def _in_column(self, head: str) -> Mapping[int, str]:
        column = self.heads.index(head) if head in self.heads else None
        rows = self.roster.table.rows
        return {student.row: said(rows[student.row], column) for student in self.roster.people}

    def _name(self, student: Student) -> str:
        if self.roster.kind != "canvas" or "student" in self.heads:
            return student.name
        row = self.roster.table.rows[student.row]
        halves = [
            column for head in ("lastname", "firstname") for column in range(len(row)) if self.heads[column] == head
        ]
        return ", ".join(said(row, column) for column in halves)

    def find(self, id_: str) -> Sequence[Student]:
        """The people who have this id in any column; several if it is ambiguous."""
        id_ = normalize("NFC", id_.strip())
        return self._by_id.get(id_) or self._by_id.get(id_.casefold()) or ()

    def of(self, place: Place) -> Sequence[Student]:
        """The people that a reading of a path is about: the id and the name must be on the roster; for a group, all
        members."""
        if place.student is None:
            return ()
        found = self.find(place.student)
        if not place.name:
            return found
        mine = [one for one in found if one.id == place.student]
        if self.roster.kind == "canvas":
            return [one for one in mine if canvas_name(self._names[one.row]) == place.name]
        if self.roster.kind != "moodle":
            return found
        name = _letters(place.name)
        alike = [one for one in mine if not one.name or _letters(one.name) == name]
        return alike or [one for one in self.roster.people if (group := self.group(one)) and _letters(group) == name]

    def group(self, student: Student) -> str:
        """The group that somebody is in, if the roster has groups."""
        return self._groups.get(student.row, "")


def _letters(name: str) -> str:
    """A name without punctuation and spaces, which Moodle leaves out of folder names."""
    name = normalize("NFC", name).casefold()
    return "".join(c for c in name if unicodedata.category(c)[0] in _LETTERS)


def read_register(path: str, column: str | None = None) -> Register:
    """The register of a CSV file; `column` holds the students' numbers. Raises Unreadable."""
    return Register(read_roster(path, column))
