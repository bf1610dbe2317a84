"""Which mistakes a wrong answer matches, likeliest first, and what can be said where it matches none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from backprop_tutor.tutor.answers import Answer
from backprop_tutor.tutor.misconceptions import COMPOSED, MISTAKES, mistakes_in, predictions, same, wrong_locals
from backprop_tutor.tutor.mistake import Case, Mistake
from backprop_tutor.tutor.rightness import Scale, is_right, is_right_step, is_rounded, shows_enough


def diagnose(answer: Answer, cases: Sequence[Case], scale: Scale, before: Collection[str] = ()) -> tuple[str, ...]:
    """The ids of every mistake that an answer matches, those this student made `before` first; else of compositions, as
    `a+b`."""
    found = {mistake.id for case in cases for mistake in mistakes_in(case) if matches(answer, mistake, case, scale)}
    if found:
        return tuple(sorted((id_ for id_ in MISTAKES if id_ in found), key=lambda id_: id_ not in before))
    pairs = (name for case in cases for name, number in compositions(case) if _agrees(answer, number, case, scale))
    return tuple(dict.fromkeys(pairs))


def matches(answer: Answer, mistake: Mistake, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for the number of a mistake that can be made in this case."""
    if mistake.id == "too-coarse":
        return answer.is_plain and abs(case.right) > scale.zero and is_rounded(answer, case.right)
    if mistake.id == "cut-off":
        return abs(case.right) > scale.zero and case.stage != "symbolic" and _is_cut_off(answer, case)
    if case.signal is not None:
        return any(_agrees(answer, number, case, scale) for number in predictions(mistake, case))
    return any([is_right(answer, number, scale) for number in predictions(mistake, case)])  # noqa: C419  twice as fast


def _is_cut_off(answer: Answer, case: Case) -> bool:
    """Whether a plain answer is the right number without its last digits: -0.41 or 1800 of -0.41997 or 1846."""
    signal = case.signal
    if case.stage == "update" and signal is not None and answer.unit > abs(signal.step):
        return False  # digits that do not reach to what the step changes say nothing of it
    missing = (case.right - answer.value) * (1 if case.right > 0 else -1)
    is_short = answer.value * case.right > 0 and 0 < missing < place_of(answer)
    return is_short and shows_enough(answer) and not is_rounded(answer, case.right)


def place_of(answer: Answer) -> float:
    """One unit of the last digit that a plain answer shows; of a whole number that ends in zeros, of the last before
    them: 100 of 1800.

    A number of one digit and zeros shows no digit that could be taken for the last.
    """
    digits = answer.text.strip().lstrip("-+\u2212 \t")
    kept = digits.rstrip("0")
    return answer.unit * (10.0 ** (len(digits) - len(kept)) if digits.isdecimal() and len(kept) > 1 else 1)


def _agrees(answer: Answer, number: float, case: Case, scale: Scale) -> bool:
    """Whether an answer would be right for a number: a new weight by the step it takes, anything else by its size."""
    signal = case.signal
    if case.stage == "update" and signal is not None and abs(number) != abs(signal.step):
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
    sign, no_local, no_upstream = COMPOSED
    if case.signal is not None:
        yield from _turned(case, case.signal.old)
        return
    for mistake in mistakes_in(case):
        if mistake.group in ("gate", "fork"):
            for number in predictions(mistake, case):
                yield from _unless_right(f"{mistake.id}+{sign}", -number, case)
        if mistake.group == "gate" and case.is_branch:
            for local in wrong_locals(mistake, case):
                yield from _unless_right(f"{mistake.id}+{no_upstream}", local, case)
    if case.is_branch:
        yield from _unless_right(f"{sign}+{no_local}", -case.upstream, case)
        yield from _unless_right(f"{sign}+{no_upstream}", -case.local, case)
        yield from _unless_right(f"{no_local}+{no_upstream}", 1.0, case)


def _turned(case: Case, old: float) -> Iterator[tuple[str, float]]:
    """A mistake of a delta with its sign turned; one of a new weight whose step goes the other way."""
    sign = "ascended" if case.stage == "update" else "sign-flipped"
    for mistake in mistakes_in(case):
        if mistake.group == "update" and mistake.id not in ("ascended", "forgot-minus-one"):
            for number in predictions(mistake, case):
                turned = -number if mistake.id == "gave-step" else 2 * old - number
                yield from _unless_right(f"{mistake.id}+{sign}", turned, case)


def _unless_right(name: str, number: float, case: Case) -> Iterator[tuple[str, float]]:
    if number and not same(number, case):
        yield name, number
