"""Broken input is an exception that carries data; this module stands under every room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

Span = tuple[int, int]
"""Where something stands: start and end, in characters of the text as it was written."""


class TutorError(Exception):
    """Input that cannot be used. `str()` says what is wrong, where, and what to do next."""


class Fault(TutorError):
    """One fault at a span of a text; a subclass names it and words it in `says`."""

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
        # An exception is copied as its class called with its args; this one takes its data by keyword.
        return _fault, (type(self), self.span, self.data)

    def __str__(self) -> str:
        shown = {k: visible(v) if isinstance(v, str) else v for k, v in self.data.items()}
        return self.says.format(**shown)


def _fault(kind: type[Fault], span: Span, data: dict[str, object]) -> Fault:
    return kind(span, **data)


class Faults(TutorError):
    """Every fault of one text, in the order in which they stand there."""

    def __init__(self, text: str, faults: Sequence[Fault], what: str = "") -> None:
        super().__init__(text, faults, what)
        self.text = text
        self.faults = tuple(sorted(faults, key=lambda fault: fault.span))
        self.what = what

    def __str__(self) -> str:
        head = f"{self.what}: " if self.what else ""
        return "\n".join(head + described(self.text, fault) for fault in self.faults)


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def described(text: str, fault: Fault) -> str:
    """The fault in words, with line and column, and the line with a caret under it."""
    line, column = place(text, fault.span[0])
    return f"line {line}, column {column}: {fault}\n{excerpt(text, fault.span)}"


def excerpt(text: str, span: Span, indent: str = "  ", width: int = 76) -> str:
    """The line on which a span begins, with carets under the span; long lines are cut to `width`."""
    start, end = span
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    end = max(start + 1, min(end, last))
    left = first if start - first < width // 2 else start - width // 3
    line = visible(text[left:last])[:width]
    at = start - left
    carets = "^" * max(1, columns(line[at : end - left]))
    return f"{indent}{line}\n{indent}{' ' * columns(line[:at])}{carets}"


def visible(text: str, unseen: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """The text, one character for one, without any that would move a cursor or hide."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else unseen for c in text)


def escaped(json_text: str) -> str:
    r"""A JSON text with everything that would move a cursor or hide written as \uXXXX, so that nothing is lost."""
    if json_text.isprintable():
        return json_text
    return "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in json_text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 answer`, `2 answers`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def listed(words: Iterable[str]) -> str:
    """Words, each once: `a`, `a and b`, `a, b and c`."""
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} and {last}" if first else last


def columns(text: str) -> int:
    """How many terminal columns a visible text takes."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean …?` with the known name most like this one, or nothing."""
    matches = nearest_names(name, known)
    return f" Did you mean {' or '.join(matches)}?" if matches else ""


def nearest_names(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known names most like this one, likest first; nothing for names that are like none."""
    from difflib import get_close_matches

    folded = {candidate.lower(): candidate for candidate in known}
    return [folded[match] for match in get_close_matches(name[:80].lower(), folded, n=most)]
