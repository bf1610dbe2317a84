"""`draw`: the circuit as a picture for slides, a page to step through, or in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, Wanted
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.formats import Drawable, formats_in_words, write_picture
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.show.pictures import blank_picture, complete_picture, drawn, forward_picture
from backprop_tutor.text import visible

PictureFile = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help=f"Write a file in the format of its suffix: {formats_in_words()}.",
        show_default=False,
    ),
]
Forward = Annotated[bool, typer.Option("--forward", help="Forward values alone.")]
Blank = Annotated[bool, typer.Option("--blank", help="Blanks instead of gradients, for a handout.")]


def draw(
    exercise: options.ExerciseName = None, graph: options.GraphText = None, at: options.At = None,
    seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None,
    output: PictureFile = None, forward: Forward = False, blank: Blank = False, folders: options.Folders = None,
    view: options.View = "auto", plain: options.Plain = False,
) -> None:  # fmt: skip
    """Draws a circuit on the screen or into a file."""
    variant = Wanted(exercise, graph, at, seed, folders, student, salt).chosen()
    if forward and blank:
        raise BadArguments("--forward leaves the gradients out, --blank leaves room for them: give one of them.")
    picture = (forward_picture if forward else blank_picture if blank else complete_picture)(variant.solution)
    if output is not None:
        what = drawable(variant, picture)._replace(is_handout=forward or blank, view=view, plain=plain)
        write_picture(output, what)
        return
    screen = Screen(plain)
    screen.show(drawn(picture, screen.width, view, screen.plain))


def drawable(exercise: Exercise, picture: Picture) -> Drawable:
    """An exercise's picture with the texts that a file may hold beside it."""
    return Drawable(picture, exercise.solution, visible(exercise.title), exercise.statement, visible(exercise.loss))
