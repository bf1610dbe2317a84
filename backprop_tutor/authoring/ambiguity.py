"""Which mistakes an exercise's numbers hide: they lead to one number, or to the right one, by chance of the numbers.

What holds at numbers just beside them too is no chance: through an add gate the upstream gradient *is* the right
answer, whatever the inputs. So an author hears only of what other numbers would mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Final, NamedTuple, TypeVar

from backprop_tutor.authoring.report import Collision, Frequent, Places, Remark
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.numbers import shown
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.errors import listed
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.cases import true_case
from backprop_tutor.tutor.formulas import sides
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.misconceptions import MISTAKES, mistakes_in, outcomes, predictions
from backprop_tutor.tutor.mistake import Case, Mistake
from backprop_tutor.tutor.questions import Question, asked_for, stage_questions

RIGHT: Final = "the right answer"
"""Stands beside the mistakes for the number that is right."""
MINOR: Final = frozenset({"added-upstream", "stale-upstream"})
"""Mistakes whose numbers, sums and products of what is at hand, are near another one all the time."""
OWN: Final = ("gate", "fork")
"""The groups of mistakes that a question is there for."""
METHOD: Final = (*OWN, "chain")
"""The groups of mistakes of method: a slip of the pen shows wherever the number does."""
MOST_QUESTIONS: Final = 400
"""How many questions of one exercise are looked at: more would take seconds a variant."""
SAMPLE: Final = 12
"""In how many usable variants mistakes that give the right number are looked for."""
OFTEN: Final = 0.25
"""In more than this part of them they are worth a warning."""
_CLOSE: Final = 1e-9
_STEPS: Final = (1e-4, 1e-6, 1e-8)
_NEAR, _HUNDREDTH = 0.045, 0.0105  # twice the marking's 2 %, and twice half a unit of the second decimal, with a margin
_FORMULAS: Final = ("graph", "symbolic")


class Meeting(NamedTuple):
    """One number that several mistakes lead to at one question, by chance; `names` may hold RIGHT."""

    question: Question
    number: float
    names: tuple[str, ...]

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names without RIGHT."""
        return tuple(name for name in self.names if name != RIGHT)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Those that give the right number and are the gate's or the fork's own: what the question is there for."""
        return tuple(name for name in self.mistakes if MISTAKES[name].group in OWN) if RIGHT in self.names else ()

    def collision(self, loss: str) -> Collision:
        """The meeting in plain values."""
        return Collision(asked_for(self.question, loss), self.number, self.mistakes, RIGHT in self.names)


class Hidden(NamedTuple):
    """A question at which these mistakes give the right number in `seeds` of `of` variants."""

    question: Question
    mistakes: tuple[str, ...]
    seeds: int
    of: int

    def frequent(self, loss: str) -> Frequent:
        """The same in plain values."""
        return Frequent(asked_for(self.question, loss), self.mistakes, self.seeds, self.of)


class Alike(NamedTuple):
    """Two mistakes, or RIGHT and a mistake, that lead to one number at a backward question, or to numbers near it."""

    target: str
    one: str
    other: str


Numbers = Mapping[str, Sequence[float]]
"""By the id of a mistake, or RIGHT: the numbers that it leads to."""


class _Point:
    """An exercise at one set of numbers, with nothing answered yet."""

    def __init__(self, exercise: Exercise, solution: Solution) -> None:
        self.marker, self.carrying = Marker(exercise, solution), Carrying(solution)

    def case(self, question: Question) -> Case:
        """The numbers behind a question."""
        return true_case(question, self.marker.expected(question), self.carrying, self.marker.scale.zero)

    def numbers(self, question: Question, groups: Collection[str]) -> Numbers:
        """What the mistakes of these groups lead to, be it the right number."""
        case = self.case(question)
        made = (mistake for mistake in mistakes_in(case) if mistake.group in groups)
        return {RIGHT: [case.right], **{mistake.id: outcomes(mistake, case) for mistake in made}}

    def wrong_numbers(self, question: Question, also_right: Sequence[float] = ()) -> Numbers:
        """What each mistake leads to; nothing for one that leads to the right number."""
        case = self.case(question)
        made = (mistake for mistake in mistakes_in(case) if mistake.group != "writing")
        return {RIGHT: [case.right, *also_right], **{mistake.id: predictions(mistake, case) for mistake in made}}

    def on_paper(self, question: Question) -> list[float]:
        """What comes of rounding every step to two decimals, which is right as well."""
        passes = self.marker.rounded
        found = [p.carried(question.branch) if question.branch else p.gradient(question.node) for p in passes]
        return [number for number in found if number]


def meetings(exercise: Exercise, groups: Collection[str] = METHOD) -> list[Meeting]:
    """Which mistakes of these groups meet at which questions, at an exercise's numbers and at none just beside them."""
    stages = (stage for stage in exercise.stages if stage not in _FORMULAS)
    asked = [question for stage in stages for question in stage_questions(stage, exercise, exercise.graph)]
    here = _Point(exercise, exercise.solution)
    found = [meeting for question in asked[:MOST_QUESTIONS] for meeting in _meetings_at(question, here, groups)]
    beside = solution_beside(exercise.solution) if found else None
    if beside is None:
        return []
    there = _Point(exercise, beside)
    return [meeting for meeting in found if not _is_a_rule(meeting, there.numbers(meeting.question, groups))]


