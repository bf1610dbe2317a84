"""Turns a class's files into people: whose each file is, by its path and the roster, or why nobody can say. The
register finds people on the roster by any id, name or group that a course system uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final
from unicodedata import normalize

from backprop_tutor.course.roster import Person as Student
from backprop_tutor.course.roster import Roster, heading, read_roster, said
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.layouts import METADATA, CannotGrade, Layout, Place, when
from backprop_tutor.text import counted, listed, visible

ANSWERS: Final = ("*.yaml", "*.yml", "*.json", "*.yaml.txt", "*.txt")
"""Default names for answer files, including text typed into a system."""
TABLES: Final = ("*.csv", "*.tsv")
"""Files that are read only if nothing else answers the exercise: beside answers, a table may be anything."""
LINES: Final = (".jsonl", ".ndjson")
"""The suffixes of files that hold one submission per line."""
_MOST_NAMED: Final = 5  # how many files or people a message names


class File(NamedTuple):
    """One file. `inside` is its path within the argument that it came with (for a file that was given by itself, its
    whole path, from `/`). It also has its path, its name in messages, its size in a progress bar, `why` it is not read
    (if so), its number in the archive at `path` (if it is in one), and what its path says about it."""

    path: str
    shown: str
    inside: str | None
    size: int = 1
    why: str = ""
    member: int | None = None
    place: Place = Place()
    is_candidate: bool = True


class Person(NamedTuple):
    """Everything that one student handed in: the id that reports name and seeds depend on, the files, and the numbers
    of everybody who handed them in together."""

    student: str | None
    files: tuple[File, ...]
    group: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Its total size in a progress bar."""
        return sum(file.size for file in self.files)


class Gathered(NamedTuple):
    """The people in order; files whose owner is unknown, each with the reason; and remarks to be made once."""

    people: list[Person]
    nobodys: list[File]
    remarks: list[str]


def is_candidate(name: str, patterns: Sequence[str] = ANSWERS) -> bool:
    """Whether a file is named like an answer file, in any case."""
    name = normalize("NFC", name.rpartition("/")[2]).casefold()
    return name.endswith(LINES) or any(fnmatchcase(name, pattern.casefold()) for pattern in patterns)


def called_as_answers(names: Sequence[str], patterns: Sequence[str] = ANSWERS) -> list[str]:
    """Of several files, those that are named like answer files; if there are none, the tables."""
    found = [name for name in names if is_candidate(name, patterns)]
    return found or [name for name in names if patterns == ANSWERS and is_candidate(name, TABLES)]


def gathered(
    arguments: Iterable[list[File]],
    layout: Layout,
    patterns: Sequence[str],
    read: Callable[[File], bytes],
    roster: Register | None = None,
    known: Callable[[str], str | None] = lambda _: None,
) -> Gathered:
    """Finds whose each file is. `arguments` are the files of each argument, `read` gives a file's bytes, `known` an
    exercise's own name. Raises CannotGrade if a system's list of students is missing or broken."""
    remarks: list[str] = []
    placed: list[tuple[File, list[Place]]] = []
    strangers: list[str] = []
    for files in arguments:
        beside = [file for file in files if (file.inside or "").rpartition("/")[2] in layout.beside]
        rest = [file for file in files if file not in beside] if beside else files
        found, below = _placed(rest, layout)
        if below:
            remarks.append(f"everything is in {visible(below)}/, so --layout applies to the paths inside it.")
        if layout.beside:
            found = _completed(found, beside, layout, read)
        if layout.has_assignments:
            found = [
                (file, [one._replace(exercise=known(one.exercise or "")) for one in places]) for file, places in found
            ]
        placed += [(file, places) for file, places in found if places]
        strangers += [file.shown for file, places in found if not places]
    if strangers:
        named = listed(map(visible, strangers), most=_MOST_NAMED)
        verb = "does" if len(strangers) == 1 else "do"
        remarks.append(f"{counted(len(strangers), 'file')} {verb} not fit --layout {layout.title}: {named}.")
    return _by_person(placed, patterns, roster, known, remarks)


def _placed(files: Sequence[File], layout: Layout) -> tuple[list[tuple[File, list[Place]]], str]:
    """The readings of each file; if none fits, those inside the only folder that everything is in, and that folder's
    name."""
    found = [(file, layout.places(file.inside or "")) for file in files]
    tops = {(file.inside or "").partition("/")[0] for file in files}
    if any(places for _, places in found) or len(tops) != 1 or not all("/" in (file.inside or "") for file in files):
        return found, ""
    (top,) = tops
    below = [(file, layout.places((file.inside or "").partition("/")[2])) for file in files]
    return (below, top) if top and any(places for _, places in below) else (found, "")


def _completed(
    found: list[tuple[File, list[Place]]], beside: Sequence[File], layout: Layout, read: Callable[[File], bytes]
) -> list[tuple[File, list[Place]]]:
    """The readings, completed with what the system's own files beside them say."""
    if layout.beside == (METADATA,):
        if not beside:
            raise CannotGrade(f"{METADATA} is missing, which says in a Gradescope export whose each submission is.")
        submitters: dict[str, Place] = {}
        for file in beside:
            submitters |= _submitters(read(file), file.shown)
        return [
            (
                file,
                [submitters[place.folder]._replace(file=place.file) for place in places if place.folder in submitters],
            )
            for file, places in found
        ]
    stamps = {(file.inside or "").rpartition("/")[0]: when(read(file).decode("utf-8", "replace")) for file in beside}
    return [
        (file, [place._replace(order=stamps.get((file.inside or "").rpartition("/")[0])) for place in places])
        for file, places in found
    ]


