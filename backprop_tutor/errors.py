"""Broken input is an exception that carries data; every other room may import this module."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from backprop_tutor.text import Span, excerpt, place, quoted, visible

_OF_THE_TEXT: Final = frozenset({"name", "left", "right", "written", "number", "source"})
"""The fields of faults that are pieces of the faulty text."""


class TutorError(Exception):
    """Input that cannot be used. `str()` says what is wrong, where, and what to do next."""


class Fault(TutorError):
    """One fault at a span of a text; a subclass names it and phrases it in `says`."""

    says = "{what}"

    def __init__(self, span: Span, **data: object) -> None:
        super().__init__(span, data)
        self.span = span
        self.data = data

    def __getattr__(self, name: str) -> object:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are copied by calling their class with its args; this one takes its data by keyword.
        return partial(type(self), self.span, **self.data), ()

    def __str__(self) -> str:
        shown = {
            key: (quoted if key in _OF_THE_TEXT else visible)(what) if isinstance(what, str) else what
            for key, what in self.data.items()
        }
        return self.says.format(**shown)


class Faults(TutorError):
    """Every fault of one text, in the order of their places."""

    def __init__(self, text: str, faults: Sequence[Fault], what: str = "") -> None:
        super().__init__(text, faults, what)
        self.text = text
        self.faults = tuple(sorted(faults, key=lambda fault: fault.span))
        self.what = what

    def __str__(self) -> str:
        head = f"{self.what}: " if self.what else ""
        return "\n".join(head + described(self.text, fault) for fault in self.faults)


def described(text: str, fault: Fault) -> str:
    """The fault as a message: line and column, and the line with a caret under it."""
    line, column = place(text, fault.span[0])
    return f"line {line}, column {column}: {fault}\n{excerpt(text, fault.span)}".rstrip("\n")
