"""Where a report may be written: never among submissions, and never over something that is not a report, unless
forced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from backprop_tutor.grading.reports import FORMATS
from tests.cli.running import tutor
from tests.grading.a_class import WRITTEN, planted

ONE = '{"student": "z", "exercise": "relu", "backward": {"x": 1}}\n'


def placed(name: str, folder: Path) -> Path:
    """Where a report of this format may go in a folder."""
    form = FORMATS[name]
    return folder / f"grades{'' if form.of_one_student else form.suffix}"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_report_is_written_over_an_earlier_one_and_over_nothing_else_unless_it_is_forced(
    name: str, tmp_path: Path
) -> None:
    place = placed(name, tmp_path)
    arguments = ("grade", "-", "--format", name, "-o", str(place), "--page", str(tmp_path / "page.html"))
    for _ in range(2):
        assert tutor(*arguments, stdin=ONE).status == 0
    for spoiled in (place / "z.json" if place.is_dir() else place, tmp_path / "page.html"):
        written = spoiled.read_bytes()
        for other in (ONE, f" {written.decode()}", *(report(other) for other in WRITTEN if other != name)):
            spoiled.write_text(other)
            ran = tutor(*arguments, stdin=ONE)
            assert (ran.status, spoiled.read_text()) == (2, other)
            assert "--force" in ran.err
        spoiled.write_text("")  # in which nothing is lost, but a folder's may be there for a reason
        assert tutor(*arguments, stdin=ONE).status == (2 if place.is_dir() and spoiled != tmp_path / "page.html" else 0)
        spoiled.write_text(ONE)
        assert tutor(*arguments, "--force", stdin=ONE).status == 0
        assert spoiled.read_bytes() == written
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(("page.html", place.name))


@cache
def report(name: str) -> str:
    """The report of a format."""
    return tutor("grade", "-", "--format", name, stdin=ONE).out


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_written_inside_a_folder_of_submissions_unless_it_is_forced(name: str, tmp_path: Path) -> None:
    """And what is forced there is none of them, now and the next time."""
    inside = tmp_path / "in" / "deep"
    inside.mkdir(parents=True)
    (inside / "a.json").write_text(ONE)
    (tmp_path / "link").symlink_to(inside)
    for folder in (inside, tmp_path / "link"):
        report = placed(name, folder)
        for where in (("-o", str(report)), ("-o", str(placed(name, tmp_path)), "--page", str(folder / "page.html"))):
            ran = tutor("grade", str(tmp_path / "in"), "--format", name, *where)
            assert ran.status == 2
            assert "inside a folder of submissions" in ran.err
    texts = set()
    for _ in range(2):
        ran = tutor("grade", str(tmp_path / "in"), "--format", name, "-o", str(placed(name, inside)), "--force")
        assert ran.err.startswith("1 submission. Written to ")
        texts.add(b"".join(path.read_bytes() for path in sorted(inside.rglob("*")) if path.is_file()))
    assert len(texts) == 1


def test_what_is_marked_and_what_it_is_marked_against_are_not_replaced(tmp_path: Path) -> None:
    exercise, lines = tmp_path / "ex.yaml", tmp_path / "s.jsonl"
    exercise.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n")
    lines.write_text(ONE)
    for place in (exercise, lines):
        for name in ("csv", "jsonl"):
            ran = tutor("grade", str(lines), "--exercise", str(exercise), "--format", name, "-o", str(place))
            assert ran.status == 2
    assert tutor("grade", str(lines), "-o", str(tmp_path / "r.md"), "--page", str(tmp_path / "r.md")).status == 2
    assert lines.read_text() == ONE
    assert exercise.read_text().startswith("title: Mine")


def test_a_folder_of_reports_holds_those_of_the_last_run_and_what_else_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    two = ONE + ONE.replace("z", "y")
    assert tutor("grade", "-", "--format", "gradescope", "-o", str(folder), stdin=two).status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["y.json", "z.json"]
    (folder / "mine.txt").write_text("mine")
    assert tutor("grade", "-", "--format", "gradescope", "-o", str(folder), stdin=ONE).status == 2
    assert tutor("grade", "-", "--format", "gradescope", "-o", str(folder), "--force", stdin=ONE).status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "z.json"]


def test_links_are_written_through_and_a_report_stays_as_private_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "r.csv", tmp_path / "link.csv"
    real.write_text("student,exercise,seed,score,max,mistakes,note\n")
    real.chmod(0o600)
    link.symlink_to(real)
    assert tutor("grade", str(tmp_path / "a.json"), "-o", str(link)).status == 0
    assert link.is_symlink()
    assert real.read_text().startswith("student,")
    assert real.stat().st_mode & 0o777 == 0o600


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    ran = tutor("grade", str(tmp_path / "a.json"), "-o", str(tmp_path / "loop.csv"))
    assert ran.status == 0, ran.err
    assert (tmp_path / "loop.csv").read_text().startswith("student,")


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    os.mkfifo(tmp_path / "of.csv")
    ran = tutor("grade", str(tmp_path / "a.json"), "-o", str(tmp_path / "of.csv"))
    assert ran.status == 2
    assert "not a regular file" in ran.err
    assert (tmp_path / "of.csv").is_fifo()


def test_a_results_json_of_several_students_is_refused_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(planted(3).lines)
    ran = tutor("grade", str(tmp_path / "c.jsonl"), "--format", "gradescope", "-o", str(tmp_path / "g.json"))
    assert ran.status == 2
    assert "covers one student" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["c.jsonl"]


def test_on_gradescope_the_last_of_several_counts_and_everyone_can_be_told_apart(tmp_path: Path) -> None:
    students = ["สมชาย", "สมหญง", "a/b", "a_b", "CON"]
    lines = [json.dumps({"student": name, "exercise": "relu", "backward": {"x": 1}}) for name in students]
    again = json.dumps({"student": "CON", "exercise": "relu", "backward": {"x": 1, "b": 1}})
    ran = tutor("grade", "-", "--format", "gradescope", "-o", str(tmp_path / "g"), stdin="\n".join([*lines, again]))
    assert ran.status == 0, ran.err
    assert len(list((tmp_path / "g").iterdir())) == len(students)
    names = {path.name.partition(".")[0] for path in (tmp_path / "g").iterdir()}
    assert names == {"CON", "สมชาย", "สมหญง", "a_b"}
    assert not (tmp_path / "g" / "CON.json").exists()
    assert json.loads((tmp_path / "g" / "a_b.json").read_text())["extra_data"]["submissions"][0]["student"] == "a_b"
    results = [json.loads(path.read_bytes()) for path in (tmp_path / "g").iterdir()]
    assert {one["extra_data"]["submissions"][0]["student"] for one in results} == set(students)
    (twice,) = (one for one in results if one["extra_data"]["submissions"][0]["student"] == "CON")
    assert twice["score"] == 2
    assert "The last of 2." in twice["output"]


@pytest.mark.parametrize(("closed", "status"), [("<&-", 0), ("2>&-", 0), (">&-", 0)])
def test_closed_streams_are_no_fault_of_the_submissions(tmp_path: Path, closed: str, status: int) -> None:
    (tmp_path / "a.json").write_text(ONE)
    command = f'"{sys.executable}" -m backprop_tutor grade a.json -o g.csv --summary {closed}'
    ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, "should not happen" in ran.stderr) == (status, False), ran.stderr
    assert (tmp_path / "g.csv").exists()


def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    for more, why in (
        ("> /dev/full", "cannot be written"), (">&-", "is closed"), ("-o g.csv --summary > /dev/full", "no space left"),
    ):  # fmt: skip
        command = f'"{sys.executable}" -m backprop_tutor grade a.json {more}'
        ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 2
        assert why in ran.stderr
        assert "Exception ignored" not in ran.stderr
        assert "should not happen" not in ran.stderr


def test_a_terminal_that_cannot_show_more_gets_ascii_of_the_summary(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    command = [sys.executable, "-m", "backprop_tutor", "grade", "a.json", "-o", "g.csv", "--summary"]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True
    )
    assert ran.stdout.isascii()
    assert b"Score distribution" in ran.stdout


def test_a_link_to_a_folder_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        assert tutor("grade", "-", "--format", "gradescope", "-o", str(tmp_path / "link"), stdin=ONE).status == 0
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["z.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.parametrize("place", [".", "..", "x" * 300, "no/such/folder", "x.csv/y"])
def test_a_place_that_cannot_be_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("x.csv").write_text("")
    for name in ("gradescope", "csv"):
        ran = tutor("grade", "-", "--format", name, "-o", place, stdin=ONE)
        assert (ran.status, ran.err.count("\n")) == (2, 1), ran.err
        assert "should not happen" not in ran.err


def test_what_has_no_name_is_the_one_students(tmp_path: Path) -> None:
    """On Gradescope a student's other files never keep them from a result."""
    (tmp_path / "relu.yaml").write_text("exercise: relu\nstudent: '65'\nbackward: {x: 1}\n")
    (tmp_path / "README.txt").write_text("hi")
    (tmp_path / "simple.yaml").write_text("exercise: simple\nbackward: {z: 3}\n")
    ran = tutor("grade", str(tmp_path), "--format", "gradescope")
    assert ran.status == 0
    assert json.loads(ran.out)["score"] == 2
    assert "Not marked: README.txt." in json.loads(ran.out)["output"]
    (tmp_path / "other.yaml").write_text("exercise: simple\nstudent: '66'\nbackward: {z: 3}\n")
    assert tutor("grade", str(tmp_path), "--format", "gradescope").status == 2


def test_nobody_takes_the_file_of_another_by_a_name_like_theirs(tmp_path: Path) -> None:
    names = ["65010001", ".65010001", "a b", "a_b", "submission-1", "../x", "x"]
    lines = [json.dumps({"student": name, "exercise": "relu", "backward": {"x": "1"}}) for name in names]
    found = {}
    for chosen in (lines, lines[::-1], lines[:2]):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        assert tutor("grade", "-", "--format", "gradescope", "-o", str(folder), stdin="\n".join(chosen)).status == 0
        for path in folder.iterdir():
            (about,) = json.loads(path.read_text())["extra_data"]["submissions"]
            assert found.setdefault(about["student"], path.name) == path.name, "the same in every run"
    assert {name for name in names if found[name] == f"{name}.json"} == {"65010001", "a_b", "submission-1", "x"}
