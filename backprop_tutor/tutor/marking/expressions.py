"""Typed text in, Answer out, in all the ways in which people write numbers and formulas. Nothing typed is ever run.
Besides the nodes' values an answer may name gradients, errors, δ and the learning rate."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.formulas import tokens_of
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.language import MINUS, NotArithmetic, Step, TwoReadings, parse
from backprop_tutor.engine.notation import number_or_product
from backprop_tutor.errors import Fault
from backprop_tutor.text import LONGEST_NAME, Span, half_width, visible
from backprop_tutor.tutor.marking.answers import Answer, Number, answer_of, plain_number, read_plain
from backprop_tutor.tutor.questions import spelled
from backprop_tutor.tutor.stages import WORDS, stages_of
from backprop_tutor.tutor.stages.stage import Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt

OF_PROGRAMS: Final = 1e-6
"""The relative error that float32 leaves in a right number."""
_COMMA = re.compile(rf"([{MINUS}+]?)\s*+([0-9]*+),([0-9]++)")
_GROUPED = re.compile(rf"([{MINUS}+]?)\s*+([0-9]{{1,3}}(?:([.,' \xa0\u202f])[0-9]{{3}})++(?:[.,][0-9]*+)?+)")
_EQUALS = re.compile(r"(?<![<>!]):?==?|[≈≃≅]|\\approx\b")
_THOUSAND = 3  # digits in a group
_UNSEEN = "\u200b\u200e\u200f\u2060\ufeff"
_AROUND = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_LIKE = 0.02
"""The relative difference allowed between the sides of a typed equation, since numbers in it may be rounded."""


class NoAnswer(Fault):
    """An empty answer."""

    says = "this is empty. Write a number, such as -0.5 or 1/2."


class NotKnownYet(Fault):
    """A quantity that is asked for, or that has not been answered yet."""

    says = "{symbol} is {why}."


class WrongTarget(Fault):
    """The name before an equals sign belongs to another quantity than the one asked for."""

    says = "{given} is not asked for here. What is {asked}?"


class Named(Protocol):
    """The names of a question and of the others."""

    @property
    def asked(self) -> str:
        """The symbol of the answer."""

    def is_symbol(self, name: str) -> bool:
        """Whether a text such as `dL/dq` is a symbol here."""

    def is_asked(self, text: str) -> bool:
        """Whether a text before an equals sign names the answer."""

    def asks_elsewhere(self, text: str) -> bool:
        """Whether such a text names the answer to another question."""


class Symbols(Named, Protocol):
    """What an answer to one question may name besides nodes."""

    @property
    def wants_formula(self) -> bool:
        """Whether only a formula, not a number, is an answer."""

    def value(self, name: str, span: Span) -> float | None:
        """The number that a symbol stands for; None if it is not a symbol. Raises NotKnownYet."""


def read_answer(
    text: str, names: Mapping[str, float], known: str = "a node of this graph", symbols: Symbols | None = None
) -> Answer:
    """The answer in a text; `names` gives the value of each name, `known` says what a name must be, `symbols` what else
    it may name. Raises a Fault."""
    text = half_width(text)
    plain = read_plain(text)
    if plain is not None:
        number_or_product(text.strip(), (0, len(text)), names)
        return plain
    start, end = _without_remark(text, *within(text), names)
    if start >= end:
        raise NoAnswer((0, max(1, len(text))))
    sides = sides_of(text, start, end)
    if len(sides) > 1 and symbols is not None:
        sides = without_target(text, sides, names, symbols)
    found: list[Answer] = []
    for side in sides:
        try:
            found.append(_one(text, side, names, known, symbols))
        except NotKnownYet:
            if side is sides[-1]:
                raise
    answer = found[-1]
    if symbols is not None and symbols.wants_formula:
        answer = next((one for one in reversed(found) if one.has_names), answer)
    for other, side in zip(found[:-1], sides, strict=False):
        if abs(other.value - answer.value) > _LIKE * abs(answer.value) + answer.unit / 2:
            raise NotArithmetic(side, what="the two sides of = are not equal. Write only your answer.")
    return answer


def read_number(text: Number) -> Answer:
    """The answer handed over by a program. Raises a Fault if it is not a finite number."""
    return read_answer(text, {}, "a number")._replace(precision=OF_PROGRAMS)


def within(text: str) -> Span:
    """Where the answer stands, without blanks, dollar signs and closing punctuation."""
    start, end, before = 0, len(text), None
    while before != (start, end):
        before = start, end
        while start < end and (text[start].isspace() or text[start] in _UNSEEN):
            start += 1
        while start < end and (text[end - 1].isspace() or text[end - 1] in _UNSEEN or text[end - 1] in ".;?"):
            end -= 1
        for opens, closes in _AROUND:
            if end - start >= len(opens + closes) and text.startswith(opens, start) and text.endswith(closes, 0, end):
                start, end = start + len(opens), end - len(closes)
                break
    return start, end


def _without_remark(text: str, start: int, end: int, names: Mapping[str, float]) -> Span:
    """Where the answer stands, without words in parentheses after it, as in 1 (because add): at least two words, which
    cannot be a product."""
    if not text.endswith(")", start, end):
        return start, end
    opens = text.rfind("(", start, end)
    words = text[opens + 1 : end - 1].replace(",", " ").split()
    are_words = len(words) > 1 and all(word.isalpha() for word in words[:2]) and not names.keys() >= set(words)
    is_behind = opens > start and text[opens - 1].isspace()
    return (start, len(text[:opens].rstrip())) if are_words and is_behind else (start, end)


def sides_of(text: str, start: int, end: int) -> list[Span]:
    """The places of the sides of an equation, or of the only expression; an equals sign in parentheses, as in `axis=0`,
    separates nothing."""
    found: list[Span] = []
    for sign in _EQUALS.finditer(text, start, end):
        if text.count("(", start, sign.start()) <= text.count(")", start, sign.start()):
            found.append(_stripped(text, start, sign.start()))
            start = sign.end()
    return [*found, _stripped(text, start, end)]


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def without_target(text: str, sides: list[Span], names: Container[str], symbols: Named) -> list[Span]:
    """The sides without the answer's own name, which may come first. Raises WrongTarget for another name."""
    first = text[slice(*sides[0])]
    if not first or symbols.is_asked(first):
        return sides[1:]
    if symbols.asks_elsewhere(first) or first in names:
        raise WrongTarget(sides[0], given=visible(first)[:LONGEST_NAME], asked=symbols.asked)
    return sides


