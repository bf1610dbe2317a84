"""`explain`: the worked solution as a lesson, one gate per step at a terminal, all at once elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, Wanted
from backprop_tutor.cli.screen import Screen, preload, said_if_late, write, write_json, wrote
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.formats import write_picture
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.files import replaced
from backprop_tutor.show import lesson
from backprop_tutor.show.drawings import drawable
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.commands import Prompt, command_typed
from backprop_tutor.tutor.lesson import backward_steps

_PROMPT: Final = 2  # rows: a blank one and the prompt
_HEAD: Final = 2  # rows: the title of a step, and a blank one below its picture
GraphAsText = Annotated[
    bool, typer.Option("--graph-text", help="Print the circuit as text, in the language of exercise files.")
]
_TEXT: Final = ".txt"
_TEXT_WIDTH: Final = 100  # columns of a lesson in a file, as of a drawing in one
Open = Annotated[
    str | None, options.option("--open", "GATE", "Show the circuit of numbers behind a small gate of arrays.")
]
All = Annotated[bool, typer.Option("--all", help="Show all steps at once, without pausing.")]


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
            f"-o writes the lesson or a picture, {other} prints another text: give only one of them (save a text with "
            f"> FILE)."
        )
    if graph_text:
        write(wanted.exercise.graph_text.rstrip("\n"), "\n")
        return
    variant = wanted.chosen()
    if format_ != "json":
        wanted.say_whose()
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
        whose = {} if student is None else {"student": student}
        write_json(lesson.solution_json(variant) | whose)
    else:
        screen = Screen(plain, view=view)
        if all_ or not (sys.stdin.isatty() and screen.moves):
            _show(screen, variant)
        else:
            _step_by_step(screen, variant)


def _open(screen: Screen, exercise: Exercise, gate: str) -> None:
    """The circuit behind a gate of arrays. Raises BadArguments."""
    if not exercise.is_array:
        raise BadArguments("--open is for arrays: every gate here works on single numbers already.")
    from backprop_tutor.show.arrays import opened  # exercises of numbers load nothing of arrays

    names = exercise.graph.gate_names
    if gate not in names:
        raise BadArguments(f"{visible(gate)} is not a gate of this circuit.{nearest(gate, names)}")
    if not exercise.has_numbers:
        raise BadArguments("--open needs numbers, and this exercise has letters for its sizes.")
    screen.show(opened(exercise, gate, screen.look))


def _show(screen: Screen, exercise: Exercise) -> None:
    """The whole lesson down the page."""
    for part in lesson.lesson(exercise, screen.look):
        screen.show(part)


def _step_by_step(screen: Screen, exercise: Exercise) -> None:
    """The lecture's animation, stepped back and forth by typing; the circuit stays in the same place, and neither the
    step's title nor its gate scrolls away."""
    # SymPy takes half a second: it is loaded while the student reads.
    ahead = preload("engine.symbolic") if lesson.has_formulas(exercise) else None
    steps = backward_steps(exercise.solution, exercise.loss)
    rows = screen.console.height - _PROMPT
    short = [step._replace(often="") for step in steps]
    said = max(screen.rows_of(lesson.step_text(step)) for step in short)
    look = screen.look._replace(rows=max(1, rows - said - _HEAD))
    first = lesson.opening_screens(exercise, look, rows, screen.rows_of)
    number = 0
    while number < len(first) + len(steps):
        is_step = number >= len(first)
        at = number - len(first)
        page = lesson.step_screen(exercise.solution, steps, at, look) if is_step else first[number]
        if is_step and screen.rows_of(page) > rows:  # common mistakes are named if there is room
            page = lesson.step_screen(exercise.solution, short, at, look)
        move = _turn(screen, page)
        if move is None:
            return
        number = max(0, number + move)
    with said_if_late(screen, ahead):
        *pages, last = _pages(screen, lesson.closing(exercise), rows)
    if all(_turn(screen, page) is not None for page in pages):
        screen.console.clear()
        screen.show(last)


def _pages(screen: Screen, parts: Iterable[RenderableType], rows: int) -> list[RenderableType]:
    """The parts on as many screens of this height as they need; a title stays with its text."""
    pages: list[list[RenderableType]] = [[]]
    used = 0
    title: list[RenderableType] = []
    for part in parts:
        title.append(part)
        if isinstance(part, Text) and part.plain.startswith("\n"):
            continue
        size = screen.rows_of(Group(*title))
        if used and used + size > rows:
            pages.append([])
            used = 0
        pages[-1] += title
        used, title = used + size, []
    return [Group(*page) for page in pages]


def _turn(screen: Screen, page: RenderableType) -> int | None:
    """Shows a page on an empty screen; returns the number of pages to go on, or None to leave."""
    screen.console.clear()
    screen.show(page, "")
    try:
        while True:
            command = command_typed(screen.line("Enter: next · b: back · q: quit "), Prompt.LESSON)
            if command is not None:
                return int(command.do(screen))
    except EOFError:
        return None
