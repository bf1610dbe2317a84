"""The causes of a wrong array: an edit matches if every wrong entry is what it predicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Final, cast

from backprop_tutor.engine import arrays
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.gate import USUAL
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.array_edits import Edit, edits_of, is_same
from backprop_tutor.tutor.mistakes.matching import BEFORE, FEW_DIGITS, NAMED, NEAR, OF_THE_FIRST, OWN, SECOND, Reading
from backprop_tutor.tutor.mistakes.rows import Row

if TYPE_CHECKING:
    from backprop_tutor.engine.array_passes import ArraySolution
    from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt
    from backprop_tutor.tutor.stages.stage import Question

_BY_DIGITS, _OF_ZERO, _MOST_BY_CHANCE = 0.10, 0.3, 0.3
"""Probability that a wrong entry matches some edit by chance: per digits written, for a 0, and at most."""
_OF_FORMULA: Final = 0.01
"""The same for an entry that was typed as an expression, which has no digits of its own."""
_PER_THOUSAND: Final = 1000
"""Mistakes have their weights among a thousand wrong answers, so chance has too."""
_EXCUSED: Final = 0.05
"""The weight of an edit that predicts another number where the answer is right."""
_ROOM: Final = 1.0001
"""What floats lose at the edge of what counts as near."""
_FORMULA_POINTS: Final = 2
"""The number of neighbouring points at which a formula must match, too."""


class ArrayReading(NamedTuple):
    """One slip as an array: the edit to report, and the ids of all edits that give the same array here."""

    edit: Edit
    ids: tuple[str, ...]
    weight: float


def diagnose_array(
    attempt: ArrayAttempt, question: Question, answer: Answer, before: Collection[str] = ()
) -> list[Reading]:
    """The causes of a wrong answer: at most two readings, likeliest first."""
    key = attempt.key
    if answer.shape is not None and not answer.entries:
        return []  # a wrong shape needs no diagnosis
    right = key.right(question)
    if isinstance(right, tuple):
        return []
    if isinstance(right, str) and not answer.steps:
        return [Reading(("number-for-formula",), 1.0, cast("Row", Edit("number-for-formula", USUAL, [])))]
    points = [(key.solution, _array_at(attempt, question, key.solution))]
    is_formula = isinstance(right, str)  # which follows from nobody's numbers
    own = None if is_formula else next((one.array for one in attempt.follows(question) if one.slipped), None)
    if own is not None:
        points.append((attempt.given.own_pass(attempt.given.own_values(), question), own))
    found = [one for at in points for one in _grouped(_matching(attempt, question, answer, *at), answer, before)]
    if not found:
        if answer.entries and answer.shape != shape_of(points[0][1]):
            row = Edit("wrong-shape", USUAL, points[0][1])
            return [Reading(("wrong-shape",), 1.0, cast("Row", row))]
        return []
    ordered = sorted(found, key=lambda one: -one.weight)
    first = ordered[0]
    few = FEW_DIGITS if _is_exact(answer, first.edit.array) else 1.0
    chance = _PER_THOUSAND * prod(
        _by_chance(entry, few) for _, _, entry in _wrong_entries(attempt, question, answer, points[0][1])
    )
    total = sum(one.weight for one in found) + chance
    if first.weight / total < NAMED:
        return []
    is_second = [one.weight >= max(OF_THE_FIRST * first.weight, SECOND * total) for one in ordered[1:2]]
    named = ordered[: 1 + sum(is_second)]
    return [Reading(one.ids, one.weight / total, cast("Row", one.edit)) for one in named]


def _matching(
    attempt: ArrayAttempt, question: Question, answer: Answer, solution: ArraySolution, wanted: Matrix
) -> list[Edit]:
    """The edits at some numbers that an answer matches."""
    wrong, old = _wrong_entries(attempt, question, answer, wanted), attempt.key.old(question)
    try:
        edits = _edits_at(attempt, question, solution, wanted)
    except (ArithmeticError, ValueError, TypeError):
        return []  # at the student's own numbers, which lie outside a gate's domain
    found = [
        edit for edit in edits if answer.shape == shape_of(edit.array) and attempt.key.are_right(wrong, edit.array, old)
    ]
    return [edit for edit in found if not answer.steps or _is_formula_of(attempt, question, answer, edit)]


def _array_at(attempt: ArrayAttempt, question: Question, solution: ArraySolution) -> Matrix:
    """The right array of a question; if it asks for a formula, the gradient that the formula gives."""
    right = attempt.key.right(question, solution)
    return right if isinstance(right, list) else solution.slope(question.node)


def _edits_at(attempt: ArrayAttempt, question: Question, solution: ArraySolution, wanted: Matrix) -> list[Edit]:
    """The edits at some numbers; at those of the key, which are the same for every student, computed only once."""
    key = attempt.key
    points = [key.solution, *key.array_points[:_FORMULA_POINTS]] if question.kind.asks_formula else [key.solution]
    number = next((at for at, point in enumerate(points) if point is solution), None)
    if number is None:
        return edits_of(question, key.exercise, solution, wanted)
    place = question.stage, question.target, number
    if place not in key.known_edits:
        key.known_edits[place] = edits_of(question, key.exercise, solution, wanted)
    return key.known_edits[place]


def _wrong_entries(
    attempt: ArrayAttempt, question: Question, answer: Answer, right: Matrix
) -> list[tuple[int, int, Answer]]:
    """The wrong entries, each with its row and column; all of them if the shape is wrong."""
    has_shape = answer.shape == shape_of(right)
    key = attempt.key
    marked = (
        key.marked(answer, right, old=key.old(question))
        if has_shape
        else [[False] * len(row) for row in answer.entries]
    )
    return [
        (row, column, entry)
        for row, (line, marks) in enumerate(zip(answer.entries, marked, strict=True))
        for column, (entry, is_right) in enumerate(zip(line, marks, strict=True))
        if not is_right
    ]


def _by_chance(entry: Answer, few: float) -> float:
    """How likely a wrong entry is to match some edit by chance; an exact hit on `few` digits counts as more precise."""
    if entry.value == 0:
        return _OF_ZERO
    width = min(few, entry.unit / abs(entry.value))
    return min(_MOST_BY_CHANCE, _BY_DIGITS * width) if entry.unit else _OF_FORMULA


def _grouped(edits: Sequence[Edit], answer: Answer, before: Collection[str]) -> Iterator[ArrayReading]:
    """The edits that give the same array, as one reading: the likeliest is reported, a gate's own in preference to
    others."""
    groups: list[list[Edit]] = []
    for edit in edits:
        for group in groups:
            if is_same(group[0].array, edit.array):
                group.append(edit)
                break
        else:
            groups.append([edit])
    for group in groups:
        weights = {edit: _weight(edit, before) for edit in map(_hashable, group)}
        ordered = sorted(group, key=lambda edit: -weights[_hashable(edit)] * (OWN if edit.is_own else 1))
        closeness = _closeness(answer, group[0].array)
        yield ArrayReading(
            ordered[0], tuple(dict.fromkeys(edit.id for edit in ordered)), sum(weights.values()) * closeness
        )


def _hashable(edit: Edit) -> tuple[str, float, str]:
    return edit.id, edit.often, edit.branch.name if edit.branch is not None else edit.member


def _weight(edit: tuple[str, float, str], before: Collection[str]) -> float:
    id_, often, _ = edit
    return often * (BEFORE if id_.partition("@")[0] in before else 1)


def _closeness(answer: Answer, array: Matrix) -> float:
    """More hits come first: a right entry for which an edit predicts another number is evidence against the edit."""
    pairs = zip((entry for row in answer.entries for entry in row), arrays.entries(array), strict=True)
    hits = [abs(entry.value - number) <= max(0.5 * entry.unit, NEAR * abs(number)) * _ROOM for entry, number in pairs]
    return 1.0 if all(hits) else _EXCUSED


def _is_exact(answer: Answer, array: Matrix) -> bool:
    """Whether every entry is exactly the predicted number, not a rounded one."""
    pairs = zip((entry for row in answer.entries for entry in row), arrays.entries(array), strict=True)
    return all(abs(entry.value - number) <= EXACT * abs(number) for entry, number in pairs)


def _is_formula_of(attempt: ArrayAttempt, question: Question, answer: Answer, edit: Edit) -> bool:
    """Whether a formula amounts to that mistake at other arrays too."""
    from backprop_tutor.tutor.marking.array_answers import value_at
    from backprop_tutor.tutor.marking.array_key import names_at

    for point in attempt.key.array_points[:_FORMULA_POINTS]:
        try:
            value = value_at(answer, names_at(point, attempt.key.sizes_at(point)))
        except Fault:
            return False
        right = _array_at(attempt, question, point)
        there = _edits_at(attempt, question, point, right)
        if not any(other.id == edit.id and is_same(other.array, value) for other in there):
            return False
    return True
