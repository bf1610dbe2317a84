"""A format is one row: a new one is written, chosen and protected like the others."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import pytest

from backprop_tutor.course import roster
from backprop_tutor.course.roster import SYSTEMS, System
from backprop_tutor.grading.reports import FORMATS, Format
from backprop_tutor.grading.reports.report import Report
from tests.cli.running import tutor
from tests.grading.a_class import planted


def scores(stream: TextIO, report: Report) -> None:
    """A toy format: one line per submission, and the exercises at the end."""
    stream.write("who\tscore\n")
    for row in report.rows():
        stream.write(f"{row.student}\t{row.score:g}\n")
    stream.write(f"of\t{' '.join(report.exercises())}\n")


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "scores", Format(".tsv", b"who\tscore\n", scores, words=False))
    monkeypatch.setitem(FORMATS, "slips", Format(".slip", b"who\tscore\n", scores, words=False, of_one_student=True))


def test_every_format_is_named_by_the_help() -> None:
    said = " ".join(tutor("grade", "--help").out.split())
    for name, form in FORMATS.items():
        assert name in said
        assert form.suffix in said


@pytest.mark.usefixtures("toys")
def test_a_format_more_is_one_row(tmp_path: Path) -> None:
    made = planted(5)
    wanted = "who\tscore\n" + "".join(f"{name}\t{score:g}\n" for name, score in made.scores.items()) + "of\trelu\n"
    assert tutor("grade", "-", "--format", "scores", stdin=made.lines).out == wanted
    report = tmp_path / "grades.tsv"
    assert tutor("grade", "-", "-o", str(report), stdin=made.lines).status == 0
    assert report.read_text() == wanted
    assert tutor("grade", "-", "-o", str(report), stdin=made.lines).status == 0
    report.write_text("mine")
    assert tutor("grade", "-", "-o", str(report), stdin=made.lines).status == 2
    assert ".tsv" in tutor("grade", "-", "-o", "x.xls").err


@pytest.mark.usefixtures("toys")
def test_a_format_about_one_student_is_a_folder_of_a_class(tmp_path: Path) -> None:
    made = planted(3)
    again = made.lines.splitlines()[0].replace('"w0": "1.0"', '"w0": "7"')
    folder, lines = tmp_path / "slips", made.lines + again + "\n"
    assert tutor("grade", "-", "--format", "slips", "-o", str(folder), stdin=lines).status == 0
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.slip" for name in sorted(made.scores)]
    for name, score in made.scores.items():
        last = score - (name == next(iter(made.scores)))  # of several the last counts
        assert (folder / f"{name}.slip").read_text() == f"who\tscore\n{name}\t{last:g}\nof\trelu\n"
    ran = tutor("grade", "-", "--format", "slips", "-o", str(tmp_path / "one.slip"), stdin=lines)
    assert ran.status == 2
    assert "a report for slips covers one student" in ran.err
    assert tutor("grade", "-", "--format", "slips", stdin=made.lines.splitlines()[0]).status == 0


def test_a_course_system_more_is_one_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heads = ("user key", "lms login"), (), ("user key",), ("lms login",), ("whole name",), ()
    toy = System("toy", *heads, maximum="out of", open="may change")
    monkeypatch.setattr(roster, "SYSTEMS", (toy, *SYSTEMS))
    monkeypatch.setitem(FORMATS, toy.name, FORMATS["roster"])
    made = planted(3)
    first, second, third = made.scores
    book, filled = tmp_path / "book.csv", tmp_path / "filled.csv"
    head = "User Key,LMS Login,Whole Name,Mark,Out of,May change\n"
    book.write_text(f"{head}k1,{first},Jo,,15,\nk2,{second},Ann,7,15,no\nk3,{third},Kim,,15,\n")
    ran = tutor("grade", "-", "--roster", str(book), "--column", "mark", "-o", str(filled), stdin=made.lines)
    assert "1 kept as excused or locked: Ann." in ran.err
    marks = [line.split(",")[3] for line in filled.read_text().splitlines()]
    assert marks[0] == "Mark"
    assert marks[2] == "7"
    assert [float(marks[1]), float(marks[3])] == [made.scores[first], made.scores[third]]  # of 15 points
