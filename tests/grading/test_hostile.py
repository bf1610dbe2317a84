"""Whatever is handed in gets a row, in bounded time and memory; no link is followed, nothing is waited for.

The full form (`BACKPROP_TUTOR_FULL=1`) grades a folder of 500 hostile files and a gigabyte of zeros through a pipe."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path
from random import Random

import pytest

from backprop_tutor.course.catalogue import UnknownExercise
from backprop_tutor.grading.collecting import handed_in, total_size, units
from backprop_tutor.grading.grader import Exercises
from tests.cli.running import tutor
from tests.full import times
from tests.tutor.test_reading_answers import UNREADABLE, hostile

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS: dict[str, bytes] = {
    "bomb.yaml": BOMB.encode(), "tag.yaml": b"backward: !!python/object/apply:os.system [id]\n",
    "nul.yaml": b"backward: {x: \x001}\n",
    "utf16.yaml": "backward: {x: 1}".encode("utf-16"), "deep.json": b"[" * 200_000, "deep.yaml": b"{a: " * 5_000,
    "empty.yaml": b"",
    "blank.yaml": b" \n\n", "png.json": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "twice.yaml": b"backward: {x: 1}\nbackward: {x: 2}\n",
    "list.json": b"[]", "number.json": b"3", "text.yaml": b"hello", "seed.yaml": b"seed: 1e9\nbackward: {x: 1}\n",
    "student.json": b'{"student": ["a"], "exercise": "relu"}', "many.json": b'{"exercise": "relu", "backward": {' +
    b",".join(b'"n%d": 1' % number for number in range(60_000)) + b"}}", "stage.yaml": b"exercise: relu\nbackward: 7\n",
    "path.json": b'{"exercise": "/etc/passwd", "backward": {"x": 1}}',
    "path2.json": b'{"exercise": "../../x.yaml", "backward": {}}',
    "surrogate.json": b'{"exercise": "relu", "student": "\\ud800", "backward": {"x": "\\udfff"}}',
    "long.json": b'{"exercise": "relu", "student": "' + b"s" * 100_000 + b'"}',
    "formula.txt": b"=cmd|' /C calc'!A0", "huge.yaml": b"x" * 1_100_000,
}  # fmt: skip
READABLE: dict[str, bytes] = {
    "bom.yaml": b"\xef\xbb\xbfexercise: relu\nbackward: {x: 1}\n",
    "windows.yaml": b"exercise: relu\r\nbackward:\r\n  x: 1\r\n",
    "graph.json": b'{"exercise": "relu", "graph": "'
    + b"\\n".join(b"g%d = w0*x0" % number for number in range(3_000))
    + b'"}',
    "answers.json": b'{"exercise": "relu", "backward": {"x": "' + b"(" * 100_000 + b'", "w0": "9**9**9**9"}}',
}  # fmt: skip


def table(text: str) -> list[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one of everything, and with a directory named like a file, a pipe, links, loops, and strange
    names."""
    inside = tmp_path / "in"
    inside.mkdir()
    for name, data in {**TEXTS, **READABLE}.items():
        (inside / name).write_bytes(data)
    (inside / "folder.yaml").mkdir()
    (inside / "folder.yaml" / "in it.yaml").write_text("exercise: relu")
    os.mkfifo(inside / "pipe.yaml")
    (inside / "loop").symlink_to(inside)
    (inside / "secret.yaml").symlink_to("/etc/passwd")
    (inside / "two\nlines.yaml").write_text("exercise: relu")
    Path(os.fsdecode(os.fsencode(inside) + b"/\xff\xfe.yaml")).write_text("exercise: relu")
    return inside


