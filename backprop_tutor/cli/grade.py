"""`grade`: mark a whole class, into the formats that course systems take."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from backprop_tutor.cli.options import BadArguments, Folders, Plain, Salt, one_of, option, report, word
from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.course.catalogue import entries, is_path
from backprop_tutor.grading.attempts import Attempts
from backprop_tutor.grading.collecting import Unit, total_size
from backprop_tutor.grading.course_file import Course, read_course
from backprop_tutor.grading.feedback import LEVELS, STYLES, Pages
from backprop_tutor.grading.gradebooks import MISSING, USUAL, Gradebook, Wishes
from backprop_tutor.grading.grader import Settings
from backprop_tutor.grading.layouts import PRESETS, layout_named
from backprop_tutor.grading.marks import verdicts_as_json
from backprop_tutor.grading.people import ANSWERS, Register, read_register
from backprop_tutor.grading.reports import FORMATS, format_named
from backprop_tutor.grading.reports.report import VISIBILITIES
from backprop_tutor.grading.run import Task
from backprop_tutor.grading.run import grade as run
from backprop_tutor.grading.summary import PAGE_SUFFIXES, ClassSummary
from backprop_tutor.processes import cores
from backprop_tutor.show.statistics import grades_screen
from backprop_tutor.text import counted, listed, visible

_SUBMISSIONS: Final = (
    "Files, folders or ZIP archives of answers; a .jsonl file has one submission per line; - reads such lines from "
    "standard input."
)
_NO_SALT: Final = (
    "--seed-from student needs --salt. The course's salt is part of every student's seed: if they practised with one, "
    "all of them would be marked against the wrong numbers. Give --salt, or --force to go on without one."
)
_TABLE: Final = next(iter(FORMATS))
_LINES: Final = next(name for name, form in FORMATS.items() if form.by_student and not form.fills)
"""The formats of a table with a line for each submission, and for each student."""
Submissions = Annotated[list[str], typer.Argument(metavar="SUBMISSIONS...", help=_SUBMISSIONS)]
_SUFFIXES: Final = listed((form.suffix for form in FORMATS.values()), "or")
Report = Annotated[
    str | None,
    option("-o", "--output", "REPORT", f"Write the report to this file: {_SUFFIXES}. Default: standard output."),
]
ReportFormat = Annotated[str | None, option("--format", "FORMAT", f"{listed(FORMATS, 'or')}.")]
_LAYOUT: Final = f"How a path names the student: {', '.join(PRESETS)}, or a pattern: '{{student}}/{{exercise}}.yaml'."
LayoutPattern = Annotated[str | None, option("--layout", "LAYOUT", _LAYOUT)]
RosterFile = Annotated[
    str | None, option("--roster", "FILE", "The class as a CSV file, from Canvas, Moodle or elsewhere.")
]
StudentColumn = Annotated[
    str | None, option("--student-column", "NAME", "The roster's column that holds the students' numbers.")
]
AnswerFiles = Annotated[
    list[str] | None,
    option("--answers", "GLOB", f"Names of answer files; repeatable. Default: {' '.join(ANSWERS)}."),
]
Against = Annotated[
    list[str] | None, option("--exercise", "EXERCISE", "Mark against this exercise, an id or a file; repeatable.")
]
CourseFile = Annotated[
    str | None, option("--course", "FILE", "A course.yaml with salt, exercises, points, layout and roster.")
]
By = Annotated[str | None, option("--by", "student", "One line per student with a total, for a spreadsheet.")]
Column = Annotated[
    str | None, option("--column", "NAME", "The gradebook's column to fill: its heading, title or (id).")
]
Points = Annotated[float | None, option("--points", "N", "Scale the total to N points.", min=0)]
Missing = Annotated[str, word("--missing", "blank|0", "What a gradebook gets for missing work.", MISSING)]
Comments = Annotated[bool, typer.Option("--feedback", help="Fill in the worksheet's feedback comments too (Moodle).")]
FeedbackFolder = Annotated[
    str | None, option("--feedback-folder", "DIR", "Write a page for each student, named as the course system does.")
]
FeedbackLevel = Annotated[
    str, word("--feedback-level", "LEVEL", f"{listed(LEVELS, 'or')}: how much the pages say.", LEVELS)
]
FeedbackFormat = Annotated[str, word("--feedback-format", "html|md", "The format of the pages.", STYLES)]
SeedFrom = Annotated[str | None, option("--seed-from", "student", "Give each student their own numbers.")]
Best = Annotated[bool, typer.Option("--best", help="Keep only each student's best attempt.")]
Last = Annotated[bool, typer.Option("--last", help="Keep only each student's last attempt.")]
Summary = Annotated[
    bool, typer.Option("--summary", help="Show how the class did, and write it as a web page beside REPORT.")
]
Page = Annotated[str | None, option("--page", "FILE", "Write that page to this .html file.")]
Visibility = Annotated[str, word("--visibility", "WHEN", "When students see the feedback on Gradescope.", VISIBILITIES)]
Force = Annotated[
    bool, typer.Option("--force", help="Write even into the submissions' folder or over a file that is not a report.")
]
Jobs = Annotated[int | None, option("--jobs", "N", "Number of processes. Default: all cores.", min=1, max=256)]


def grade(
    submissions: Submissions, output: Report = None, format_: ReportFormat = None, layout: LayoutPattern = None,
    roster: RosterFile = None, student_column: StudentColumn = None, answers: AnswerFiles = None,
    course: CourseFile = None, by: By = None, column: Column = None, points: Points = None,
    missing: Missing = "blank", feedback: Comments = False, feedback_folder: FeedbackFolder = None,
    feedback_level: FeedbackLevel = "reasons", feedback_format: FeedbackFormat = "html", exercise: Against = None,
    seed_from: SeedFrom = None, salt: Salt = None, best: Best = False, last: Last = False, summary: Summary = False,
    page: Page = None, visibility: Visibility = "visible", force: Force = False, jobs: Jobs = None,
    folders: Folders = None, plain: Plain = False,
) -> None:  # fmt: skip
    """Marks every submission into one report; the exit status is 1 if some could not be read."""
    if output == "-":
        output = None
    ours = Course() if course is None else read_course(course)
    salt = _own_salt(seed_from, salt, ours.salt, force)
    layout, roster = layout or ours.layout, roster or ours.roster
    is_about_gradebook = "--column" if column is not None else "--feedback" if feedback else ""
    column, student_column = column or ours.column, student_column or ours.student_column
    points = ours.points if points is None else points
    answers, exercise = answers or list(ours.answers), exercise or list(ours.exercises)
    folders = [*(folders or ()), *ours.folders]
    if best and last:
        raise BadArguments("--best and --last contradict each other: give only one of them.")
    register = None if roster is None else _class_list(roster, student_column)
    wishes = Wishes(column, points, missing, feedback)
    name = _format(format_, output, by, register, wishes)
    form = FORMATS[name]
    _check_format(name, is_about_gradebook, feedback_folder is not None)
    settings = Settings(
        tuple(exercise or ()), salt is not None, salt or "", tuple(folders),
        form.words or feedback or feedback_folder is not None, best=best, answers=tuple(answers or ANSWERS),
    )  # fmt: skip
    task = Task(
        tuple(submissions), settings, name, None if output is None else Path(output),
        _page(page, summary, output),
        "best" if best else "last" if last or form.of_one_student or form.by_student else "", visibility, force,
        jobs or cores(), None if layout is None else layout_named(layout), register,
        Gradebook(register, roster or "", wishes) if register is not None and form.fills else None, points,
        None if feedback_folder is None else Pages(Path(feedback_folder), feedback_level, feedback_format),
        tuple(Path(one) for one in (roster, course, *filter(is_path, settings.exercises)) if one is not None),
    )  # fmt: skip
    report(entries(settings.folders)[1])
    attempts, found = _graded(task, summary, plain)
    _tell(task, attempts, found if summary else None, plain)
    raise typer.Exit(1 if attempts.unreadable else 0)


def _class_list(roster: str, student_column: str | None) -> Register:
    register = read_register(roster, student_column)
    if register.roster.note:
        complain(f"backprop-tutor: {register.roster.note}")
    return register


def _page(page: str | None, summary: bool, output: str | None) -> Path | None:
    """The web page about the class, next to the report unless told otherwise. Raises BadArguments."""
    if page is None:
        return Path(output).with_suffix(".html") if summary and output is not None else None
    if not page.endswith(PAGE_SUFFIXES):
        raise BadArguments(f"--page needs a file name that ends in .html, not {visible(page)}.")
    return Path(page)


def _own_salt(seed_from: str | None, salt: str | None, of_course: str | None, force: bool) -> str | None:
    """The salt of the students' own numbers; None if all have the author's. Raises BadArguments."""
    if seed_from is not None:
        one_of("--seed-from", seed_from, ("student",))
    elif of_course is None:
        if salt is not None:
            raise BadArguments("--salt needs --seed-from student.")
        return None
    if not force and None not in (salt, of_course) and salt != of_course:
        raise BadArguments("--salt is not the salt of the course file. Leave it out, or use --force to go on with it.")
    found = of_course if salt is None else salt
    if not found and not force:
        raise BadArguments(_NO_SALT)
    return found or ""


def _format(named: str | None, output: str | None, by: str | None, register: Register | None, wishes: Wishes) -> str:
    """The report's format: by name; one line per student; the filled roster, if it is a gradebook and a CSV file is
    wanted; else by the file's suffix. Raises BadArguments, CannotGrade."""
    if by is not None:
        one_of("--by", by, ("student",))
        if named not in (None, _TABLE, _LINES):
            raise BadArguments(f"--by student writes a CSV table, not {named}.")
        return _LINES
    system = register.roster.system if register is not None else None
    is_table = named is None and output is not None and output.lower().endswith(FORMATS[_LINES].suffix)
    has_column = register is not None and (wishes.column is not None or USUAL in register.heads)
    if is_table and system is not None and (system.is_gradebook or has_column):
        named = system.name
    name = format_named(named, output)
    if FORMATS[name].fills and system is None:
        raise BadArguments(f"--format {name} fills a gradebook: give the gradebook with --roster.")
    if FORMATS[name].fills and system is not None and name != system.name:
        raise BadArguments(f"--format {name} does not fit the roster, whose format is {system.name}.")
    return name