def _submitters(data: bytes, shown: str) -> dict[str, Place]:
    """Who handed in each of Gradescope's submissions, and when."""
    from ruamel.yaml import YAML  # only Gradescope's own list needs a loader that ignores Ruby's tags
    from ruamel.yaml.error import YAMLError

    try:
        listing: Any = YAML(typ="base", pure=True).load(data.decode("utf-8-sig"))
        found = {}
        for name, about in listing.items():
            order = when(str(about.get(":created_at") or ""))
            people = [(one.get(":sid") or one.get(":email") or one.get(":name")) for one in about[":submitters"]]
            ids = tuple(normalize("NFC", str(one)) for one in people if one)
            if ids:
                found[str(name)] = Place(ids[0], order=order, folder=str(name), members=ids)
        return found
    except (YAMLError, ValueError, AttributeError, LookupError, TypeError, RecursionError) as error:
        raise CannotGrade(f"{visible(shown)} is not Gradescope's list of submissions: {str(error)[:80]}.") from None


class _Owned(NamedTuple):
    file: File
    student: str | None
    key: object
    group: tuple[str, ...]


def _by_person(
    placed: list[tuple[File, list[Place]]],
    patterns: Sequence[str],
    roster: Register | None,
    known: Callable[[str], str | None],
    remarks: list[str],
) -> Gathered:
    owned: list[_Owned] = []
    nobodys: list[File] = []
    names: dict[str, set[str]] = {}
    for file, places in placed:
        try:
            mine = list(_owners(file, places, patterns, roster, known))
        except CannotGrade as error:
            nobodys.append(file._replace(why=str(error), place=Place()))
            continue
        owned += mine
        for one in mine:
            if one.student is not None and one.file.place.name and roster is None:
                names.setdefault(one.student, set()).add(one.file.place.name)
    shared = {student: sorted(called) for student, called in names.items() if len(called) > 1}
    people: dict[object, list[_Owned]] = {}
    for one in owned:
        if one.student in shared:
            who = listed(map(visible, shared[one.student]))
            why = f"{visible(one.student)} is {who} in the file names, so one of them is wrong. Give --roster."
            nobodys.append(one.file._replace(why=why, place=Place()))
        else:
            people.setdefault(one.key, []).append(one)
    people_found = [
        Person(files[0].student, tuple(one.file for one in files), max((one.group for one in files), key=len))
        for files in people.values()
    ]
    found = sorted(people_found, key=lambda person: person.student or "")
    if roster is not None:
        strange = [person.student for person in found if person.student and person.student not in roster.by_number]
        if strange:
            who = listed(map(visible, strange), most=_MOST_NAMED)
            are = "student is" if len(strange) == 1 else "students are"
            remarks.append(f"{len(strange):,} {are} not on the roster: {who}.")
    return Gathered(found, nobodys, remarks)


def _owners(
    file: File,
    places: list[Place],
    patterns: Sequence[str],
    roster: Register | None,
    known: Callable[[str], str | None],
) -> Iterator[_Owned]:
    """The owner of a file, or everybody in a group. Raises CannotGrade if that cannot be decided."""
    place = _chosen(places, roster, known)
    members = _members(place, roster)
    group = tuple(student for student, _ in members if student is not None) if len(members) > 1 else ()
    file = file._replace(place=place, is_candidate=place.typed or is_candidate(place.file, patterns))
    for student, key in members:
        yield _Owned(file, student, file.shown if student is None else key, group)


def _members(place: Place, roster: Register | None) -> list[tuple[str | None, object]]:
    """The people that a reading is about, by the number that counts, each with a key of the person."""
    found: list[tuple[str | None, object]] = []
    for id_ in place.members or (place.student,):
        there = roster.of(place._replace(student=id_)) if roster is not None else ()
        found += [(one.number, one.row) for one in there] or [(id_, id_)]
    return found


def _chosen(places: list[Place], roster: Register | None, known: Callable[[str], str | None]) -> Place:
    """The only reading that holds. Raises CannotGrade if none holds, or several do."""
    if len(places) > 1 and any(place.exercise for place in places):
        named = [place for place in places if place.exercise is not None and known(place.exercise) is not None]
        places = named or places
    if roster is not None and any(place.student for place in places):
        there = [place for place in places if roster.of(place)]
        _check_names(places, there, roster)
        places = there or places
    if len(places) > 1:
        whose = listed((_said(place) for place in places), "or", most=_MOST_NAMED)
        advice = " Give --roster." if roster is None else ""
        raise CannotGrade(f"its name may belong to {whose}.{advice}")
    return places[0]


def _check_names(places: list[Place], there: list[Place], roster: Register) -> None:
    """Raises CannotGrade for a file under the id of somebody with another name, or under an id that several people
    have."""
    for place in there:
        students = roster.of(place)
        if len(students) > 1 and not roster.group(students[0]):
            raise CannotGrade(f"{visible(str(place.student))} matches several people on the roster.")
    others = [one for place in places if place.name and not there for one in roster.find(place.student or "")[:1]]
    if others and len(places) == 1:
        shown, name = visible(places[0].name), visible(others[0].name)
        raise CannotGrade(f"it is named {shown} and {others[0].id}, who is {name} on the roster.")


def _said(place: Place) -> str:
    parts = (part for part in (place.student, place.exercise) if part is not None)
    return " ".join(map(visible, parts))


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
