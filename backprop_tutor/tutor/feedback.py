"""What is said about an answer, in plain text, in the terms of this gate and these numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import excerpt, visible
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.mistakes.diagnosis import matched_case
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages.stage import Question

_MOST_NAMED = 3
"""So many earlier answers that were off are named."""


def wrong_message(attempt: Attempt, question: Question, answer: Answer, ids: Sequence[str]) -> str:
    """Why an answer is wrong: the mistakes that it matches, or what can be said where it matches none."""
    given = f"You gave {visible(answer.text.strip())}"
    if answer.has_names and question.kind.says_value:
        given += f" = {shown(answer.value)}"
    if not ids:
        return f"{given}. {_what_can_be_said(attempt, question, answer)}"
    sentences = [_sentence(attempt, question, answer, id_) for id_ in ids]
    if "+" in ids[0]:
        digits = f"{abs(answer.value):.6g}".replace(".", "").strip("0")
        may = " may be" if len(digits) <= 1 else " is"
        ways = "; or ".join(sentences)
        return f"{given}. This{may} what you get from two mistakes at once: {ways}."
    if len(sentences) == 1:
        return f"{given}. This is what you get if {sentences[0]}."
    listed = " ".join(f"({number}) {sentence}." for number, sentence in enumerate(sentences, 1))
    return f"{given}. This matches what you get if: {listed}"


def _sentence(attempt: Attempt, question: Question, answer: Answer, id_: str) -> str:
    case = matched_case(id_.partition("+")[0], answer, attempt.cases(question), attempt.key.scale)
    words = question.kind.words(question, case, attempt.key)
    return ", and ".join(MISTAKES[part].sentence.format(**words) for part in id_.split("+"))


def _what_can_be_said(attempt: Attempt, question: Question, answer: Answer) -> str:
    """Right for another question, right sign, or only that it is not right. Never a guess."""
    kind = question.kind
    other = attempt.right_elsewhere(question, answer)
    if other is not None:
        return f"That is right for {other.symbol}; here {question.symbol} is asked."
    if answer.steps and kind.takes_formulas:
        return "As a formula it is another function than the one asked for."
    return kind.size(question, answer, attempt.key)


def follow_through_message(attempt: Attempt, question: Question) -> str:
    """Right method from an earlier wrong answer: which one."""
    off = attempt.carried.slipped_of(question.kind.sources(question, attempt))
    what = f"your {' and '.join(off[:_MOST_NAMED])}" if off else "an earlier answer of yours"
    were, them = ("were", "them") if len(off) > 1 else ("was", "it")
    return f"Right method: {what} {were} off, and you used {them} correctly."


def copied_message(attempt: Attempt, question: Question) -> str:
    """A wrong number that is only handed on, by somebody who has nothing else to show: which one."""
    off = attempt.carried.slipped_of(question.kind.sources(question, attempt))
    what = f"your {' or '.join(off[:_MOST_NAMED])}" if off else "an earlier answer of yours"
    return f"This only hands on {what}, which is off. It counts once other answers show how you work."


def moot_message(attempt: Attempt, question: Question) -> str:
    """A 0 that comes of an earlier one: which one."""
    dead = [
        name
        for answers in attempt.carried.answers.values()
        for name, answer in answers.items()
        if answer.is_dead and name != question.target
    ]
    return f"0 follows from your dead {dead[0]}. It shows nothing, so it is not counted."


def ladder(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    """The hints for a question, one at a time, from a word to the answer; the author's own come first."""
    names = dict.fromkeys([question.target, *question.names, question.node])
    yield from (exercise.hints[name] for name in names if name in exercise.hints)
    yield from question.kind.explain(question, exercise, solution).hints


def unreadable_message(text: str, fault: Fault) -> str:
    """What was expected, and a caret under what could not be read."""
    return f"{fault} Expected: a number or an expression.\n{excerpt(text, fault.span)}"
