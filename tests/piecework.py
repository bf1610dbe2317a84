"""Work for other processes. They import this file when they start, so it stands alone and imports next to nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable


def squares() -> Callable[[int], int]:
    return _square


def _square(number: int) -> int:
    time.sleep(0.002 * (number % 3))
    return number * number


def whoami() -> Callable[[int], int]:
    return _whoami


def _whoami(number: int) -> int:
    time.sleep(number)
    return os.getpid()


def quotients() -> Callable[[int], float]:
    return _quotient


def _quotient(number: int) -> float:
    return 1 / number


def short_lives() -> Callable[[int], bytes]:
    return _short_life


def _short_life(milliseconds: int) -> bytes:
    """An answer that is longer than a pipe holds, from a process that dies while it gives it."""
    threading.Timer(milliseconds / 1000, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return bytes(20_000_000)
