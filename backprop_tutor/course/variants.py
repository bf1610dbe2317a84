"""Seeded values: the same exercise and seed give the same numbers on every machine and in every version.

The algorithm is described in exercises/README.md; golden values are tested, so it never changes. A student's own seed
is

    1 + SHA-256("seed:EXERCISE:STUDENT:SALT") mod 999,999,999

of UTF-8 in Unicode's form NFC, with STUDENT stripped of surrounding blanks and the hash read as one big-endian number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import COMPARED, Condition
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.errors import TutorError

if TYPE_CHECKING:
    import hashlib

MOST_DRAWS: Final = 1000
"""How many draws are tried before a seed is given up."""
MOST_SEEDS: Final = 999_999_999
"""Seeds go from 1 to this number, so that one can be typed."""
SMALLEST, LARGEST = 1e-3, 1e5
"""Sizes that can be written with two or three digits, and without an exponent."""
_ZERO = 1e-12  # relative to the largest number: what rounding leaves of a 0


class NoUsableNumbers(TutorError):
    """An exercise whose ranges give no usable draw; `why`, in words."""

    def __init__(self, exercise: str, seed: int) -> None:
        super().__init__(exercise, seed)
        self.why = (
            f"the ranges give no usable numbers for seed {seed} in {MOST_DRAWS:,} draws "
            "(all of them sit on a kink, leave a gate's domain, make every gradient 0, are too long to write or fail "
            "a condition in `where`)."
        )

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.why}"


def variant(exercise: Exercise, seed: int | None) -> Exercise:
    """The exercise at the numbers of a seed; without one, at the author's own, or at seed 1 if there are none. An
    exercise without ranges has only one set of numbers. Raises NoUsableNumbers.
    """
    if seed is None:
        own = {name: choice.value for name, choice in exercise.choices.items() if choice.value is not None}
        if len(own) == len(exercise.choices):
            return exercise._replace(values=own, seed=None)
        seed = 1
    if not has_ranges(exercise):
        return drawn_values(exercise, seed, 0)
    for draw in range(MOST_DRAWS):
        drawn = drawn_values(exercise, seed, draw)
        if why_unusable(drawn) is None:
            return drawn
    raise NoUsableNumbers(exercise.id, seed)


def has_ranges(exercise: Exercise) -> bool:
    """Whether another seed may give other numbers."""
    return any(choice.options for choice in exercise.choices.values())


def drawn_values(exercise: Exercise, seed: int, draw: int) -> Exercise:
    """The numbers of one draw, usable or not: option number `pick("id:seed:draw:input")` of each range."""
    return exercise._replace(values=drawn_numbers(exercise, seed, draw), seed=seed)


def drawn_numbers(exercise: Exercise, seed: int, draw: int) -> dict[str, float]:
    """Only the numbers."""
    return dict(zip(exercise.choices, drawer(exercise)(seed, draw), strict=True))


def drawer(exercise: Exercise) -> Callable[[int, int], tuple[float, ...]]:
    """A function of seed and draw that gives the numbers of the inputs, in their order: fast, for a whole class."""
    choices = [
        (name, 0.0 if value is None else value, options, len(options))  # without a value, the model ensures options
        for name, (value, options) in exercise.choices.items()
    ]

    def drawn(seed: int, draw: int) -> tuple[float, ...]:
        head = f"{exercise.id}:{seed}:{draw}:"
        return tuple([options[pick(head + name, count)] if count else value for name, value, options, count in choices])

    return drawn


def pick(key: str, count: int) -> int:
    """A number from 0 to count - 1 for a key, the same on every machine: its SHA-256 as one number, modulo count."""
    # File systems differ in how they write an accent.
    written = (key if key.isascii() else normalize("NFC", key)).encode("utf-8", "surrogatepass")
    return int.from_bytes(_sha256()(written).digest(), "big") % count


@cache
def _sha256() -> Callable[[bytes], hashlib._Hash]:
    from hashlib import sha256  # loads OpenSSL, needed only for draws

    return sha256


def why_unusable(exercise: Exercise, numbers: Mapping[str, float] | None = None) -> str | None:
    """Why an exercise's numbers, or others, cannot be asked for, in words; None if they can."""
    if exercise.is_array:
        from backprop_tutor.course.array_numbers import why_unusable_arrays  # exercises of numbers don't load it

        return why_unusable_arrays(exercise if numbers is None else exercise._replace(values=numbers))
    try:
        solution = exercise.solution if numbers is None else solve(exercise.graph, numbers, exercise.upstream)
    except OutOfDomain as error:
        return str(error)
    return why_not_asked(exercise, solution)


