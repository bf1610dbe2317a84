"""How well a plain number fits the edits of a question, judged by its digits and by how often each edit is made,
against chance. A place at a student's own numbers may differ from what is true: the same edits give other numbers
there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from backprop_tutor.engine.gate import ALWAYS, USUAL
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT, is_long, is_rounded, shows_enough
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.carried import computed
from backprop_tutor.tutor.mistakes.edits import AtGate, Edits, Entry
from backprop_tutor.tutor.mistakes.mistake import is_same
from backprop_tutor.tutor.mistakes.places import (
    AtBranch,
    AtFork,
    AtValue,
    BranchSpot,
    ForkSpot,
    NeuronSpot,
    Place,
    PlainSpot,
    ValueSpot,
)  # fmt: skip
from backprop_tutor.tutor.mistakes.rows import Row

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.stages.stage import Question

NEAR: Final = 0.02
"""The relative error of a result worked out from rounded numbers."""
_WIDER: Final = 1.05
"""It is relative to the number that was meant, which may be larger than the one that was written."""
_COARSE, _BOTH_SHORT = 0.3, 0.1
"""The fit of a number that itself has few digits, different from those written, or of which few were written; or both:
nobody rounds 1.5 to 2."""
_CUT: Final = 0.25
_SOMEWHERE, _SOMEWHERE_FINE = 0.15, 0.05
"""The fraction of answers that lie anywhere within 2 %; smaller for those written to a thousandth."""
_FINE: Final = 0.001
_BY_DIGITS, _BY_RATIO, _OF_ZERO = 0.10, 0.004, 0.008
"""The weight of chance: for an unexplained number, by its digits; for a simple fraction of the right one; for a 0."""
FEW_DIGITS: Final = 0.03
"""An exact hit on a number with few digits counts as if it were written to this relative precision."""
_SIMPLE, _WHOLE = 6, 1e-6
"""Fractions with numbers up to 6 are simple."""
BEFORE: Final = 3
"""How much likelier a mistake is that this student has made before."""
OWN: Final = 1.5
"""How much a mistake specific to a gate or a fork is preferred when a reading is put into words."""
NAMED, SECOND, OF_THE_FIRST, PLAINLY = 0.25, 0.12, 0.3, 0.80
"""The shares needed to name a reading, to name a second one beside it, and to state the first without a question
mark."""
_EXPRESSION: Final = 0.002
"""The unit of a typed expression relative to its value: its numbers were rounded."""


class Candidate(NamedTuple):
    """One edit whose number an answer fits: its weight, and whether it is an exact hit on a number with few digits."""

    id: str
    weight: float
    function: object
    is_own: bool
    row: Row
    place: Place | None = None
    is_exact: bool = False


class Reading(NamedTuple):
    """One slip: the id to report and the others that are the same function here; its share among all possible causes of
    an answer."""

    ids: tuple[str, ...]
    share: float
    row: Row
    place: Place | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is stated rather than asked."""
        return self.share >= PLAINLY


class Digits(NamedTuple):
    """An answer and its precision, as its digits show: `value` and `old` as they were typed, `size` that of the step
    for a new weight; `width` how far away a fitting number may lie."""

    value: float
    unit: float
    enough: bool
    size: float
    old: float
    width: float


def digits_of(answer: Answer, old: float) -> Digits:
    """The precision that the digits of an answer show."""
    value = answer.value
    length = abs(value)
    unit = place_of(answer) if answer.unit > 0 else _EXPRESSION * length
    if answer.precision:
        unit = max(unit, 2 * answer.precision * length)
    size = min(length, abs(value - old)) if old else length
    width = max(unit, _WIDER * NEAR * length)
    return Digits(value, unit, not answer.is_plain or shows_enough(answer), size, old, width)


def place_of(answer: Answer) -> float:
    """One unit of the last digit of a plain answer; for a whole number that ends in zeros, of the last digit before
    them: 100 for 1800. In a number with one digit and zeros, no digit can be taken for the last.
    """
    if answer.unit < 1:
        return answer.unit
    digits = answer.text.strip().lstrip("-+\u2212 \t")
    if not digits.isdecimal():
        return answer.unit
    kept = digits.rstrip("0")
    return answer.unit * (10.0 ** (len(digits) - len(kept)) if len(kept) > 1 else 1)


def fit(given: Digits, number: float) -> float:
    """How well an answer fits a number, from 0 to 1."""
    value, unit, enough, _, old, _ = given
    off = abs(value - number)
    if off <= EXACT * abs(number):
        return 1.0
    if value == 0 or number == 0:
        return 0.0
    if off <= 0.5 * unit * (1 + EXACT):
        is_short = not is_long(number)
        return _BOTH_SHORT if is_short and not enough else _COARSE if is_short or not enough else 1.0
    if enough and 0 < (number - value) * (1 if number > 0 else -1) < unit and value * number > 0:
        return _CUT
    size = min(abs(number), abs(number - old)) if old else abs(number)
    if off > NEAR * size or not is_long(number):  # what few digits show needs no rounding on the way
        return 0.0
    most = _SOMEWHERE_FINE if unit < _FINE * size else _SOMEWHERE
    return most * min(1.0, unit / (2 * NEAR * size))


