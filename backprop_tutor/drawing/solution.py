"""A solution as a picture: complete, with values only, with blanks, or as far as it is known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from backprop_tutor.drawing.picture import ASKED, BLANK, UNKNOWN, Picture
from backprop_tutor.engine.formatting import shown, total
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution


def gradient_names(graph: Graph) -> list[str]:
    """The names under which a picture has a gradient: every branch, every fork's sum, and the output."""
    return [*(branch.name for branch in graph.branches), *graph.forks, graph.output_name]


def gradient_text(solution: Solution, name: str) -> str:
    """The true gradient of a label."""
    branch = solution.graph.branch_named.get(name)
    return shown(solution.flow(branch).downstream if branch else solution.gradient(name))


def forward_picture(solution: Solution) -> Picture:
    """The circuit with its forward values only, and room for the gradients."""
    if solution.graph.shapes:
        return _of_arrays(solution)
    values = dict(zip(solution.graph.names, map(shown, solution.values), strict=True))
    rooms = {f"value:{name}": len(text) for name, text in values.items()}
    rooms |= {name: len(gradient_text(solution, name)) for name in gradient_names(solution.graph)}
    return Picture(solution.graph, values, rooms=rooms)


def complete_picture(solution: Solution) -> Picture:
    """The circuit with every value and every gradient."""
    return partial_picture(solution, set(gradient_names(solution.graph)))


def blank_picture(solution: Solution) -> Picture:
    """The circuit with every value, and a blank to fill in for every gradient except the given one."""
    output = solution.graph.output_name
    if solution.graph.shapes:
        return _of_arrays(solution, gradients={output}, blank=True)
    gradients = dict.fromkeys(gradient_names(solution.graph), BLANK) | {output: gradient_text(solution, output)}
    return forward_picture(solution)._replace(gradients=gradients)


def partial_picture(
    solution: Solution, known: Collection[str], asked: str | None = None, lit: str | None = None
) -> Picture:
    """The circuit with every value, the known gradients, and the one that is asked for or worked on."""
    if solution.graph.shapes:
        return _of_arrays(solution, gradients=known, asked=("gradient", asked or ""), lit=lit)
    names = gradient_names(solution.graph)
    gradients = {name: gradient_text(solution, name) if name in known else UNKNOWN for name in names}
    if asked in gradients and asked not in known:
        gradients[asked] = ASKED
    return forward_picture(solution)._replace(gradients=gradients, sums=_sums(solution, known), asked=asked, lit=lit)


def _sums(solution: Solution, known: Collection[str]) -> dict[str, list[str]]:
    """The terms of each fork whose sum is known, and that sum."""
    sums = {}
    for fork in solution.graph.forks:
        branches = solution.graph.branches_from[fork]
        if fork in known and all(branch.name in known for branch in branches):
            found = total([solution.flow(branch).downstream for branch in branches], solution.gradient(fork))
            sums[fork] = [*(term.strip("()") for term in found.left.split(" + ")), found.right]
    return sums


def _of_arrays(solution: Solution, **more: Any) -> Picture:
    """The same for arrays; circuits of numbers load nothing of it."""
    from backprop_tutor.drawing.arrays import array_picture
    from backprop_tutor.engine.array_passes import ArraySolution

    assert isinstance(solution, ArraySolution)
    return array_picture(solution, **more)
