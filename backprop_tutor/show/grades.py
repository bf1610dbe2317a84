"""The class's summary in the terminal: how the scores lie, which mistakes were made where, which questions are hard."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.errors import visible
from backprop_tutor.grading.attempts import question_name
from backprop_tutor.grading.summary import ClassSummary, in_short, part_name
from backprop_tutor.show.words import heading

_MOST = 12


def grades_screen(summary: ClassSummary, width: int) -> RenderableType:
    """Everything, in a screen or two."""
    return Group(*_parts(summary, width))


def _parts(summary: ClassSummary, width: int) -> Iterator[RenderableType]:
    yield Text(in_short(summary))
    yield heading("How the scores lie", width)
    yield _bars(summary, min(width, 80) - 22)
    yield heading("Which mistakes were made, at which gates", width)
    mistakes = summary.mistakes()
    yield _mistakes(summary) if mistakes else Text("No wrong answer was given.")
    yield from _more(len(mistakes))
    yield heading("The hardest questions", width)
    hardest = summary.hardest()
    yield _questions(summary) if hardest else Text("Every question was answered right by all.")
    yield from _more(len(hardest))


def _more(number: int) -> Iterator[Text]:
    """What is left out of a table here."""
    if number > _MOST:
        yield Text(f"and {number - _MOST:,} more; --page shows them.", style="dim")


def _bars(summary: ClassSummary, room: int) -> Text:
    most = max(summary.scores) or 1
    text = Text()
    for number, count in enumerate(summary.scores):
        text.append(f"{part_name(number):>11} ")
        text.append("━" * (max(1, round(count / most * room)) if count else 0), "green")
        text.append(f" {count:,}\n" if count else "·\n", "" if count else "dim")
    text.right_crop(1)
    return text


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in ("times", "students", "scored", "wrong", "missing") else "left",
            overflow="fold",
        )
    return table


def _mistakes(summary: ClassSummary) -> Table:
    table = _table("times", "students", "mistake", "gate")
    for made in summary.mistakes()[:_MOST]:
        where = f"{visible(made.exercise)}: {made.gate} ({made.kind})"
        table.add_row(*(Text(cell) for cell in (f"{made.times:,}", f"{made.students:,}", made.mistake, where)))
    return table


def _questions(summary: ClassSummary) -> Table:
    table = _table("scored", "wrong", "missing", "question")
    for question in summary.hardest()[:_MOST]:
        name = f"{visible(question.exercise)}: {question_name(question.stage, question.target)}"
        wrong, missing = (f"{question.counts[letter]:,}" for letter in "WM")
        table.add_row(*(Text(cell) for cell in (f"{question.right / question.asked:.0%}", wrong, missing, name)))
    return table
