"""`draw`: the circuit as a picture for slides, a page to step through, or in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import At, ExerciseName, Folders, GraphText, Plain, Salt, Seed, Student, View
from backprop_tutor.drawing.formats import Drawable, formats_in_words, write_picture

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.drawing.picture import Picture

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
    exercise: ExerciseName = None, graph: GraphText = None, at: At = None, seed: Seed = None,
    student: Student = None, salt: Salt = None, output: PictureFile = None,
    forward: Forward = False, blank: Blank = False, folders: Folders = None, view: View = "auto", plain: Plain = False,
) -> None:  # fmt: skip
    """Draw a circuit: in the terminal, or as a picture or page."""
    from backprop_tutor.cli.chosen import Wanted

    variant = Wanted(exercise, graph, at, seed, folders, student, salt).chosen()
    picture = _picture(variant, forward, blank)
    if output is not None:
        what = drawable(variant, picture)._replace(is_handout=forward or blank, view=view, plain=plain)
        write_picture(output, what)
        return
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.show.picture import drawn

    screen = Screen(plain)
    screen.show(drawn(picture, screen.width, view, screen.plain))


def drawable(exercise: Exercise, picture: Picture) -> Drawable:
    """An exercise's picture with the texts that a file may hold beside it."""
    from backprop_tutor.text import visible

    return Drawable(picture, exercise.solution, visible(exercise.title), exercise.statement, visible(exercise.loss))


def _picture(exercise: Exercise, forward: bool, blank: bool) -> Picture:
    from backprop_tutor.cli.chosen import BadArguments
    from backprop_tutor.show.pictures import blank_picture, complete_picture, forward_picture

    if forward and blank:
        raise BadArguments("--forward leaves the gradients out, --blank leaves room for them: give one of them.")
    chosen = forward_picture if forward else blank_picture if blank else complete_picture
    return chosen(exercise.solution)