def _one(text: str, side: Span, names: Mapping[str, float], known: str, symbols: Symbols | None) -> Answer:
    """The answer in a part of a text that is a single expression."""
    start, end = side
    plain = plain_number(text, start, end) or _with_comma(text, start, end)
    if plain is not None:
        return plain
    if symbols is None:
        parsed = parse(tokens_of(text, start, end, names), side, text)
        steps = tuple(_as_number(step, None if step.text in names else CONSTANTS.get(step.text)) for step in parsed)
        return Answer(text, evaluate(steps, names, known), steps=steps)
    read: list[Step] = []
    named: list[str] = []
    for step in parse(tokens_of(text, start, end, names, symbols.is_symbol), side, text):
        value = None
        if step.kind == "name" and step.text not in names:
            value = CONSTANTS.get(step.text)
            if value is None:
                value = symbols.value(step.text, step.span)
                named += [] if value is None else [step.text]
        # A symbol stands for a number, here and wherever the formula is compared with another.
        read.append(_as_number(step, value))
    return Answer(text, evaluate(read, names, known), steps=tuple(read), symbols=tuple(named))


def _as_number(step: Step, value: float | None) -> Step:
    """A name as the number that it stands for, such as e: a formula in such names alone is a number. Other steps as
    they are."""
    return step if value is None or step.kind != "name" else Step("number", repr(value), step.span)


