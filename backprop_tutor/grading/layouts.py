"""From the path of a file, every way to read it: whose it is, for which exercise, and how new. Nothing is guessed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final
from unicodedata import normalize
from zoneinfo import ZoneInfo

from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import nearest, visible


class CannotGrade(TutorError):
    """Nothing can be marked or written: arguments that do not fit together, or no possible place for the report."""


class Place(NamedTuple):
    """What a path says about a submission; None where only the submission itself can say it. `name` is what the system
    calls the person, in addition to the id. `order` is a text that sorts after that of an older file (None: nothing
    says how new it is). `folder` is where the system expects feedback, `file` the student's own name for the file.
    `typed` says that it was typed into the system; `members` are the ids of everybody who handed it in together."""

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None
    name: str = ""
    order: str | None = None
    late: bool = False
    folder: str = ""
    file: str = ""
    typed: bool = False
    members: tuple[str, ...] = ()

    @property
    def owner(self) -> tuple[str | None, str | None]:
        """Whose it is and for which exercise: readings that agree in these count as one."""
        return self.student, self.exercise


ANYWHERE: Final = Place()
_MOST_READINGS: Final = 200  # ways to read one path; a path with more was made to cost time, and is ambiguous anyway
_DIGITS: Final = re.compile(r"([0-9]+)")
_WIDEST: Final = 20  # digits of a moment, from its year to its microseconds


class Layout(NamedTuple):
    """A way to name files. `readings` gives every reading of a path inside an argument (none: it does not fit). The
    other fields say whether paths name students, what else the system puts beside the files, how many of the last parts
    of its path identify a file that was given by itself (0: any number), and whether what stands for the exercise may
    be something else."""

    title: str
    readings: Callable[[str], list[Place]]
    has_students: bool = True
    beside: tuple[str, ...] = ()
    last_parts: int = 0
    has_assignments: bool = False

    def places(self, path: str) -> list[Place]:
        """The readings of a path, each owner once; a path that begins with `/` is that of a file given by itself."""
        path = normalize("NFC", path)
        if path.startswith("/"):
            parts = path.strip("/").split("/")
            counts = range(1, len(parts) + 1) if not self.last_parts else (self.last_parts,)
            tails = ["/".join(parts[-count:]) for count in counts]
        else:
            tails = [path]
        found: dict[tuple[str | None, str | None], Place] = {}
        for tail in tails:
            for place in self.readings(tail):
                place = place if place.file else place._replace(file=tail.rpartition("/")[2])
                found.setdefault(place.owner, place)
        return list(found.values())


# Canvas: NAME[_LATE]_USERID_ATTACHMENTID_FILENAME, where NAME and FILENAME are the student's own and may also contain
# digits between underscores; NAME[_LATE]_USERID_text.html for typed text. [0-9], because \d accepts Arabic digits.
_NUMBER: Final = re.compile(r"[0-9]+")
_TYPED: Final = re.compile(r"(?P<head>.+)_(?P<id>[0-9]+)_(?P<kind>text|link)\.html", re.DOTALL)
_ANONYMOUS: Final = re.compile(r"(?P<late>LATE_)?(?P<id>anon_[0-9A-Za-z]+)_(?P<number>[0-9]+)_(?P<file>.+)", re.DOTALL)


def _canvas(path: str) -> list[Place]:
    if "/" in path:
        return []
    found = []
    parts = path.split("_")
    for at in range(1, len(parts) - 2):
        if _NUMBER.fullmatch(parts[at]) and _NUMBER.fullmatch(parts[at + 1]):
            file = "_".join(parts[at + 2 :])
            found.append(_of_canvas("_".join(parts[:at]), parts[at], parts[at + 1], path)._replace(file=file))
    typed = _TYPED.fullmatch(path)
    if typed is not None:
        is_text = typed["kind"] == "text"
        found.append(_of_canvas(typed["head"], typed["id"], None, path)._replace(typed=is_text, file=path))
    hidden = _ANONYMOUS.fullmatch(path)
    if hidden is not None:
        order, late = _padded(hidden["number"]), bool(hidden["late"])
        found.append(Place(hidden["id"], None, None, hidden["id"], order, late, path, hidden["file"]))
    return [place for place in found if place.name]


def _of_canvas(head: str, id_: str, attachment: str | None, path: str) -> Place:
    name = head.removesuffix("_LATE")
    order = None if attachment is None else _padded(attachment)
    return Place(id_, name=name, order=order, late=name != head, folder=path)


# Moodle: FULLNAME_PARTICIPANT_assignsubmission_KIND (another _ in older versions), then the student's own folders.
# FULLNAME has no underscore. Only at the root: a folder with such a name further in was named by a student.
_MOODLE: Final = re.compile(
    r"(?P<folder>(?P<name>[^_/]+)_(?P<id>[0-9]+)_assignsubmission_(?P<kind>file|onlinetext)_?)"
    r"(?:/(?P<file>.+)|(?<=_)(?P<flat>[^/]+))",
    re.DOTALL,
)


def _moodle(path: str) -> list[Place]:
    found = _MOODLE.fullmatch(path)
    if found is None:
        return []
    file, typed = (found["file"] or found["flat"]).rpartition("/")[2], found["kind"] == "onlinetext"
    return [Place(found["id"], name=found["name"], folder=found["folder"], file=file, typed=typed)]


_GRADESCOPE: Final = re.compile(r"(?:[^/]+/)?(submission_[0-9]+)/.+", re.DOTALL)
METADATA: Final = "submission_metadata.yml"
"""The file in which Gradescope says who handed in which submission."""


def _gradescope(path: str) -> list[Place]:
    found = _GRADESCOPE.fullmatch(path)
    return [] if found is None else [Place(found[1], folder=found[1])]


STAMP: Final = "timestamp.txt"
"""The file in which nbgrader says when a folder was handed in."""


def _nbgrader(path: str) -> list[Place]:
    parts = path.split("/")
    return [Place(parts[0], parts[1], folder=f"{parts[0]}/{parts[1]}")] if len(parts) == 3 and all(parts) else []


PRESETS: Final = {
    "canvas": Layout("canvas", _canvas, last_parts=1),
    "moodle": Layout("moodle", _moodle),
    "gradescope": Layout("gradescope", _gradescope, beside=(METADATA,)),
    "nbgrader": Layout("nbgrader", _nbgrader, beside=(STAMP,), last_parts=3, has_assignments=True),
}
"""The systems whose exports are known, by name."""

_FIELDS: Final = ("student", "exercise", "attempt", "time", "late")
"""What a pattern may name; `*` stands for any text within one part of the path, `**` for any number of parts."""
_NAMED: Final = ", ".join(f"{{{name}}}" for name in _FIELDS)
_WILD: Final = re.compile(r"(\{[^{}]*\}|\*\*/?|\*)")
_ONLY_DIGITS: Final = ":digits"


def layout_named(text: str) -> Layout:
    """A preset by its name, a pattern such as `{student}/{exercise}.yaml`, or `re:` and a regular expression with named
    groups. Raises CannotGrade."""
    if text in PRESETS:
        return PRESETS[text]
    if text.startswith("re:"):
        return _expression(text.removeprefix("re:"))
    pattern = normalize("NFC", text).removeprefix("./").replace("\\", "/")
    pieces = [piece for piece in _WILD.split(pattern) if piece]
    fields = [_field(piece) for piece in pieces if piece.startswith("{")]
    if set("{}") & set(_WILD.sub("", pattern)):
        raise CannotGrade("--layout has an unmatched brace.")
    if not fields:
        near = nearest(text, PRESETS)
        say = (
            f"{', '.join(PRESETS)}, or a pattern with at least one of {_NAMED}, such as '{{student}}/{{exercise}}.yaml'"
        )
        raise CannotGrade(f"--layout must be {say}.{near}")
    _check_fields(fields)
    parts = 0 if any(piece.startswith("**") for piece in pieces) else pattern.count("/") + 1
    return Layout(text, _Pattern(pieces), "student" in fields, last_parts=parts)


def _field(piece: str) -> str:
    return piece[1:-1].removesuffix(_ONLY_DIGITS)


def _check_fields(fields: list[str]) -> None:
    for number, name in enumerate(fields):
        if name not in _FIELDS:
            raise CannotGrade(f"--layout takes {_NAMED}, not {{{visible(name)}}}.{nearest(name, _FIELDS)}")
        if name in fields[:number]:
            raise CannotGrade(f"--layout names {{{name}}} twice. Use it once; * stands for any other text.")


def _expression(text: str) -> Layout:
    try:
        pattern = re.compile(text, re.DOTALL)
    except re.error as error:
        raise CannotGrade(f"--layout re: is not a regular expression: {error}.") from None
    fields = list(pattern.groupindex)
    _check_fields(fields)
    if not fields:
        raise CannotGrade(f"--layout re: needs at least one group of {_NAMED}, as in (?P<student>[0-9]+).")

    def readings(path: str) -> list[Place]:
        found = pattern.fullmatch(path)
        return [] if found is None else [_of_fields({key: one for key, one in found.groupdict().items() if one})]

    return Layout(f"re:{text}", readings, "student" in fields)


class _Pattern:
    """Every reading of a path by the pieces of a pattern. Working backwards from the end, it notes where the remaining
    pieces can begin, so that no way is tried in vain; ways that give the same fields count as one."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces

    def __call__(self, path: str) -> list[Place]:
        beginnings = [[len(path)]]
        for piece in reversed(self.pieces):
            beginnings.append(self._starts(piece, path, beginnings[-1]))
        if beginnings[-1][:1] != [0]:
            return []
        ways: dict[tuple[int, tuple[tuple[str, str], ...]], None] = {(0, ()): None}
        for piece, after in zip(self.pieces, beginnings[-2::-1], strict=True):
            found: dict[tuple[int, tuple[tuple[str, str], ...]], None] = {}
            for at, fields in ways:
                for end in self._ends(piece, path, at, after):
                    more = ((_field(piece), path[at:end]),) if piece.startswith("{") else ()
                    found[end, fields + more] = None
                if len(found) > _MOST_READINGS * len(self.pieces):
                    break  # far more than one owner, and one is all that is ever used
            ways = found
        return [_of_fields(dict(fields)) for _, fields in ways][:_MOST_READINGS]

    def _starts(self, piece: str, path: str, after: list[int]) -> list[int]:
        """The places where a piece can begin so that it ends at one of `after`, in rising order."""
        if not piece.startswith(("{", "*")):
            return [at for at in (end - len(piece) for end in after) if at >= 0 and path.startswith(piece, at)]
        return [at for at in range(len(path) + 1) if next(self._ends(piece, path, at, after), None) is not None]

    def _ends(self, piece: str, path: str, at: int, after: list[int]) -> Iterator[int]:
        """The places in `after` where a piece that begins here can end, nearest first."""
        if piece == "**":
            yield from after[bisect_right(after, at - 1) :]
        elif piece == "**/":  # any parts, or none
            yield from (end for end in after[bisect_right(after, at - 1) :] if end == at or path[end - 1] == "/")
        elif piece.endswith(f"{_ONLY_DIGITS}}}"):
            run = None if at and path[at - 1] in "0123456789" else _NUMBER.match(path, at)
            yield from [run.end()] if run is not None and run.end() in after else []
        elif piece.startswith(("{", "*")):  # a field stands for at least one character
            wall = path.find("/", at)
            wall = len(path) if wall < 0 else wall
            first = bisect_right(after, at if piece.startswith("{") else at - 1)
            yield from after[first : bisect_right(after, wall)]
        elif path.startswith(piece, at):
            yield at + len(piece)


