"""What is wrong with a character that belongs to no formula, and what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.gates import INSTEAD, gate_called
from backprop_tutor.engine.language import NUMBER, cut
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

_METHOD: Final = re.compile(r"\.\s*([^\W\d]\w*)")
_ARGUMENT: Final = re.compile(rf"\(\s*(-?{NUMBER}|[^\W\d]\w*+)?\s*\)")
_ALONE: Final = re.compile(rf"{NUMBER}|\w+(?:\([^()]*\))?|\([^()]*\)")
_ARROWS: Final = "→⇒↦⟶⟹"


def unreadable(text: str, end: int, span: Span, left: Span | None, names: Collection[str] = ()) -> Fault:
    """The fault of a character that belongs to no formula; `left` is the place of the operand before it, if there is
    one, `end` that of the formula's end, and `names` those of nodes, if they are known."""
    piece = text[slice(*span)]
    if piece == ".":
        return _after_a_point(text, end, span, left, names)
    if piece == "{":
        return language.NotArithmetic(span, what="to group, use ( and ).")
    if piece in "[]":
        return language.NotArithmetic(span, what="square brackets make a list. To group, use ( and ).")
    if piece == "_" or (piece == "'" and left is not None):
        what = "leave out the _ in numbers." if piece == "_" else "primes are not supported: write the derivative out."
        return language.NotArithmetic(span, what=what)
    if piece in "'\"`":
        return language.NotArithmetic(span, what="write numbers and names without quotes.")
    if piece in _ARROWS or (piece == ">" and text[: span[0]].endswith(("-", "=", "\u2212"))):
        return language.NotArithmetic(span, what="an arrow cannot be read. Write only your answer.")
    if piece in "<>≤≥":
        return language.NotArithmetic(span, what="only one case holds here. Write only that one.")
    if piece == "=" and text.count("(", 0, span[0]) > text.count(")", 0, span[0]):
        return language.NotArithmetic(span, what="inside parentheses = cannot be read.")
    if piece == "=":
        return language.NotArithmetic(span, what="only one side is needed: leave out = and what is before it.")
    if not piece.isprintable() or unicodedata.category(piece) == "Cf":
        name = unicodedata.name(piece, "").lower() or f"U+{ord(piece):04X}"
        return language.NotArithmetic(span, what=f"an invisible character ({name}) is here. Delete it.")
    advice = ""
    if piece == "%" and left is not None and re.fullmatch(NUMBER, text[slice(*left)]):
        advice = f" Write {cut(text[slice(*left)])}/100."
    elif piece in "~$":
        advice = " Leave it out." if left is None or piece == "$" else " Write only your answer."
    return language.UnexpectedCharacter(span, character=piece, advice=advice)


def _after_a_point(text: str, end: int, span: Span, left: Span | None, names: Collection[str]) -> Fault:
    """The fault of a point that belongs to no number, such as a method's in `x.exp()`."""
    method = _METHOD.match(text, span[0], end)
    if method is None or left is None:
        return language.NotArithmetic(span, what="a point belongs inside a number, as in 0.5.")
    of, name = text[slice(*left)], method[1]
    what = f"{cut(method[0])} is Python. Write only names, numbers and gates."
    is_unknown = bool(names) and of.isidentifier() and of not in names
    if name == "grad" and of in names:
        what = f"write d{of} for the gradient of {of}."
    elif not is_unknown and (call := _ARGUMENT.match(text, method.end(), end)) is not None:
        fix = _as_formula(name, of, call[1] or "")
        what = f"write {cut(fix)} instead." if fix else what
    return language.NotArithmetic((left[0], method.end()), what=what)


def _as_formula(method: str, of: str, argument: str) -> str:
    """A method's call as a formula: `x^2` for `x.square()`; empty if the gates cannot compute it."""
    alone = of if _ALONE.fullmatch(of) else f"({of})"
    inside = of[1:-1] if of.startswith("(") else of
    if method in ("pow", "power"):
        return f"{alone}^{argument}" if argument else ""
    gate = gate_called(method)
    if gate is not None and gate.is_function:
        operands = [inside, argument] if argument else [inside]
        return f"{method}({', '.join(operands)})" if len(operands) == gate.arity else ""
    written = INSTEAD.get(method) or (
        "" if gate is None or gate.has_constant else gate.written(("a", "b")[: gate.arity])
    )
    letters = dict(zip("ab" if argument else "x" if "x" in written else "a", (alone, argument), strict=False))
    wanted = set(re.findall(r"\b[abx]\b", written))
    return re.sub(r"\b[abx]\b", lambda one: letters[one[0]], written) if wanted == set(letters) else ""
