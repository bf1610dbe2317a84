"""The student's own graph: reads it, compares it with the exercise's at many points and line by line, and matches its
gates with those of the exercise."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import chain, islice

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import gates_by_line, read_graph, read_lines
from backprop_tutor.engine.formatting import formula, gate_line
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import DeadGate, UnusedInput
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.errors import Faults, described
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT, points_at_kinks, points_everywhere, values_at
from backprop_tutor.tutor.stages.stage import Question, is_asked, points_of

_POINTS = 40  # more than for a formula: a whole graph may differ in one corner alone
_POINTS_OF_IDLE = 12  # enough that no two different functions of a lesson agree at all of them
_POINTS_OF_A_TWIN = 16  # each node is compared with each: a few more than for an idle one
_ENOUGH = 4  # the fewest points at which two gates must agree to be taken for the same
_NEAR_AND_FAR = 12
_NOISE = 1e-13  # of the largest number beside them: two orders of adding up differ by less
_FAR = (1e3, 1e6, 1e9)  # a kink may lie outside the usual range of numbers
_MOST_LINES = 4  # this many times the allowed number of lines are read, so that they can be criticised one by one

Values = Sequence[tuple[list[float], list[float] | None]]
"""At each point, the values of the exercise's nodes and of the student's (None outside their domain)."""


class Drawn(NamedTuple):
    """A student's graph after marking. `solution` is set if it is right: only then are the questions about it. `idle`
    lists its gates that do nothing: their value equals an earlier node's at every point. `wrong_line` names the line
    where it departs from the exercise's, without giving the right one.
    """

    text: str
    is_right: bool
    is_readable: bool
    message: str = ""
    solution: Solution | None = None
    idle: frozenset[str] = frozenset()
    wrong_line: str = ""


def read_drawn(exercise: Exercise, text: str) -> Drawn:
    """Marks a student's graph: it is right if every line is one gate and its function equals the exercise's
    everywhere."""
    most = most_gates(exercise.graph)
    lines = sum(not line.isspace() for line in text.splitlines())
    if lines > _MOST_LINES * most:  # not worth reading: it could be made arbitrarily slow
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
        wrong = _wrong_line(exercise.graph, graph, values)
        return Drawn(text, is_right=False, is_readable=True, message="\n".join(faults), wrong_line=wrong)
    solution = solve(graph, [exercise.values[name] for name in graph.input_names], exercise.upstream)
    return Drawn(text, True, True, "", solution, _idle(graph, values))


def most_gates(graph: Graph) -> int:
    """How many gates a student's graph may have: half as many again as the exercise's, plus two."""
    return len(graph.gate_names) * 3 // 2 + 2


def _faults(exercise: Exercise, graph: Graph, text: str, values: Values) -> list[str]:
    lines = read_lines(text).lines
    found = [
        f"line {number} ({one.name} = ...) contains {len(gates)} gates, {', '.join(gates)}. Give each gate a line of "
        f"its "
        f"own."
        for number, (one, gates) in enumerate(zip(lines, gates_by_line(graph, lines), strict=True), 1)
        if len(gates) > 1
    ]
    end = exercise.graph.output
    if not all(theirs and _same(theirs[graph.output], ours[end], ours, theirs) for ours, theirs in values):
        found.append(_difference(exercise.graph, graph, values))
    elif len(graph.gate_names) > most_gates(exercise.graph):
        found.append(_too_many(exercise.graph, f"{len(graph.gate_names):,} gates"))
    else:
        try:
            solve(graph, [exercise.values[name] for name in graph.input_names], exercise.upstream)
        except OutOfDomain as error:
            found.append(str(error))
    return found


def _too_many(graph: Graph, what: str) -> str:
    return (
        f"Your graph has {what}, but {len(graph.gate_names)} gates are enough. Leave out the ones that it does not "
        f"need."
    )


def _in_words(text: str, fault: object) -> str:
    if isinstance(fault, UnusedInput):
        return f"{fault.name} is never used: every input must enter a gate."
    if isinstance(fault, DeadGate):
        return f"{fault.name} leads nowhere: the last line is the output, and every gate must lead to it."
    return described(text, fault)  # type: ignore[arg-type]


def _values_everywhere(ours: Graph, theirs: Graph) -> Values:
    """Both graphs at points of all sizes, and on both sides of every kink in either of them."""
    spread = list(islice(points_everywhere(ours), _POINTS))
    far = [[factor * number for number in inputs] for factor in _FAR for inputs in spread[:_NEAR_AND_FAR]]
    kinks = (points_at_kinks(graph, [*spread, *far]) for graph in (theirs, ours))
    found = ((values_at(ours, inputs), inputs) for inputs in (*spread, *chain.from_iterable(kinks)))
    return [(values, values_at(theirs, inputs)) for values, inputs in found if values is not None]


def _same(a: float, b: float, *beside: Sequence[float]) -> bool:
    largest = max(max(map(abs, values)) for values in beside)
    return abs(a - b) <= EXACT * max(abs(a), abs(b)) + _NOISE * largest


def _idle(graph: Graph, values: Values) -> frozenset[str]:
    """The gates that do nothing: once each node is replaced by the earliest one equal to it, they no longer lead to the
    output."""
    points = [theirs for _, theirs in values if theirs][:_POINTS_OF_IDLE]
    if not points:
        return frozenset()
    earliest: dict[tuple[str, ...], int] = {}
    stands_for = [earliest.setdefault(_signature(points, node), node) for node in range(len(graph))]
    needed = {stands_for[graph.output]}
    for node in range(len(graph) - 1, -1, -1):
        if node in needed:
            needed.update(stands_for[source] for source in graph.inputs[node])
    return frozenset(name for node, name in enumerate(graph.names) if graph.inputs[node] and node not in needed)


def _difference(ours: Graph, theirs: Graph, values: Values) -> str:
    """Where a student's graph departs from the exercise's, in words: the first gate that none of theirs computes."""
    found = next(_leaving(ours, theirs, values), None)
    if found is None:
        return "The output is not the exercise's function."
    name, written = found
    wanted = formula(written, times=" × ", folds=False)
    if name:
        computed = formula(theirs.node(name).written, times=" × ", folds=False)
        return f"{name} computes {computed} where {wanted} is needed."
    return f"No line computes {wanted}, so the output is not the exercise's function."


def _wrong_line(ours: Graph, theirs: Graph, values: Values) -> str:
    """The wrong line of a student's graph, in words, without giving the right one; empty if none is known."""
    names = [name for name, _ in _leaving(ours, theirs, values) if name]
    if not names:
        return ""
    wrong = gate_line(names[0], theirs.node(names[0]).written)
    return f"{wrong} is wrong: no gate of this circuit computes that."


