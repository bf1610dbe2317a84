"""Turns a piece of work into rows: every submission gets a row, identified by its path, by an option or by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from typing import Any, Final, TypeVar

from backprop_tutor.course.catalogue import UnknownExercise, entries, find, load_catalogued
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, seed_of, student_of, variant
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.archives import SUFFIX
from backprop_tutor.grading.collecting import Lines, Text, Unit, texts
from backprop_tutor.grading.contents import NotHandedIn
from backprop_tutor.grading.layouts import ANYWHERE, Place
from backprop_tutor.grading.marks import Columns, Examiner, Keep, verdicts_as_json
from backprop_tutor.grading.people import ANSWERS, TABLES, File, Person, called_as_answers, is_candidate
from backprop_tutor.grading.rows import Row
from backprop_tutor.grading.uploads import (
    MOST_BESIDE,
    Marked,
    counting,
    note_of,
    own_name,
    short_name,
    what_it_is,
    with_answers,
)
from backprop_tutor.text import LONGEST_NAME, MOST_QUOTED, about, listed, nearest_names, visible
from backprop_tutor.tutor.marking.submission import Submission, is_seed, submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome

_T = TypeVar("_T")
_MOST_ANSWERS: Final = 5_000  # no exercise has a tenth as many: a file with more was made to cost time
_MOST_IN_A_LIST: Final = 1_000  # a class; a file with more would keep one process busy without end
_NOTHING_ANSWERED: Final = frozenset((Outcome.MISSING.letter, "-"))
_MOST_NAMED: Final = 3  # how many unknown names are reported: the first ones show what went wrong
_LONGEST_NAME: Final = 200
_MOST_VARIANTS: Final = 64
_MOST_EXERCISES: Final = 256  # a class needs one, or each student has numbers that nobody else needs


class Settings(NamedTuple):
    """How submissions are marked. `exercises` are those to mark against (one: everything is marked against it; several:
    each submission against the one that it names; none: any exercise). `best` says how one of a student's files is
    chosen, instead of the newest. `answers` are the names of answer files. A report's format says what is kept of the
    messages, if any are wanted, which may depend on when students see them; `names_it` says what else can tell which
    exercise a file answers."""

    exercises: tuple[str, ...] = ()
    seed_from_student: bool = False
    salt: str = ""
    folders: tuple[str, ...] = ()
    words: bool = False
    keep: Keep = verdicts_as_json
    visibility: str = "visible"
    best: bool = False
    answers: tuple[str, ...] = ANSWERS
    names_it: str = "Use --exercise or --layout."


class Exercises:
    """The catalogue with `folders`, and the `chosen` exercises (ids or paths) that submissions are marked against. What
    is kept of verdicts is as for an Examiner. Raises TutorError for an exercise or a folder that cannot be used."""

    def __init__(
        self,
        chosen: Sequence[str],
        folders: Sequence[str],
        keep: Keep = verdicts_as_json,
        visibility: str = "visible",
    ) -> None:
        self._keep, self._visibility = keep, visibility
        self._known = entries(folders)[0]
        self._chosen = {exercise.id: exercise for exercise in (find(self._called(name), folders) for name in chosen)}
        self.asked = tuple(self._chosen)
        self.only = self.asked[0] if len(self.asked) == 1 else None
        self._columns = lru_cache(_MOST_EXERCISES)(partial(_or_error, self._columns_of))
        self._examiner = lru_cache(_MOST_VARIANTS)(partial(_or_error, self._examiner_of))
        for exercise in self._chosen.values():
            if not has_ranges(exercise):  # its only set of numbers may be unusable
                self.examiner(exercise.id, None)

    def _called(self, name: str) -> str:
        """The id of a catalogued exercise, from a name in any case; any other name unchanged."""
        return name if name in self._known else _in_any_case(self._known).get(name.casefold(), name)

    def known(self, name: str) -> str | None:
        """The exercise that a name in any case means, among those that are marked; None if there is none."""
        return self._names.get(name) or self._names.get(name.casefold())

    @cached_property
    def _names(self) -> dict[str, str]:
        every = self.asked or tuple(self._known)
        return _in_any_case(every) | {id_: id_ for id_ in every}

    def exercise(self, id_: str) -> Exercise:
        """An exercise by its id, never by a path: a submission must not open files. Raises TutorError."""
        return _made(self._columns(id_)).exercise

    def examiner(self, id_: str, seed: int | None) -> Examiner:
        """The examiner of an exercise at the numbers of a seed. Raises TutorError."""
        return _made(self._examiner(id_, seed))

    def at(self, id_: str, seed: int | None) -> Exercise:
        """An exercise at the numbers of a seed. Raises TutorError."""
        return variant(self.exercise(id_), seed)

    def columns(self, id_: str) -> Columns | None:
        """The questions of an exercise, which are the same at all numbers; None if it has no usable numbers."""
        found = self._columns(id_)
        return found if isinstance(found, Columns) else None

    def _columns_of(self, id_: str) -> Columns:
        if id_ in self._chosen:
            return Columns(self._chosen[id_])
        if self._chosen and self.only is None:
            raise NotHandedIn(
                f"{visible(id_)[:MOST_QUOTED]} is not one of the exercises being marked: {', '.join(self.asked)}."
            )
        if id_ not in self._known:
            raise UnknownExercise(id_[:MOST_QUOTED], nearest_names(id_, self._known, most=3))
        return Columns(load_catalogued(self._known[id_].path))

    def _examiner_of(self, id_: str, seed: int | None) -> Examiner:
        return Examiner(self.at(id_, seed), self._keep, self._visibility)


def _in_any_case(ids: Iterable[str]) -> dict[str, str]:
    """Exercises by their lower-case names, where a name means only one of them."""
    ids = list(ids)
    names = Counter(id_.casefold() for id_ in ids)
    return {id_.casefold(): id_ for id_ in ids if names[id_.casefold()] == 1}


def _or_error(make: Callable[..., _T], *given: Any) -> _T | TutorError:
    """The result of a function, or the error that it raises: a cache keeps both."""
    try:
        return make(*given)
    except TutorError as error:
        return error


def _made(found: _T | TutorError) -> _T:
    """The result; an error is raised anew, without the frames of earlier callers."""
    if isinstance(found, TutorError):
        raise found.with_traceback(None)
    return found


class Grader:
    """Marks units of work. Raises TutorError for an exercise that cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.exercises = Exercises(settings.exercises, settings.folders, settings.keep, settings.visibility)
        self._called_as_answers = partial(called_as_answers, patterns=settings.answers)

    def __call__(self, unit: Unit) -> list[Row]:
        """The rows of every submission in a unit, in order."""
        return [row for item in unit.items for row in self._item(item)]

    def _item(self, item: File | Lines | Person) -> Iterator[Row]:
        if isinstance(item, Person):
            yield from self.person(item)
        elif isinstance(item, Lines):
            yield from self.rows(texts(item), item.place)
        else:
            for row in self.rows(texts(item, self._called_as_answers), item.place):
                if row.readable and self._is_table(item.shown) and not set(row.letters) - _NOTHING_ANSWERED:
                    row = self._refused(item.place, row.source, "is a table, and none of its names is a question.")
                yield row._replace(unordered=True)

    def rows(self, handed_in: Iterable[Text], place: Place = ANYWHERE) -> Iterator[Row]:
        """The rows of some texts, each with its name in messages and the function that reads it or raises a
        TutorError."""
        outside = place
        for source, read, file in handed_in:
            place = outside._replace(file=file) if file else outside
            try:
                data, remark = read()
            except TutorError as error:
                yield self._refused(place, source, str(error))
                continue
            if not isinstance(data, list) or not data:
                yield self._row(place, source, data, remark)
                continue
            for number, one in enumerate(data[:_MOST_IN_A_LIST], 1):
                yield self._row(place, f"{source}, number {number}", one, remark)
            if len(data) > _MOST_IN_A_LIST:
                rest = f"those after the first {_MOST_IN_A_LIST:,} were not marked"
                more = f"it contains {len(data):,} submissions; {rest}."
                yield self._refused(place, source, more)

    def _row(self, place: Place, source: str, data: Any, remark: str = "") -> Row:
        notes = [remark] if remark else []
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
        """The data without an invalid seed, which does no harm where the student's own seed counts."""
        if not isinstance(data, dict) or is_seed(data.get("seed")):
            return data
        notes.append(
            f"The file gives the seed {visible(str(data['seed']))[:LONGEST_NAME]}, but the student's own was used."
        )
        return {key: value for key, value in data.items() if key != "seed"}

    def _marked(self, place: Place, source: str, submission: Submission, notes: list[str]) -> Row:
        notes += submission.remarks
        student = _whose(place.student, submission.student, "student", notes)
        id_ = self._exercise(place, submission.exercise, notes)
        if sum([len(answers) for answers in submission.answers.values()]) > _MOST_ANSWERS:
            raise NotHandedIn(f"it contains more than {_MOST_ANSWERS:,} answers.")
        seed, is_other = self._seed(id_, student, place, submission, notes)
        examiner = self.exercises.examiner(id_, seed)
        exercise = examiner.exercise
        marks, words = examiner.marks(submission, self.settings.words)
        notes += marks.strangers[:_MOST_NAMED]
        if len(marks.strangers) > _MOST_NAMED:
            notes.append(f"And {len(marks.strangers) - _MOST_NAMED:,} more names that are not questions.")
        return Row(
            student, exercise.id, place.attempt, exercise.seed, marks.score, examiner.columns.max_score, True,
            marks.letters, marks.slips, note_of(notes) if notes else "", source, words, place.late, False, is_other,
            place.folder, self._is_for_another(submission.exercise, exercise.id),
        )  # fmt: skip

    def _exercise(self, place: Place, said: str | None, notes: list[str]) -> str:
        """The exercise that a submission answers: given by its place, an option, the submission itself or its file's
        name. Raises NotHandedIn."""
        known = self.exercises.known
        inside = None if said is None else known(said.strip()) or said
        outside = place.exercise and (known(place.exercise) or place.exercise)
        id_ = _whose(outside or self.exercises.only, inside, "exercise", notes)
        if id_ is None and place.file:
            id_ = known(place.file.partition(".")[0])
        if id_ is None:
            raise NotHandedIn(f"it does not say which exercise it answers. {self.settings.names_it}")
        return id_

    def _is_for_another(self, said: str | None, id_: str) -> bool:
        """Whether a submission says that it answers another exercise than the one that counts."""
        return said not in (None, id_) and (self.exercises.known(said.strip()) or said.strip()) != id_

    def _seed(
        self, id_: str, student: str | None, place: Place, submission: Submission, notes: list[str]
    ) -> tuple[int | None, bool]:
        """The seed that counts, the file's own or the student's, and whether the file names a different one."""
        if not self.settings.seed_from_student:
            return submission.seed, False
        if student is None:
            raise NotHandedIn("it does not say whose it is, so its numbers are unknown.")
        exercise = self.exercises.exercise(id_)
        # Students who worked together answered the numbers of one of them: the first, unless the file says whose.
        seeds = [seed_of(exercise.id, one, self.settings.salt) for one in place.members or (student,)]
        seed = submission.seed if submission.seed in seeds else seeds[0]
        if submission.seed is not None and submission.seed != seed:
            notes.append(f"The file gives the seed {submission.seed}, but the student's own, {seed}, was used.")
            return seed, True
        return seed, False

    def _refused(self, place: Place, source: str, why: str) -> Row:
        """A row for something that cannot be marked: score 0, and the maximum if the exercise is known."""
        id_ = place.exercise or self.exercises.only
        student = _clean(place.student and student_of(place.student))
        columns = self.exercises.columns(id_) if id_ is not None else None
        name = short_name(source) if place.file else source
        if place.file and name.endswith(place.file):
            name = place.file  # without what the system put before it
        note = note_of([visible(about(name, " ".join(why.split())))])
        row = Row(
            student, _clean(id_), place.attempt, note=note, source=source, late=place.late, folder=place.folder
        )  # fmt: skip
        if columns is None:
            return row
        return row._replace(max_score=columns.max_score, letters=columns.none_answered)

    def nothing(self) -> list[Row]:
        """A row for each exercise asked for, for a student who handed in nothing."""
        rows = (self._refused(ANYWHERE._replace(exercise=id_), id_, "") for id_ in self.exercises.asked)
        return [row._replace(note="Nothing was handed in.") for row in rows]

    def person(self, person: Person) -> Iterator[Row]:
        """The rows of everything that one student handed in: one per exercise, whatever else is beside the answers."""
        marked: list[Marked] = []
        beside: list[File] = []
        for file in person.files:
            place = file.place._replace(student=person.student, members=person.group)
            if file.is_candidate or file.shown.lower().endswith(SUFFIX):
                found = list(self.rows(map(with_answers, texts(file, self._called_as_answers)), place))
                marked += [Marked(row, place.order, file) for row in found]
            else:
                beside.append(file)
        readable = [one for one in marked if one.row.readable]
        tables = list(self._tables(person, beside, {one.row.exercise for one in readable}))
        readable += tables
        beside = [file for file in beside if not any(one.file is file for one in tables)]
        broken = [one for one in marked if not one.row.readable]
        by_exercise: dict[str | None, list[Marked]] = {}
        for one in readable:
            by_exercise.setdefault(one.row.exercise, []).append(one)
        late = any(file.place.late for file in person.files)
        if not readable:
            yield self._unread(person, broken, beside)._replace(late=late)
            return
        named = {one.row.exercise: one.row for one in broken if one.row.exercise not in (None, *by_exercise)}
        others = [*(one.file for one in broken if one.row.exercise not in named), *beside]
        more = f"Not marked: {listed(map(own_name, others), most=MOST_BESIDE)}." if others else ""
        for several in by_exercise.values():
            row = counting(several, self.settings.best)
            yield row._replace(note=note_of(filter(None, [row.note, more])), late=late)
        for row in named.values():
            yield row._replace(late=late)

    def _tables(self, person: Person, beside: Iterable[File], done: Collection[str | None]) -> Iterator[Marked]:
        """The files of two columns that answer an exercise which nothing else from this student answers."""
        for file in beside:
            if self._is_table(file.place.file or file.shown):
                place = file.place._replace(student=person.student, members=person.group)
                for row in self.rows(map(with_answers, texts(file)), place):
                    if row.readable and row.exercise not in done and set(row.letters) - _NOTHING_ANSWERED:
                        yield Marked(row, place.order, file)

    def _is_table(self, name: str) -> bool:
        """Whether a file may be some other table, such as a roster: it is not named like an answer file."""
        return self.settings.answers == ANSWERS and is_candidate(name, TABLES)

    def _unread(self, person: Person, broken: list[Marked], beside: list[File]) -> Row:
        """The only row of a student who handed in nothing readable; it says what was handed in."""
        whys = [one.row.note for one in broken]
        whys += map(what_it_is, beside[: max(0, MOST_BESIDE - len(whys))])
        first = person.files[0]
        place = first.place._replace(student=person.student)
        exercises = dict.fromkeys(one.row.exercise for one in broken if one.row.exercise is not None)
        place = place._replace(exercise=place.exercise or (next(iter(exercises)) if len(exercises) == 1 else None))
        return self._refused(place, first.shown, "")._replace(note=note_of(whys))