def chance(given: Digits, right: float, found: Iterable[Candidate]) -> float:
    """How likely it is that a number has no known cause, besides these candidates."""
    if given.value == 0:
        return _OF_ZERO
    value, unit, _, size, old, _ = given
    if any(one.is_exact for one in found):
        unit = min(unit, FEW_DIGITS * size)
    by_digits = _BY_DIGITS * unit / size if size else _BY_DIGITS
    right, value = right - old, value - old
    for divisor in range(1, _SIMPLE + 1) if right else ():
        whole = value / right * divisor
        if 1 - EXACT <= abs(whole) <= _SIMPLE + EXACT and abs(whole - round(whole)) < _WHOLE:
            return by_digits + _BY_RATIO
    return by_digits


def candidates(edits: Edits, given: Digits, entries: Iterable[Entry]) -> list[Candidate]:
    """The edits among these entries that an answer fits, with all that are the same function."""
    best: dict[int, tuple[float, bool]] = {}
    for number, row, at_best in entries:
        how = fit(given, number)
        if how:
            first = edits.same(row)[0]
            known, is_exact = best.get(first, (0.0, False))
            is_exact = is_exact or (how == 1 and not is_long(number))
            best[first] = max(known, how * at_best), is_exact
    return [
        candidate(edits, number, weight, is_exact=is_exact)
        for first, (weight, is_exact) in best.items()
        for number in edits.same(first)
    ]


def own_candidates(edits: Edits, given: Digits, entries: Iterable[Entry], place: Place) -> list[Candidate]:
    """The edits that an answer fits at a student's own numbers."""
    return [
        candidate(edits, row, how * at_best, place, how == 1 and not is_long(number))
        for number, row, at_best in entries
        if (how := fit(given, number))
    ]


def candidate(
    edits: Edits, number: int, weight: float = 1.0, place: Place | None = None, is_exact: bool = False
) -> Candidate:
    """A row of a question as a candidate with this fit."""
    id_, often, is_own, *_ = row = edits.rows[number]
    return Candidate._make((id_, often / ALWAYS * weight, edits.functions[number], is_own, row, place, is_exact))


BY_STRUCTURE: Final = 0.0003
"""The weight of chance for input with structure: it seldom looks like a mistake by accident."""


def readings_of(found: Iterable[Candidate], by_chance: float, before: Collection[str] = ()) -> list[Reading]:
    """The readings to name, at most two, likeliest first, given this weight of chance."""
    groups: dict[object, dict[str, Candidate]] = {}
    for one in found:
        id_, weight, function, *_ = one
        group = groups.setdefault(function, {})
        if id_ in before:
            weight *= BEFORE
        if id_ not in group or group[id_].weight < weight:
            group[id_] = one._replace(weight=weight) if id_ in before else one
    if not groups:
        return []
    shares = [(sum([one.weight for one in group.values()]), group) for group in groups.values()]
    total = sum([weight for weight, _ in shares]) + by_chance
    shares.sort(key=lambda share: -share[0])
    named: list[Reading] = []
    for weight, group in shares[:2]:
        share = weight / total
        if share < (NAMED if not named else max(SECOND, OF_THE_FIRST * named[0].share)):
            break
        said = list(group.values())
        if len(said) > 1:
            said.sort(key=lambda one: -one.weight * (OWN if one.is_own else 1))
        first = said[0].row
        # The same edit further on adds nothing.
        ids = [one.id for one in said if one.row.further is None or first.further is not None]
        named.append(Reading(tuple(ids), share, first, said[0].place))
    return named


CUT_OFF: Final = Row("cut-off", USUAL)
TOO_COARSE: Final = Row("too-coarse", USUAL)


def cut_off(answer: Answer, given: Digits, right: float, zero: float) -> list[Candidate]:
    """Whether a plain answer is the right number with its last digits cut off: -0.41 for -0.41997, 1800 for 1846."""
    missing = right - given.value if right > 0 else given.value - right
    if not 0 < missing < given.unit or not answer.is_plain or abs(right) <= zero:
        return []
    if given.old and answer.unit > abs(right - given.old):
        return []
    if given.value * right > 0 and given.enough and not is_rounded(answer, right):
        return [Candidate("cut-off", CUT_OFF.often / ALWAYS, "cut-off", False, CUT_OFF)]
    return []


