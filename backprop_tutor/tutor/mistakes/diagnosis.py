"""Which mistakes a wrong answer matches, likeliest first; two at once where none is matched alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from backprop_tutor.tutor.marking.acceptance import Scale, is_right, is_right_step
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.mistakes.table import MISTAKES, TRAINED, Mistake, place_of

_SLACK: Final = 2e-9
"""More than what counts as equal, so that nothing which matches is passed over."""
_SHARES: Final = (1.0, 0.5)
"""All that `shares` of a case may hold."""
_MOST_FLOWS: Final = 6
"""So many branches have 2^6 sums that leave some out, which is as much as is worth remembering."""
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
    near = _coming_near(answer, cases, scale)
    found = {mistake.id for case, likely in near for mistake in likely if matches(answer, mistake, case, scale)}
    if found:
        return tuple(sorted((id_ for id_ in MISTAKES if id_ in found), key=lambda id_: id_ not in before))
    pairs = (name for case, _ in near for name, number in compositions(case) if _agrees(answer, number, case, scale))
    return tuple(dict.fromkeys(pairs))


def _coming_near(answer: Answer, cases: Sequence[Case], scale: Scale) -> list[tuple[Case, Sequence[Mistake]]]:
    """The cases in which an answer comes near to a number of one mistake or of two, each with the mistakes to which it
    does: most wrong answers are like no mistake, and to say so must be quick for a class."""
    found: list[tuple[Case, Sequence[Mistake]]] = []
    size, share, place = abs(answer.value), scale.tolerance + _SLACK, place_of(answer)
    room, before, lines = 0.51 * answer.unit + 2 * scale.zero, None, _NO_LINES
    for case in cases:
        if case.signal is not None or len(case.flows) > _MOST_FLOWS:
            found.append((case, mistakes_in(case)))
            continue
        if before is None or case.operands is not before.operands or not case.is_branch:
            before = case
            lines = _lines(case._replace(upstream=0.0, right=0.0, shares=_SHARES) if case.is_branch else case)
        likely, upstream, is_near = list(lines.never), case.upstream, bool(lines.never)
        for start, slope, mistakes in lines.straight:
            number = start + slope * upstream
            if number < 0:
                number = -number
            if abs(size - number) <= share * number + room:
                is_near = True
                likely += mistakes
        if abs(size - abs(case.right)) <= share * abs(case.right) + place:
            is_near = True
            likely += lines.writing
        if is_near:
            found.append((case, likely))
    return found


class _Lines(NamedTuple):
    """The numbers that mistakes lead to, as a + b * upstream, each with these mistakes, or with none where two at once
    lead there; the mistakes whose numbers are `never` such a line; those of writing, which have no number."""

    straight: Sequence[tuple[float, float, Sequence[Mistake]]] = ()
    never: Sequence[Mistake] = ()
    writing: Sequence[Mistake] = ()


_NO_LINES: Final = _Lines()


@lru_cache(maxsize=8_192)
def _lines(case: Case) -> _Lines:
    """Those of a case, at a branch whatever arrives there."""
    mistakes = mistakes_in(case)
    writing = [mistake for mistake in mistakes if mistake.fits is not None]
    if not case.is_branch:
        numbers = [(number, 0.0, [mistake]) for mistake in mistakes for number in outcomes(mistake, case)]
        return _Lines(numbers, (), writing)
    straight: dict[tuple[float, float], list[Mistake]] = {(1.0, 0.0): [], (0.0, 1.0): [], (case.local, 0.0): []}
    never: list[Mistake] = []
    unit = case._replace(upstream=1.0, right=case.local)
    for mistake in mistakes:
        found = _predicted(mistake, case)
        if mistake.group == "gate":
            for local in found:
                straight.setdefault((0.0, local), []).append(mistake)
                straight.setdefault((local, 0.0), [])  # with the upstream forgotten
        elif _is_straight(mistake.id, case.stage, case.gate):
            for start, end in zip(found, _predicted(mistake, unit), strict=False):
                straight.setdefault((start, end - start), []).append(mistake)
        else:
            never.append(mistake)
    return _Lines([(start, slope, led) for (start, slope), led in straight.items()], never, writing)


@cache
def _is_straight(id_: str, stage: str, gate: str) -> bool:
    """Whether the numbers of a mistake at a branch are sums and products of its upstream and of what lies at the gate:
    tried at a gate with numbers of no simple relation."""
    there = Case(stage, 0.0, 1.3, gate, 0, (1.3, 0.7), 2.1, 1.7, local=0.37, further=(0.3,), is_branch=True)
    at = [_predicted(MISTAKES[id_], there._replace(upstream=u, right=u * there.local)) for u in (0.0, 1.0, 2.0)]
    return len({len(numbers) for numbers in at}) == 1 and all(
        math.isclose(two - one, one - zero, rel_tol=1e-9) for zero, one, two in zip(*at, strict=True)
    )


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