def _leaving(ours: Graph, theirs: Graph, values: Values) -> Iterator[tuple[str, str]]:
    """The exercise's gates that no gate of the student's computes although their inputs are there, each with the line
    that seems meant for it (if any) and how it would be written there."""
    points = [(a, b) for a, b in values if b]
    matched = [_match(node, theirs, points) for node in range(len(ours))]
    for node, (gate, sources, _) in enumerate(ours.rows):
        if gate is None or matched[node] is not None or any(matched[source] is None for source in sources):
            continue
        words = [theirs.names[matched[source] or 0] for source in sources]
        others = (
            name
            for other, name in enumerate(theirs.names)
            if other not in matched and theirs.gates[other] and _resembles(theirs, other, ours, node, set(words))
        )
        yield next(others, ""), gate.written(words, ours.constant(node))


def gates_found(ours: Graph, theirs: Graph) -> set[str]:
    """The gates of a student's graph, finished or not, that compute the same as some gate of the exercise."""
    spread = list(islice(points_everywhere(ours), _POINTS_OF_A_TWIN))
    points = [
        (mine, own) for mine, own in ((values_at(ours, at), values_at(theirs, at)) for at in spread) if mine and own
    ]
    if len(points) < _ENOUGH:
        return set()
    gates = {_signature([mine for mine, _ in points], node) for node in range(len(ours)) if ours.gates[node]}
    return {
        name
        for node, name in enumerate(theirs.names)
        if theirs.gates[node] and _signature([own for _, own in points], node) in gates
    }


def _match(node: int, theirs: Graph, points: Sequence[tuple[list[float], list[float]]]) -> int | None:
    for other in range(len(theirs)):
        if points and all(_same(ours[node], mine[other], ours) for ours, mine in points):
            return other
    return None


def _resembles(theirs: Graph, other: int, ours: Graph, node: int, operands: set[str]) -> bool:
    """Whether a student's gate seems meant for one of the exercise's: it has the same kind or the same inputs."""
    sources = {theirs.names[source] for source in theirs.inputs[other]}
    is_same_kind = theirs.gates[other] is ours.gates[node]
    return bool(sources & operands) if is_same_kind else sources == operands


class Worth(NamedTuple):
    """What the questions of a stage are worth. Each of `pairs` is a question of the exercise: the targets of the
    student's equivalent questions, with its points. The points `left`, those of the exercise's other questions, are
    shared among the student's questions without a counterpart, `alone`.
    """

    pairs: list[tuple[list[str], float]]
    alone: list[str]
    left: float
    each: Mapping[str, float]
    """How much each question that can score contributes to the total, by target."""

    def points(self, counted: Mapping[str, bool]) -> float:
        """The points of answers that count (True) or not, by target; unanswered questions are absent."""
        points = 0.0
        for targets, worth in self.pairs:
            if len(targets) == 1:  # as with all of the exercise's own
                if counted.get(targets[0]):
                    points += worth
            else:
                answered = [counted[target] for target in targets if target in counted]
                points += worth * (bool(answered) and all(answered))
        if not self.left:
            return points
        if self.alone:
            return points + self.left * sum(counted.get(target, False) for target in self.alone) / len(self.alone)
        # A graph that needs fewer gates has no questions for the rest: the existing ones are worth the full points.
        return points * self._more

    @property
    def _more(self) -> float:
        """The factor by which the pairs' points grow if no other question shares what is left."""
        paired = sum(worth for _, worth in self.pairs)
        return (paired + self.left) / paired if paired else 0.0


