"""Sittings that were left unfinished, with the exercise at their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.records.circuits import circuit_of, exercise_of, numbers_of, place_of, same_again
from backprop_tutor.records.entries import Kept
from backprop_tutor.records.store import Store
from backprop_tutor.records.unrecorded import Paused


def unfinished(store: Store, exercise: Exercise, seed: int | None) -> Paused | None:
    """The newest sitting with an exercise, if questions are open in it and the exercise is still the same."""
    if exercise.choices and exercise.values:  # an ad-hoc circuit, whose numbers are part of it
        kept = store.newest(exercise.id, place_of(exercise), circuit=circuit_of(exercise), numbers=numbers_of(exercise.values))
    else:
        kept = store.newest(exercise.id, place_of(exercise), seed=None if seed is None else str(seed))
    if kept is None or kept.remaining == 0:
        return None
    again = exercise if exercise.values else same_again(exercise, kept.sitting)
    return None if again is None else _paused(kept, again)


def unfinished_circuit(store: Store, id_: str) -> Paused | None:
    """The newest sitting with a circuit of this id that comes from no file, if questions are open in it."""
    kept = store.newest(id_, "")
    exercise = None if kept is None or kept.remaining == 0 else exercise_of(kept.sitting)
    return None if kept is None or exercise is None else _paused(kept, exercise)


def all_unfinished(store: Store) -> Iterator[Paused]:
    """The unfinished sittings that can go on, the newest first; of each exercise its newest sitting alone."""
    seen: set[tuple[str, str, str]] = set()
    for kept in store.newest_of_all():
        sitting = kept.sitting
        key = (sitting.exercise, sitting.path, sitting.circuit)
        if key not in seen and kept.remaining:
            exercise = exercise_of(sitting)
            if exercise is not None:
                yield _paused(kept, exercise)
        seen.add(key)


def _paused(kept: Kept, exercise: Exercise) -> Paused:
    return Paused(kept.id, kept.sitting, exercise, datetime.fromtimestamp(kept.sitting.started / 1000).astimezone(), kept.remaining)
