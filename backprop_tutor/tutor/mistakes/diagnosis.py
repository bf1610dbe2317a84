"""Which mistakes a wrong answer matches, likeliest first; two at once where none is matched alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from backprop_tutor.tutor.marking.acceptance import Scale, is_right, is_right_step
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.mistakes.table import MISTAKES, TRAINED, Mistake, place_of

_SLACK: Final = 2e-9
"""More than what counts as equal, so that nothing which matches is passed over."""
COMPOSED: Final = ("sign-flipped", "forgot-local", "forgot-upstream")
"""The general mistakes that may come together, with one another or with a gate's or a fork's own."""


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
    """Whether a predicted number is the right one after all."""
    right = case.right
    return abs(number - right) <= 1e-9 * abs(right) or (abs(number) <= case.zero and abs(right) <= case.zero)


def diagnose(answer: Answer, cases: Sequence[Case], scale: Scale, before: Collection[str] = ()) -> tuple[str, ...]:
    """The ids of every mistake that an answer matches, those this student made `before` first; else of compositions, as
    `a+b`."""
    near = [case for case in cases if _comes_near(answer, case, scale)]
    found = {mistake.id for case in near for mistake in mistakes_in(case) if matches(answer, mistake, case, scale)}
    if not found:  # a mistake of writing has no number to come near to
        found = {
            m.id for case in cases for m in mistakes_in(case) if m.fits is not None and m.fits(answer, case, scale)
        }
    if found:
        return tuple(sorted((id_ for id_ in MISTAKES if id_ in found), key=lambda id_: id_ not in before))
    pairs = (name for case in near for name, number in compositions(case) if _agrees(answer, number, case, scale))
    return tuple(dict.fromkeys(pairs))


def _comes_near(answer: Answer, case: Case, scale: Scale) -> bool:
    """Whether any mistake, alone or with another, leads near an answer: most wrong ones are like none, and to say so
    must be quick for a class."""
    lines = _lines(case._replace(upstream=0.0, right=0.0, shares=())) if case.is_branch else None
    if lines is None:
        return True
    size, share = abs(answer.value), scale.tolerance + _SLACK
    room, upstream = 0.51 * answer.unit + 2 * scale.zero, case.upstream
    for start, slope in lines:
        number = start + slope * upstream
        if number < 0:
            number = -number
        if abs(size - number) <= share * number + room:
            return True
    return abs(size - abs(case.right)) <= share * abs(case.right) + place_of(answer)


@lru_cache(maxsize=8_192)
def _lines(case: Case) -> tuple[tuple[float, float], ...] | None:
    """Every number that a mistake at a branch leads to, as a + b * upstream; None where one is no such line.

    A gate's own mistakes give local gradients; the others are sums and products of upstream and local.
    """
    lines = [(1.0, 0.0), (0.0, 1.0), (0.5, 0.0), (0.0, 0.5), (case.local, 0.0)]
    unit = case._replace(upstream=1.0, right=case.local)
    for mistake in mistakes_in(case):
        if mistake.group == "gate":
            for local in _predicted(mistake, case):
                lines += [(local, 0.0), (0.0, local)]
            continue
        at_zero, at_one = _predicted(mistake, case), _predicted(mistake, unit)
        if len(at_zero) != len(at_one):
            return None
        lines += [(start, end - start) for start, end in zip(at_zero, at_one, strict=True)]
    return tuple(dict.fromkeys(line for line in lines if math.isfinite(line[0]) and math.isfinite(line[1])))


def matches(answer: Answer, mistake: Mistake, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for the number of a mistake that can be made in this case, or was written so."""
    if mistake.fits is not None:
        return mistake.fits(answer, case, scale)
    if case.signal is not None:
        return any(_agrees(answer, number, case, scale) for number in predictions(mistake, case))
    return any([is_right(answer, number, scale) for number in predictions(mistake, case)])  # noqa: C419  twice as fast


def _agrees(answer: Answer, number: float, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for a number: a new weight by the step it takes, anything else by its size."""
    signal = case.signal
    if signal is not None and signal.of_weight and abs(number) != abs(signal.step):
        return is_right_step(answer, signal.old, number - signal.old, scale) and is_right(answer, number, scale)
    return is_right(answer, number, scale)


def matched_case(id_: str, answer: Answer, cases: Sequence[Case], scale: Scale) -> Case:
    """The case in which an answer matches a mistake, the true numbers before the student's own."""
    matching = (
        case for case in cases if MISTAKES[id_] in mistakes_in(case) and matches(answer, MISTAKES[id_], case, scale)
    )
    return next(matching, cases[0])


def compositions(case: Case) -> Iterator[tuple[str, float]]:
    """Two mistakes at once, with the number they lead to: a gate's or a fork's own, a turned sign, a factor
    forgotten."""
    return ((name, number) for name, number in _pairs(case) if number and not _same(number, case))


def _pairs(case: Case) -> Iterator[tuple[str, float]]:
    sign, no_local, no_upstream = COMPOSED
    if case.signal is not None:
        yield from _turned(case, case.signal.old)
        return
    for mistake in mistakes_in(case):
        if mistake.group in ("gate", "fork"):
            yield from ((f"{mistake.id}+{sign}", -number) for number in predictions(mistake, case))
        if mistake.group == "gate" and case.is_branch:  # by the local gradients themselves: the upstream may be 0
            locals_ = _predicted(mistake, case)
            wrong = [local for local in locals_ if not math.isclose(local, case.local, rel_tol=1e-9)]
            yield from ((f"{mistake.id}+{no_upstream}", local) for local in wrong if math.isfinite(local))
    if case.is_branch:
        yield f"{sign}+{no_local}", -case.upstream
        yield f"{sign}+{no_upstream}", -case.local
        yield f"{no_local}+{no_upstream}", 1.0


def _turned(case: Case, old: float) -> Iterator[tuple[str, float]]:
    """A mistake of a delta with its sign turned; one of a new weight whose step goes the other way."""
    sign = "ascended" if case.of_weight else "sign-flipped"
    for mistake in mistakes_in(case):
        if mistake.group in TRAINED and mistake.id not in ("ascended", "forgot-minus-one"):
            for number in predictions(mistake, case):
                yield f"{mistake.id}+{sign}", -number if mistake.id == "gave-step" else 2 * old - number
