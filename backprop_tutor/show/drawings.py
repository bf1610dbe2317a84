"""An exercise as a drawing outside the terminal: its picture, and the steps of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.formats.page import Drawable, Step
from backprop_tutor.drawing.picture import BLANK, Picture
from backprop_tutor.drawing.solution import blank_picture, complete_picture, forward_picture
from backprop_tutor.text import visible
from backprop_tutor.tutor.lesson import backward_steps, forward_steps
from backprop_tutor.tutor.stages import asks_about, questions
from backprop_tutor.tutor.stages.delta import given_away


def drawable(exercise: Exercise, picture: Picture, is_handout: bool = False) -> Drawable:
    """An exercise's picture and what else its file may contain: nothing of the backward pass in a handout."""
    solution = exercise.solution
    steps = forward_steps(solution) + ([] if is_handout else backward_steps(solution, visible(exercise.loss)))
    rows = [
        Step(step.gate, f"{step.way}: {step.formula}", step.paragraphs, step.pattern, step.shows, step.branches)
        for step in steps
    ]
    return Drawable(picture, visible(exercise.title), exercise.statement, rows, is_handout)


def _complete(exercise: Exercise) -> Drawable:
    return drawable(exercise, complete_picture(exercise.solution))


def _values_alone(exercise: Exercise) -> Drawable:
    return drawable(exercise, forward_picture(exercise.solution), is_handout=True)


def _unanswered(exercise: Exercise) -> Drawable:
    """An exercise with a blank for every number that it asks for, so that nobody can read an answer off its picture;
    numbers found on the way to one are left out."""
    if exercise.is_array:
        from backprop_tutor.show.array_pictures import unanswered_picture

        return drawable(exercise, unanswered_picture(exercise), is_handout=True)._replace(steps=())
    graph, all_asked = exercise.graph, questions(exercise)
    asked = {question.label for question in all_asked}
    has_gradients = any(kind == "gradient" for kind, _ in filter(None, asked))
    picture = (blank_picture if has_gradients else forward_picture)(exercise.solution)
    unasked = {question.label for question in asks_about(exercise, graph)} - asked
    blank = {name: BLANK for kind, name in filter(None, asked) if kind == "value"}
    blank |= dict.fromkeys(given_away(all_asked, graph), BLANK)
    values = {name: text for name, text in {**picture.values, **blank}.items() if ("value", name) not in unasked}
    gradients = {name: text for name, text in picture.gradients.items() if ("gradient", name) not in unasked}
    what = drawable(exercise, picture._replace(values=values, gradients=gradients), is_handout=True)
    return what._replace(steps=()) if blank else what  # the steps work the values out


DRAWINGS: Final[dict[str, Callable[[Exercise], Drawable]]] = {
    "key": _complete, "blank": _unanswered, "forward": _values_alone,
}  # fmt: skip
"""Every kind of drawing of an exercise: complete, with blanks to fill in, and with values only."""
