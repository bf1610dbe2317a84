"""`list`: the course and the current place in it, one level, or one exercise."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from backprop_tutor.cli.options import BadArguments, ExerciseName, Folders, Format, Plain, Wanted, option, shelf
from backprop_tutor.cli.screen import Screen, complain, write_json
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import database
from backprop_tutor.show.listing import Course, listing_json, one_exercise, path, whole

Level = Annotated[int | None, option("--level", "N", "List the exercises of this level.", min=1, max=5)]
All = Annotated[bool, typer.Option("--all", help="List the whole course, with the source of each exercise.")]


def list_(
    exercise: ExerciseName = None, level: Level = None, all_: All = False, format_: Format = "terminal",
    folders: Folders = None, plain: Plain = False,
) -> None:  # fmt: skip
    """Lists the exercises, from easy to hard, or shows what one is about."""
    if sum((exercise is not None, level is not None, all_)) > 1:
        raise BadArguments("give only one of EXERCISE, --level and --all.")
    wanted = None if exercise is None else Wanted(exercise, folders=folders).chosen()
    exercises, origins = shelf(folders or ())
    with closing(Recorder(database(), complain)) as recorder:
        course = Course(exercises, recorder.standings(), origins)
    if format_ == "json":
        if wanted is not None:
            course = course._replace(exercises=[one for one in exercises if one.id == wanted.id])
        write_json(listing_json(course, level))
        return
    screen = Screen(plain)
    if wanted is not None:
        screen.show(*one_exercise(course, wanted, screen.width))
    elif all_ or level is not None:
        screen.show(*whole(course, level, screen.width, screen.text))
    else:
        screen.show(*path(course, course.at(), screen.width, screen.text))
