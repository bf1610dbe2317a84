"""A class as a course system lists it: a CSV file in, its people out, with the place of every cell, so that one can be
filled and every other byte kept. The headings show which system wrote it: Canvas's gradebook, Moodle's grading
worksheet, or any list of students.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from unicodedata import normalize

from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import Unreadable, reason
from backprop_tutor.text import counted, listed, nearest, visible

_MOST_BYTES: Final = 50_000_000  # a Moodle worksheet contains the online texts of a whole class
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""The encodings that a byte-order mark identifies. Excel writes them all."""
_DELIMITERS: Final = ",;\t"
_FORMULA: Final = re.compile(r'="(.*)"', re.DOTALL)
"""How Canvas keeps a spreadsheet from evaluating a name that begins with `=`."""
_NUMBERED: Final = re.compile(r"(\w{4,}[\w/() ]*?|[^\W0-9_a-zA-Z]+) ?([0-9]+)")
"""A word and a number, like `Participant 12` in any language, but not `s12`, which is a student number."""
_BETWEEN: Final = re.compile(r"_([0-9]+)_")
_KEPT: Final = frozenset("LMN")  # letters, marks and numbers in Unicode


class Cell(NamedTuple):
    """The text of a cell, and its place in the file including quotes."""

    text: str
    start: int
    end: int


class Table(NamedTuple):
    """A CSV file: its text, which `mark` and `encoding` turn back into its bytes, and its rows without blank lines."""

    text: str
    mark: bytes
    encoding: str
    delimiter: str
    rows: list[list[Cell]]


class Person(NamedTuple):
    """One student: the student number, which their own numbers are drawn from, their name, e-mail address, and id in
    the course system; `row` is the number of their row in the table."""

    number: str
    name: str
    email: str
    id: str
    row: int

    @property
    def called(self) -> str:
        """The name as a list of people shows it: `Jane Doe`, where Canvas writes `Doe, Jane`; without a name, the
        number."""
        last, _, first = self.name.partition(", ")
        return f"{first} {last}".strip() or self.number


class System(NamedTuple):
    """How a course system lists a class. It is recognised by all headings that it `needs` and one of those `beside`.
    Each kind of column has a heading, or several of which the first that is present counts, in lower case; the numbers
    are in the first column in which everybody has one. The other fields say how it keeps grades and names files."""

    name: str
    needs: tuple[str, ...]
    beside: tuple[str, ...]
    ids: tuple[str, ...]
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    emails: tuple[str, ...]
    numbered: bool = False  # its ids are a word in the site's language and a number, like `Participant 12`
    student: bool = True  # whether the column Student holds an id, not a name
    grades_after: str = ""  # the column after which each column is an assignment; without it, one column holds grades
    maximum: str = ""  # the column of each student's maximum grade
    maximum_row: str = ""  # the first cell of the row that says the maximum of each assignment
    scale: str = ""  # the column of a grade that is a word
    open: str = ""  # the column that says whether a grade can be changed
    group: str = ""  # the column of the group that somebody hands in with
    in_paths: Callable[[str, str], bool] | None = None  # whether a listed name stands so in paths of exported files

    @property
    def title(self) -> str:
        """Its name as people write it."""
        return self.name.capitalize()

    @property
    def is_gradebook(self) -> bool:
        """Whether a system wrote it, so that it is there to be filled."""
        return bool(self.needs)


class Roster(NamedTuple):
    """A class: its table, the system that wrote it, its people in order, and a remark if some of them have no number in
    the usual column."""

    table: Table
    system: System
    people: list[Person]
    note: str = ""


def canvas_name(sortable: str) -> str:
    """A name from Canvas's gradebook (`Doe, Jane`) as its file names begin: `doejane`."""
    kept = _BETWEEN.sub(r"\1", normalize("NFC", sortable)).lower()
    return "".join(c for c in kept if c == "_" or unicodedata.category(c)[0] in _KEPT)


def moodle_name(name: str) -> str:
    """A name without punctuation and spaces, which Moodle leaves out of folder names."""
    name = normalize("NFC", name).casefold()
    return "".join(c for c in name if unicodedata.category(c)[0] in _KEPT)


