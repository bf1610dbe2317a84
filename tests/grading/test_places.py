"""Where a report goes: nothing that was handed in, and nothing that is no report, is ever replaced by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_tutor.grading.reports import SUFFIXES
from tests.cli.running import tutor
from tests.grading.a_class import planted

ONE = '{"student": "z", "exercise": "relu", "backward": {"x": 1}}\n'


def test_submissions_are_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.json").write_text(ONE)
    lines = tmp_path / "s.jsonl"
    lines.write_text(ONE)
    for arguments in (
        [str(folder), "--format", "gradescope", "-o", str(folder)], [str(folder), "--format", "gradescope", "-o",
        str(tmp_path)],
        [str(folder), "-o", str(folder / "a.json")], [str(lines), "-o", str(lines)],
        [str(lines), "-o", str(tmp_path / "o.csv"), "--page", str(tmp_path / "o.html"), "--format", "csv", "-o",
        str(tmp_path / "o.html")],
    ):  # fmt: skip
        ran = tutor("grade", *arguments)
        assert ran.status == 2, arguments
        assert ran.err.startswith("backprop-tutor: ")
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "b.json"]
    assert {path.read_text() for path in (*folder.iterdir(), lines)} == {ONE}


def test_reports_among_the_submissions_are_replaced_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    for name in ("grades.json", "grades.jsonl"):
        for _ in range(2):
            assert tutor("grade", str(tmp_path / "a.json"), "-o", str(tmp_path / name)).status == 0
    for _ in range(2):
        assert tutor("grade", str(tmp_path / "a.json"), "--format", "gradescope", "-o", str(tmp_path / "g")).status == 0
    (tmp_path / "g" / "mine.json").write_text(ONE)
    assert tutor("grade", str(tmp_path / "a.json"), "--format", "gradescope", "-o", str(tmp_path / "g")).status == 2


def test_links_are_written_through_and_a_report_stays_as_private_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ONE)
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "r.csv", tmp_path / "link.csv"
    real.write_text("old")
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
    assert "no regular file" in ran.err
    assert (tmp_path / "of.csv").is_fifo()


def test_two_runs_do_not_write_one_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "backprop_tutor", "grade", "-", "-o", str(tmp_path / "g.csv"), "--jobs", "1"]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert first.stdin is not None
    first.stdin.write(planted(2_000).lines.encode())
    first.stdin.flush()
    journal = tmp_path / "g.csv.journal"
    while not journal.exists() or not journal.with_name(f"{journal.name}-wal").exists():
        assert first.poll() is None
    second = tutor("grade", "-", "-o", str(tmp_path / "g.csv"), stdin=ONE)
    assert second.status == 2
    assert "another run writes this report" in second.err
    assert first.communicate()[1] is not None
    assert first.returncode == 0
    assert len((tmp_path / "g.csv").read_text().splitlines()) == 2_001


def test_a_results_json_of_several_students_is_refused_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(planted(3).lines)
    ran = tutor("grade", str(tmp_path / "c.jsonl"), "--format", "gradescope", "-o", str(tmp_path / "g.json"))
    assert ran.status == 2
    assert "about one student" in ran.err
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
    assert b"How the scores lie" in ran.stdout


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".html"])
def test_whatever_a_file_of_a_folder_ends_in_it_is_handed_in(tmp_path: Path, suffix: str) -> None:
    """And so is what lies where a report is begun; an earlier report is replaced."""
    (tmp_path / "a.json").write_text(ONE)
    report, page = tmp_path / f"bob{'.csv' if suffix == '.html' else suffix}", tmp_path / "bob.html"
    of_bob = page if suffix == ".html" else report
    arguments = ("grade", str(tmp_path), "-o", str(report), "--page", str(page))
    for handed_in in (of_bob, of_bob.with_name(f"{of_bob.name}.part")):
        handed_in.write_text("mine")
        ran = tutor(*arguments)
        assert (ran.status, handed_in.read_text()) == (2, "mine")
        assert "is handed in" in ran.err
        handed_in.unlink()
    for _ in range(2):
        assert tutor(*arguments).status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({"a.json", report.name, page.name})


def test_neither_the_exercise_nor_standard_inputs_file_nor_one_of_another_kind_is_replaced(tmp_path: Path) -> None:
    exercise, lines, other = tmp_path / "ex.yaml", tmp_path / "s.jsonl", tmp_path / "other.yaml"
    exercise.write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n")
    lines.write_text(ONE)
    other.write_text("mine")
    for place in (exercise, other):
        ran = tutor("grade", "-", "--exercise", str(exercise), "--format", "csv", "-o", str(place), stdin=ONE)
        assert ran.status == 2
        assert "would replace it" in ran.err
    with lines.open() as stream:
        command = [sys.executable, "-m", "backprop_tutor", "grade", "-", "-o", str(lines)]
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is handed in" in done.stderr
    assert (lines.read_text(), other.read_text()) == (ONE, "mine")


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
    assert ran.status == 1
    assert json.loads(ran.out)["score"] == 2
    (tmp_path / "other.yaml").write_text("exercise: simple\nstudent: '66'\n")
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


@pytest.mark.parametrize("word", ["part", "before"])
def test_folders_beside_a_folder_of_reports_are_kept_or_none_of_the_submissions(tmp_path: Path, word: str) -> None:
    (tmp_path / "a.json").write_text(ONE)
    beside = tmp_path / f"gs.{word}"
    arguments = ("grade", str(tmp_path), "--format", "gradescope", "-o", str(tmp_path / "gs"))
    beside.mkdir()
    (beside / "thesis.json").write_text(ONE)
    assert tutor(*arguments).status == 2
    assert (beside / "thesis.json").read_text() == ONE
    (beside / "thesis.json").write_text('{\n "score": 1')  # what a run that was killed has left
    assert tutor(*arguments).status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "gs"]
