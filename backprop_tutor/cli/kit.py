"""`kit`: an autograder for Gradescope."""

from __future__ import annotations

from typing import Annotated

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, ending_in, exercises_named, one_of, option, word
from backprop_tutor.cli.screen import complain
from backprop_tutor.course.roster import read_roster
from backprop_tutor.course.variants import variant
from backprop_tutor.files import replace
from backprop_tutor.grading.reports.report import VISIBILITIES
from backprop_tutor.publishing.kit import Kit, kit_file
from backprop_tutor.text import counted, listed, visible

Output = Annotated[str, option("-o", "--output", "FILE", "The kit, a .zip file to upload.")]
Roster = Annotated[str | None, option("--roster", "FILE", "The class, by the addresses that Gradescope knows.")]
SeedFrom = Annotated[str | None, option("--seed-from", "student", "Give each student their own numbers.")]
Points = Annotated[float | None, option("--points", "N", "Points for full marks. Default: one a question.", min=0.01)]
Visibility = Annotated[
    str, word("--visibility", "WHEN", f"When students see the feedback: {listed(VISIBILITIES, 'or')}.", VISIBILITIES)
]


def kit(
    exercises: options.ExerciseNames, output: Output, seed_from: SeedFrom = None, salt: options.Salt = None,
    roster: Roster = None, column: options.StudentColumn = None, points: Points = None,
    visibility: Visibility = "visible", folders: options.Folders = None,
) -> None:  # fmt: skip
    """Writes an autograder for Gradescope."""
    ending_in(".zip", "-o", output)
    if seed_from is not None:
        one_of("--seed-from", seed_from, ("student",))
        if salt is None:
            complain(options.NO_SALT)
    elif salt is not None or roster is not None:
        raise BadArguments("--salt and --roster go with --seed-from student.")
    chosen = exercises_named(exercises, folders)
    for exercise in chosen:
        _ = variant(exercise, None).solution  # what cannot be marked is reported here, not to a student
    people = None if roster is None else read_roster(roster, column).people
    if people is not None and (without := [one for one in people if not one.email]):
        if len(without) == len(people):
            raise BadArguments(f"{visible(roster or '')} has no addresses, and by them Gradescope knows its students.")
        names = listed((visible(one.name or one.number) for one in without), most=5)
        complain(f"{counted(len(without), 'student')} without an address cannot be marked: {names}.")
    own = None if seed_from is None else salt or ""
    replace(output, kit_file(Kit(chosen, own, points, visibility, people)))
    complain(f"{counted(len(chosen), 'exercise')}: {visible(output)}")
