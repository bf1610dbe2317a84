"""Says what to write instead of an expression that people understand but the graph language does not."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.language import Step, cut, parse
from backprop_tutor.engine.notation import tokens_of
from backprop_tutor.errors import Fault

_LONGEST_FIX: Final = 60  # characters that can be read at a glance
_AROUND_IT: Final = 5  # tokens, as in `abs(x)*`
_COMMENT: Final = re.compile(r"#[^\n]*")


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
