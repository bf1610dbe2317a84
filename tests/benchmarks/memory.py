"""Peak memory a node, against micrograd's, at 100,000 gates."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import solve
from tests.benchmarks.engine import our_rows, random_plan, their_rows, theirs, with_a_deep_stack
from tests.benchmarks.timing import Measure

GATES = 100_000


def measures() -> Iterator[Measure]:
    """Building and both passes, peak."""
    plan = random_plan(GATES)
    at = [0.25 for kind, _, _ in plan if not kind]
    mine = _peak(lambda: solve(Graph(our_rows(plan)), at))
    other = _peak(lambda: theirs(their_rows(plan), at).backward())
    detail = f"{mine / len(plan):.0f} bytes a node against {other / len(plan):.0f}"
    yield Measure("peak memory a node / micrograd's", mine / other, "<= 1", detail)


def _peak(work: Callable[[], object]) -> int:
    peaks: list[int] = []

    def run() -> None:
        tracemalloc.start()
        work()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    with_a_deep_stack(run)
    return peaks[0]
