"""An exercise and its questions from Python: loaded, marked, drawn."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import index
from pathlib import Path
from typing import Any, Final, Literal

from backprop_tutor import tracing
from backprop_tutor.api.results import Drawing, Mark, Verdict
from backprop_tutor.course import exercise as course
from backprop_tutor.course.catalogue import AD_HOC, is_path, is_text, path_of, read_catalogued
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.engine.compile import written
from backprop_tutor.files import read_file
from backprop_tutor.grading.rows import question_name
from backprop_tutor.show.drawings import DRAWINGS
from backprop_tutor.text import counted, listed, on_a_line, visible
from backprop_tutor.tutor.feedback import Ladder
from backprop_tutor.tutor.marking.answers import Number, as_written
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import KEYS, BadSubmission, Submission, plain_answers, submission_of
from backprop_tutor.tutor.questions import template
from backprop_tutor.tutor.stages import is_drawn, questions, stage
from backprop_tutor.tutor.stages.backward import BACKWARD

_MOST_KEPT: Final = 64  # exercises, and variants of them, whose answer keys are kept: a course, or a class at one of it

_LONGEST: Final = 120  # columns of a question in its representation

_Source = tuple[str, str, str]  # a text, the id and the path: what an exercise is read from

_read = lru_cache(_MOST_KEPT)(read_catalogued)
_at = lru_cache(_MOST_KEPT)(variant)
_checker = lru_cache(_MOST_KEPT)(Checker)


def load(
    exercise: str | os.PathLike[str],
    *,
    seed: int | None = None,
    student: str | int | None = None,
    salt: str = "",
    folders: Sequence[str | os.PathLike[str]] = (),
) -> Exercise:
    """An exercise at one set of numbers.

    `exercise` is an id (`"relu"`; `backprop-tutor list` lists them), the path of a YAML file, or the text of one,
    which contains a line break. Without `seed`, the numbers are the author's own; `student`, with the course's `salt`,
    selects the seed that `seed_for` gives. `folders` are searched for further exercises, in this order.

    Raises TutorError for an exercise that does not exist, cannot be read or has faults (each is given with line and
    column), and ValueError for both a seed and a student.

    >>> import backprop_tutor as bt
    >>> bt.load("relu")
    <Exercise relu: ReLU neuron, 15 questions>
    >>> bt.load("relu", student="65010001", salt="ml-2026").inputs["w0"]
    -1.0
    >>> bt.load("title: A product\\ngraph: f = x*y\\ninputs: {x: 2, y: -3}").gradients
    {'x': -3.0, 'y': 2.0, 'f': 1.0}
    """
    source = _source(exercise, folders)
    return Exercise(source, _numbered(_read(*source), seed, student, salt), _named(student))


def trace(f: Callable[..., Any], /, **values: Any) -> Exercise:
    """Turns a Python function of numbers into an exercise: its circuit, with these values for its inputs.

    `f` runs once, on values that record what happens to them: `+ - * / **`, `abs`, `max`, `min`, the functions of
    `math`, NumPy and PyTorch that are gates, your own functions, and loops of fixed length. Each operation becomes a
    gate, as in the graph language; gates are named after local variables. `values` are floats, or anything with one
    element and `.item()`. Parameters of `f` without a value keep their defaults, which become constants.

    Raises TutorError, with the line, for anything that cannot become a circuit (a condition on a value, a loop over
    data, an array, a function that is not a gate), and for numbers outside a gate's domain. Exceptions of `f` itself
    are passed on.

    >>> import math
    >>> import backprop_tutor as bt
    >>> def neuron(w, x, b):
    ...     z = w * x + b
    ...     return max(0, z)
    >>> exercise = bt.trace(neuron, w=2, x=-0.5, b=3)
    >>> print(exercise.graph)
    g1 = w * x
    z = g1 + b
    neuron = relu(z)
    >>> exercise.gradients["w"]
    -0.5
    >>> bt.trace(lambda x, y, z: (x + y) * math.exp(-z), x=-2, y=5, z=0).mark({"z": -3}).score
    1.0
    """
    source = (*tracing.source_of(f, values), "")
    return Exercise(source, _numbered(_read(*source), None, None, ""))


def seed_for(exercise_id: str, student: str | int, salt: str = "") -> int:
    """The seed of a student's own variant of an exercise, in a course with this salt: from 1 to 999,999,999.

    It is 1 + SHA-256("seed:EXERCISE:STUDENT:SALT") mod 999,999,999, and never changes: exercises/README.md, "Variants".

    >>> import backprop_tutor as bt
    >>> bt.seed_for("relu", "65010001", "ml-2026")
    334191951
    """
    return seed_of(exercise_id, str(student), salt)


class Exercise:
    """An exercise at one set of numbers, as `load` returns it. A notebook shows its circuit with a blank per answer.

    >>> import backprop_tutor as bt
    >>> exercise = bt.load("simple")
    >>> print(exercise.graph)
    q = x + y
    f = q * z
    >>> exercise.values
    {'x': -2.0, 'y': 5.0, 'z': -4.0, 'q': 3.0, 'f': -12.0}
    >>> exercise.gradients
    {'x': -4.0, 'y': -4.0, 'z': 3.0, 'q': -4.0, 'f': 1.0}
    >>> flow = exercise.branches["q->f"]
    >>> flow.upstream, flow.local, flow.downstream
    (1.0, -4.0, -4.0)
    """

    def __init__(self, source: _Source, exercise: course.Exercise, student: str = "") -> None:
        self._source, self._exercise, self._student = source, exercise, student

    @property
    def id(self) -> str:
        """The exercise's id; `circuit`, if it was loaded from a text."""
        return self._exercise.id

    @property
    def title(self) -> str:
        """The exercise's title."""
        return self._exercise.title

    @property
    def statement(self) -> str:
        """The author's text before the first question; empty if there is none."""
        return self._exercise.statement

    @property
    def seed(self) -> int | None:
        """The seed of its numbers; None for the author's own."""
        return self._exercise.seed

    @property
    def graph(self) -> str:
        """The circuit as text, one gate per line."""
        return written(self._exercise.graph)

    @property
    def inputs(self) -> dict[str, Any]:
        """The number of each input, by name; in an exercise of arrays, its list of rows."""
        return dict(self._exercise.arrays if self._exercise.is_array else self._exercise.values)

    @property
    def values(self) -> dict[str, Any]:
        """The value of each node in the forward pass, by name; inputs are nodes too. Each is a float or, in an exercise
        of arrays, a list of rows, as for `numpy.array`. Empty if sizes are letters and there are no numbers."""
        return self._by_name("values", "arrays")

    @property
    def gradients(self) -> dict[str, Any]:
        """∂L/∂node for each node, by name, as in `values`; at a fork, the sum over its branches."""
        return self._by_name("gradients", "slopes")

    @property
    def branches(self) -> dict[str, Any]:
        """What each branch carries back, by its name (`w0->g1`): `.upstream` ∂L/∂(gate), `.local` ∂(gate)/∂(source),
        `.downstream` their product. For arrays there is also `.pull`, the product as a formula (`dq @ x.T`), and
        `.local` is None if the gate does not work entry by entry."""
        exercise, solution = self._exercise, self._exercise.solution
        if not exercise.has_numbers:
            return {}
        flow = getattr(solution, "array_flow", solution.flow)
        return {branch.name: flow(branch) for branch in solution.graph.branches}

    def _by_name(self, of_numbers: str, of_arrays: str) -> dict[str, Any]:
        exercise, solution = self._exercise, self._exercise.solution
        if not exercise.has_numbers:
            return {}
        found = getattr(solution, of_arrays if exercise.is_array else of_numbers)
        return dict(zip(solution.graph.names, found, strict=True))

    @property
    def questions(self) -> list[Question]:
        """All questions of the exercise, in the order of a lesson."""
        return [Question(self, one) for one in questions(self._exercise)]

    def mark(self, answers: Mapping[str, object] | str) -> Mark:
        """Marks every answer, as `check` marks a file: with follow-through, and a diagnosis and a message for each.

        `answers` are `{stage: {name: answer}}`, or `{name: answer}` for the gradients (stage `backward`), or the text
        of an answer file. An answer is a text, as a student would write it (`"-1.2"`, `"-6/5"`, `"z*1"`), or a number:
        a Python number, or anything with one element and `.item()`, such as scalars of NumPy, PyTorch and JAX. Besides
        the usual rules, a number is right within a relative error of 1e-6, so float32 results are accepted.
        None means not answered; NaN, infinities, booleans, and lists and tuples where one number is asked for, are
        unreadable and score nothing. Where an array is asked for, an answer is a list of rows, an array of NumPy,
        PyTorch or JAX (for vectors also flat), or a text.

        Raises TypeError, with the shape, for an array of several numbers where one is asked for, and for more than two
        dimensions; TutorError for answers that name an unknown stage, a different exercise or a different seed.

        >>> import backprop_tutor as bt
        >>> mark = bt.load("simple").mark({"q": -4, "z": "3.00", "x": 4, "y": None})
        >>> mark
        <Mark simple: 2 of 8>
        >>> [(one.question, one.outcome) for one in mark.verdicts if one.stage == "backward"]
        [('q', 'right'), ('z', 'right'), ('x', 'wrong'), ('y', 'missing')]
        """
        submission = self._submission(answers)
        return Mark(self.title, _checker(self._exercise).check(submission))

    def draw(self, kind: Literal["key", "blank", "forward"] = "key") -> Drawing:
        """Draws the circuit: as the `key`, with every value and gradient; `blank`, with a blank for each answer; or
        `forward`, with values only.

        Raises ValueError for another kind.

        >>> import backprop_tutor as bt
        >>> print(bt.load("simple").draw("blank").text)
         -2.00
        x──────╮      3.00
          ____ ├(+)─q──────╮
          5.00 │      ____ │     -12.00
        y──────╯     -4.00 ├(*)─f───────▸
          ____      z──────╯       1.00
                      ____
        """
        if kind not in DRAWINGS:
            raise ValueError(f"a drawing must be {listed(DRAWINGS, 'or')}, not {kind!r}.")
        return Drawing(DRAWINGS[kind](self._exercise))

    def variant(self, *, seed: int | None = None, student: str | int | None = None, salt: str = "") -> Exercise:
        """The same exercise at other numbers, chosen as in `load`; without a seed or a student, the author's own.

        Raises TutorError if its ranges give no usable numbers, ValueError for both a seed and a student.

        >>> import backprop_tutor as bt
        >>> bt.load("relu").variant(seed=7).seed
        7
        """
        return Exercise(self._source, _numbered(self._exercise, seed, student, salt), _named(student))

    def template(self) -> str:
        """An answer file to fill in, in YAML, as `check --template` prints it; `mark` accepts its text. With a
        student's own numbers it names the student, so that `grade` knows whose it is."""
        return template(self._exercise, self._student)

    def _submission(self, answers: Mapping[str, object] | str) -> Submission:
        if isinstance(answers, str):
            data = plain_answers(answers, "answers")
        elif isinstance(answers, Mapping):
            data = as_written(answers, of_arrays=self._exercise.is_array)
            is_nested = any(isinstance(value, dict) for value in data.values())
            if not is_nested and not data.keys() & KEYS.keys() - self._exercise.graph.index.keys():
                data = {BACKWARD.word: data}
            data = {key: str(value) if isinstance(value, Number) else value for key, value in data.items()}  # a seed
        else:
            raise TypeError(f"answers must be a mapping, {{name: answer}}, not of type {type(answers).__name__}.")
        submission = submission_of(data, "answers")
        if submission.remarks:
            raise BadSubmission("\n".join(submission.remarks))
        if (submission.exercise or self.id).casefold() != self.id.casefold():
            raise BadSubmission(f"these answers are for {visible(submission.exercise or '')}, not for {self.id}.")
        if submission.seed not in (None, self.seed):
            seed = submission.seed
            raise BadSubmission(f"these answers are for seed {seed}. Mark them with exercise.variant(seed={seed}).")
        return submission

    def __reduce__(self) -> tuple[object, ...]:
        # Gates contain functions, which cannot be pickled, and the receiver need not have the file it was read from.
        return _again, (self._source, self.seed, self._student)

    def _repr_svg_(self) -> str | None:
        return self.draw("blank")._repr_svg_()

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f" at seed {self.seed}"
        asked = counted(len(questions(self._exercise)), "question")
        return f"<Exercise {self.id}{seed}: {on_a_line(self.title)}, {asked}>"


