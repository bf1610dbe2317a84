"""Arrays and shapes as they are typed: where each entry stands, and what is wrong with the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from backprop_tutor.engine import language
from backprop_tutor.engine.arrays import MOST_ENTRIES, Matrix, Size, entries_in_words, transposed
from backprop_tutor.engine.graph import Shape
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span

_MOST_CHARACTERS: Final = 12 * MOST_ENTRIES
"""The longest text of an array that is read, which is far more than anybody writes."""
_SIGNS: Final = "+" + language.MINUS
_JOINS: Final = "*/^×·⋅÷"
"""Next to one of these, a space does not separate entries."""
_MOST_DIGITS, _LONGEST_SIZE = 4, 12  # of a size: no array has 10,000 rows, and no word is longer that stands for some
_LONGEST_LETTER: Final = 2
"""The longest letter, such as N or D1, that may stand alone for the size of a column."""


def entry_spans(text: str, start: int = 0, end: int | None = None) -> list[list[Span]]:
    """The places of the entries of a typed array, row by row: `[1 2; 3 4]`, `[[1, 2], [3, 4]]`, or one row per line. A
    row with a comma is split at commas, otherwise at spaces: `1 -2` is two entries, `1 - 2` is one. Raises a Fault for
    unmatched brackets, for rows of different lengths, and for more than MOST_ENTRIES entries."""
    check_length(text)
    rows = [_split_row(text, *span) for span in _row_spans(text, start, len(text) if end is None else end)]
    if not rows:
        raise language.NotArithmetic((start, max(start + 1, end or 1)), what="an array needs at least one entry.")
    if sum(map(len, rows)) > MOST_ENTRIES:
        size, limit = f"{sum(map(len, rows)):,} entries", f"{MOST_ENTRIES:,}"
        raise language.TooLong((start, start + 1), size=size, limit=limit, advice="")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            what = f"row {number} has {entries_in_words(row)}, but row 1 has {entries_in_words(rows[0])}."
            raise language.NotArithmetic((row[0][0], row[-1][1]), what=what)
    return rows


def check_length(text: str) -> None:
    """Checks that a text is not longer than the text of an array can be. Raises TooLong."""
    if len(text) > _MOST_CHARACTERS:
        size, limit = f"{len(text):,} characters", f"{_MOST_CHARACTERS:,}"
        raise language.TooLong((0, 1), size=size, limit=limit, advice="")


def _row_spans(text: str, start: int, end: int) -> list[Span]:
    """The places of the rows: between `;`, line ends and brackets inside brackets."""
    found: list[Span] = []
    opened: list[int] = []
    begins: int | None = start
    closed = is_nested = False

    def finish(at: int) -> None:
        nonlocal begins
        if begins is not None and text[begins:at].strip(" \t\r,"):
            found.append((begins, at))
        begins = None

    for at in range(start, end):
        character = text[at]
        if character == "[":
            between = "" if begins is None else text[begins:at].strip(" \t\r,")
            is_nested |= len(opened) == 1
            if between or len(opened) == 2 or (closed and not opened and is_nested):
                raise language.NotArithmetic((at, at + 1), what="[ may only begin an array or a row.")
            opened.append(at)
            begins = at + 1
        elif character == "]":
            if not opened:
                raise language.NotArithmetic((at, at + 1), what="unmatched ].")
            finish(at)
            opened.pop()
            closed = True
        elif character in ";\n":
            finish(at)
            begins = at + 1
        elif begins is None and character not in " \t\r,":
            if closed and not opened:
                raise language.NotArithmetic((at, end), what="nothing may follow the last ] of an array.")
            begins = at
    if opened:
        raise language.NotArithmetic((opened[-1], opened[-1] + 1), what="unmatched [.")
    finish(end)
    return found


def _split_row(text: str, start: int, end: int) -> list[Span]:
    row = text[start:end]
    cuts = list(_commas(row)) if "," in row else list(_gaps(row))
    edges = zip([0, *(stop for _, stop in cuts)], [*(begin for begin, _ in cuts), len(row)], strict=True)
    pieces = [(begin, stop) for begin, stop in edges]
    if "," in row and len(pieces) > 1 and not row[slice(*pieces[-1])].strip():
        pieces.pop()  # a comma at the end of a row, as programs write it
    found = []
    for begin, stop in pieces:
        piece = row[begin:stop]
        if not piece.strip():
            raise language.MissingOperand((start + begin, start + max(stop, begin + 1)), where="between two commas")
        if "," in row and _is_two_numbers(piece):
            what = "a comma between entries is missing. Write decimals with a point: 0.44."
            raise language.NotArithmetic((start + begin, start + stop), what=what)
        lead = len(piece) - len(piece.lstrip())
        found.append((start + begin + lead, start + begin + len(piece.rstrip())))
    return found


def _is_two_numbers(piece: str) -> bool:
    parts = piece.split()
    return len(parts) == 2 and all(part.lstrip(_SIGNS).replace(".", "", 1).isdigit() for part in parts)


def _commas(row: str) -> Iterable[Span]:
    """The commas outside any parenthesis."""
    depth = 0
    for at, character in enumerate(row):
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            yield at, at + 1


def _gaps(row: str) -> Iterable[Span]:
    """The spaces between two entries: outside any parenthesis, and next to no operator with spaces on both sides."""
    depth, at = 0, 0
    before = ""
    while at < len(row):
        character = row[at]
        if not character.isspace():
            depth += (character == "(") - (character == ")")
            before = character
            at += 1
            continue
        stop = at
        while stop < len(row) and row[stop].isspace():
            stop += 1
        after, beyond = row[stop : stop + 1], row[stop + 1 : stop + 2]
        joins = not after or not before or before in _SIGNS + _JOINS + "(" or after in _JOINS + ")"
        if depth <= 0 and not joins and not (after in _SIGNS and beyond.isspace()):
            yield at, stop
        at = stop


def read_numbers(text: str, number: Callable[[int, int], float]) -> Matrix:
    """The array in a text; `number` reads each entry from its span, and a flat array is a column. Raises a Fault."""
    spans = entry_spans(text)
    rows = [[number(*span) for span in row] for row in spans]
    is_flat = len(rows) == 1 and ";" not in text and text.count("[") == 1
    return transposed(rows) if is_flat else rows


def read_shape(text: str) -> Shape:
    """A shape as it is written: `2x3`, `2 × 3`, `(2, 3)`, `N x C`; a single size is that of a column. Raises a
    Fault."""
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] in ("()", "[]"):
        stripped = stripped[1:-1].strip(" \t,")
    for between in ("×", "*", ",", " by ", "x", "X", " "):
        one, found, other = stripped.partition(between)
        if found and _is_size(one.strip()) and _is_size(other.strip()):
            return _size(one.strip()), _size(other.strip())
    if stripped and _is_size(stripped) and (stripped.isdigit() or len(stripped) <= _LONGEST_LETTER):
        return _size(stripped), 1  # a word on its own is not a shape
    raise Fault((0, max(1, len(text))), what="write a shape as rows x columns: 2x3 or N x C.")


def _is_size(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and 0 < len(text) <= _MOST_DIGITS and int(text) > 0
    return is_number or (language.is_name(text) and len(text) <= _LONGEST_SIZE and text not in ("x", "X"))


def _size(text: str) -> Size:
    return int(text) if text.isdigit() else text
