"""`kill -9` at random moments, then `--resume`: the report equals the uninterrupted one, and the old one was whole
until then.

The full form (`BACKPROP_TUTOR_FULL=1`) kills 50 runs.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from backprop_tutor.course.catalogue import find
from tests.cli.running import Terminal, tutor
from tests.full import times
from tests.grading.a_class import planted


def killed(rng: Random, source: Path, report: Path, *more: str) -> bool:
    """Starts a run and kills it within a second or so; whether it was still at work."""
    process = _started(rng, source, report, *more)
    time.sleep(rng.uniform(0.25, 0.9))
    process.kill()
    return process.wait() == -signal.SIGKILL


def killed_at_work(rng: Random, source: Path, report: Path, *more: str) -> None:
    """Starts a run and kills it once its journal has some submissions, however slow the machine is just now."""
    process = _started(rng, source, report, *more)
    noted = report.with_name(f"{report.name}.journal-wal")
    while not (noted.exists() and noted.stat().st_size > 100_000):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def _started(rng: Random, source: Path, report: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "backprop_tutor",
        "grade",
        str(source),
        "-o",
        str(report),
        "--jobs",
        rng.choice("12"),
        *more,
    ]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def test_a_killed_run_is_resumed_to_the_same_report(tmp_path: Path) -> None:
    rng = Random(1)
    source, wanted = tmp_path / "class.jsonl", tmp_path / "wanted.jsonl"
    source.write_text(planted(3_000).lines)
    assert tutor("grade", str(source), "-o", str(wanted), "--jobs", "1").status == 0
    for number in range(times(3, 50)):
        report = tmp_path / f"{number}.jsonl"
        report.write_text("old")
        if number % 3 == 0:
            killed_at_work(rng, source, report)
            assert report.read_bytes() == b"old"
        elif killed(rng, source, report) and rng.random() < 0.4:
            killed(rng, source, report, "--resume")
        assert report.read_bytes() in (b"old", wanted.read_bytes())
        assert tutor("grade", str(source), "-o", str(report), "--jobs", "2", "--resume").status == 0
        assert report.read_bytes() == wanted.read_bytes()
        assert sorted(path.name for path in tmp_path.glob(f"{number}.*")) == [report.name]


def test_what_changed_since_is_marked_anew(tmp_path: Path) -> None:
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.csv"
    source.write_text(planted(3_000).lines)
    killed_at_work(Random(2), source, report)
    source.write_text(planted(2_500, seed=9).lines)
    assert tutor("grade", str(source), "-o", str(report), "--jobs", "1", "--resume").status == 0
    resumed = report.read_bytes()
    assert tutor("grade", str(source), "-o", str(report), "--jobs", "1").status == 0
    assert report.read_bytes() == resumed


def test_an_exercise_that_changed_since_is_told(tmp_path: Path) -> None:
    source, report, exercise = tmp_path / "class.jsonl", tmp_path / "grades.csv", tmp_path / "relu.yaml"
    source.write_text(planted(20_000).lines)
    text = Path(find("relu").path).read_text()
    exercise.write_text(text)
    killed_at_work(Random(2), source, report, "--exercise", str(exercise))
    exercise.write_text(f"{text}\n# mended\n")
    ran = tutor("grade", str(source), "-o", str(report), "--exercise", str(exercise), "--resume")
    assert ran.status == 2
    assert "other exercises. Start without --resume" in ran.err


def test_a_journal_of_other_options_or_of_no_run_is_told(tmp_path: Path) -> None:
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.csv"
    source.write_text(planted(10).lines)
    (tmp_path / "grades.csv.journal").write_text("no journal at all")
    ran = tutor("grade", str(source), "-o", str(report), "--resume")
    assert ran.status == 2
    assert "Move it away" in ran.err
    assert tutor("grade", str(source), "-o", str(report)).status == 2
    assert (tmp_path / "grades.csv.journal").read_text() == "no journal at all"


def test_ctrl_c_ends_a_run_politely_and_it_goes_on(tmp_path: Path) -> None:
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.jsonl"
    source.write_text(planted(20_000).lines)
    terminal = Terminal("grade", str(source), "-o", str(report), "--jobs", "2")
    terminal.child.expect(r"[1-9][0-9,]* marked")
    terminal.child.sendcontrol("c")
    assert terminal.end() == 130
    assert "--resume goes on from here" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert not report.exists()
    assert (tmp_path / "grades.jsonl.journal").exists()
