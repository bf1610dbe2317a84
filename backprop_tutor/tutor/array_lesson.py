"""The worked solution of arrays in steps: the shape of every gate, then each pull as a formula, with its numbers and
the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from backprop_tutor.engine.array_gates import ArrayGate
from backprop_tutor.engine.array_passes import ArraySolution, in_words, pull_of
from backprop_tutor.engine.arrays import written_shape
from backprop_tutor.engine.graph import Branch, Graph, Node
from backprop_tutor.tutor.array_derivation import meets, result_of
from backprop_tutor.tutor.derivation import Line, Step, forks_completed
from backprop_tutor.tutor.stages.stage import Label

_PRODUCT: Final = re.compile(r"up\.T|(up|[abx])(\.T)? @ (up|[abx])(\.T)?")
"""A pull that is a product, or an array turned."""


def forward_steps(solution: ArraySolution) -> list[Step]:
    """Every gate, starting at the inputs: its shape, and its numbers if there are any."""
    graph, steps = solution.graph, []
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        formula = f"{name} = {node.written.replace('**', '^')}"
        sizes = _filled(node, [written_shape(graph.shape(source)) for source in node.inputs])
        lines = [Line(f"{formula}: {sizes} is ", written_shape(graph.shape(name)))]
        if not solution.is_sample:
            filled = _filled(node, [in_words(solution.array(source)) for source in node.inputs])
            lines.append(Line(f"{name} = {filled} = ", in_words(solution.array(name)), under=True))
        into = tuple(branch.name for branch in graph.branches_into(name))
        steps.append(Step("Forward", name, formula, "", tuple(lines), (("value", name),), into))
    return steps


def backward_steps(solution: ArraySolution, loss: str) -> list[Step]:
    """Every gate, starting at the output: what comes in, each branch's pull, and the forks that it completes."""
    graph, steps = solution.graph, []
    for name in reversed(graph.gate_names):
        node, branches = graph.node(name), graph.branches_into(name)
        assert node.gate is not None
        shape = written_shape(graph.shape(name))
        arrives = "" if solution.is_sample else f" = {in_words(solution.slope(name))}"
        lines = [Line(f"upstream d{name} = ∂{loss}/∂{name}{arrives}, {shape}")]
        lines += [line for branch in branches for line in _pull(solution, branch)]
        forks = forks_completed(graph, name)
        lines += [_sum(solution, fork, loss) for fork in forks]
        into = tuple(branch.name for branch in branches)
        found = [name, *into, *forks] if name == graph.output_name else [*into, *forks]
        shows: tuple[Label, ...] = tuple(("gradient", label) for label in found)
        formula = f"{name} = {node.written.replace('**', '^')}"
        steps.append(Step("Backward", name, formula, node.gate.summary, tuple(lines), shows, into))
    return steps


def _filled(node: Node, operands: list[str]) -> str:
    assert node.gate is not None
    return node.gate.written(operands, node.constant).replace("**", "^")


def _pull(solution: ArraySolution, branch: Branch) -> Iterator[Line]:
    """A branch's formula, its numbers, the reason, and the sizes that allow no other order."""
    graph, source = solution.graph, branch.source
    forked = len(graph.branches_from[source]) > 1
    symbol = f"{branch.name}: d{source}{' here' if forked else ''}"
    formula = f"{symbol} = {pull_of(graph, branch)}"
    if solution.is_sample:
        yield Line(formula)
    else:
        filled, result = result_of(solution, branch)
        yield Line(f"{formula} = {filled}", result)
    why = [meets(graph, branch), _sizes(graph, branch)]
    for words in filter(None, why):
        yield Line(words, under=True)


def _sizes(graph: Graph, branch: Branch) -> str:
    """The dimension check of a product: `2x1 @ 1x2 is 2x2, the shape of W`."""
    node = graph.node(branch.gate)
    if not isinstance(node.gate, ArrayGate) or not _PRODUCT.fullmatch(rule := node.gate.pulls[branch.slot]):
        return ""
    names = dict(zip(node.gate.slots, node.inputs, strict=True))
    parts = []
    for word in rule.split(" @ "):
        name = branch.gate if word.startswith("up") else names[word.removesuffix(".T")]
        shape = graph.shape(name)
        parts.append(written_shape((shape[1], shape[0]) if word.endswith(".T") else shape))
    return f"{' @ '.join(parts)} is {written_shape(graph.shape(branch.source))}, the shape of {branch.source}"


def _sum(solution: ArraySolution, fork: str, loss: str) -> Line:
    branches = solution.graph.branches_from[fork]
    if solution.is_sample:
        return Line(f"forks add: d{fork} is the sum over {', '.join(branch.name for branch in branches)}")
    terms = " + ".join(in_words(solution.downstream(branch)) for branch in branches)
    return Line(f"forks add: ∂{loss}/∂{fork} = {terms} = ", in_words(solution.slope(fork)))
