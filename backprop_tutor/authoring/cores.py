"""Many files on every core: reports in the order of the files, a few at a time, so that memory stays flat."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing import TimeoutError as NothingCameBack
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path
from typing import Final

from backprop_tutor.authoring.report import Report, whole_file
from backprop_tutor.authoring.validate import LONGEST, report_on

FEW: Final = 12
"""Up to so many files are checked here: starting other processes would take longer."""
_MOST_CORES: Final = 8
_AT_ONCE: Final = 16
"""Files a core that may be under way."""


def reports(files: Iterable[Path | Report], cores: int | None = None) -> Iterator[Report]:
    """The report of each file, in their order; what is a report already is passed on."""
    waiting = iter(files)
    first = list(islice(waiting, FEW + 1))
    count = min(_MOST_CORES, cores or _cores())
    if len(first) <= FEW or count == 1:
        yield from (item if isinstance(item, Report) else report_on(item) for item in chain(first, waiting))
        return
    with _pool(count) as pool:
        yield from _by_pool(pool, chain(first, waiting), _AT_ONCE * count)


def _by_pool(pool: Pool, files: Iterable[Path | Report], at_once: int) -> Iterator[Report]:
    under_way: deque[tuple[str, Report | AsyncResult[Report]]] = deque()
    for item in files:
        under_way.append(
            (item.file, item) if isinstance(item, Report) else (str(item), pool.apply_async(report_on, (item,)))
        )
        if len(under_way) >= at_once:
            yield _arrived(*under_way.popleft())
    while under_way:
        yield _arrived(*under_way.popleft())


def _arrived(file: str, result: Report | AsyncResult[Report]) -> Report:
    if isinstance(result, Report):
        return result
    try:
        return result.get(3 * LONGEST)
    except NothingCameBack:  # the system has ended its process, for want of memory
        return Report(file, (whole_file("the process that checked this was ended by the system. Make it smaller."),))


def _pool(count: int) -> Pool:
    """Processes that leave Ctrl-C to this one: they are born deaf to it, so that none of them ends with a traceback."""
    if threading.current_thread() is not threading.main_thread():
        return get_context("spawn").Pool(count, _ignore_interrupts)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return get_context("spawn").Pool(count, _ignore_interrupts)
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
