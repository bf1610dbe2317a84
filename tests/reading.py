"""The course's exercise files are read thousands of times by the tests, and each text is worked out once a process."""

from __future__ import annotations

from functools import lru_cache

from backprop_tutor.course import load

_MOST = 256
"""More texts than the course has files; those that tests write drop out again."""


def each_text_once() -> None:
    """Text in, Exercise out, and an Exercise does not change. Faults are raised, so that none is kept."""
    if not hasattr(load.read_exercise, "cache_info"):
        load.read_exercise = lru_cache(_MOST)(load.read_exercise)
