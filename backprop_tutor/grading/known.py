"""What an answer is to a question whoever gave it: whether it is right by itself, and the mistakes it matches at the
true numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from math import isfinite
from typing import Final, NamedTuple

from backprop_tutor.errors import Fault
from backprop_tutor.grading.marks import slip_of
from backprop_tutor.tutor.answers import Answer, read_answer
from backprop_tutor.tutor.carrying import Carried, Carrying
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.mistakes.diagnosis import compositions, matches, mistakes_in, outcomes, predictions
from backprop_tutor.tutor.mistakes.table import MISTAKES, Mistake, place_of
from backprop_tutor.tutor.questions import Question
from backprop_tutor.tutor.rightness import Scale, is_right, shows_enough

QUICK: Final = ("forward", "backward")
"""The stages whose wrong answers are marked here; in the others only what is right by itself is."""
BY_ITSELF: Final = (*QUICK, "local")
"""The stages in which a number may be right whatever else was answered."""
_MOST_TEXTS: Final = 2_000
_WORD = re.compile(r"[a-z]+")


class Known(NamedTuple):
    """A readable number beside a question: `single` mistakes, and `composed` ones, that it matches at the true numbers.

    `near` is how far off a number may be at most, beside a share of it, that this answer could be; `coarse` the same
    for one
    that was rounded too far.
    """

    answer: Answer
    right: bool
    single: frozenset[str] = frozenset()
    composed: tuple[str, ...] = ()
    near: float = 0.0
    coarse: float = 0.0


class Fixed:
    """All of a question that does not depend on the student.

    `place` is where it is marked among its stage's, `column` where it stands in a report, `reported` where in a result
    (None for the output's own gradient, which is given, not asked).
    """

    def __init__(
        self, marker: Marker, question: Question, place: int, column: int | None, reported: tuple[int, int] | None
    ) -> None:
        self.marker, self.question, self.place, self.column, self.reported = marker, question, place, column, reported
        self.node = marker.graph.index[question.branch.gate if question.branch is not None else question.node]
        gate = marker.graph.gates[self.node]
        self.slots = gate.slots if gate is not None else ()
        self.scale = marker.scale
        self.share = marker.scale.tolerance + 2e-9
        self.case = (
            marker.cases(question, Carrying(marker.solution))[0]
            if question.stage in QUICK
            else Case(question.stage, 0.0)
        )
        own = mistakes_in(self.case)
        self.own = [mistake.predict for mistake in own if mistake.group == "gate"]
        self.general = [mistake.predict for mistake in own if mistake.group != "gate"]
        read = {name for mistake in own for name in mistake.predict.__code__.co_names}
        self.gate, self.kind = slip_of(question, "", (), marker.graph, question)[2:4]
        self.lines = self._lines(self.case)
        self.composed = list(compositions(self.case))
        self._at: tuple[tuple[float, ...], float, list[float]] = ((), 0.0, [])
        self.needs_partner, self.needs_out = "shares" in read, "out" in read
        self.slopes, self.needs = _slopes(marker, question)
        self._numbers: list[tuple[float, Mistake]] | None = None
        self.followed = Scale(0.0, marker.exercise.tolerance)
        self.of = lru_cache(maxsize=_MOST_TEXTS)(self._of)
        self.slopes_at = lru_cache(maxsize=_MOST_TEXTS)(self._slopes_at)

    def _of(self, text: str) -> Known | None:
        """What a text is; None for one that is no number, or whose stage is not marked here."""
        question, marker = self.question, self.marker
        if question.stage not in BY_ITSELF:
            return None
        try:
            answer = read_answer(text, {})
        except Fault:
            return None
        if marker.is_right_by_itself(question, answer):
            return Known(answer, right=True)
        if question.stage not in QUICK:
            return None
        single = frozenset(mistake.id for mistake in self._matching(answer))
        composed: Iterable[str] = ()
        if not single:
            composed = (name for name, number in self.composed if is_right(answer, number, self.scale))
        zero = 2 * self.scale.zero
        near = 0.51 * answer.unit + zero if shows_enough(answer) else zero
        return Known(answer, False, single, tuple(dict.fromkeys(composed)), near, 1.01 * place_of(answer) + zero)

    def _matching(self, answer: Answer) -> list[Mistake]:
        """The mistakes whose numbers at the true numbers an answer is."""
        if self._numbers is None:
            self._numbers = [
                (number, mistake) for mistake in mistakes_in(self.case) for number in predictions(mistake, self.case)
            ]
        value, share, room = answer.value, self.share, 1.01 * place_of(answer) + 2 * self.scale.zero
        near = [mistake for number, mistake in self._numbers if abs(value - number) <= share * abs(number) + room]
        if abs(value - self.case.right) <= share * abs(self.case.right) + room:
            near += [mistake for mistake in mistakes_in(self.case) if mistake.fits is not None]
        return [mistake for mistake in near if matches(answer, mistake, self.case, self.scale)] if near else near

    def _slopes_at(self, *own: Carried) -> tuple[list[Carried], float]:
        """What the local gradient may be at a student's own values of the gate's inputs and of the gate; and what it is
        exactly."""
        branch, graph = self.question.branch, self.marker.graph
        assert branch is not None
        carrying = Carrying(self.marker.solution)
        for node, value in zip((*graph.inputs[self.node], self.node), own, strict=True):
            carrying.forward[graph.names[node]] = value
        return carrying.rule_locals_of(branch), carrying.own_local(branch)

    def ids(self, known: Known, *own: Case) -> tuple[str, ...]:
        """Every mistake that a wrong answer matches, at the true numbers or in the student's `own` cases."""
        near = [case for case in own if self.could_match(known, case)]
        if not near:
            return in_order(known.single) if known.single else known.composed
        single = known.single.union(
            mistake.id
            for case in near
            for mistake in self._alone(known, case)
            if matches(known.answer, mistake, case, self.scale)
        )
        if single:
            return in_order(single)
        composed = [
            name for case in near for name, number in compositions(case) if is_right(known.answer, number, self.scale)
        ]
        return tuple(dict.fromkeys((*known.composed, *composed)))

    def could_match(self, known: Known, case: Case) -> bool:
        """Whether an answer could match a mistake in a case, alone or composed; where it could not, nothing else need
        be asked."""
        size, share, room = abs(known.answer.value), self.share, known.near
        for number in self._sizes(case):
            if abs(size - number) <= share * number + room:
                return True
        return abs(size - abs(case.right)) <= known.coarse + share * abs(case.right)

    def _sizes(self, case: Case) -> list[float]:
        """The size of every number that a mistake leads to in a case, alone or composed (which may turn its sign)."""
        upstream = case.upstream
        if case.operands == self.case.operands and case.local == self.case.local and case.out == self.case.out:
            return [abs(start + slope * upstream) for start, slope in self.lines]
        if self._at[0] != case.operands or self._at[1] != case.out:
            locals_: list[float] = []
            for predict in self.own:
                with suppress(ArithmeticError, ValueError):
                    locals_ += predict(case)
            self._at = (case.operands, case.out, locals_)
        numbers: list[float] = [1.0, upstream, case.local]
        for local in self._at[2]:
            numbers += (local, upstream * local)
        for predict in self.general:
            with suppress(ArithmeticError, ValueError):
                numbers += predict(case)
        return [abs(number) for number in numbers]

    def _lines(self, case: Case) -> list[tuple[float, float]]:
        """Every number that a mistake leads to where only the upstream is the student's own, as a + b * upstream."""
        lines = [(1.0, 0.0), (0.0, 1.0), (case.local, 0.0)]
        for predict in self.own:
            with suppress(ArithmeticError, ValueError):
                for local in predict(case):
                    lines += [(local, 0.0), (0.0, local)]
        at_zero, at_one = (case._replace(upstream=upstream, right=upstream * case.local) for upstream in (0.0, 1.0))
        for predict in self.general:
            with suppress(ArithmeticError, ValueError):
                lines += [(start, end - start) for start, end in zip(predict(at_zero), predict(at_one), strict=True)]
        upright = (
            line if line > (0.0, 0.0) else (-line[0], -line[1]) for line in lines
        )  # of which only the size is asked
        return [line for line in dict.fromkeys(upright) if isfinite(line[0]) and isfinite(line[1])]

    def _alone(self, known: Known, case: Case) -> Iterator[Mistake]:
        """The mistakes to whose numbers in a case an answer comes near; the others it cannot match."""
        value, share, room = known.answer.value, self.share, known.near
        for mistake in mistakes_in(case):
            numbers = outcomes(mistake, case)
            if mistake.fits is not None or any(abs(value - number) <= share * abs(number) + room for number in numbers):
                yield mistake


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Single mistakes, likeliest first."""
    found = frozenset(ids)
    return tuple(id_ for id_ in MISTAKES if id_ in found) if len(found) > 1 else tuple(found)


def _slopes(marker: Marker, question: Question) -> tuple[list[float], frozenset[str]]:
    """The local gradients that may be used at the true numbers, and what they depend on: a, b, x, out."""
    if question.branch is None:
        return [], frozenset()
    gate = marker.graph.node(question.branch.gate).gate
    assert gate is not None
    slopes = [slope.value for slope in Carrying(marker.solution).rule_locals_of(question.branch)]
    return slopes, frozenset(word for rule in gate.locals for word in _WORD.findall(rule))
