"""Runs for each submission on Gradescope: reads the folder of an upload and writes its results.json, whatever was
uploaded.

`python -m backprop_tutor.grading.autograder ROOT`, with `source/`, `submission/` and `submission_metadata.json` in ROOT
as Gradescope arranges them, writes `results/results.json`. What it prints is for instructors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final

from backprop_tutor.course.roster import read_roster
from backprop_tutor.course.variants import seed_of
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import read_file, replace
from backprop_tutor.grading.collecting import files_of
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.people import Person, is_candidate
from backprop_tutor.grading.reports import gradescope
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.rows import BEST, Row
from backprop_tutor.text import listed, visible
from backprop_tutor.tutor.marking.submission import Submission

_DECIMALS: Final = 9  # decimals of scaled points
_NAMES_IT: Final = "Add a line with the exercise, such as exercise: relu."


class _Kit(NamedTuple):
    """The settings of a kit: `salt` is None if everybody has the author's numbers, `points` None for one point per
    question."""

    exercises: Sequence[str]
    salt: str | None
    points: float | None
    visibility: str


class _Whose(NamedTuple):
    """The students whose numbers may count, the preferred one first (none: the author's numbers count, or nobody is
    known), what to say about it, and `why` nothing can be marked, if so."""

    students: tuple[str, ...] = ()
    said: str = ""
    why: str = ""


def grade(root: Path) -> None:
    """Writes the results of one upload."""
    source = root / "source"
    kit = _settings(source)
    whose = _whose(source / "roster.csv", _users(root / "submission_metadata.json"), kit)
    grader = Grader(Settings(
        tuple(kit.exercises), kit.salt is not None, kit.salt or "", (str(source / "exercises"),), words=True,
        keep=gradescope.tests, visibility=kit.visibility, names_it=_NAMES_IT,
    ))  # fmt: skip
    found = [] if whose.why else list(_found(grader, root / "submission", whose))
    rows = [_row(grader, kit, id_, whose, found) for id_ in kit.exercises]
    results = StringIO()
    columns = grader.exercises.columns
    gradescope.write(results, Report(lambda: rows, lambda: list(kit.exercises), columns, kit.visibility))
    data = _scaled(json.loads(results.getvalue()), kit, rows)
    unread = [row.note for row in found if row.exercise not in kit.exercises]
    data["output"] = "\n".join(filter(None, [whose.why, whose.said, *unread, data["output"]]))
    (root / "results").mkdir(exist_ok=True)
    replace(root / "results" / "results.json", json.dumps(data, indent=1).encode())


def _settings(source: Path) -> _Kit:
    found = dict(read_yaml(read_file(source / "kit.yaml")).value)
    return _Kit(**{name: found[name] for name in _Kit._fields})


def _users(path: Path) -> list[Mapping[str, Any]]:
    """The students who handed in an upload: one, or the members of a group."""
    users = json.loads(path.read_text(encoding="utf-8")).get("users", []) if path.is_file() else []
    return [user for user in users if isinstance(user, dict)]


def _whose(roster: Path, users: Sequence[Mapping[str, Any]], kit: _Kit) -> _Whose:
    """Decides whose numbers count if each student has their own: in a group, those of the first member on the
    roster."""
    if kit.salt is None:
        return _Whose()
    emails = [str(user.get("email") or "").strip() for user in users]
    known = {email: email for email in emails if email}
    if roster.is_file():
        numbers = {one.email.lower(): one.number for one in read_roster(str(roster), "student").people}
        known = {email: numbers[email.lower()] for email in emails if email.lower() in numbers}
    if not known:
        shown = listed(map(visible, filter(None, emails))) or "nobody"
        return _Whose(
            why=f"{shown} is not on the course roster, so your numbers are unknown. Please tell your instructor."
        )
    email, number = next(iter(known.items()))
    said = f"Marked with the numbers of {visible(number)}"
    if len(known) > 1:
        said += f" ({visible(email)}); another member's numbers count if the file gives their seed"
    return _Whose(tuple(known.values()), f"{said}.")


def _found(grader: Grader, folder: Path, whose: _Whose) -> Iterator[Row]:
    """The rows for everything that was handed in."""
    files = []
    for file in files_of(str(folder)):
        name = file.inside or file.shown
        place = file.place._replace(file=name.rpartition("/")[2])
        files.append(file._replace(shown=name, place=place, is_candidate=is_candidate(name)))
    if files:
        yield from grader.person(Person(next(iter(whose.students), None), tuple(files), whose.students))


def _row(grader: Grader, kit: _Kit, id_: str, whose: _Whose, found: Sequence[Row]) -> Row:
    """The row for one exercise; if nothing can be marked, a row without answers."""
    mine = next((row for row in found if row.exercise == id_), None)
    if mine is not None and mine.readable:
        return mine
    note = "" if whose.why else f"No answers to {id_} were found. Hand in a text file such as {id_}.yaml."
    if mine is not None:
        note = (
            f"{mine.note.removesuffix(BEST)}Hand in one." if mine.note.endswith(BEST) else f"{mine.note} {note}".strip()
        )
    student = next(iter(whose.students), None)
    seed = None if student is None or kit.salt is None else seed_of(id_, student, kit.salt)
    examiner = grader.exercises.examiner(id_, seed)
    marks, words = examiner.marks(Submission({}), words=True)
    most, seed = examiner.columns.max_score, examiner.exercise.seed
    return Row(student, id_, None, seed, 0.0, most, True, marks.letters, note=note, source=id_, words=words)


def _scaled(data: dict[str, Any], kit: _Kit, rows: Sequence[Row]) -> dict[str, Any]:
    """The results, scaled to the points that all exercises together are worth."""
    most = sum(row.max_score for row in rows)
    if kit.points is None or not most:
        return data
    by = kit.points / most
    for test in data["tests"]:
        test["score"], test["max_score"] = (round(test[key] * by, _DECIMALS) for key in ("score", "max_score"))
    return data | {"score": round(data["score"] * by, _DECIMALS)}


if __name__ == "__main__":
    grade(Path(sys.argv[1]))
