"""Drawings of arrays: what is given, a session so far, and an exercise with blanks."""

from __future__ import annotations

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.arrays import array_picture
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.array_passes import is_named
from backprop_tutor.engine.arrays import grid, written_shape
from backprop_tutor.engine.formatting import shown
from backprop_tutor.text import visible
from backprop_tutor.tutor.array_derivation import arrays_of
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import asks_about, questions


def given_arrays(exercise: Exercise) -> list[str]:
    """What is given, line by line: every input with its shape and its numbers row by row."""
    lines = ["with"]
    graph = exercise.graph
    for name in graph.input_names:
        lead = f"  {name} ({written_shape(graph.shape(name))})"
        if not exercise.has_numbers:
            lines.append(lead)
            continue
        rows = grid(exercise.arrays[name], lambda entry: f"{entry:.6g}")
        lines += [f"{lead if at == 0 else '':<{len(lead)}}  {row}" for at, row in enumerate(rows)]
    if exercise.upstream_array is not None:
        lead = f"  ∂{visible(exercise.loss)}/∂{graph.output_name}"
        rows = grid(exercise.upstream_array, lambda entry: f"{entry:.6g}")
        lines += [f"{lead if at == 0 else '':<{len(lead)}}  {row}" for at, row in enumerate(rows)]
    elif exercise.upstream != 1 or graph.output_name != exercise.loss:
        each = "" if graph.shapes[graph.output] == (1, 1) else " in each entry"
        lines.append(f"and ∂{visible(exercise.loss)}/∂{graph.output_name} = {shown(exercise.upstream)}{each}.")
    if exercise.seed is not None:
        lines.append(f"(seed {exercise.seed})")
    return lines


def session_array_picture(session: Session) -> Picture:
    """The circuit and its arrays as far as a session has come, with the quantity of the open question marked."""
    solution, question = arrays_of(session.solution), session.question
    graph = solution.graph
    done = [*session.given(), *(one for one, _ in session.closed())]
    known = {one.label for one in done if one.label is not None}
    shaped = {one.node for one in done if one.label is None}
    lesson = asks_about(session.exercise, graph)
    wanted = {one.label for one in lesson if one.label is not None}
    asks_shapes = {one.node for one in lesson if one.label is None and one.branch is None} & {*graph.gate_names}
    hides_shapes = bool(asks_shapes) and any(one.symbol.startswith("shape") for one in lesson)
    values = {name for name in graph.names if ("value", name) in known or ("value", name) not in wanted}
    gradients = {name for kind, name in known if kind == "gradient"}
    shows = bool(gradients) or (question is not None and question.kind.shows_gradients)
    asked = ("", "")
    if question is not None:
        asked = question.label or (("shape", question.node) if question.symbol.startswith("shape") else ("", ""))
    shapes = {name for name in graph.names if name not in asks_shapes or name in shaped} if hides_shapes else None
    if hides_shapes and shapes is not None:  # an unnamed gate would give the next one's value away
        shapes -= {name for name in graph.gate_names if not is_named(graph, name)}
    lit = question.branch.gate if question is not None and question.branch is not None else None
    return array_picture(
        solution, values, gradients | {graph.output_name} if shows else (), shapes, asked, lit,
        given=session.exercise.given,
    )  # fmt: skip


def unanswered_picture(exercise: Exercise) -> Picture:
    """An exercise with a blank for every array that it asks for."""
    solution = arrays_of(exercise.solution)
    graph = solution.graph
    asked = {one.label for one in questions(exercise)}
    values = {name for name in graph.names if ("value", name) not in asked}
    hidden = {one.node for one in questions(exercise) if one.kind.asks_shape}
    hidden |= {name for name in graph.gate_names if hidden and not is_named(graph, name)}
    shapes = {name for name in graph.names if name not in hidden}
    return array_picture(solution, values, {graph.output_name}, shapes, blank=True, given=exercise.given)
