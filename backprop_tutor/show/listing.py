"""The course as a path from easy to hard with the current level unfolded; a single exercise; and everything as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.fields import NamedTuple
from backprop_tutor.records.sittings import BEGUN, DONE, Standings
from backprop_tutor.show.practice import problem
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import columns, counted, listed, padded, shortened, visible
from backprop_tutor.tutor.stages import questions

MOST_ROWS: Final = 13
"""This many exercises of one level, a line for each other level and three more lines fill 24 lines."""
_MARKS: Final = {DONE: ("✓", "right"), BEGUN: ("◐", "warning"), "": (" ", "")}
_WIDEST_ID: Final = 20
_NO_LEVEL: Final = "No level"
_GATES, _ASKS = 5, 9  # columns of these numbers and of their headings
_HELP: Final = "More: list --level N, list NAME, list --all"


class Course(NamedTuple):
    """The exercises in the order of the path, what the record says about them, and each id's folder."""

    exercises: Sequence[Exercise]
    standings: Standings
    origins: Mapping[str, str]

    def levels(self) -> list[tuple[int | None, list[tuple[int, Exercise]]]]:
        """The exercises by level, each with its number on the path."""
        numbered = enumerate(self.exercises, 1)
        return [(level, list(group)) for level, group in groupby(numbered, key=lambda one: one[1].level)]

    def at(self) -> Exercise | None:
        """The next exercise; the first one if all are done."""
        return self.standings.next(self.exercises) or next(iter(self.exercises), None)

    def place(self, exercise: Exercise | None) -> int:
        """The place of an exercise on the path, counted from 0; 0 if it is not on it."""
        return next((place for place, one in enumerate(self.exercises) if exercise and one.id == exercise.id), 0)


