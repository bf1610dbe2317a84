"""An exercise as it is handed out: with the numbers of seeds or of each student, and the questions that are asked, in
words.

An exercise of arrays has a box for each entry that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.roster import Person
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.drawing.arrays import array_picture
from backprop_tutor.drawing.picture import BLANK, Picture
from backprop_tutor.drawing.solution import blank_picture, forward_picture, gradient_text
from backprop_tutor.engine.arrays import Matrix, grid, shape_of, written, written_shape
from backprop_tutor.engine.formatting import gate_line
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import columns, in_points, listed, visible
from backprop_tutor.tutor.array_derivation import arrays_of, line_of
from backprop_tutor.tutor.questions import is_about, names_of
from backprop_tutor.tutor.stages import questions, stage_questions, stages_in, words_of
from backprop_tutor.tutor.stages.arrays import ArrayStage, Right, typed
from backprop_tutor.tutor.stages.delta import given_away
from backprop_tutor.tutor.stages.stage import Question, gate_beside, points_of
from backprop_tutor.tutor.stages.update import UPDATE

_SEEDS: Final = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
_MOST_SEEDS: Final = 1_000  # a larger bank takes a course system minutes to read
_WIDE: Final = 84  # columns for given arrays side by side
_BETWEEN: Final = 4  # columns between two of them
_DIGITS: Final = 5  # digits of an entry in a key: more than anybody has to write


class CannotPublish(TutorError):
    """An exercise that cannot be handed out, or not in this form."""


class Copy(NamedTuple):
    """An exercise at one set of numbers, its student (None: nobody in particular), and the questions that it asks."""

    exercise: Exercise
    person: Person | None
    asked: Sequence[Question]

    @property
    def key(self) -> str:
        """What distinguishes it from the others in its bank: `relu-7`, or `relu-65010001` with a student's own
        numbers."""
        own = self.exercise.seed if self.person is None else self.person.number
        return self.exercise.id if own is None else f"{self.exercise.id}-{own}"

    @property
    def numbers(self) -> str:
        """Which numbers these are, so that the key can be made again: `relu · seed 334191951`."""
        seed = self.exercise.seed
        return self.exercise.id if seed is None else f"{self.exercise.id} · seed {seed}"


def seeds_in(text: str) -> list[int]:
    """The seeds in `1..30`, `7` or `1..3,9`. Raises CannotPublish."""
    found: list[int] = []
    for part in text.split(","):
        match = _SEEDS.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 1 <= first <= last:
            raise CannotPublish(f"--seeds takes numbers from 1 on, such as 1..30 or 1,2,5, not {visible(text)}.")
        if last - first + len(found) >= _MOST_SEEDS:
            raise CannotPublish(f"--seeds takes at most {_MOST_SEEDS:,} seeds.")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def copies_of(
    exercise: Exercise, whose: Iterable[int | Person | None], salt: str = "", ask: str | None = None
) -> Iterator[Copy]:
    """An exercise at each seed, or at each person's own numbers; None stands for the author's numbers. `ask` names what
    is asked, instead of everything that the exercise asks. Raises CannotPublish, NotAsked, NoUsableNumbers."""
    asked = questions_named(exercise, ask)
    for one in whose:
        seed = seed_of(exercise.id, one.number, salt) if isinstance(one, Person) else one
        yield Copy(variant(exercise, seed), one if isinstance(one, Person) else None, asked)


def questions_named(exercise: Exercise, text: str | None) -> list[Question]:
    """The questions of a text such as `forward,w0`: stages, whether the exercise has them or not, and names. Without a
    text, everything that it asks; except for the drawing, if there are other questions, whose names and circuit would
    give it away, and for shapes, if there are boxes in rows and columns. Raises NotAsked."""
    every = questions(exercise)
    if text is None:
        return (
            _in_boxes(every, exercise) if exercise.is_array else [one for one in every if not is_drawing(one)] or every
        )
    words, known_words = [word.strip() for word in text.split(",")], words_of(exercise)
    names = ",".join(word for word in words if word not in known_words)
    about = names_of(exercise, names) if names or not text.strip() else frozenset()
    found = [one for word in known_words if word in words for one in stage_questions(word, exercise, exercise.graph)]
    known = {(one.stage, one.target) for one in found}
    return found + [one for one in every if is_about(one, about) and (one.stage, one.target) not in known]


def is_drawing(question: Question) -> bool:
    """Whether a question asks for the circuit itself."""
    return question.kind.picture == "lines"


def left_out(exercise: Exercise, asked: Iterable[Question]) -> list[str]:
    """The stages of an exercise about which nothing is asked."""
    words = {one.stage for one in asked}
    return [word for word in exercise.stages if word not in words]


def worded(question: Question, copy: Copy) -> str:
    """A question as it appears before its gap, with its points if not all questions are worth the same."""
    points = points_of(question, copy.exercise)
    differ = any(points_of(one, copy.exercise) != points for one in copy.asked)
    words = _array_worded(question, copy.exercise) if copy.exercise.is_array else _worded(question, copy)
    return f"{words} ({in_points(points)})" if differ else words


def _worded(question: Question, copy: Copy) -> str:
    """The words alone; they contain no number that another question of the copy asks for."""
    exercise, kind = copy.exercise, question.kind
    if kind.picture == "neurons" and kind is not UPDATE:
        return kind.ask(question, exercise, exercise.solution)
    if question.is_sum:
        return f"{question.symbol}, {gate_beside(question, exercise.graph)}"
    is_gate = kind.is_by_node and question.gate in exercise.graph.gate_names
    line = gate_line(question.gate, exercise.graph.node(question.gate).written) if is_gate else ""
    if question.label is not None and question.label[0] == "value":
        return line
    return question.symbol if question.label is not None or not line else f"{question.symbol}, where {line}"


def heading(question: Question) -> str:
    """The heading above the questions of this kind."""
    title = question.kind.title or question.kind.word
    return title[:1].upper() + title[1:]


def paragraphs_of(exercise: Exercise, asked: Iterable[Question]) -> list[str]:
    """The author's text, one line per paragraph; then the stages that it may mention although they are not `asked`."""
    found = [visible(" ".join(part.split())) for part in exercise.statement.split("\n\n") if part.strip()]
    missing = [stages_in(exercise, word)[0].title or word for word in left_out(exercise, asked)]
    return [*found, f"Not asked here: {listed(missing)}."] if found and missing else found