def _meetings_at(question: Question, point: _Point, groups: Collection[str]) -> Iterator[Meeting]:
    """Which mistakes lead to one number at a question, by chance or not."""
    numbers = point.numbers(question, groups)
    seen: set[tuple[str, ...]] = set()
    for number in (number for of_one in numbers.values() for number in of_one):
        names = tuple(name for name, others in numbers.items() if any(is_one(number, other) for other in others))
        if len(names) > 1 and names not in seen:
            seen.add(names)
            yield Meeting(question, number, names)


def _is_a_rule(meeting: Meeting, numbers: Numbers) -> bool:
    """Whether mistakes meet at other numbers as well."""
    return all(
        any(is_one(a, b) for a in numbers.get(one, ()) for b in numbers.get(other, ()))
        for one, other in combinations(meeting.names, 2)
    )


def solution_beside(solution: Solution, also_upstream: bool = False) -> Solution | None:
    """Both passes at seeded inputs very near a solution's, on the same side of every kink; None where there are none.

    The given upstream gradient is moved where it is wanted too: it is an accident of an exercise, but mostly 1.
    """
    graph = solution.graph
    here = sides(graph, solution.values)
    random = Random(20_241_124)  # noqa: S311  seeded, so that the same is said each time
    for step in _STEPS:
        moved = [
            solution.value(name) + step * (1 + abs(solution.value(name))) * random.uniform(0.5, 1)
            for name in graph.input_names
        ]
        try:
            point = solve(graph, moved, solution.upstream * (1 + step * random.uniform(0.5, 1) * also_upstream))
        except OutOfDomain:
            continue
        if sides(graph, point.values) == here:
            return point
    return None


def is_one(a: float, b: float) -> bool:
    """Whether two numbers are one but for how they were computed."""
    return abs(a - b) <= _CLOSE * max(abs(a), abs(b), 1e-3)


def alike(exercise: Exercise) -> Iterator[Alike]:
    """The mistakes that an answer of two decimals cannot tell apart at an exercise's numbers. Those that are alike by
    a gate's rule, at whatever numbers, are left out.

    (At an add gate the upstream gradient is passed on unchanged: to forget the local gradient, 1, is no mistake there.)
    """
    beside = solution_beside(exercise.solution, also_upstream=True)
    here, there = _Point(exercise, exercise.solution), None if beside is None else _Point(exercise, beside)
    for question in stage_questions("backward", exercise, exercise.graph):
        found = list(_pairs(here.wrong_numbers(question, here.on_paper(question)), _is_near))
        always = set(_pairs(there.wrong_numbers(question), is_one)) if found and there is not None else set()
        yield from (Alike(question.target, *pair) for pair in found if pair not in always)


