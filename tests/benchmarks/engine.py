"""The engine against micrograd: the same graphs, every branch's flow kept by ours, both passes."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from micrograd.engine import Value

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.gates import gate_of
from backprop_tutor.engine.graph import Graph, Row
from backprop_tutor.engine.passes import backward, forward, solve
from tests.benchmarks.timing import Measure, best, compared
from tests.engine.test_passes import CHAINS


def exp(value: Value) -> Value:
    """The gate that micrograd lacks, as its author writes the others."""
    out = Value(math.exp(value.data), (value,), "exp")

    def _backward() -> None:
        value.grad += out.data * out.grad

    out._backward = _backward
    return out


MICROGRAD: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "relu": lambda a: a.relu(), "exp": exp, "scale": lambda a,
    c: a * c,
    "shift": lambda a, c: a + c, "reciprocal": lambda a: a**-1,
}  # fmt: skip
Plan = list[tuple[str, tuple[int, ...], float | None]]


def plan_of(graph: Graph) -> Plan:
    """A graph as a list of (kind, sources, constant), from which both sides build."""
    return [
        (gate.name if gate else "", graph.inputs[node], graph.constant(node)) for node, gate in enumerate(graph.gates)
    ]


def random_plan(size: int) -> Plan:
    """Inputs, then gates that read late nodes, so that values stay small and every gate is shallow enough for
    recursion."""
    rng = Random(size)
    plan: Plan = [("", (), None) for _ in range(max(10, size // 20))]
    for _ in range(size):
        first, second = (rng.randrange(len(plan)) for _ in range(2))
        pair = (first, second)
        plan.append(
            rng.choice([("add", pair, None), ("relu", (first,), None), ("scale", (first,), 0.5), ("mul", pair, None)])
        )
    ends = set(range(len(plan))) - {source for _, sources, _ in plan for source in sources}
    row = sorted(ends)
    while len(row) > 1:  # a tree of sums, so that the output is not deep
        row = [_joined(plan, row[place : place + 2]) for place in range(0, len(row), 2)]
    return plan


def _joined(plan: Plan, pair: list[int]) -> int:
    if len(pair) == 1:
        return pair[0]
    plan.append(("add", (pair[0], pair[1]), None))
    return len(plan) - 1


def our_rows(plan: Plan) -> list[Row]:
    """The plan with our gates looked up."""
    return [(gate_of(kind, constant) if kind else None, sources, constant or 0.0) for kind, sources, constant in plan]


def their_rows(plan: Plan) -> list[tuple[Callable[..., Value] | None, tuple[int, ...], float | None]]:
    """The plan with micrograd's operations looked up."""
    return [(MICROGRAD[kind] if kind else None, sources, constant) for kind, sources, constant in plan]


def theirs(rows: list[tuple[Callable[..., Value] | None, tuple[int, ...], float | None]], at: list[float]) -> Value:
    """The plan, built (and so run forward) by micrograd."""
    nodes: list[Value] = []
    numbers = iter(at)
    for operation, sources, constant in rows:
        if operation is None:
            nodes.append(Value(next(numbers)))
        elif constant is not None:
            nodes.append(operation(nodes[sources[0]], constant))
        else:
            nodes.append(operation(*[nodes[source] for source in sources]))
    return nodes[-1]


def measures() -> Iterator[Measure]:
    """Building and both passes, both passes again on new numbers, and depth."""
    subjects = [(id_, plan_of(variant(find(id_), None).graph)) for id_ in ("relu", "sigmoid")]
    subjects += [(f"{size:,} random gates", random_plan(size)) for size in (1_000, 100_000)]
    for name, plan in subjects:
        yield from _against_micrograd(name, plan)
    for shape, make in CHAINS.items():
        yield _depth(shape, make)


def _against_micrograd(name: str, plan: Plan) -> list[Measure]:
    rng = Random(1)
    at = [rng.uniform(-0.5, 0.5) for kind, _, _ in plan if not kind]
    mine, other = our_rows(plan), their_rows(plan)
    graph = Graph(mine)
    times = max(1, 3_000 // len(plan))
    rounds = 15 if len(plan) < 50_000 else 3

    def repeated(work: Callable[[], object]) -> Callable[[], None]:
        return lambda: [work() for _ in range(times)] and None

    micrograd = repeated(lambda: theirs(other, at).backward())
    found: list[Measure] = []

    def run() -> None:
        whole, again = repeated(lambda: both_passes(Graph(mine), at)), repeated(lambda: both_passes(graph, at))
        found.append(compared(f"{name}: build + forward + backward", whole, micrograd, ">= 2", rounds))
        found.append(compared(f"{name}: forward + backward on new numbers", again, micrograd, ">= 4", rounds))

    with_a_deep_stack(run)
    return found


def both_passes(graph: Graph, at: list[float]) -> tuple[list[float], list[tuple[float, ...]]]:
    """Every value, every gradient, and every branch's local gradient."""
    return backward(graph, forward(graph, at))


def with_a_deep_stack(work: Callable[[], None]) -> None:
    """micrograd recurses over the graph: it gets the stack that it needs."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.stack_size(0)
    sys.setrecursionlimit(limit)


def _depth(shape: str, make: Callable[[int], Graph]) -> Measure:
    def work(size: int, times: int) -> Callable[[], None]:
        return lambda: [solve(make(size), [0.5]) for _ in range(times)] and None

    small, large = best(work(10_000, 20), work(1_000_000, 1), rounds=3)
    per_gate = (small / 200_000, large / 1_000_000)
    detail = f"{per_gate[1] * 1e9:.0f} ns a gate against {per_gate[0] * 1e9:.0f} ns"
    return Measure(
        f"{shape} of 1,000,000 gates, time a gate / at 10,000 gates", per_gate[1] / per_gate[0], "<= 2", detail
    )
