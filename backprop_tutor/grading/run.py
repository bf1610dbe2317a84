"""One grading run, from its arguments to its report: read, mark, store, choose, write."""

from __future__ import annotations

import os
import sqlite3
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from io import StringIO
from itertools import count, groupby
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import NotWritten, reason, refilled, replaced, write_inside
from backprop_tutor.grading.attempts import Attempts
from backprop_tutor.grading.collecting import (
    STANDARD_INPUT,
    Lines,
    Unit,
    bytes_of,
    check_arguments,
    files_of,
    handed_in,
    opened,
    units,
)
from backprop_tutor.grading.feedback import STYLES, At, Pages
from backprop_tutor.grading.gradebooks import Gradebook
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.layouts import CannotGrade, Layout
from backprop_tutor.grading.marks import Total, totals
from backprop_tutor.grading.people import File, Person, Register, gathered, is_candidate
from backprop_tutor.grading.reports import FORMATS, Format
from backprop_tutor.grading.reports.report import Report
from backprop_tutor.grading.salt import doubt
from backprop_tutor.grading.summary import PAGE_BEGINS, ClassSummary, summary_page, summed
from backprop_tutor.processes import in_order
from backprop_tutor.text import visible

_FEW: Final = 2  # pieces of work that are marked in this process: starting others would take longer
_FEWEST_SEEDS: Final = 3  # with fewer, nothing can be said about the salt
_NOTHING_WRITTEN: Final = "Nothing was written. --force writes the report all the same."
_LONGEST_NAME: Final = 60  # characters of a student's name that a file's keeps
_RESERVED: Final = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)))
)
"""Names that files cannot have on Windows."""


class Task(NamedTuple):
    """What is wanted. Its fields say what to mark and how; the report's format and place (None: a stream); which
    attempts count (best, last, or empty for all); whether the report may replace anything (`force`); how paths and a
    list of the course's students say whose files are; the gradebook to fill in, and out of how many points; the pages
    for students; and the files that say all this, which may be among the submissions."""

    submissions: tuple[str, ...]
    settings: Settings
    format: str
    output: Path | None = None
    page: Path | None = None
    how: str = ""
    visibility: str = "visible"
    force: bool = False
    jobs: int = 1
    layout: Layout | None = None
    roster: Register | None = None
    gradebook: Gradebook | None = None
    points: float | None = None
    pages: Pages | None = None
    reads: tuple[Path, ...] = ()

    @property
    def form(self) -> Format:
        """The report's row in the table of formats."""
        return FORMATS[self.format]

    @property
    def is_folder(self) -> bool:
        """Whether the report is a folder with one file per student."""
        return self.output is not None and self.form.of_one_student and self.output.suffix != self.form.suffix

    @property
    def apart(self) -> list[Path]:
        """What the run writes, and what it reads besides submissions: none of it is taken for a submission."""
        return [*self.ours, *self.reads]

    @property
    def ours(self) -> list[Path]:
        """What the run writes."""
        folder = self.pages.folder if self.pages is not None else None
        return [path for path in (self.output, self.page, folder) if path is not None]


def grade(
    task: Task,
    stdin: BinaryIO,
    stdout: TextIO,
    wants_summary: bool,
    told: Callable[[Unit, int], None],
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Attempts, ClassSummary | None]:
    """Marks everything and writes the report; returns what was marked and, if wanted, its summary. `told` is called
    with each unit and its number of rows, `say` with remarks to be made once. Raises TutorError."""
    task = task._replace(settings=task.settings._replace(keep=task.form.keep, visibility=task.visibility))
    check_arguments(task.submissions)
    _check_places(task)
    grader = Grader(task.settings)  # errors in the settings are reported before anything is written
    try:
        attempts = _marked(task, _with_right_salt(task, units(_items(task, grader, stdin, say))), told)
        if not task.force:
            _check_seeds(attempts)
        columns = grader.exercises.columns
        by_student = partial(attempts.rows, "student, number")  # files whose owner is unknown come first
        rows = by_student if task.form.of_one_student or task.form.by_student else attempts.rows
        exercises = grader.exercises.asked or tuple(attempts.exercises())
        report = Report(
            rows, lambda: list(exercises), columns, task.visibility, attempts.has_late(), task.roster, task.gradebook,
            task.points, say,
        )  # fmt: skip
        _write(task, report, stdout)
        if task.pages is not None:
            _write_pages(task.pages, totals(by_student(), exercises, columns), grader.exercises.at)
        summary = summed(by_student(), columns) if wants_summary or task.page is not None else None
        if summary is not None and task.roster is not None:
            there, names = (
                attempts.students(),
                {one.number: one.called for one in task.roster.roster.people},
            )
            summary.absent = [name for number, name in names.items() if number not in there]
            summary.unmarked = [(names.get(student, student), why) for student, why in summary.unmarked]
        if task.page is not None and summary is not None:
            with replaced(task.page) as stream:
                stream.write(summary_page(summary))
        return attempts, summary
    except sqlite3.Error as error:
        raise CannotGrade(f"cannot store the marks in a temporary file: {error}.") from None


