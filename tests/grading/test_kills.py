"""`kill -9` at random moments, then `--resume`: the report equals the uninterrupted one, and the old one was whole until then.

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
    command = [sys.executable, "-m", "backprop_tutor", "grade", str(source), "-o", str(report), "--jobs", rng.choice("12"), *more]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    time.sleep(rng.uniform(0.25, 0.9))
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_a_killed_run_is_resumed_to_the_same_report(tmp_path: Path) -> None:
    rng = Random(1)
    source, wanted = tmp_path / "class.jsonl", tmp_path / "wanted.jsonl"
    source.write_text(planted(1_500).lines)
    assert tutor("grade", str(source), "-o", str(wanted), "--jobs", "1").status == 0
    kills = 0
    for number in range(times(3, 50)):
        report = tmp_path / f"{number}.jsonl"
        report.write_text("old")
        was_at_work = killed(rng, source, report)
        if was_at_work and rng.random() < 0.4:
            killed(rng, source, report, "--resume")
        kills += was_at_work
        assert report.read_bytes() in (b"old", wanted.read_bytes())
        assert tutor("grade", str(source), "-o", str(report), "--jobs", "2", "--resume").status == 0
        assert report.read_bytes() == wanted.read_bytes()
        assert sorted(path.name for path in tmp_path.glob(f"{number}.*")) == [report.name]
    assert kills


def test_what_changed_since_is_marked_anew(tmp_path: Path) -> None:
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.csv"
    source.write_text(planted(3_000).lines)
    killed(Random(2), source, report)
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
    assert killed(Random(2), source, report, "--exercise", str(exercise))
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
