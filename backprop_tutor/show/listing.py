"""The catalogue as a path from easy to hard, as JSON, and as a list to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import visible
from backprop_tutor.tutor.stages import questions


def listing(
    exercises: Sequence[Exercise], origins: Mapping[str, str], width: int, printable: Callable[[str], str]
) -> Iterator[RenderableType]:
    """The path, level by level. `origins` are the folders' names by id, which are told where they differ.

    `printable` gives a text as the screen can print it, which may be longer.
    """
    if not exercises:
        yield Text("There are no exercises here.")
        return
    is_mixed = len(set(origins.values())) > 1
    row = partial(_row, _widest(exercises))
    yield row(Text("id"), Text("title"), "gates", "asks", style="dim")
    for level, group in _levels(exercises):
        yield from ("", heading(level, width))
        for exercise in group:
            id_, title = Text(visible(exercise.id), "bold green"), Text(printable(visible(exercise.title)))
            yield row(id_, title, str(len(exercise.graph.gate_names)), str(len(questions(exercise))))
            source = " ".join(filter(None, [f"[{origins[exercise.id]}]" if is_mixed else "", exercise.source]))
            if source:
                yield Indented(Text(f"  {visible(source)}", "dim"))


def _row(widest: int, id_: Text, title: Text, gates_: str, asks: str, style: str = "") -> Table:
    row = Table(box=None, pad_edge=False, show_header=False, expand=True, style=style)
    row.add_column(width=widest, overflow="fold")
    row.add_column(ratio=1)
    row.add_column(width=5, justify="right")
    row.add_column(width=4, justify="right")
    row.add_row(id_, title, gates_, asks)
    return row


def choices(exercises: Sequence[Exercise], width: int, printable: Callable[[str], str]) -> RenderableType:
    """A numbered list to choose from, level by level."""
    parts: list[RenderableType] = []
    widest, number = _widest(exercises), 0
    for level, group in _levels(exercises):
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(justify="right", width=3)
        table.add_column(style="bold green", width=widest, overflow="fold")
        table.add_column(ratio=1)
        for exercise in group:
            number += 1
            table.add_row(str(number), Text(visible(exercise.id)), Text(printable(visible(exercise.title))))
        parts += [heading(level, width), table]
    return Group(*parts)


def _levels(exercises: Sequence[Exercise]) -> Iterator[tuple[str, list[Exercise]]]:
    for level, group in groupby(exercises, key=lambda exercise: exercise.level):
        yield "No level" if level is None else f"Level {level}", list(group)


def _widest(exercises: Sequence[Exercise]) -> int:
    return min(20, max((len(exercise.id) for exercise in exercises), default=0))


def listing_json(exercises: Sequence[Exercise], origins: Mapping[str, str]) -> dict[str, Any]:
    """The catalogue as the contract writes it, with each exercise's level and the folder it comes from."""
    rows = [
        {
            "id": exercise.id, "title": exercise.title, "path": exercise.path,
            "gates": len(exercise.graph.gate_names), "questions": len(questions(exercise)),
            "source": exercise.source, "level": exercise.level, "origin": origins[exercise.id],
        }
        for exercise in exercises
    ]  # fmt: skip
    return {"format": "backprop-tutor/catalogue@1", "exercises": rows}
