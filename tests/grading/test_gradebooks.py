"""Filled gradebooks have the right number for everybody, and every other byte is unchanged."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, tutor
from tests.grading import exports
from tests.grading.a_class import QUESTIONS
from tests.grading.exports import people, zipped
from tests.grading.test_exports import placed

PEOPLE = people()
MARKED = [one for one in PEOPLE if one.form in exports.READABLE]


def grade(right: int, points: int = 20) -> str:
    """The grade for this many right answers of relu, out of these points, rounded half up."""
    return str((Decimal(right) * points / QUESTIONS).quantize(Decimal("0.01"), ROUND_HALF_UP))


GRADES = {one.number: grade(one.right) for one in MARKED}


def filled(folder: Path, layout: str, entries: dict[str, bytes], roster: bytes, *more: str) -> tuple[Ran, bytes]:
    archive, book = placed(folder, "s.zip", zipped(entries)), placed(folder, "roster.csv", roster)
    out = folder / "filled.csv"
    ran = tutor(
        "grade",
        archive,
        "--layout",
        layout,
        "--roster",
        book,
        "--exercise",
        "relu",
        "-o",
        str(out),
        "--jobs",
        "1",
        *more,
    )
    return ran, out.read_bytes() if out.exists() else b""


DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("utf-8", {}), "marked": ("utf-8-sig", {}), "semicolons": ("utf-8-sig", {"delimiter": ";"}),
    "carriage-returns": ("utf-8", {"lineterminator": "\r"}), "all-quoted": ("utf-8", {"quoting": csv.QUOTE_ALL}),
    "newlines": ("utf-8", {"lineterminator": "\n"}), "western": ("cp1252", {"delimiter": ";"}),
    "excel": ("utf-16", {"delimiter": "\t"}),
}  # fmt: skip


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_other_byte_of_a_gradebook_of_canvas_is_as_it_was(tmp_path: Path, dialect: str, ends: bool) -> None:
    encoding, how = DIALECTS[dialect]
    known = PEOPLE if encoding != "cp1252" else [one for one in PEOPLE if one.full.isascii() or one.first == "Zoë"]
    known = [
        one for one in known if encoding != "cp1252" or one.full.encode("cp1252", "ignore").decode("cp1252") == one.full
    ]
    stop = None if ends else -len(how.get("lineterminator", "\r\n"))

    def book(grades: dict[str, str]) -> bytes:
        return exports.canvas_grades(known, grades, **how)[:stop].encode(encoding)

    before = {known[0].number: "EX", known[1].number: "N/A", known[3].number: "1.00"}
    ran, data = filled(tmp_path, "canvas", exports.canvas(PEOPLE), book(before))
    there = {one.number for one in known}
    after = before | {
        number: one for number, one in GRADES.items() if number in there and before.get(number) in (None, "1.00")
    }
    assert data == book(after)
    assert f"{len(after) - sum(one in ('EX', 'N/A') for one in after.values())} grades filled in." in ran.err
    assert "2 kept as excused or locked" in ran.err
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=how.get("delimiter", ",")))
    assert {row[2]: row[5] for row in rows[3:-1] if row[5]} == after


@pytest.mark.parametrize("dialect", ["plain", "marked", "all-quoted"])
def test_a_worksheet_of_moodle(tmp_path: Path, dialect: str) -> None:
    encoding, how = DIALECTS[dialect]
    locked = PEOPLE[3].number

    def book(grades: dict[str, str]) -> bytes:
        return exports.moodle_grades(PEOPLE, grades, locked=locked, **how).encode(encoding)

    _, data = filled(tmp_path, "moodle", exports.moodle(PEOPLE), book({}))
    known = {number: one for number, one in GRADES.items() if number != locked}
    assert data == book(known)
    (tmp_path / "filled.csv").unlink()
    in_german = (
        book({})
        .replace(b"Identifier", b"ID-Nr.")
        .replace(b"Participant ", b"Teilnehmer ")
        .replace(b"Grade", b"Bewertung", 1)
    )
    in_german = in_german.replace(b"ID number", b"Matrikel").replace(b"Maximum grade", b"Maximum")
    more = ("--column", "Bewertung", "--points", "20")
    _, data = filled(tmp_path, "moodle", exports.moodle(PEOPLE), in_german, *more, "--student-column", "Matrikel")
    rows = list(csv.DictReader(io.StringIO(data.decode(encoding))))
    assert {row["Matrikel"]: row["Bewertung"] for row in rows if row["Bewertung"]} == known


def test_comments_say_why(tmp_path: Path) -> None:
    wrong = b"exercise: relu\nbackward: {w1: 0.7, w0: 1.0}\n"
    entries = {"Ann Smith_300_assignsubmission_file/a.yaml": wrong}
    _, data = filled(tmp_path, "moodle", entries, exports.moodle_grades(PEOPLE[:2]).encode(), "--feedback")
    first, second = csv.DictReader(io.StringIO(data.decode()))
    assert first["Feedback comments"].startswith("relu: 1 of 15.\nbackward w1: 0.7: wrong. You multiplied by w1 itself")
    assert (second["Feedback comments"], second["Grade"]) == ("", "")
    assert first["Grade"] == grade(1)


def test_nothing_handed_in_is_blank_or_0_and_what_cannot_be_marked_is_blank(tmp_path: Path) -> None:
    nobody = {one.number for one in PEOPLE if one.form == "nothing"}
    broken = {one.number for one in PEOPLE if one.form in exports.UNREADABLE}
    roster = exports.canvas_grades(PEOPLE).encode()
    for more, expected in ((), ""), (("--missing", "0"), "0"):
        ran, data = filled(tmp_path, "canvas", exports.canvas(PEOPLE), roster, *more)
        grades = {row[2]: row[5] for row in list(csv.reader(io.StringIO(data.decode())))[3:-1]}
        assert {grades[number] for number in nobody} == {expected}
        assert {grades[number] for number in broken} == {""}
        assert f"{len(nobody)} handed in nothing: Jane O'Brien, " in ran.err
        assert f"{len(broken)} could not be marked: " in ran.err
    strangers = [one._replace(canvas_id=f"2{one.canvas_id}", last="Nobody") for one in PEOPLE if one.form == "yaml"]
    ran, data = filled(tmp_path, "canvas", exports.canvas(strangers), roster)
    assert data == roster  # where nothing is filled, the file is as it was
    assert f"{len(strangers)} students are not on the roster: 210000, 210018, " in ran.err


def test_the_column_and_the_points(tmp_path: Path) -> None:
    entries = exports.canvas(PEOPLE[:3])
    two = exports.canvas_grades(PEOPLE[:3]).replace("Current Score", "Quiz (12)").replace("(read only)", "10")
    for more, why in (
        ((), "name the assignment with --column: .* has Homework 1 (4711) and Quiz (12)"),
        (("--column", "Quizz"), "no column"),
        (("--column", "Quiz", "--points", "20"), "--points 20, but"),
    ):  # fmt: skip
        ran, data = filled(tmp_path, "canvas", entries, two.encode(), *more)
        assert (ran.status, data) == (2, b"")
        assert all(part in ran.err for part in why.split(" .* "))
    for name in ("Quiz", "(12)", "Quiz (12)", "12"):
        _, data = filled(tmp_path, "canvas", entries, two.encode(), "--column", name)
        assert [row[6] for row in csv.reader(io.StringIO(data.decode()))][3:6] == [
            grade(one.right, 10) for one in PEOPLE[:3]
        ]
        assert [row[5] for row in csv.reader(io.StringIO(data.decode()))][3:6] == ["", "", ""]
    (tmp_path / "filled.csv").unlink()
    one = exports.canvas_grades(PEOPLE[:3])
    for text, more, why in (
        (one, ("--column", "Current Score"), "read only"), (one.replace("20.00", ""), (), "Give --points"),
        (one, ("--format", "moodle"), "whose format is canvas"), ("a,b\n1,2\n", (), "no column of students"),
        (exports.roster(PEOPLE), ("--column", "hw1"), "no column hw1"),
    ):  # fmt: skip
        ran, data = filled(tmp_path, "canvas", entries, text.encode(), *more)
        assert (ran.status, data) == (2, b""), ran
        assert why in ran.err
    roster = placed(tmp_path, "roster.csv", one)
    ran = tutor("grade", str(tmp_path / "s.zip"), "--layout", "canvas", "--roster", roster, "-o", roster)
    assert (ran.status, Path(roster).read_text().replace("\n", "\r\n")) == (2, one)
    assert "never overwritten" in ran.err
    assert tutor("grade", "-", "--format", "canvas").status == 2
    assert tutor("grade", "-", "--column", "x").status == 2


def test_a_list_of_ones_own_is_filled_too_and_a_filled_one_may_be_replaced(tmp_path: Path) -> None:
    roster = "login,name,hw1\nu00,Ann,\nu01,Bea,\n"
    for _ in range(2):
        ran, data = filled(tmp_path, "nbgrader", exports.nbgrader(PEOPLE[:2]), roster.encode(), "--column", "hw1")
        assert ran.status == 0, ran.err
        assert data.decode() == roster.replace("Ann,", "Ann,1").replace("Bea,", "Bea,2")


@pytest.mark.parametrize("heads", ["login,grade", "identifier,Grade", "login,name,GRADE"])
def test_a_column_called_grade_is_the_one_to_fill(tmp_path: Path, heads: str) -> None:
    roster = f"{heads}\nu00{',' * heads.count(',')}\n"
    ran, data = filled(tmp_path, "nbgrader", exports.nbgrader(PEOPLE[:1]), roster.encode())
    assert ran.status == 0, ran.err
    assert data.decode() == f"{roster.removesuffix(chr(10))}1\n"


def test_one_line_a_student_with_a_total_over_exercises(tmp_path: Path) -> None:
    other = exports.canvas([one._replace(form="yaml") for one in MARKED[:5]], "simple")
    entries = exports.canvas(MARKED) | {
        name.replace("_7", "_8", 1): b"exercise: simple\nbackward: {z: 3}\n" for name in other
    }
    archive, book = placed(tmp_path, "s.zip", zipped(entries)), placed(tmp_path, "r.csv", exports.canvas_grades(PEOPLE))
    out = tmp_path / "total.csv"
    ran = tutor(
        "grade", archive, "--layout", "canvas", "--roster", book, "--by", "student", "--points", "10", "-o", str(out),
        "--exercise", "relu", "--exercise", "simple",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert out.read_bytes().startswith(b"\xef\xbb\xbfstudent,name,relu,simple,total,max,of 10,late,note")
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [row["student"] for row in rows] == [one.number for one in PEOPLE]
    for row, one in zip(rows, PEOPLE, strict=True):
        assert row["name"] == one.sortable
        if one not in MARKED:
            assert (row["total"], row["note"]) == ("", "Handed in nothing.")
        else:
            assert (float(row["relu"]), row["max"]) == (one.right, "23")
            total = float(row["relu"]) + float(row["simple"] or 0)
            assert float(row["total"]) == total
            assert row["of 10"] == str((Decimal(total) * 10 / 23).quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert sum(row["simple"] == "1" for row in rows) == 5
    assert tutor("grade", "-", "--by", "student", "--format", "json").status == 2
    assert tutor("grade", "-", "--by", "students").status == 2


ROSTER = (
    b"Student,ID,SIS User ID,SIS Login ID,Section,HW (1)\r\n    Points Possible,,,,,15\r\n"
    b'"Doe, Dan",5,u5,d,A,\r\n"Smith, Ann",12,u12,a,A,\r\n'
)
RIGHT, OTHER = b"exercise: relu\nbackward: {x: 1}\n", b"exercise: simple\nbackward: {q: -4}\n"


def grades(data: bytes) -> list[str]:
    return [row[5] for row in csv.reader(io.StringIO(data.decode()))][2:]


def test_a_file_whose_owner_is_unclear_makes_nobody_a_0(tmp_path: Path) -> None:
    entries = {"doedan_5_1_a.yaml": RIGHT, "smithanne_12_3_a.yaml": RIGHT}  # no Anne is on the roster
    ran, data = filled(tmp_path, "canvas", entries, ROSTER, "--missing", "0")
    assert grades(data) == ["1.00", ""]
    assert "1 submission left out of the report, because it is unclear whose they are:" in ran.err
    assert "smithanne_12_3_a.yaml" in ran.err
    assert "No 0 was written" in ran.err
    del entries["smithanne_12_3_a.yaml"]
    assert grades(filled(tmp_path, "canvas", entries, ROSTER, "--missing", "0")[1]) == ["1.00", "0"]


@pytest.mark.parametrize("newest", [RIGHT, OTHER])
def test_what_says_that_it_answers_another_exercise_does_not_count_as_the_newest(tmp_path: Path, newest: bytes) -> None:
    older = OTHER if newest is RIGHT else RIGHT
    entries = {"doedan_5_1_a.yaml": older, "doedan_5_2_b.yaml": newest}
    assert grades(filled(tmp_path, "canvas", entries, ROSTER)[1]) == ["1.00", ""]
