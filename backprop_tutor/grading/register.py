"""Finds who is meant by what a course system calls somebody: the people on the roster by every id, name and group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from unicodedata import normalize

from backprop_tutor.course.roster import Person as Student
from backprop_tutor.course.roster import Roster, heading, read_roster, said
from backprop_tutor.grading.layouts import Place

_IDENTITIES: Final = frozenset((
    "id", "sis user id", "sis login id", "integration id", "id number", "email address", "username", "student",
    "number", "student number", "student id", "student_id", "sid", "login", "github_username", "identifier", "email",
))  # fmt: skip
"""Headings of columns that identify somebody; a name does not."""


class Register:
    """Everybody on a roster, findable by what a layout calls them."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.heads = heading(roster.table)
        self.by_number = {student.number: student for student in roster.people}
        self._groups = self._in_column(roster.system.group) if roster.system.group else {}
        self._names = {student.row: self._name(student) for student in roster.people}
        self._by_id: dict[str, list[Student]] = {}
        for student in roster.people:
            for key in dict.fromkeys(key for id_ in self._ids(student) for key in (id_, id_.casefold())):
                self._by_id.setdefault(key, []).append(student)

    def _ids(self, student: Student) -> Iterator[str]:
        yield from (student.id, student.number)
        row = self.roster.table.rows[student.row]
        for column, head in enumerate(self.heads):
            if head in _IDENTITIES and (self.roster.system.student or head != "student") and (id_ := said(row, column)):
                yield id_

    def _in_column(self, head: str) -> Mapping[int, str]:
        column = self.heads.index(head) if head in self.heads else None
        rows = self.roster.table.rows
        return {student.row: said(rows[student.row], column) for student in self.roster.people}

    def _name(self, student: Student) -> str:
        """The name as the system sorts it, where it has two columns for it."""
        row = self.roster.table.rows[student.row]
        halves = [self.heads.index(head) for head in ("lastname", "firstname") if head in self.heads]
        return student.name if "student" in self.heads or not halves else ", ".join(said(row, half) for half in halves)

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
        in_paths = self.roster.system.in_paths
        if in_paths is None:
            return found
        mine = [one for one in found if one.id == place.student]
        alike = [one for one in mine if not one.name or in_paths(self._names[one.row], place.name)]
        everybody = self.roster.people
        return alike or [one for one in everybody if (group := self.group(one)) and in_paths(group, place.name)]

    def group(self, student: Student) -> str:
        """The group that somebody is in, if the roster has groups."""
        return self._groups.get(student.row, "")


def read_register(path: str, column: str | None = None) -> Register:
    """The register of a CSV file; `column` holds the students' numbers. Raises Unreadable."""
    return Register(read_roster(path, column))
