"""One student's answers to one exercise: each is read and judged, with what follows from the earlier ones. `practice`,
`check`, `grade` and everything else that marks answers goes through this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT, HALF_A_UNIT, is_rounded
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.answers import Answer, Number, read_plain
from backprop_tutor.tutor.marking.carried import Carried
from backprop_tutor.tutor.marking.expressions import SymbolsAt, read_answer, read_number
from backprop_tutor.tutor.marking.follow_through import FollowThrough
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.mistakes.readings import diagnose
from backprop_tutor.tutor.mistakes.typed import slack_of, values_at
from backprop_tutor.tutor.stages.stage import Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.mistakes.workings import Told

_NEAR: Final = 0.01
"""The relative error of a result worked out from exact numbers when two or three digits are written."""
_AS_TYPED: Final = 0.002
"""The value of an expression, whose numbers were rounded, may be this far off."""
_DISTINCT: Final = 3
"""With this many digits, an answer is hardly another question's number by chance."""


class Judgement(NamedTuple):
    """What an answer is; `copied` is the size of a wrong number that it merely passes on, up to its sign. `is_near`
    says that a wrong number is close to one that follows, as if worked out with more digits than were written;
    `entries` says which entries of an array are right.
    """

    outcome: Outcome
    copied: float | None = None
    is_near: bool = False
    entries: tuple[tuple[bool, ...], ...] = ()


_RIGHT: Final = Judgement(Outcome.RIGHT)
_WRONG: Final = Judgement(Outcome.WRONG)


def _comes_near(given: float, unit: float, numbers: Iterable[float], share: float) -> bool:
    """Whether a number may be right for one of the numbers, or near it: most wrong ones are far from all of them."""
    room = HALF_A_UNIT * unit
    share *= 1.000001  # never drops a right number
    for number in numbers:  # noqa: SIM110  no generator: it is asked very often
        if abs(given - number) <= share * abs(number) + room:
            return True
    return False


def plainly(text: str) -> Answer | None:
    """The answer in a text that is the same number for everybody, whatever names stand for. Raises a Fault."""
    plain = read_plain(text)
    return None if "e" in text or "E" in text else plain  # 2e5 may be twice the node e5


