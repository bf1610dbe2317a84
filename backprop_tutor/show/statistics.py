"""What a student's record and a class's report add up to: bars, shares, and the most frequent mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.course.catalogue import as_typed
from backprop_tutor.grading.attempts import question_name
from backprop_tutor.grading.summary import ClassSummary, Hardness, Made, in_short, part_name
from backprop_tutor.records.summary import Summary
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted, visible
from backprop_tutor.tutor.marking.verdicts import Outcome

_BAR: Final = 20
_STEPS: Final = "▁▂▃▄▅▆▇█"
_SUREST: Final = 0.99
"""Nobody is shown to be quite sure."""
_DAYS: Final = 30
_MOST: Final = 12
"""Rows of a table of the class."""


def progress_screen(summary: Summary, width: int, today: date | None = None) -> RenderableType:
    """Everything, in a screen or two."""
    if not summary.exercises:
        return Text("Nothing is recorded yet. `backprop-tutor practice` begins.")
    return Group(*_parts(summary, width, today or date.today()))


def _parts(summary: Summary, width: int, today: date) -> Iterator[RenderableType]:
    yield heading("Skills, how sure the tutor is", width)
    for name in sorted(summary.skills, key=lambda name: -summary.skills[name].mastery):
        known = summary.skills[name]
        filled = round(known.mastery * _BAR)
        text = Text(f"{visible(name)[:16]:<16} ")
        text.append("━" * filled, "green")
        text.append("·" * (_BAR - filled), "dim")
        answers = counted(known.answers, "answer") if known.answers else "unclear yet"
        yield text.append(f" {min(known.mastery, _SUREST):4.0%}  {answers}")
    yield heading("Exercises", width)
    for name, done in sorted(summary.exercises.items()):
        finished = f", finished {done.finished}x" if done.finished else ""
        shown = as_typed(name) if Path(name).is_absolute() else name
        yield Indented(Text(f"{visible(shown)}: {done.right} of {done.answers} right at the first try{finished}"), 0)
    yield heading("Days", width)
    streak = summary.streak(today)
    yield Text(f"{counted(streak, 'day')} in a row. Right at the first try, of the last {_DAYS} days with answers:")
    yield accuracy(summary)
    if summary.mistakes:
        yield heading("Most frequent mistakes", width)
        for id_, count in sorted(summary.mistakes.items(), key=lambda item: (-item[1], item[0]))[:5]:
            yield Text(f"{count:4}  {visible(id_)}")


def accuracy(summary: Summary) -> Text:
    """A column a day: how much of it was right at the first try; beside it the days, and the last one's share."""
    days = sorted(summary.days.items())[-_DAYS:]
    if not days:
        return Text("none yet")
    steps = "".join(_STEPS[round(right / answers * (len(_STEPS) - 1))] for _, (answers, right) in days)
    answers, right = days[-1][1]
    return Text(steps, "green").append(f"  {days[0][0]} to {days[-1][0]}, last {right} of {answers}", "not green")


def progress_json(summary: Summary) -> dict[str, Any]:
    """The record as the contract writes it, with what else the screen shows."""
    skills = [
        {"skill": name, "mastery": round(one.mastery, 6), "answers": one.answers, "due": one.card and one.card["due"]}
        for name, one in sorted(summary.skills.items())
    ]
    exercises = [
        {"exercise": name, "answers": done.answers, "right": done.right, "finished": done.finished}
        for name, done in sorted(summary.exercises.items())
    ]
    days = [{"day": day, "answers": answers, "right": right} for day, (answers, right) in sorted(summary.days.items())]
    parts = {"skills": skills, "exercises": exercises, "days": days, "mistakes": summary.mistakes}
    return {"format": "backprop-tutor/progress@1", **parts}


def grades_screen(summary: ClassSummary, width: int) -> RenderableType:
    """Everything, in a screen or two."""
    mistakes, hardest = summary.mistakes(), summary.hardest()
    return Group(
        Text(in_short(summary)),
        heading("How the scores lie", width),
        _bars(summary, min(width, 80) - 22),
        heading("Which mistakes were made, at which gates", width),
        _mistakes(mistakes[:_MOST]) if mistakes else Text("No wrong answer was given."),
        *_more(len(mistakes)),
        heading("The hardest questions", width),
        _questions(hardest[:_MOST]) if hardest else Text("Every question was answered right by all."),
        *_more(len(hardest)),
    )


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


def _table(*columns: str, counts: int) -> Table:
    """A table whose first columns are counts."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number < counts else "left", overflow="fold")
    return table


def _mistakes(mistakes: list[Made]) -> Table:
    table = _table("times", "students", "mistake", "gate", counts=2)
    for made in mistakes:
        where = f"{visible(made.exercise)}: {made.gate} ({made.kind})"
        table.add_row(*(Text(cell) for cell in (f"{made.times:,}", f"{made.students:,}", made.mistake, where)))
    return table


def _questions(hardest: list[Hardness]) -> Table:
    lost = [outcome for outcome in Outcome if not outcome.counts]
    table = _table("scored", *lost, "question", counts=1 + len(lost))
    for question in hardest:
        name = f"{visible(question.exercise)}: {question_name(question.stage, question.target)}"
        counts = (f"{question.counts[outcome.letter]:,}" for outcome in lost)
        table.add_row(*(Text(cell) for cell in (f"{question.right / question.asked:.0%}", *counts, name)))
    return table
