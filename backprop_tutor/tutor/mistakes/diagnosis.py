"""Which mistakes a wrong answer matches, likeliest first; two at once where none is matched alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from backprop_tutor.tutor.marking.acceptance import Scale, is_right, is_right_step
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.cases import SHARES, Case
from backprop_tutor.tutor.mistakes.table import MISTAKES, TRAINED, Mistake, place_of

_SLACK: Final = 2e-9
"""More than what counts as equal, so that nothing which matches is passed over."""
_MOST_FLOWS: Final = 6
"""So many branches have 2^6 sums that leave some out, which is as much as is worth remembering."""


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


def diagnose(answer: Answer, cases: Sequence[Case], scale: Scale, before: Collection[str] = ()) -> tuple[str, ...]:
    """The ids of every mistake that an answer matches, those this student made `before` first; else of compositions, as
    `a+b`."""
    near = _coming_near(answer, cases, scale)
    found = {mistake.id for case, likely in near for mistake in likely if matches(answer, mistake, case, scale)}
    if found:
        return tuple(sorted((id_ for id_ in MISTAKES if id_ in found), key=lambda id_: id_ not in before))
    pairs = [
        name
        for case, _ in near
        for name, number in _pairs(case)
        if number and not _same(number, case) and _agrees(answer, number, case, scale)
    ]
    return tuple(dict.fromkeys(pairs))


def _coming_near(answer: Answer, cases: Sequence[Case], scale: Scale) -> list[tuple[Case, Sequence[Mistake]]]:
    """The cases in which an answer comes near to a number of one mistake or of two, each with the mistakes to which it
    does: most wrong answers are like no mistake, and to say so must be quick for a class."""
    found: list[tuple[Case, Sequence[Mistake]]] = []
    operands: tuple[float, ...] | None = None
    lines: list[tuple[float, float, list[Mistake]]] = []
    size, share = abs(answer.value), scale.tolerance + _SLACK
    room = max(0.51 * answer.unit, place_of(answer)) + 2 * scale.zero
    for case in cases:
        is_branch, upstream = case.is_branch, case.upstream
        if case.signal or len(case.flows) > _MOST_FLOWS or (is_branch and not _are_lines(case.stage, case.gate)):
            found.append((case, mistakes_in(case)))
            continue
        if not is_branch or case.operands is not operands:
            operands = case.operands
            lines = _lines(case._replace(upstream=0.0, right=0.0, shares=SHARES) if is_branch else case)
        likely: list[Mistake] = []
        is_near = False
        for start, slope, mistakes in lines:
            number = start + slope * upstream
            if number < 0:
                number = -number
            if abs(size - number) <= share * number + room:
                is_near = True
                likely += mistakes
        if is_near:
            found.append((case, likely))
    return found


@lru_cache(maxsize=8_192)
def _lines(case: Case) -> list[tuple[float, float, list[Mistake]]]:
    """The numbers that mistakes lead to as start + slope * upstream, at a branch whatever arrives there, each with its
    mistake; with those of writing, which have no number, the right one; with none where two at once lead there."""
    mistakes = mistakes_in(case)
    writing = [mistake for mistake in mistakes if mistake.fits is not None]
    if not case.is_branch:
        numbers = ((number, 0.0, [mistake]) for mistake in mistakes for number in outcomes(mistake, case))
        return [(case.right, 0.0, writing), *numbers]
    found = [(0.0, case.local, writing), (1.0, 0.0, [])]
    unit = case._replace(upstream=1.0, right=case.local)
    for mistake in mistakes:
        for start, end in zip(outcomes(mistake, case), outcomes(mistake, unit), strict=False):
            found.append((start, end - start, [mistake]))
            if mistake.group == "gate":
                found.append((end, 0.0, []))  # with the upstream forgotten
    return found


@cache
def _are_lines(stage: str, gate: str) -> bool:
    """Whether all mistakes at a branch lead to such numbers: tried at a gate with numbers of no simple relation."""
    there = Case(stage, 0.0, 1.3, gate, 0, (1.3, 0.7), 2.1, 1.7, local=0.37, further=(0.3,), is_branch=True)
    at = [there._replace(upstream=upstream, right=upstream * there.local) for upstream in (0.0, 1.0, 2.0)]
    numbers = [[outcomes(mistake, case) for case in at] for mistake in mistakes_in(there)]
    return all(len(none) == len(one) == len(two) and all(map(_is_even, none, one, two)) for none, one, two in numbers)


def _is_even(none: float, one: float, two: float) -> bool:
    return math.isclose(two - one, one - none, rel_tol=1e-9)


def matches(answer: Answer, mistake: Mistake, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for the number of a mistake that can be made in this case, or was written so."""
    if mistake.fits is not None:
        return mistake.fits(answer, case, scale)
    return any(_agrees(answer, number, case, scale) for number in predictions(mistake, case))


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
        if mistake.group in ("gate", "fork"):
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