def _named_in(place: Place, only: str | None, data: Any, notes: list[str]) -> Place:
    """What an unreadable submission still says, where neither its place nor `only`, the one exercise, says it."""
    said = data if isinstance(data, dict) else {}
    named, answered = (said[key] if isinstance(said.get(key), str) else None for key in ("student", "exercise"))
    student, exercise = place.student or named, place.exercise or only or answered
    with suppress(NotHandedIn):
        student = _whose(place.student, named, "student", notes)
    with suppress(NotHandedIn):
        exercise = _whose(place.exercise or only, answered, "exercise", notes)
    return place._replace(student=student, exercise=exercise)


def _whose(outside: str | None, inside: str | None, what: str, notes: list[str]) -> str | None:
    """A name given outside the file, else inside; if they differ, the row says so. Raises NotHandedIn."""
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
        notes.append(
            f"The file names the {what} {visible(inside)[:MOST_QUOTED]}, but {visible(outside)[:MOST_QUOTED]} was used."
        )
    if outside is not None and len(outside) > _LONGEST_NAME:
        raise NotHandedIn(f"the name of the {what} is too long: it has more than {_LONGEST_NAME} characters.")
    return outside


def _clean(text: str | None) -> str | None:
    """A name that can be stored: cut off if it is far too long, with what is not Unicode text escaped."""
    if text is None or (text.isascii() and len(text) <= _LONGEST_NAME):
        return text
    return text[: 2 * _LONGEST_NAME].encode("utf-8", "backslashreplace").decode()