def _items(task: Task, grader: Grader, stdin: BinaryIO, say: Callable[[str], None]) -> Iterator[File | Lines | Person]:
    """What is to be marked: people, if paths or the report assign files to them; otherwise file by file."""
    if task.layout is None:
        found = handed_in(task.submissions, stdin, task.apart)
        if not task.form.of_one_student or task.is_folder:
            yield from found
            return
        files = []
        for item in found:
            if isinstance(item, File):
                patterns = task.settings.answers
                files.append(item._replace(is_candidate=is_candidate(item.shown, patterns)))
            else:
                yield item
        if files:
            yield Person(None, tuple(files))
        return
    arguments = [list(files_of(one, task.apart)) for one in task.submissions if one != STANDARD_INPUT]
    known = grader.exercises.known
    people = gathered(arguments, task.layout, task.settings.answers, bytes_of, task.roster, known)
    for remark in people.remarks:
        say(remark)
    yield from people.nobodys
    if task.layout.has_students:
        yield from people.people
    else:
        yield from opened(file for person in people.people for file in person.files)
    if STANDARD_INPUT in task.submissions:
        yield from handed_in([STANDARD_INPUT], stdin)


def _marked(task: Task, pieces: Iterable[Unit], told: Callable[[Unit, int], None]) -> Attempts:
    """Everything marked, with the attempts chosen if only one of several counts."""
    attempts = Attempts()
    students: set[str] = set()
    is_of_one = task.form.of_one_student and not task.is_folder
    with closing(in_order(partial(Grader, task.settings), pieces, task.jobs, _FEW)) as found:
        for unit, rows in found:
            students.update(row.student for row in rows if is_of_one and row.student is not None)
            if len(students) > 1:
                what = f"a report for {task.format} covers one student, but these are several"
                raise CannotGrade(f"{what}. Give -o a folder, for one file per student.")
            attempts.add(rows)
            told(unit, len(rows))
    if not attempts.total:
        nothing = Grader(task.settings).nothing() if is_of_one else []
        if not nothing:
            raise CannotGrade("there is nothing to mark: no submission was found.")
        attempts.add(nothing)  # an autograder gives a result for an empty upload too
    attempts.choose(task.how)
    return attempts


def _with_right_salt(task: Task, pieces: Iterator[Unit]) -> Iterator[Unit]:
    """The pieces of work. Raises CannotGrade if the first answers do not fit the numbers that the salt gives."""
    first = next(pieces, None)
    if first is None:
        return
    if task.settings.seed_from_student and not task.force and (why := doubt(task.settings, first)):
        raise CannotGrade(f"{why} {_NOTHING_WRITTEN}")
    yield first
    yield from pieces


def _check_seeds(attempts: Attempts) -> None:
    """Raises CannotGrade if most submissions name a seed other than their student's own."""
    others, marked = attempts.other_seeds, attempts.total - attempts.unreadable
    if others >= _FEWEST_SEEDS and others * 2 > marked:
        what = f"{others:,} of {marked:,} submissions name a seed other than their student's own"
        why = "so --salt, or the column of student numbers, is probably not what the students practised with"
        raise CannotGrade(f"{what}, {why}. {_NOTHING_WRITTEN}")


def _check_places(task: Task) -> None:
    """Raises CannotGrade or NotWritten if the report or the summary's page cannot be written where it should go."""
    book = task.gradebook
    for path, begins in ((task.output, task.form.begins if book is None else book.begins), (task.page, PAGE_BEGINS)):
        if path is not None:
            try:
                _check_place(task, path, begins)
            except OSError as error:  # the name may be too long, or the folder unreadable
                raise NotWritten(path, reason(error)) from None
    if task.pages is not None:
        style = STYLES[task.pages.style]
        _check_folder(task, task.pages.folder, style.begins, style.suffix, "pages of feedback")
    if task.gradebook is not None and task.output is not None and _real(task.output) == _real(task.gradebook.path):
        raise CannotGrade("-o is the roster itself, which is never overwritten. Name another file.")
    if task.page is not None and task.output is not None and _real(task.page) == _real(task.output):
        raise CannotGrade("the report and the summary page would go to the same file. Name another --page.")


