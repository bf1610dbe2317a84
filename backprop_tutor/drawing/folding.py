"""What stays unfolded of a large graph: what is asked, the gates beside it, and what enters them; the rest as runs of
folded rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from backprop_tutor.engine.graph import Graph


class Fold(NamedTuple):
    """Rows folded away: how many, and the names of the first and the last."""

    rows: int
    first: str
    last: str


def neighbourhood(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """The nodes that it takes to answer about these nodes and branches, and the output."""
    near = {graph.output_name}
    for name in names:
        branch = graph.branch_named.get(name)
        gates = [branch.gate] if branch else [name, *(leaving.gate for leaving in graph.branches_from[name])]
        for gate in gates:
            near |= {gate, *graph.node(gate).inputs}
        near |= {later.gate for gate in gates for later in graph.branches_from[gate]}
    return frozenset(near)


def folded(graph: Graph, order: Sequence[int], unfolded: Collection[str]) -> tuple[list[int], dict[int, Fold]]:
    """The nodes of an order that stay, and the folds by the row before which they stand."""
    kept: list[int] = []
    folds: dict[int, Fold] = {}
    for node in order:
        name = graph.names[node]
        if name in unfolded:
            kept.append(node)
        else:
            fold = folds.get(len(kept), Fold(0, name, name))
            folds[len(kept)] = Fold(fold.rows + 1, fold.first, name)
    return kept, folds