def path(
    course: Course, at: Exercise | None, width: int, printable: Callable[[str], str], more: str = _HELP
) -> Iterator[RenderableType]:
    """The path in at most 20 lines: the level of the current exercise `at` row by row, the others in one line each.
    `printable` gives a text as the screen can print it, which may be longer; `more` says how to see more.
    """
    if not course.exercises:
        yield Text("There are no exercises here.")
        return
    row = _Row(course, width, printable)
    place = course.place(at)
    yield row.head()
    for level, group in course.levels():
        first, last = group[0][0], group[-1][0]
        if first <= place + 1 <= last:
            yield heading(_standing(course, level, group), width)
            # Of a level that is too long, the last row names the others.
            rows = MOST_ROWS if len(group) <= MOST_ROWS else MOST_ROWS - 1
            start = max(0, min(place + 1 - first - rows // 2, len(group) - rows))
            yield from (row.of(number, exercise) for number, exercise in group[start : start + rows])
            others = [*group[:start], *group[start + rows :]]
            if others:
                yield row.names_of(others)
        else:
            numbers = f"{first} to {last}" if last > first else str(first)
            yield Text(shortened(f"{_standing(course, level, group)} ({numbers})", width), "quiet")
    yield from _legend(course, enumerate(course.exercises), more)


def whole(
    course: Course, level: int | None, width: int, printable: Callable[[str], str], more: str = _HELP
) -> Iterator[RenderableType]:
    """Every exercise of a `level`, or of all with where each is from; `more` says how one sees more."""
    row = _Row(course, width, printable)
    chosen = [(one, group) for one, group in course.levels() if level in (None, one)]
    if not chosen:
        yield Text("There are no exercises here.")
        return
    is_mixed = len(set(course.origins.values())) > 1
    yield row.head()
    for one, group in chosen:
        yield heading(_standing(course, one, group), width)
        for number, exercise in group:
            yield row.of(number, exercise)
            origin = f"[{course.origins[exercise.id]}]" if is_mixed else ""
            source = " ".join(filter(None, (origin, exercise.source)))
            if source and level is None:
                yield Indented(Text(visible(source), "quiet"), row.indent)
    yield from _legend(course, (one for _, group in chosen for one in group), more)


def one_exercise(course: Course, exercise: Exercise, width: int) -> Iterator[RenderableType]:
    """What an exercise is about, at its numbers: its size, its questions, its source, and what to type."""
    yield problem(exercise, width)
    asked, gates = counted(len(questions(exercise)), "question"), counted(len(exercise.graph.gate_names), "gate")
    level = "" if exercise.level is None else f", level {exercise.level}"
    known = {one.id for one in course.exercises}
    number = f"Number {course.place(exercise) + 1}{level}: " if exercise.id in known else ""
    standing = {DONE: " Done.", BEGUN: " Begun."}.get(course.standings.of(exercise), "")
    yield Text(f"{number}{gates}, {asked} ({', '.join(exercise.stages)}).{standing}")
    if exercise.source:
        yield Text(f"From: {visible(exercise.source)}", "quiet")
    yield Text(
        f"`backprop-tutor practice {visible(exercise.id)}` starts it, `explain {visible(exercise.id)}` shows how."
    )


class _Row:
    """The rows of one listing, with shared columns."""

    def __init__(self, course: Course, width: int, printable: Callable[[str], str]) -> None:
        self._course, self._width, self._printable = course, width, printable
        self._id = min(_WIDEST_ID, max(columns(exercise.id) for exercise in course.exercises))
        self._number = len(str(len(course.exercises)))
        self._mark = max(columns(printable(mark)) for mark, _ in _MARKS.values())
        self.indent = self._number + self._mark + len("  ")
        self._title = max(1, width - self.indent - self._id - _GATES - _ASKS - len("  "))

    def head(self) -> Text:
        """The headings of the columns."""
        start = " " * self.indent + padded("exercise", self._id + 1)
        return Text(f"{start}{'':<{self._title}}{'gates':>{_GATES}} {'questions':>{_ASKS}}".rstrip(), "quiet")

    def of(self, number: int, exercise: Exercise) -> Text:
        """One exercise: its number, whether it was done, its id and title, how many gates and questions it has."""
        mark, style = _MARKS[self._course.standings.of(exercise)]
        title = shortened(self._printable(visible(exercise.title)), self._title)
        counts = f"{len(exercise.graph.gate_names):>{_GATES}} {len(questions(exercise)):>{_ASKS}}"
        id_ = padded(shortened(visible(exercise.id), self._id), self._id + 1)
        return Text.assemble(
            f"{number:>{self._number}} ", (padded(self._printable(mark), self._mark), style), " ",
            (id_, "bold"), padded(title, self._title), counts,
            no_wrap=True, overflow="crop",
        )  # fmt: skip

    def names_of(self, group: Sequence[tuple[int, Exercise]]) -> Text:
        """Exercises that have no row of their own, in one line: `also 34 max-pool, 35 mean-loss`; as many as fit."""
        names = [self._printable(f"{number} {visible(exercise.id)}") for number, exercise in group]
        lines = (f"also {listed(names, most=most)}" for most in range(len(names), 0, -1))
        fitting = next((line for line in lines if columns(line) <= self._width), f"also {len(names)} more")
        return Text(fitting, "quiet", no_wrap=True, overflow="crop")


def _standing(course: Course, level: int | None, group: Sequence[tuple[int, Exercise]]) -> str:
    done = sum(course.standings.of(exercise) == DONE for _, exercise in group)
    name = _NO_LEVEL if level is None else f"Level {level}"
    return f"{name}: {f'{done} of ' if done else ''}{counted(len(group), 'exercise')}{' done' if done else ''}"


def _legend(course: Course, group: Iterable[tuple[int, Exercise]], more: str) -> Iterator[Text]:
    """The meaning of the marks shown, and how to see more."""
    shown = {course.standings.of(exercise) for _, exercise in group}
    marks = [f"{_MARKS[standing][0]} {standing}" for standing in (DONE, BEGUN) if standing in shown]
    if marks or more:
        yield Text("   ".join(filter(None, (*marks, more))), "quiet")


def listing_json(course: Course, level: int | None = None) -> dict[str, Any]:
    """The catalogue as the contract writes it, with each exercise's level and the folder it comes from."""
    rows = [
        {
            "id": exercise.id, "title": exercise.title, "path": exercise.path,
            "gates": len(exercise.graph.gate_names), "questions": len(questions(exercise)),
            "source": exercise.source, "level": exercise.level, "origin": course.origins[exercise.id],
        }
        for exercise in course.exercises if level in (None, exercise.level)
    ]  # fmt: skip
    return {"format": "backprop-tutor/catalogue@1", "exercises": rows}