def _check_place(task: Task, path: Path, begins: bytes) -> None:
    """Raises CannotGrade if a file cannot be written there or, unless forced, would overwrite something else."""
    if task.is_folder and path is task.output:
        _check_folder(task, path, begins, task.form.suffix, f"reports for {task.format}")
        return
    name = _checked_parent(path)
    if path.exists() and not path.is_file():
        why = "is not a regular file. Without -o, the report goes to standard output."
        raise CannotGrade(f"{name} {'is a folder. Name a file in it.' if path.is_dir() else why}")
    if task.force:
        return
    _check_is_outside(task, path)
    if path.exists() and path.stat().st_size and not _is_report(path, begins):
        raise CannotGrade(
            f"{name} already exists and is not such a report. Name another file, or replace it with --force."
        )


def _check_folder(task: Task, path: Path, begins: bytes, suffix: str, what: str) -> None:
    """Does the same for a folder that is to be filled."""
    name = _checked_parent(path)
    if path.exists() and not path.is_dir():
        raise CannotGrade(f"{name} is a file, but a folder is needed there.")
    if task.force:
        return
    _check_is_outside(task, path)
    found = (entry for entry in path.rglob("*") if not entry.is_dir()) if path.is_dir() else ()
    if not all(_is_report(entry, begins, suffix) for entry in found):
        raise CannotGrade(f"{name} contains files other than {what}. Name a new folder, or write there with --force.")


def _checked_parent(path: Path) -> str:
    if not path.absolute().parent.is_dir():
        raise CannotGrade(f"{visible(str(path))}: there is no such folder to write to.")
    return visible(str(path))


def _check_is_outside(task: Task, path: Path) -> None:
    for given in task.submissions:
        if given != STANDARD_INPUT and Path(given).is_dir() and _real(path).is_relative_to(_real(given)):
            where = f"{visible(str(path))} is inside a folder of submissions, {visible(given)}"
            raise CannotGrade(f"{where}. Name another place, or write there with --force.")


def _is_report(path: Path, begins: bytes, suffix: str = "") -> bool:
    """Whether a file ends and begins as reports of this kind do."""
    if not path.is_file() or not path.name.endswith(suffix):
        return False
    with path.open("rb") as stream:
        found = stream.read(len(BOM_UTF8) + len(begins))
        return found.startswith(begins) or found.removeprefix(BOM_UTF8).startswith(begins)


def _real(path: str | Path) -> Path:
    """The real path; for links in a circle, the path itself."""
    return Path(os.path.realpath(path))


def _write(task: Task, report: Report, stdout: TextIO) -> None:
    form = task.form
    if task.output is None:
        try:
            form.write(stdout, report)
            stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotWritten("standard output", reason(error)) from None
    elif task.is_folder:
        with refilled(task.output, lambda path: _is_report(path, form.begins, form.suffix)) as folder:
            _write_files(folder, form, report)
    else:
        with replaced(task.output) as stream:
            form.write(stream, report)


def _write_files(folder: Path, form: Format, report: Report) -> None:
    """Writes a file for each student into a folder, named after the student; rows of nobody are numbered."""
    taken: set[str] = set()
    beginning = f"{folder}{os.sep}"
    nobody = count()  # each has its own key
    groups = groupby(report.rows(), key=lambda row: next(nobody) if row.student is None else row.student)
    for number, (student, group) in enumerate(groups, 1):
        rows = list(group)
        name = _file_name(student if isinstance(student, str) else f".submission-{number}", taken)
        taken.add(name.lower())
        text = StringIO(newline="")
        form.write(text, report._replace(rows=partial(iter, rows)))
        write_inside(f"{beginning}{name}{form.suffix}", text.getvalue().encode(errors="backslashreplace"))


def _write_pages(pages: Pages, found: Iterable[Total], at: At) -> None:
    """Writes a page for each student, in folders named as the course system names them."""
    style = STYLES[pages.style]
    taken: set[str] = set()

    def name_of(student: str) -> str:
        name = _file_name(student, taken)
        taken.add(name.lower())
        return name

    with refilled(pages.folder, lambda path: _is_report(path, style.begins, style.suffix)) as folder:
        for inside, student, text in pages.texts(found, at, name_of):
            place = folder / inside
            if place.exists():  # one of a group that the system knows under a single name
                place = place.with_name(f"{place.stem}-{student}{place.suffix}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode(errors="backslashreplace"))


def _file_name(student: str, taken: Collection[str]) -> str:
    """The student's name if it can be a file name; otherwise as much of it as can be, with a hash, the same in every
    run."""
    # Marks stay with their letters: \w excludes those of Thai and of Arabic.
    name = student[:_LONGEST_NAME]
    if not name.isalnum():  # as numbers of students are
        kept = (c if c.isalnum() or c in "_.@+-" or unicodedata.category(c)[0] == "M" else "_" for c in name)
        name = "".join(kept).strip(".")
    is_exact = name == student and name.lower() not in taken and name.partition(".")[0].upper() not in _RESERVED
    return name if is_exact else f"{name or '_'}.{sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
