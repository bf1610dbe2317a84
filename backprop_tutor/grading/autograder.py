"""What a kit runs for each submission on Gradescope: the folder of an upload in, its results.json out, whatever it is.

`python -m backprop_tutor.grading.autograder ROOT`, with `source/`, `submission/` and `submission_metadata.json` in ROOT
as Gradescope lays them out, writes `results/results.json`. What it prints is for instructors.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from backprop_tutor.course.catalogue import walk
from backprop_tutor.course.roster import read_roster
from backprop_tutor.course.variants import seed_of, student_of
from backprop_tutor.course.yaml_text import read_file, read_yaml
from backprop_tutor.errors import TutorError
from backprop_tutor.files import replace
from backprop_tutor.grading.collecting import File, texts
from backprop_tutor.grading.grader import Exercises
from backprop_tutor.grading.marks import Examiner
from backprop_tutor.grading.reports import gradescope
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.rows import Row
from backprop_tutor.text import listed, visible
from backprop_tutor.tutor.marking.submission import KEYS, BadSubmission, Submission, is_seed, submission_of

_ANSWERS: Final = (".yaml", ".yml", ".json", ".txt")
"""What files of answers end in."""
_MOST_NAMED: Final = 5
_DECIMALS: Final = 6  # of points that were scaled


class _Kit(NamedTuple):
    """The settings of a kit: `salt` None where all have the author's numbers, `points` None for a point a question."""

    exercises: Sequence[str]
    salt: str | None
    points: float | None
    visibility: str


class _Whose(NamedTuple):
    """The student whose numbers count (None: the author's do, or nobody is known), and what is to be said of it; `why`
    nothing can be marked, where that is so."""

    student: str | None = None
    said: str = ""
    why: str = ""


class _Upload(NamedTuple):
    """What was handed in: the files of answers by name, what is wrong with files that should be such, and the rest."""

    answers: Mapping[str, Submission]
    unreadable: Mapping[str, str]
    beside: Sequence[str]


def grade(root: Path) -> None:
    """Writes the results of one upload."""
    source = root / "source"
    kit = _settings(source)
    whose = _whose(source / "roster.csv", _users(root / "submission_metadata.json"), kit)
    upload = _upload(root / "submission")
    exercises = Exercises(None, (str(source / "exercises"),), gradescope.tests, kit.visibility)
    rows = [_row(exercises, kit, id_, whose, upload) for id_ in kit.exercises]
    results = StringIO()
    gradescope.write(results, Report(lambda: rows, lambda: list(kit.exercises), exercises.columns, kit.visibility))
    data = _scaled(json.loads(results.getvalue()), kit, rows)
    data["output"] = "\n".join(filter(None, [whose.why, whose.said, *_notes(upload), data["output"]]))
    (root / "results").mkdir(exist_ok=True)
    replace(root / "results" / "results.json", json.dumps(data, indent=1).encode())


def _settings(source: Path) -> _Kit:
    found = dict(read_yaml(read_file(source / "kit.yaml")).value)
    return _Kit(**{name: found[name] for name in _Kit._fields})


def _users(path: Path) -> list[Mapping[str, Any]]:
    """The students of an upload, several of a group."""
    users = json.loads(path.read_text(encoding="utf-8")).get("users", []) if path.is_file() else []
    return [user for user in users if isinstance(user, dict)]


def _whose(roster: Path, users: Sequence[Mapping[str, Any]], kit: _Kit) -> _Whose:
    """Whose numbers count, where each student has their own: in a group those of the first who is known."""
    if kit.salt is None:
        return _Whose()
    emails = [str(user.get("email") or "").strip() for user in users]
    known = {email: email for email in emails if email}
    if roster.is_file():
        numbers = {one.email.lower(): one.number for one in read_roster(str(roster), "student").people}
        known = {email: numbers[email.lower()] for email in emails if email.lower() in numbers}
    if not known:
        shown = listed(map(visible, filter(None, emails))) or "nobody"
        return _Whose(why=f"{shown} is not on the course's roster, so your numbers are unknown. Tell your instructor.")
    email, number = next(iter(known.items()))
    group = f" They are those of {visible(email)}, for the whole group." if len(users) > 1 else ""
    return _Whose(number, f"Marked with the numbers of {visible(number)}.{group}")


