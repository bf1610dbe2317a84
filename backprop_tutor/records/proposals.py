"""What to practise next, and why: the unfinished, the due, the next on the path, the weakest skill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from backprop_tutor.course.catalogue import as_typed
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.errors import TutorError, counted, visible
from backprop_tutor.records.circuits import place_of
from backprop_tutor.records.resuming import any_unfinished
from backprop_tutor.records.review import items
from backprop_tutor.records.store import Store
from backprop_tutor.records.summary import Summary, current
from backprop_tutor.records.unrecorded import Paused, Proposal


def proposals(store: Store, exercises: Sequence[Exercise], now: float) -> list[Proposal]:
    """At most one of each sort, likeliest first; `exercises` are the path, `now` seconds since 1970. Raises
    RecordTrouble."""
    summary = current(store)
    found: list[Proposal] = []
    paused = any_unfinished(store)
    if paused is not None:
        found.append(_unfinished(paused, {place_of(exercise) or exercise.id: exercise.id for exercise in exercises}))
    due = summary.due_by(datetime.fromtimestamp(now, UTC))
    if due:
        found += _with_skill(
            exercises, due[0], f"Due again: {', '.join(due[:4])}. `backprop-tutor review` asks for all that is due;"
        )
    ahead = next((exercise for exercise in exercises if not _is_finished(summary, exercise)), None)
    if ahead is not None:
        found.append(Proposal(ahead.id, f"Next on the path: {ahead.id}."))
    weak = summary.weak()
    if weak:
        found += _with_skill(exercises, weak[0], f"Weakest so far: {weak[0]};")
    return found


def _unfinished(paused: Paused, known: Mapping[str, str]) -> Proposal:
    """What goes on with a sitting: its exercise's id, its file, or, where a circuit was typed or drawn, the sitting
    itself.

    `known` are the ids of the catalogue, by file where they have one of the student's.
    """
    path = paused.sitting.path
    of = known.get(path or paused.exercise.id, path)
    circuit = "; ".join(line.strip() for line in paused.exercise.graph_text.split("\n") if line.strip())
    name = visible(as_typed(of) if of == path else of) if of else visible(circuit)
    return Proposal(of, f"Unfinished: {name}, {counted(paused.left, 'question')} open.", None if of else paused)


def _is_finished(summary: Summary, exercise: Exercise) -> bool:
    done = summary.exercises.get(place_of(exercise) or exercise.id)
    return done is not None and done.finished > 0


def _with_skill(exercises: Sequence[Exercise], skill: str, sentence: str) -> list[Proposal]:
    """A proposal of the first exercise that exercises a skill."""
    for exercise in exercises:
        try:
            asked = items(variant(exercise, None if _has_values(exercise) else 1))
        except TutorError:
            continue
        if any(skill in item.skills for item in asked):
            return [Proposal(exercise.id, f"{sentence} {exercise.id} asks for {skill}.")]
    return []


def _has_values(exercise: Exercise) -> bool:
    return all(choice.value is not None for choice in exercise.choices.values())
