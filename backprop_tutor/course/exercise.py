"""An exercise: a circuit with numbers, and what is asked about it. It holds no answers; the engine computes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from backprop_tutor.course.network import Network
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution, solve

STAGES: Final = ("graph", "forward", "local", "backward", "symbolic", "delta", "update")
"""What an exercise can ask, in the order in which a lesson does."""


class Choice(NamedTuple):
    """The numbers an input may have: the author's own `value`, and the `options` a seed draws from."""

    value: float | None
    options: Sequence[float] = ()


class Update(NamedTuple):
    """One training step: the learning rate, and the inputs that it changes."""

    rate: float
    nodes: tuple[str, ...]


class Until(NamedTuple):
    """When training ends: at a `loss` over an epoch, or after so many `epochs`; and the `rate` that it is done at."""

    loss: float | None = None
    epochs: int | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Exercise:
    """One exercise at one set of numbers.

    `values` are the inputs' numbers, `seed` the variant they come from (None for the author's own),
    `choices` what they are drawn from, `upstream` dL/d(output), `tolerance` relative,
    `neurons` each neuron's output with its net input. `network` is what the graph was written out from, if it was;
    `data` are the rows of training, numbers by input.
    """

    id: str
    title: str
    graph_text: str
    graph: Graph
    choices: Mapping[str, Choice]
    values: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    upstream: float = 1.0
    loss: str = "L"
    stages: tuple[str, ...] = ("backward",)
    statement: str = ""
    source: str = ""
    level: int | None = None
    tags: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 0.02
    neurons: Mapping[str, str] = field(default_factory=dict)
    update: Update | None = None
    path: str = ""
    network: Network | None = None
    data: tuple[Mapping[str, float], ...] = ()
    until: Until = field(default_factory=Until)

    @cached_property
    def solution(self) -> Solution:
        """Every value and gradient at these numbers. Raises OutOfDomain."""
        return solve(self.graph, self.values, self.upstream)