_OURS: Final = ("student number", "student id", "student_id", "sid")
"""Headings that no grading worksheet has in any language."""
_ANY: Final = (
    "student", "number", *_OURS, "id number", "id", "login", "username",
    "github_username", "identifier", "email", "email address",
)  # fmt: skip
_NAMES: Final = ("name", "student name")
SYSTEMS: Final = (
    System(
        "canvas", ("id", "section"), (), ("id",), ("sis user id", "sis login id", "id"), ("student",),
        ("email", "sis login id"), student=False, grades_after="section", maximum_row="Points Possible",
        in_paths=lambda name, written: canvas_name(name) == written,
    ),
    System(
        "moodle", ("identifier", "grade"), ("status", "maximum grade", "scale", "last modified (grade)"),
        ("identifier",), ("id number", "email address", "identifier"), ("full name",), ("email address",),
        numbered=True, maximum="maximum grade", scale="scale", open="grade can be changed", group="group",
        in_paths=lambda name, written: moodle_name(name) == moodle_name(written),
    ),
    System("roster", (), (), _ANY, _ANY, (*_NAMES, "full name"), ("email", "email address", "mail")),
)  # fmt: skip
"""Every system whose lists are known, and last any list of students. The name is also that of the report that fills
such a list."""
_HALVES: Final = (("first name", "last name"), ("first_name", "last_name"), ("firstname", "lastname"))
_NOBODY: Final = re.compile(r"points possible|student, test$", re.IGNORECASE)
"""Rows of Canvas that are not students: the maximum points, and the teacher's test student."""


def read_roster(path: str, column: str | None = None) -> Roster:
    """The people in a CSV file; `column` is the heading of their numbers, if it is not the system's usual one. Raises
    Unreadable: no such file, no headings of a class, a student without a number, two with the same.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(path, f"cannot be read: {reason(error)}.") from None
    if len(data) > _MOST_BYTES:
        raise Unreadable(path, f"is larger than {_MOST_BYTES:,} bytes.")
    table = table_of(data)
    if not table.rows or "\0" in table.text:
        raise Unreadable(path, "is not a CSV file. Export the roster as CSV.")
    system = _system_of(table, path, column)
    people = list(_people(table, system, column, path))
    if not people:
        raise Unreadable(path, "lists no students.")
    return Roster(table, system, people, "" if column is not None else _in_place_of(table, system, people, path))


def table_of(data: bytes) -> Table:
    """The cells of a CSV file with any encoding, delimiter and line ends."""
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding, rest = _MARKS.get(mark, "utf-8"), data[len(mark) :]
    try:
        text = rest.decode(encoding)
    except UnicodeDecodeError:
        # What Excel writes in western Europe; bytes undefined in it stay as they are.
        encoding = "latin-1" if {0x81, 0x8D, 0x8F, 0x90, 0x9D} & set(rest) else "cp1252"
        text = rest.decode(encoding)
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    delimiter = max(_DELIMITERS, key=first.count)
    return Table(text, mark, encoding, delimiter, list(_rows(text, delimiter)))


def _rows(text: str, delimiter: str) -> Iterator[list[Cell]]:
    # Possessive, so that an unclosed quote costs one pass over the rest of the file, not one per character.
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)"?)?+([^{delimiter}\r\n]*+)({delimiter}|\r\n|\r|\n|\Z)')
    row: list[Cell] = []
    at = 0
    while at < len(text) or row:
        found = cell.match(text, at)
        assert found is not None  # every part of it may be empty
        quoted, bare, end = found.groups()
        row.append(Cell((quoted or "").replace('""', '"') + bare, at, found.start(3)))
        at = found.end()
        if end == delimiter:
            continue
        if len(row) > 1 or row[0].text or quoted is not None:
            yield row
        row = []
        if not end:
            return


def heading(table: Table) -> list[str]:
    """A heading in the form in which headings are compared: in lower case, without surrounding spaces."""
    return [_plain(cell.text) for cell in table.rows[0]]


def _plain(head: str) -> str:
    return normalize("NFC", head).strip().lower()


def _system_of(table: Table, path: str, column: str | None) -> System:
    heads = heading(table)
    for system in SYSTEMS:
        is_this = system.is_gradebook and set(system.needs) <= set(heads)
        if is_this and (not system.beside or set(system.beside) & set(heads)):
            return system
    if numbered_column(table) == 0 and not {*heads} & {*_OURS, *_NAMES} and heads[0] not in {*_ANY} - {"id"}:
        return next(system for system in SYSTEMS if system.numbered)  # in a language other than English
    if set(heads) & set(_ANY) or (column is not None and _plain(column) in heads):
        return SYSTEMS[-1]
    shown = listed([visible(cell.text.strip()) for cell in table.rows[0] if cell.text.strip()], most=8)
    raise Unreadable(path, f"has no column of students: its headings are {shown or 'empty'}.")


def numbered_column(table: Table) -> int | None:
    """The first column whose cells are all a word and a number, as in Moodle's `Participant 12` in any language."""
    body = [row for row in table.rows[1:] if len(row) > 1]
    for column in range(len(table.rows[0]) if body else 0):
        found = [_NUMBERED.fullmatch(said(row, column)) for row in body]
        if len({one[1] if one is not None else "" for one in found}) == 1 and all(found):
            return column
    return None


