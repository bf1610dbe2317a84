"""What to practise next, and why: the unfinished, the due, the next on the path, the weakest skill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.errors import TutorError
from backprop_tutor.records.resuming import all_unfinished
from backprop_tutor.records.review import items
from backprop_tutor.records.schedule import AHEAD
from backprop_tutor.records.store import Store
from backprop_tutor.records.summary import Summary, current
from backprop_tutor.records.unrecorded import Proposal


def proposals(store: Store, exercises: Sequence[Exercise], now: float) -> list[Proposal]:
    """At most one of each sort, likeliest first; `exercises` are the path, `now` seconds since 1970. Raises RecordTrouble."""
    known = {exercise.id for exercise in exercises}
    summary = current(store)
    found: list[Proposal] = []
    paused = next((paused for paused in all_unfinished(store) if paused.exercise.id in known), None)
    if paused is not None:
        found.append(Proposal(paused.exercise.id, f"Unfinished: {paused.exercise.id}, {paused.left} questions are open."))
    due = summary.due_by(datetime.fromtimestamp(now, UTC) + AHEAD)
    if due:
        found += _with_skill(exercises, due[0], f"Due again: {', '.join(due[:4])}. `backprop-tutor review` asks for them;")
    ahead = next((exercise for exercise in exercises if not _is_finished(summary, exercise)), None)
    if ahead is not None:
        found.append(Proposal(ahead.id, f"Next on the path: {ahead.id}."))
    weak = summary.weak()
    if weak:
        found += _with_skill(exercises, weak[0], f"Weakest so far: {weak[0]};")
    return found


def _is_finished(summary: Summary, exercise: Exercise) -> bool:
    return exercise.id in summary.exercises and summary.exercises[exercise.id].finished > 0


def _with_skill(exercises: Sequence[Exercise], skill: str, sentence: str) -> list[Proposal]:
    """A proposal of the first exercise that exercises a skill."""
    for exercise in exercises:
        try:
            asked = items(variant(exercise, None if _has_values(exercise) else 1))
        except TutorError:
            continue
        if any(skill in item.skills for item in asked):
            return [Proposal(exercise.id, f"{sentence} {exercise.id} has it.")]
    return []


def _has_values(exercise: Exercise) -> bool:
    return all(choice.value is not None for choice in exercise.choices.values())
