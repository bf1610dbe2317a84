"""A unit of work in, its rows out: every submission gives a row, whatever it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from zlib import crc32

from backprop_tutor.course.catalogue import UnknownExercise, entries, find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import load
from backprop_tutor.course.seeds import seed_of, student_of
from backprop_tutor.course.variants import variant
from backprop_tutor.errors import TutorError, nearest_names, visible
from backprop_tutor.grading.faults import NotHandedIn
from backprop_tutor.grading.items import File, Lines, Refused, Unit, shown_path
from backprop_tutor.grading.layout import Layout, Place
from backprop_tutor.grading.marks import Asked
from backprop_tutor.grading.quick import Quick
from backprop_tutor.grading.reading import parsed_file, parsed_line
from backprop_tutor.grading.row import Row, written
from backprop_tutor.grading.sources import lines_of
from backprop_tutor.tutor.submission import Submission, submission_of

_T = TypeVar("_T")
_MOST_VARIANTS: Final = 64
_MOST_EXERCISES: Final = 256
_LONGEST_NAME: Final = 200
_MOST_ANSWERS: Final = 5_000


class Settings(NamedTuple):
    """How submissions are marked. `exercise` is what all are marked against, `words` whether the report shows the messages."""

    layout: str | None = None
    exercise: str | None = None
    seed_from_student: bool = False
    salt: str = ""
    folders: tuple[str, ...] = ()
    words: bool = False


class Grader:
    """Marks units of work; what it computes for an exercise at its numbers serves every submission with them.

    Raises CannotGrade for a layout, and TutorError for an exercise, that cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = Layout(settings.layout) if settings.layout is not None else None
        self._known = entries(settings.folders)[0]
        self._exercises: OrderedDict[str, Exercise | TutorError] = OrderedDict()
        self._quick: OrderedDict[tuple[str, int | None], Quick | TutorError] = OrderedDict()
        self._only: str | None = None
        if settings.exercise is not None:
            only = find(settings.exercise, settings.folders)
            self._only, self._exercises[only.id] = only.id, only

    @property
    def exercises(self) -> list[tuple[str, int, int]]:
        """The files of the exercises that may be marked against, each with what tells whether it changed."""
        paths = [entry.path for entry in self._known.values()]
        only = self._exercises.get(self._only or "")
        if isinstance(only, Exercise):
            paths.append(Path(only.path))
        found = ((path, path.stat()) for path in paths if path.exists())
        return [(shown_path(str(path)), stat.st_size, stat.st_mtime_ns) for path, stat in found]

    def rows(self, unit: Unit) -> list[Row]:
        """The rows of every submission in a unit, in order."""
        found: list[Row] = []
        for item in unit.items:
            found += self._item(item)
        return found

    def asked(self, id_: str) -> Asked | None:
        """The questions of an exercise, whatever its numbers; None where there is no such exercise, or it cannot be asked."""
        try:
            return self.quick(id_, None).asked
        except TutorError:
            return None

    def _item(self, item: File | Lines | Refused) -> list[Row]:
        place: Place | None = Place()
        if self.layout is not None and item.inside is not None:
            place = self.layout.place(item.inside)
        if place is None:
            return [self._refused(Place(), item.shown, "its path does not fit --layout.")]
        if isinstance(item, Refused):
            return [self._refused(place, item.shown, item.why)]
        found: list[Row] = []
        if isinstance(item, File):
            self._text(place, item.shown, parsed_file, item.path, found)
        else:
            for number, line in lines_of(item):
                self._text(place, f"{item.shown}, line {number}", parsed_line, line, found)
        return found

    def _text(self, place: Place, source: str, parsed: Callable[[_T], Any], text: _T, found: list[Row]) -> None:
        """Appends the rows of one text: of the submission in it, or of each in the list in it."""
        try:
            data = parsed(text)
        except TutorError as error:
            found.append(self._refused(place, source, str(error)))
            return
        if isinstance(data, list) and data:
            found += [self._row(place, f"{source}, number {number}", one) for number, one in enumerate(data, 1)]
        else:
            found.append(self._row(place, source, data))

    def _row(self, place: Place, source: str, data: Any) -> Row:
        try:
            return self._marked(place, source, submission_of(data))
        except TutorError as error:
            return self._refused(_named_in(place, data), source, str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, it stops no other submission
            return self._refused(place, source, f"this should not happen ({type(error).__name__}). Please report it.")

    def _marked(self, place: Place, source: str, submission: Submission) -> Row:
        notes = list(submission.remarks)
        student = _whose(place.student, submission.student, "student", notes)
        id_ = _whose(place.exercise or self._only, submission.exercise, "exercise", notes)
        if id_ is None:
            raise NotHandedIn("it does not say which exercise it answers. --exercise or --layout can.")
        if sum([len(answers) for answers in submission.answers.values()]) > _MOST_ANSWERS:
            raise NotHandedIn(f"it holds more than {_MOST_ANSWERS:,} answers.")
        seed = self._seed(id_, student, submission, notes)
        quick = self.quick(id_, seed)
        exercise = quick.exercise
        marks, words = quick.marks(submission, self.settings.words)
        return Row(
            student, exercise.id, place.attempt, exercise.seed, marks.score, quick.max_score, True, marks.letters,
            written(marks.slips) if marks.slips else "", " ".join(notes) if notes else "", source, words, _key(student, exercise.id),
        )  # fmt: skip

    def _seed(self, id_: str, student: str | None, submission: Submission, notes: list[str]) -> int | None:
        """The seed that counts: the file's own, or the student's."""
        if not self.settings.seed_from_student:
            return submission.seed
        if student is None:
            raise NotHandedIn("it does not say whose it is, so its numbers are unknown.")
        exercise = self._exercise(id_)
        seed = seed_of(exercise.id, student, self.settings.salt)
        if submission.seed is not None and submission.seed != seed:
            notes.append(f"The file says seed {submission.seed}; the student's own, {seed}, counts.")
        return seed

    def _refused(self, place: Place, source: str, why: str) -> Row:
        """A row for what cannot be marked: score 0, and the maximum where the exercise is known."""
        id_ = place.exercise or self._only
        student = place.student and student_of(place.student)
        asked = self.asked(id_) if id_ is not None else None
        exercise = asked.exercise.id if asked is not None else id_
        most = float(asked.checker.max_score) if asked is not None else 0.0
        letters = asked.none_answered if asked is not None else ""
        note = visible(f"{source}: {' '.join(why.split())}")
        return Row(
            _clean(student), _clean(exercise), place.attempt, None, 0.0, most, False, letters, "", note, source, "[]",
            _key(student or None, exercise if asked is not None else None),
        )  # fmt: skip

    def quick(self, id_: str, seed: int | None) -> Quick:
        """The marker of an exercise at the numbers of a seed. Raises TutorError."""
        found = self._quick.get((id_, seed))
        if found is None:
            try:
                found = Quick(variant(self._exercise(id_), seed))
            except TutorError as error:
                found = error
            self._quick[id_, seed] = found
            if len(self._quick) > _MOST_VARIANTS:
                self._quick.popitem(last=False)
        else:
            self._quick.move_to_end((id_, seed))
        if isinstance(found, TutorError):
            raise found
        return found

    def _exercise(self, id_: str) -> Exercise:
        """An exercise by its id, never by a path: what is handed in opens no file. Raises TutorError."""
        found = self._exercises.get(id_)
        if found is None:
            try:
                found = self._of_catalogue(id_)
            except TutorError as error:
                found = error
            self._exercises[id_] = found
            if len(self._exercises) > _MOST_EXERCISES:
                del self._exercises[next(old for old in self._exercises if old != self._only)]
        if isinstance(found, TutorError):
            raise found
        return found

    def _of_catalogue(self, id_: str) -> Exercise:
        entry = self._known.get(id_)
        if entry is None:
            raise UnknownExercise(id_[:60], nearest_names(id_, self._known, most=3))
        return load(entry.path, trusted=entry.is_built_in)


def _named_in(place: Place, data: Any) -> Place:
    """What an unreadable submission still says about whose it is."""
    said = data if isinstance(data, dict) else {}
    known = {key: said[key] for key in ("student", "exercise") if isinstance(said.get(key), str)}
    return place._replace(student=place.student or known.get("student"), exercise=place.exercise or known.get("exercise"))


def _whose(outside: str | None, inside: str | None, what: str, notes: list[str]) -> str | None:
    """A name from outside the file, else from inside; where both speak and differ, the outside counts and the row says so."""
    if outside is None and inside is not None and inside.isalnum() and inside.isascii() and len(inside) <= _LONGEST_NAME:
        return inside  # as nearly every name is
    if inside is not None:
        inside = _clean(student_of(inside)) or None
    if outside is None:
        outside = inside
    elif what == "student":
        outside = student_of(outside) or None
    if inside is not None and outside != inside:
        notes.append(f"The file names the {what} {visible(inside)[:60]}; where it stands counts.")
    if outside is not None and len(outside) > _LONGEST_NAME:
        raise NotHandedIn(f"the {what} is no name: it has more than {_LONGEST_NAME} characters.")
    return outside


def _clean(text: str | None) -> str | None:
    """A name as it can be kept, cut where it is none."""
    if text is None or (text.isascii() and len(text) <= _LONGEST_NAME):
        return text
    return text[: 2 * _LONGEST_NAME].encode("utf-8", "backslashreplace").decode()


def _key(student: str | None, exercise: str | None) -> int | None:
    """Whose submission it is, as one number: equal for two of the same student and exercise, and seldom for others."""
    if student is None or exercise is None:
        return None
    return crc32(f"{student}\0{exercise}".encode("utf-8", "backslashreplace"))
