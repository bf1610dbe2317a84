"""`explain`: the worked solution as a lesson, one gate a step at a terminal, down the page elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import (
    At,
    ExerciseName,
    Folders,
    Format,
    GraphText,
    Output,
    Plain,
    Salt,
    Seed,
    Student,
    View,
)

if TYPE_CHECKING:
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.course.exercise import Exercise

GraphAsText = Annotated[
    bool, typer.Option("--graph-text", help="Print the circuit in the graph language, a network written out.")
]
All = Annotated[bool, typer.Option("--all", help="Every step down the page, without waiting.")]


def explain(
    exercise: ExerciseName = None, graph: GraphText = None, at: At = None, seed: Seed = None, student: Student = None,
    salt: Salt = None,
    all_: All = False, graph_text: GraphAsText = False, format_: Format = "terminal", output: Output = None,
    folders: Folders = None, view: View = "auto", plain: Plain = False,
) -> None:  # fmt: skip
    """Work an exercise out, gate by gate.

    Forward, then backward one gate a step, then the gradients as formulas.
    """
    from backprop_tutor.cli.chosen import BadArguments, Wanted
    from backprop_tutor.cli.screen import Screen, write

    wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
    if output is not None and (graph_text or format_ != "terminal"):
        other = "--graph-text" if graph_text else f"--format {format_}"
        raise BadArguments(
            f"-o writes a picture, {other} prints a text: give one of them (a text goes into a file by > FILE)."
        )
    if graph_text:
        write(wanted.found().graph_text.rstrip("\n"), "\n")
        return
    variant = wanted.chosen()
    if output is not None:
        from backprop_tutor.cli.draw import drawable
        from backprop_tutor.drawing.formats import write_picture
        from backprop_tutor.show.pictures import complete_picture

        write_picture(output, drawable(variant, complete_picture(variant.solution))._replace(view=view, plain=plain))
        return
    if format_ == "json":
        import json

        from backprop_tutor.show.solution_json import solution_json
        from backprop_tutor.text import escaped

        write(escaped(json.dumps(solution_json(variant), indent=2, ensure_ascii=False)), "\n")
        return
    screen = Screen(plain)
    if all_ or screen.plain or not (sys.stdin.isatty() and screen.is_terminal):
        _down_the_page(screen, variant, view)
    else:
        _step_by_step(screen, variant, view)


def _down_the_page(screen: Screen, exercise: Exercise, view: str) -> None:
    from backprop_tutor.show.lesson import View, lesson

    for part in lesson(exercise, exercise.solution, View(screen.width, view, screen.plain)):
        screen.show(part)


def _step_by_step(screen: Screen, exercise: Exercise, view: str) -> None:
    """The lecture's animation: Enter goes on, `back` goes back, `quit` ends; the circuit is drawn in the same place."""
    from backprop_tutor.show.lesson import View, backward_steps, closing, forward_lines, opening, step_screen

    solution = exercise.solution
    steps = backward_steps(solution)
    number = -1
    while number < len(steps):
        at_hand = View(screen.width, view, screen.plain)
        screen.console.clear()
        if number < 0:
            screen.show(opening(exercise, solution, at_hand))
            screen.show(forward_lines(solution))
        else:
            screen.show(step_screen(exercise, solution, steps, number, at_hand))
        screen.show()
        step = _asked_step(screen)
        if step == 0:
            return
        number = max(-1, number + step)
    for part in closing(exercise, solution):
        screen.show(part)


def _asked_step(screen: Screen) -> int:
    """Where the student goes: 1 on, -1 back, 0 to the end."""
    from backprop_tutor.cli.loops import LEAVES, line_typed

    while True:
        try:
            word = line_typed(screen, "Enter goes on, back goes back, quit ends: ").strip().lower()
        except EOFError:
            return 0
        if word in (*LEAVES, "q"):
            return 0
        if word in ("", "next"):
            return 1
        if word in ("back", "b"):
            return -1
