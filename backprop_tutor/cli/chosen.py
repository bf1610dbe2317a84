"""The exercise that a command's arguments name, at the numbers that they ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from backprop_tutor.errors import TutorError
from backprop_tutor.text import nearest, visible

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise


class BadArguments(TutorError):
    """Arguments that do not go together."""


class Wanted(NamedTuple):
    """What a command's arguments ask for: EXERCISE or `--graph` with `--at`, a seed (or whose), folders beside the
    usual ones."""

    name: str | None = None
    graph: str | None = None
    at: Sequence[str] | None = None
    seed: int | None = None
    folders: Sequence[str] | None = None
    student: str | None = None
    salt: str | None = None

    def found(self) -> Exercise:
        """The exercise at no numbers yet. Raises a TutorError that says what is wrong with the arguments or the
        file."""
        from backprop_tutor.course.catalogue import ad_hoc, find

        if self.graph is not None:
            if self.name is not None:
                raise BadArguments("give EXERCISE or --graph, not both.")
            if not self.at:
                check_numbers(self.graph, ())
            return ad_hoc(self.graph, self.at or ())
        if self.at:
            raise BadArguments("--at goes with --graph; an exercise has numbers of its own.")
        if self.name is None:
            raise BadArguments("give EXERCISE (`backprop-tutor list` shows them), or --graph with --at.")
        return find(self.name, self.folders or ())

    def check_random(self, only: str | None) -> None:
        """With `--random` nothing else is asked for. Raises BadArguments."""
        if only is not None:
            raise BadArguments("--only names what an exercise asks; --random asks everything.")
        if self.student is not None or self.salt is not None:
            raise BadArguments("--student and --salt choose the numbers of an exercise; --random takes --seed.")
        if self.name is not None or self.graph is not None or self.at:
            raise BadArguments("give EXERCISE, or --graph with --at, or --random: one of them.")

    def chosen(self) -> Exercise:
        """The exercise at its numbers. Raises a TutorError."""
        from backprop_tutor.course.variants import variant

        exercise = self.found()
        exercise = variant(exercise, self.seed_of(exercise))
        if exercise.id == self.name:  # of the catalogue
            from backprop_tutor.cli.shelf import tell_clashes

            tell_clashes(self.name, self.folders or ())
        _ = exercise.solution  # numbers outside of a gate's domain are told now
        return exercise

    def seed_of(self, exercise: Exercise) -> int | None:
        """The seed that is asked for, by number or by student. Raises BadArguments."""
        if self.student is None:
            if self.salt is not None:
                raise BadArguments("--salt goes with --student: together they give the numbers.")
            return self.seed
        if self.seed is not None:
            raise BadArguments("--student gives a seed of their own: leave --seed out.")
        if not self.student.strip():
            raise BadArguments("--student is empty: give the name or number that is handed in.")
        from backprop_tutor.course.variants import seed_of

        return seed_of(exercise.id, self.student, self.salt or "")

    def with_seed(self) -> Wanted:
        """The same with a number for a seed, whoever's it is. Raises a TutorError."""
        return self._replace(seed=self.seed_of(self.found()), student=None, salt=None)


def check_numbers(graph: str, given: Collection[str]) -> None:
    """That the inputs of a graph's text have numbers. Raises BadArguments, Faults."""
    from backprop_tutor.authoring.steps import inputs_of

    missing = [name for name in inputs_of(graph) if name not in given]
    if missing:
        raise BadArguments(
            f"the graph's inputs have no number yet: {', '.join(missing)}. Give each one, as in --at {missing[0]}=2."
        )


def ending_in(suffix: str, option: str, path: str) -> str:
    """A path whose suffix is this one, so that no file of another kind is written over. Raises BadArguments."""
    if not path.lower().endswith(suffix):
        raise BadArguments(f"{option} takes a file that ends in {suffix}, not {visible(path)}.")
    return path


def one_of(option: str, given: str, known: Collection[str]) -> str:
    """An option's word, if it is one of the known ones. Raises BadArguments."""
    if given not in known:
        raise BadArguments(f"{option} is one of {', '.join(known)}, not {visible(given)}.{nearest(given, known)}")
    return given
