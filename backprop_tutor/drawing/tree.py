"""The circuit as a tree of sentences, from the output down to the inputs: for those who listen to it."""

from __future__ import annotations

from typing import Final

from backprop_tutor.drawing.grid import Grid, Piece, wrapped
from backprop_tutor.drawing.labels import Label, Labels
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.graph import Branch

_MOST_INDENT: Final = 24


def tree(picture: Picture, width: int = 80, plain: bool = False) -> Grid:
    """One line for each branch, with its depth first, below the gate that it enters.

    A fork is followed to its inputs at its first branch; at the others it stands by its name. No line art at all.
    """
    labels = Labels(picture, plain)
    graph = picture.graph
    rows: list[list[Piece]] = []
    shown: set[str] = set()
    waiting: list[tuple[int, str, Branch | None]] = [(1, graph.output_name, None)]
    while waiting:
        depth, name, branch = waiting.pop()
        again = name in shown and bool(graph.node(name).inputs)
        rows += _line(labels, depth, name, branch, again, width)
        if name not in shown:
            shown.add(name)
            waiting += [(depth + 1, branch.source, branch) for branch in reversed(graph.branches_into(name))]
    return Grid([*rows, *labels.sums(width), *labels.legend()])


def _line(labels: Labels, depth: int, name: str, branch: Branch | None, again: bool, width: int) -> list[list[Piece]]:
    """`3 g1 = w0 * x0, value -2.00, gradient [?], asked`."""
    node = labels.graph.node(name)
    fork = name in labels.graph.forks
    indent = " " * min(2 * (depth - 1), _MOST_INDENT)
    written = labels.text(name)
    if node.gate is not None and not again:
        written += f" = {node.gate.written([labels.text(source) for source in node.inputs], node.constant)}"
    groups: list[list[Piece]] = [[(f"{depth:2} {indent}{written}", "name")]]
    groups += _told(", value ", labels.value(name))
    if branch is not None and fork:
        groups += _told(", gradient of this branch ", labels.gradient(branch.name))
    else:
        groups += _told(", gradient ", labels.gradient_of(name))
    if again:
        groups.append([(", as above", "")])
    asked = labels.asked
    if asked is not None and asked == (branch.name if branch is not None else name):
        groups.append([(", asked", "asked")])
    elif asked == name and not again and fork:
        groups.append([(", its sum is asked", "asked")])
    if labels.picture.lit == name:
        groups.append([(", this gate", "asked")])
    return wrapped(groups, width, " " * (5 + len(indent)))


def _told(words: str, label: Label) -> list[list[Piece]]:
    """A number after its words; what is not known is said in words too."""
    if not label.text:
        return []
    return [[(words, ""), (label.whole if label.style != "quiet" else "not known yet", label.style)]]
