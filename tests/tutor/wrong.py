"""The wrong numbers that each mistake leads to, written from the contract's wording: the oracle of diagnosis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from backprop_tutor.course.exercise import Exercise
from tests.tutor.paper import Paper, worked


@dataclass(frozen=True)
class Asked:
    """A branch (or, at a fork, its sum), with the textbook's numbers around it."""

    name: str
    right: float
    value: float
    kind: str = ""
    x: float = 0.0
    out: float = 0.0
    constant: float | None = None
    upstream: float = 0.0
    local: float = 0.0
    inputs: int = 0
    carried: tuple[float, ...] = ()
    further: tuple[float, ...] = ()


def asked(exercise: Exercise) -> Iterator[Asked]:
    """Every question of `backward`."""
    paper, graph = worked(exercise), exercise.graph
    for name in reversed(graph.gate_names):
        node = graph.node(name)
        assert node.gate is not None
        for branch in graph.branches_into(name):
            yield Asked(
                branch.name, paper.carried[branch.name], paper.values[branch.source], node.gate.name,
                paper.values[branch.source],
                paper.values[name], node.constant, paper.gradients[name], paper.local[branch.name], len(node.inputs),
                further=tuple(further(exercise, paper, name)),
            )  # fmt: skip
    for name in graph.forks:
        carried = tuple(paper.carried[branch.name] for branch in graph.branches_from[name])
        if name != graph.output_name:
            yield Asked(name, paper.gradients[name], paper.values[name], carried=carried)


def further(exercise: Exercise, paper: Paper, gate: str) -> Iterator[float]:
    """The upstreams of the ten nearest gates further downstream, without the output's."""
    found, waiting = [gate], [gate]
    for name in waiting:
        for branch in exercise.graph.branches_from[name]:
            if branch.gate not in found:
                found.append(branch.gate)
                waiting.append(branch.gate)
    yield from [paper.gradients[name] for name in found[1:] if name != exercise.graph.output_name][:10]


def of_gate(*kinds: str) -> Callable[[Asked], bool]:
    return lambda at: at.kind in kinds


def at_fork(at: Asked) -> bool:
    return bool(at.carried)


def on_branch(at: Asked) -> bool:
    return not at.carried


def anywhere(_: Asked) -> bool:
    return True


RELUS = ("relu", "leaky_relu")
WRONG: dict[str, tuple[Callable[[Asked], bool], Callable[[Asked], list[float]]]] = {
    "swapped-inputs": (of_gate("mul"), lambda at: [at.upstream * at.x]),
    "split-at-add": (of_gate("add", "sub"), lambda at: [at.upstream * at.local / 2]),
    "routed-to-loser": (lambda at: at.kind in ("max", "min") and at.local == 0, lambda at: [at.upstream]),
    "exp-power-rule": (of_gate("exp"), lambda at: [at.upstream * at.x * math.exp(at.x - 1)]),
    "reciprocal-missing-minus": (of_gate("reciprocal"), lambda at: [at.upstream / at.x**2]),
    "power-kept-exponent": (of_gate("power"),
    lambda at: [at.upstream * (at.constant or 0) * at.x ** (at.constant or 0)]),
    "power-forgot-factor": (of_gate("power"), lambda at: [at.upstream * at.x ** ((at.constant or 0) - 1)]),
    "sigmoid-value": (of_gate("sigmoid"), lambda at: [at.upstream * at.out]),
    "sigmoid-of-input": (of_gate("sigmoid"), lambda at: [at.upstream * at.x * (1 - at.x)]),
    "tanh-not-squared": (of_gate("tanh"), lambda at: [at.upstream * (1 - at.out)]),
    "log-value": (of_gate("log"), lambda at: [at.upstream * math.log(at.x)]),
    "relu-passed-negative": (lambda at: at.kind in RELUS and at.x <= 0, lambda at: [at.upstream]),
    "relu-blocked-positive": (lambda at: at.kind in RELUS and at.x > 0, lambda at: [0.0]),
    "relu-times-input": (of_gate(*RELUS), lambda at: [at.upstream * at.x]),
    "one-branch-only": (at_fork, lambda at: [sum(kept) for size in range(1,
    len(at.carried)) for kept in combinations(at.carried, size)]),
    "multiplied-branches": (at_fork, lambda at: [math.prod(at.carried)]),
    "averaged-branches": (at_fork, lambda at: [sum(at.carried) / len(at.carried)]),
    "sign-flipped": (anywhere, lambda at: [-at.right]),
    "forgot-local": (on_branch, lambda at: [at.upstream]),
    "forgot-upstream": (on_branch, lambda at: [at.local]),
    "gave-value": (anywhere, lambda at: [at.value]),
    "added-upstream": (
        lambda at: not at.carried and bool(at.upstream and at.local),
        lambda at: [at.upstream + at.local],
    ),
    "stale-upstream": (on_branch, lambda at: [upstream * at.local for upstream in at.further]),
    "decimal-slip": (anywhere, lambda at: [at.right * factor for factor in (10, 100, 1000, 0.1, 0.01, 0.001)]),
}  # fmt: skip
"""When a mistake can be made, and the numbers that it gives."""


def predicted(at: Asked) -> list[tuple[str, float]]:
    """Every mistake that applies, with its wrong numbers."""
    found = [(id_, number) for id_, (applies, numbers) in WRONG.items() if applies(at) for number in numbers(at)]
    return [
        (id_, number)
        for id_, number in found
        if math.isfinite(number) and not math.isclose(number, at.right, rel_tol=1e-9, abs_tol=1e-12)
    ]
