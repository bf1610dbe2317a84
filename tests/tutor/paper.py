"""Students who work on paper, from the textbook's rules: exact, or rounding to two decimals in one of three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from backprop_tutor.course.exercise import Exercise
from tests.textbook import TEXTBOOK

Round = Callable[[float], float]


def exactly(number: float) -> float:
    return number


def to_two(number: float) -> float:
    return float(f"{number:.2f}")


@dataclass
class Paper:
    """A worked circuit: values by node, local gradients and what is carried by branch, gradients by node."""

    values: dict[str, float] = field(default_factory=dict)
    local: dict[str, float] = field(default_factory=dict)
    carried: dict[str, float] = field(default_factory=dict)
    gradients: dict[str, float] = field(default_factory=dict)

    def answers(self, exercise: Exercise) -> dict[str, float]:
        """The answer to each question of `backward`, by name."""
        graph = exercise.graph
        sums = {name: self.gradients[name] for name in graph.forks if name != graph.output_name}
        return {**self.carried, **sums}


BY_OUTPUT: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda out: out * (1 - out),
    "tanh": lambda out: 1 - out**2,
}
"""Local gradients that a student reads off the gate's own value."""


def worked(
    exercise: Exercise,
    value: Round = exactly,
    slope: Round = exactly,
    product: Round = exactly,
    shown: bool = False,
    by_output: bool = False,
) -> Paper:
    """Both passes, with each forward value, local gradient and product or sum rounded as given. If the values are
    `shown`, the student starts from the exact ones, rounded, not from a forward pass of their own."""
    graph, paper = exercise.graph, Paper()
    paper.values = {name: exercise.values[name] for name in graph.input_names}
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        at = [paper.values[source] for source in node.inputs]
        paper.values[name] = TEXTBOOK[node.gate.name].value(at, node.constant)
        if not shown:
            paper.values[name] = value(paper.values[name])
    if shown:
        paper.values |= {name: value(number) for name, number in paper.values.items()}
    paper.gradients = dict.fromkeys(graph.names, 0.0) | {graph.output_name: exercise.upstream}
    for name in reversed(graph.gate_names):
        node = graph.node(name)
        assert node.gate is not None
        slopes = TEXTBOOK[node.gate.name].slopes([paper.values[source] for source in node.inputs], node.constant)
        if by_output and node.gate.name in BY_OUTPUT:
            slopes = [BY_OUTPUT[node.gate.name](paper.values[name])]
        for branch in graph.branches_into(name):
            paper.local[branch.name] = slope(slopes[branch.slot])
            paper.carried[branch.name] = product(paper.gradients[name] * paper.local[branch.name])
            paper.gradients[branch.source] = product(paper.gradients[branch.source] + paper.carried[branch.name])
    return paper
