"""Text for people: display width, counts and lists in words, the nearest name, the line with a caret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import normalize

MOST_QUOTED, LONGEST_NAME = 60, 40
"""The most characters of somebody else's text that a message quotes, and of a name or a number."""
Span = tuple[int, int]
"""A place in a text: start and end, in characters of the text as it was written."""

ASCII: Final = str.maketrans(
    dict.fromkeys(map(chr, (*range(0x250C, 0x254C), *range(0x256D, 0x2571))), "+")  # corners and joints
    | {"─": "-", "│": "|", "━": "=", "┃": "!", "●": "o", "◆": "#", "▸": ">", "·": ".", "…": "~"}
    | {
        "✓": "ok",
        "✗": "no",
        "○": "o",
        "◐": "o",
        "\N{MINUS SIGN}": "-",
        "∂": "d",
        "→": "->",
        "\N{MULTIPLICATION SIGN}": "*",
    }
    | dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True))
    | {"α": "alpha", "δ": "delta", "ε": "epsilon", "λ": "lambda", "σ": "sigma", "Δ": "D", "Σ": "sum ", "‖": "||"}
    | {"\N{REPLACEMENT CHARACTER}": "?"}
    | {"²": "^2", "³": "^3", "½": "1/2"}
)
"""The ASCII form of every character in our drawings and sentences. Those of wires and gates stay one character wide,
and no mark behind a number can be read as part of it."""

_EXCERPT: Final = r"^([^\n]+)\n( *\^+ *)$"  # a line, and the carets under a part of it
_OWN_LINE: Final = r"[\s*-]|•|\d+[.)]\s|\w+ ="  # how a line begins that is not part of a paragraph
_QUOTATION: Final = r'"[^"\n]*"'
_TIMES: Final = r"(?<=[\w)|])·(?=[\w(|∂√])"
"""The sign between two factors; elsewhere it stands for an unknown number."""
_MORE: Final = r"(?<= )…"
"""Stands for omitted words; behind a word that was cut, it takes one column."""
_LIKE: Final = 0.6
"""How similar two names must be, up to 1, to be taken for a typing mistake."""
_LONGEST_COMPARED: Final = 80  # comparing names takes the product of their lengths; none of our names is half as long


_PREDICATES: Final = ("is ", "has ", "holds ", "lists ", "cannot ")
_PLACE: Final = "line "
"""How sentences about a file begin that need its name, and those that begin with a place in it."""


_WIDE: Final = {0xFF00 + code - 0x20: chr(code) for code in range(0x21, 0x7F) if not chr(code).isalpha()}
"""Digits and signs as a Chinese or Japanese keyboard writes them; letters of that width may be names."""


def half_width(text: str) -> str:
    """The text with ASCII digits and signs in place of full-width ones, and with plain letters in place of those of
    mathematical alphabets, character for character."""
    if text.isascii():
        return text
    text = text.translate(_WIDE)
    return "".join(normalize("NFKC", one) if "\U0001d400" <= one <= "\U0001d7ff" else one for one in text)


def columns(text: str) -> int:
    """The number of terminal columns of a visible text: two for a Chinese character, none for a combining mark."""
    if text.isascii():
        return len(text)
    # Imported only for such a text: the engine's faults use this module, and Rich is no part of an engine.
    from rich.cells import cell_len

    return cell_len(text)


def glyphs(text: str) -> Iterator[tuple[str, int]]:
    """The text in pieces that take columns of their own, each with its width: a mark stays with the character that
    carries it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or (columns(text[at]) and columns(text[start:at])):
            yield text[start:at], columns(text[start:at])
            start = at


def shortened(text: str, width: int, keep_end: bool = False) -> str:
    """The text in at most `width` columns (at least 1), with `…` where it was cut: at its end, or at its beginning."""
    if columns(text) <= width:
        return text
    kept, room = "", width - 1
    pieces = list(glyphs(text))
    for piece, size in reversed(pieces) if keep_end else pieces:
        room -= size
        if room < 0:
            break
        kept = piece + kept if keep_end else kept + piece
    return f"…{kept}" if keep_end else f"{kept}…"


def padded(text: str, width: int, right: bool = False, fill: str = " ") -> str:
    """The text padded to `width` columns: on the right, or on the left to align it at the right edge."""
    filling = fill * (width - columns(text))
    return filling + text if right else text + filling


def visible(text: str) -> str:
    """The text, character for character, without any that would move a cursor or be invisible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


def quoted(text: str) -> str:
    """Somebody else's text inside one of our sentences: in quotation marks if it contains signs that could be taken for
    ours, so that none of them is translated for ASCII."""
    return visible(text) if text.isascii() else f'"{visible(text)}"'


def on_a_line(text: str, width: int = 60) -> str:
    """A text of any length, shortened to be part of a line."""
    return shortened(" ".join(visible(text).split()), width)


def escaped(json_text: str) -> str:
    r"""A JSON text with everything that would move a cursor or hide written as \uXXXX, so that nothing is lost."""
    if json_text.isprintable():
        return json_text
    return "".join(c if c.isprintable() or c == "\n" else _in_json(c) for c in json_text)


