"""Where a report goes: nothing that was handed in, and nothing that is no report, is ever replaced by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
        [str(folder), "--format", "gradescope", "-o", str(folder)], [str(folder), "--format", "gradescope", "-o", str(tmp_path)],
        [str(folder), "-o", str(folder / "a.json")], [str(lines), "-o", str(lines)],
        [str(lines), "-o", str(tmp_path / "o.csv"), "--page", str(tmp_path / "o.html"), "--format", "csv", "-o", str(tmp_path / "o.html")],
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
    assert {"_CON.json", "สมชาย.json"} <= {path.name for path in (tmp_path / "g").iterdir()}
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
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True)
    assert ran.stdout.isascii()
    assert b"How the scores lie" in ran.stdout
