"""`draw`: the circuit as a picture for slides, a page to step through, or in the terminal."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, Wanted
from backprop_tutor.cli.screen import Screen, wrote
from backprop_tutor.drawing.formats import FORMATS, write_picture
from backprop_tutor.show.drawings import DRAWINGS
from backprop_tutor.show.pictures import drawn
from backprop_tutor.text import listed

_FORMATS: Final = listed([f"{suffix} ({format_.words})" for suffix, format_ in FORMATS.items()], "or")
PictureFile = Annotated[
    str | None, options.option("-o", "--output", "FILE", f"Write to FILE, in the format of its suffix: {_FORMATS}.")
]
Forward = Annotated[bool, typer.Option("--forward", help="Show values only, no gradients.")]
Blank = Annotated[bool, typer.Option("--blank", help="Leave blanks to fill in, for a handout.")]


def draw(
    exercise: options.ExerciseName = None, graph: options.GraphText = None, at: options.At = None,
    seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None,
    output: PictureFile = None, forward: Forward = False, blank: Blank = False, folders: options.Folders = None,
    view: options.View = "auto", plain: options.Plain = False,
) -> None:  # fmt: skip
    """Draws a circuit on the screen or into a file."""
    wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
    variant = wanted.chosen()
    wanted.say_whose()
    if forward and blank:
        raise BadArguments("--forward leaves the gradients out, --blank leaves room for them: give one of them.")
    what = DRAWINGS["forward" if forward else "blank" if blank else "key"](variant)
    if output is not None:
        write_picture(output, what._replace(view=view, plain=plain))
        wrote(output)
        return
    screen = Screen(plain, view=view)
    screen.show(drawn(what.picture, screen.look))
