"""Which mistakes an exercise's numbers hide: they happen to lead to the same number, or to the right one. What also
holds at neighbouring numbers is no accident: through an add gate the upstream gradient *is* the right answer, whatever
the inputs. So an author hears only about what other numbers would fix.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from functools import lru_cache
from itertools import combinations, pairwise
from random import Random
from typing import Final, TypeVar

from backprop_tutor.authoring.report import Collision, Frequent, Places, Remark
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.gate import COMMON, USUAL, VALUE
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.text import listed
from backprop_tutor.tutor.marking.acceptance import HALVES, sides
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.mistakes.mistake import BRANCH, DELTA, ERROR, FORK, FORWARD, GATE, LOCAL, UPDATE, is_same
from backprop_tutor.tutor.mistakes.table import MISTAKES, edits_at
from backprop_tutor.tutor.stages.backward import BACKWARD
from backprop_tutor.tutor.stages.stage import Question
from backprop_tutor.tutor.stages.update import UPDATE as NEW_WEIGHTS

NEAR_ZERO: Final = 1e-3
"""Two smaller numbers are told apart as if they were as large as this."""
_MORE_THAN_LABELS: Final = 3  # of so many numbers to choose from, not all are 0 or 1
RIGHT: Final = "the right answer"
"""Stands for the right number among the mistakes."""
MINOR: Final = frozenset({"added-upstream", "stale-upstream"})
"""Mistakes whose numbers, sums and products of whatever is at hand, are always near another one."""


_OWN: Final = frozenset(one.id for one in MISTAKES.values() if one.skill in (GATE, FORK))
"""The mistakes that a question is meant to reveal."""
_OF_TRAINING: Final = frozenset(id_ for kind in (DELTA, UPDATE) for id_, _ in edits_at(kind)) - {
    "decimal-slip",
    "turned-in-the-sum",
}
_METHOD: Final = frozenset(one.id for one in MISTAKES.values() if one.skill is not None)
"""The mistakes of method: a slip of the pen shows anyway."""
_OF_FORKS: Final = {"one-branch-only", "multiplied-branches", "averaged-branches"}
"""The mistakes at forks that are told apart: there are too many sums with one branch flipped or doubled."""
_APART: Final = frozenset(
    {"gave-value", *_OF_FORKS}
    | _OF_TRAINING
    | {id_ for kind in (BRANCH, LOCAL, FORWARD, ERROR) for id_, edit in edits_at(kind) if edit.often >= COMMON}
    | {wrong.id for gate in GATES.values() for wrong in gate.wrong if wrong.often >= COMMON}
)
"""If two of these lead to the same number, other numbers should be chosen; if others coincide, the tutor asks instead
of stating."""
_EVER_NEAR: Final = {"sigmoid-twice", "tanh-twice", "clipped-negative"}
"""Mistakes that come close to the right number in the middle of a function, whatever the numbers; and one that can only
be made of a negative gradient."""
_HIDDEN: Final = (_APART | _OWN) - _EVER_NEAR
"""The mistakes that must not lead to the right number."""
HIDING: Final = _OWN & _HIDDEN
"""Those among them that are specific to a gate or a fork."""
_MADE: Final = (
    _HIDDEN
    | {id_ for kind in (BRANCH, LOCAL, FORK, FORWARD, ERROR, DELTA, UPDATE) for id_, _ in edits_at(kind)} - _EVER_NEAR
)
"""Those that an author hears of where they are common or usual."""
_UNCONDITIONAL: Final = {
    wrong.id
    for gate in GATES.values()
    for wrong in gate.wrong
    if wrong.slot != VALUE and wrong.often >= USUAL and " else " not in wrong.rule
}
"""Wrong rules that can be applied at any numbers."""
_MOST_SAID: Final = 2  # readings of one wrong answer
_MOST_QUESTIONS: Final = 400  # of one exercise: more would take seconds per variant
_OFTEN: Final = 0.25  # in more than this fraction of them they deserve a warning
CLOSE: Final = 1e-9
"""How near numbers that differ only by how they were computed are, relative to the larger one."""
_STEPS: Final = (1e-4, 1e-6, 1e-8)
_NEAR, _HUNDREDTH = 0.043, 0.0105  # twice the marking's 2 %, and twice half a unit of the second decimal, with a margin
_NO_HUNDREDTH: Final = 0.005
_ANOTHER_RATE: Final = 1.01


Numbers = dict[str, list[float]]
"""By the id of a mistake, or RIGHT: the numbers that it leads to."""


def _numbers(question: Question, key: AnswerKey, names: frozenset[str], only_wrong: bool = False) -> Numbers:
    """The numbers that these mistakes lead to, if they are frequent; with `only_wrong`, without those that lead to the
    right number."""
    right, numbers = key.edits.some_numbers(question, names)
    found: Numbers = {RIGHT: [right]}
    for id_, number in numbers:
        others = found.setdefault(id_, [])
        if not (only_wrong and is_same(number, right, key.scale.zero)):
            others.append(number)
    return found


def collisions(
    exercise: Exercise, asked: Iterable[Question], accepted: frozenset[str] = frozenset()
) -> list[Collision]:
    """Which mistakes of method coincide at which of the questions, at an exercise's numbers but not at neighbouring
    ones; without those that the author has accepted."""
    return list(by_chance(exercise, searched(asked), _METHOD & _MADE - accepted))


def searched(asked: Iterable[Question]) -> list[Question]:
    """The questions that are searched for mistakes."""
    return [question for question in asked if question.kind.is_number][:_MOST_QUESTIONS]


def by_chance(
    exercise: Exercise, asked: Iterable[Question], names: frozenset[str], only_right: bool = False
) -> Iterator[Collision]:
    """Which of these mistakes coincide, with the right number or with one another, but do not at other numbers."""
    here = AnswerKey(exercise)
    met = [(question, list(_meetings(question, _numbers(question, here, names), only_right))) for question in asked]
    beside = solution_beside(exercise.solution, kept=labels(exercise)) if any(found for _, found in met) else None
    if beside is not None:
        there = AnswerKey(_with_another_rate(exercise), beside)
        for question, found in met:
            elsewhere = _numbers(question, there, names) if found else {}
            for one in found:
                alike_here = [*one.mistakes, RIGHT] if one.right else one.mistakes
                if not _meet(alike_here, elsewhere):
                    told = one if one.right else _untold(one, elsewhere)
                    yield from () if told is None else (told,)


def _untold(one: Collision, elsewhere: Numbers) -> Collision | None:
    """What a student who makes one of these mistakes may not be told: that it was this one of two common ones, or of
    more than are said at once. Those that coincide elsewhere too are one reading. None if everything is said."""
    readings: list[list[str]] = []
    for name in one.mistakes:
        same = next((names for names in readings if _meet((name, names[0]), elsewhere)), None)
        readings.append([name]) if same is None else same.append(name)
    common = [names for names in readings if not _APART.isdisjoint(names)]
    kept = readings if len(readings) > _MOST_SAID else common if len(common) > 1 else []
    return one._replace(mistakes=tuple([name for names in kept for name in names])) if kept else None


def labels(exercise: Exercise) -> frozenset[str]:
    """The given inputs that are 0 or 1 in every draw: labels, for which an author cannot choose other numbers."""
    choices = ((name, exercise.choices[name]) for name in exercise.given if name in exercise.choices)
    drawn = [
        (name, one.value, [one.options[at] for at in range(min(len(one.options), _MORE_THAN_LABELS))])
        for name, one in choices
    ]
    return frozenset(name for name, value, options in drawn if {value, *options} <= {0, 1, None})


def _meetings(question: Question, numbers: Numbers, only_right: bool) -> Iterator[Collision]:
    """Which mistakes lead to the same number at a question, by chance or not."""
    leading = [(name, number) for name, others in numbers.items() for number in others]
    wanted = numbers[RIGHT] if only_right else [number for _, number in leading]
    # Nearly always all numbers differ, which comparing neighbours shows: twice as near as those that are the same.
    neighbours = pairwise(sorted([number for _, number in leading]))
    near = {one for a, b in neighbours if b - a <= 2 * CLOSE * (abs(a) + NEAR_ZERO) for one in (a, b)}
    seen: set[tuple[str, ...]] = set()
    for number in dict.fromkeys(wanted) if near else ():
        if number not in near:
            continue
        room = 2 * CLOSE * (abs(number) + NEAR_ZERO)
        same = [name for name, other in leading if abs(number - other) <= room and is_one(number, other)]
        names = tuple(dict.fromkeys(same))
        if len(names) > 1 and names not in seen:
            seen.add(names)
            mistakes = tuple(name for name in names if name != RIGHT)
            yield Collision(question.symbol, number, mistakes, RIGHT in names, question.gate)


def _with_another_rate(exercise: Exercise) -> Exercise:
    """The same with a slightly different rate, so that an accident of the rate is not taken for a rule."""
    update = exercise.update
    return exercise if update is None else exercise._replace(update=update._replace(rate=update.rate * _ANOTHER_RATE))


def by_rate(places: Places, own: Exercise) -> Iterator[Remark]:
    """One warning for each pair of mistakes that the rate makes indistinguishable at new weights, whatever the other
    numbers."""
    if own.update is None or (point := solution_beside(own.solution)) is None:
        return
    here, elsewhere = (AnswerKey(made, point) for made in (own, _with_another_rate(own)))
    found: dict[tuple[str, str], list[str]] = {}
    for question in NEW_WEIGHTS.questions(own, own.graph):
        names = _OF_TRAINING & _HIDDEN - frozenset(own.accept)
        numbers, others = (_numbers(question, at, names) for at in (here, elsewhere))
        for pair in combinations([name for name in numbers if name != RIGHT], 2):
            if _meet(pair, numbers) and not _meet(pair, others):
                found.setdefault(pair, []).append(question.node)
    for pair, nodes in found.items():
        what = (
            f"with the rate {own.update.rate:g} the mistakes {listed(pair)} give the same new weight ({listed(nodes)}) "
            f"and cannot be told apart. Choose another rate."
        )
        yield Remark(places.key("update", "rate"), what=what)


def _meet(names: Iterable[str], numbers: Numbers) -> bool:
    """Whether all of these lead to the same number."""
    return all(
        any(is_one(a, b) for a in numbers.get(one, ()) for b in numbers.get(other, ()))
        for one, other in combinations(names, 2)
    )


def solution_beside(solution: Solution, also_upstream: bool = False, kept: Container[str] = ()) -> Solution | None:
    """Both passes at seeded inputs very near a solution's, on the same side of every kink; None if there are none.

    The `kept` inputs stay where they are. The given upstream gradient is moved too if wanted: it is an accident of an
    exercise, but mostly 1.
    """
    graph = solution.graph
    here = sides(graph, solution.values)
    for step, shares, share in _moves(len(graph.input_names)):
        moved = [
            solution.value(name) + step * (1 + abs(solution.value(name))) * part * (name not in kept)
            for name, part in zip(graph.input_names, shares, strict=True)
        ]
        try:
            point = solve(graph, moved, solution.upstream * (1 + step * share * also_upstream))
        except OutOfDomain:
            continue
        if sides(graph, point.values) == here:
            return point
    return None


@lru_cache(_MOST_QUESTIONS)
def _moves(count: int) -> list[tuple[float, list[float], float]]:
    """Steps, each with parts of it for so many inputs and one for the upstream gradient."""
    random = Random(20_241_124)  # noqa: S311  any seed: the same is said each time
    return [(step, [random.uniform(0.5, 1) for _ in range(count)], random.uniform(0.5, 1)) for step in _STEPS]


def is_one(a: float, b: float) -> bool:
    """Whether two numbers differ only by how they were computed."""
    return abs(a - b) <= CLOSE * max(abs(a), abs(b), NEAR_ZERO)


def alike(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """The mistakes that an answer with two decimals cannot tell apart at an exercise's numbers: the question's target,
    one mistake or RIGHT, and the other. Those that agree by a gate's rule, at any numbers, are left out. (An add gate
    passes the upstream gradient on unchanged: forgetting its local gradient, 1, is not a mistake.)
    """
    beside = solution_beside(exercise.solution, also_upstream=True)
    here, there = AnswerKey(exercise), beside and AnswerKey(exercise, beside)
    for question in BACKWARD.questions(exercise, exercise.graph):
        numbers = _numbers(question, here, _METHOD & _HIDDEN, only_wrong=True)
        # The results of rounding every step to two decimals are right as well.
        numbers[RIGHT] += filter(None, BACKWARD.by_hand(question, here))
        found = list(_pairs(numbers, _is_near))
        rights = numbers[RIGHT]
        short = (id_ for id_, wrong in numbers.items() if any(_is_rounded(a, b) for a in rights for b in wrong))
        found += [(RIGHT, id_) for id_ in short if id_ != RIGHT and (RIGHT, id_) not in found]
        always = (
            set(_pairs(_numbers(question, there, _METHOD & _HIDDEN, only_wrong=True), is_one))
            if found and there
            else set()
        )
        yield from ((question.target, *pair) for pair in found if pair not in always)


def _pairs(numbers: Numbers, meet: Callable[[float, float], bool]) -> Iterator[tuple[str, str]]:
    for (one, ones), (other, others) in combinations(numbers.items(), 2):
        if one != RIGHT and not _APART.issuperset((one, other)):
            continue
        if (one == RIGHT and not others) or any(meet(a, b) for a in ones for b in others):
            yield one, other


def _is_near(a: float, b: float) -> bool:
    """Whether a single answer with two decimals fits both."""
    if not a or not b:  # a 0 is typed as 0
        return max(abs(a), abs(b)) <= _NO_HUNDREDTH
    return is_one(a, b) or abs(a - b) <= max(_NEAR * max(abs(a), abs(b)), _HUNDREDTH)


def _is_rounded(right: float, wrong: float) -> bool:
    """Whether a wrong number, written in full, is the right one rounded to two digits or more: 1.0 for 1.05."""
    whole, _, decimals = f"{abs(wrong):g}".partition(".")
    most = max(1, len(decimals))
    places = (len(decimals), most) if len(whole.lstrip("0") + decimals) > 1 else (most,)
    return abs(wrong) >= 1 and any(abs(right - wrong) <= HALVES[0] * 10.0**-some for some in places)


def is_idle_rule(exercise: Exercise) -> bool:
    """Whether a gate's own mistake is right somewhere at any numbers, as in a mul gate of a number and itself."""
    key = AnswerKey(exercise)
    for question in BACKWARD.questions(exercise, exercise.graph):
        edits = key.edits.of(question)
        if edits.place.right:
            own = zip(edits.rows, edits.numbers, edits.is_right, strict=True)
            hidden = {row.id for row, number, is_right in own if row.is_own and is_right and number is not None}
            if hidden & _UNCONDITIONAL:
                return True
    return False


