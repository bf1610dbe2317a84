"""Summaries of a student's record and of a class's report: bars, shares, and the most frequent mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.files import as_typed
from backprop_tutor.grading.rows import question_name
from backprop_tutor.grading.summary import (
    ABSENT,
    NO_MISTAKE,
    UNMARKED,
    UNRECOGNISED,
    ClassSummary,
    in_short,
    part_name,
    unmarked_lines,
)
from backprop_tutor.records.skills import in_order, name_of
from backprop_tutor.records.summary import Summary
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted, listed, padded, shortened, visible
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.table import mistake_name

T = TypeVar("T")
_BAR: Final = 20
_BESIDE_BAR: Final = 37  # columns of a skill's name, its share and its answers
_NAME: Final = 16  # columns of a skill's name
_STEPS: Final = "▁▂▃▄▅▆▇█"
_SUREST: Final = 0.99  # nobody is shown as completely certain
_DAYS: Final = 30
_WIDEST: Final = 80  # columns: longer bars say no more
_BESIDE_BARS: Final = 22  # columns beside a bar: what it is about, and its count
_MOST_MISTAKES: Final = 5
_MOST: Final = 12  # rows of a table of the class
NOTHING: Final = "Nothing is recorded yet. Start with `backprop-tutor practice`."


def progress_screen(summary: Summary, width: int, course: Sequence[Exercise]) -> Iterator[RenderableType]:
    """The whole record, in a screen or two; skills and exercises in the order of the course."""
    if not summary.exercises:
        yield Text(NOTHING)
        return
    yield heading("How well you know each skill", width)
    room = max(1, min(_BAR, width - _BESIDE_BAR))
    for name, known in _in_course(summary.skills, in_order(course)):
        filled = round(known.mastery * room)
        bar = (("━" * filled, "right"), ("·" * (room - filled), "quiet"))
        answers = counted(known.answers, "answer") if known.answers else "unclear yet"
        mastery = f" {min(known.mastery, _SUREST):4.0%}  {answers}"
        yield Text.assemble(padded(shortened(visible(name_of(name)), _NAME), _NAME + 1), *bar, mastery)
    yield heading("Exercises", width)
    for name, done in _in_course(summary.exercises, [exercise.id for exercise in course]):
        finished = (
            f", finished {'once' if done.finished == 1 else counted(done.finished, 'time')}" if done.finished else ""
        )
        shown = as_typed(name) if Path(name).is_absolute() else name
        tried = f"{done.right} of {done.answers} right on the first try" if done.answers else "begun"
        yield Indented(Text(f"{visible(shown)}: {tried}{finished}"), 0)
    yield heading("Days", width)
    streak = summary.streak(date.today())
    if streak > 1:
        yield Text(f"You have practised {streak} days in a row.")
    yield _accuracy(summary)
    if summary.mistakes:
        yield heading("Most frequent mistakes", width)
        made: Counter[str] = Counter()
        for id_, count in summary.mistakes.items():
            made[mistake_name(id_)] += count
        for name, count in sorted(made.items(), key=lambda item: (-item[1], item[0]))[:_MOST_MISTAKES]:
            yield Indented(Text(f"{count:4}  {visible(name)}"), 0)


def _in_course(found: Mapping[str, T], order: Sequence[str]) -> list[tuple[str, T]]:
    """Sorted in the order of the course; what is not in it comes last, by name."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(found.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))


def _accuracy(summary: Summary) -> Text:
    """The share that was right on the first try on the last day; of several days, one column each."""
    days = sorted(summary.days.items())[-_DAYS:]
    if not days:
        return Text("No answers yet.")
    last, (answers, right) = days[-1]
    share = f"{last}: {right} of {answers} right on the first try"
    if len(days) == 1:
        return Text(share)
    steps = "".join(_STEPS[round(right / answers * (len(_STEPS) - 1))] for _, (answers, right) in days)
    return Text.assemble((steps, "right"), f"  {days[0][0]} to {share}")


def progress_json(summary: Summary) -> dict[str, Any]:
    """The record as the contract writes it, plus everything else that the screen shows."""
    skills = [
        {"skill": name, "mastery": round(one.mastery, 6), "answers": one.answers, "due": one.card and one.card["due"]}
        for name, one in sorted(summary.skills.items())
    ]
    exercises = [{"exercise": name, **asdict(done)} for name, done in sorted(summary.exercises.items())]
    days = [{"day": day, "answers": answers, "right": right} for day, (answers, right) in sorted(summary.days.items())]
    parts = {"skills": skills, "exercises": exercises, "days": days, "mistakes": summary.mistakes}
    return {"format": "backprop-tutor/progress@1", **parts}


def grades_screen(summary: ClassSummary, width: int) -> Iterator[RenderableType]:
    """The whole report, in a screen or two."""
    yield Text(in_short(summary))
    yield heading("Score distribution", width)
    yield _bars(summary, min(width, _WIDEST) - _BESIDE_BARS)
    yield heading("Most common mistakes", width)
    mistakes = [
        (
            f"{one.times:,}", f"{one.students:,}", mistake_name(one.mistake), f"{visible(one.exercise)}: {one.gate}",
            one.example,
        )
        for one in summary.mistakes()
    ]  # fmt: skip
    yield from _ranking(("times", "students", "mistake", "gate", "example"), 2, mistakes, NO_MISTAKE)
    unrecognised = [
        (f"{one.times:,}", f"{one.students:,}", f"{visible(one.exercise)}: {one.gate}", one.example)
        for one in summary.unrecognised()
    ]
    if unrecognised:
        yield heading(UNRECOGNISED, width)
        yield from _ranking(("times", "students", "question", "example"), 2, unrecognised, "")
    yield heading("The hardest questions", width)
    lost = [outcome for outcome in Outcome if not outcome.counts]
    hardest = [
        (
            f"{one.right / one.asked:.0%}", *(f"{one.counts[outcome.letter]:,}" for outcome in lost),
            f"{visible(one.exercise)}: {question_name(one.stage, one.target)}",
        )
        for one in summary.hardest()
    ]  # fmt: skip
    heads = ("scored", *lost, "question")
    yield from _ranking(heads, 1 + len(lost), hardest, "Everybody got every question right.")
    if summary.unmarked:
        yield heading(UNMARKED, width)
        lines = unmarked_lines(summary)
        more = [f"and {len(lines) - _MOST:,} more; --page shows them."] if len(lines) > _MOST else []
        yield from (Indented(Text(visible(line)), 0) for line in (*lines[:_MOST], *more))
    if summary.absent:
        yield heading(ABSENT, width)
        yield Text(f"{len(summary.absent):,}: {listed(map(visible, summary.absent), most=_MOST)}.")


def _bars(summary: ClassSummary, room: int) -> Text:
    most = max(summary.scores) or 1
    lines = []
    for number, count in enumerate(summary.scores):
        bar = ("━" * (max(1, round(count / most * room)) if count else 0), "right")
        lines.append(Text.assemble(f"{part_name(number):>11} ", bar, f" {count:,}" if count else ("·", "quiet")))
    return Text("\n").join(lines)


def _ranking(
    heads: Sequence[str], counts: int, rows: Sequence[Sequence[str]], nothing: str
) -> Iterator[RenderableType]:
    """A table whose first columns are counts; only the first of many rows."""
    if not rows:
        yield Text(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number < counts else "left", overflow="fold")
    for row in rows[:_MOST]:
        table.add_row(*map(Text, row))
    yield table
    if len(rows) > _MOST:
        yield Text(f"and {len(rows) - _MOST:,} more; --page shows them.", style="quiet")