class Question:
    """One question of an exercise.

    >>> import backprop_tutor as bt
    >>> question = bt.load("sigmoid").questions[0]
    >>> question.stage, question.name
    ('backward', 'g7')
    >>> question.mark("-1/1.37^2").outcome
    'right'
    >>> "-0.53" in question.hints()[-1]
    True
    """

    def __init__(self, exercise: Exercise, question: stage.Question) -> None:
        self._of, self._question = exercise, question

    @property
    def stage(self) -> str:
        """The stage that asks the question, a key of the answers: `forward`, `backward` and so on."""
        return self._question.stage

    @property
    def name(self) -> str:
        """What the question is about, a key of its stage: a node (`w0`) or a branch (`x->g1`)."""
        return self._question.target

    @property
    def points(self) -> float:
        """How many points the question is worth."""
        return stage.points_of(self._question, self._of._exercise)

    @property
    def text(self) -> str:
        """The question as a sentence."""
        exercise = self._of._exercise
        return self._question.kind.ask(self._question, exercise, exercise.solution)

    def mark(self, answer: object) -> Verdict:
        """Marks a single answer: nothing follows from other answers. It is an answer as for `Exercise.mark`; in the
        stage `graph`, a text.

        Raises TypeError as `Exercise.mark` does.
        """
        answers = {self.stage: answer if is_drawn(self.stage) else {self.name: answer}}
        verdicts = self._of.mark(answers).verdicts
        return next(one for one in verdicts if (one.stage, one.question) == (self.stage, self.name))

    def hints(self) -> list[str]:
        """The hints, from a word to the right answer; the author's own come first."""
        exercise = self._of._exercise
        return list(Ladder(exercise, exercise.solution, self._question))

    def __repr__(self) -> str:
        return f"<Question {on_a_line(question_name(self.stage, self.name))}: {on_a_line(self.text, _LONGEST)}>"


