"""A piece of work in, its rows out: every submission gives a row, by what its path, an option or itself says it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple, TypeVar

from backprop_tutor.course.catalogue import UnknownExercise, entries, find, load_catalogued
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, seed_of, student_of, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.grading.collecting import CannotGrade, File, Lines, NotHandedIn, Unit, texts
from backprop_tutor.grading.marks import Columns, Examiner, Keep, verdicts_as_json
from backprop_tutor.grading.rows import Row, slips_as_text
from backprop_tutor.text import nearest, nearest_names, visible
from backprop_tutor.tutor.marking.submission import Submission, is_seed, submission_of

_T = TypeVar("_T")
_MOST_ANSWERS: Final = 5_000  # no exercise asks a tenth of it: what holds more was made to cost time
_MOST_IN_A_LIST: Final = 1_000  # a class; beyond it one file would be work without end for one process
_MOST_NAMED: Final = 3  # strange names: the first show what went wrong with the rest
_LONGEST_NOTE: Final = 2_000  # characters; a spreadsheet's cell takes 32,767, but nobody reads them
_LONGEST_NAME: Final = 200
_MOST_VARIANTS: Final = 64
_MOST_EXERCISES: Final = 256  # a class has one, or each student has numbers that nobody else needs
_FIELDS: Final = ("student", "exercise", "attempt")
"""What a layout may name; `*` stands for any text within one part of the path."""
_NAMED: Final = ", ".join(f"{{{name}}}" for name in _FIELDS)
_WILD: Final = re.compile(r"(\{[^{}]*\}|\*)")


class Settings(NamedTuple):
    """How submissions are marked: `exercise` is what all are marked against, `words` whether messages are wanted; a
    report's format says what is kept of them, which may depend on when students see it."""

    layout: str | None = None
    exercise: str | None = None
    seed_from_student: bool = False
    salt: str = ""
    folders: tuple[str, ...] = ()
    words: bool = False
    keep: Keep = verdicts_as_json
    visibility: str = "visible"


class Place(NamedTuple):
    """What is known of a submission before it is opened; None where only the submission itself can say it."""

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None


_ANYWHERE: Final = Place()


class Layout:
    """A pattern such as `{student}/{exercise}.yaml`. Raises CannotGrade for one that is none."""

    def __init__(self, pattern: str) -> None:
        pattern = pattern.removeprefix("./").replace("\\", "/")
        fields = [piece[1:-1] for piece in _WILD.findall(pattern) if piece != "*"]
        for number, name in enumerate(fields):
            if name not in _FIELDS:
                raise CannotGrade(f"--layout knows {_NAMED}, not {{{visible(name)}}}.{nearest(name, _FIELDS)}")
            if name in fields[:number]:
                raise CannotGrade(f"--layout names {{{name}}} twice. Once is enough; * stands for any other text.")
        if set("{}") & set(_WILD.sub("", pattern)):
            raise CannotGrade("--layout has a brace without its other half.")
        if not fields:
            raise CannotGrade(f"--layout names at least one of {_NAMED}, such as '{{student}}/{{exercise}}.yaml'.")
        self._parts = [_WILD.split(part) for part in pattern.split("/")]

    def place(self, path: str) -> Place:
        """What a path says: one inside a folder that was given, or, from `/`, that of a file that was, of which as many
        of the last parts count as the pattern has. Raises NotHandedIn where it does not fit."""
        is_given = path.startswith("/")
        # Whoever gives a file itself chose its path, so nobody hands in under another's name.
        parts = path.split("/")[-len(self._parts) if is_given else 0 :]
        fits = list(map(_fit, self._parts, parts))
        if len(parts) != len(self._parts) or None in fits:
            where = "" if is_given else ", which is about paths inside the folder that was given"
            raise NotHandedIn(f"{visible('/'.join(parts))} does not fit --layout{where}.")
        return Place(**{name: text for found in fits if found for name, text in found.items()})


def _fit(pieces: list[str], text: str) -> dict[str, str] | None:
    """What the fields among the pieces of a part stand for, each as short as can be (`*` as long), from the left."""
    # From the end it looks where the pieces that are left can begin: nothing is tried twice, however many there are.
    beginnings = [[len(text)]]  # in rising order; of the pieces after the last, of the last, and so on
    for piece in reversed(pieces):
        after = beginnings[-1]
        if _WILD.fullmatch(piece):  # a field stands for one character at least
            beginnings.append(list(range(after[-1] + (piece == "*"))) if after else [])
        else:
            before = (at - len(piece) for at in after)
            beginnings.append([at for at in before if at >= 0 and text.startswith(piece, at)])
    if beginnings[-1][:1] != [0]:
        return None
    found, at = {}, 0
    for piece, after in zip(pieces, beginnings[-2::-1], strict=True):
        start = at
        if not _WILD.fullmatch(piece):
            at += len(piece)
        elif piece == "*":
            at = after[-1]
        else:
            at = after[bisect_right(after, start)]
            found[piece[1:-1]] = text[start:at]
    return found


