"""Which mistakes a wrong answer matches, likeliest first; two at once where none is matched alone."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Final, NamedTuple

from backprop_tutor.tutor.marking.acceptance import Scale, is_right, is_right_step
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.cases import Case, Family
from backprop_tutor.tutor.mistakes.table import MISTAKES, TRAINED, Mistake, place_of

_SLACK: Final = 2e-9
"""More than what counts as equal, so that nothing which matches is passed over."""
_MOST_FLOWS: Final = 6
"""So many branches have 2^6 sums that leave some out, which is as much as is worth remembering."""


_PAIRED: Final = ("gate", "fork")
"""The groups of mistakes that are made together with a turned sign."""


def mistakes_in(case: Case) -> tuple[Mistake, ...]:
    """The mistakes that can be made in this case: a gate's own at that kind of gate, a fork's at a fork; likeliest
    first."""
    return mistakes_at(case.stage, case.gate, bool(case.flows))


@cache
def mistakes_at(stage: str, gate: str, is_fork: bool) -> tuple[Mistake, ...]:
    """The mistakes that can be made in this stage at this kind of gate, or at a fork."""
    return tuple(
        mistake
        for mistake in MISTAKES.values()
        if stage in mistake.stages
        and (mistake.gates is None or gate in mistake.gates)
        and (is_fork or mistake.group != "fork")
    )


def predictions(mistake: Mistake, case: Case) -> list[float]:
    """The numbers that a mistake leads to in a case in which it can be made; none where its number is right."""
    return [number for number in outcomes(mistake, case) if not _same(number, case)]


def outcomes(mistake: Mistake, case: Case) -> list[float]:
    """The numbers that a mistake leads to, be they right or wrong."""
    found = _predicted(mistake, case)
    if mistake.group == "gate" and case.is_branch:
        found = [case.upstream * local for local in found]
    elif mistake.group == "neuron" and case.of_weight:
        found = [case.neuron.old + case.neuron.rate * case.neuron.carries * delta for delta in found]
    return [number for number in found if math.isfinite(number)]


def _predicted(mistake: Mistake, case: Case) -> list[float]:
    try:
        return list(mistake.predict(case))
    except (ArithmeticError, ValueError):
        return []


def _same(number: float, case: Case) -> bool:
    right = case.right
    return abs(number - right) <= 1e-9 * abs(right) or (abs(number) <= case.zero and abs(right) <= case.zero)


def diagnose(answer: Answer, families: Iterable[Family], scale: Scale, before: Collection[str] = ()) -> dict[str, Case]:
    """Every mistake that an answer matches, by its id, with the first case in which it does; those that this student
    made `before` first. If there is none, the pairs of mistakes, as `a+b`, with the first case of all."""
    found: dict[str, Case] = {}
    near: list[Case] = []
    true: Family | None = None
    low, high = _reach(answer, scale)
    for family in families:
        if true is None:  # the true numbers come first
            true = family
        for upstream, numbers in _coming_near(low, high, family, family is true):
            likely = [mistake for mistake, _ in numbers if mistake is not None and mistake.id not in found]
            is_pair = not found and any(is_pair for _, is_pair in numbers)
            if not likely and not is_pair:
                continue
            case = family.at(upstream)
            for mistake in likely:
                if mistake.id not in found and matches(answer, mistake, case, scale):
                    found[mistake.id] = case
            if is_pair:
                near.append(case)
    if len(found) > 1:
        ids = sorted((id_ for id_ in MISTAKES if id_ in found), key=lambda id_: id_ not in before)
        return {id_: found[id_] for id_ in ids}
    if found or not near or true is None:
        return found
    first = true.at(true.upstreams[0])
    return {
        name: first
        for case in near
        for name, number in _pairs(case)
        if number and not _same(number, case) and _agrees(answer, number, case, scale)
    }


def _reach(answer: Answer, scale: Scale) -> tuple[float, float]:
    """The least and the largest size of a number for which an answer may be right."""
    size, share = abs(answer.value), scale.tolerance + answer.precision + _SLACK
    room = max(0.51 * answer.unit, place_of(answer)) + 2 * scale.zero
    return (size - room) / (1 + share), (size + room) / (1 - share) if share < 1 else math.inf


Number = tuple[Mistake | None, bool]
"""The mistake that leads to a number (None: two at once alone do), and whether two at once may."""


class Sizes:
    """Factors of something, to be looked up by the size of the product."""

    def __init__(self, found: Iterable[tuple[float, Number]]) -> None:
        pairs = sorted(((abs(size), number) for size, number in found), key=itemgetter(0))
        self.sizes = [*(size for size, _ in pairs), math.inf]  # so that there is always a next one
        self.numbers: list[Number] = [number for _, number in pairs]

    def between(self, low: float, high: float, of: float) -> list[Number]:
        """Those that are of a size between two when they are multiplied by something of the size `of`."""
        if not of:
            return self.numbers if low <= 0 else []
        start, high = bisect_left(self.sizes, low / of), high / of
        if self.sizes[start] > high:
            return []
        return self.numbers[start : bisect_right(self.sizes, high)]


class Pattern(NamedTuple):
    """What wrong answers are made of, whatever the numbers: factors of the right one, which at a branch is upstream *
    local, and there of each of these alone and of the node's value; sums of upstream and local, each times a factor;
    and the mistakes that look at other numbers, which at a branch lead to factors of what arrives. `is_odd` says that
    one does not."""

    of_right: Sizes
    of_upstream: Sizes
    of_local: Sizes
    of_value: Sizes
    sums: Sequence[tuple[float, float, Number]]
    others: Sequence[Mistake]
    is_odd: bool


_Tried = tuple[float, float, float, list[float]]
"""Upstream, local, value, and the numbers to which a mistake leads there."""
_PARTS: Final[tuple[Callable[[float, float, float], float], ...]] = (
    lambda upstream, local, _: upstream * local,
    lambda upstream, _, __: upstream,
    lambda _, local, __: local,
    lambda _, __, value: value,
)


@lru_cache(maxsize=8_192)
def _pattern(stage: str, gate: str, is_fork: bool, further: tuple[float, ...], is_branch: bool) -> Pattern:
    """Which factors these are is tried at numbers of no simple relation, of which one is doubled at a time."""
    there = Case(stage, 0.0, 1.3, gate, 0, (1.3, 0.7), 2.1, 1.7, further=further, is_branch=is_branch)
    elsewhere = there._replace(value=-2.9, operands=(-2.9, -1.9), out=-0.6, constant=2.3)
    parts: list[list[tuple[float, Number]]] = [[], [(1.0, (None, True))], [(1.0, (None, True))], []]
    sums: list[tuple[float, float, Number]] = []
    others: list[Mistake] = []
    is_odd = False
    for mistake in mistakes_at(stage, gate, is_fork):
        number = (mistake, False)
        if mistake.fits is not None:
            parts[0].append((1.0, number))  # it has no number of its own, and is near the right one
            continue
        tried: list[_Tried] = []
        for case in (there, elsewhere):
            for upstream, local in ((0.83, 0.37), (1.66, 0.37), (0.83, 0.74)):
                at = case._replace(upstream=upstream, local=local, right=upstream * local)
                tried.append((upstream, local, case.value, outcomes(mistake, at)))
        is_simple = mistake.group not in _PAIRED and all(found for *_, found in tried)
        for part, of in zip(parts if is_branch else parts[:1], _PARTS, strict=False):
            factors = [[one / of(*at) for one in found] for *at, found in tried]
            if is_simple and all(map(partial(_are_close, factors[0]), factors)):
                part += [(factor, number) for factor in factors[0]]
                break
        else:
            added = _sum(tried) if is_simple and is_branch else None
            if added is not None:
                sums.append((*added, number))
                continue
            others.append(mistake)
            twice = [(tried[first][-1], tried[first + 1][-1]) for first in (0, 3)]  # where twice as much arrives
            is_odd |= is_branch and not all(_are_close([2 * one for one in once], two) for once, two in twice)
    of_right, of_upstream, of_local, of_value = map(Sizes, parts)
    return Pattern(of_right, of_upstream, of_local, of_value, sums, others, is_odd)


def _sum(tried: Sequence[_Tried]) -> tuple[float, float] | None:
    """The factors of upstream and local whose sum a mistake leads to; None if it does not."""
    (upstream, local, _, one), (_, _, _, of_upstream), (_, _, _, of_local) = tried[:3]
    times, also = (of_upstream[0] - one[0]) / upstream, (of_local[0] - one[0]) / local
    fits = (_are_close(found, [times * upstream + also * local]) for upstream, local, _, found in tried)
    return (times, also) if all(fits) else None


def _are_close(ones: Sequence[float], others: Sequence[float]) -> bool:
    return len(ones) == len(others) and all(map(partial(math.isclose, rel_tol=1e-9), ones, others))


def _coming_near(low: float, high: float, family: Family, is_true: bool) -> list[tuple[float, Sequence[Number]]]:
    """The upstream gradients with which numbers of mistakes, or of two at once, are of a size between two: most wrong
    answers are like no mistake, and to say so must be quick for a class."""
    unit, upstreams = family.unit, family.upstreams
    is_branch = unit.is_branch
    is_known = unit.signal is None and len(unit.flows) <= _MOST_FLOWS
    pattern = _pattern(unit.stage, unit.gate, bool(unit.flows), unit.further, is_branch) if is_known else None
    if pattern is None or pattern.is_odd:
        everything = [(mistake, True) for mistake in mistakes_in(unit)]
        return [(upstream, everything) for upstream in upstreams]
    wrong = (_true_numbers(unit) if is_true else _numbers(unit, pattern.others)) if pattern.others else ()
    if not is_branch:
        near = [number for size, number in wrong if low <= size <= high]
        near += pattern.of_right.between(low, high, abs(unit.right))
        return [(upstreams[0], near)] if near else []
    local, of_right, of_upstream = abs(unit.local), pattern.of_right, pattern.of_upstream
    # What stays the same whatever arrives: also with the upstream forgotten, and with all of it.
    always: list[Number] = [(None, True) for size, (_, is_pair) in wrong if is_pair and low <= size <= high]
    always += pattern.of_local.between(low, high, local)
    if pattern.of_value.numbers:
        always += pattern.of_value.between(low, high, abs(unit.value))
    if low <= 1 <= high:
        always.append((None, True))
    found: list[tuple[float, Sequence[Number]]] = []
    for upstream in upstreams:
        times = abs(upstream)
        near = always + of_right.between(low, high, times * local) + of_upstream.between(low, high, times)
        for size, number in wrong:
            if low <= size * times <= high:
                near.append(number)
        for factor, also, number in pattern.sums:
            if low <= abs(factor * upstream + also * unit.local) <= high:
                near.append(number)
        if near:
            found.append((upstream, near))
    return found


def _numbers(unit: Case, mistakes: Iterable[Mistake]) -> list[tuple[float, Number]]:
    """The numbers of mistakes that are no part of a case's pattern, by their sizes; at a branch as factors of what
    arrives."""
    return [
        (abs(number), (mistake, mistake.group in _PAIRED))
        for mistake in mistakes
        for number in _predicted(mistake, unit)
        if math.isfinite(number)
    ]


@lru_cache(maxsize=8_192)
def _true_numbers(unit: Case) -> list[tuple[float, Number]]:
    pattern = _pattern(unit.stage, unit.gate, bool(unit.flows), unit.further, unit.is_branch)
    return _numbers(unit, pattern.others)


def read_anew() -> None:
    """Forgets what was found in the table of mistakes, which has changed."""
    for found in (mistakes_at, _pattern, _true_numbers):
        found.cache_clear()


def matches(answer: Answer, mistake: Mistake, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for the number of a mistake that can be made in this case, or was written so."""
    if mistake.fits is not None:
        return mistake.fits(answer, case, scale)
    numbers = outcomes(mistake, case)
    return any(_agrees(answer, number, case, scale) and not _same(number, case) for number in numbers)