def named_folders(folders: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Folders as the catalogue takes them; a single path is one folder."""
    named = (folders,) if isinstance(folders, str | os.PathLike) else folders
    return tuple(os.fspath(folder) for folder in named)


def _source(exercise: str | os.PathLike[str], folders: Sequence[str | os.PathLike[str]]) -> _Source:
    if isinstance(exercise, str) and is_text(exercise):
        return exercise, AD_HOC, ""
    is_file = not isinstance(exercise, str) or is_path(exercise)
    path = Path(exercise) if is_file else path_of(str(exercise), named_folders(folders))
    return read_file(path), path.stem, str(path)


def _again(source: _Source, seed: int | None, student: str) -> Exercise:
    return Exercise(source, _at(_read(*source), seed), student)


def _named(student: str | int | None) -> str:
    return "" if student is None else str(student)


def _numbered(exercise: course.Exercise, seed: int | None, student: str | int | None, salt: str) -> course.Exercise:
    if student is None:
        if salt:
            raise ValueError("salt needs student: together they determine the numbers.")
        found = _at(exercise, None if seed is None else index(seed))
    elif seed is not None:
        raise ValueError("a student has their own seed: leave out seed or student.")
    elif not str(student).strip():
        raise ValueError("student is empty: give the name or number that is handed in.")
    else:
        found = _at(exercise, seed_for(exercise.id, student, salt))
    _ = found.solution  # numbers outside of a gate's domain are reported now
    return found
