"""The graph language, for graphs and for answers: text in, postfix steps with spans out, or faults that help."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple
from unicodedata import normalize

from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

MOST_BYTES: Final = 100_000
"""The longest text, in bytes of UTF-8."""
MOST_FAULTS: Final = 100
"""How many faults of a graph are told at once."""

NUMBER: Final = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+\-\u2212]?[0-9]++)?"
"""A number as it may be written: ASCII digits alone, without backtracking, so that a text of nines is read once."""

# A name is looked for among ASCII letters and whatever lies beyond ASCII; `str.isidentifier` then says how far it goes.
_NAME = r"[^\x00-@\[-^`{-\x7f\u2212][^\x00-/:-@\[-^`{-\x7f\u2212]*+"
_TOKEN = re.compile(
    rf"(?P<space>[ \t\r\n]+)|(?P<number>{NUMBER})|(?P<name>{_NAME})|(?P<operator>\*\*|[-+*/^()=,\u2212])"
)
_DOTS: Final = "\N{MIDDLE DOT}\N{GREEK ANO TELEIA}"  # part of a name to Unicode, a multiplication to everyone else
_INSTEAD = {
    "\N{MULTIPLICATION SIGN}": "*", "\N{MIDDLE DOT}": "*", "\N{DOT OPERATOR}": "*", "\N{ASTERISK OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/", "\N{DIVISION SLASH}": "/", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HYPHEN}": "-",
    "\N{SUPERSCRIPT TWO}": "^2", "\N{SUPERSCRIPT THREE}": "^3", "\N{SQUARE ROOT}": "sqrt(...)",
    "[": "(", "]": ")", "{": "(", "}": ")", "\N{VULGAR FRACTION ONE HALF}": "1/2",
    "\N{VULGAR FRACTION ONE QUARTER}": "1/4",
}  # fmt: skip

_LONGEST_SHOWN: Final = 40  # a message and its caret fit into a line


class Step(NamedTuple):
    """A token, and one step of a postfix program.

    `kind` is number, name, operator (`text` one of + - * / ^ and neg; as a token also of ( ) = ,) or call (`text` the
    gate's name); `arity` is how many results of earlier steps it takes, `span` its own characters.
    """

    kind: str
    text: str
    span: Span
    arity: int = 0


PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}


def is_name(text: str) -> bool:
    """Whether a text can name a node: letters, digits, combining marks and `_`, not starting with a digit."""
    return text.isidentifier() and not any(dot in text for dot in _DOTS)


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Step]:
    """The tokens of a part of a text; spans count in the whole text, names are in Unicode's composed form (NFC).

    Raises UnexpectedCharacter, NotArithmetic.
    """
    end = len(text) if end is None else end
    found: list[Step] = []
    while start < end:
        match = _TOKEN.match(text, start, end)
        piece = "" if match is None else match[0]
        if match is not None and match.lastgroup == "name" and not piece.isascii():
            piece = "".join(takewhile(lambda character: is_name(f"_{character}"), piece)) if is_name(piece[0]) else ""
        if match is None or not piece:
            raise _unexpected(text, start)
        stop = start + len(piece)
        if match.lastgroup != "space":
            written = {"**": "^", "\u2212": "-"}.get(piece, piece)
            found.append(Step(str(match.lastgroup), normalize("NFC", written), (start, stop)))
        start = stop
    return found


def cut(text: str) -> str:
    """A name or a number as a message shows it: of a very long one the beginning."""
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _unexpected(text: str, at: int) -> Fault:
    character = text[at]
    span = (at, at + 1)
    if character == ".":
        return NotArithmetic(span, what="a point stands only inside a number: attributes are not arithmetic.")
    if character in "'\"`":
        return NotArithmetic(span, what="text in quotes is not arithmetic. Write numbers and names without quotes.")
    instead = _INSTEAD.get(character)
    return UnexpectedCharacter(span, character=character, advice=f" Write {instead} instead." if instead else "")


def parse(pieces: list[Step], whole: Span) -> list[Step]:
    """Tokens of one expression as postfix steps; `whole` is where an empty one would stand.

    Iterative (an operator stack), so that no nesting is too deep. Raises the first Fault.
    """
    return _Parser(whole).run(pieces)


class _Open(NamedTuple):
    """A parenthesis that is not closed yet; a gate's if `gate` is its name's token."""

    span: Span
    gate: Step | None
    commas: int = 0


class _Parser:
    def __init__(self, whole: Span) -> None:
        self.whole = whole
        self.steps: list[Step] = []
        self.waiting: list[Step | _Open] = []
        self.last: Step | None = None
        self.wants_operand = True

    def run(self, pieces: list[Step]) -> list[Step]:
        for position, token in enumerate(pieces):
            follows = pieces[position + 1].text if position + 1 < len(pieces) else ""
            if not self.wants_operand:
                self._operator(token)
            elif token.kind != "name" or follows != "(":
                self._operand(token)  # a gate's name is part of its parenthesis
            self.last = token
        if self.wants_operand:
            raise self._missing(None)
        self._unwind(0)
        if self.waiting:
            raise UnmatchedParenthesis(self.waiting[-1].span, parenthesis="(")
        return self.steps

    def _operand(self, token: Step) -> None:
        if token.kind in ("number", "name"):
            self.steps.append(token)
            self.wants_operand = False
        elif token.text == "(":
            is_call = self.last is not None and self.last.kind == "name"
            self.waiting.append(_Open(token.span, self.last if is_call else None))
        elif token.text == "-":
            self.waiting.append(Step("operator", "neg", token.span, 1))
        elif token.text == ")" and self.last is not None and self.last.text == "(":
            top = self.waiting.pop()
            if not isinstance(top, _Open) or top.gate is None:
                raise self._missing(token)
            self.steps.append(Step("call", top.gate.text, top.gate.span, 0))
            self.wants_operand = False
        elif token.text != "+":
            raise self._missing(token)

    def _operator(self, token: Step) -> None:
        text = token.text
        if text in PRECEDENCE:
            # ^ is right-associative and binds tighter than the unary minus before it.
            self._unwind(PRECEDENCE[text] + (text == "^"))
            self.waiting.append(Step("operator", text, token.span, 2))
            self.wants_operand = True
        elif text == ")":
            self._unwind(0)
            if not self.waiting:
                raise UnmatchedParenthesis(token.span, parenthesis=")")
            opened = self.waiting.pop()
            if isinstance(opened, _Open) and opened.gate is not None:
                self.steps.append(Step("call", opened.gate.text, opened.gate.span, opened.commas + 1))
        elif text == ",":
            self._unwind(0)
            top = self.waiting[-1] if self.waiting else None
            if not isinstance(top, _Open) or top.gate is None:
                raise DecimalComma(token.span)
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

    def _missing(self, token: Step | None) -> Fault:
        if token is not None:
            where = f"between {cut(self.last.text)} and {cut(token.text)}" if self.last else f"before {token.text}"
            return MissingOperand(token.span, where=where)
        if self.last is None:
            return MissingOperand(self.whole, where="here")
        return MissingOperand(self.last.span, where=f"after {cut(self.last.text)}")

    def _side_by_side(self, token: Step) -> Fault:
        assert self.last is not None
        left, right = cut(self.last.text), cut(token.text)
        if right == "=":
            return NotALine(token.span, advice=" One = is enough.")
        if right == "(" and left == ")":
            return NotArithmetic(token.span, what="only a gate can be called. To multiply, write * between ) and (.")
        if right.startswith("_") and self.last.kind == "number" and self.last.span[1] == token.span[0]:
            return MissingOperator(token.span, left=left, right=right, advice=" A number has no _ in it.")
        if self.last.kind == token.kind == "number":
            return MissingOperator(token.span, left=left, right=right, advice=" Write one number, or an operator.")
        return MissingOperator(token.span, left=left, right=right, advice=f" To multiply, write {left}*{right}.")


_LINE = re.compile(r"[^\n;]+")


class Line(NamedTuple):
    """One line `name = expression`: its name, where that stands, and the expression's postfix steps."""

    name: str
    at: Span
    steps: list[Step]
    span: Span


@dataclass
class Reading:
    """What was read of a text: its lines and its faults."""

    text: str
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def note(self, fault: Fault) -> None:
        """One more fault. Raises MoreFaults, which is noted too, where it is the last that is told."""
        self.faults.append(fault)
        if len(self.faults) == MOST_FAULTS:
            more = MoreFaults(fault.span)
            self.faults.append(more)
            raise more


def read_lines(text: str) -> Reading:
    """The lines of a text, parsed; every line that cannot be is a fault."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        limit = f"{MOST_BYTES:,} bytes"
        return Reading(text, faults=[TooLong((0, 1), size=f"{size:,} bytes", limit=limit, advice="")])
    reading = Reading(text)
    with suppress(MoreFaults):
        for match in _LINE.finditer(text):
            if match[0].strip(" \t\r"):
                try:
                    reading.lines.append(_line(text, *match.span()))
                except Fault as fault:
                    reading.note(fault)
    return reading


def _line(text: str, start: int, end: int) -> Line:
    found = tokens(text, start, end)
    equals = [token for token in found if token.text == "="]
    if not equals:
        raise NotALine((found[0].span[0], found[-1].span[1]), advice=" Nothing is assigned here.")
    if found[0].text == "=":
        raise NotALine(found[0].span, advice=" The name is missing.")
    name = found[0]
    if found[1].text != "=" or name.kind != "name":
        span = (name.span[0], found[found.index(equals[0]) - 1].span[1])
        raise BadName(span, name=cut(text[slice(*span)]))
    rest: list[Step] = found[2:]
    span = (rest[0].span[0], rest[-1].span[1]) if rest else equals[0].span
    return Line(name.text, name.span, parse(rest, equals[0].span), span)


def _fault(name: str, says: str) -> type[Fault]:
    return type(name, (Fault,), {"says": says, "__module__": __name__})


UnexpectedCharacter = _fault("UnexpectedCharacter", "{character} is not arithmetic.{advice}")
NotArithmetic = _fault("NotArithmetic", "{what}")
MissingOperand = _fault("MissingOperand", "a number, a name or ( is missing {where}.")
MissingOperator = _fault("MissingOperator", "an operator is missing between {left} and {right}.{advice}")
DecimalComma = _fault(
    "DecimalComma", "a comma only stands between the inputs of a gate. A decimal is written with a point: 1.5."
)
UnmatchedParenthesis = _fault("UnmatchedParenthesis", "this {parenthesis} has no partner.")
TooLong = _fault("TooLong", "this text is too long: {size}, and at most {limit} are read.{advice}")
NumberTooLarge = _fault("NumberTooLarge", "{number} is too large a number.")
UnknownName = _fault("UnknownName", "{name} is {not_what}.{suggestion}")
UnknownGate = _fault("UnknownGate", "{name} is not a gate.{suggestion}")
WrongArity = _fault("WrongArity", "{gate} takes {wanted}, not {given}.{advice}")
VariableExponent = _fault(
    "VariableExponent", "the exponent must be a number (only e may have another one: e^x is exp(x))."
)
UndefinedConstant = _fault("UndefinedConstant", "{written} has no value: {why}.")
NotALine = _fault("NotALine", "a line is written name = expression, as in q = x + y.{advice}")
BadName = _fault("BadName", "{name} cannot be a name: letters, digits and _ make one, and a digit does not begin it.")
Alias = _fault("Alias", "{name} is only another name for {source}: no gate stands on this line. Use {source} itself.")
ConstantLine = _fault(
    "ConstantLine",
    "{name} is only a number: no gate stands on this line. Make it an input, or write the number where it is used.",
)
AssignedTwice = _fault(
    "AssignedTwice", "{name} is assigned twice: line {line} has it already. Every node has one line."
)
AssignedInput = _fault("AssignedInput", "{name} is an input, so no line may assign it. Choose another name.")
UseBeforeAssignment = _fault(
    "UseBeforeAssignment", "{name} is used before its line: line {line} assigns it. Move that line up."
)
Cycle = _fault("Cycle", "{name} depends on itself: {path}. A computational graph has no cycles.")
EmptyGraph = _fault("EmptyGraph", "the graph is empty. Write a line such as q = x + y.")
MoreFaults = _fault("MoreFaults", "more faults may follow. Mend these first.")
UnknownOutput = _fault("UnknownOutput", "the output {name} is not a line of the graph.{suggestion}")
DeadGate = _fault("DeadGate", "{name} does not reach the output {output}. Use it, or leave it out.")
UnusedInput = _fault("UnusedInput", "the input {name} is not used by the graph.{suggestion}")
