"""Drawings of arrays: what is given, a session so far, an exercise with blanks, and marked answers."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.arrays import answered_picture, array_picture
from backprop_tutor.drawing.picture import SIGNS, UNKNOWN, Picture, Piece
from backprop_tutor.engine.array_passes import is_named
from backprop_tutor.engine.arrays import grid, written_shape
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import ascii_text, columns, quoted, shortened, visible
from backprop_tutor.tutor.array_derivation import arrays_of
from backprop_tutor.tutor.marking.verdicts import Outcome, Verdict
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import asks_about, questions

_LONGEST: Final = 16  # columns of a row of an answer: two of them stand beside each other
_MOST_ROWS: Final = 12
_NUMBERS: Final = re.compile(r"[-+\d.eE,;\[\]\s]*")
_BETWEEN_ROWS: Final = re.compile(r"\]\s*,|[;\n]")


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
        values &= shapes  # so would a value that is not asked for
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
    hidden = {one.node for one in questions(exercise) if one.kind.asks_shape}
    hidden |= {name for name in graph.gate_names if hidden and not is_named(graph, name)}
    values = {name for name in graph.names if ("value", name) not in asked and name not in hidden}
    shapes = {name for name in graph.names if name not in hidden}
    return array_picture(solution, values, {graph.output_name}, shapes, blank=True, given=exercise.given)


def result_array_picture(exercise: Exercise, solution: Solution, verdicts: Collection[Verdict], plain: bool) -> Picture:
    """The inputs, and each answer as it was written with its mark. What was not answered right is not shown."""
    graph = arrays_of(solution).graph
    hidden = {one.node for one in asks_about(exercise, graph) if one.kind.asks_shape}
    hidden |= {name for name in graph.gate_names if hidden and not is_named(graph, name)}
    shapes = {name: UNKNOWN if name in hidden else written_shape(graph.shape(name)) for name in graph.names}
    answers, marks = {}, {}
    for verdict in verdicts:
        mark, name = verdict.outcome.mark, verdict.asked or verdict.target
        if verdict.label is not None:
            answers[verdict.label] = _answered(verdict, plain)
            marks[" ".join(verdict.label)] = mark  # for the legend: the table has the sign itself
        elif verdict.stage == "shape" and name in hidden:
            shapes[name] = _rows_of(verdict)[0]
            marks[f"value:{name}"] = mark
    return answered_picture(arrays_of(solution), shapes, answers)._replace(marks=marks)


def _rows_of(verdict: Verdict) -> list[str]:
    """An answer as it was written, shortened if long: a formula in one row, an array of numbers in its rows."""
    if not verdict.answer:
        return [UNKNOWN]
    text = verdict.answer.strip()
    rows = [row.strip("[], ") for row in _BETWEEN_ROWS.split(text)] if _NUMBERS.fullmatch(text) else [text]
    texts = [shortened(" ".join(visible(row).split()), _LONGEST) for row in rows if row]
    if not texts or (verdict.outcome is Outcome.UNREADABLE and len(texts) == 1):
        return [quoted(texts[0] if texts else shortened(text, _LONGEST))]
    return texts if len(texts) <= _MOST_ROWS else [*texts[: _MOST_ROWS - 1], "…"]


def _answered(verdict: Verdict, plain: bool) -> list[Piece]:
    """The rows of an answer, with its sign behind the first; in a table of ASCII a sign is a word."""
    mark = verdict.outcome.mark
    sign = f" {ascii_text(SIGNS[mark][0]) if plain else SIGNS[mark][0]}"
    first, *others = _rows_of(verdict)
    return [(f"{first}{sign}", mark), *((f"{row}{'':{columns(sign)}}", mark) for row in others)]
