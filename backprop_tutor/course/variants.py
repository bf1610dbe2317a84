"""Seeded values: the same exercise and seed give the same numbers on every machine and in every version.

The algorithm stands in exercises/README.md; golden values are tested, so it never changes.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Final

from backprop_tutor.course.exercise import Choice, Exercise
from backprop_tutor.engine.passes import OutOfDomain, Solution
from backprop_tutor.errors import TutorError

MOST_DRAWS: Final = 1000
"""How many draws are tried before a seed is given up."""
_SMALLEST, _LARGEST = 1e-3, 1e5


class NoUsableNumbers(TutorError):
    """An exercise of whose ranges no draw can be asked."""

    def __init__(self, exercise: str, seed: int) -> None:
        super().__init__(exercise, seed)
        self.exercise, self.seed = exercise, seed

    def __str__(self) -> str:
        return (
            f"{self.exercise}: the ranges give no usable numbers for seed {self.seed} in {MOST_DRAWS:,} draws "
            "(all of them sit on a kink, leave a gate's domain, let every gradient vanish or are too long to write)."
        )


def variant(exercise: Exercise, seed: int | None) -> Exercise:
    """The exercise at the numbers of a seed; without one, at the author's own, or at seed 1 where there are none.

    Raises NoUsableNumbers.
    """
    if seed is None:
        if all(choice.value is not None for choice in exercise.choices.values()):
            values = {name: choice.value for name, choice in exercise.choices.items() if choice.value is not None}
            return replace(exercise, values=values, seed=None)
        seed = 1
    for draw in range(MOST_DRAWS):
        drawn = drawn_values(exercise, seed, draw)
        if why_unusable(drawn) is None:
            return drawn
        if not any(choice.options for choice in exercise.choices.values()):
            return drawn
    raise NoUsableNumbers(exercise.id, seed)


def drawn_values(exercise: Exercise, seed: int, draw: int) -> Exercise:
    """The numbers of one draw, usable or not: each range's option number SHA-256("id:seed:draw:input") mod its length."""
    values: dict[str, float] = {}
    for name, choice in exercise.choices.items():
        if choice.options:
            digest = sha256(f"{exercise.id}:{seed}:{draw}:{name}".encode()).digest()
            values[name] = choice.options[int.from_bytes(digest, "big") % len(choice.options)]
        elif choice.value is not None:
            values[name] = choice.value
    return replace(exercise, values=values, seed=seed)


def why_unusable(exercise: Exercise) -> str | None:
    """Why these numbers cannot be asked, in words; None where they can."""
    try:
        solution = exercise.solution
    except OutOfDomain as error:
        return str(error)
    kink = next(iter(on_kinks(solution)), None)
    if kink is not None:
        return f"{kink} sits on a kink, where its gradient is a convention."
    zero = 1e-12 * solution.largest
    if all(abs(solution.gradient(name)) <= zero for name in exercise.graph.input_names):
        return "every gradient vanishes: there is nothing to find."
    long = next((number for number in _asked(solution) if abs(number) > zero and not _SMALLEST <= abs(number) < _LARGEST), None)
    return None if long is None else f"{long:.3g} is too long a number to ask for."


def on_kinks(solution: Solution) -> list[str]:
    """The gates whose inputs sit on a kink: max and min at a tie, relu and abs at 0."""
    graph, values = solution.graph, solution.values
    found = []
    for name in graph.gate_names:
        node = graph.index[name]
        gate = graph.gates[node]
        if gate is not None and gate.kink:
            operands = [values[source] for source in graph.inputs[node]]
            distance = operands[0] - (operands[1] if len(operands) == 2 else graph.constants[node])
            if abs(distance) <= 1e-12 * solution.largest:
                found.append(name)
    return found


def options(start: str, end: str, step: str) -> tuple[float, ...]:
    """The numbers from `start` to `end` in steps, computed in decimals so that 0.1 three times is 0.3.

    Raises ValueError for a step that is not above 0, or more than 100,000 numbers.
    """
    first, last, width = Decimal(start), Decimal(end), Decimal(step)
    if width <= 0 or last < first or (last - first) / width > 100_000:
        raise ValueError("a range goes up from its first number to its last in steps above 0")
    return tuple(float(first + number * width) for number in range(int((last - first) / width) + 1))




def _asked(solution: Solution) -> list[float]:
    graph = solution.graph
    values = [solution.value(name) for name in graph.gate_names]
    return values + [flow.downstream for flow in solution.flows] + [solution.gradient(name) for name in graph.names]
