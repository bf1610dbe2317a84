"""`draw`: the circuit as a picture for slides, a page to step through, or in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import At, ExerciseName, Folders, GraphText, Output, Plain, Salt, Seed, Student, View

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.drawing.picture import Picture

Forward = Annotated[bool, typer.Option("--forward", help="Forward values alone.")]
Blank = Annotated[bool, typer.Option("--blank", help="Blanks instead of gradients, for a handout.")]


def draw(
    exercise: ExerciseName = None, graph: GraphText = None, at: At = None, seed: Seed = None,
    student: Student = None, salt: Salt = None, output: Output = None,
    forward: Forward = False, blank: Blank = False, folders: Folders = None, view: View = "auto", plain: Plain = False,
) -> None:  # fmt: skip
    """Draw a circuit: in the terminal, or as a picture or page.

    The suffix of -o chooses: .svg, .png, .html (a page to step through), .dot, .mmd, .txt.
    """
    from backprop_tutor.cli.chosen import Wanted
    from backprop_tutor.cli.screen import Screen

    variant = Wanted(exercise, graph, at, seed, folders, student, salt).chosen()
    picture = _picture(variant, forward, blank)
    if output is not None:
        write(variant, picture, output, is_handout=forward or blank)
        return
    from backprop_tutor.show.picture import drawn

    screen = Screen(plain)
    screen.show(drawn(picture, screen.width, view, screen.plain))


def write(exercise: Exercise, picture: Picture, output: str, is_handout: bool = False) -> None:
    """Writes an exercise's picture to a file; a handout's page tells no gradient that the picture leaves out."""
    from backprop_tutor.drawing.formats import Drawable, write_picture
    from backprop_tutor.errors import visible

    what = Drawable(picture, exercise.solution, visible(exercise.title), exercise.statement, visible(exercise.loss), is_handout)
    write_picture(output, what)


def _picture(exercise: Exercise, forward: bool, blank: bool) -> Picture:
    from backprop_tutor.cli.chosen import BadArguments
    from backprop_tutor.show.pictures import blank_picture, complete_picture, forward_picture

    if forward and blank:
        raise BadArguments("--forward leaves the gradients out, --blank leaves room for them: give one of them.")
    chosen = forward_picture if forward else blank_picture if blank else complete_picture
    return chosen(exercise.solution)
