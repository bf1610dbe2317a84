"""What is said about an answer, in plain text, in the terms of this gate and these numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import excerpt, visible
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.mistakes.cases import Case
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages.stage import Question, Word

_MOST_NAMED = 3
"""So many earlier answers that were off are named."""
_MOST_SENTENCES = 20_000
"""So many sentences are remembered: a class makes the same mistakes at the same numbers."""


def wrong_message(attempt: Attempt, question: Question, answer: Answer, found: Mapping[str, Case]) -> str:
    """Why an answer is wrong: the mistakes that were found, or what can be said where there is none."""
    given = f"You gave {visible(answer.text.strip())}"
    if answer.has_names and question.kind.says_value:
        given += f" = {shown(answer.value)}"
    if not found:
        return f"{given}. {_what_can_be_said(attempt, question, answer)}"
    sentences = [_sentence(attempt, question, id_, case) for id_, case in found.items()]
    if "+" in next(iter(found)):
        digits = f"{abs(answer.value):.6g}".replace(".", "").strip("0")
        may = " may be" if len(digits) <= 1 else " is"
        ways = "; or ".join(sentences)
        return f"{given}. This{may} what you get from two mistakes at once: {ways}."
    if len(sentences) == 1:
        return f"{given}. This is what you get if {sentences[0]}."
    listed = " ".join(f"({number}) {sentence}." for number, sentence in enumerate(sentences, 1))
    return f"{given}. This matches what you get if: {listed}"


class _Words(dict[str, Word]):
    """Words of which each is found when a sentence says it."""

    def __getitem__(self, name: str) -> str:
        word = super().__getitem__(name)
        return word if isinstance(word, str) else word()


def _sentence(attempt: Attempt, question: Question, id_: str, case: Case) -> str:
    said, place = attempt.key.sentences, (question.kind.name, question.target, id_, case)
    if place not in said:
        if len(said) >= _MOST_SENTENCES:
            said.clear()
        words = _Words(question.kind.words(question, case, attempt.key))
        said[place] = ", and ".join([MISTAKES[part].sentence.format_map(words) for part in id_.split("+")])
    return said[place]


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