class Exercises:
    """The catalogue with `folders`, and the `chosen` exercise (an id or a path) that all are marked against; what is
    kept of verdicts, as an Examiner does it. Raises TutorError for an exercise or a folder that cannot be used."""

    def __init__(
        self,
        chosen: str | None,
        folders: Sequence[str],
        keep: Keep = verdicts_as_json,
        visibility: str = "visible",
    ) -> None:
        self._keep, self._visibility = keep, visibility
        self._known = entries(folders)[0]
        self._chosen = find(chosen, folders) if chosen is not None else None
        self.only = self._chosen.id if self._chosen is not None else None
        self._columns = lru_cache(_MOST_EXERCISES)(partial(_or_error, self._columns_of))
        self._examiner = lru_cache(_MOST_VARIANTS)(partial(_or_error, self._examiner_of))
        if self._chosen is not None and not has_ranges(self._chosen):  # its one set of numbers can perhaps not be used
            self.examiner(self._chosen.id, None)

    def exercise(self, id_: str) -> Exercise:
        """An exercise by its id, never by a path: what is handed in opens no file. Raises TutorError."""
        return _made(self._columns(id_)).exercise

    def examiner(self, id_: str, seed: int | None) -> Examiner:
        """Who marks an exercise at the numbers of a seed. Raises TutorError."""
        return _made(self._examiner(id_, seed))

    def columns(self, id_: str) -> Columns | None:
        """The questions of an exercise, whatever its numbers; None where there is none that can be used."""
        found = self._columns(id_)
        return found if isinstance(found, Columns) else None

    def _columns_of(self, id_: str) -> Columns:
        if self._chosen is not None and id_ == self.only:
            return Columns(self._chosen)
        if id_ not in self._known:
            raise UnknownExercise(id_[:60], nearest_names(id_, self._known, most=3))
        return Columns(load_catalogued(self._known[id_].path))

    def _examiner_of(self, id_: str, seed: int | None) -> Examiner:
        return Examiner(variant(self.exercise(id_), seed), self._keep, self._visibility)


def _or_error(make: Callable[..., _T], *given: Any) -> _T | TutorError:
    """What can be made, or why it cannot: a cache keeps both."""
    try:
        return make(*given)
    except TutorError as error:
        return error


def _made(found: _T | TutorError) -> _T:
    """What could be made; what could not is raised anew, without the frames of those who wanted it before."""
    if isinstance(found, TutorError):
        raise found.with_traceback(None)
    return found


