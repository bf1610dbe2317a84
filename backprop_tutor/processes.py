"""One pool of processes: an ordered map in which few items wait, so that memory stays flat."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

from backprop_tutor.errors import TutorError

_T = TypeVar("_T")
_R = TypeVar("_R")
_AHEAD: Final = 8
"""Items a process that are under way or wait for an earlier one: enough that a slow one idles nobody for long."""


class ProcessEnded(TutorError):
    """A process that worked for this one came to its end before its work did."""

    def __str__(self) -> str:
        return (
            "a worker process was killed, by hand or by the system because memory ran out. This says nothing about "
            "your files; run the command again."
        )


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def in_order(
    start: Callable[[], Callable[[_T], _R]], items: Iterable[_T], processes: int, few: int = 0
) -> Generator[tuple[_T, _R], None, None]:
    """Each item with what work makes of it, in the order of the items. Raises ProcessEnded, and what work raises.

    `start` makes the work, once in each process, so both travel to it; up to `few` items are worked on here, since
    starting other processes would take longer. Whoever stops early closes the generator, which ends the processes.
    """
    waiting = iter(items)
    first = list(islice(waiting, few + 1)) if processes > 1 else []
    if len(first) <= few:
        work = start()
        yield from ((item, work(item)) for item in chain(first, waiting))
    else:
        yield from _by_pool(start, chain(first, waiting), processes)


def _by_pool(
    start: Callable[[], Callable[[_T], _R]], items: Iterable[_T], processes: int
) -> Generator[tuple[_T, _R], None, None]:
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(processes, context, _begin, (start, theirs))
    under_way: deque[tuple[_T, Future[_R]]] = deque()
    try:
        for item in items:
            under_way.append((item, _submitted(pool, item)))
            if len(under_way) == _AHEAD * processes:
                yield _first(under_way)
        while under_way:
            yield _first(under_way)
        pool.shutdown()
    except BrokenProcessPool:
        raise ProcessEnded from None
    finally:
        ours.close()  # those still at work end now, where Ctrl-C or an error has ended this run
        pool.shutdown(cancel_futures=True)
        theirs.close()


def _first(under_way: deque[tuple[_T, Future[_R]]]) -> tuple[_T, _R]:
    item, future = under_way.popleft()
    return item, future.result()


def _submitted(pool: ProcessPoolExecutor, item: Any) -> Future[Any]:
    """Work handed to the pool, which may start a process for it: born deaf to Ctrl-C, which is the parent's affair."""
    if threading.current_thread() is not threading.main_thread():
        return pool.submit(_call, item)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return pool.submit(_call, item)
    finally:
        signal.signal(signal.SIGINT, before)


_work: Callable[[Any], Any]
"""What a worker process does with each item."""


def _begin(start: Callable[[], Callable[[Any], Any]], parent: Connection) -> None:
    """A worker's first act."""
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _work = start()


def _end_with(parent: Connection) -> None:
    """Ends this process when its parent has closed the pipe, or has died: nobody waits for what it does any more."""
    with suppress(EOFError, OSError):
        parent.recv()
    os._exit(1)


def _call(item: Any) -> Any:
    return _work(item)
