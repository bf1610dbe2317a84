"""The answer key for an exercise of arrays: each entry is judged by the rule for numbers, formulas at arrays of several
sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from backprop_tutor.engine import arrays
from backprop_tutor.engine.array_gates import gate_value, pulled
from backprop_tutor.engine.array_language import Operand
from backprop_tutor.engine.array_passes import ArraySolution, inputs_of, sample, sample_upstream, solve_arrays
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.graph import Graph, Shape
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.marking.acceptance import HALVES, Scale, is_right, is_right_step, to_two_decimals
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.array_answers import value_at

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.tutor.mistakes.array_edits import Edit
    from backprop_tutor.tutor.stages.stage import Question

POINTS: Final = 6
"""The number of points at which formulas are compared."""
_TRIES: Final = 40
OF_LARGEST: Final = 0.01
"""An entry may be off by this fraction of the array's largest one: rounding affects small entries more."""
_NEAR: Final = 1e-9


class ArrayKey(AnswerKey):
    """The right answers for one circuit of arrays; it serves every student."""

    solution: ArraySolution

    @cached_property
    def hands(self) -> list[ArraySolution]:
        """Both passes as people write them down: every value, product and sum rounded to two decimals."""
        return [_by_hand(self.solution, halves) for halves in HALVES] if self.exercise.has_numbers else []

    @cached_property
    def array_points(self) -> list[ArraySolution]:
        """The points at which formulas are compared; each has a different small size for every letter."""
        found: list[ArraySolution] = []
        is_loss = self.exercise.upstream == 1 and self.graph.shape(self.graph.output_name) == (1, 1)  # 1/N is dL/N
        for number in range(_TRIES):
            try:
                graph, inputs = sample(self.graph, number + 1)
                upstream = 1.0 if is_loss else sample_upstream(graph, number + 1)
                found.append(solve_arrays(graph, inputs, upstream))
            except OutOfDomain:
                continue
            if len(found) == POINTS:
                break
        return found or [self.solution]

    def expected(self, question: Question) -> list[list[float]] | list[int | str] | str:
        """The right answer as results show it: rows, a shape, or a formula."""
        right = self.right(question)
        return list(right) if isinstance(right, tuple) else right

    def right(self, question: Question, at: ArraySolution | None = None) -> Matrix | Shape | str:
        """The right array, shape or formula."""
        return _kind(question).right(question, self.exercise, at or self.solution)

    def number(self, question: Question) -> float:
        """The largest entry of the right array; 0 if no array is asked for."""
        right = self.right(question)
        return max(arrays.entries(right), key=abs) if isinstance(right, list) else 0.0

    def more(self, question: Question, entries: Sequence[Sequence[bool]]) -> Mapping[str, Any]:
        """The shape that is asked for, and each entry's verdict if the shape was right."""
        right = self.right(question)
        if not isinstance(right, list):
            return {}
        words = [["right" if one else "wrong" for one in row] for row in entries]
        return {"shape": list(shape_of(right)), **({"entries": words} if words else {})}

    def is_right(self, question: Question, answer: Answer) -> bool:
        """Whether an answer is right regardless of the other answers."""
        right = self.right(question)
        if isinstance(right, tuple):
            return answer.shape == right
        if isinstance(right, str):
            return self.is_formula_right(question, answer)
        return self.fits(answer, right, list(self.hands_of(question)), old=self.old(question))

    def old(self, question: Question) -> Matrix | None:
        """The old weights, if new weights are marked by their steps; None for any other array."""
        return self.solution.array(question.node) if question.kind.is_step else None

    def hands_of(self, question: Question) -> Iterator[Matrix]:
        """What everybody who rounds every step to two decimals gets."""
        for hand in self.hands:
            found = _kind(question).right(question, self.exercise, hand)
            if isinstance(found, list):
                yield found

    def is_formula_right(self, question: Question, answer: Answer) -> bool:
        """Whether a formula equals the gradient wherever it has a value."""
        for point in self.array_points:
            wanted = gradient_at(question, point)
            try:
                value = value_at(answer, names_at(point, sizes_at(self.graph, point)))
            except Fault:
                return False
            if shape_of(value) == (1, 1):
                value = arrays.stretched(value, shape_of(wanted))
            if shape_of(value) != shape_of(wanted) or not _is_same(value, wanted):
                return False
        return True

    def fits(
        self, answer: Answer, wanted: Matrix, also: Sequence[Matrix] = (), is_carried: bool = False,
        old: Matrix | None = None,
    ) -> bool:  # fmt: skip
        """Whether every entry of an answer is right for an array, or for that array worked out by hand."""
        if answer.shape != shape_of(wanted):
            return False
        return all(all(row) for row in self.marked(answer, wanted, also, is_carried, old))

    @cached_property
    def sizes(self) -> dict[str, float]:
        """The values of size letters for the key's own arrays."""
        return self.sizes_at(self.solution)

    def sizes_at(self, point: ArraySolution) -> dict[str, float]:
        """What an answer may name besides nodes and gradients: sizes, and the learning rate if there is one."""
        rate = {} if self.exercise.update is None else dict.fromkeys(("α", "alpha", "rate"), self.rate)
        return {**sizes_at(self.graph, point), **rate}

    def marked_right(self, question: Question, answer: Answer) -> tuple[tuple[bool, ...], ...]:
        """Which entries of an answer are right, if its shape is."""
        right = self.right(question)
        if not isinstance(right, list) or answer.shape != shape_of(right):
            return ()
        return self.marked(answer, right, list(self.hands_of(question)), old=self.old(question))

    def are_right(self, entries: Iterable[tuple[int, int, Answer]], wanted: Matrix, old: Matrix | None = None) -> bool:
        """Whether these entries, each with its row and column, are right for an array."""
        room = OF_LARGEST * arrays.largest(wanted)
        old = old if old is not None and shape_of(old) == shape_of(wanted) else None
        return all(
            _is_entry_right(entry, wanted[row][column], (), self.scale, room, None if old is None else old[row][column])
            for row, column, entry in entries
        )

    @cached_property
    def known_edits(self) -> dict[tuple[str, str, int], list[Edit]]:
        """The edits of each question that was answered wrongly, by stage, target, and the point where they are."""
        return {}

    def marked(
        self, answer: Answer, wanted: Matrix, also: Sequence[Matrix] = (), is_carried: bool = False,
        old: Matrix | None = None,
    ) -> tuple[tuple[bool, ...], ...]:  # fmt: skip
        """Which entries are right, if the shape is; new weights are marked by their step from the `old` ones."""
        scale = self.carried_scale if is_carried else self.scale
        room = OF_LARGEST * arrays.largest(wanted)
        return tuple(
            tuple(
                _is_entry_right(
                    entry,
                    wanted[row][column],
                    [one[row][column] for one in also],
                    scale,
                    room,
                    None if old is None else old[row][column],
                )
                for column, entry in enumerate(line)
            )
            for row, line in enumerate(answer.entries)
        )


