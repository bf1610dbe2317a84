"""How long a reply takes: the first one of a session at a terminal, with half a second to read the question; and every
later one of the whole course, in this process."""

from __future__ import annotations

import gc
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from statistics import mean
from unittest.mock import patch

import pexpect

from backprop_tutor.cli.dialogue import Interactive, recorder_for
from backprop_tutor.cli.main import COMMANDS, loaded
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.session import Session
from tests.benchmarks.startup import COMMAND
from tests.benchmarks.timing import Measure

_READING = 0.5  # seconds
_FIRST = ("add-gate", "forks", "sigmoid", "xor", "batch-norm", "two-layer-net", "softplus-neuron")
_TYPED = ("0.317", "-1", "hint", "2/3", "skip")


def first_reply(exercise: str, typed: str) -> tuple[float, float]:
    """Milliseconds from the first answer of somebody new until the next prompt: of the thread that replies, and by the
    clock, which other programs slow down."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "BACKPROP_TUTOR_HOME": home, "TERM": "xterm-256color"}
        child = pexpect.spawn(COMMAND, ["practice", exercise], dimensions=(24, 80), timeout=60, env=environment)
        child.delaybeforesend = None
        child.expect("> $")
        time.sleep(_READING)
        start, before = time.perf_counter(), _worked(child.pid)
        child.sendline(typed)
        child.expect("(?:>|=) $")
        spent, worked = time.perf_counter() - start, _worked(child.pid) - before
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
    return worked, spent * 1e3


def _worked(process: int) -> float:
    """Milliseconds that the main thread of a process has run."""
    return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[0]) / 1e6


def turns(exercise: Exercise) -> list[float]:
    """Milliseconds of this thread in each turn: reply, next question and its picture."""
    screen, recorder = Screen(), recorder_for(no_record=True)
    recorder.start(Session(variant(exercise, None)), "practice")
    session, spent, began, count = recorder.session, [], time.thread_time(), 0
    place = -1

    def line(prompt: str) -> str:
        nonlocal began, count, place
        spent.append((time.thread_time() - began) * 1e3)
        count, place = (count + 1 if place == session.position else 0), session.position
        is_drawing = session.questions[place].kind.picture == "lines"
        began = time.thread_time()
        return "" if prompt.endswith("= ") else "skip" if is_drawing else _TYPED[min(count, len(_TYPED) - 1)]

    with patch.object(screen, "line", line):
        loop = Interactive(screen, recorder, asks_back=True)
        loop.turn()
        assert loop.ahead is not None
        loop.ahead.join()
        loop.run()
    return [*spent[2:], (time.thread_time() - began) * 1e3]


def measures() -> Iterator[Measure]:
    """The slowest first reply, in the best of several rounds; and how many of all later ones are slow."""
    firsts = [[first_reply(exercise, typed) for _ in range(5)] for exercise in _FIRST for typed in ("0.317", "hint")]
    worked, clock = ([min(times[part] for times in rounds) for rounds in firsts] for part in range(2))
    detail = f"mean {mean(worked):.1f} ms; by the clock {max(clock):.1f} ms, mean {mean(clock):.1f} ms"
    yield Measure("slowest first reply of a session, in ms", max(worked), "<= 30", detail)
    for name in COMMANDS:
        loaded(name)
    shown = io.StringIO()
    with redirect_stdout(shown), patch.dict(os.environ, {"COLUMNS": "80", "LINES": "24"}):
        rounds = []
        for _ in range(2):
            gc.freeze()  # as when a command is loaded
            rounds.append([spent for exercise in catalogue() for spent in turns(exercise)])
    laters = [min(both) for both in zip(*rounds, strict=True)]
    slow = sum(spent > 30 for spent in laters)
    detail = f"{slow} of {len(laters)} over 30 ms, mean {mean(laters):.1f} ms"
    yield Measure("slowest later reply of the course, in ms", max(laters), "<= 30", detail)