def lines_of(exercise: Exercise) -> list[str]:
    """The author's circuit as text, line by line."""
    return [visible(line.strip()) for line in exercise.graph_text.replace(";", "\n").split("\n") if line.strip()]


def given(exercise: Exercise) -> str:
    """The numbers of the inputs, the learning rate and the upstream gradient, exactly, since a picture rounds them.
    Arrays are written row by row."""
    if exercise.is_array:
        return "\n".join(_given_arrays(exercise))
    rate = [] if exercise.update is None else [f"α = {exercise.update.rate:g}"]
    numbers = ", ".join([f"{name} = {exercise.values[name]:.12g}" for name in exercise.graph.input_names] + rate)
    output, loss = exercise.graph.output_name, exercise.loss
    is_loss = exercise.upstream == 1 and output == loss
    return f"with {numbers}" if is_loss else f"with {numbers}; ∂{visible(loss)}/∂{output} = {exercise.upstream:.12g}"


def picture_of(copy: Copy) -> Picture:
    """The circuit with a blank for every number of a kind that is asked for. If one value is asked for, all are blank,
    since later ones would give it away; and so is what an error would give away. The gradients of given inputs have no
    blank. For arrays, the picture shows shapes."""
    if copy.exercise.is_array:
        return _shapes_picture(copy.exercise, copy.asked)
    solution = copy.exercise.solution
    graph, output = solution.graph, solution.graph.output_name
    kinds = {one.label[0] for one in copy.asked if one.label is not None}
    hidden = list(graph.gate_names) if "value" in kinds else []
    hidden += given_away(copy.asked, graph)
    drawn = blank_picture(solution) if "gradient" in kinds else forward_picture(solution)
    branches = [branch for name in copy.exercise.given for branch in graph.branches_from[name]]
    unasked = {*copy.exercise.given, *(branch.name for branch in branches)}
    gradients = {name: text for name, text in drawn.gradients.items() if name not in unasked}
    gradients[output] = gradient_text(solution, output)
    return drawn._replace(values={**drawn.values, **dict.fromkeys(hidden, BLANK)}, gradients=gradients)


def right_of(question: Question, exercise: Exercise) -> Right:
    """The right array, shape or formula."""
    return cast("ArrayStage", question.kind).right(question, exercise, arrays_of(exercise.solution))


def shape_asked(question: Question, exercise: Exercise) -> tuple[int, int] | None:
    """Rows and columns of the array that a question asks for; None for a shape or a formula, and for sizes in
    letters."""
    kind = cast("ArrayStage", question.kind)
    rows, across = kind.shape(question, exercise.graph)
    return (rows, across) if kind.shapes_first and isinstance(rows, int) and isinstance(across, int) else None


def _in_boxes(asked: Sequence[Question], exercise: Exercise) -> list[Question]:
    """The questions that can be asked together: if arrays are asked for, no shapes, since the boxes show them."""
    others = [one for one in asked if not one.kind.asks_shape]
    return others if any(shape_asked(one, exercise) for one in others) else [*asked]


def _array_worded(question: Question, exercise: Exercise) -> str:
    graph, name = exercise.graph, question.node
    if question.branch is None and name in graph.gate_names and (question.kind.asks_shape or question.label):
        if not question.is_sum:
            line = f"{name} = {line_of(exercise, name, graph.node(name).written)}"
            return f"shape of {line}" if question.kind.asks_shape else line
        return f"{question.symbol}, the sum over its branches"
    if question.kind.is_of_gate:
        return f"{question.symbol}, where {question.gate} = {graph.node(question.gate).written}"
    return question.symbol


def answer_of_arrays(question: Question, exercise: Exercise) -> str:
    """The right answer as a key shows it: an array in brackets, to five digits."""
    right = right_of(question, exercise)
    return written(right, lambda number: f"{number + 0.0:.{_DIGITS}g}") if isinstance(right, list) else typed(right)


def _given_arrays(exercise: Exercise) -> list[str]:
    """The given arrays as text, row by row and side by side; for sizes in letters, only the shapes."""
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


def _shapes_picture(exercise: Exercise, asked: Iterable[Question]) -> Picture:
    """The circuit with shapes only; if a shape is asked for, those of all gates are hidden, since they would give it
    away."""
    solution = arrays_of(exercise.solution)
    hides = any(one.kind.asks_shape for one in asked)
    shown = solution.graph.input_names if hides else solution.graph.names
    return array_picture(solution, (), (), shown, blank=True)._replace(beside=(), lines=())
