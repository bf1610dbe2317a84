"""An exercise of arrays on paper and in quizzes: a box for each entry that is asked, the arrays that are given, and the
circuit with its shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.arrays import array_picture
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.arrays import Matrix, grid, shape_of, written, written_shape
from backprop_tutor.text import columns, visible
from backprop_tutor.tutor.array_derivation import arrays_of, line_of
from backprop_tutor.tutor.stages.arrays import ArrayStage, Right, typed
from backprop_tutor.tutor.stages.stage import Question

_WIDE: Final = 84  # columns of given arrays side by side
_BETWEEN: Final = 4  # columns between two of them
_DIGITS: Final = 5


def right_of(question: Question, exercise: Exercise) -> Right:
    """The right array, shape or formula."""
    return cast(ArrayStage, question.kind).right(question, exercise, arrays_of(exercise.solution))


def shape_asked(question: Question, exercise: Exercise) -> tuple[int, int] | None:
    """Rows and columns of the array that a question asks for; None of a shape or a formula, and of letters."""
    kind = cast(ArrayStage, question.kind)
    rows, across = kind.shape(question, exercise.graph)
    return (rows, across) if kind.shapes_first and isinstance(rows, int) and isinstance(across, int) else None


def in_boxes(asked: Sequence[Question], exercise: Exercise) -> list[Question]:
    """The questions that can stand beside one another: where arrays are asked, no shapes, which their boxes show."""
    others = [one for one in asked if not one.kind.asks_shape]
    return others if any(shape_asked(one, exercise) for one in others) else [*asked]


def worded(question: Question, exercise: Exercise) -> str:
    """A question as it stands before its boxes."""
    graph, name = exercise.graph, question.node
    if question.branch is None and name in graph.gate_names and (question.kind.asks_shape or question.label):
        if not question.is_sum:
            line = f"{name} = {line_of(exercise, name, graph.node(name).written)}"
            return f"shape of {line}" if question.kind.asks_shape else line
        return f"{question.symbol}, the sum over its branches"
    if question.kind.is_of_gate:
        return f"{question.symbol}, where {question.gate} = {graph.node(question.gate).written}"
    return question.symbol


def answer(question: Question, exercise: Exercise) -> str:
    """The right answer as a key shows it: an array in brackets, to five digits."""
    right = right_of(question, exercise)
    return written(right, lambda number: f"{number + 0.0:.{_DIGITS}g}") if isinstance(right, list) else typed(right)


def given_arrays(exercise: Exercise) -> list[str]:
    """The given arrays as text, row by row and side by side; of letters their shapes."""
    graph, loss = exercise.graph, visible(exercise.loss)
    if not exercise.has_numbers:
        shapes = (f"{name}: {written_shape(graph.shape(name))}" for name in graph.input_names)
        return [", ".join(shapes)]
    solution, output = arrays_of(exercise.solution), graph.output_name
    blocks = [_block(name, solution.array(name)) for name in graph.input_names]
    slope = solution.slope(output)
    if output != loss or slope != [[1.0]]:
        blocks.append(_block(f"∂{loss}/∂{output}", slope))
    if exercise.update is not None:
        blocks.append(_block("α", [[exercise.update.rate]]))
    return list(_side_by_side(blocks))


def _block(name: str, array: Matrix) -> list[str]:
    rows = grid(array, "{:.12g}".format)
    if shape_of(array) == (1, 1):
        return [f"{name} = {rows[0]}"]
    return [f"{f'{name} =' if not number else '':{columns(name) + 2}} [{row}]" for number, row in enumerate(rows)]


def _side_by_side(blocks: Iterable[list[str]]) -> Iterator[str]:
    lines: list[str] = []
    width = 0
    for block in blocks:
        wide = max(map(columns, block))
        if lines and width + _BETWEEN + wide > _WIDE:
            yield from lines
            lines, width = [], 0
        start = width + _BETWEEN * bool(lines)
        lines += [""] * (len(block) - len(lines))
        lines = [f"{line:{start}}{row}" for line, row in zip(lines, block, strict=False)] + lines[len(block) :]
        width = start + wide
    yield from (line.rstrip() for line in lines)


def shapes_picture(exercise: Exercise, asked: Iterable[Question]) -> Picture:
    """The circuit with its shapes alone; one that is asked hides those of all gates, which would tell it."""
    solution = arrays_of(exercise.solution)
    hides = any(one.kind.asks_shape for one in asked)
    shown = solution.graph.input_names if hides else solution.graph.names
    return array_picture(solution, (), (), shown, blank=True)._replace(beside=(), lines=())
