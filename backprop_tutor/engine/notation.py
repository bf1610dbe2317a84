"""Arithmetic as people write it: typed text in, the tokens of the graph language out, each where it stands in the text.

It reads what the language itself does not: signs such as `−` and `×`, `2x` and `2(x + 1)`, `x²`, `½`, `√2`, `|x|`, and
simple LaTeX. Where two readings are possible it asks back, and it never guesses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.advice import unreadable
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.gates import gate_called
from backprop_tutor.engine.language import MINUS, MODULES, NUMBER, Step, cut, name_at
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span, quoted

_SIGNS: Final = {
    **dict.fromkeys(MINUS, "-"), **dict.fromkeys("*×·⋅•∙\N{ASTERISK OPERATOR}\N{GREEK ANO TELEIA}", "*"),
    **dict.fromkeys("/÷\N{DIVISION SLASH}\N{FRACTION SLASH}", "/"), "**": "^", "+": "+", "^": "^", ",": ",",
}  # fmt: skip
_COMMANDS: Final = {
    **dict.fromkeys(("cdot", "times", "ast"), "*"), "div": "/", **dict.fromkeys(("vert", "lvert", "rvert", "mid"), "|"),
    **dict.fromkeys(("left", "right", "quad", "qquad", "displaystyle", "big", "bigl", "bigr"), " "),
}  # fmt: skip
_FRACTIONS: Final = ("frac", "dfrac", "tfrac", "cfrac")
_WORDED: Final = ("mathrm", "operatorname", "text", "mathit")
_CLOSES: Final = {"(": ")", "{": "}", "[": "]"}
_FACTORS: Final = frozenset("0123456789.(-\u2212")
_POWERS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_BELOW: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_MODULE: Final = rf"(?:(?:{'|'.join(MODULES)})\.)++(?=[^\W\d]\w*+\(|(?:e|pi)\b)"
_PIECE: Final = re.compile(
    rf"(?P<blank>(?:(?![\x0b\x0c\x1c-\x1f\x85])\s)+|\\[,;:!\s]|{_MODULE})"
    rf"|(?P<hex>0[xX][0-9a-fA-F]+)|(?P<number>{NUMBER})|\\(?P<command>[A-Za-z]+)"
    r"|(?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<sign>\*\*|.)",
    re.DOTALL,
)
_SUBSCRIPT: Final = re.compile(r"\{\s*(\w+)\s*\}|[₀-₉]+")
_NEXT: Final = re.compile(r"(?:\s|\\(?:left|[bB]igg?l?)(?![A-Za-z])|\\[,;:!])*+(\S)")
_ARGUMENTS: Final = re.compile(r"\(\s*[^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*\s*\)")
_POWER: Final = re.compile(r"\(\s*([\w.]+)\s*,\s*([\w.]+)\s*\)")


def number_or_product(piece: str, span: Span, names: Collection[str]) -> None:
    """Raises TwoReadings for `2e5` if a node is called e5."""
    at = piece.lower().find("e")
    if at > 0 and piece[at:] in names:
        one, other = f"{piece[:at]}*{piece[at:]}", f"{piece[:at]}*10^{piece[at + 1 :]}"
        raise language.TwoReadings(span, written=piece, one=one, other=other)


class _Group(NamedTuple):
    """Something open: the character that closes it, the tokens to add then, and what came before it."""

    closes: str
    adds: str
    span: Span
    over: Span | None
    base: Span | None


class Reader:
    """Reads piece by piece. `left` is the place of the last operand, None if one is expected; `over` is where the
    number above it stands, if a `/` is before it; `in_exponent`, whether it is an exponent without parentheses, and
    `base` what that is of."""

    def __init__(self, text: str, end: int, names: Collection[str]) -> None:
        self.text, self.end, self.names = text, end, names
        self.tokens: list[Step] = []
        self.groups: list[_Group] = []
        self.left: Span | None = None
        self.over: Span | None = None
        self.base: Span = (0, 0)
        self.in_exponent = False

    def read(self, at: int) -> list[Step]:
        """The tokens from there to the end. Raises a Fault."""
        while at < self.end:
            name = name_at(self.text, at, self.end)
            match = _PIECE.match(self.text, at, self.end)
            assert match is not None  # its last part accepts anything
            is_name = name and match.lastgroup != "blank"
            at = self._name(name, (at, at + len(name))) if is_name else self._piece(match)
        if self.groups:
            raise language.UnmatchedParenthesis(
                self.groups[-1].span, parenthesis=self.text[slice(*self.groups[-1].span)]
            )
        return self.tokens

    def _piece(self, match: re.Match[str]) -> int:
        kind, piece, span = str(match.lastgroup), match[0], match.span()
        if kind == "blank":
            return span[1]
        if kind == "hex":
            raise language.NotArithmetic(span, what=f"{cut(piece)} is not a number here. Write it in decimal.")
        if kind == "number":
            number_or_product(piece, span, self.names)
            self._begin("number", span)
            self._end(Step("number", piece.replace("\u2212", "-"), span))
            return span[1]
        if kind == "power":
            if self.left is None:
                raise language.MissingOperand(span, where=f"before {quoted(piece)}")
            self._power(piece, span)
            return span[1]
        if kind == "command":
            return self._command(match["command"], span)
        return self._sign(piece, span)

    def _power(self, piece: str, span: Span) -> None:
        self._add("^", span)
        self.tokens.append(Step("number", piece.translate(_POWERS), span))
        self.left = (self.left[0], span[1]) if self.left else span

    def _sign(self, piece: str, span: Span) -> int:
        if piece == "," and self._is_decimal(span):
            raise language.DecimalComma(span)
        if piece in _SIGNS:
            self._operator(_SIGNS[piece], span)
        elif piece == "(" or (piece == "{" and self.left is None):
            self._open(piece, "(", ")", span)
        elif self.groups and piece == self.groups[-1].closes and (piece != "|" or self.left is not None):
            return self._close(span)
        elif piece == "|":
            self._open(piece, "abs(", ")", span, closes="|")
        elif piece == "√":
            return self._root(span)
        elif piece == "∂":
            name = name_at(self.text, span[1], self.end)
            if not name:
                raise language.MissingOperand(span, where="after ∂")
            return self._name(name, (span[0], span[1] + len(name)), "∂")
        elif piece in ")}":
            raise language.UnmatchedParenthesis(span, parenthesis=piece)
        elif unicodedata.category(piece) == "No" and 0 < unicodedata.numeric(piece, 0) < 1:
            self._begin("number", span)
            self._end(Step("number", repr(unicodedata.numeric(piece)), span))
        else:
            raise unreadable(self.text, self.end, span, self.left, self.names)
        return span[1]

    def _is_decimal(self, span: Span) -> bool:
        """Whether a comma between two digits stands in a gate of one input, as in `exp(-0,7)`."""
        before, after = self.text[span[0] - 1 : span[0]], self.text[span[1] : span[1] + 1]
        call = self.groups[-1].base if self.groups and before.isdigit() and after.isdigit() else None
        gate = gate_called(self.text[slice(*call)].strip("\\")) if call else None
        return gate is not None and gate.arity == 1

    def _operator(self, text: str, span: Span) -> None:
        if self.left is not None:
            self.in_exponent = text == "^"
            if text == "^":
                self.base = self.left
            else:
                self.over = self.left if text == "/" else None
        self._add(text, span)
        self.left = None

    def _add(self, text: str, span: Span) -> None:
        """Adds tokens for signs; `sqrt(` and `abs(` are two tokens."""
        name = text.rstrip("()/")
        if name and name[0].isalpha():
            self.tokens.append(Step("name", name, span))
            text = text[len(name) :]
        self.tokens += [Step("operator", sign, span) for sign in text]

    def _open(self, piece: str, text: str, adds: str, span: Span, closes: str = "") -> None:
        is_call = bool(self.tokens) and self.tokens[-1].kind == "name" and self.left is None
        if not is_call:
            self._begin("group", span)
        base = self._base() or (self.tokens[-1].span if is_call else None)
        self.groups.append(_Group(closes or _CLOSES[piece], adds, span, self.over, base))
        self._add(text, span)
        self.left, self.over, self.in_exponent = None, None, False

    def _close(self, span: Span) -> int:
        group = self.groups.pop()
        adds, is_top = group.adds, group.adds == ")/("
        self._add(adds, span)
        if is_top:
            return self._braced(span[1], "))", group)
        begins = group.span if group.base is None else group.base  # an exponent's base
        self.left, self.over, self.in_exponent = (begins[0], span[1]), group.over, False
        return span[1]

    def _base(self) -> Span | None:
        return self.base if self.in_exponent else None

    def _braced(self, at: int, adds: str, before: _Group) -> int:
        """Continues inside the brace that must follow."""
        while at < self.end and self.text[at].isspace():
            at += 1
        if self.text[at : at + 1] != "{" or at >= self.end:
            raise language.NotArithmetic(before.span, what="braces belong here: \\frac{1}{2}.")
        self.groups.append(before._replace(closes="}", adds=adds))
        self.left, self.over, self.in_exponent = None, None, False
        return at + 1

    def _command(self, command: str, span: Span) -> int:
        at = span[1]
        if command in _FRACTIONS:
            self._begin("group", span)
            self._add("((", span)
            return self._braced(at, ")/(", _Group("}", "", span, self.over, self._base()))
        if command == "sqrt" and self.text[at : at + 1] == "{":
            self._begin("group", span)
            self._add("sqrt(", span)
            return self._braced(at, ")", _Group("}", "", span, self.over, self._base()))
        if command == "sqrt":
            return self._root(span)
        if command in _WORDED and (word := _SUBSCRIPT.match(self.text, at, self.end)) and word[1]:
            return self._name(word[1], (span[0], word.end()), written="")
        if command == "partial":
            while self.text[at : at + 1].isspace():
                at += 1
            name = name_at(self.text, at, self.end)
            return self._name(name, (span[0], at + len(name)), "∂")
        sign = _COMMANDS.get(command)
        if sign is not None:
            return at if sign == " " else self._sign(sign, span)
        if gate_called(command):
            return self._name(command, span)
        try:
            letter = unicodedata.lookup(f"GREEK SMALL LETTER {command}")
        except KeyError:
            raise language.NotArithmetic(span, what=f"\\{cut(command)} cannot be read here.") from None
        below = name_at(self.text, at, self.end) if self.text[at : at + 1] == "_" else ""
        return self._name(letter + below, (span[0], at + len(below)))

    def _root(self, span: Span) -> int:
        """Reads the root of the one operand that follows: a number, a name or a parenthesis."""
        at = span[1]
        while self.text[at : at + 1].isspace():
            at += 1
        self._begin("group", span)
        if self.text[at : at + 1] == "(":
            self.tokens.append(Step("name", "sqrt", span))
            return at
        match = re.compile(NUMBER).match(self.text, at, self.end)
        operand = match[0] if match else name_at(self.text, at, self.end)
        end = at + len(operand)
        if not operand:
            raise language.MissingOperand(span, where="after √")
        if self.text.startswith(("^", "²", "³", "(", "**"), end):
            raise language.NotArithmetic(span, what="write √(...), with parentheses around everything under the root.")
        self._add("sqrt(", span)
        self.tokens.append(Step("number" if match else "name", operand, (at, end)))
        self._add(")", span)
        self.left = (span[0], end)
        return end

    def _name(self, name: str, span: Span, before: str = "", written: str | None = None) -> int:
        end = span[1]
        name = unicodedata.normalize("NFC", name)
        subscript = _SUBSCRIPT.match(self.text, end, self.end) if written is None else None
        if subscript and (name.endswith("_") or not subscript[1]):
            name += subscript[1] or subscript[0].translate(_BELOW)
            end = subscript.end()
        name = before + self._known(name)
        span = (span[0], end)
        follows = self._after_blanks(end)
        if name in ("if", "else") and name not in self.names:
            raise language.NotArithmetic(span, what="only one case holds here. Write only that one.")
        if self._multiplies(name, follows):
            return self._sign("×", (span[0], span[0] + 1))
        self._begin("name", span, name)
        is_call = follows == "(" and name not in self.names and name not in CONSTANTS
        if follows == "(" and gate_called(name) is not None:
            is_call = True
        if name in ("pow", "power") and (of := _POWER.match(self.text, end, self.end)):
            raise language.NotLikeThis((span[0], of.end()), fix=f"{of[1]}^{of[2]}")
        if name in CONSTANTS and name not in self.names and name == "e" and follows == "(":
            raise language.TwoReadings(span, written="e(...)", one="e^(...)", other="e*(...)")
        if not is_call and follows == "(" and name in self.names and _ARGUMENTS.match(self.text, end, self.end):
            raise language.TwoReadings(span, written=f"{name}(...)", one=f"{name} alone", other=f"{name}*(...)")
        if is_call:
            gate = gate_called(name)
            self.tokens.append(Step("name", name if gate is None else gate.name, span))
        else:
            self._end(Step("name", name, span))
        return end

    def _multiplies(self, name: str, follows: str) -> bool:
        """Whether the letter x stands for a product, as in `2 x 3` and `4x10^-3`, where no node begins with x. Raises a
        Fault where one does."""
        if name[0] not in "xX" or not self.names or name in self.names or self.left is None:
            return False
        if not (self.tokens[-1].kind == "number" or self.tokens[-1].text == ")") or not (
            name[1:].isdigit() or (len(name) == 1 and follows in _FACTORS)
        ):
            return False
        if any(node[0] in "xX" for node in self.names):
            factor, where = cut(self.text[slice(*self.left)]), (self.left[0], self.left[1] + len(name))
            raise language.NotArithmetic(where, what=f"{name} is not a node. To multiply, write {factor}*{name[1:]}.")
        return True

    def _after_blanks(self, at: int) -> str:
        """The next character that is not a space; empty at the end."""
        match = _NEXT.match(self.text, at, self.end)
        return match[1] if match else ""

    def _known(self, name: str) -> str:
        """The name of the node that is meant by a name with a subscript, `x0` by `x_0`; or the constant for its
        letter."""
        if name in self.names:
            return name
        plain = name.replace("_", "")
        if plain in self.names:
            return plain
        with_bar = re.sub(r"(?<=[^\W\d_])(?=\d+$)", "_", name)
        if with_bar in self.names:
            return with_bar
        return "pi" if name == "π" else name

    def _end(self, token: Step) -> None:
        self.tokens.append(token)
        self.left = (self.base[0], token.span[1]) if self.in_exponent else token.span

    def _begin(self, kind: str, span: Span, name: str = "") -> None:
        """Begins an operand; if one comes before it, they are multiplied, provided that nothing else can be meant."""
        if self.left is None:
            return
        last = self.tokens[-1]
        if kind == "number" or last.kind == "name" or self.in_exponent or self.over is not None or name[:1] == "_":
            fault = self._side_by_side(last, self.left, kind, name or self.text[slice(*span)], span)
            if fault is not None:
                raise fault
        self._add("*", (span[0], span[0] + 1))
        self.left = None

    def _side_by_side(self, last: Step, at: Span, kind: str, right: str, span: Span) -> Fault | None:
        """What is wrong with two operands without an operator between them, if anything is."""
        left, right = cut(self.text[slice(*at)]), cut(right)
        is_gate = last.kind == "name" and gate_called(last.text) is not None and last.text not in self.names
        if kind != "group" and last.kind == "name":
            advice = f" Write {last.text}({right})." if is_gate else f" To multiply, write {last.text}*{right}."
            if not is_gate and self.names and last.text not in self.names:  # words, which nobody multiplies
                advice = " Write only your answer."
            is_implied = len(self.tokens) > 1 and self.tokens[-2].span[0] == last.span[0]
            if (last.text in "xX" and is_implied) or (
                right in "xX" and right not in self.names and last.text in self.names
            ):
                advice = " To multiply, write * instead of x."
            return language.MissingOperator(span, left=left, right=right, advice=advice)
        if is_gate:
            return language.NotArithmetic(span, what=f"parentheses are missing: write {last.text}(...).")
        if right[0] == "_":
            return language.NotArithmetic(span, what="leave out the _ in numbers.")
        if kind == "number" and last.kind == "number" and right[0].isascii():
            advice = " A number must not contain spaces." if at[1] < span[0] else " Write one number, or an operator."
            return language.MissingOperator(span, left=left, right=right, advice=advice)
        if kind == "number" and last.kind == "number":
            written, one, other = f"{left}{right}", f"{left} + {right}", f"{left}*{right}"
            return language.TwoReadings(span, written=written, one=one, other=other)
        if kind == "number":
            return language.TwoReadings(span, written=f"(...){right}", one=f"(...)*{right}", other=f"(...)^{right}")
        what = right if kind == "name" else "(...)"
        if self.in_exponent:
            base = cut(self.text[slice(*self.base)])
            power = cut(self.text[self.base[1] : at[1]].lstrip("^* "))
            written, one, other = f"{base}^{power}{what}", f"{base}^({power}*{what})", f"{base}^({power})*{what}"
            return language.TwoReadings(span, written=written, one=one, other=other)
        if self.over is not None:
            over = cut(self.text[slice(*self.over)])
            written, one, other = f"{over}/{left}{what}", f"{over}/({left}*{what})", f"({over}/{left})*{what}"
            return language.TwoReadings(span, written=written, one=one, other=other)
        return None