class Attempt:
    """The answers so far, with the answer key of the circuit they are about. If it `is_guided`, everything before a
    question was shown, so that no mistake further on remains to be found.
    """

    def __init__(self, key: AnswerKey, is_guided: bool = False) -> None:
        self.key, self.is_guided = key, is_guided
        self.carried = FollowThrough(key.readings)
        self.shown: Collection[tuple[str, str]] = ()
        """Stage and target of each answer that was worked out for the student: its numbers may be named."""
        self.hinted = ""
        """How many hints the student has read for the open question: what they reveal may be named too."""

    def read(self, question: Question, text: str) -> Answer:
        """The answer in a text; names stand for the student's own values where they gave any. Raises a Fault."""
        if isinstance(text, Number):
            return read_number(text)
        plain = plainly(text)
        if plain is not None:
            return plain
        return read_answer(text, *question.kind.names(question, self), SymbolsAt(question, self))

    def judge(self, question: Question, answer: Answer, is_right: bool | None = None) -> Judgement:
        """Whether an answer is right, follows from the student's own answers, or is wrong; `is_right` says whether it
        is right by itself, if that is known."""
        kind, key = question.kind, self.key
        if key.is_right(question, answer) if is_right is None else is_right:
            return _RIGHT
        if kind.takes_formulas and kind.is_formula(answer):
            return _WRONG
        copied, is_near, given = None, False, kind.given(question, answer, key)
        if given == 0:
            return self._judge_empty(question)
        numbers = kind.numbers_that_follow(question, self)
        if numbers is not None and not _comes_near(given, answer.unit, numbers, max(key.scale.tolerance, _NEAR)):
            return _WRONG
        for carried in kind.follows(question, self):
            if carried.value and kind.accepts(question, answer, carried.value, key, carried=True):
                if not carried.slipped and copied is None:
                    return _RIGHT
                copied = self._copied(given, carried)
                if copied is None or self._names_a_slip(answer):
                    return Judgement(Outcome.FOLLOW_THROUGH)
            elif carried.slipped and abs(given - carried.value) <= _NEAR * abs(carried.value):
                is_near = True
        return Judgement(Outcome.WRONG if copied is None else Outcome.FOLLOW_THROUGH, copied, is_near)

    def _judge_empty(self, question: Question) -> Judgement:
        """The outcome of a 0 where the number is not 0: it follows through a gate that is flat at the student's own
        values. What such a 0 leads to is moot: it shows nothing.
        """
        empty = [carried for carried in question.kind.follows(question, self) if carried.value == 0]
        if empty and question.kind.is_flat(question, self):
            is_copy = all(self._copied(0.0, carried) is not None for carried in empty)
            return Judgement(Outcome.FOLLOW_THROUGH, 0.0 if is_copy else None)
        return Judgement(Outcome.MOOT if any(carried.is_dead for carried in empty) else Outcome.WRONG)

    def _names_a_slip(self, answer: Answer) -> bool:
        """Whether an answer names the student's own wrong value that it is found from."""
        forward, backward = self.carried.forward, self.carried.backward
        named = [forward.get(step.text) for step in answer.steps if step.kind == "name"]
        found = map(self.key.named("backward").find, answer.symbols)
        named += [backward.get(question.target) for question in found if question is not None]
        return any(carried is not None and carried.slipped for carried in named)

    def _copied(self, value: float, carried: Carried) -> float | None:
        """The earlier wrong number that an answer repeats, up to its sign; None if it repeats none."""
        near = self.key.scale.tolerance
        return next((wrong for wrong in carried.wrong if abs(abs(value) - wrong) <= near * wrong), None)

    def record(self, question: Question, answer: Answer, outcome: Outcome, is_copy: bool = False) -> None:
        """Records an answer for later ones to follow from, if its stage carries."""
        if question.kind.carries:
            self.carried.record(question.stage, question.target, answer, outcome, is_copy)

    def diagnose(self, question: Question, answer: Answer, before: Collection[str] = ()) -> list[Reading]:
        """What a wrong answer comes from: at most two readings, likeliest first, those this student made `before`
        rather than others."""
        return (
            []
            if self.passes_on_zero(question, answer)
            else diagnose(self.key.edits.of(question), question, self, answer, before)
        )

    def passes_on_zero(self, question: Question, answer: Answer) -> str:
        """The wrong answer of 0 that one of 0 merely passes on; empty if none. There is no other mistake in it."""
        if answer.value or not question.kind.is_number:
            return ""
        if not any(carried.slipped and carried.value == 0 for carried in question.kind.follows(question, self)):
            return ""
        answers = self.carried.answers.values()
        zeros = {name for some in answers for name, carried in some.items() if carried.slipped and carried.value == 0}
        behind = self.carried.slipped_of(question.kind.sources(question, self))
        return next((name for name in behind if name in zeros), "")

    def asks_how(self, question: Question, answer: Answer) -> tuple[str, str] | None:
        """What the tutor asks about a plain number that nothing explains, and the prompt for it; None if it is not
        worked out."""
        from backprop_tutor.tutor.mistakes.workings import shape_of

        shape = shape_of(self.key.edits.of(question), question, self.key.exercise.loss) if answer.is_plain else None
        if shape is None:
            return None
        words, prompt = shape
        given = answer.text.strip().rstrip(".;?")
        return f"How did you get {given}? Type it as {words}, or press Enter to go on.", prompt

    def told_how(self, question: Question, text: str, given: Answer) -> Told:
        """What is right and what is wrong about how the wrong number that was `given` came about. Raises a Fault."""
        from backprop_tutor.tutor.mistakes.workings import told

        return told(self.key.edits.of(question), question, self, self.read(question, text), given)

    def right_elsewhere(self, question: Question, answer: Answer) -> Question | None:
        """Another question that an answer is right for as it is written, if there is exactly one: of the same stage,
        else of another one, where enough digits are shown that it is no chance."""
        if answer.value in (0, 1, -1):
            return None
        given = [one for one in self._given_by(answer) if not answer.has_names or self._is_formula_of(one, answer)]
        if not given:
            return None
        others = [one for one in given if one.stage == question.stage and one != question]
        if not others:
            asked = self.key.exercise.stages
            others = [one for one in given if one.stage != question.stage and one.stage in asked]
            if answer.is_plain and others and answer.digits < _DISTINCT:
                return None
        return others[0] if len(others) == 1 else None

    def _is_formula_of(self, question: Question, answer: Answer) -> bool:
        """Whether a formula gives a question's number at neighbouring points too: here it may do so by chance."""
        edits = self.key.edits.of(question)
        values = values_at(answer, edits.points)
        return values is not None and edits.is_function(values, edits.right_beside, slack_of(answer))

    def _given_by(self, answer: Answer) -> list[Question]:
        """The questions whose number an answer is, or that number rounded."""
        share = answer.precision or (EXACT if answer.is_plain else _AS_TYPED)
        value, room = answer.value, answer.unit + 2 * share * abs(answer.value)  # twice what either rule allows
        found = []
        for one in self.key.near(value, room):
            number = self.key.number(one)
            if abs(value - number) <= share * abs(number) or (is_rounded(answer, number) and answer.digits > 1):
                found.append(one)
        return found


def attempt_on(key: AnswerKey, is_guided: bool = False) -> Attempt:
    """An attempt at an exercise of numbers or of arrays."""
    if not key.exercise.is_array:
        return Attempt(key, is_guided)
    from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt
    from backprop_tutor.tutor.marking.array_key import ArrayKey  # exercises of numbers load nothing of arrays

    assert isinstance(key, ArrayKey)
    return ArrayAttempt(key, is_guided)