class Grader:
    """Marks units of work. Raises CannotGrade for a layout, and TutorError for an exercise, that cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = Layout(settings.layout) if settings.layout is not None else None
        self.exercises = Exercises(settings.exercise, settings.folders, settings.keep, settings.visibility)

    def __call__(self, unit: Unit) -> list[Row]:
        """The rows of every submission in a unit, in order."""
        return [row for item in unit.items for row in self._item(item)]

    def _item(self, item: File | Lines) -> Iterator[Row]:
        place = _ANYWHERE
        if self.layout is not None and item.inside is not None:
            try:
                place = self.layout.place(item.inside)
            except NotHandedIn as error:
                yield from [self._refused(place, source, str(error)) for source, _ in texts(item)]
                return
        yield from self.rows(texts(item), place)

    def rows(self, handed_in: Iterable[tuple[str, Callable[[], Any]]], place: Place = _ANYWHERE) -> Iterator[Row]:
        """The rows of texts, each with how messages name it and what reads it or raises a TutorError."""
        for source, parsed in handed_in:
            try:
                data = parsed()
            except TutorError as error:
                yield self._refused(place, source, str(error))
                continue
            if not isinstance(data, list) or not data:
                yield self._row(place, source, data)
                continue
            for number, one in enumerate(data[:_MOST_IN_A_LIST], 1):
                yield self._row(place, f"{source}, number {number}", one)
            if len(data) > _MOST_IN_A_LIST:
                more = f"it holds {len(data):,} submissions; those after the first {_MOST_IN_A_LIST:,} were not marked."
                yield self._refused(place, source, more)

    def _row(self, place: Place, source: str, data: Any) -> Row:
        notes: list[str] = []
        try:
            submission = submission_of(self._own_seed(data, notes) if self.settings.seed_from_student else data)
            return self._marked(place, source, submission, notes)
        except TutorError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001  whatever it is, it stops no other submission
            why = f"this should not happen ({type(error).__name__}: {str(error)[:200]}). Please report it."
        place = _named_in(place, self.exercises.only, data, notes)
        return self._refused(place, source, " ".join(dict.fromkeys([why, *notes])))

    def _own_seed(self, data: Any, notes: list[str]) -> Any:
        """The data without a seed that is none: where the student's own counts, it costs nothing."""
        if not isinstance(data, dict) or is_seed(data.get("seed")):
            return data
        notes.append(f"The file says seed {visible(str(data['seed']))[:40]}; the student's own counts.")
        return {key: value for key, value in data.items() if key != "seed"}

    def _marked(self, place: Place, source: str, submission: Submission, notes: list[str]) -> Row:
        notes += submission.remarks
        student = _whose(place.student, submission.student, "student", notes)
        id_ = _whose(place.exercise or self.exercises.only, submission.exercise, "exercise", notes)
        if id_ is None:
            raise NotHandedIn("it does not say which exercise it answers. --exercise or --layout can.")
        if sum([len(answers) for answers in submission.answers.values()]) > _MOST_ANSWERS:
            raise NotHandedIn(f"it holds more than {_MOST_ANSWERS:,} answers.")
        seed = self._seed(id_, student, submission, notes)
        examiner = self.exercises.examiner(id_, seed)
        exercise = examiner.exercise
        marks, words = examiner.marks(submission, self.settings.words)
        notes += marks.strangers[:_MOST_NAMED]
        if len(marks.strangers) > _MOST_NAMED:
            notes.append(f"And {len(marks.strangers) - _MOST_NAMED:,} more names that are no questions.")
        return Row(
            student, exercise.id, place.attempt, exercise.seed, marks.score, examiner.columns.max_score, True,
            marks.letters, slips_as_text(marks.slips), _note(notes), source, words,
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
        student = _clean(place.student and student_of(place.student))
        columns = self.exercises.columns(id_) if id_ is not None else None
        note = _note([visible(f"{source}: {' '.join(why.split())}")])
        row = Row(student, _clean(id_), place.attempt, note=note, source=source)
        if columns is None:
            return row
        return row._replace(max_score=columns.max_score, letters=columns.none_answered)


def _note(parts: Iterable[str]) -> str:
    """What is said of a row, each thing once; it fits a cell of any spreadsheet."""
    note = " ".join(dict.fromkeys(parts))
    return note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}\N{HORIZONTAL ELLIPSIS}"


def _named_in(place: Place, only: str | None, data: Any, notes: list[str]) -> Place:
    """What an unreadable submission still says where its place, and `only`, the one exercise, do not."""
    said = data if isinstance(data, dict) else {}
    named, answered = (said[key] if isinstance(said.get(key), str) else None for key in ("student", "exercise"))
    student, exercise = place.student or named, place.exercise or only or answered
    with suppress(NotHandedIn):
        student = _whose(place.student, named, "student", notes)
    with suppress(NotHandedIn):
        exercise = _whose(place.exercise or only, answered, "exercise", notes)
    return place._replace(student=student, exercise=exercise)


def _whose(outside: str | None, inside: str | None, what: str, notes: list[str]) -> str | None:
    """A name from outside the file, else from inside; where they differ, the row says so. Raises NotHandedIn."""
    is_plain = inside is not None and inside.isalnum() and inside.isascii() and len(inside) <= _LONGEST_NAME
    if outside is None and is_plain:  # as nearly every name is
        return inside
    if inside is not None:
        inside = _clean(student_of(inside)) or None
    if outside is None:
        outside = inside
    elif what == "student":
        outside = student_of(outside) or None
    if inside is not None and outside is not None and outside != inside:
        notes.append(f"The file names the {what} {visible(inside)[:60]}; {visible(outside)[:60]} counts.")
    if outside is not None and len(outside) > _LONGEST_NAME:
        raise NotHandedIn(f"the {what} is no name: it has more than {_LONGEST_NAME} characters.")
    return outside


def _clean(text: str | None) -> str | None:
    """A name as it can be kept, cut where it is none."""
    if text is None or (text.isascii() and len(text) <= _LONGEST_NAME):
        return text
    return text[: 2 * _LONGEST_NAME].encode("utf-8", "backslashreplace").decode()
