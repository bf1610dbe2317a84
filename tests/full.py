"""Bounded and full forms of long proofs: `BACKPROP_TUTOR_FULL=1 pytest` runs the full ones."""

from __future__ import annotations

import os

FULL = os.environ.get("BACKPROP_TUTOR_FULL") == "1"


def times(bounded: int, full: int) -> int:
    """How often a check is repeated: a bounded number of times, or the full one."""
    return full if FULL else bounded