def _with_comma(text: str, start: int, end: int) -> Answer | None:
    """The answer, if it is one number with a decimal comma. Raises TwoReadings if the comma may separate thousands."""
    match = _COMMA.fullmatch(text, start, end)
    if match is None:
        grouped = _GROUPED.fullmatch(text, start, end)
        if grouped is not None:
            whole, mark = grouped[2], grouped[3]
            fix = whole.replace(mark, "").replace(",", ".")
            raise NotArithmetic(
                (start, end), what=f"a number takes no separators between its digits. Write {grouped[1]}{fix}."
            )
        return None
    sign, whole, decimals = match.groups()
    if len(decimals) == _THOUSAND and 0 < len(whole) <= _THOUSAND and whole[0] != "0":
        one, other = f"{whole}.{decimals}", f"{whole}{decimals}"
        raise TwoReadings((start, end), written=text[start:end], one=f"{sign}{one}", other=f"{sign}{other}")
    return answer_of(text, sign, f"{whole}.{decimals}", (start, end))


_NAMED: Final = tuple(word for word in reversed(WORDS) if any(stage.has_symbols for stage in stages_of(word)))
"""Gradients come before local ones: if the output has the loss's name, both have the symbol ∂L/∂x."""
_UPSTREAM: Final = ("upstream", "up")
_RATE: Final = ("α", "alpha", "rate")
_LOCAL: Final = "local"
"""The word of the stage, and what students call its quantity."""


class SymbolsAt:
    """What symbols stand for at one question of an attempt: only numbers that were given, answered or shown."""

    def __init__(self, question: Question, attempt: Attempt) -> None:
        self.question, self.attempt, self.key = question, attempt, attempt.key

    @property
    def asked(self) -> str:
        """The symbol of the answer."""
        return self.question.symbol

    @property
    def wants_formula(self) -> bool:
        """Whether only a formula, not a number, is an answer."""
        return not self.question.kind.is_number

    def value(self, name: str, span: Span) -> float | None:
        """The number that a symbol stands for; None if it is not a symbol. Raises NotKnownYet."""
        if name in _RATE:
            return self.key.rate if self.key.exercise.update else None
        branch = self.question.branch
        if branch is not None and name in _UPSTREAM:
            name = f"∂{self.key.exercise.loss}/∂{branch.gate}"
        is_local = branch is not None and name == _LOCAL and name not in self.key.graph.index
        found = self.key.named(_LOCAL).find(branch.name) if branch is not None and is_local else self._found(name)
        if found is None and "∂" in name:
            same = [
                asked for word in _NAMED for asked in self.key.asked(word) if spelled(asked.symbol) == spelled(name)
            ]
            why = "what you are asked for" if self.question in same else "asked for along more than one branch"
            raise NotKnownYet(
                span, symbol=visible(name)[:LONGEST_NAME], why=why if same else "not a gradient of this exercise"
            )
        if found is None and name in self.key.graph.index:
            raise NotKnownYet(
                span, symbol=visible(name)[:LONGEST_NAME], why="not an input. Write its value as a number"
            )
        return None if found is None else self._number(found, span)

    def is_symbol(self, name: str) -> bool:
        """Whether a text such as `dL/dq` is a symbol here."""
        return self._found(name) is not None

    def is_asked(self, text: str) -> bool:
        """Whether a text before an equals sign names the answer."""
        question = self.question
        names = (*question.names, *question.kind.spellings(question))
        return spelled(text) in map(spelled, names)

    def asks_elsewhere(self, text: str) -> bool:
        """Whether such a text names the answer to another question."""
        return any(self.key.named(word).find(text.strip()) is not None for word in WORDS)

    def _found(self, name: str) -> Question | None:
        is_node = name in self.key.graph.index  # which stands for its value; its gradient has another name
        found = (self.key.named(word).find(name) for word in _NAMED)
        return next((one for one in found if one and (not is_node or spelled(one.symbol) == spelled(name))), None)

    def _number(self, found: Question, span: Span) -> float:
        if found == self.question:
            raise NotKnownYet(span, symbol=found.symbol, why="what you are asked for")
        place = (found.stage, found.target)
        answer = self.attempt.carried.answers[found.stage].get(found.target)
        if answer is not None:
            return answer.value
        is_given = found in found.kind.beside(self.key.exercise, self.key.graph)
        is_given |= found.symbol in self.question.kind.gives(self.question, self.key)
        is_shown = place in self.attempt.shown or f"{found.symbol} = " in self.attempt.hinted
        if is_given or is_shown:
            return self.key.number(found)
        raise NotKnownYet(span, symbol=found.symbol, why="not known yet")
