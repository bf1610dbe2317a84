"""`kit`: an autograder for Gradescope."""

from __future__ import annotations

from typing import Annotated

from backprop_tutor.cli import handout, options
from backprop_tutor.cli.options import BadArguments, ending_in, one_of, option, word
from backprop_tutor.cli.screen import complain
from backprop_tutor.course.variants import variant
from backprop_tutor.files import replace
from backprop_tutor.grading.reports.report import VISIBILITIES
from backprop_tutor.publishing.kit import Kit, kit_file
from backprop_tutor.text import counted, listed, visible

Output = Annotated[str, option("-o", "--output", "FILE", "The kit, a .zip file to upload.")]
SeedFrom = Annotated[str | None, option("--seed-from", "student", "Give each student their own numbers.")]
Points = Annotated[float | None, option("--points", "N", "Points for full marks. Default: one per question.", min=0.01)]
Visibility = Annotated[
    str, word("--visibility", "WHEN", f"When students see the feedback: {listed(VISIBILITIES, 'or')}.", VISIBILITIES)
]


def kit(
    output: Output, exercises: handout.ExerciseNames = None, seed_from: SeedFrom = None,
    salt: options.Salt = None, roster: handout.RosterFile = None, column: handout.StudentColumn = None,
    course: handout.CourseFile = None, points: Points = None, visibility: Visibility = "visible",
    folders: options.Folders = None,
) -> None:  # fmt: skip
    """Writes an autograder for Gradescope."""
    ending_in(".zip", "-o", output)
    if seed_from is not None:
        one_of("--seed-from", seed_from, ("student",))
    elif salt is not None or roster is not None:
        raise BadArguments("--salt and --roster need --seed-from student.")
    chosen, people, salt, all_points = handout.handout(exercises, roster, salt, column, folders, course)
    is_own = seed_from is not None or salt is not None
    if is_own:
        handout.warn_without(salt)
    for exercise in chosen:
        _ = variant(exercise, None).solution  # an exercise that cannot be marked is reported here, not to a student
    if people is not None and (without := [one for one in people if not one.email]):
        if len(without) == len(people):
            raise BadArguments("the roster has no e-mail addresses, and Gradescope identifies students by theirs.")
        names = listed((visible(one.name or one.number) for one in without), most=5)
        complain(f"{counted(len(without), 'student')} without an e-mail address cannot be marked: {names}.")
    most = all_points if points is None else points
    made = Kit(chosen, salt or "" if is_own else None, most, visibility, people if is_own else None)
    replace(output, kit_file(made))
    complain(f"Wrote a kit of {counted(len(chosen), 'exercise')} to {visible(output)}.")
