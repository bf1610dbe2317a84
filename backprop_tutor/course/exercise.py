"""An exercise: a circuit with numbers, and what is asked about it. It holds no answers; the engine computes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backprop_tutor.course.keys import DEFAULTS, STAGES, Choice, Until, Update
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution, solve

__all__ = ["STAGES", "Choice", "Exercise", "Until", "Update"]


@dataclass(frozen=True, eq=False, repr=False)
class Exercise:
    """One exercise at one set of numbers.

    `values` are the inputs' numbers, `seed` the variant they come from (None for the author's own),
    `choices` what they are drawn from, `upstream` dL/d(output), `tolerance` relative,
    `neurons` each neuron's output with its net input; `data` are the rows of training, numbers by input;
    `more` the values of keys that have no field of their own here.
    """

    id: str
    title: str
    graph_text: str
    graph: Graph
    choices: Mapping[str, Choice]
    values: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    upstream: float = DEFAULTS["upstream"]
    loss: str = DEFAULTS["loss"]
    stages: tuple[str, ...] = DEFAULTS["stages"]
    statement: str = DEFAULTS["statement"]
    source: str = DEFAULTS["source"]
    level: int | None = DEFAULTS["level"]
    tags: tuple[str, ...] = DEFAULTS["tags"]
    hints: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = DEFAULTS["tolerance"]
    neurons: Mapping[str, str] = field(default_factory=dict)
    update: Update | None = DEFAULTS["update"]
    path: str = ""
    data: tuple[Mapping[str, float], ...] = DEFAULTS["data"]
    until: Until = DEFAULTS["until"]
    more: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def solution(self) -> Solution:
        """Every value and gradient at these numbers. Raises OutOfDomain."""
        return solve(self.graph, self.values, self.upstream)
