"""The tests read the course's exercise files thousands of times; each text is processed once per process."""

from __future__ import annotations

from functools import lru_cache

from backprop_tutor.course import load

_MOST = 256
"""More texts than the course has files; those that tests write drop out again."""


def each_text_once() -> None:
    """Turns a text into an Exercise, which does not change. Faults are raised, so none is kept."""
    if not hasattr(load.read_exercise, "cache_info"):
        load.read_exercise = lru_cache(_MOST)(load.read_exercise)
