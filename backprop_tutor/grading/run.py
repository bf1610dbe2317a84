"""One grading from its arguments to its report: read, mark, note, choose, write."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from backprop_tutor import __version__
from backprop_tutor.grading.chosen import Chosen
from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.html import PAGE_SUFFIXES, summary_page
from backprop_tutor.grading.items import Unit
from backprop_tutor.grading.journal import BESIDE, Journal
from backprop_tutor.grading.report import Report
from backprop_tutor.grading.reports import FORMATS, SUFFIXES, gradescope
from backprop_tutor.grading.sources import check_arguments, units
from backprop_tutor.grading.summary import ClassSummary, summed
from backprop_tutor.grading.target import (
    cannot_be_written,
    check_folder,
    check_no_submission,
    check_place,
    real,
    replaced,
    replaced_folder,
)  # fmt: skip
from backprop_tutor.grading.workers import marked


class Task(NamedTuple):
    """What is asked for: what to mark and how, the report's format and place (None: a stream), and which attempts
    count."""

    submissions: tuple[str, ...]
    settings: Settings
    format: str
    output: Path | None = None
    page: Path | None = None
    how: str = ""
    visibility: str = "visible"
    resume: bool = False
    jobs: int = 1

    @property
    def is_folder(self) -> bool:
        """Whether the report is a folder of files."""
        return self.format == "gradescope" and self.output is not None and self.output.suffix != ".json"

    @property
    def is_of_one_student(self) -> bool:
        """Whether the report is a results.json, which is about one student."""
        return self.format == "gradescope" and not self.is_folder

    @property
    def ours(self) -> list[Path]:
        """Every file that the run writes, so that none is taken for a submission."""
        written = [path for path in (self.output, self.page) if path is not None]
        parts = [
            path.with_name(f"{path.name}.{word}")
            for path in written
            for word in ("part", "before")[: 1 + self.is_folder]
        ]
        journal = (
            [] if self.journal is None else [self.journal.with_name(f"{self.journal.name}{end}") for end in BESIDE]
        )
        return [*written, *parts, *journal]

    @property
    def journal(self) -> Path | None:
        """Where the journal is kept, if anywhere."""
        return None if self.output is None else self.output.with_name(f"{self.output.name}.journal")


class NothingToMark(CannotGrade):
    """No submission was found."""


class Graded(NamedTuple):
    """What came of it: how many submissions there were, how many could not be read, and the summary where it was
    wanted."""

    total: int
    unreadable: int
    summary: ClassSummary | None


def grade(
    task: Task, stdin: BinaryIO, stdout: TextIO, wants_summary: bool, told: Callable[[Unit, int], None]
) -> Graded:
    """Marks everything and writes the report. `told` hears of each unit and how many rows it gave. Raises
    TutorError."""
    check_arguments(task.submissions)
    _check_places(task)
    grader = Grader(task.settings)  # whatever is wrong with the settings is told before anything is written
    with _journal(task, grader) as journal:
        total = _mark(task, journal, stdin, told)
        if not total:
            raise NothingToMark("there is nothing to mark: no submission was found.")
        chosen = Chosen(journal, task.how)
        _write(task, Report(chosen, grader.exercises.asked, task.visibility), stdout)
        summary = summed(chosen, grader.exercises.asked) if wants_summary or task.page is not None else None
        if task.page is not None and summary is not None:
            with replaced(task.page) as stream:
                stream.write(summary_page(summary))
        return Graded(total, chosen.unreadable(), summary)


def _check_places(task: Task) -> None:
    """Raises CannotGrade where the report or the summary's page cannot go where it should."""
    for path, suffixes in ((task.output, SUFFIXES), (task.page, PAGE_SUFFIXES)):
        if path is None:
            continue
        try:
            if task.is_folder and path is task.output:
                check_folder(path)
            else:
                check_place(path, suffixes)
            check_no_submission(path, task.submissions, task.settings.exercise)
        except OSError as error:  # a name that is too long, a folder that may not be read
            raise cannot_be_written(path, error) from None
    if task.page is not None and task.output is not None and real(task.page) == real(task.output):
        raise CannotGrade("the report and the summary's page go to one file. Name another --page.")


@contextlib.contextmanager
def _journal(task: Task, grader: Grader) -> Iterator[Journal]:
    """The journal beside the report, gone once all is written; without a report's place, one for the time being."""
    if task.journal is not None:
        journal = Journal(
            task.journal, [__version__, task.submissions, task.settings, grader.exercises.files], task.resume
        )
        try:
            yield journal
        except (gradescope.SeveralStudents, NothingToMark):  # no --resume helps
            journal.remove()
            raise
        except BaseException:
            journal.close()
            raise
        journal.remove()
        return
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal", None, resume=False)
        try:
            yield journal
        finally:
            journal.close()


def _mark(task: Task, journal: Journal, stdin: BinaryIO, told: Callable[[Unit, int], None]) -> int:
    """Marks what the journal does not have yet; how many submissions there are."""
    seen = 0

    def open_units() -> Iterator[tuple[int, Unit]]:
        nonlocal seen
        for number, unit in enumerate(units(task.submissions, stdin, task.ours)):
            seen = number + 1
            if task.resume and journal.done(number, unit.identity):
                told(unit, 0)
            else:
                yield number, unit

    students: set[str] = set()
    for number, unit, rows in marked(open_units(), task.settings, task.jobs):
        if task.is_of_one_student:
            students.update(row.student for row in rows if row.student is not None)
            gradescope.check_students(len(students))
        journal.add(number, unit.identity, rows)
        told(unit, len(rows))
    if task.resume:
        journal.forget_from(seen)
    return journal.count()


def _write(task: Task, report: Report, stdout: TextIO) -> None:
    if task.output is None:
        try:
            FORMATS[task.format].write(stdout, report)
            stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CannotGrade(f"standard output: it cannot be written ({error.strerror or error}).") from None
    elif task.is_folder:
        replaced_folder(task.output, lambda folder: gradescope.write_folder(folder, report))
    else:
        with replaced(task.output) as stream:
            FORMATS[task.format].write(stream, report)
