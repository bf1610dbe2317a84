"""The tests read the course's exercises thousands of times; each text is processed once per process."""

from __future__ import annotations

from functools import lru_cache

from backprop_tutor.course import catalogue, load

_MOST = 256
"""More texts than the course has files; those that tests write drop out again."""


def each_text_once() -> None:
    """Turns a text into an Exercise, which does not change. Faults are raised, so none is kept."""
    for module, name in ((load, "read_exercise"), (catalogue, "read_catalogued")):
        read = getattr(module, name)
        if not hasattr(read, "cache_info"):
            setattr(module, name, lru_cache(_MOST)(read))