def test_everything_gives_a_row_and_one_bad_file_stops_nothing(folder: Path) -> None:
    ran = tutor("grade", str(folder), "--jobs", "1")
    assert ran.status == 1
    assert "Traceback" not in ran.err
    rows = table(ran.out)
    assert len(rows) == len(TEXTS) + len(READABLE) + 7
    assert all(float(row["score"] or 0) >= 0 and float(row["max"]) >= 0 for row in rows)
    noted = [row["note"] for row in rows]
    for name in TEXTS:
        if name != "surrogate.json":
            assert any(re.search(f"/{name}(:|, line| is| holds) ", note) for note in noted), name
    for name, why in {
        "folder.yaml": "a folder",
        "pipe.yaml": "not a regular file",
        "loop": "a link",
        "secret.yaml": "a link",
    }.items():
        assert any(re.search(f"/{name} is {why}", note) for note in noted), name
    assert "root:" not in ran.out
    assert "should not happen" not in ran.out
    readable = [row for row in rows if row["max"] == "15" and row["relu/backward/x"] == "right"]
    assert len(readable) == 2  # the byte order mark, and Windows' line ends


def test_the_report_among_the_submissions_is_none_of_them(folder: Path) -> None:
    report = folder / "grades.csv"
    assert tutor("grade", str(folder), "-o", str(report), "--jobs", "1", "--force").status == 1
    first = report.read_bytes()
    assert tutor("grade", str(folder), "-o", str(report), "--jobs", "1", "--force").status == 1
    assert report.read_bytes() == first
    assert not list(folder.glob("grades.csv?*"))


def test_hostile_answers_files_and_lines(tmp_path: Path) -> None:
    rng = Random(4)
    texts = [*UNREADABLE, *hostile(times(40, 460))]
    lines = 0
    for number, text in enumerate(texts):
        data = text.encode("utf-8", "surrogatepass")
        wrapped = rng.choice(
            [
                data,
                b"exercise: relu\nbackward: {x: " + data + b"}",
                b'{"exercise": "relu", "backward": {"x": "' + data + b'"}}',
            ]
        )
        (tmp_path / f"{number:04}.{rng.choice(['yaml', 'json'])}").write_bytes(wrapped)
        lines += 1
    ran = tutor("grade", str(tmp_path), "--jobs", "1")
    assert len(table(ran.out)) == lines
    joined = b"\n".join(
        text.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\r", b" ")
        for text in texts
        if text.strip()
    )
    assert len(table(tutor("grade", "-", stdin=joined).out)) == sum(bool(line.strip()) for line in joined.split(b"\n"))


PEAK = """
import sys
import traceback
from pathlib import Path
from backprop_tutor.cli.main import run
try:
    run(sys.argv[1:])
finally:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print("PEAK", int(peak.split()[1]) // 1024, file=sys.stderr)
"""


