"""Replies to an answer about arrays: which entries are right, what went wrong, and the grid as it was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, cast

from backprop_tutor.engine.array_passes import is_named, pull_of, value_formula
from backprop_tutor.engine.arrays import written_shape
from backprop_tutor.engine.graph import Branch, Shape
from backprop_tutor.text import listed
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt
from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS, Edit
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.mistakes.words import in_one
from backprop_tutor.tutor.stages.stage import Question

_TWO_FORMS: Final = re.compile(r"\[([^|\]]+)\|([^\]]+)\]")
_MOST_NAMED: Final = 3
_MOST_SHOWN: Final = 40  # entries of a grid that a reply repeats
_PLAIN: Final = {
    "sign-flipped": ("[flipped|flip] the sign", ""),
    "forgot-local": ("[passed|pass] the upstream gradient on unchanged", "It has to go back through {gate} = "
    "{written}"),
    "forgot-upstream": ("[left|leave] out the upstream gradient", "Multiply by the one that arrives at {gate}"),
    "gave-value": ("[gave|give] the value of {source}, not its gradient", "Its gradient is asked for"),
    "gave-output": ("[gave|give] the value of {gate}", "The gradient of {source} is asked for"),
    "gave-total": ("[gave|give] the whole gradient of {source}", "Only the part that {gate} sends back is asked for "
    "here"),
    "gave-downstream": (
        "[multiplied|multiply] by the upstream gradient as well", "Only the local gradient is asked for",
    ),
    "gave-upstream": ("[gave|give] the upstream gradient", "Only the local gradient is asked for"),
    "gave-gradient-for-value": ("[gave|give] the gradient of {source}", "Its value in the forward pass is asked for"),
    "decimal-slip": ("[slipped|slip] by a decimal place", ""),
    "one-branch-only": ("[kept|keep] only one branch of a fork", "At a fork the gradients add, entry by entry"),
    "ascended": ("[added|add] the step", "It goes against the gradient: {source} - α × d{source}"),
    "forgot-rate": ("[left|leave] out the rate α", "{source} - α × d{source}"),
    "gave-step": ("[gave|give] only the step", "The new {source} is asked for: {source} - α × d{source}"),
    "gave-gradient": ("[gave|give] the gradient", "The new {source} is asked for: {source} - α × d{source}"),
    "rate-twice": ("[multiplied|multiply] by α twice", ""),
}  # fmt: skip
"""Words for the mistakes of numbers when the answer is an array, and the rule that holds instead."""


def wrong_message(
    attempt: ArrayAttempt, question: Question, answer: Answer, readings: Sequence[Reading], rule: bool = True
) -> str:
    """Why an answer is wrong and, if the `rule` is wanted, what holds instead; then each entry with its mark."""
    right = attempt.key.right(question)
    if answer.shape is not None and not answer.entries:
        return _of_shape(attempt, question, answer.shape)
    counted = _counted(attempt, question, answer)
    said = sentences(attempt, question, readings, rule) or _what_can_be_said(attempt, question, answer)
    if isinstance(right, str):
        return said
    wanted = attempt.key.solution.graph.shape(question.source)
    if isinstance(right, list) and answer.shape != (len(right), len(right[0])):
        wanted = (len(right), len(right[0]))
        given = written_shape(cast("Shape", answer.shape))
        ids = readings[0].ids if readings else ()
        if ids and ids[0].partition("@")[0] == "transposed":  # whose rule is the shape, which is said here
            said = sentences(attempt, question, readings, rule=False)
        more = f" {said}" if ids and ids[0] != "wrong-shape" else _entrywise(answer)
        return f"That is {given}, and {_what(question)} {written_shape(wanted)}.{more}"
    return "\n".join(filter(None, [" ".join(filter(None, [counted, said])), _grid(attempt, question, answer)]))


def _what(question: Question) -> str:
    if question.symbol == question.node:
        return f"{question.node} is"
    return f"{question.symbol} has the shape of {question.source},"


def _entrywise(answer: Answer) -> str:
    """A note that `*` is not a matrix product, where one may have been meant."""
    has_star = any(step.kind == "operator" and step.text == "*" for step in answer.steps)
    return " * works entry by entry; @ is the matrix product." if has_star else ""


def _of_shape(attempt: ArrayAttempt, question: Question, shape: Shape) -> str:
    graph = attempt.key.graph
    wanted = graph.shape(question.node)
    if (shape[1], shape[0]) == wanted:
        return "Rows and columns have changed places: rows come first."
    inputs = graph.node(question.node).inputs
    known = ", ".join(
        f"{name} is {written_shape(graph.shape(name))}" for name in dict.fromkeys(inputs) if is_named(graph, name)
    )
    return f"{question.node} is not {written_shape(shape)}{f': {known}' if known else ''}."


def _counted(attempt: ArrayAttempt, question: Question, answer: Answer) -> str:
    entries = [one for row in attempt.key.marked_right(question, answer) for one in row]
    if len(entries) < 2:
        return ""
    right = sum(entries)
    return (
        f"{right} of {len(entries)} entries {'is' if right == 1 else 'are'} right." if right else "No entry is right."
    )


def _grid(attempt: ArrayAttempt, question: Question, answer: Answer) -> str:
    """The entries as they were typed, each with its mark; nothing for a formula, for a single entry or for very
    many."""
    marked = attempt.key.marked_right(question, answer)
    size = sum(map(len, marked))
    if answer.steps or size < 2 or size > _MOST_SHOWN or not any(any(row) for row in marked):
        return ""
    texts = [[entry.text.strip() for entry in row] for row in answer.entries]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for row, marks in zip(texts, marked, strict=True):
        cells = [
            f"{text:>{width}} {'✓' if mark else '✗'}" for text, width, mark in zip(row, widths, marks, strict=True)
        ]
        lines.append("    " + "  ".join(cells))
    return "\n".join(lines)


def sentences(attempt: ArrayAttempt, question: Question, readings: Sequence[Reading], rule: bool) -> str:
    """The readings in words: what the student did, and what holds instead."""
    if not readings:
        return ""
    first = readings[0]
    at = first.ids[0].partition("@")[2]
    words = [_words(attempt, question, cast("Edit", reading.row)) for reading in readings]
    lead = f"Further on, at {at}," if at and at != "all" else ""
    asked = dict.fromkeys(_said(reading, mine, 2) for reading, mine in zip(readings, words, strict=True))
    said = in_one(lead, _said(first, words[0], 1) if first.is_plain else "", asked)
    is_needed = rule or first.ids[0] == "number-for-formula"  # which gives nothing away
    holds = _holds(first, words[0]) if is_needed and len(asked) == 1 else ""
    return f"{said} {holds}".rstrip()


def _row(id_: str) -> tuple[str, str]:
    if id_ in _PLAIN:
        return _PLAIN[id_]
    row = OF_ARRAYS.get(id_) or MISTAKES[id_]
    return row.did, row.holds


def _said(reading: Reading, words: dict[str, str], form: int) -> str:
    did, _ = _row(reading.ids[0].partition("@")[0])
    return _TWO_FORMS.sub(lambda match: match[form], did.format_map(_Known(words)))


def _holds(reading: Reading, words: dict[str, str]) -> str:
    _, holds = _row(reading.ids[0].partition("@")[0])
    text = _TWO_FORMS.sub(lambda match: match[1], holds.format_map(_Known(words)))
    return f"{text[:1].upper() if not holds.startswith('{') else text[:1]}{text[1:]}." if text else ""


class _Known(dict[str, str]):
    """The words of a sentence; anything else that a rule for one number mentions is said of each entry."""

    def __missing__(self, name: str) -> str:
        return {"wrong": "that rule", "value": "its value"}.get(name, "it")


def _words(attempt: ArrayAttempt, question: Question, edit: Edit) -> dict[str, str]:
    graph = attempt.key.graph
    found = {"symbol": question.symbol, "source": question.source, "shape": written_shape(graph.shape(question.source))}
    branch: Branch | None = edit.branch or question.branch
    if branch is None:
        leaving = graph.branches_from[question.node]
        branch = leaving[0] if len(leaving) == 1 else None
    if branch is not None:
        node = graph.node(branch.gate)
        assert node.gate is not None
        kind = node.gate.name.replace("_", " ")
        found |= {
            "source": branch.source if is_named(graph, branch.source) else value_formula(graph, branch.source),
            "gate": branch.gate if is_named(graph, branch.gate) else value_formula(graph, branch.gate),
            "written": value_formula(graph, branch.gate, whole=True), "kind": kind,
            "Kind": f"{'An' if kind[0] in 'aeiou' else 'A'} {kind} gate",
            "pull": pull_of(graph, branch, only_named=True),
            "other": node.inputs[1 - branch.slot] if len(node.inputs) > 1 else "",
            "slope": f"∂{branch.gate}/∂{branch.source}", "shape": written_shape(graph.shape(branch.source)),
        }  # fmt: skip
    elif question.node in graph.gate_names:
        written = value_formula(graph, question.node, whole=True)
        found |= {"gate": question.node, "written": written, "pull": written}
    return found


def _what_can_be_said(attempt: ArrayAttempt, question: Question, answer: Answer) -> str:
    """Says whether the answer fits another question, or what is needed here; it never guesses."""
    other = attempt.right_elsewhere(question, answer)
    if other is not None:
        return f"That is {other.symbol}. Here {question.symbol} is asked for."
    if isinstance(attempt.key.right(question), str):
        return "That formula is not the gradient."
    return "" if answer.entries and sum(map(len, answer.entries)) > 1 else "The number is wrong."


def follow_through_message(attempt: ArrayAttempt, question: Question) -> str:  # noqa: ARG001
    """The right method applied to an earlier wrong array; says which one."""
    off = attempt.given.slipped[:_MOST_NAMED]
    were, them = ("were", "them") if len(off) > 1 else ("was", "it")
    return f"Right method: your {listed(off)} {were} off, and you used {them} correctly."


def copied_message(attempt: ArrayAttempt, question: Question) -> str:  # noqa: ARG001
    """A wrong array that is merely passed on."""
    off = attempt.given.slipped[:_MOST_NAMED]
    return f"This only passes on your {listed(off, 'or')}, which is off. It counts once other answers show your method."


def moot_message(attempt: ArrayAttempt, question: Question) -> str:
    """Zeros that follow from earlier ones."""
    answers = attempt.given.answers.values()
    dead = [name for one in answers for name, given in one.items() if given.is_dead and name != question.target]
    return f"This 0 follows from your dead {dead[0] if dead else 'gate'}. It shows nothing, so it is not counted."
