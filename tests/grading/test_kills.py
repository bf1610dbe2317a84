"""Whatever ends a run, the old report stays whole, and nothing is left next to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.cli.running import Terminal, tutor
from tests.full import times
from tests.grading.a_class import planted


def test_a_killed_run_leaves_the_old_report_or_the_new_one(tmp_path: Path) -> None:
    rng = Random(1)
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.jsonl"
    source.write_text(planted(2_000).lines)
    assert tutor("grade", str(source), "-o", str(report), "--jobs", "1").status == 0
    new = report.read_bytes()
    old = new.replace(b"6501", b"6502")
    for _ in range(times(2, 50)):
        report.write_bytes(old)
        command = [sys.executable, "-m", "backprop_tutor", "grade", str(source), "-o", str(report), "--jobs", "2"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, 2.0))
        process.kill()
        assert process.wait() in (0, -signal.SIGKILL)
        assert report.read_bytes() in (old, new)
    assert tutor("grade", str(source), "-o", str(report), "--jobs", "1").status == 0
    assert report.read_bytes() == new


def test_ctrl_c_ends_a_run_politely_and_leaves_nothing(tmp_path: Path) -> None:
    source, report = tmp_path / "class.jsonl", tmp_path / "grades.jsonl"
    source.write_text(planted(2_000).lines * 20)
    terminal = Terminal("grade", str(source), "-o", str(report), "--jobs", "2")
    terminal.child.expect(r"[1-9][0-9,]* marked")
    terminal.child.sendcontrol("c")
    assert terminal.end() == 130
    assert "No report was written; an earlier one is unchanged." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert [path.name for path in tmp_path.iterdir()] == [source.name]