def _check_format(name: str, is_about_gradebook: str, wants_feedback: bool) -> None:
    """Checks that the format does what other options ask for. Raises BadArguments."""
    form = FORMATS[name]
    if is_about_gradebook and not form.fills:
        raise BadArguments(f"{is_about_gradebook} is for gradebooks: it needs --roster, and a .csv file for -o.")
    if wants_feedback and (form.of_one_student or form.keep is not verdicts_as_json):
        raise BadArguments(f"--feedback-folder needs a table of grades or JSON, not {name}.")


def _graded(task: Task, summary: bool, plain: bool) -> tuple[Attempts, ClassSummary | None]:
    if task.output is None:
        if sys.stdout is None:
            raise BadArguments("standard output is closed: name a report with -o.")
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]
    try:
        errors = Screen(plain or sys.stderr is None, sys.stderr)
        total = total_size(task.submissions, task.apart) if errors.moves else 0
        with errors.bar(total) as move:
            done = marked = 0

            def tell(unit: Unit, rows: int) -> None:
                nonlocal done, marked
                done, marked = done + unit.size, marked + rows
                move(done, f"{marked:,} marked")

            return run(
                task, sys.stdin.buffer, sys.stdout, summary, tell, lambda text: complain(f"backprop-tutor: {text}")
            )
    except KeyboardInterrupt:
        if task.output is not None:
            complain("No report was written; an earlier one is unchanged.")
        raise


def _tell(task: Task, attempts: Attempts, summary: ClassSummary | None, plain: bool) -> None:
    """The summary, on standard output unless the report goes there; and one line on standard error about what was
    done."""
    stream = sys.stdout if task.output is not None else sys.stderr
    if summary is not None and stream is not None:
        screen = Screen(plain, stream)
        screen.show(*grades_screen(summary, screen.width))
    if task.output is not None:
        unread = f", of which {attempts.unreadable:,} could not be marked" if attempts.unreadable else ""
        places = listed(visible(str(path)) for path in task.ours)
        complain(f"{counted(attempts.total, 'submission')}{unread}. Written to {places}.")
