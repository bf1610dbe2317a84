"""A question bank before it has a format: its copies with their gaps and pictures, and the text before the gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

from backprop_tutor.drawing.formats.svg import png, svg
from backprop_tutor.drawing.picture import Unroutable
from backprop_tutor.engine.compile import written
from backprop_tutor.fields import NamedTuple
from backprop_tutor.publishing.copies import Copy, given, heading, lines_of, paragraphs_of, picture_of
from backprop_tutor.publishing.gaps import Gap, gaps_of

HINT: Final = "Each gate multiplies what arrives by its local gradient; at a fork the gradients add."
TAG: Final = "backprop-tutor"


class Image(NamedTuple):
    """A picture as a file."""

    name: str
    kind: str
    data: bytes


class Item(NamedTuple):
    """A copy with its gaps and its picture (None: its circuit is too tangled to be drawn)."""

    copy: Copy
    gaps: Sequence[Gap]
    image: Image | None

    @property
    def title(self) -> str:
        """The item's title in a bank, by which a teacher finds it again."""
        return f"{self.copy.exercise.title} ({self.copy.key})"


class Bank(NamedTuple):
    """The items of one exercise, and whether wrong numbers become choices (Canvas)."""

    items: Sequence[Item]
    choices: bool = False

    @property
    def id(self) -> str:
        """The exercise's id."""
        return self.items[0].copy.exercise.id


def bank_of(copies: Iterable[Copy], picture: str = "svg", mistakes: bool = True) -> Bank:
    """The bank of an exercise's copies, with pictures of this kind. Raises NoPicture if a PNG cannot be made."""
    return Bank([Item(copy, gaps_of(copy, mistakes), _image(copy, picture)) for copy in copies])


def _image(copy: Copy, kind: str) -> Image | None:
    try:
        return Image(f"{copy.key}.{kind}", *PICTURES[kind](copy))
    except Unroutable:
        return None


PICTURES: Final[Mapping[str, Callable[[Copy], tuple[str, bytes]]]] = {
    "svg": lambda copy: ("image/svg+xml", svg(picture_of(copy), themes=False).encode()),
    "png": lambda copy: ("image/png", png(picture_of(copy))),
}
"""The kinds of pictures: their MIME types, and the functions that make their bytes."""


def introduction(item: Item, source: str) -> str:
    """What comes before the gaps, in XHTML; `source` is where the picture is found."""
    exercise = item.copy.exercise
    parts = [f"<p>{escape(text)}</p>" for text in paragraphs_of(exercise, (gap.question for gap in item.gaps))]
    parts.append(f"<pre>{escape(chr(10).join(lines_of(exercise)))}</pre>")
    tag = "pre" if exercise.is_array else "p"
    parts.append(f"<{tag}>{escape(given(exercise))}</{tag}>")
    if item.image is not None:
        shape = escape("; ".join(written(exercise.graph).split("\n")))
        parts.append(f'<p><img src="{escape(source)}" alt="The circuit {shape}"/></p>')
    return "".join(parts)


def by_heading(item: Item) -> Iterator[tuple[str, list[Gap]]]:
    """The gaps, grouped under the headings of their kinds."""
    for title, group in groupby(item.gaps, key=lambda gap: heading(gap.question)):
        yield title, list(group)


def lines_of_gaps(gaps: Sequence[Gap], written: Callable[[Gap], str]) -> Iterator[str]:
    """The gaps, question by question, each after its text, in XHTML: a single gap within its line, those of an array in
    rows."""
    for _, group in groupby(gaps, key=lambda gap: gap.question):
        mine = list(group)
        if mine[0].place is None:
            yield from (f"{escape(gap.text)}: {written(gap)}" for gap in mine)
            continue
        rows = groupby(mine, key=lambda gap: gap.place and gap.place[0])
        cells = ("".join(f"<td>{written(gap)}</td>" for gap in row) for _, row in rows)
        table = "".join(f"<tr>{row}</tr>" for row in cells)
        yield f"{escape(mine[0].text)}: <table><tbody>{table}</tbody></table>"


def solution(item: Item) -> str:
    """The working of every question, in XHTML."""
    return "".join(f"<p>{escape(working)}</p>" for working in dict.fromkeys(gap.working for gap in item.gaps))


def escaped_line(text: str) -> str:
    """A text as it may stand in an attribute or an element of XML, on one line."""
    return escape(" ".join(text.split()))