def test_zeros_without_end_are_one_row_and_little_memory() -> None:
    megabytes = times(50, 1_000)
    command = [sys.executable, "-c", PEAK, "grade", "-", "--jobs", "1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    for _ in range(megabytes):
        process.stdin.write(bytes(1_000_000))
    process.stdin.write(b'\n{"exercise": "relu"}\n')
    out, err = process.communicate()
    rows = table(out.decode())
    notes = ["line 1 is longer than 1,000,000 bytes.", "line 2 does not say whose it is."]
    assert [row["note"] for row in rows] == [f"standard input, {note}" for note in notes]
    assert int(err.split()[-1]) < 150


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere"], "there is no such file or folder"), (["-", "-"], "which can only be read once"), (["-"],
        "nothing to mark"),
        (["-", "--layout", "{studnet}/x"], "Did you mean student?"), (["-", "--layout", "x"], "at least one of"),
        (["-", "--layout", "{student}{student}"], "twice"),
        (["-", "--layout", "{student}{exercise"], "unmatched"), (["-", "-o", "x.xls"], "-o needs a file name"),
        (["-", "-o", "/nowhere/x.csv"], "no such folder"), (["-", "--format", "cvs"], "Did you mean csv?"),
        (["-", "--exercise", "rleu"], "Did you mean relu?"), (["-", "--salt", "x"], "--seed-from"),
        (["-", "--seed-from", "studnet"], "Did you mean student?"), (["-", "--visibility", "never"],
        "--visibility must be one of"),
        (["-", "--jobs", "0"], "--jobs"), (["-", "--page", "x.csv"], ".html"),
    ],
)  # fmt: skip
def test_where_nothing_can_be_done_it_says_why(arguments: list[str], message: str) -> None:
    ran = tutor("grade", *arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert message in ran.err


def test_an_exercise_that_is_not_there_is_remembered_without_who_asked() -> None:
    exercises = Exercises((), ())
    depths = []
    for _ in range(3):
        with pytest.raises(UnknownExercise) as caught:
            exercises.examiner("nothing", 7)
        depths.append(len(list(traceback.walk_tb(caught.value.__traceback__))))
    assert depths[0] == depths[-1]


def test_hidden_files_are_submissions_and_what_systems_leave_behind_is_not(tmp_path: Path) -> None:
    for name in (".bob/relu.yaml", ".a.jsonl", ".git/config.yaml", "._relu.yaml", "__MACOSX/relu.yaml", ".DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('{"exercise": "relu", "backward": {"x": 1}}\n')
    ran = tutor("grade", str(tmp_path))
    assert ran.status == 0
    assert [row["score"] for row in table(ran.out)] == ["1", "1"]


def test_a_file_that_does_not_fit_the_layout_is_named_once_however_many_lines_it_has(tmp_path: Path) -> None:
    (tmp_path / "big.jsonl").write_text('{"student": "z", "exercise": "relu"}\n' * 3_000)
    ran = tutor("grade", str(tmp_path / "big.jsonl"), "--layout", "{student}/{exercise}.yaml")
    assert (ran.status, ran.out) == (2, "")
    assert f"1 file does not fit --layout {{student}}/{{exercise}}.yaml: {tmp_path}/big.jsonl." in ran.err
    assert len(table(tutor("grade", str(tmp_path / "big.jsonl"), "--layout", "*/{attempt}.jsonl").out)) == 3_000


def test_a_row_that_is_refused_still_says_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "reluu.yaml").write_text("exercise: relu\nstudent: eve\nbackward: {x: 1}\n")
    (row,) = table(tutor("grade", str(tmp_path), "--layout", "{student}/{exercise}.yaml").out)
    assert (row["student"], row["exercise"], row["score"]) == ("bob", "reluu", "")
    assert "names the student eve" in row["note"]
    assert "names the exercise relu" in row["note"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"exercise": "relu", "backward": {"x": 1}, "backward": {"x": 2}}', "duplicate key backward"),
        ('{"exercise": "relu", "backward": {"x": 1, "x" : 2}}', "duplicate key x"),
        ('{"exercise": "relu", "student": true}', "student must be a text or a number"),
    ],
)
def test_what_a_line_says_twice_or_not_at_all_is_told(line: str, why: str, tmp_path: Path) -> None:
    (row,) = table(tutor("grade", "-", stdin=line).out)
    assert why in row["note"]
    assert row["score"] == ""
    (tmp_path / "a.json").write_text(line)
    (row,) = table(tutor("grade", str(tmp_path)).out)
    assert row["score"] == ""


def test_a_name_that_looks_like_json_is_a_name() -> None:
    line = json.dumps({"exercise": "relu", "student": 'a":b', "backward": {"x": "1"}})
    (row,) = table(tutor("grade", "-", stdin=line).out)
    assert (row["student"], row["score"]) == ('a":b', "1")


def test_many_attempts_of_one_student_cost_no_more_than_many_students() -> None:
    stdin = '{"student": "s", "exercise": "simple", "backward": {"x": -4}}\n' * 8_000
    rows = table(tutor("grade", "-", "--jobs", "1", stdin=stdin).out)
    assert len(rows) == 8_000
    also = "standard input, line 1, standard input, line 2, standard input, line 3"
    assert rows[-1]["note"] == f"Attempt 8000 of 8000; see also {also} and 7,996 more."
    (best,) = table(tutor("grade", "-", "--jobs", "1", "--best", stdin=stdin).out)
    assert best["note"] == "The best of 8000."


def test_the_bar_knows_how_much_there_is(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "pack").write_bytes(b"x" * 100_000)
    (folder / "lines.jsonl").write_text('{"exercise": "relu"}\n' * 1_000)
    report = folder / "grades.csv"
    report.write_text("a report of an earlier run")
    assert total_size([str(folder)], [report]) == sum(
        unit.size for unit in units(handed_in([str(folder)], io.BytesIO(), [report]))
    )
    assert total_size(["-"]) is None
