"""Chooses among the several files that one student handed in, and says which one counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.collecting import Text, bytes_of
from backprop_tutor.grading.contents import NotHandedIn, kind_of
from backprop_tutor.grading.people import File
from backprop_tutor.grading.rows import Row, refused_as_several
from backprop_tutor.text import MOST_QUOTED, listed, visible
from backprop_tutor.tutor.marking.submission import BARE
from backprop_tutor.tutor.stages import EVERY_WORD

_NAMES: Final = frozenset((*EVERY_WORD, BARE))
"""An answer file contains at least one of these keys: a cover sheet may name an exercise and a student too."""
MOST_BESIDE: Final = 3  # how many files beside the answers a note names
_LONGEST_NOTE: Final = 2_000  # characters; a spreadsheet's cell takes 32,767, but nobody reads that much


class Marked(NamedTuple):
    """The row of one file, a text that sorts after that of an older file (None: nothing says how new it is), and the
    file."""

    row: Row
    order: str | None
    file: File


def counting(several: list[Marked], best: bool) -> Row:
    """Of several files for one exercise, the best or the newest; none if nothing says which one that is. A file that
    names another exercise does not count beside one that does not."""
    several = [one for one in several if not one.row.other_exercise] or several
    if len(several) == 1:
        return several[0].row
    count = len(several)
    if best:
        row = max(several, key=lambda one: one.row.score).row
        return row._replace(note=note_of([f"The best of {count}.", row.note]))
    orders = [one.order for one in several]
    newest = max(orders) if None not in orders else None  # type: ignore[type-var]
    if newest is not None and orders.count(newest) == 1:
        row = several[orders.index(newest)].row
        return row._replace(note=note_of([f"The newest of {count}.", row.note]))
    first = several[0].row
    if len({one.row._replace(source="", note="", attempt=None) for one in several}) == 1:
        return first._replace(note=note_of([f"The same {count} times.", first.note]))
    names = [own_name(one.file) for one in several]
    if len(set(names)) < count:  # from one archive, or from several folders
        names = [visible(one.row.source) for one in several]
    files = listed(names, most=MOST_BESIDE)
    return refused_as_several(first, f"{count} files, {files}")


def with_answers(text: Text) -> Text:
    """A text that must contain answers: beside these, notes may be YAML too."""

    def read() -> tuple[Any, str]:
        data, remark = text.read()
        if isinstance(data, dict) and not _NAMES & {str(key).strip().lower() for key in data}:
            raise NotHandedIn("contains no answers.")
        return data, remark

    return text._replace(read=read)


def what_it_is(file: File) -> str:
    """Says what a file is that is not named like an answer file."""
    name = own_name(file)
    try:
        data = bytes_of(file)
        kind = kind_of(data, file.shown)
    except NotHandedIn as error:
        return f"{name} {error}"
    said = f"is {kind}" if kind else "is empty" if not data.strip() else "is not named like an answer file"
    return f"{name} {said}."


def own_name(file: File) -> str:
    """The student's own name for the file, to which the system may have added words."""
    return short_name(file.place.file or file.shown)


def short_name(shown: str) -> str:
    """A file as a note names it: by its own name."""
    return visible(shown.rpartition("/")[2])[:MOST_QUOTED]


def note_of(parts: Iterable[str]) -> str:
    """What is said about a row, each remark once; it fits into a cell of any spreadsheet."""
    note = " ".join(dict.fromkeys(filter(None, parts)))
    return note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}\N{HORIZONTAL ELLIPSIS}"
