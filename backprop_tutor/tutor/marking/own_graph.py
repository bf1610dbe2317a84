"""The student's own graph: read, compared with the exercise's everywhere, and told apart line by line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import gates_by_line, read_graph
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import DeadGate, UnusedInput, read_lines
from backprop_tutor.engine.passes import OutOfDomain, Solution, forward, solve
from backprop_tutor.errors import Faults, described
from backprop_tutor.tutor.marking.formulas import points_at_kinks, points_everywhere

_POINTS = 40
_POINTS_OF_A_TWIN = 12  # enough that no two functions of a lesson agree at all of them
_NEAR_AND_FAR = 12
_FAR = (1e3, 1e6, 1e9)  # a kink may lie beyond all usual numbers
_MOST_LINES = 4  # times as many as gates are allowed are read at all, so that what is wrong with them can be said


Values = Sequence[tuple[list[float], list[float] | None]]
"""At each point, the values of the exercise's nodes and of the student's (None outside of their domain)."""


class Drawn(NamedTuple):
    """What came of a student's graph. `solution` is there where it is right: only then are the questions about it.

    `idle` are its gates that do nothing: their value is an earlier node's wherever one looks.
    """

    text: str
    is_right: bool
    is_readable: bool
    message: str = ""
    solution: Solution | None = None
    idle: frozenset[str] = frozenset()


def read_drawn(exercise: Exercise, text: str) -> Drawn:
    """Marks a student's graph: right where every line is one gate and it equals the exercise's function everywhere."""
    most = most_gates(exercise.graph)
    lines = sum(not line.isspace() for line in text.splitlines())
    if lines > _MOST_LINES * most:  # not worth reading: it could take as long as somebody likes
        return Drawn(text, is_right=False, is_readable=True, message=_too_many(exercise.graph, f"{lines:,} lines"))
    try:
        graph = read_graph(text, exercise.graph.input_names)
    except Faults as error:
        words = "\n".join(_in_words(error.text, fault) for fault in error.faults)
        only_unused = all(isinstance(fault, UnusedInput | DeadGate) for fault in error.faults)
        return Drawn(text, is_right=False, is_readable=only_unused, message=words)
    values = _values_everywhere(exercise.graph, graph)
    faults = _faults(exercise, graph, text, values)
    if faults:
        return Drawn(text, is_right=False, is_readable=True, message="\n".join(faults))
    solution = solve(graph, [exercise.values[name] for name in graph.input_names], exercise.upstream)
    return Drawn(text, True, True, "", solution, _idle(graph, values))


def most_gates(graph: Graph) -> int:
    """How many gates a student's graph may have: half as many again as the exercise's, and two."""
    return len(graph.gate_names) * 3 // 2 + 2


def _faults(exercise: Exercise, graph: Graph, text: str, values: Values) -> list[str]:
    """Everything that is wrong with a graph that can be read."""
    found = [crowded_lines(graph, text)]
    if any(
        theirs is None or not _same(theirs[graph.output], ours[exercise.graph.output], ours, theirs)
        for ours, theirs in values
    ):
        found.append(difference(exercise.graph, graph, values))
    elif len(graph.gate_names) > most_gates(exercise.graph):
        found.append(_too_many(exercise.graph, f"{len(graph.gate_names):,} gates"))
    else:
        try:
            solve(graph, [exercise.values[name] for name in graph.input_names], exercise.upstream)
        except OutOfDomain as error:
            found.append(str(error))
    return [fault for fault in found if fault]


def _too_many(graph: Graph, what: str) -> str:
    return (
        f"Your graph has {what}, and {len(graph.gate_names)} gates are enough. Leave out those that it does not need."
    )


def _in_words(text: str, fault: object) -> str:
    if isinstance(fault, UnusedInput):
        return f"{fault.name} is never used: every input has a branch into some gate."
    if isinstance(fault, DeadGate):
        return f"{fault.name} leads nowhere: the last line is the output, and every gate reaches it."
    return described(text, fault)  # type: ignore[arg-type]


def crowded_lines(graph: Graph, text: str) -> str:
    """Which lines hold more than one gate, in words; nothing where each holds one."""
    said = []
    lines = read_lines(text).lines
    for number, (line, gates) in enumerate(zip(lines, gates_by_line(graph, lines), strict=True), 1):
        if len(gates) > 1:
            named = ", ".join(gates)
            said.append(
                f"line {number} ({line.name} = ...) holds {len(gates)} gates, {named}. Give each gate a line of its "
                f"own."
            )
    return "\n".join(said)


def _values_everywhere(ours: Graph, theirs: Graph) -> Values:
    """Both graphs at points of all sizes, and on either side of every kink of each of them."""
    found: list[tuple[list[float], list[float] | None]] = []
    spread = list(islice(points_everywhere(ours), _POINTS))
    far = [[factor * number for number in inputs] for factor in _FAR for inputs in spread[:_NEAR_AND_FAR]]
    kinks = (points_at_kinks(graph, [*spread, *far]) for graph in (theirs, ours))
    for inputs in (*spread, *chain.from_iterable(kinks)):
        try:
            values = forward(ours, inputs)
        except OutOfDomain:
            continue
        try:
            found.append((values, forward(theirs, inputs)))
        except OutOfDomain:
            found.append((values, None))
    return found


def _same(a: float, b: float, *beside: Sequence[float] | None) -> bool:
    largest = max(max(map(abs, values)) for values in beside if values)
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b)) + 1e-13 * largest


def _idle(graph: Graph, values: Values) -> frozenset[str]:
    """The gates that do nothing: with each node replaced by the earliest one that equals it, they reach no output."""
    points = [theirs for _, theirs in values if theirs][:_POINTS_OF_A_TWIN]
    if not points:
        return frozenset()
    earliest: dict[tuple[str, ...], int] = {}
    stands_for = []
    for node in range(len(graph)):
        signature = tuple(f"{point[node] + 0.0:.9g}" for point in points)  # -0.0 and 0.0 are one
        stands_for.append(earliest.setdefault(signature, node))
    needed = {stands_for[graph.output]}
    for node in range(len(graph) - 1, -1, -1):
        if node in needed:
            needed.update(stands_for[source] for source in graph.inputs[node])
    return frozenset(name for node, name in enumerate(graph.names) if graph.inputs[node] and node not in needed)


def difference(ours: Graph, theirs: Graph, values: Values) -> str:
    """Where a student's graph leaves the exercise's, in words: the first gate that nothing of theirs computes."""
    points = [(a, b) for a, b in values if b]
    matched = {node: _match(node, theirs, points) for node in range(len(ours))}
    used = {match for match in matched.values() if match is not None}
    for node in range(len(ours)):
        sources = ours.inputs[node]
        if not sources or matched[node] is not None or any(matched[source] is None for source in sources):
            continue
        wanted = ours.node(ours.names[node])
        words = [theirs.names[matched[source] or 0] for source in sources]
        written = wanted.gate.written(words, wanted.constant) if wanted.gate else ""
        near = [
            other
            for other in range(len(theirs))
            if other not in used and _resembles(theirs, other, ours, node, set(words))
        ]
        if near:
            mine = theirs.node(theirs.names[near[0]])
            return f"{mine.name} computes {mine.written} where {written} is wanted."
        return f"No line computes {written}, so the output is another function than the exercise's."
    return "The output is another function than the exercise's."


def _match(node: int, theirs: Graph, points: Sequence[tuple[list[float], list[float] | None]]) -> int | None:
    for other in range(len(theirs)):
        if points and all(_same(ours[node], mine[other], ours) for ours, mine in points if mine):
            return other
    return None


def _resembles(theirs: Graph, other: int, ours: Graph, node: int, operands: set[str]) -> bool:
    """Whether a student's gate seems meant for one of the exercise's: the same kind, or the same inputs."""
    sources = {theirs.names[source] for source in theirs.inputs[other]}
    if not sources:
        return False
    same_kind = theirs.gates[other] is ours.gates[node]
    return bool(sources & operands) if same_kind else sources == operands