def _upload(folder: Path) -> _Upload:
    answers: dict[str, Submission] = {}
    unreadable: dict[str, str] = {}
    beside: list[str] = []
    for path in (place / name for place, _, names in walk(folder) for name in names):
        name = path.relative_to(folder).as_posix()
        ((_, parsed),) = texts(File(str(path), name, name, path.lstat().st_size))
        try:
            answers[name] = _answers(parsed())
        except TutorError as error:
            if path.suffix.lower() in _ANSWERS:
                unreadable[name] = str(error)
            else:
                beside.append(name)
    return _Upload(answers, unreadable, beside)


def _answers(data: Any) -> Submission:
    """The answers that a file holds. Raises BadSubmission for one that holds none, such as notes."""
    if not isinstance(data, dict) or not KEYS.keys() & data.keys():
        raise BadSubmission("it holds no answers.")
    return submission_of(data if is_seed(data.get("seed")) else {**data, "seed": None})


def _row(exercises: Exercises, kit: _Kit, id_: str, whose: _Whose, upload: _Upload) -> Row:
    """The row of one exercise; where nothing can be marked, one that has no answers."""
    seed = None if whose.student is None or kit.salt is None else seed_of(id_, whose.student, kit.salt)
    examiner = exercises.examiner(id_, seed)
    mine = {name: one for name, one in upload.answers.items() if _exercise_of(name, one, kit) == id_}
    why = whose.why
    if not why and len(mine) > 1:
        why = f"{listed(map(visible, mine))} all answer {id_}, so none of them was marked. Hand in one."
    if not why and not mine:
        why = f"There are no answers to {id_}. Hand in a text file such as {id_}.yaml."
    submission = Submission({}) if why else next(iter(mine.values()))
    note = "" if whose.why else why or " ".join(_remarks(submission, whose, examiner.exercise.seed))
    return _marked(examiner, submission, whose.student, note, ", ".join(mine) or id_)


def _exercise_of(name: str, submission: Submission, kit: _Kit) -> str | None:
    """Which exercise a file answers: what it says, else its own name, else the only one."""
    said = (submission.exercise or "").strip().lower()
    if said or len(kit.exercises) == 1:
        by_name = {id_.lower(): id_ for id_ in kit.exercises}
        return by_name.get(said, kit.exercises[0] if len(kit.exercises) == 1 else None)
    stem = Path(name).name.lower().partition(".")[0]
    return next((id_ for id_ in kit.exercises if id_.lower() == stem), None)


def _remarks(submission: Submission, whose: _Whose, seed: int | None) -> Iterator[str]:
    """What is to be said of a file that names another student or seed than counts."""
    yield from submission.remarks
    if submission.student and whose.student and student_of(submission.student) != student_of(whose.student):
        yield f"The file names the student {visible(submission.student)[:60]}; {visible(whose.student)} counts."
    if submission.seed not in (None, seed):
        yield f"The file says seed {submission.seed}; {'the exercise has none' if seed is None else f'{seed} counts'}."


def _marked(examiner: Examiner, submission: Submission, student: str | None, note: str, source: str) -> Row:
    marks, words = examiner.marks(submission, words=True)
    said = " ".join(filter(None, [note, *marks.strangers[:_MOST_NAMED]]))
    exercise = examiner.exercise
    return Row(
        student, exercise.id, None, exercise.seed, marks.score, examiner.columns.max_score, True, marks.letters,
        note=said, source=source, words=words,
    )  # fmt: skip


def _scaled(data: dict[str, Any], kit: _Kit, rows: Sequence[Row]) -> dict[str, Any]:
    """The results with the points that everything is worth."""
    most = sum(row.max_score for row in rows)
    if kit.points is None or not most:
        return data
    by = kit.points / most
    for test in data["tests"]:
        test["score"], test["max_score"] = (round(test[key] * by, _DECIMALS) for key in ("score", "max_score"))
    return data | {"score": round(data["score"] * by, _DECIMALS)}


def _notes(upload: _Upload) -> Iterator[str]:
    """What is said of the files that were not marked."""
    for name, why in list(upload.unreadable.items())[:_MOST_NAMED]:
        yield f"{visible(name)} {'' if why.startswith('is ') else 'cannot be marked: '}{why}"
    if upload.beside:
        yield f"Not marked: {listed(map(visible, upload.beside), most=_MOST_NAMED)}."


if __name__ == "__main__":
    grade(Path(sys.argv[1]))
