"""The catalogue as a table, as JSON, and as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import visible
from backprop_tutor.tutor.questions import questions


def listing(exercises: Sequence[Exercise]) -> Table:
    """One row an exercise: id, title, gates, questions, where it is from."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", style="bold green", no_wrap=True)
    table.add_column("title", ratio=3)
    table.add_column("gates", justify="right")
    table.add_column("questions", justify="right")
    table.add_column("from", ratio=3, style="dim")
    for exercise in exercises:
        cells = (exercise.id, exercise.title, str(gates(exercise)), str(len(questions(exercise))), exercise.source)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


def choices(exercises: Sequence[Exercise]) -> Table:
    """A numbered list to choose from."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(style="bold green", no_wrap=True)
    table.add_column()
    for number, exercise in enumerate(exercises, 1):
        table.add_row(str(number), Text(visible(exercise.id)), Text(visible(exercise.title)))
    return table


def listing_json(exercises: Sequence[Exercise]) -> dict[str, Any]:
    """The catalogue as the contract writes it."""
    return {
        "format": "backprop-tutor/catalogue@1",
        "exercises": [
            {
                "id": exercise.id, "title": exercise.title, "path": exercise.path, "gates": gates(exercise),
                "questions": len(questions(exercise)), "source": exercise.source,
            }
            for exercise in exercises
        ],
    }  # fmt: skip


def gates(exercise: Exercise) -> int:
    """How many gates the circuit has."""
    return len(exercise.graph.gate_names)