def _agrees(answer: Answer, number: float, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for a number: a new weight by the step it takes, anything else by its size."""
    if not is_right(answer, number, scale):
        return False
    if not case.of_weight or abs(number) == abs(case.neuron.step):
        return True
    return is_right_step(answer, case.neuron.old, number - case.neuron.old, scale)


def matched_case(id_: str, answer: Answer, cases: Sequence[Case], scale: Scale) -> Case:
    """The case in which an answer matches a mistake, the true numbers before the student's own."""
    matching = (
        case for case in cases if MISTAKES[id_] in mistakes_in(case) and matches(answer, MISTAKES[id_], case, scale)
    )
    return next(matching, cases[0])


def _pairs(case: Case) -> Iterator[tuple[str, float]]:
    """Two mistakes at once, with the number they lead to: a gate's or a fork's own, a turned sign, a factor
    forgotten; of a delta with its sign turned, of a new weight whose step goes the other way."""
    for mistake in mistakes_in(case):
        if mistake.group in _PAIRED:
            yield from ((f"{mistake.id}+sign-flipped", -number) for number in predictions(mistake, case))
        if mistake.group == "gate" and case.is_branch:  # by the local gradients themselves: the upstream may be 0
            wrong = [local for local in _predicted(mistake, case) if not math.isclose(local, case.local, rel_tol=1e-9)]
            yield from ((f"{mistake.id}+forgot-upstream", local) for local in wrong if math.isfinite(local))
        if mistake.group in TRAINED and mistake.id not in ("ascended", "forgot-minus-one"):
            sign = "ascended" if case.of_weight else "sign-flipped"
            for number in predictions(mistake, case):
                turned = -number if mistake.id == "gave-step" else 2 * case.neuron.old - number
                yield f"{mistake.id}+{sign}", turned
    if case.is_branch:
        yield "sign-flipped+forgot-local", -case.upstream
        yield "sign-flipped+forgot-upstream", -case.local
        yield "forgot-local+forgot-upstream", 1.0
