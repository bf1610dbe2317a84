"""What the record says of a student: each skill with a bar, exercises, the streak, accuracy over time, mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.catalogue import as_typed
from backprop_tutor.records.summary import Summary
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import counted, visible

_BAR = 20
_STEPS = "▁▂▃▄▅▆▇█"
_DAYS = 30


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
        text.append(
            f" {min(known.mastery, 0.99):4.0%}  {counted(known.answers, 'answer') if known.answers else 'unclear yet'}"
        )
        yield text
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
    """A column a day: how much of it was right at the first try; with the first and the last day, and the last day's
    share."""
    days = sorted(summary.days.items())[-_DAYS:]
    if not days:
        return Text("none yet")
    text = Text(
        "".join(_STEPS[round(right / answers * (len(_STEPS) - 1))] for _, (answers, right) in days), style="green"
    )
    answers, right = days[-1][1]
    text.append(f"  {days[0][0]} to {days[-1][0]}, last {right} of {answers}", "not green")
    return text


def progress_json(summary: Summary) -> dict[str, Any]:
    """The record as the contract writes it, with what else the screen shows."""
    skills = [
        {
            "skill": name,
            "mastery": round(known.mastery, 6),
            "answers": known.answers,
            "due": known.card["due"] if known.card else None,
        }
        for name, known in sorted(summary.skills.items())
    ]
    exercises = [
        {"exercise": name, "answers": done.answers, "right": done.right, "finished": done.finished}
        for name, done in sorted(summary.exercises.items())
    ]
    days = [{"day": day, "answers": answers, "right": right} for day, (answers, right) in sorted(summary.days.items())]
    return {
        "format": "backprop-tutor/progress@1",
        "skills": skills,
        "exercises": exercises,
        "days": days,
        "mistakes": summary.mistakes,
    }
