"""One tokenizer and one precedence parser, for graphs and for answers: text in, postfix steps with spans out."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from backprop_tutor.engine import faults
from backprop_tutor.errors import Fault, Span

NUMBER: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-\u2212]?[0-9]+)?"
"""A number as it may be written. ASCII digits only: `float()` would take many more."""

_TOKEN = re.compile(
    rf"(?P<space>[ \t\r\n]+)|(?P<number>{NUMBER})|(?P<name>[^\W\d]\w*)|(?P<operator>\*\*|[-+*/^()=,\u2212])"
)
_INSTEAD = {
    "\N{MULTIPLICATION SIGN}": "*", "\N{MIDDLE DOT}": "*", "\N{DOT OPERATOR}": "*", "\N{ASTERISK OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/", "\N{DIVISION SLASH}": "/", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HYPHEN}": "-",
    "\N{SUPERSCRIPT TWO}": "^2", "\N{SUPERSCRIPT THREE}": "^3", "\N{SQUARE ROOT}": "sqrt(...)",
    "[": "(", "]": ")", "{": "(", "}": ")", "\N{VULGAR FRACTION ONE HALF}": "1/2",
    "\N{VULGAR FRACTION ONE QUARTER}": "1/4",
}  # fmt: skip
_NAME = re.compile(r"(?:[^\W\d]|[A-Za-z_])(?:[^\W\d]|[0-9])*")


class Step(NamedTuple):
    """One step of a postfix program.

    `kind` is number, name, operator (`text` one of + - * / ^ and neg) or call (`text` the gate's name);
    `arity` is how many results of earlier steps it takes, `span` its own characters.
    """

    kind: str
    text: str
    span: Span
    arity: int = 0


class Token(NamedTuple):
    """A piece of text: `kind` is number, name or operator (then `text` is in ASCII, `**` as `^`)."""

    kind: str
    text: str
    span: Span


PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}


def is_name(text: str) -> bool:
    """Whether a text can name a node: letters, digits and `_`, not starting with a digit."""
    return _NAME.fullmatch(text) is not None


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a part of a text; spans count in the whole text. Raises UnexpectedCharacter, NotArithmetic."""
    end = len(text) if end is None else end
    found: list[Token] = []
    while start < end:
        match = _TOKEN.match(text, start, end)
        if match is None:
            raise _unexpected(text, start)
        kind, piece = str(match.lastgroup), match[0]
        if kind == "name" and not is_name(piece):
            raise _unexpected(text, next(i for i in range(start, match.end()) if not is_name("x" + text[i])))
        if kind != "space":
            if kind == "operator":
                piece = {"**": "^", "\u2212": "-"}.get(piece, piece)
            found.append(Token(kind, piece, match.span()))
        start = match.end()
    return found


def _unexpected(text: str, at: int) -> Fault:
    character = text[at]
    span = (at, at + 1)
    if character == ".":
        return faults.NotArithmetic(span, what="a point stands only inside a number: attributes are not arithmetic.")
    if character in "'\"`":
        return faults.NotArithmetic(
            span, what="text in quotes is not arithmetic. Write numbers and names without quotes."
        )
    instead = _INSTEAD.get(character)
    return faults.UnexpectedCharacter(span, character=character, advice=f" Write {instead} instead." if instead else "")


def parse(pieces: list[Token], whole: Span) -> list[Step]:
    """Tokens of one expression as postfix steps; `whole` is where an empty one would stand.

    Iterative (an operator stack), so that no nesting is too deep. Raises the first Fault.
    """
    return _Parser(whole).run(pieces)


class _Open(NamedTuple):
    """A parenthesis that is not closed yet; a gate's if `gate` is its name's token."""

    span: Span
    gate: Token | None
    commas: int = 0


class _Parser:
    def __init__(self, whole: Span) -> None:
        self.whole = whole
        self.steps: list[Step] = []
        self.waiting: list[Step | _Open] = []
        self.last: Token | None = None
        self.wants_operand = True

    def run(self, pieces: list[Token]) -> list[Step]:
        for position, token in enumerate(pieces):
            if self.wants_operand:
                follows = pieces[position + 1].text if position + 1 < len(pieces) else ""
                self._operand(token, calls=token.kind == "name" and follows == "(")
            else:
                self._operator(token)
            self.last = token
        if self.wants_operand:
            raise self._missing(None)
        self._unwind(0)
        if self.waiting:
            raise faults.UnmatchedParenthesis(self.waiting[-1].span, parenthesis="(")
        return self.steps

    def _operand(self, token: Token, calls: bool) -> None:
        if calls:
            self.waiting.append(_Open(token.span, token, -1))
        elif token.kind in ("number", "name"):
            self.steps.append(Step(token.kind, token.text, token.span))
            self.wants_operand = False
        elif token.text == "(":
            top = self.waiting[-1] if self.waiting else None
            if isinstance(top, _Open) and top.commas == -1:
                self.waiting[-1] = _Open(token.span, top.gate)
            else:
                self.waiting.append(_Open(token.span, None))
        elif token.text == "-":
            self.waiting.append(Step("operator", "neg", token.span, 1))
        elif token.text == ")" and self.last is not None and self.last.text == "(":
            self._empty_parentheses(token)
        elif token.text != "+":
            raise self._missing(token)

    def _empty_parentheses(self, token: Token) -> None:
        top = self.waiting.pop()
        if not isinstance(top, _Open) or top.gate is None:
            raise self._missing(token)
        self.steps.append(Step("call", top.gate.text, top.gate.span, 0))
        self.wants_operand = False

    def _operator(self, token: Token) -> None:
        text = token.text
        if text in PRECEDENCE:
            # ^ is right-associative and binds tighter than the unary minus before it.
            self._unwind(PRECEDENCE[text] + (text == "^"))
            self.waiting.append(Step("operator", text, token.span, 2))
            self.wants_operand = True
        elif text == ")":
            self._unwind(0)
            if not self.waiting:
                raise faults.UnmatchedParenthesis(token.span, parenthesis=")")
            opened = self.waiting.pop()
            if isinstance(opened, _Open) and opened.gate is not None:
                self.steps.append(Step("call", opened.gate.text, opened.gate.span, opened.commas + 1))
        elif text == ",":
            self._unwind(0)
            top = self.waiting[-1] if self.waiting else None
            if not isinstance(top, _Open) or top.gate is None:
                raise faults.DecimalComma(token.span)
            self.waiting[-1] = top._replace(commas=top.commas + 1)
            self.wants_operand = True
        else:
            raise self._side_by_side(token)

    def _unwind(self, precedence: int) -> None:
        """Moves waiting operators that bind at least this tightly to the steps, down to an open parenthesis."""
        while self.waiting:
            top = self.waiting[-1]
            if isinstance(top, _Open) or PRECEDENCE[top.text] < precedence:
                return
            self.steps.append(top)
            self.waiting.pop()

    def _missing(self, token: Token | None) -> Fault:
        if token is not None:
            where = f"between {self.last.text} and {token.text}" if self.last else f"before {token.text}"
            return faults.MissingOperand(token.span, where=where)
        if self.last is None:
            return faults.MissingOperand(self.whole, where="here")
        return faults.MissingOperand(self.last.span, where=f"after {self.last.text}")

    def _side_by_side(self, token: Token) -> Fault:
        assert self.last is not None
        left, right = self.last.text, token.text
        if right == "=":
            return faults.NotALine(token.span, advice=" One = is enough.")
        if right == "(" and left == ")":
            return faults.NotArithmetic(
                token.span, what="only a gate can be called. To multiply, write * between ) and (."
            )
        if right.startswith("_") and self.last.kind == "number" and self.last.span[1] == token.span[0]:
            return faults.MissingOperator(token.span, left=left, right=right, advice=" A number has no _ in it.")
        if self.last.kind == token.kind == "number":
            return faults.MissingOperator(
                token.span, left=left, right=right, advice=" Write one number, or an operator."
            )
        return faults.MissingOperator(token.span, left=left, right=right, advice=f" To multiply, write {left}*{right}.")
