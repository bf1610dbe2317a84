"""Ratios measured side by side: best of many, alternating, since machines are shared and noisy."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure: a ratio (or a number with its unit in `detail`), the project's bound for it, and the times behind
    it."""

    name: str
    ratio: float
    bound: str
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound, such as `<= 1.3`."""
        sign, number = self.bound.split()
        return self.ratio <= float(number) if sign == "<=" else self.ratio >= float(number)


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes, without the garbage of the one before."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best(*works: Callable[[], object], rounds: int = 7) -> list[float]:
    """The best time in seconds of each piece of work, measured by turns."""
    times = [[seconds(work) for work in works] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def compared(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], bound: str, rounds: int = 7
) -> Measure:
    """Ours compared with theirs: as time ours/theirs for `<=`, as how many times as fast (theirs/ours) for `>=`."""
    mine, other = best(ours, theirs, rounds=rounds)
    ratio = mine / other if bound.startswith("<=") else other / mine
    return Measure(name, ratio, bound, f"{_shown(mine)} against {_shown(other)}")


def _shown(span: float) -> str:
    return f"{span * 1e6:.1f} us" if span < 1e-3 else f"{span * 1e3:.1f} ms" if span < 1 else f"{span:.2f} s"
