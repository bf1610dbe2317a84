"""The graph language, for graphs and for answers: turns text into postfix steps with spans, or raises faults that
help."""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile
from typing import Final
from unicodedata import normalize

from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span, quoted

MOST_BYTES: Final = 100_000
"""The longest text, in bytes of UTF-8."""
MOST_FAULTS: Final = 100
"""How many faults of a graph are reported at once."""

MINUS: Final = "-\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
"""Characters that people type for a minus."""
# A character set with one character beyond Latin-1 takes longer to compile than all the others, so these are separate.
NUMBER: Final = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE](?:[+-]?|\u2212)[0-9]++)?"
"""A number as it may be written: ASCII digits only, without backtracking, so that a text of nines is read once."""

# Finds names among ASCII letters and everything beyond ASCII; `str.isidentifier` then decides where they end.
_NAME = r"[^\x00-@\[-^`{-\x7f](?:[A-Za-z_0-9]++|(?!\u2212)[^\x00-\x7f])*+"
MODULES: Final = (
    "np", "numpy", "jnp", "jax", "math", "cmath", "Math", "torch", "nn", "functional", "F", "tf", "keras",
    "activations", "scipy", "special", "sympy", "sp",
)  # fmt: skip
"""Modules whose prefix, such as `np.` in `np.exp(x)`, is ignored before a call, and before e and pi."""
_TOKEN: Final = (
    rf"(?P<space>[ \t\r\n]+|\#[^\n]*)|(?P<number>{NUMBER})|(?P<operator>\*\*|[-+*/^()=,]|\u2212)|(?P<name>{_NAME})"
)
_OF_ARRAYS: Final = r"(?P<axis>(?:axis|dim)[ \t]*=)|(?P<transposed>\.T\b)|(?P<product>[@<>])|"
_DOTS: Final = "\N{MIDDLE DOT}\N{GREEK ANO TELEIA}"  # a letter in Unicode, a multiplication sign to everyone else
_LONGEST_SHOWN: Final = 40  # a message and its caret fit on a line


class Step(NamedTuple):
    """A token, and one step of a postfix program. `kind` is number, name, operator (`text` is one of + - * / ^ and neg;
    as a token also of ( ) = ,) or call (`text` is the gate's name); `arity` is how many results of earlier steps it
    takes, `span` its own characters."""

    kind: str
    text: str
    span: Span
    arity: int = 0