def _in_json(character: str) -> str:
    """A character as JSON escapes it. Without the json module, which an engine would load for nothing else."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def ascii_text(text: str) -> str:
    """A text in ASCII alone: our own signs as their ASCII form, anything else as its escape (`\\xe9`).

    What somebody else wrote is escaped and never put into other words: what stands in quotation marks, and a line with
    carets below, which stay under what they mean.
    """
    if text.isascii():
        return text
    text = re.sub(_EXCERPT, lambda found: _escaped_excerpt(*found.groups()), text, flags=re.MULTILINE)
    text = re.sub(_QUOTATION, lambda found: _escaped(found[0]), text)
    return _escaped(re.sub(_MORE, "...", re.sub(_TIMES, "*", text)).translate(ASCII))


def _escaped(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _escaped_excerpt(line: str, carets: str) -> str:
    at, under = 0, ""
    for glyph, wide in glyphs(line):
        under += ("^" if "^" in carets[at : at + wide] else " ") * len(_escaped(glyph))
        at += wide
    return f"{_escaped(line)}\n{(under + carets[at:]).rstrip()}"


def hung(text: str, width: int) -> str:
    """A text whose long lines are broken between words and continued two columns further in. Carets and the line that
    they are about stay as they are."""
    quoted = {line for pair in re.findall(_EXCERPT, text, re.MULTILINE) for line in pair}
    lines: list[str] = []
    for line in text.split("\n"):
        if line in quoted or columns(line) <= width:
            lines.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip(" ")))
        words = line.split()
        lines.append(indent + words[0])
        for word in words[1:]:
            if columns(f"{lines[-1]} {word}") > width:
                lines.append(f"{indent}  {word}")
            else:
                lines[-1] += f" {word}"
    return "\n".join(lines)


def reflowed(text: str) -> str:
    """A text with one line per paragraph; list items, equations and indented lines stay lines."""
    lines: list[str] = []
    before = ""
    for line in text.strip().split("\n"):
        if before.strip() and line.strip() and not re.match(_OWN_LINE, before) and not re.match(_OWN_LINE, line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.rstrip())
        before = line
    return "\n".join(lines)


def defused(cell: object) -> object:
    """A cell for a spreadsheet: a text that would be evaluated (`=`, `+`, `-`, `@`, tab or carriage return first) gets
    an apostrophe before it."""
    is_formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if is_formula else cell


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 answer`, `2 answers`, `1,200 entries`; unless the plural is given, it is the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def in_points(points: float) -> str:
    """`1 point`, `0.5 points`."""
    return f"{points:g} {'point' if points == 1 else 'points'}"


def listed(words: Iterable[str], last: str = "and", most: int | None = None) -> str:
    """Words, without repeats: `a`, `a and b`, `a, b and c`; if there are more than `most`, `a, b and 3 more`."""
    shown = list(dict.fromkeys(words))
    if most is not None and len(shown) > most:
        shown[most - 1 :] = [f"{len(shown) - most + 1} more"]
    return f" {last} ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def about(name: str, what: str) -> str:
    """A sentence about a file: `a.docx is a Word file.`, `a.yaml, line 2: …`, `a.yaml: it does not say …`."""
    if what.startswith(_PREDICATES):
        return f"{name} {what}"
    return f"{name}{', ' if what.startswith(_PLACE) else ': '}{what}"


def beginning(name: str, known: Iterable[str]) -> list[str]:
    """The known names that begin like this, in any case, shortest first; only that one if it begins all the others:
    `sig` is sigmoid, not sigmoid-gate."""
    start = name.casefold()
    begun = sorted((one for one in known if start and one.casefold().startswith(start)), key=len)
    return begun[:1] if all(one.casefold().startswith(begun[0].casefold()) for one in begun) else begun


def nearest(name: str, known: Iterable[str], likeness: float = _LIKE) -> str:
    """` Did you mean …?` with the most similar known name, or nothing."""
    return "".join(f" Did you mean {match}?" for match in nearest_names(name, known, likeness=likeness))


def nearest_names(name: str, known: Iterable[str], most: int = 1, likeness: float = _LIKE) -> list[str]:
    """The most similar known names, best first; none if none is similar."""
    from difflib import get_close_matches  # misspelt names are rarer than program starts

    folded = {candidate.lower(): candidate for candidate in known}
    return [
        folded[match] for match in get_close_matches(name[:_LONGEST_COMPARED].lower(), folded, n=most, cutoff=likeness)
    ]


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1 in characters."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def excerpt(text: str, span: Span, indent: str = "  ", width: int = 76) -> str:
    """The line on which a span begins, with carets under the span; of a long line, the `width` columns around it.
    Nothing of a blank text."""
    if not text.strip():
        return ""
    start, end = span
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    end = max(start + 1, min(end, last))
    left = first if start - first < width // 2 else start - width // 3
    line, at = visible(text[left : min(last, left + width)]), start - left
    while columns(line) > width:
        line = line[:-1]
    before = columns(line[:at])
    carets = max(1, columns(line[: end - left]) - before)
    # A combining mark has no column of its own: its caret is under the letter that carries it.
    before -= before == columns(line[: at + 1]) and 0 < at < len(line)
    return f"{indent}{line}\n{indent}{' ' * before}{'^' * carets}"
