"""Replies to an answer in plain text, about this gate and these numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10
from typing import Any

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import STAGE_WORDS
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import excerpt, listed, visible
from backprop_tutor.tutor.marking.acceptance import is_rounded
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.mistakes.readings import known_of
from backprop_tutor.tutor.mistakes.words import Holds, sentences
from backprop_tutor.tutor.mistakes.workings import comment
from backprop_tutor.tutor.stages import is_drawn
from backprop_tutor.tutor.stages.stage import Question

_SHORT = 4
"""In a text this short, in characters, anybody finds the place without a caret."""
_MOST_NAMED = 3
"""At most this many earlier wrong answers are named."""


def wrong_message(
    attempt: Attempt, question: Question, answer: Answer, readings: Sequence[Reading], holds: Holds = Holds.ALL
) -> str:
    """Why an answer is wrong and as much of the right rule as is allowed; a general remark if the cause is unknown."""
    if attempt.key.exercise.is_array:
        return str(_of_arrays().wrong_message(attempt, question, answer, readings, holds is Holds.ALL))
    given = ""
    if answer.has_names and question.kind.says_value and not _is_open(attempt, answer):
        given = f"{visible(answer.text.strip())} = {shown(answer.value)}. "
    key = attempt.key
    edits = key.edits.of(question)
    if readings:
        return given + sentences(readings, question, key, edits, holds)
    zero = attempt.passes_on_zero(question, answer)
    if zero:
        return f"This 0 follows from your 0 for {zero}, which is wrong. It shows nothing more."
    if attempt.is_guided or not answer.is_plain:
        return (given + _what_can_be_said(attempt, question, answer)).rstrip()
    said = known_of(edits, answer).said
    if not said:  # the same to everybody
        said.append(_what_can_be_said(attempt, question, answer).rstrip())
    return said[0]


def is_both_branches(question: Question, ids: Sequence[str]) -> bool:
    """Whether an answer covers both branches by which one node enters a gate, when the question is about one of
    them."""
    return question.branch is not None and "#" in question.branch.name and ids[:1] in (("both-slots",), ("gave-total",))


def _is_open(attempt: Attempt, answer: Answer) -> bool:
    """Whether a number would answer a question that is still open in the session."""
    if not attempt.is_guided:
        return False
    return any(
        one.kind.is_number and one.kind.accepts(one, answer, number, attempt.key)
        for word in attempt.key.exercise.stages
        if not is_drawn(word)
        for one, number in attempt.key.measured(word)
        if (one.stage, one.target) not in attempt.shown
    )


def _what_can_be_said(attempt: Attempt, question: Question, answer: Answer) -> str:
    """Says that the answer fits another question, has the right sign, or is simply not right. It never guesses, and in
    a session it says nothing about a question that is still open."""
    kind = question.kind
    other = attempt.right_elsewhere(question, answer)
    if other is not None and (not attempt.is_guided or (other.stage, other.target) in attempt.shown):
        return f"That is {other.symbol}. Here {question.symbol} is asked for."
    working = comment(attempt.key.edits.of(question), question, attempt, answer) if answer.steps else ""
    if working:
        return working
    if answer.has_names and kind.takes_formulas:
        return "That formula is not the derivative."
    if attempt.is_guided and answer.value != 0:
        return ""
    return kind.size(question, answer, attempt.key)


def _of_arrays() -> Any:
    """The replies about arrays, loaded only when an exercise has arrays."""
    from backprop_tutor.tutor import array_feedback

    return array_feedback


def follow_through_message(attempt: Attempt, question: Question) -> str:
    """The right method applied to an earlier wrong answer; says which one."""
    if attempt.key.exercise.is_array:
        return str(_of_arrays().follow_through_message(attempt, question))
    off = attempt.carried.slipped_of(question.kind.sources(question, attempt))
    what = f"your {listed(off[:_MOST_NAMED])}" if off else "an earlier answer of yours"
    were, them = ("were", "them") if len(off) > 1 else ("was", "it")
    return f"Right method: {what} {were} off, and you used {them} correctly."


def copied_message(attempt: Attempt, question: Question) -> str:
    """A wrong number that is merely passed on, in a submission that shows nothing else; says which one."""
    if attempt.key.exercise.is_array:
        return str(_of_arrays().copied_message(attempt, question))
    off = attempt.carried.slipped_of(question.kind.sources(question, attempt))
    what = f"your {listed(off[:_MOST_NAMED], 'or')}" if off else "an earlier answer of yours"
    return f"This only passes on {what}, which is off. It counts once other answers show your method."


def moot_message(attempt: Attempt, question: Question) -> str:
    """A 0 that follows from an earlier one; says which one."""
    if attempt.key.exercise.is_array:
        return str(_of_arrays().moot_message(attempt, question))
    graph, carried = attempt.key.graph, attempt.carried
    answers = carried.answers.values()
    dead = [name for some in answers for name, one in some.items() if one.is_dead and name != question.target]
    what = f"your dead {dead[0]}" if dead else "an earlier answer of yours"
    if question.kind.shows_upstream:
        beyond = [question.node, *graph.gates_beyond(question.node)]
        flat = [one for name in beyond for one in graph.branches_from[name] if carried.own_local(one) == 0]
        for one in flat[:1]:
            is_said = one.source in carried.backward
            what = f"your dead {one.source}" if is_said else f"your values, at which {one.gate} is dead"
    return f"This 0 follows from {what}. It shows nothing, so it is not counted."


class Ladder:
    """The hints for a question, from a word to the answer; the author's own come first."""

    def __init__(self, exercise: Exercise, solution: Solution, question: Question) -> None:
        asked = [STAGE_WORDS[word].asks for word in (question.stage, *exercise.stages)]
        # Where gradients are asked for, a node's hints are about its gradient.
        is_of_value = asked[0] == "values" and "gradients" in asked
        names = () if is_of_value else dict.fromkeys([question.target, *question.names, question.node])
        self.own = [exercise.hints[name] for name in names if name in exercise.hints]
        self.explained = question.kind.explain(question, exercise, solution)
        self.rungs = len(self.own) + self.explained.rungs
        self.in_words = self.rungs - 2
        """The first rungs, this many, contain no numbers."""

    def __iter__(self) -> Iterator[str]:
        return map(self.rung, range(self.rungs))

    def rung(self, number: int) -> str:
        """The hint with this number, counted from 0."""
        return self.own[number] if number < len(self.own) else self.explained.rung(number - len(self.own))

    def said(self, number: int, word: str = "hint") -> str:
        """A hint with its number: `hint 2 of 4: ...`; behind a sentence, the `word` has a capital."""
        return f"{word} {number + 1} of {self.rungs}: {self.rung(number)}"


def right_head(question: Question, answer: Answer, exact: float) -> str:
    """The opening of the reply to a right answer; if it was rounded on the way, with the exact number."""
    if not question.kind.is_number or not answer.is_plain or is_rounded(answer, exact) or question.kind.is_step:
        return "Right:"
    decimals = max(0, -round(log10(answer.unit)))
    return f"Right ({answer.text.strip()} from rounded values; {exact:.{decimals}f} exactly):"


def unreadable_message(text: str, fault: Fault) -> str:
    """What could not be read and what to write instead; in a longer text with a caret under the place."""
    return str(fault) if len(text.strip()) <= _SHORT else f"{fault}\n{excerpt(text, fault.span)}"