def _pairs(numbers: Numbers, meet: Callable[[float, float], bool]) -> Iterator[tuple[str, str]]:
    for (one, ones), (other, others) in combinations(numbers.items(), 2):
        if (one == RIGHT and not others) or any(meet(a, b) for a in ones for b in others):
            yield one, other


def _is_near(a: float, b: float) -> bool:
    """Whether one answer of two decimals may stand for both."""
    return is_one(a, b) or abs(a - b) <= max(_NEAR * max(abs(a), abs(b)), _HUNDREDTH)


def is_idle_rule(exercise: Exercise) -> bool:
    """Whether a gate's own mistake is right at some branch, be it at whatever numbers: a mul gate whose inputs are one
    number."""
    point = _Point(exercise, exercise.solution)
    cases = map(point.case, stage_questions("backward", exercise, exercise.graph))
    return any(_is_idle(mistake, case) for case in cases if case.right for mistake in mistakes_in(case))


def _is_idle(mistake: Mistake, case: Case) -> bool:
    return mistake.group == "gate" and bool(outcomes(mistake, case)) and not predictions(mistake, case)


def hidden_in(usable: Sequence[Exercise]) -> list[Hidden]:
    """Where own mistakes give the right number in a sample of variants, the most frequent first."""
    sample = usable[:: max(1, len(usable) // SAMPLE)][:SAMPLE]
    count: Counter[Question] = Counter()
    mistakes: dict[Question, dict[str, None]] = {}
    for exercise in sample:
        for meeting in meetings(exercise, OWN):
            if meeting.hidden:
                count[meeting.question] += 1
                mistakes.setdefault(meeting.question, {}).update(dict.fromkeys(meeting.hidden))
    return [Hidden(question, tuple(mistakes[question]), seeds, len(sample)) for question, seeds in count.most_common()]


def at_own_numbers(places: Places, own: Exercise, found: Sequence[Meeting]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number at the exercise's own."""
    for name, mine in _by_gate(meeting for meeting in found if meeting.hidden).items():
        node = own.graph.node(name)
        sources = ", ".join(f"{source} = {shown(own.solution.value(source))}" for source in dict.fromkeys(node.inputs))
        subject = (
            f"{name} = {node.written} teaches little at {sources}" if sources else f"the fork {name} teaches little"
        )
        mistakes = listed(id_ for meeting in mine for id_ in meeting.mistakes)
        asked = listed(asked_for(meeting.question, own.loss) for meeting in mine)
        what = f"{subject}: at {asked} the right number is also that of {mistakes}. Choose other numbers."
        yield Remark(places.node(name), what=what)


def in_variants(places: Places, found: Sequence[Hidden]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number in many variants."""
    for name, mine in _by_gate(hidden for hidden in found if hidden.seeds > OFTEN * hidden.of).items():
        mistakes = listed(id_ for hidden in mine for id_ in hidden.mistakes)
        asked = listed(asked_for(hidden.question, places.exercise.loss) for hidden in mine)
        times = f"in {max(hidden.seeds for hidden in mine)} of {mine[0].of} variants"
        what = f"{times}, at {asked}, the right number is also that of {mistakes}. Give the ranges other numbers."
        yield Remark(places.node(name), what=what)


T = TypeVar("T", Meeting, Hidden)


def _by_gate(found: Iterable[T]) -> dict[str, list[T]]:
    """By the gate whose slot is asked about, or the fork."""
    by_gate: dict[str, list[T]] = {}
    for one in found:
        branch = one.question.branch
        by_gate.setdefault(branch.gate if branch else one.question.node, []).append(one)
    return by_gate
