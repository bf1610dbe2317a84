"""Draws a solution of arrays: the shapes on the wires, and the known arrays in a table beside the circuit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backprop_tutor.drawing.picture import ASKED, BLANK, UNKNOWN, Picture, Piece
from backprop_tutor.engine.array_passes import ArraySolution, in_words, is_named, value_formula
from backprop_tutor.engine.arrays import Matrix, entries, grid, written_shape
from backprop_tutor.engine.formatting import evenly
from backprop_tutor.engine.graph import Graph
from backprop_tutor.text import columns, padded

_MOST_HEAD = 24  # columns of `Z1 = X @ W1 + b1`; a longer one gets a line of its own
_GAP = 2
_Cells = tuple[str, str, list[Piece], list[Piece]]
"""What a table says about a node: its name, its shape, and the rows of its value and of its gradient."""


def array_picture(
    solution: ArraySolution,
    values: Collection[str] | None = None,
    gradients: Collection[str] | None = (),
    shapes: Collection[str] | None = None,
    asked: tuple[str, str] = ("", ""),
    lit: str | None = None,
    blank: bool = False,
    given: Collection[str] = (),
) -> Picture:
    """The circuit with its known shapes (None: all of them) and a table of the known arrays: the values of these nodes,
    and the gradients of these nodes and branches. `asked` is what the open question asks for: `value`, `gradient` or
    `shape`, and the name. Unknown gradients are shown as `blank`, or a dot; if there are none, they have no column. The
    gradients of `given` inputs are left out."""
    graph = solution.graph
    labels = {name: written_shape(graph.shape(name)) for name in graph.names if shapes is None or name in shapes}
    labels |= {name: BLANK if blank else UNKNOWN for name in graph.names if name not in labels}
    kind, name = asked
    if kind == "shape":
        labels[name] = ASKED
    with_gradients = gradients is None or bool(gradients) or asked[0] == "gradient" or blank
    cells = [] if solution.is_sample else _cells(solution, values, gradients, asked, blank, given, labels)
    rows = _table(cells, with_gradients)
    return Picture(
        graph, labels, asked=name if kind == "gradient" else None, lit=lit,
        beside=tuple(map(tuple, rows)), lines=_lines(solution, values, gradients, blank, given),
    )  # fmt: skip


def answered_picture(
    solution: ArraySolution, shapes: Mapping[str, str], answers: Mapping[tuple[str, str], list[Piece]]
) -> Picture:
    """The circuit with these texts for its shapes, and a table of the inputs and of what was answered: by `value` or
    `gradient` and the name, the rows of an answer. No other array is shown."""
    graph, cells, lines = solution.graph, [], []
    with_gradients = any(kind == "gradient" for kind, _ in answers)
    for name, label, head in [] if solution.is_sample else _heads(graph, with_gradients):
        value, gradient = answers.get(("value", name), []), answers.get(("gradient", label), [])
        if name in graph.input_names:
            value = _known(solution.array(name), True, False, False)
            lines.append(f"{head} = {in_words(solution.array(name))}")
        elif value:
            lines.append(f"{head} = {'; '.join(text.strip() for text, _ in value)}")
        if gradient:
            lines.append(
                f"gradient{f' of {name}' if name else head}: {'; '.join(text.strip() for text, _ in gradient)}"
            )
        cells.append((head, shapes[name] if name else "", value, gradient))
    return Picture(graph, shapes, beside=tuple(map(tuple, _table(cells, with_gradients))), lines=tuple(lines))


def _heads(graph: Graph, has_gradients: bool) -> list[tuple[str, str, str]]:
    """The rows of a table: the node, the name of its gradient, and its label; below a fork, its branches."""
    found = []
    for name in graph.names:
        if not is_named(graph, name):
            continue
        node, leaving = graph.node(name), graph.branches_from[name]
        head = name if node.gate is None else f"{name} = {value_formula(graph, name, whole=True)}"
        found.append((name, leaving[0].name if len(leaving) == 1 else name, head))
        if len(leaving) > 1 and has_gradients:
            found += [("", branch.name, f"  along {branch.name}") for branch in leaving]
    return found


def _known(array: Matrix, is_known: bool, is_asked: bool, blank: bool) -> list[Piece]:
    """The cells of an array, row by row, with their style."""
    if is_known:
        return [(line, "") for line in grid(array, evenly(entries(array)))]
    return [(ASKED, "asked")] if is_asked else [(BLANK if blank else UNKNOWN, "quiet")]


def _cells(
    solution: ArraySolution, values: Collection[str] | None, gradients: Collection[str] | None, asked: tuple[str, str],
    blank: bool, given: Collection[str], shapes: Mapping[str, str],
) -> list[_Cells]:  # fmt: skip
    graph, found = solution.graph, []
    for name, label, head in _heads(graph, gradients is None or bool(gradients) or asked[0] == "gradient" or blank):
        value: list[Piece] = []
        if name:
            is_asked = asked == ("value", name)
            value = _known(solution.array(name), values is None or name in values, is_asked, blank)
            value = [(text, style or "value") for text, style in value]
        branch = graph.branch_named.get(label)
        slope = solution.downstream(branch) if branch else solution.slope(label)
        is_asked = asked == ("gradient", label)
        gradient = _known(slope, gradients is None or label in gradients, is_asked, blank)
        gradient = [(text, style or "gradient") for text, style in gradient if name not in given or not name]
        found.append((head, shapes[name] if name else "", value, gradient))
    return found


def _table(cells: Sequence[_Cells], with_gradients: bool) -> list[list[Piece]]:
    """A table of node, shape, value and gradient; an array takes as many table rows as it has rows."""
    if not cells:
        return []
    head = min(_MOST_HEAD, max(columns(one[0]) for one in cells))
    shape = max(len("shape"), *(columns(one[1]) for one in cells))
    value = max(len("value"), *(columns(text) for one in cells for text, _ in one[2]))
    title = f"{'':{head}}{'':{_GAP}}{'shape':<{shape}}{'':{_GAP}}{padded('value', value, right=True)}"
    rows: list[list[Piece]] = [[(title + (f"{'':{_GAP}}gradient" if with_gradients else ""), "quiet")]]
    for called, size, numbers, slopes in cells:
        if columns(called) > head:
            rows.append([(called, "name")])
            called = ""
        for at in range(max(len(numbers), len(slopes) if with_gradients else 0, 1)):
            first = at == 0
            row: list[Piece] = [(padded(called if first else "", head + _GAP), "name")]
            row.append((padded(size if first else "", shape + _GAP), "quiet"))
            text, style = numbers[at] if at < len(numbers) else ("", "")
            row.append((padded(text, value, right=True), style))
            if with_gradients:
                row.append((" | ", "wire"))
                row.append(slopes[at] if at < len(slopes) else ("", ""))
            rows.append(row)
    return rows


def _lines(
    solution: ArraySolution, values: Collection[str] | None, gradients: Collection[str] | None, blank: bool,
    given: Collection[str],
) -> tuple[str, ...]:  # fmt: skip
    """The same with one line per node, for formats without columns."""
    if solution.is_sample:
        return ()
    found = []
    for name, label, head in _heads(solution.graph, gradients is None or bool(gradients)):
        parts = []
        if name and (values is None or name in values):
            parts.append(f"{head} = {in_words(solution.array(name))}")
        elif name and blank:
            parts.append(f"{head} = {BLANK}")
        branch = solution.graph.branch_named.get(label)
        slope = solution.downstream(branch) if branch else solution.slope(label)
        if name in given:
            pass
        elif gradients is None or label in gradients:
            parts.append(f"gradient {in_words(slope)}" if name else f"{head.strip()}: {in_words(slope)}")
        elif blank:
            parts.append(f"gradient {BLANK}" if name else f"{head.strip()}: {BLANK}")
        found += [", ".join(parts)] if parts else []
    return tuple(found)