class _Kind(Protocol):
    """What a kind of question about arrays adds to a stage."""

    def right(self, question: Question, exercise: Exercise, solution: ArraySolution) -> Matrix | Shape | str:
        """The right answer."""


def _kind(question: Question) -> _Kind:
    return cast("_Kind", question.kind)


def gradient_at(question: Question, point: ArraySolution) -> Matrix:
    """The gradient that a question asks about: what a branch carries, else the node's."""
    return point.slope(question.node) if question.branch is None else point.downstream(question.branch)


def _is_entry_right(
    entry: Answer, exact: float, by_hand: Sequence[float], scale: Scale, room: float, old: float | None = None
) -> bool:
    if old is not None:
        moved = [
            exact,
            *(new for new in by_hand if new != old),
        ]  # rounded to no step, it is right only if there is none
        return any(is_right_step(entry, old, new - old, scale) for new in moved)
    if is_right(entry, exact, scale):
        return True
    if entry.value == 0 or abs(exact) <= scale.zero:
        return False  # only 0 answers 0
    if abs(entry.value - exact) <= room:
        return True
    return any(number and is_right(entry, number, scale) for number in by_hand)


def names_at(point: ArraySolution, sizes: Mapping[str, float]) -> dict[str, Operand]:
    """What a formula may name at a point: nodes, gradients by their symbols, sizes."""
    names = point.graph.names
    found: dict[str, Operand] = {**sizes, **{f"∂{name}": point.slope(name) for name in names}}
    return found | {name: point.array(name) for name in names}


def sizes_at(graph: Graph, point: ArraySolution) -> dict[str, float]:
    """What the size letters of a graph stand for at a point."""
    found: dict[str, float] = {}
    for shape, array in zip(graph.shapes, point.arrays, strict=True):
        for letter, size in zip(shape, shape_of(array), strict=True):
            if isinstance(letter, str):
                found[letter] = float(size)
    return found


def _is_same(one: Matrix, other: Matrix) -> bool:
    room = _NEAR * max(arrays.largest(one), arrays.largest(other), 1e-3)  # zeros are near each other
    pairs = zip(arrays.entries(one), arrays.entries(other), strict=True)
    return all(abs(x - y) <= room for x, y in pairs)


def _by_hand(solution: ArraySolution, halves: float) -> ArraySolution:
    """Both passes with every value, product and sum rounded to two decimals."""
    graph = solution.graph
    values: list[Matrix] = []

    def rounded(array: Matrix) -> Matrix:
        return arrays.mapped(lambda entry: to_two_decimals(entry, halves), array)

    for node, (gate, sources, constant) in enumerate(graph.rows):
        try:
            value = gate_value(gate, [values[source] for source in sources], constant) if gate else None
            values.append(rounded(value) if value is not None else solution.arrays[node])
        except (ArithmeticError, ValueError, TypeError):
            values.append(solution.arrays[node])
    slopes = [arrays.filled(shape_of(value)) for value in values]
    carried: list[list[Matrix]] = [[] for _ in values]
    terms: list[list[Matrix]] = [[] for _ in values]
    terms[graph.output] = [solution.slopes[graph.output]]
    for node in range(graph.output, -1, -1):
        if terms[node]:
            slopes[node] = rounded(arrays.sum_of(terms[node])) if node != graph.output else terms[node][0]
        gate, sources, _ = graph.rows[node]
        if gate is None:
            continue
        try:
            carried[node] = [rounded(one) for one in pulled(gate, inputs_of(graph, node, values, slopes))]
        except (ArithmeticError, ValueError, TypeError):
            carried[node] = solution.pulled[node]
        for source, downstream in zip(sources, carried[node], strict=True):
            terms[source].append(downstream)
    return solution._replace(arrays=values, slopes=slopes, pulled=carried)
