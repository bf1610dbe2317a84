"""One pool of processes: an ordered map in which few items wait, so that memory stays flat."""

from __future__ import annotations

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
"""Items a process that are under way or wait for an earlier one: enough that a slow one idles nobody for long."""


class ProcessEnded(TutorError):
    """A worker process ended before its work was done."""


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    """Processes, each at the other end of a pipe of its own, and so of a thread here.

    Not a ProcessPoolExecutor: there all answer through one pipe, which stays open when one of them dies, so that half
    an answer is waited for without end. A pipe of one's own ends in the middle of an answer.
    """

    def __init__(self, start: Callable[[], Callable[[Any], Any]], count: int) -> None:
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._processes: list[BaseProcess] = []
        context = get_context("spawn")
        # What is started now is born deaf to Ctrl-C, which is this process's affair.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, start), daemon=True)
                process.start()
                theirs.close()  # it is open in that process alone
                self._processes.append(process)
                self._idle.put(ours)
        finally:
            signal.signal(signal.SIGINT, before)

    def work(self, item: Any) -> Any:
        """Hands an item to a process that has nothing to do, and waits for what it makes of it. Raises ProcessEnded."""
        pipe = self._idle.get()
        try:
            pipe.send(item)
            error, result = pipe.recv()
        except (EOFError, OSError):
            self.end()  # so that nobody waits for the others either
            why = "a worker process was killed, by hand or by the system because memory ran out"
            raise ProcessEnded(f"{why}. This says nothing about your files; run the command again.") from None
        finally:
            self._idle.put(pipe)
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        """Ends every process, whatever it is doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()


def _serve(pipe: Connection, start: Callable[[], Callable[[Any], Any]]) -> None:
    """A worker's life: items in, results out, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
