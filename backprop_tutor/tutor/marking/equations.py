"""Answers written without YAML: `name = value` lines, and tables of two columns."""

from __future__ import annotations

import csv
import re
from typing import Any, Final

from backprop_tutor.tutor.stages import WORDS, is_drawn

BARE: Final = "(no stage)"
"""Stands for the stage of answers that name none; no student writes this key by chance."""
_ABOUT: Final = ("exercise", "student", "seed")
_HEADING: Final = re.compile(r"[\s#*\[]*(\w+)[\s*\]:]*")
_SIGN: Final = re.compile(r"[=:]")
_DRAWN: Final = frozenset(filter(is_drawn, WORDS))
_LONGEST: Final = 5_000  # lines; no exercise asks for that many
_CURLED: Final = "\u201c\u201d\u201e\u201f\xab\xbb\u2018\u2019\u201a\u201b"  # double ones, then single ones
_QUOTES: Final = str.maketrans(_CURLED, '""""""' + "''''")
_IN_QUOTES: Final = re.compile(rf"(?:^|[\s{{,\[:])[{_CURLED}][^{_CURLED}\n]*[{_CURLED}][ \t]*(?=[:=,}}\]\n]|$)")
_HEADINGS: Final = frozenset(("name", "question", "node", "gradient"))
"""Headings of the first column in a table of answers."""


def straight_quotes(text: str) -> str:
    """The text with straight quotes, which YAML understands, where a word processor has put curly ones around a name or
    an answer; an apostrophe inside a name stays as it is."""
    return text.translate(_QUOTES) if _IN_QUOTES.search(text) else text


def equations(text: str) -> dict[str, Any] | None:
    """The answers in a text whose lines are all `name = value`, the name of a stage, or a comment; those before any
    stage are under BARE. None if any line is something else."""
    if "=" not in text:
        return None
    found: dict[str, Any] = {}
    stage, drawn = BARE, ""
    lines = text.split("\n")
    for line in lines[:_LONGEST]:
        heading = _HEADING.fullmatch(line)
        if not line.strip():
            continue
        if heading is not None and heading[1].lower() in WORDS:
            stage = heading[1].lower()
            continue
        if line.lstrip().startswith("#"):
            continue
        name, *value = (_unquoted(part.strip()) for part in _SIGN.split(line.partition(" #")[0], maxsplit=1))
        if not value or not name or name.lower() in WORDS or value[0][:1] in ("{", "["):
            return None  # it is broken YAML
        if stage in _DRAWN:
            drawn += f"{line.strip()}\n"
        elif not _put(found, stage, name, value[0]):
            return None
    if drawn:
        found["graph"] = drawn
    return found if len(lines) <= _LONGEST else None


def table(text: str) -> dict[str, Any] | None:
    """The answers in a table of two columns, separated by tabs, semicolons or commas; None for anything else."""
    lines = [line for line in text.split("\n") if line.strip()]
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), None)
    if mark is None or len(lines) > _LONGEST:
        return None
    try:
        rows = list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error:
        return None
    if not all(len(row) == 2 and row[0].strip() and not set(":{[") & set(row[0]) for row in rows):
        return None  # perhaps a decimal comma: with three cells, the answer is ambiguous
    if rows[0][0].strip().lower() in _HEADINGS:
        del rows[0]
    found: dict[str, Any] = {}
    return found if all(_put(found, BARE, name.strip(), value.strip()) for name, value in rows) else None


def _put(found: dict[str, Any], stage: str, name: str, value: str) -> bool:
    """Records an answer, or whose answers they all are; False if there is one already."""
    if stage == BARE and name.lower() in _ABOUT:
        name, at = name.lower(), found
    else:
        at = found.setdefault(stage, {})
    if name in at:
        return False
    at[name] = value or None
    return True


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