def _people(table: Table, usual: System, column: str | None, path: str) -> Iterator[Person]:
    heads = heading(table)
    emails, names, ids = (_place(heads, known) for known in (usual.emails, usual.names, usual.ids))
    if ids is None:
        ids = numbered_column(table) if usual.numbered else _place(heads, [_plain(column or "")])
    rows = [(number, row) for number, row in enumerate(table.rows[1:], 1) if _is_student(row, names, ids)]
    numbers = _numbers_column(heads, [row for _, row in rows], usual, column, path)
    numbers = ids if numbers is None else numbers
    seen: dict[str, int] = {}
    for number, row in rows:
        id_, of = said(row, ids), said(row, numbers)
        if usual.numbered:  # only the number: the word depends on the site's language
            id_, of = _without_word(id_), _without_word(of) if numbers == ids else of
        line = table.text.count("\n", 0, row[0].start) + 1
        name = said(row, names) or " ".join(_halves(row, heads))
        if not of:
            raise Unreadable(path, f"line {line}: {visible(name) or 'this student'} has no number.")
        if of in seen:
            raise Unreadable(path, f"line {line}: {visible(of)} is already on line {seen[of]}.")
        seen[of] = line
        yield Person(of, name, said(row, emails), id_, number)


def _is_student(row: Sequence[Cell], *known_by: int | None) -> bool:
    """Whether a row is a student's: not Canvas's rows of maximum points and posting policies, nor its test student."""
    return any(said(row, column) for column in known_by) and not _NOBODY.match(row[0].text.strip())


def _numbers_column(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], usual: System, wanted: str | None, path: str
) -> int | None:
    """The column of the student numbers. Raises Unreadable if the `wanted` one is missing."""
    if wanted is not None:
        name = _plain(wanted)
        if name not in heads:
            heads = [visible(head) for head in heads if head]
            more = nearest(name, heads) or f" Its columns are {listed(heads, most=8)}."
            raise Unreadable(path, f"has no column {visible(wanted)}.{more}")
        return heads.index(name)
    known = [heads.index(name) for name in usual.numbers if name in heads]
    filled = (place for place in known if all(said(row, place) for row in rows))
    return next(filled, known[0] if known else None)


def _in_place_of(table: Table, system: System, people: Sequence[Person], path: str) -> str:
    """The column that is used instead of the usual one because only some students have a number there: a blank cell
    would otherwise give the whole class other numbers, and nobody would know why."""
    heads, rows = heading(table), [table.rows[one.row] for one in people]
    usual = ""
    for place in (heads.index(name) for name in system.numbers if name in heads):
        empty, head = sum(not said(row, place) for row in rows), visible(table.rows[0][place].text.strip())
        if not empty and usual:
            return f"{usual}, so the student numbers are those in the column {head}."
        if not empty:
            return ""
        if empty < len(rows) and not usual:
            usual = f"{visible(path)}: {empty:,} of {counted(len(rows), 'student')} have no {head}"
    return ""


def _place(heads: Sequence[str], names: Iterable[str]) -> int | None:
    return next((heads.index(name) for name in names if name in heads), None)


def _halves(row: Sequence[Cell], heads: Sequence[str]) -> list[str]:
    """A name that is the heading of two columns."""
    for halves in _HALVES:
        if set(halves) <= set(heads):
            return [said(row, heads.index(half)) for half in halves]
    return []


def said(row: Sequence[Cell], column: int | None) -> str:
    """A row's text in a column, without surrounding spaces; empty if the row is too short."""
    text = row[column].text.strip() if column is not None and column < len(row) else ""
    formula = _FORMULA.fullmatch(text)
    return normalize("NFC", formula[1] if formula else text)


def _without_word(text: str) -> str:
    found = _NUMBERED.fullmatch(text)
    return found[2] if found is not None else text
