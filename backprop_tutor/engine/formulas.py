"""Formulas as people write them, as tokens; and what to write instead of one that the graph language does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.language import Step, cut, parse
from backprop_tutor.engine.notation import Reader
from backprop_tutor.errors import Fault

_LONGEST_FIX: Final = 60  # characters that can be read at a glance
_AROUND_IT: Final = 5  # tokens, as in `abs(x)*`
_COMMENT: Final = re.compile(r"#[^\n]*")
_DIFFERENTIAL: Final = re.compile(r"[d∂].")

IsSymbol = Callable[[str], bool]
"""Whether a text such as `dL/dq` or `δ5` is the name of a quantity other than a node's value."""


def tokens_of(
    text: str,
    start: int = 0,
    end: int | None = None,
    names: Collection[str] = (),
    is_symbol: IsSymbol = lambda _: False,
) -> list[Step]:
    """The tokens of a part of a text, as `language.parse` takes them; `names` are those of nodes. A symbol is one
    token; its text is what was written, without spaces. Raises a Fault."""
    reader = Reader(text, len(text) if end is None else end, names)
    return with_symbols(reader.read(start), names, is_symbol)


def with_symbols(found: list[Step], names: Collection[str], is_symbol: IsSymbol) -> list[Step]:
    """The tokens, with each `dL / dq`, and each fraction of two such symbols, as one token if it is a symbol."""
    joined: list[Step] = []
    at = 0
    while at < len(found):
        step, size = _symbol_at(found, at, names, is_symbol)
        joined.append(step)
        at += size
    return joined


def _symbol_at(found: list[Step], at: int, names: Collection[str], is_symbol: IsSymbol) -> tuple[Step, int]:
    step = found[at]
    for shape in ("n/n", "((n)/(n))"):
        part = found[at : at + len(shape)]
        if "".join("n" if one.kind == "name" else one.text for one in part) != shape:
            continue
        above, below = [one for one in part if one.kind == "name"]
        if above.text in names or not (_DIFFERENTIAL.match(above.text) and _DIFFERENTIAL.match(below.text)):
            continue
        symbol = f"{above.text}/{below.text}"
        if is_symbol(symbol) or "∂" in symbol:
            return Step("name", symbol, (part[0].span[0], part[-1].span[1])), len(shape)
    return step, 1


def mended(text: str, start: int, end: int, fault: Fault) -> Fault:
    """The fault of an expression that is not in the graph language: how to write it if people would understand it,
    otherwise what is wrong with it."""
    code = text[:start] + _COMMENT.sub(lambda comment: " " * len(comment[0]), text[start:end])
    try:
        found = tokens_of(code, start, end)
        parse(found, (start, end))
    except Fault as more:
        return more
    if found == _in_the_language(text, start, end):
        return fault
    whole = written(found)
    if len(whole) > _LONGEST_FIX:  # otherwise what surrounds the fault
        at = next((place for place, token in enumerate(found) if token.span[1] > fault.span[0]), len(found))
        whole = f"...{cut(written(found[max(0, at - 1) : at + _AROUND_IT]))}..."
    return language.NotLikeThis(fault.span, fix=whole)


def _in_the_language(text: str, start: int, end: int) -> list[Step] | None:
    """The tokens as the graph language has them; None if it does not have them."""
    try:
        return language.tokens(text, start, end)
    except Fault:
        return None


def written(tokens: Collection[Step]) -> str:
    """Tokens as text in the graph language."""
    found, before = "", "("
    for token in tokens:
        is_binary = token.text in ("+", "-") and before not in ("(", ",", "*", "/", "^", "+", "-")
        found += f" {token.text} " if is_binary else f"{token.text} " if token.text == "," else token.text
        before = token.text
    return found