def worth_of(asked: Sequence[Question], exercise: Exercise) -> Worth:
    """What the exercise's own questions of a stage are worth."""
    each = {question.target: points_of(question, exercise) for question in asked}
    return Worth([([target], points) for target, points in each.items()], [], 0.0, each)


def _shared(pairs: list[tuple[list[str], float]], alone: list[str], left: float) -> Worth:
    """What questions about a student's own graph are worth; those without a counterpart are worth nothing if no points
    are left."""
    alone = alone if left else []
    worth = Worth(pairs, alone, left, {})
    more = worth._more if left and not alone else 1.0
    each = {target: more * points / len(targets) for targets, points in pairs for target in targets}
    return worth._replace(each=each | {target: left / len(alone) for target in alone})


class Twins:
    """The exercise's question for each one about a student's graph; a gate that only one of the graphs has gets no
    twin."""

    def __init__(self, ours: Graph, theirs: Graph, known: Mapping[str, Mapping[str, Question]]) -> None:
        self.graph, self.known = ours, known
        self.names = _names(ours, theirs)

    def ours(self, question: Question) -> Question | None:
        """The exercise's question that corresponds to one about the student's graph."""
        known = self.known[question.stage]
        if not question.kind.is_by_node:
            return known.get(question.target)
        if question.branch is None:
            return known.get(self.names.get(question.node, ""))
        branch, gate = question.branch, self.names.get(question.branch.gate)
        into = self.graph.branches_into(gate) if gate is not None else []
        found = [one for one in into if one.source == self.names.get(branch.source)]
        twin = min(found, key=lambda one: one.slot != branch.slot, default=None)
        return known.get(twin.name) if twin is not None else None

    def worth(self, ours: Sequence[Question], theirs: Sequence[Question], idle: Container[str], own: Worth) -> Worth:
        """What a stage's questions about the student's graph are worth, given the exercise's questions `ours` and their
        worth `own`."""
        pairs: dict[str, list[str]] = {}
        alone: list[str] = []
        for question in theirs:
            twin = self.ours(question)
            if twin is not None:
                pairs.setdefault(twin.target, []).append(question.target)
            elif question.gate not in idle:
                alone.append(question.target)
        twins = [(pairs[one.target], own.each[one.target]) for one in ours if one.target in pairs]
        left = sum(own.each[question.target] for question in ours if question.target not in pairs)
        return _shared(twins, alone, left)


def asked_about_own(
    found: Sequence[Question], ours: Sequence[Question], exercise: Exercise, graph: Graph
) -> list[Question]:
    """The questions among `found`, about a student's graph, that are asked if an exercise asks only some of its own
    questions `ours`: the twins of the asked ones and, if one of these has no twin, the questions that are no one's
    twin."""
    if not ours or not ours[0].kind.is_by_node:
        return list(found)
    asked = {question.target for question in ours if is_asked(question, exercise)}
    twins = Twins(exercise.graph, graph, {ours[0].stage: {name: one for one in ours for name in one.names}})
    pairs = [(question, twins.ours(question)) for question in found]
    is_whole = asked <= {twin.target for _, twin in pairs if twin is not None}
    return [
        question
        for question, twin in pairs
        if question.source not in exercise.given and (not is_whole if twin is None else twin.target in asked)
    ]


def _names(ours: Graph, theirs: Graph) -> dict[str, str]:
    """The exercise's names by the student's: inputs by name, gates by their values at seeded points."""
    names = {name: name for name in ours.input_names}
    seen = [(values_at(ours, at), values_at(theirs, at)) for at in islice(points_everywhere(ours), _POINTS_OF_A_TWIN)]
    points = [(mine, own) for mine, own in seen if mine and own]
    if len(points) < _ENOUGH:
        return names
    twins = {_signature([mine for mine, _ in points], node): name for node, name in reversed([*enumerate(ours.names)])}
    for node, name in enumerate(theirs.names):
        twin = twins.get(_signature([own for _, own in points], node))
        if theirs.gates[node] is not None and twin is not None:
            names[name] = twin
    return names


def _signature(points: list[list[float]], node: int) -> tuple[str, ...]:
    return tuple(f"{point[node] + 0.0:.9g}" for point in points)  # -0.0 equals 0.0
