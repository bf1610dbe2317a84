"""The quantities that an answer may name besides the nodes' values: gradients, errors, δ and the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backprop_tutor.text import Span, visible
from backprop_tutor.tutor.marking.expressions import NotKnownYet
from backprop_tutor.tutor.questions import spelled
from backprop_tutor.tutor.stages import WORDS, stages_of
from backprop_tutor.tutor.stages.stage import Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt

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
            raise NotKnownYet(span, symbol=visible(name)[:40], why=why if same else "not a gradient of this exercise")
        if found is None and name in self.key.graph.index:
            raise NotKnownYet(span, symbol=visible(name)[:40], why="not an input. Write its value as a number")
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
