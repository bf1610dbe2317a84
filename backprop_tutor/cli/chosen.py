"""The exercise that a command's arguments name, at the numbers that they ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.errors import TutorError, nearest, visible

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise


class BadArguments(TutorError):
    """Arguments that do not go together."""


def chosen(name: str | None, graph: str | None, at: Sequence[str] | None, seed: int | None = None) -> Exercise:
    """The exercise at its numbers. Raises a TutorError that says what is wrong with the arguments or the file."""
    from backprop_tutor.course.variants import variant

    exercise = variant(found(name, graph, at), seed)
    _ = exercise.solution  # numbers outside of a gate's domain are told now
    return exercise


def found(name: str | None, graph: str | None, at: Sequence[str] | None) -> Exercise:
    """The exercise at no numbers yet."""
    from backprop_tutor.course.catalogue import ad_hoc, find

    if graph is not None:
        if name is not None:
            raise BadArguments("give EXERCISE or --graph, not both.")
        return ad_hoc(graph, at or ())
    if at:
        raise BadArguments("--at goes with --graph; an exercise has numbers of its own.")
    if name is None:
        raise BadArguments("give EXERCISE (`backprop-tutor list` shows them), or --graph with --at.")
    return find(name)


def one_of(option: str, given: str, known: Collection[str]) -> str:
    """An option's word, if it is one of the known ones. Raises BadArguments."""
    if given not in known:
        raise BadArguments(f"{option} is one of {', '.join(known)}, not {visible(given)}.{nearest(given, known)}")
    return given
