"""From an offset in a text that YAML holds to its offset in the file, whatever way the text is written there."""

from __future__ import annotations

from backprop_tutor.errors import Span

_ESCAPES = {"x": 4, "u": 6, "U": 10}


def in_block(text: str, span: Span, value: str) -> list[int]:
    """The file's offset of each character of a text under `|`, and of its end: lines are as written but for their
    indentation."""
    found: list[int] = []
    at = text.find("\n", span[0]) + 1
    for line in value.removesuffix("\n").split("\n"):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        first = max(at, end - len(line))
        found += range(first, first + len(line) + 1)
        at = end + 1
    return [min(offset, len(text)) for offset in found]


def in_scalar(text: str, span: Span, value: str) -> list[int]:
    """The same for a plain, quoted or folded text: character by character, over escapes and folded line ends."""
    at, end = span
    quote = text[at : at + 1] if text[at : at + 1] in ("'", '"') else ""
    if quote:
        at += 1
    elif text[at : at + 1] == ">":
        at = text.find("\n", at) + 1
        at += len(text[at:]) - len(text[at:].lstrip(" "))
    found: list[int] = []
    for character in value:
        found.append(min(at, max(span[0], end - 1)))
        at = _after(text, at, character, quote)
    return [*found, min(at, max(span[0], end - 1))]


def _after(text: str, at: int, character: str, quote: str) -> int:
    """Where the next character stands."""
    here = text[at : at + 1]
    if quote == '"' and here == "\\":
        return at + _ESCAPES.get(text[at + 1 : at + 2], 2)
    if quote == "'" and text.startswith("''", at):
        return at + 2
    if character in " \n" and here in (" ", "\n", "\t"):  # a folded line end may stand for either
        rest = text[at : at + 1000]
        blank = len(rest) - len(rest.lstrip(" \n\t"))
        return at + (blank if "\n" in rest[:blank] else 1)
    return at + 1