def _of_fields(fields: dict[str, str]) -> Place:
    """The place that a pattern's fields give. `{late}` matches `LATE_`, or any text, and says by itself that it is
    late."""
    time, attempt = fields.get("time"), fields.get("attempt")
    order = when(time) if time is not None else _natural(attempt) if attempt is not None else None
    student = fields.get("student")
    return Place(student, fields.get("exercise"), attempt, "", order, bool(fields.get("late")), student or "")


def when(text: str) -> str | None:
    """A text that sorts in order of time; None if the time does not begin with the year, since its order is then
    unknown. Accepts `2016-01-30-15-00-00`, ISO 8601, and nbgrader's `2015-02-02 14:58:23.948203
    America/Los_Angeles`."""
    text = text.strip()
    moment, _, zone = text.rpartition(" ")
    for written, place in ((text, ""), (moment, zone)):
        try:
            found = datetime.fromisoformat(written)
            if found.tzinfo is None:
                found = found.replace(tzinfo=ZoneInfo(place) if place else UTC)
            return found.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
        except (ValueError, OSError, LookupError, OverflowError):
            continue
    numbers = _NUMBER.findall(text)
    year_first = re.match(r"[12][0-9]{3}(?![0-9])", text) or re.match(
        r"[12][0-9]{13}(?![0-9])|[12][0-9]{7}(?![0-9])", text
    )
    if year_first is None or not text.isascii():
        return None
    return "".join(numbers)[:_WIDEST].ljust(_WIDEST, "0") if all(len(one) != 1 for one in numbers) else None


def _natural(text: str) -> str:
    """A text that sorts as people count: `answers` before `answers (1)`, -9 before -10."""
    return "".join(_padded(part) if number % 2 else part for number, part in enumerate(_DIGITS.split(text)))


def _padded(digits: str) -> str:
    digits = digits.lstrip("0")
    return f"{len(digits):04}{digits}"
