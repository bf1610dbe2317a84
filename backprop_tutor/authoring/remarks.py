"""What is doubtful about an exercise that can be read: its names, its own numbers, its ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from backprop_tutor.authoring.places import Places
from backprop_tutor.authoring.report import Seeds
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import all_vanish, drawn_values, has_ranges, on_kinks, too_long, why_unusable
from backprop_tutor.engine.gates import CONSTANTS, GATES
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.questions import questions

SEEDS: Final = 200
"""How many seeds are drawn, to say how many are usable."""
FEW: Final = 50
"""Below so many usable ones an author is warned."""
_MOST_LONG: Final = 3


class Remark(Fault):
    """One thing that is doubtful, in words."""

    says = "{what}"


class Draws(NamedTuple):
    """The first draws of the seeds 1 to 200: those that are usable, how many there were, and why another is not."""

    usable: tuple[Exercise, ...]
    of: int
    reason: str

    @property
    def told(self) -> Seeds | None:
        """The counts; None for an exercise without ranges."""
        return Seeds(len(self.usable), self.of) if self.of else None


def shadows(places: Places) -> Iterator[Remark]:
    """Names that hide something else: a constant, a gate, the loss."""
    exercise = places.exercise
    for name in exercise.graph.names:
        if name in CONSTANTS:
            what = (
                f"{name} is a node here, so it is not the number {CONSTANTS[name]:.6g}. Another name is easier to read."
            )
        elif name in GATES and GATES[name].is_function:
            what = f"{name} is a node here and also a gate. Another name is easier to read."
        elif name == exercise.loss and name != exercise.graph.output_name:
            what = (
                f"{name} is a node here and also the name of the loss. Call one of them otherwise; the loss by "
                f"loss: J, for instance."
            )
        else:
            continue
        yield Remark(places.node(name), what=what)


def doubtful_numbers(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """What is wrong with an exercise's own numbers, though they can be computed."""
    solution = exercise.solution
    for name in on_kinks(solution):
        written = solution.graph.node(name).written
        what = (
            f"{name} = {written} sits on a kink at these numbers, where its gradient is a convention. Move an "
            f"input a little."
        )
        yield Remark(places.node(name), what=what)
    if all_vanish(solution):
        key = "upstream" if exercise.upstream == 0 else "inputs"
        yield Remark(
            places.key(key),
            what="every gradient vanishes at these numbers: there is nothing to find. Change one of them.",
        )
    asked = {name for question in questions(exercise) for name in question.names}
    long = {name: number for name, number in too_long(solution).items() if name in asked}
    for name, number in list(long.items())[:_MOST_LONG]:
        what = (
            f"at {name} stands {number:.3g}: below 0.001 or from 100,000 a number is too long to answer. Choose "
            f"other inputs."
        )
        yield Remark(places.part(name), what=what)
    if len(long) > _MOST_LONG:
        yield Remark(places.key("inputs"), what=f"{len(long) - _MOST_LONG} more numbers are too long to answer.")


def draws(exercise: Exercise) -> Draws:
    """The first draws of an exercise with ranges."""
    if not has_ranges(exercise):
        return Draws((), 0, "")
    usable: list[Exercise] = []
    reason = ""
    for seed in range(1, SEEDS + 1):
        drawn = drawn_values(exercise, seed, 0)
        why = why_unusable(drawn)
        if why is None:
            usable.append(drawn)
        elif not reason:
            reason = f"Seed {seed}, for instance: {why}"
    return Draws(tuple(usable), SEEDS, reason)


def few_draws(places: Places, found: Draws) -> Iterator[Remark]:
    """A warning where few seeds are usable."""
    if found.of and len(found.usable) < FEW:
        what = f"only {len(found.usable)} of {found.of} seeds are usable at the first draw. {found.reason}"
        yield Remark(places.key("inputs"), what=what)
