"""Formulas of arrays as people write them, in addition to `notation`: `W^T @ dq`, `np.sum(dZ, axis=0,
keepdims=True)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.array_functions import FUNCTIONS
from backprop_tutor.engine.formulas import IsSymbol, with_symbols
from backprop_tutor.engine.language import Step, cut
from backprop_tutor.engine.notation import Reader
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

_SIGNS: Final = {"@": "@", **dict.fromkeys("⊙∘", "*"), ">": ">", "<": "<"}
_PRIMES: Final = "'\N{PRIME}\N{RIGHT SINGLE QUOTATION MARK}"
_RAISED_T: Final = "\N{MODIFIER LETTER CAPITAL T}"
_TACK: Final = "\N{DOWN TACK}"
_TURNS: Final = re.compile(
    rf"\.T\b|[{_PRIMES}]|(?:\^|\*\*)\s*\{{?\s*(?:T\b|\\top\b|\\intercal\b|[{_TACK}\u2032])\s*\}}?|[{_RAISED_T}{_TACK}]"
)
TURN: Final = _TURNS
"""What stands behind an array that is transposed: `.T`, `'`, `^T`, `^{\\top}`."""
_METHOD: Final = re.compile(r"\.\s*(sum|mean|transpose|dot|matmul)\b(?:\s*\(([^()]{0,40})\))?")
_LATEX: Final = re.compile(
    r"((?:\\left\s*\\?[\[({|.]\s*)?\\begin\{(?:[bpvBV]?matrix|smallmatrix|array)\}(?:\{[lcr|\s]*\})?)"
    r"((?:(?!\\begin|\\end).)*)(\\end\{\w+\}(?:\s*\\right\s*\\?[\])}|.])?)",
    re.DOTALL,
)
_MADE: Final = re.compile(
    r"(?<!\w)((?:\w{1,10}\.)?(?:array|asarray|[tT]ensor|matrix)\s*\(\s*)(\[[^()]*\])(\s*(?:,\s*dtype\s*=[^()]*)?\))"
)
_MATLAB: Final = re.compile(r"""(?<!\w)((?:\w{1,10}\.)?mat(?:rix)?\s*\(\s*)(['"])([^'"()\[\]]*)\2(\s*\))""")
_TUPLES: Final = re.compile(r"\s*[({](?=[^,;]*[,;])[\s(){}0-9.,;eE+\-\u2212/]*[)}]\s*")
_OF_TUPLES: Final = str.maketrans("(){}", "[][]")
_AXIS: Final = re.compile(r"\s*=(?!=)\s*")
_KEPT: Final = re.compile(r"\s*=\s*(?:True|1|False|0)\b")
_METHODS: Final = {
    "sum": "sum({0}{1})",
    "mean": "mean({0}{1})",
    "transpose": "{0}.T",
    "dot": "{0} @ {1}",
    "matmul": "{0} @ {1}",
}


def in_brackets(text: str) -> str:
    """A text with the arrays of LaTeX (`\\begin{bmatrix}`), of NumPy (`np.array([...])`, `np.matrix('1 2; 3 4')`) and
    tuples of tuples in plain brackets, as long as before, so that every place in it stays where it is."""
    if "(" not in text and "{" not in text:
        return text
    if _TUPLES.fullmatch(text):
        return text.translate(_OF_TUPLES)
    text = _LATEX.sub(lambda one: f"[{' ' * (len(one[1]) - 1)}{_rows(one[2])}{' ' * (len(one[3]) - 1)}]", text)
    text = _MATLAB.sub(lambda one: f"{' ' * len(one[1])}[{one[3]}]{' ' * len(one[4])}", text)
    return _MADE.sub(lambda one: f"{' ' * len(one[1])}{one[2]}{' ' * len(one[3])}", text)


def _rows(body: str) -> str:
    return body.replace("\\\\", "; ").replace("&", ",")


def closing(text: str, start: int, end: int) -> int | None:
    """The place after the bracket that closes the one at `start`; None if there is none."""
    depth = 0
    for at in range(start, end):
        depth += (text[at] == "[") - (text[at] == "]")
        if depth == 0:
            return at + 1
    return None


def array_tokens_of(
    text: str, start: int, end: int, names: Collection[str], is_symbol: IsSymbol = lambda _: False,
    literal: Callable[[int, int], str] | None = None,
) -> list[Step]:  # fmt: skip
    """The tokens of a formula of arrays, as `language.parse` takes them; `literal` names an array of numbers inside it.
    Raises a Fault."""
    reader = _ArrayReader(text, end, names)
    reader.literal = literal
    return with_symbols(reader.read(start), names, is_symbol)


class _ArrayReader(Reader):
    """Reads what arrays have in addition to numbers: `@`, ways to write a transpose, masks, and the words of a call."""

    literal: Callable[[int, int], str] | None = None

    def _multiplies(self, name: str, follows: str) -> bool:
        if name[0] in "xX" and name not in self.names and self.left is not None and self.tokens[-1].kind == "number":
            rows, columns = cut(self.text[slice(*self.left)]), name[1:] or follows
            if columns.isdigit():
                what = f"{rows}x{columns} is a shape. Write the entries row by row, as in [1 2; 3 4], or a formula."
                raise language.NotArithmetic(self.left, what=what)
        return False

    def _sign(self, piece: str, span: Span) -> int:
        turn = _TURNS.match(self.text, span[0], self.end) if self.left is not None else None
        if turn is not None and not ("T" in turn[0] and piece in "^*" and "T" in self.names):
            return self._transposed((span[0], turn.end()))
        if piece in _SIGNS:
            self._operator(_SIGNS[piece], span)
            return span[1]
        if piece == "[" and self.literal is not None:
            stop = closing(self.text, span[0], self.end)
            if stop is None:
                raise language.NotArithmetic(span, what="unmatched [.")
            self._begin("number", (span[0], stop))
            self._end(Step("name", self.literal(span[0], stop), (span[0], stop)))
            return stop
        method = _METHOD.match(self.text, span[0], self.end) if piece == "." and self.left is not None else None
        if method is not None and self.left is not None:
            more = method[2] or ""
            operand = more.strip() or "..." if method[1] in ("dot", "matmul") else f", {more}" if more.strip() else ""
            fix = _METHODS[method[1]].format(cut(self.text[slice(*self.left)]), operand)
            raise language.NotLikeThis((self.left[0], method.end()), fix=fix)
        return super()._sign(piece, span)

    def _transposed(self, span: Span) -> int:
        assert self.left is not None
        self.tokens.append(Step("operator", "T", span))
        self.left = (self.left[0], span[1])
        return span[1]

    def _name(self, name: str, span: Span, before: str = "", written: str | None = None) -> int:
        if name.endswith(_RAISED_T) and name not in self.names and len(name) > 1:
            end = super()._name(name[:-1], (span[0], span[1] - 1), before, written)
            return self._transposed((end, end + 1))
        if name in ("axis", "dim") and (match := _AXIS.match(self.text, span[1], self.end)):
            return match.end()  # what follows is a number, and the only one that a call takes here
        if name in ("keepdims", "keepdim") and (match := _KEPT.match(self.text, span[1], self.end)):
            if self.tokens and self.tokens[-1].text == ",":
                self.tokens.pop()  # here every sum keeps both dimensions
                self.left = self.tokens[-1].span
            return match.end()
        return super()._name(name, span, before, written)

    def _side_by_side(self, last: Step, at: Span, kind: str, right: str, span: Span) -> Fault | None:
        if kind == "name" and last.kind == "name" and language.is_name(right):
            one, other = (self._with_transpose(name) for name in (last.text, right))
            advice = f" Write {one} @ {other} for the matrix product, {one}*{other} entry by entry."
            if last.text in FUNCTIONS and last.text not in self.names:
                advice = f" Write {last.text}({other})."
            return language.MissingOperator(span, left=cut(last.text), right=cut(right), advice=advice)
        return super()._side_by_side(last, at, kind, right, span)

    def _with_transpose(self, name: str) -> str:
        is_turned = name not in self.names and name.endswith("T") and name[:-1] in self.names
        return f"{name[:-1]}.T" if is_turned else name

    def _begin(self, kind: str, span: Span, name: str = "") -> None:
        if self.left is not None and self.tokens and self.tokens[-1].text == "T":
            left, right = cut(self.text[slice(*self.left)].strip()), cut(name or self.text[slice(*span)])
            advice = f" Write {left} @ {right if kind == 'name' else '(...)'} for the matrix product."
            raise language.MissingOperator(span, left=left, right=right, advice=advice)
        super()._begin(kind, span, name)
