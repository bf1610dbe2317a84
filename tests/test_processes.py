"""An ordered map over processes: few items wait, and whatever ends a process, or this one, ends the run at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.processes import ProcessEnded, in_order
from tests.grading.a_class import planted
from tests.piecework import quotients, short_lives, squares, whoami

SOON = 60.0
"""Seconds, for work that would itself take minutes."""
_LONG = 300


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("few", [0, 5, 100])
def test_results_come_in_the_order_of_the_items(processes: int, few: int) -> None:
    assert list(in_order(squares, range(40), processes, few)) == [(number, number**2) for number in range(40)]


def test_few_items_are_taken_before_they_are_needed() -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_order(squares, numbers(), 2)
    for wanted in range(1, 200):
        assert next(results) == (wanted, wanted**2)
        assert taken <= wanted + 20
    results.close()


@pytest.mark.parametrize("processes", [1, 2])
def test_what_work_raises_is_raised_and_nobody_works_on(processes: int) -> None:
    results = in_order(quotients, (2, 1, 0, *range(1, 100)), processes)
    assert [next(results)[1], next(results)[1]] == [0.5, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not active_children()


def test_who_stops_asking_does_not_wait_for_what_is_under_way() -> None:
    start = time.monotonic()
    results = in_order(whoami, [0, *[_LONG] * 8], 2)
    assert next(results)[0] == 0
    results.close()
    assert not active_children()
    assert time.monotonic() - start < SOON


def test_a_process_that_is_killed_is_told_at_once() -> None:
    start = time.monotonic()
    results = in_order(whoami, [0, *[_LONG] * 8], 2)
    os.kill(next(results)[1], signal.SIGKILL)
    with pytest.raises(ProcessEnded, match="worker process was killed"):
        next(results)
    assert time.monotonic() - start < SOON
    assert not active_children()


@pytest.mark.parametrize("milliseconds", [0, 1, 3, 6, 10])
def test_a_process_that_is_killed_in_the_middle_of_an_answer_is_not_waited_for(milliseconds: int) -> None:
    with pytest.raises(ProcessEnded):
        list(in_order(short_lives, [milliseconds] * 50, 2))
    assert not active_children()


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes that another one started to share its work, once there are some."""
    until = time.monotonic() + _LONG
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        found = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        if len(found) > 1:
            return found
        time.sleep(0.01)
    raise AssertionError("no worker came")


@pytest.fixture(params=["grade", "validate"])
def at_work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A command on two processes that has enough to do."""
    if request.param == "grade":
        (tmp_path / "class.jsonl").write_text(planted(2_000).lines * 60)
        arguments = ["grade", str(tmp_path / "class.jsonl"), "-o", str(tmp_path / "g.csv"), "--jobs", "2"]
    else:
        (tmp_path / "files").mkdir()
        text = Path(find("xor").path).read_text()
        for number in range(1_500):
            (tmp_path / "files" / f"e{number}.yaml").write_text(text)
        arguments = ["validate", str(tmp_path / "files"), "--format", "json"]
    two_cores = "import os; os.sched_getaffinity = lambda _: {0, 1}"
    code = f"{two_cores}; from backprop_tutor.cli.main import run; run({json.dumps(arguments)})"
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=out, stderr=subprocess.PIPE, text=True)
        yield process
        process.kill()
        process.communicate()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_a_killed_worker_ends_a_command_and_no_file_is_blamed(at_work: subprocess.Popen[str], tmp_path: Path) -> None:
    victim = workers_of(at_work)[0]
    os.kill(victim, signal.SIGKILL)
    start = time.monotonic()
    _, err = at_work.communicate(timeout=SOON)
    assert time.monotonic() - start < SOON
    assert at_work.returncode == 2
    assert err.count("\n") == 1, err
    assert "a worker process was killed" in err
    assert "ended by the system" not in (tmp_path / "out").read_text()
    assert not (tmp_path / "g.csv").exists()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_workers_do_not_outlive_a_command_that_is_killed(at_work: subprocess.Popen[str]) -> None:
    workers = workers_of(at_work)
    at_work.kill()
    at_work.wait()
    until = time.monotonic() + _LONG
    while any(_is_running(pid) for pid in workers):
        assert time.monotonic() < until
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
