"""One pool of processes: an ordered map in which only a few items wait, so that memory use stays constant."""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from backprop_tutor.errors import TutorError

_T = TypeVar("_T")
_R = TypeVar("_R")
_AHEAD: Final = 8
"""Items per process that are being worked on or wait for an earlier one: enough that a slow item keeps nobody idle for
long."""


_OBJECTS_BETWEEN_LOOKS: Final = 10_000
"""How many objects are made before Python looks for reference cycles among them: at its usual 700, this took 4 % of the
time."""


class ProcessEnded(TutorError):
    """A worker process ended before its work was done."""


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    start: Callable[[], Callable[[_T], _R]], items: Iterable[_T], processes: int, few: int = 0
) -> Generator[tuple[_T, _R], None, None]:
    """Each item with the result of the work on it, in the order of the items. Raises ProcessEnded, and whatever work
    raises. `start` makes the work, once in each process; both it and the items are pickled. Up to `few` items are
    processed here, since starting other processes would take longer. Stopping early closes the generator, which ends
    the processes."""
    waiting = iter(items)
    first = list(islice(waiting, few + 1)) if processes > 1 else []
    if len(first) <= few:
        usual = gc.get_threshold()
        gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
        try:
            work = start()
            yield from ((item, work(item)) for item in chain(first, waiting))
        finally:
            gc.set_threshold(*usual)
        return
    workers = _Workers(start, processes)
    with ThreadPoolExecutor(processes) as threads:
        try:
            results = ((item, threads.submit(workers.work, item)) for item in chain(first, waiting))
            under_way = deque(islice(results, _AHEAD * processes))
            while under_way:
                item, future = under_way.popleft()
                yield item, future.result()
                under_way.extend(islice(results, 1))
        finally:
            workers.end()
            threads.shutdown(cancel_futures=True)


class _Workers:
    """Processes, each at the other end of its own pipe, and so served by its own thread here. Not a
    ProcessPoolExecutor: there all processes answer through one pipe, which stays open when one of them dies, so that
    half an answer would be awaited forever. A pipe of one's own breaks off in the middle of an answer."""

    def __init__(self, start: Callable[[], Callable[[Any], Any]], count: int) -> None:
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._processes: list[BaseProcess] = []
        context = get_context("spawn")
        # Processes started now ignore Ctrl-C, which only this process handles.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, start), daemon=True)
                process.start()
                theirs.close()  # it is open only in that process
                self._processes.append(process)
                self._idle.put(ours)
        finally:
            signal.signal(signal.SIGINT, before)

    def work(self, item: Any) -> Any:
        """Hands an item to an idle process and waits for the result. Raises ProcessEnded."""
        pipe = self._idle.get()
        try:
            answer = _answered(pipe, item)
        finally:
            self._idle.put(pipe)
        if answer is None:
            self.end()  # so that nobody waits for the others either
            why = "a worker process was killed, by hand or by the system because memory ran out"
            raise ProcessEnded(f"{why}. This says nothing about your files; run the command again.")
        error, result = answer
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        """Ends every process, whatever it is doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()


def _answered(pipe: Connection, item: Any) -> tuple[Exception | None, Any] | None:
    """The answer of the process at a pipe's other end; None if it has ended. Its error goes no further: kept in the one
    that is told, it would hold half-sent data, of which newer Pythons complain."""
    try:
        pipe.send(item)
        return pipe.recv()  # type: ignore[no-any-return]
    except (EOFError, OSError):
        return None


def _serve(pipe: Connection, start: Callable[[], Callable[[Any], Any]]) -> None:
    """The life of a worker: items in, results out, until no more come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    work = start()
    answer: tuple[Exception | None, Any]
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            try:
                answer = None, work(item)
            except Exception as error:  # noqa: BLE001  whatever it is, it is raised where the item came from
                answer = error, None
            pipe.send(answer)
