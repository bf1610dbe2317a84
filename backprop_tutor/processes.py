"""One pool of processes: an ordered map in which few items wait, so that memory stays flat."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Final, Self, TypeVar

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
    with _Workers(start, processes) as workers, ThreadPoolExecutor(processes) as threads:
        under_way: deque[tuple[_T, Future[_R]]] = deque()
        try:
            for item in items:
                under_way.append((item, threads.submit(workers.work, item)))
                if len(under_way) == _AHEAD * processes:
                    yield _first(under_way)
            while under_way:
                yield _first(under_way)
        finally:
            workers.end()
            threads.shutdown(cancel_futures=True)


def _first(under_way: deque[tuple[_T, Future[_R]]]) -> tuple[_T, _R]:
    item, future = under_way.popleft()
    return item, future.result()


class _Workers:
    """Processes, each at the other end of a pipe of its own, and so of a thread here.

    Not a ProcessPoolExecutor: there all answer through one pipe, which stays open when one of them dies, so that half
    an answer is waited for without end. A pipe of one's own ends in the middle of an answer.
    """

    def __init__(self, start: Callable[[], Callable[[Any], Any]], count: int) -> None:
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []
        context = get_context("spawn")
        with _deaf_to_interrupts():
            for _ in range(count):
                ours, theirs = context.Pipe()
                self._pipes.append(ours)
                process = context.Process(target=_serve, args=(theirs, start), daemon=True)
                process.start()
                theirs.close()  # it is open in that process alone
                self._processes.append(process)
                self._idle.put(ours)

    def work(self, item: Any) -> Any:
        """Hands an item to a process that has nothing to do, and waits for what it makes of it. Raises ProcessEnded."""
        pipe = self._idle.get()
        try:
            pipe.send(item)
            error, result = pipe.recv()
        except (EOFError, OSError):
            self.end()  # so that nobody waits for the others either
            raise ProcessEnded from None
        finally:
            self._idle.put(pipe)
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        """Ends every process, whatever it is at."""
        for process in self._processes:
            process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for process in self._processes:
            process.join()
        for pipe in self._pipes:
            pipe.close()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile are born deaf to Ctrl-C, which is the parent's affair."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe: Connection, start: Callable[[], Callable[[Any], Any]]) -> None:
    """A worker's life: items in, results out, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work = start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_answer(work, pipe.recv()))


def _answer(work: Callable[[Any], Any], item: Any) -> tuple[Exception | None, Any]:
    try:
        return None, work(item)
    except Exception as error:  # noqa: BLE001  whatever it is, it is raised where the item came from
        return error, None
