"""Rosters: whose the rows are, by which number, and the place of every cell."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.course.roster import Person, read_roster, table_of
from backprop_tutor.files import Unreadable
from tests.full import times

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework (4711),Final Points\r\n"
    ",,,,,Manual Posting,(read only)\r\n"
    "    Points Possible,,,,,15.00,(read only)\r\n"
    '"Doe, Jane",10666,65010001,jane@uni.edu,A,,12.00\r\n'
    '"=""Åsa Öst""",10667,65010002,asa@uni.edu,A,EX,\r\n'
    '"Student, Test",999,,,A,,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Online text\n"
    'Participant 31,Jane Doe,jane@uni.edu,Submitted,,15.00,"two\nlines"\n'
    "Participant 32,สมชาย ใจดี,somchai@uni.edu,No submission,,15.00,\n"
)
GERMAN = "ID,Vollständiger Name,Bewertung\nTeilnehmer/in31,Jane Doe,\nTeilnehmer/in32,Jo Öst,\n"
PLAIN = "name;sid;email\nJane;0012;j@uni.edu\nJo;0013;\n"


def people(tmp_path: Path, data: str | bytes, column: str | None = None) -> tuple[str, list[Person]]:
    path = tmp_path / "roster.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    found = read_roster(str(path), column)
    return found.system.name, found.people


def test_each_system_is_known_by_its_headings(tmp_path: Path) -> None:
    kind, found = people(tmp_path, CANVAS)
    assert kind == "canvas"
    assert [one[:4] for one in found] == [
        ("65010001", "Doe, Jane", "jane@uni.edu", "10666"),
        ("65010002", "Åsa Öst", "asa@uni.edu", "10667"),
    ]
    kind, found = people(tmp_path, MOODLE)
    assert kind == "moodle"
    assert [one[:4] for one in found] == [
        ("jane@uni.edu", "Jane Doe", "jane@uni.edu", "31"),
        ("somchai@uni.edu", "สมชาย ใจดี", "somchai@uni.edu", "32"),
    ]
    kind, found = people(tmp_path, GERMAN)
    assert kind == "moodle"
    assert [one.number for one in found] == ["31", "32"]
    kind, found = people(tmp_path, PLAIN)
    assert kind == "roster"
    assert [one[:2] for one in found] == [("0012", "Jane"), ("0013", "Jo")]
    kind, found = people(tmp_path, "first_name,last_name,username\nJane,Doe,jd\n")
    assert [one[:2] for one in found] == [("jd", "Jane Doe")]
    kind, found = people(tmp_path, "sid,name\n6501,Student 1\n6502,Student 2\n")  # names as in a worksheet, but not one
    assert (kind, [one[:2] for one in found]) == ("roster", [("6501", "Student 1"), ("6502", "Student 2")])
    kind, found = people(tmp_path, "student,name\nstud12,Jane\nstud13,Jo\n")
    assert [one.number for one in found] == ["stud12", "stud13"]


@pytest.mark.parametrize(
    ("text", "kind", "column"),
    [
        ("name,email\nStudent 1,a@b\nStudent 2,c@d\n", "roster", None),
        ("name,sid\nStudent 1,x1\nStudent 2,x2\n", "roster", None),
        ("identifier,name,grade\n7,Ann,\n8,Bo,\n", "roster", None),
        ("team,name\nTeam 1,Ann\nTeam 2,Bo\n", "roster", "team"),
        ("nom,prénom,matricule\nA,B,12\nC,D,13\n", "roster", "Matricule"), (GERMAN, "moodle", None),
        ("Identifier,Full name,Status,Grade\nParticipant 1,Ann,-,\nParticipant 2,Bo,-,\n", "moodle", None),
    ],
)  # fmt: skip
def test_no_list_of_ones_own_is_taken_for_moodles(tmp_path: Path, text: str, kind: str, column: str | None) -> None:
    found, students = people(tmp_path, text, column)
    assert found == kind
    assert len({one.number for one in students}) == 2


def test_a_column_is_taken_in_which_everybody_has_a_number(tmp_path: Path) -> None:
    _, found = people(tmp_path, CANVAS.replace("65010002", ""))
    assert [one.number for one in found] == ["jane@uni.edu", "asa@uni.edu"]
    _, found = people(tmp_path, CANVAS, "id")
    assert [one.number for one in found] == ["10666", "10667"]
    _, found = people(tmp_path, MOODLE, "Identifier")
    assert [one.number for one in found] == ["31", "32"]


def test_a_column_that_stands_in_for_one_with_blanks_is_named(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(CANVAS.replace("65010002", ""))
    path = str(tmp_path / "roster.csv")
    note = read_roster(path).note
    assert note.endswith(
        "1 of 2 students have no SIS User ID, so the student numbers are those in the column SIS Login ID."
    )
    assert read_roster(path, "SIS Login ID").note == ""
    (tmp_path / "roster.csv").write_text(CANVAS)
    assert read_roster(path).note == ""
    (tmp_path / "roster.csv").write_text(CANVAS.replace("65010001", "").replace("65010002", ""))
    assert read_roster(path).note == ""  # the usual case: the university has no such numbers


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_spreadsheet_may_have_written_it(encoding: str, tmp_path: Path) -> None:
    _, found = people(tmp_path, CANVAS.replace(",", ";").replace("; ", ", ").encode(encoding))
    assert [one.name for one in found] == ["Doe, Jane", "Åsa Öst"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n1,2\n", "its headings are a and b"),
        ("", "is not a CSV file"),
        ("student,name\n", "lists no students"),
        ("student,name\n12,Jo\n,Ann\n", "line 3: Ann has no number"),
        ("student,name\n12,Jo\n12,Ann\n", "line 3: 12 is already on line 2"),
    ],
)
def test_what_is_no_roster_is_refused(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=what):
        people(tmp_path, text)
    with pytest.raises(Unreadable, match=r"no column sdi\. Did you mean sid"):
        people(tmp_path, PLAIN, "sdi")
    with pytest.raises(Unreadable, match=r"no column nothing\. Its columns are .* and .*\."):
        people(tmp_path, PLAIN, "nothing")
    with pytest.raises(Unreadable, match="no such file"):
        read_roster(str(tmp_path / "nowhere.csv"))


@settings(max_examples=times(30, 240))
@given(
    st.lists(st.lists(st.text('ab",;\n\r ä', max_size=5), min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)
def test_cells_are_those_of_csv_and_stand_where_they_say(rows: list[list[str]], end: str) -> None:
    written = io.StringIO()
    quoting = csv.QUOTE_ALL if any("\r" in text for row in rows for text in row) else csv.QUOTE_MINIMAL
    csv.writer(written, lineterminator=end, quoting=quoting).writerows([["head", "ing"], *rows])
    table = table_of(written.getvalue().encode())
    assert [[cell.text for cell in row] for row in table.rows] == [["head", "ing"], *rows]
    assert (table.mark + table.text.encode(table.encoding)) == written.getvalue().encode()
    for line, row in zip(rows, table.rows[1:], strict=True):
        for text, cell in zip(line, row, strict=True):
            here = table.text[cell.start : cell.end]
            assert here in (text, '"' + text.replace('"', '""') + '"')