PRECEDENCE: Final = {">": 0, "<": 0, "+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "neg": 3, "^": 4}


def is_name(text: str) -> bool:
    """Whether a text can name a node: letters, digits, combining marks and `_`, not starting with a digit."""
    return text.isidentifier() and not any(dot in text for dot in _DOTS)


@cache
def _token(of_arrays: bool) -> re.Pattern[str]:
    """The pattern of a token, compiled when a text is first read. Arrays have more: `@`, `.T`, the `axis=` of a call,
    which adds nothing to its number; and in formulas the masks `>` and `<`."""
    return re.compile(_OF_ARRAYS * of_arrays + _TOKEN)


def tokens(text: str, start: int = 0, end: int | None = None, of_arrays: bool = False) -> list[Step]:
    """The tokens of a part of a text; spans refer to the whole text, names are in Unicode's composed form (NFC). Raises
    UnexpectedCharacter, NotArithmetic."""
    end = len(text) if end is None else end
    token = _token(of_arrays)
    found: list[Step] = []
    while start < end:
        match = token.match(text, start, end)
        piece = "" if match is None else match[0]
        if match is not None and match.lastgroup == "name" and not piece.isascii():
            piece = _name_in(piece)
        if match is None and _ends_module(text, start, end, found):
            found.pop()
            start += 1
            continue
        if match is None or not piece:
            raise UnexpectedCharacter((start, start + 1), character=text[start], advice="")
        stop = start + len(piece)
        if match.lastgroup not in ("space", "axis"):
            written = {"**": "^", "\u2212": "-", ".T": "T"}.get(piece, piece)
            kind = match.lastgroup if match.lastgroup in ("number", "name") else "operator"
            found.append(Step(kind, normalize("NFC", written), (start, stop)))
        start = stop
    return found


def _ends_module(text: str, at: int, end: int, found: list[Step]) -> bool:
    """Whether a point separates a module from the name that follows it."""
    if text[at] != "." or not found or found[-1].text not in MODULES or found[-1].span[1] != at:
        return False
    name = name_at(text, at + 1, end)
    return name in (*MODULES, "e", "pi") or bool(name and text.startswith("(", at + 1 + len(name)))


def name_at(text: str, start: int, end: int) -> str:
    """The name that begins there, as it is written; empty if none does."""
    match = re.compile(_NAME).match(text, start, end)
    return "" if match is None else match[0] if match[0].isascii() else _name_in(match[0])


def _name_in(piece: str) -> str:
    return "".join(takewhile(lambda character: is_name(f"_{character}"), piece)) if is_name(piece[0]) else ""


def cut(text: str) -> str:
    """A name or a number as a message shows it; of a very long one, only the beginning."""
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def parse(pieces: list[Step], whole: Span, text: str = "") -> list[Step]:
    """The tokens of one expression as postfix steps; `whole` is where an empty one would be, `text` what faults quote
    if tokens differ from what was written. Uses an operator stack instead of recursion, so no nesting is too deep.
    Raises the first Fault."""
    return _Parser(whole, text).run(pieces)


class _Open(NamedTuple):
    """A parenthesis that is not closed yet; a gate's if `gate` is its name's token."""

    span: Span
    gate: Step | None
    commas: int = 0


class _Parser:
    def __init__(self, whole: Span, text: str) -> None:
        self.whole, self.text = whole, text
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
            if not (text == "*" and self._is_factor_of_product()):
                self._unwind(PRECEDENCE[text] + (text == "^"))
            self.waiting.append(Step("operator", text, token.span, 2))
            self.wants_operand = True
        elif text == "T" and token.kind == "operator":  # binds tightest: to the operand before it only
            self.steps.append(Step("operator", "T", token.span, 1))
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

    def _is_factor_of_product(self) -> bool:
        """Whether a bare number follows `@`: in `W.T @ 2*q` it belongs to what comes next."""
        top = self.waiting[-1] if self.waiting else None
        return isinstance(top, Step) and top.text == "@" and self.last is not None and self.last.kind == "number"

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
            before = self._quoted(token)
            where = f"between {self._quoted(self.last)} and {before}" if self.last else f"before {before}"
            return MissingOperand(token.span, where=where)
        if self.last is None:
            return MissingOperand(self.whole, where="here")
        return MissingOperand(self.last.span, where=f"after {self._quoted(self.last)}")

    def _quoted(self, token: Step) -> str:
        return quoted(cut(self.text[slice(*token.span)] or token.text))

    def _side_by_side(self, token: Step) -> Fault:
        assert self.last is not None
        left, right = cut(self.last.text), cut(token.text)
        return MissingOperator(token.span, left=left, right=right, advice="")


def _fault(name: str, says: str) -> type[Fault]:
    return type(name, (Fault,), {"says": says, "__module__": __name__})


UnexpectedCharacter = _fault("UnexpectedCharacter", '"{character}" cannot be part of a formula.{advice}')
NotArithmetic = _fault("NotArithmetic", "{what}")
MissingOperand = _fault("MissingOperand", "a number, a name or ( is missing {where}.")
MissingOperator = _fault("MissingOperator", "an operator is missing between {left} and {right}.{advice}")
DecimalComma = _fault(
    "DecimalComma", "a comma may only separate the inputs of a gate. Write decimals with a point: 1.5."
)
UnmatchedParenthesis = _fault("UnmatchedParenthesis", "unmatched {parenthesis}.")
TooLong = _fault("TooLong", "this text is too long: {size}, but at most {limit} are read.{advice}")
TwoReadings = _fault("TwoReadings", "{written} is ambiguous. Write {one} or {other}.")
NotLikeThis = _fault("NotLikeThis", "write {fix} instead.")
NumberTooLarge = _fault("NumberTooLarge", "{number} is too large a number.")
UnknownName = _fault("UnknownName", "{name} is {not_what}.{suggestion}")
UnknownGate = _fault("UnknownGate", "{name} is not a gate.{suggestion}")
WrongArity = _fault("WrongArity", "{gate} takes {wanted}, not {given}.{advice}")
VariableExponent = _fault("VariableExponent", "the exponent must be a number (except with the base e: e^x is exp(x)).")
UndefinedConstant = _fault("UndefinedConstant", "{written} has no value: {why}.")
NotALine = _fault("NotALine", "write each line as name = expression, such as q = x + y.{advice}")
BadName = _fault("BadName", "{name} cannot be a name. Use letters, digits and _, and do not begin with a digit.")
Alias = _fault("Alias", "{name} is only another name for {source}, so this line has no gate. Use {source} itself.")
ConstantLine = _fault(
    "ConstantLine",
    "{name} is only a number, so this line has no gate. Make it an input, or write the number where it is used.",
)
AssignedTwice = _fault(
    "AssignedTwice", "{name} is already assigned on line {line}. Use a different name for each line."
)
AssignedInput = _fault("AssignedInput", "{name} is an input, so no line may assign it. Choose another name.")
UseBeforeAssignment = _fault("UseBeforeAssignment", "{name} is used before line {line} assigns it. Move that line up.")
Cycle = _fault("Cycle", "{name} depends on itself: {path}. A computational graph has no cycles.")
EmptyGraph = _fault("EmptyGraph", "the graph is empty. Write a line such as q = x + y.")
MoreFaults = _fault("MoreFaults", "more faults may follow. Fix these first.")
UnknownOutput = _fault("UnknownOutput", "the output {name} is not a line of the graph.{suggestion}")
DeadGate = _fault("DeadGate", "{name} does not reach the output {output}. Use it, or leave it out.")
UnusedInput = _fault("UnusedInput", "the input {name} is not used by the graph.{suggestion}")
