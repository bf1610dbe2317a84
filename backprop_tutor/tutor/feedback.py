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
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.mistakes.words import sentences
from backprop_tutor.tutor.stages.stage import Question

_SHORT = 4
"""Characters in which anybody finds what is meant without a caret."""
_MOST_NAMED = 3
"""So many earlier answers that were off are named."""


def wrong_message(
    attempt: Attempt, question: Question, answer: Answer, readings: Sequence[Reading], rule: bool = True
) -> str:
    """Why an answer is wrong, and if the `rule` is wanted, what holds instead; what can be said where nobody knows."""
    given = ""
    if answer.has_names and question.kind.says_value:
        given = f"{visible(answer.text.strip())} = {shown(answer.value)}. "
    if not readings:
        return given + _what_can_be_said(attempt, question, answer)
    return given + sentences(readings, question, attempt.key, attempt.key.edits.of(question), rule)


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
    """What could not be read and what to write instead; in a longer text with a caret under the place."""
    return str(fault) if len(text.strip()) <= _SHORT else f"{fault}\n{excerpt(text, fault.span)}"
