"""Arguments of all commands that hand out exercises: which ones, for whom, with whose numbers; from options or a course
file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

from backprop_tutor.cli.options import BadArguments, Wanted, argument, option
from backprop_tutor.cli.screen import complain
from backprop_tutor.course.catalogue import paths
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.roster import Person, read_roster
from backprop_tutor.course.variants import has_ranges
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.course_file import Course, read_course

ExerciseNames = Annotated[
    list[str] | None, argument("EXERCISE...", "Ids from `list`, or paths such as ./mine.yaml.", paths)
]
RosterFile = Annotated[
    str | None,
    option("--roster", "FILE", "The class, a CSV file from the course system; each student gets their own numbers."),
]
StudentColumn = Annotated[
    str | None, option("--student-column", "NAME", "The roster's column of student numbers, if not the usual one.")
]
CourseFile = Annotated[
    str | None, option("--course", "FILE", "A course.yaml with exercises, salt and roster, as for grade.")
]
Ask = Annotated[str | None, option("--ask", "NAMES", "Ask only this: stages (forward,local) or names (w0,x1).")]
_NO_SALT: Final = (
    "backprop-tutor: without --salt, anyone who knows a student's number can work out that student's exercise."
)


class Handout(NamedTuple):
    """The exercises without numbers yet, the class (None: nobody in particular), the course's secret (None if not
    given), and the total points, if the course states them."""

    exercises: list[Exercise]
    people: list[Person] | None
    salt: str | None
    points: float | None


def handout(
    exercises: Sequence[str] | None, roster: str | None, salt: str | None, column: str | None,
    folders: Sequence[str] | None, course: str | None = None,
) -> Handout:  # fmt: skip
    """What the command asks for; an option overrides the course file. Raises TutorError."""
    ours = Course() if course is None else read_course(course)
    names = exercises or ours.exercises
    if not names:
        raise BadArguments("give EXERCISE (`backprop-tutor list` lists them), or a --course that names exercises.")
    roster, column = roster or ours.roster, column or ours.student_column
    if column is not None and roster is None:
        raise BadArguments("--student-column needs --roster.")
    people = None if roster is None else _people(roster, column)
    found = exercises_named(names, [*(folders or ()), *ours.folders])
    return Handout(found, people, ours.salt if salt is None else salt, ours.points)


def _people(path: str, column: str | None) -> list[Person]:
    roster = read_roster(path, column)
    if roster.note:
        complain(roster.note)
    return roster.people


def exercises_named(names: Iterable[str], folders: Sequence[str]) -> list[Exercise]:
    """The exercises with these names, without repeats. Raises TutorError."""
    return [Wanted(name, folders=folders).exercise for name in dict.fromkeys(names)]


def warn_alike(exercises: Iterable[Exercise], copies: int) -> None:
    """Warns of exercises whose copies don't differ."""
    for exercise in exercises:
        if copies > 1 and not has_ranges(exercise):
            complain(f"{exercise.id} has no ranges, so its numbers are the same in every copy.")


def warn_without(salt: str | None) -> None:
    """Warns that numbers without a secret can be worked out."""
    if not salt:
        complain(_NO_SALT)
