"""Messages about characters that belong to no formula, and about the Python that follows a point."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.gates import gate_called
from backprop_tutor.engine.language import NUMBER, cut
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

_METHOD: Final = re.compile(r"\.\s*([^\W\d]\w*)")
_ARGUMENT: Final = re.compile(rf"\(\s*(-?{NUMBER})\s*\)")


def unreadable(text: str, end: int, span: Span, left: Span | None) -> Fault:
    """The fault of a character that belongs to no formula; `left` is the place of the operand before it, if there is
    one, and `end` that of the formula's end."""
    piece = text[slice(*span)]
    if piece == ".":
        return _after_a_point(text, end, span, left)
    if piece == "{":
        return language.NotArithmetic(span, what="to group, use ( and ).")
    if piece in "[]":
        return language.NotArithmetic(span, what="square brackets make a list. To group, use ( and ).")
    if piece == "_" or (piece == "'" and left is not None):
        what = "leave out the _ in numbers." if piece == "_" else "primes are not supported: write the derivative out."
        return language.NotArithmetic(span, what=what)
    if piece in "'\"`":
        return language.NotArithmetic(span, what="write numbers and names without quotes.")
    if piece in "<>≤≥":
        return language.NotArithmetic(span, what="only one case holds here. Write only that one.")
    if piece == "=":
        return language.NotArithmetic(span, what="only one side is needed: leave out = and what is before it.")
    if not piece.isprintable() or unicodedata.category(piece) == "Cf":
        name = unicodedata.name(piece, "").lower() or f"U+{ord(piece):04X}"
        return language.NotArithmetic(span, what=f"an invisible character ({name}) is here. Delete it.")
    advice = ""
    if piece == "%" and left is not None:
        advice = f" Write {cut(text[slice(*left)])}/100."
    elif piece in "≈~$≃":
        advice = " Leave it out."
    return language.UnexpectedCharacter(span, character=piece, advice=advice)


def _after_a_point(text: str, end: int, span: Span, left: Span | None) -> Fault:
    method = _METHOD.match(text, span[0], end)
    if method is None or left is None:
        return language.NotArithmetic(span, what="a point belongs inside a number, as in 0.5.")
    of = text[slice(*left)]
    what = f"{cut(method[0])} is Python. Write only names, numbers and gates."
    power = _ARGUMENT.match(text, method.end(), end) if method[1] == "pow" else None
    if power is not None:
        what = f"write {cut(of)}^{power[1]} instead."
    elif gate_called(method[1]) is not None:
        what = f"write {method[1]}({cut(of[1:-1] if of.startswith('(') else of)}) instead."
    return language.NotArithmetic((left[0], method.end()), what=what)
