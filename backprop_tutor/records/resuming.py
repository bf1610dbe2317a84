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
    """The newest unfinished sitting with an exercise that is still the same."""
    if exercise.choices and exercise.values:  # an ad-hoc circuit, whose numbers are part of it
        found = store.newest(
            exercise.id, place_of(exercise), circuit=circuit_of(exercise), numbers=numbers_of(exercise.values)
        )
    else:
        found = store.newest(exercise.id, place_of(exercise), seed=None if seed is None else str(seed))
    for kept in _open(found):
        again = exercise if exercise.values else same_again(exercise, kept.sitting)
        if again is not None:
            return _paused(kept, again)
    return None


def unfinished_circuit(store: Store, id_: str) -> Paused | None:
    """The newest unfinished sitting with a circuit of this id that comes from no file."""
    return _first(store.newest(id_, ""))


def any_unfinished(store: Store) -> Paused | None:
    """The newest unfinished sitting of all that can go on."""
    return _first(store.newest_of_all())


def _first(found: Iterator[Kept]) -> Paused | None:
    for kept in _open(found):
        exercise = exercise_of(kept.sitting)
        if exercise is not None:
            return _paused(kept, exercise)
    return None


def _open(found: Iterator[Kept]) -> Iterator[Kept]:
    """Those in which questions are open. Of several with one circuit at the same numbers the newest stands for all."""
    seen: set[tuple[str, ...]] = set()
    for kept in found:
        sitting = kept.sitting
        key = (sitting.exercise, sitting.path, sitting.circuit, sitting.numbers)
        if kept.remaining and key not in seen:
            yield kept
        seen.add(key)


def _paused(kept: Kept, exercise: Exercise) -> Paused:
    return Paused(
        kept.id,
        kept.sitting,
        exercise,
        datetime.fromtimestamp(kept.sitting.started / 1000).astimezone(),
        kept.remaining,
    )
