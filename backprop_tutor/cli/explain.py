"""`explain`: the worked solution as a lesson, one gate a step at a terminal, down the page elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, Wanted
from backprop_tutor.cli.screen import Screen, write, write_json, wrote
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.formats import write_picture
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.files import replaced
from backprop_tutor.show import lesson
from backprop_tutor.show.drawings import drawable
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.commands import Prompt, command_typed
from backprop_tutor.tutor.lesson import backward_steps

GraphAsText = Annotated[
    bool, typer.Option("--graph-text", help="Print the circuit as text, in the language of exercise files.")
]
_TEXT: Final = ".txt"
_TEXT_WIDTH: Final = 100  # columns of a lesson in a file, as of a drawing in one
Open = Annotated[
    str | None, options.option("--open", "GATE", "Show the circuit of numbers behind a small gate of arrays.")
]
All = Annotated[bool, typer.Option("--all", help="Show all steps at once, without waiting.")]


def explain(
    exercise: options.ExerciseName = None, graph: options.GraphText = None, at: options.At = None,
    seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None, all_: All = False,
    graph_text: GraphAsText = False, open_: Open = None, format_: options.Format = "terminal",
    output: options.Output = None, folders: options.Folders = None, view: options.View = "auto",
    plain: options.Plain = False,
) -> None:  # fmt: skip
    """Shows the worked solution, or writes it."""
    wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
    if output is not None and (graph_text or format_ != "terminal"):
        other = "--graph-text" if graph_text else f"--format {format_}"
        raise BadArguments(
            f"-o writes the lesson or a picture, {other} prints another text: give one of them (> FILE takes a text)."
        )
    if graph_text:
        write(wanted.exercise.graph_text.rstrip("\n"), "\n")
        return
    variant = wanted.chosen()
    if open_ is not None:
        _open(Screen(plain, view=view), variant, open_)
        return
    if output is not None:
        if Path(output).suffix.lower() == _TEXT:
            with replaced(output) as stream:
                _show(Screen(plain, stream, view, _TEXT_WIDTH), variant)
        else:
            write_picture(
                output, drawable(variant, complete_picture(variant.solution))._replace(view=view, plain=plain)
            )
        wrote(output)
    elif format_ == "json":
        write_json(lesson.solution_json(variant))
    else:
        screen = Screen(plain, view=view)
        if all_ or not (sys.stdin.isatty() and screen.moves):
            _show(screen, variant)
        else:
            _step_by_step(screen, variant)


def _open(screen: Screen, exercise: Exercise, gate: str) -> None:
    """The circuit behind a gate of arrays. Raises BadArguments."""
    if not exercise.is_array:
        raise BadArguments("--open is for arrays: every gate here is one of numbers already.")
    from backprop_tutor.show.arrays import opened  # exercises of numbers load nothing of arrays

    names = exercise.graph.gate_names
    if gate not in names:
        raise BadArguments(f"{visible(gate)} is not a gate of this circuit.{nearest(gate, names)}")
    if not exercise.has_numbers:
        raise BadArguments("--open takes numbers, and this exercise has letters for its sizes.")
    screen.show(opened(exercise, gate, screen.look))


def _show(screen: Screen, exercise: Exercise) -> None:
    """The whole lesson down the page."""
    for part in lesson.lesson(exercise, screen.look):
        screen.show(part)


def _step_by_step(screen: Screen, exercise: Exercise) -> None:
    """The lecture's animation, forth and back as it is typed; the circuit is drawn in the same place."""
    steps = backward_steps(exercise.solution, exercise.loss)
    number = -1
    while number < len(steps):
        screen.console.clear()
        if number < 0:
            screen.show(lesson.opening(exercise, screen.look), lesson.forward_lines(exercise.solution), "")
        else:
            screen.show(lesson.step_screen(exercise.solution, steps, number, screen.look), "")
        command = None
        try:
            while command is None:
                command = command_typed(screen.line("Enter: next · b: back · q: quit "), Prompt.LESSON)
            number = max(-1, number + command.do(screen))
        except EOFError:
            return
    for part in lesson.closing(exercise):
        screen.show(part)