def why_not_asked(exercise: Exercise, solution: Solution) -> str | None:
    """Why numbers that have a solution cannot be asked for, in words; None if they can."""
    missed = next(unmet(exercise, solution), None) if exercise.where else None
    if missed is not None:
        return f"the condition {missed} is not met."
    kink = next(iter(on_kinks(solution)), None)
    if kink is not None:
        return f"{kink} sits on a kink, where its gradient is a convention."
    if all_vanish(solution):
        return "every gradient is 0: there is nothing to find."
    long = next(iter(too_long(solution).values()), None)
    return None if long is None else f"{long:.3g} is too long to ask for."


def unmet(exercise: Exercise, solution: Solution) -> Iterator[Condition]:
    """The conditions of an exercise that the numbers of a solution fail."""
    zero = _ZERO * solution.largest
    for condition in exercise.where:
        left, right = (
            solution.value(side) if side in solution.graph.index else float(side)
            for side in (condition.left, condition.right)
        )
        between = left - right
        if not COMPARED[condition.sign](0.0 if abs(between) <= zero else between, 0.0):
            yield condition


def on_kinks(solution: Solution) -> list[str]:
    """The gates whose inputs sit on a kink: max and min at a tie, relu, leaky_relu and abs at 0."""
    graph, zero = solution.graph, _ZERO * solution.largest
    return [
        graph.names[node]
        for node, distances, sources, constant in graph.kinked
        if any(abs(distance) <= zero for distance in distances(solution.values, sources, constant))
    ]


def all_vanish(solution: Solution) -> bool:
    """Whether the gradient of every input is 0."""
    zero = _ZERO * solution.largest
    return all(abs(solution.gradients[leaf]) <= zero for leaf in solution.graph.leaves)


def too_long(solution: Solution) -> dict[str, float]:
    """The numbers asked for that take too long to write, values or gradients, by node or branch."""
    graph = solution.graph
    zero = _ZERO * solution.largest
    long: dict[str, float] = {}
    everything = chain(solution.values, solution.gradients, solution.carried)
    if solution.largest < LARGEST and min(map(abs, filter(None, everything)), default=1.0) >= SMALLEST:
        return long  # the usual case, checked for every draw
    for node, (gate, name) in enumerate(zip(graph.gates, graph.names, strict=True)):
        numbers = [(name, solution.values[node])] if gate is not None else []
        numbers += [(name, solution.gradients[node])] if node != graph.output else []
        carried = zip(graph.branches_into(name), solution.locals[node], strict=True)
        numbers += [(branch.name, solution.gradients[node] * slope) for branch, slope in carried]
        for part, number in numbers:
            if abs(number) > zero and not SMALLEST <= abs(number) < LARGEST:
                long.setdefault(part, number)
    return long


def student_of(text: str) -> str:
    """A student's name or number as it is compared: without surrounding blanks, in the form NFC."""
    return normalize("NFC", text.strip())


def seed_of(exercise: str, student: str, salt: str = "") -> int:
    """The seed of a student's own variant of an exercise, in a course with this salt."""
    return 1 + pick(f"seed:{exercise}:{student_of(student)}:{salt}", MOST_SEEDS)
