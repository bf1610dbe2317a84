"""`check`: mark one file of answers; for a student's homework and for an autograder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from backprop_tutor.cli import options
from backprop_tutor.cli.options import BadArguments, Wanted
from backprop_tutor.cli.screen import Screen, complain, is_plain, write, write_json, wrote
from backprop_tutor.course.catalogue import UnknownExercise
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import student_of
from backprop_tutor.files import MOST_BYTES, Unreadable, file_bytes, write_new
from backprop_tutor.grading.contents import NotHandedIn, answers_text
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission, plain_answers, submission_of
from backprop_tutor.tutor.questions import template as template_of
from backprop_tutor.tutor.stages import is_drawn

Answers = Annotated[str | None, options.argument("ANSWERS", "A YAML or JSON file of answers; - reads standard input.")]
Output = Annotated[str | None, options.option("-o", "--output", "FILE", "Write the answer file to FILE.")]
Template = Annotated[
    bool, typer.Option("--template", help="Print an answer file to fill in, with the circuit and its gates.")
]
_WIDTH: Final = 78  # columns of a drawing behind `# `


def check(
    exercise: options.ExerciseName = None, answers: Answers = None, graph: options.GraphText = None,
    at: options.At = None, seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None,
    template: Template = False, output: Output = None, format_: options.Format = "terminal",
    folders: options.Folders = None, view: options.View = "auto", plain: options.Plain = False,
) -> None:  # fmt: skip
    """Marks an answer file, or prints one to fill in."""
    if graph is not None and exercise is not None and answers is None:
        exercise, answers = None, exercise  # with --graph, the only argument is the answers
    alone = None if template or answers is not None else _submission_alone(exercise)
    wanted = Wanted(exercise if alone is None else alone.exercise, graph, at, seed, folders, student, salt)
    seed = wanted.own_seed
    if output is not None and not template:
        raise BadArguments("-o needs --template. Write a result to a file with > FILE.")
    if template:
        _write_template(wanted.chosen(), student or "", output, plain, view)
        return
    if alone is None and answers is None:
        if exercise is not None:
            _check_named(wanted)
        raise BadArguments(
            "give ANSWERS, a YAML or JSON file (- is standard input). `--template` prints one to fill in."
        )
    submission = alone or _submission(answers or "")
    if seed is not None and submission.seed is not None and seed != submission.seed:
        raise BadArguments(f"--seed {seed} and the answers' seed {submission.seed} differ.")
    if student is not None:
        submission = _of_student(submission, student)
    variant = wanted.at_seed(submission.seed if seed is None else seed)
    named = submission.exercise or variant.id
    if alone is None and exercise is not None and named.casefold() != variant.id.casefold():
        raise BadArguments(f"these answers are for {submission.exercise}, not for {variant.id}.")
    checker = Checker(variant)
    result = checker.check(submission)
    if format_ == "json":
        write_json(result.as_json())
    else:
        # Rich is a fifth of the start, and JSON does without it.
        from backprop_tutor.show.pictures import result_screen

        screen = Screen(plain, view=view)
        screen.show(result_screen(variant, checker.solution_for(submission), result, screen.look))
    raise typer.Exit(0 if result.is_full else 1)


def _of_student(submission: Submission, student: str) -> Submission:
    """The submission as this student's. Raises BadArguments if it says that it is another's."""
    if submission.student is not None and student_of(submission.student) != student_of(student):
        whose = f"--student {visible(student)} and the answers' student {visible(submission.student)} differ"
        raise BadArguments(f"{whose}. Leave --student out, or correct the file.")
    return submission._replace(student=student)


def _write_template(exercise: Exercise, student: str, output: str | None, plain: bool, view: str) -> None:
    """An answer file to fill in, to a file or to standard output."""
    head = _circuit(exercise, plain or (output is None and is_plain(sys.stdout)), view)
    text = head + template_of(exercise, student)
    if output is None:
        write(text)
    else:
        write_new(Path(output), text)
        wrote(output)


def _circuit(exercise: Exercise, is_ascii: bool, view: str) -> str:
    """The circuit with a blank for what is asked, as comments above an answer file; empty if the student draws
    it."""
    if any(is_drawn(word) for word in exercise.stages):
        return ""
    # Nobody who has answers marked should wait for a drawing.
    from backprop_tutor.drawing.terminal import terminal_drawing
    from backprop_tutor.show.drawings import DRAWINGS

    grid = terminal_drawing(DRAWINGS["blank"](exercise).picture, _WIDTH, view, is_ascii)
    return "".join(f"{f'# {line}'.rstrip()}\n" for line in grid.lines)


def _submission_alone(given: str | None) -> Submission | None:
    """The answers in the file that the only argument names, if it says which exercise they are for; None for an
    exercise."""
    if given == "-":
        return _submission(given)
    try:
        if given is None or not Path(given).is_file():
            return None
    except OSError:  # too long for a file name
        return None
    data, remark = _plain(given)
    if not isinstance(data, dict) or "title" in data:
        return None  # an exercise
    if data.get("exercise") is None:
        raise BadArguments(
            f"{visible(given)} does not name its exercise: give EXERCISE before it, as in `check relu FILE`."
        )
    return _said(submission_of(data, given), remark)


def _check_named(wanted: Wanted) -> None:
    """Raises a TutorError if the only argument is neither an exercise nor a file; the ending of a name says which of
    them was meant."""
    try:
        _ = wanted.exercise
    except UnknownExercise as error:
        path = Path(error.name)
        if path.suffix:
            file_bytes(path)
        raise


def _submission(answers: str) -> Submission:
    data, remark = _plain(answers)
    return _said(submission_of(data, _shown(answers)), remark)


def _shown(answers: str) -> str:
    return "standard input" if answers == "-" else answers


def _plain(answers: str) -> tuple[Any, str]:
    """What a file holds, read as `grade` reads it, and what is to be said of that. Raises Unreadable, Faults."""
    name = _shown(answers)
    data = sys.stdin.buffer.read(MOST_BYTES + 1) if answers == "-" else file_bytes(Path(answers))
    try:
        text, remark = answers_text(data, name)
    except NotHandedIn as error:
        raise Unreadable(name, str(error)) from None
    return plain_answers(text, name), remark


def _said(submission: Submission, remark: str) -> Submission:
    """The submission, once its reader knows how it was read."""
    for said in filter(None, (remark, *submission.remarks)):
        complain(said)
    return submission
