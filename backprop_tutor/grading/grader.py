"""A unit of work in, its rows out: every submission gives a row, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from backprop_tutor.course.variants import seed_of, student_of
from backprop_tutor.errors import TutorError
from backprop_tutor.grading.exercises import Exercises
from backprop_tutor.grading.faults import NotHandedIn
from backprop_tutor.grading.items import File, Lines, Refused, Unit
from backprop_tutor.grading.layout import Layout, Place
from backprop_tutor.grading.names import clean, key_of, named_in, whose
from backprop_tutor.grading.reading import parsed_file, parsed_line
from backprop_tutor.grading.recognised import is_report_data
from backprop_tutor.grading.row import Row, written
from backprop_tutor.grading.sources import lines_of
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.submission import Submission, is_seed, submission_of

_T = TypeVar("_T")
_MOST_ANSWERS: Final = 5_000
_MOST_IN_A_LIST: Final = 1_000
_MOST_NAMED: Final = 3
_LONGEST_NOTE: Final = 2_000


class Settings(NamedTuple):
    """How submissions are marked. `exercise` is what all are marked against, `words` whether the report shows the
    messages."""

    layout: str | None = None
    exercise: str | None = None
    seed_from_student: bool = False
    salt: str = ""
    folders: tuple[str, ...] = ()
    words: bool = False


class Grader:
    """Marks units of work. Raises CannotGrade for a layout, and TutorError for an exercise, that cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = Layout(settings.layout) if settings.layout is not None else None
        self.exercises = Exercises(settings.exercise, settings.folders)
        self.exercises.check_only()

    def rows(self, unit: Unit) -> list[Row]:
        """The rows of every submission in a unit, in order."""
        found: list[Row] = []
        for item in unit.items:
            found += self._item(item)
        return found

    def _item(self, item: File | Lines | Refused) -> list[Row]:
        place = Place()
        if self.layout is not None and item.inside is not None:
            try:
                place = self.layout.place(item.inside)
            except NotHandedIn as error:
                shown = (
                    [f"{item.shown}, line {number}" for number, _ in lines_of(item)]
                    if isinstance(item, Lines)
                    else [item.shown]
                )
                return [self._refused(Place(), source, str(error)) for source in shown]
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
        if not isinstance(data, list) or not data:
            found.append(self._row(place, source, data))
            return
        found += [
            self._row(place, f"{source}, number {number}", one) for number, one in enumerate(data[:_MOST_IN_A_LIST], 1)
        ]
        if len(data) > _MOST_IN_A_LIST:
            more = f"it holds {len(data):,} submissions; those after the first {_MOST_IN_A_LIST:,} were not marked."
            found.append(self._refused(place, source, more))

    def _row(self, place: Place, source: str, data: Any) -> Row:
        notes: list[str] = []
        try:
            submission = submission_of(self._own_seed(data, notes) if self.settings.seed_from_student else data)
            if submission.remarks and is_report_data(data):
                raise NotHandedIn("it is a report of `grade`, not a submission.")
            return self._marked(place, source, submission, notes)
        except TutorError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001  whatever it is, it stops no other submission
            why = f"this should not happen ({type(error).__name__}: {str(error)[:200]}). Please report it."
        place = Place() if is_report_data(data) else named_in(place, self.exercises.only, data, notes)
        return self._refused(place, source, " ".join(dict.fromkeys([why, *notes])))

    def _own_seed(self, data: Any, notes: list[str]) -> Any:
        """The data without a seed that is none: where the student's own counts, it costs nothing."""
        if not isinstance(data, dict) or is_seed(data.get("seed")):
            return data
        notes.append(f"The file says seed {visible(str(data['seed']))[:40]}; the student's own counts.")
        return {key: value for key, value in data.items() if key != "seed"}

    def _marked(self, place: Place, source: str, submission: Submission, notes: list[str]) -> Row:
        notes += submission.remarks
        student = whose(place.student, submission.student, "student", notes)
        id_ = whose(place.exercise or self.exercises.only, submission.exercise, "exercise", notes)
        if id_ is None:
            raise NotHandedIn("it does not say which exercise it answers. --exercise or --layout can.")
        if sum([len(answers) for answers in submission.answers.values()]) > _MOST_ANSWERS:
            raise NotHandedIn(f"it holds more than {_MOST_ANSWERS:,} answers.")
        seed = self._seed(id_, student, submission, notes)
        quick = self.exercises.quick(id_, seed)
        exercise = quick.exercise
        marks, words = quick.marks(submission, self.settings.words)
        if marks.strangers:
            notes += _few(marks.strangers)
        return Row(
            student, exercise.id, place.attempt, exercise.seed, marks.score, quick.asked.max_score, True, marks.letters,
            written(marks.slips) if marks.slips else "", _note(notes) if notes else "", source, words, key_of(student,
            exercise.id),
        )  # fmt: skip

    def _seed(self, id_: str, student: str | None, submission: Submission, notes: list[str]) -> int | None:
        """The seed that counts: the file's own, or the student's."""
        if not self.settings.seed_from_student:
            return submission.seed
        if student is None:
            raise NotHandedIn("it does not say whose it is, so its numbers are unknown.")
        exercise = self.exercises.exercise(id_)
        seed = seed_of(exercise.id, student, self.settings.salt)
        if submission.seed is not None and submission.seed != seed:
            notes.append(f"The file says seed {submission.seed}; the student's own, {seed}, counts.")
        return seed

    def _refused(self, place: Place, source: str, why: str) -> Row:
        """A row for what cannot be marked: score 0, and the maximum where the exercise is known."""
        id_ = place.exercise or self.exercises.only
        student = place.student and student_of(place.student)
        asked = self.exercises.asked(id_) if id_ is not None else None
        exercise = asked.exercise.id if asked is not None else id_
        most = asked.max_score if asked is not None else 0.0
        letters = asked.none_answered if asked is not None else ""
        note = _note([visible(f"{source}: {' '.join(why.split())}")])
        return Row(
            clean(student), clean(exercise), place.attempt, None, 0.0, most, False, letters, "", note, source, "[]",
            key_of(student or None, exercise if asked is not None else None),
        )  # fmt: skip


def _few(strangers: Sequence[str]) -> Iterator[str]:
    """What is said of the first few names that are no questions, and how many there are beside them."""
    yield from strangers[:_MOST_NAMED]
    if len(strangers) > _MOST_NAMED:
        yield f"And {len(strangers) - _MOST_NAMED:,} more names that are no questions."


def _note(parts: Iterable[str]) -> str:
    """What is said of a row, each thing once; it fits a cell of any spreadsheet."""
    note = " ".join(dict.fromkeys(parts))
    return note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}\N{HORIZONTAL ELLIPSIS}"
