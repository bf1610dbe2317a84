"""An exercise: a circuit with numbers and what is asked about it. It holds no answers: the engine computes them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from backprop_tutor.course.inputs import Choice, Rows, entry_names
from backprop_tutor.course.keys import DEFAULTS, GRADIENT, Condition, Until, Update
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.fields import Fields


class Exercise(Fields):
    """One exercise at one set of numbers. `values` are the inputs' numbers (for
    arrays those of their entries, `W[2,1]`), `seed` the variant they come from (None for the author's own), `choices`
    what they are drawn from, `upstream` dL/d(output), `tolerance` relative, `neurons` each neuron's output with its net
    input; `data` are the rows of training, numbers by input; `where` are the conditions on every variant, `given` the
    inputs whose gradients are not asked for, `ask` the nodes and branches asked about (empty: all), `points` what the
    questions of a stage, or one question, are worth (else 1), `accept` the mistakes that its numbers may hide, `delta`
    the convention for errors and deltas; `more` the values of keys without a field of their own here.
    """

    id: str
    title: str
    graph_text: str
    graph: Graph
    choices: Mapping[str, Choice]
    values: Mapping[str, float] = {}
    seed: int | None = None
    upstream: float = DEFAULTS["upstream"]
    loss: str = DEFAULTS["loss"]
    stages: tuple[str, ...] = DEFAULTS["stages"]
    statement: str = DEFAULTS["statement"]
    source: str = DEFAULTS["source"]
    level: int | None = DEFAULTS["level"]
    tags: tuple[str, ...] = DEFAULTS["tags"]
    hints: Mapping[str, str] = {}
    tolerance: float = DEFAULTS["tolerance"]
    neurons: Mapping[str, str] = {}
    update: Update | None = DEFAULTS["update"]
    path: str = ""
    data: tuple[Mapping[str, float], ...] = DEFAULTS["data"]
    until: Until = DEFAULTS["until"]
    where: tuple[Condition, ...] = DEFAULTS["where"]
    given: tuple[str, ...] = DEFAULTS["given"]
    ask: tuple[str, ...] = DEFAULTS["ask"]
    upstream_array: Rows | None = None
    points: Mapping[str, float] = {}
    accept: tuple[str, ...] = DEFAULTS["accept"]
    delta: str = DEFAULTS["delta"]
    more: Mapping[str, Any] = {}

    @property
    def sign(self) -> float:
        """1.0 if a neuron's delta is the gradient ∂L/∂X, -1.0 if it points downhill."""
        return 1.0 if self.delta == GRADIENT else -1.0

    @cached_property
    def solution(self) -> Solution:
        """Every value and gradient at these numbers; an ArraySolution for arrays. Raises OutOfDomain."""
        if self.is_array:
            # Loaded only for arrays, like everything that handles them.
            from backprop_tutor.engine.array_passes import sample, solve_arrays

            upstream = self.upstream if self.upstream_array is None else self.upstream_array
            if self.has_numbers:
                return solve_arrays(self.graph, self.arrays, upstream)
            return solve_arrays(*sample(self.graph))._replace(graph=self.graph, is_sample=True)
        return solve(self.graph, self.values, self.upstream)

    @property
    def is_array(self) -> bool:
        """Whether its values are arrays."""
        return bool(self.graph.shapes)

    @property
    def has_numbers(self) -> bool:
        """Whether it has numbers rather than only shapes (`N x D`)."""
        return bool(self.choices or self.values)

    @cached_property
    def arrays(self) -> dict[str, Rows]:
        """The inputs' arrays by name, in an exercise of arrays with numbers."""
        found = {}
        for name in self.graph.input_names:
            shape = self.graph.shape(name)
            entries = iter([self.values[entry] for entry in entry_names(name, shape)])
            found[name] = [[next(entries) for _ in range(int(shape[1]))] for _ in range(int(shape[0]))]
        return found