def is_too_coarse(answer: Answer, right: float, zero: float) -> bool:
    """Whether a plain answer is the right number rounded too far; a bare 0 or 1 does not count."""
    off, unit = abs(answer.value - right), answer.unit
    if off > unit or abs(right) <= zero or (unit >= 1 and abs(answer.value) <= 1):
        return False
    return off > EXACT * abs(right) and is_rounded(answer, right)


_MOST_UPSTREAMS: Final = 3
"""The number of upstream gradients, of those that a student may have used, that are tried for mistakes."""


def own_places(edits: Edits, question: Question, attempt: Attempt) -> Iterator[Place]:
    """The place at the student's own numbers if they differ from the true ones; at a branch, in every mixture of true
    and own ones."""
    if attempt.carried.is_empty:
        return
    spot, place = edits.spot, edits.place
    if not isinstance(spot, BranchSpot) or not isinstance(place, AtBranch):
        yield from _own_place(edits, question, attempt)
        return
    upstreams = _own_upstreams(spot, place, attempt)
    own = _own_gate(spot, place, attempt)
    if own is not None:
        yield from (place.seen(u, *own) for u in (place.u, *upstreams))
    yield from (place.seen(u, place.operands, place.out, place.l) for u in upstreams)


def candidates_at_own(edits: Edits, question: Question, attempt: Attempt, given: Digits) -> list[Candidate]:
    """The edits that an answer fits at the student's own numbers."""
    if attempt.carried.is_empty:
        return []
    spot, place, value, width = edits.spot, edits.place, given.value, given.width
    found: list[Candidate] = []
    if not isinstance(spot, BranchSpot) or not isinstance(place, AtBranch):
        for one in _own_place(edits, question, attempt):
            found += own_candidates(edits, given, edits.own(one, value, width), one)
        return found
    upstreams = _own_upstreams(spot, place, attempt)
    own = _own_gate(spot, place, attempt)
    if own is not None:
        for at_gate, near in edits.own_gate((place.u, *upstreams), own, value, width):
            found += own_candidates(edits, given, near, at_gate)
    for u in upstreams:
        near = edits.at_upstream(u, value, width) if u else []
        if near:
            found += own_candidates(edits, given, near, place.seen(u, place.operands, place.out, place.l))
    return found


def _own_place(edits: Edits, question: Question, attempt: Attempt) -> Iterator[Place]:
    """The place anywhere else than at a branch."""
    carried, spot, place, solution = attempt.carried, edits.spot, edits.place, edits.solution
    if isinstance(spot, ForkSpot) and isinstance(place, AtFork):
        branches = solution.graph.branches_from[spot.name]
        if branches and question.kind.is_number and (carried.backward or carried.forward or carried.local):
            # If no product may follow from a wrong local answer, the true one is as good as any.
            products = [
                carried.backward.get(one.name) or next(iter(carried.products_of(one)), None) for one in branches
            ]
            flows = tuple([flow if own is None else own.value for own, flow in zip(products, place.flows, strict=True)])
            if flows != place.flows:
                yield spot.seen(solution, flows)
    elif isinstance(spot, ValueSpot) and isinstance(place, AtValue):
        _, operands = carried.own_values(spot.name)
        if operands != place.operands:
            value = computed(solution.graph, spot.node, operands)
            if value is not None:
                yield spot.seen(solution, operands, value)
    elif isinstance(spot, NeuronSpot) and spot.weight is not None:
        own = carried.delta.get(f"{spot.neuron}.delta")
        if own is not None and own.value:
            yield spot.seen(attempt.key.signals, own.value)
    elif isinstance(spot, PlainSpot):
        gradient = carried.backward.get(spot.name)
        if gradient is not None:
            yield spot.seen(solution, -gradient.value)


def _own_gate(spot: BranchSpot, true: AtBranch, attempt: Attempt) -> AtGate | None:
    """The student's own numbers at a branch's gate, if any of them differs from the true one."""
    carried, branch = attempt.carried, spot.branch
    if not carried.forward and not carried.local:
        return None
    out, operands = carried.own_values(branch.gate)
    given = carried.local.get(branch.name) if carried.local and not spot.is_local else None
    slope = carried.own_local(branch) if given is None else given.value
    is_true = out == true.out and slope == true.l and operands == true.operands
    return None if is_true else (operands, out, slope)


def _own_upstreams(spot: BranchSpot, place: AtBranch, attempt: Attempt) -> list[float]:
    """The upstream gradients that a student may have used, without the true one."""
    if spot.is_local:
        return []
    own = [one.value for one in attempt.carried.upstreams_of(spot.branch.gate)[:_MOST_UPSTREAMS]]
    return [u for u in (dict.fromkeys(own) if len(own) > 1 else own) if not is_same(u, place.u)]
