"""What an exercise asks of a graph: one question after another, each with the names under which it may be answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar
from unicodedata import normalize

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Branch, Graph

GRAPH_TARGET = "graph"
OF_NETWORKS: Final = ("delta", "update")
"""The stages about a network's training: only who asks them loads what marks and explains them."""


class Question(NamedTuple):
    """One thing asked: `target` is its name, `names` all under which it may be answered.

    `branch` is the branch asked about (backward, local); `node` the gate, the fork, the input or the neuron's output;
    `output` what is differentiated with respect to `node` (symbolic).
    """

    stage: str
    target: str
    node: str
    branch: Branch | None = None
    names: tuple[str, ...] = ()
    output: str = ""

    @property
    def is_fork_sum(self) -> bool:
        """Whether it asks for the sum at a fork."""
        return self.stage == "backward" and self.branch is None

    @property
    def asks_error(self) -> bool:
        """Whether it asks for the error of an output neuron, not for its delta."""
        return self.stage == "delta" and self.target.endswith(".error")


def questions(exercise: Exercise, graph: Graph | None = None) -> list[Question]:
    """Every question of an exercise's stages, in the order of a lesson; about another graph where one is given."""
    graph = graph or exercise.graph
    return [question for stage in exercise.stages for question in stage_questions(stage, exercise, graph)]


def stage_questions(stage: str, exercise: Exercise, graph: Graph) -> list[Question]:
    """The questions of one stage about this graph."""
    return STAGE_QUESTIONS[stage](exercise, graph)


def _graph(_exercise: Exercise, graph: Graph) -> list[Question]:
    return [Question("graph", GRAPH_TARGET, graph.output_name, None, (GRAPH_TARGET,))]


def _forward(_exercise: Exercise, graph: Graph) -> list[Question]:
    return [Question("forward", name, name, None, (name,)) for name in graph.gate_names]


def _local(_exercise: Exercise, graph: Graph) -> list[Question]:
    return [
        Question("local", branch.name, branch.gate, branch, _names(graph, branch)[::-1]) for branch in graph.branches
    ]


def _backward(_exercise: Exercise, graph: Graph) -> list[Question]:
    """Branch by branch in reverse topological order; the sum at a fork as soon as its branches are done."""
    asked: list[Question] = []
    waiting = {name: len(graph.branches_from[name]) for name in graph.forks}
    for gate in reversed(graph.gate_names):
        for branch in graph.branches_into(gate):
            names = _names(graph, branch)
            asked.append(Question("backward", names[0], branch.source, branch, names))
        for source in dict.fromkeys(branch.source for branch in graph.branches_into(gate)):
            if source in waiting:
                waiting[source] -= sum(branch.source == source for branch in graph.branches_into(gate))
                if waiting[source] == 0:
                    asked.append(Question("backward", source, source, None, (source,)))
    return asked


def _symbolic(_exercise: Exercise, graph: Graph) -> list[Question]:
    return [Question("symbolic", name, name, None, (name,), graph.output_name) for name in graph.input_names]


def _delta(exercise: Exercise, _graph: Graph) -> list[Question]:
    """Neuron by neuron from the output layer back: the error of each output neuron, then its delta.

    Always about the exercise's own neurons, by the exercise's names.
    """
    if not exercise.neurons:
        return []
    from backprop_tutor.course.neurons import Neurons

    neurons = Neurons(exercise.graph, exercise.neurons)
    asked: list[Question] = []
    for y in neurons.order:
        if not neurons.fed[y]:
            asked.append(Question("delta", f"{y}.error", y, None, (f"{y}.error",)))
        alone = (y,) if neurons.fed[y] else ()  # a hidden neuron has no error, so its name is enough
        asked.append(Question("delta", f"{y}.delta", y, None, (f"{y}.delta", *alone)))
    return asked


def _update(exercise: Exercise, _graph: Graph) -> list[Question]:
    nodes = exercise.update.nodes if exercise.update else ()
    return [Question("update", name, name, None, (name,)) for name in nodes]


def _names(graph: Graph, branch: Branch) -> tuple[str, ...]:
    """A node with one branch and that branch are one question, under either name."""
    alone = len(graph.branches_from[branch.source]) == 1
    return (branch.source, branch.name) if alone else (branch.name,)


STAGE_QUESTIONS = {
    "graph": _graph, "forward": _forward, "local": _local, "backward": _backward, "symbolic": _symbolic,
    "delta": _delta, "update": _update,
}  # fmt: skip


T = TypeVar("T")


class ByName(dict[str, T]):
    """What there is for each question of one stage, by every name under which it may be answered.

    `find` takes other spellings too: `x1 → g2` for x1->g2, `∂L/∂w1` and `dL/dw1` for w1, `δ5` for y5.delta.
    """

    def __init__(self, items: Iterable[tuple[Question, T]], loss: str = "L") -> None:
        self._items, self._loss = list(items), loss
        super().__init__((name, item) for question, item in self._items for name in question.names)
        self._spelled: dict[str, T] | None = None

    def find(self, name: str) -> T | None:
        """What there is for the question of this name, however it is spelled; None where no one question is meant."""
        found = self.get(name)
        if found is not None:
            return found
        if self._spelled is None:  # seldom wanted: nearly every answer has the name that the template gives it
            self._spelled = self._spellings()
        return self._spelled.get(spelled(name))

    def _spellings(self) -> dict[str, T]:
        meant: dict[str, dict[int, T]] = {}
        for question, item in self._items:
            names = [*question.names, asked_for(question, self._loss)]
            if question.stage == "backward":
                names += [f"d{name}" for name in question.names if name == question.node]
            for name in names:
                meant.setdefault(spelled(name), {})[id(item)] = item
        return {name: item for name, items in meant.items() if len(items) == 1 for item in items.values()}


_ARROW = re.compile(r"[-–—−=]*(?:>|[→⟶➔➙➜➝⇒])")
_SIGNS: Final = str.maketrans({"∂": "d", "δ": "delta", **dict.fromkeys("_{}$ \t\xa0", "")})


def spelled(name: str) -> str:
    """A name without what is written in several ways: arrows, signs, subscripts, blanks."""
    return _ARROW.sub("->", normalize("NFKC", name.replace("\\partial", "d")).translate(_SIGNS))


def by_name(asked: Sequence[Question], loss: str = "L") -> ByName[Question]:
    """The questions of one stage by every name under which they may be answered."""
    return ByName(((question, question) for question in asked), loss)


def of_neuron(y: str) -> str:
    """What follows e and δ in a neuron's symbols: `5` of y5, `_out` of out."""
    number = y.removeprefix("y")
    return number if number.isdigit() else f"_{y}"


def asked_for(question: Question, loss: str = "L") -> str:
    """What a question asks for, in symbols: `∂L/∂w0`, `∂g1/∂w0`, or the node's name for its value."""
    if question.stage in ("forward", "graph"):
        return question.node
    if question.stage == "delta":
        return f"{'e' if question.asks_error else 'δ'}{of_neuron(question.node)}"
    if question.stage == "update":
        return f"new {question.node}"
    if question.stage == "local" and question.branch is not None:
        return f"∂{question.node}/∂{question.branch.source}"
    if question.stage == "symbolic":
        return f"∂{question.output}/∂{question.node}"
    if question.branch is not None and question.target == question.branch.name:
        return f"∂{loss}/∂{question.node} along {question.target}"
    return f"∂{loss}/∂{question.node}"
