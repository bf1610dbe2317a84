"""What is needed next, loaded while the student reads: no prompt, no answer and no quit waits for it."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread, Timer
from typing import Final

from backprop_tutor.cli.screen import Screen

_PAUSE: Final = 0.1
"""Seconds until a prompt is certainly on the screen."""
_PATIENCE: Final = 0.3
"""Seconds that an answer may take before the student is told what it waits for."""
_TURN: Final = 0.0005
"""Seconds after which whoever loads lets an answer go first. Python's own 5 ms would add up to half a second."""


def preload(*steps: str | Callable[[], object]) -> Thread:
    """Takes these steps in the background: a module of the package is imported, anything else is called."""

    def load() -> None:
        sys.setswitchinterval(_TURN)
        gc.disable()  # imported objects are never searched for garbage
        # Whatever goes wrong goes wrong again where it is needed, and is reported there.
        with suppress(Exception):
            for step in steps:
                if isinstance(step, str):
                    import_module(f"backprop_tutor.{step}")
                else:
                    step()
        gc.freeze()
        gc.enable()

    ahead = Timer(_PAUSE, load)
    ahead.daemon = True  # a quit does not wait
    ahead.start()
    return ahead


@contextmanager
def said_if_late(screen: Screen, ahead: Thread | None) -> Iterator[None]:
    """Says what the program is waiting for, if a reply is late because not everything is loaded yet."""
    if ahead is None or not ahead.is_alive():
        yield
        return
    late = Timer(_PATIENCE, lambda: screen.show("One moment: SymPy is loading."))
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
