"""Units marked by several processes, their rows handed back in order; few units wait, so memory stays flat."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from backprop_tutor.grading.faults import CannotGrade
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.items import Unit
from backprop_tutor.grading.row import Row

_AHEAD = 4


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Connection


def marked(units: Iterator[tuple[int, Unit]], settings: Settings, jobs: int) -> Iterator[tuple[int, Unit, list[Row]]]:
    """Every unit with its rows, in order; on this process alone where there are only a few, or `jobs` is 1."""
    first = []
    for numbered in units:
        first.append(numbered)
        if jobs == 1 or len(first) > 2:
            break
    if len(first) > 2:
        yield from _in_parallel(first, units, settings, jobs)
        return
    grader = Grader(settings)
    for number, unit in first:
        yield number, unit, grader.rows(unit)
    for number, unit in units:
        yield number, unit, grader.rows(unit)


def _in_parallel(
    first: list[tuple[int, Unit]], rest: Iterator[tuple[int, Unit]], settings: Settings, jobs: int
) -> Iterator[tuple[int, Unit, list[Row]]]:
    with _started(settings, jobs) as workers:
        idle = list(workers)
        busy: dict[object, tuple[_Worker, int]] = {}
        units: dict[int, Unit] = {}
        done: dict[int, list[Row]] = {}
        first.reverse()
        following: int | None = first[-1][0]
        more = True
        while True:
            while more and idle and len(units) < _AHEAD * jobs:
                numbered = first.pop() if first else next(rest, None)
                if numbered is None:
                    more = False
                    break
                number, units[number] = numbered
                worker = idle.pop()
                _send(worker, units[number])
                busy[worker.pipe] = (worker, number)
            if not busy and not more:
                return
            for ready in wait([worker.pipe for worker, _ in busy.values()]):
                worker, number = busy.pop(ready)
                done[number] = _received(worker)
                idle.append(worker)
            while following in done:
                yield following, units.pop(following), done.pop(following)
                following = min(units, default=following + 1)


@contextlib.contextmanager
def _started(settings: Settings, jobs: int) -> Iterator[list[_Worker]]:
    """Worker processes, which end with this block, or when this process does."""
    context = get_context("spawn")
    workers = []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, settings), daemon=True)
            process.start()
            theirs.close()
            workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join()


def _work(pipe: Connection, settings: Settings) -> None:
    """One worker's life: units in, rows out, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    grader = Grader(settings)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(grader.rows(pipe.recv()))


def _send(worker: _Worker, unit: Unit) -> None:
    try:
        worker.pipe.send(unit)
    except OSError:
        raise _lost() from None


def _received(worker: _Worker) -> list[Row]:
    try:
        rows: list[Row] = worker.pipe.recv()
    except (EOFError, OSError):
        raise _lost() from None
    return rows


def _lost() -> CannotGrade:
    return CannotGrade("a process that marks was ended from outside. `--resume` goes on where it stopped.")