def at_own_numbers(places: Places, own: Exercise, found: Iterable[Collision]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number at the exercise's own."""
    for name, mine, mistakes in _by_gate(one for one in found if one.right and _OWN.intersection(one.mistakes)):
        node = own.graph.node(name)
        at = listed(f"{source} = {shown(own.solution.value(source))}" for source in dict.fromkeys(node.inputs))
        asked = listed(one.question for one in mine)
        would = f"{mistakes} would also give the right answer for {asked}"
        what = f"at {at or f'the fork {name}'}, {would} and go unnoticed. Choose other numbers."
        yield Remark(places.node(name), what=what)


def in_variants(places: Places, found: Iterable[Frequent]) -> Iterator[Remark]:
    """One warning for each gate or fork whose own mistakes give the right number in many variants."""
    for name, mine, mistakes in _by_gate(one for one in found if one.seeds > _OFTEN * one.of):
        times = f"at {max(one.seeds for one in mine)} of {mine[0].of} seeds that were tried,"
        asked = listed(one.question for one in mine)
        what = f"{times} {mistakes} would also give the right answer for {asked}. Change the ranges."
        yield Remark(places.node(name), what=what)


T = TypeVar("T", Collision, Frequent)


def _by_gate(found: Iterable[T]) -> Iterator[tuple[str, list[T], str]]:
    """By gate or fork: what was found there, and the mistakes in words."""
    by_gate: dict[str, list[T]] = {}
    for one in found:
        by_gate.setdefault(one.at, []).append(one)
    for name, mine in by_gate.items():
        yield name, mine, listed(id_ for one in mine for id_ in one.mistakes)
