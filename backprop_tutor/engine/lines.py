"""The graph language line by line: each `name = expression` parsed, each line that cannot be a fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from backprop_tutor.engine import faults
from backprop_tutor.engine.language import Step, Token, parse, tokens
from backprop_tutor.errors import Fault, Span

MOST_BYTES: Final = 100_000
"""The longest text, in bytes of UTF-8."""
MOST_FAULTS: Final = 100
"""How many faults of a graph are told at once."""

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


def read_lines(text: str) -> Reading:
    """The lines of a text, parsed; every line that cannot be is a fault."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        fault = faults.TooLong((0, 1), size=f"{size:,} bytes", limit=f"{MOST_BYTES:,} bytes", advice="")
        return Reading(text, faults=[fault])
    reading = Reading(text)
    for match in _LINE.finditer(text):
        if match[0].strip(" \t\r"):
            try:
                reading.lines.append(_line(text, *match.span()))
            except Fault as fault:
                reading.faults.append(fault)
                if len(reading.faults) == MOST_FAULTS:
                    reading.faults.append(faults.MoreFaults(fault.span))
                    break
    return reading


def _line(text: str, start: int, end: int) -> Line:
    found = tokens(text, start, end)
    equals = [token for token in found if token.text == "="]
    if not equals:
        raise faults.NotALine((found[0].span[0], found[-1].span[1]), advice=" Nothing is assigned here.")
    if found[0].text == "=":
        raise faults.NotALine(found[0].span, advice=" The name is missing.")
    name = found[0]
    if found[1].text != "=" or name.kind != "name":
        span = (name.span[0], found[found.index(equals[0]) - 1].span[1])
        raise faults.BadName(span, name=text[slice(*span)])
    rest: list[Token] = found[2:]
    span = (rest[0].span[0], rest[-1].span[1]) if rest else equals[0].span
    return Line(name.text, name.span, parse(rest, equals[0].span), span)
