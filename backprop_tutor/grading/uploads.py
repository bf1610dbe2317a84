"""What is chosen and said of the several files that one student handed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from backprop_tutor.grading.collecting import Text, bytes_of
from backprop_tutor.grading.contents import NotHandedIn, kind_of
from backprop_tutor.grading.people import File
from backprop_tutor.grading.rows import Row, refused_as_several
from backprop_tutor.text import listed, visible
from backprop_tutor.tutor.marking.equations import BARE
from backprop_tutor.tutor.stages import EVERY_WORD

_NAMES: Final = frozenset((*EVERY_WORD, BARE))
"""What is in an answer file, one of these at least: a cover sheet names an exercise and a student too."""
MOST_BESIDE: Final = 3  # files beside the answers that a note names
_LONGEST_NOTE: Final = 2_000  # characters; a spreadsheet's cell takes 32,767, but nobody reads them


class Marked(NamedTuple):
    """The row of one file, a text that sorts after that of an older one (None: nothing says how new it is), the
    file."""

    row: Row
    order: str | None
    file: File


def counting(several: list[Marked], best: bool) -> Row:
    """Of several files for one exercise the best or the newest; none where nothing says which that is.

    What says that it answers another exercise does not count beside what does not."""
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
    """A text that must hold answers: beside them, notes may be YAML too."""

    def read() -> tuple[Any, str]:
        data, remark = text.read()
        if isinstance(data, dict) and not _NAMES & {str(key).strip().lower() for key in data}:
            raise NotHandedIn("contains no answers.")
        return data, remark

    return text._replace(read=read)


def what_it_is(file: File) -> str:
    """What a file is that is not named like an answer file."""
    name = own_name(file)
    try:
        data = bytes_of(file)
        kind = kind_of(data, file.shown)
    except NotHandedIn as error:
        return f"{name} {error}"
    said = f"is {kind}" if kind else "is empty" if not data.strip() else "is not named like an answer file"
    return f"{name} {said}."


def own_name(file: File) -> str:
    """What the student called it, beside which the system may have put other words."""
    return short_name(file.place.file or file.shown)


def short_name(shown: str) -> str:
    """A file as a note names it: by its own name."""
    return visible(shown.rpartition("/")[2])[:60]


def note_of(parts: Iterable[str]) -> str:
    """What is said of a row, each thing once; it fits a cell of any spreadsheet."""
    note = " ".join(dict.fromkeys(filter(None, parts)))
    return note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}\N{HORIZONTAL ELLIPSIS}"
