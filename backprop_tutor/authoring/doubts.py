"""What only the tutor can doubt in an exercise file: names that no question or mistake has, an id that another file has
too, and ranges: how many different variants they give a class, what is dead in some of them, and what these hide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import chain, repeat
from math import inf, isfinite
from operator import add, mul
from pathlib import Path
from typing import Any, Final

from backprop_tutor.authoring.ambiguity import CLOSE, HIDING, NEAR_ZERO, by_chance, labels, searched, solution_beside
from backprop_tutor.authoring.report import Collision, Finding, Frequent, Places, Remark, Report, Variety
from backprop_tutor.course.catalogue import built_in, exercise_files
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice
from backprop_tutor.course.variants import (
    LARGEST,
    MOST_DRAWS,
    SMALLEST,
    NoUsableNumbers,
    drawer,
    why_not_asked,
    why_unusable,
)
from backprop_tutor.engine.gate import USUAL, VALUE, Wrongly
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.marking.acceptance import ZERO
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.submission import KEYS
from backprop_tutor.tutor.mistakes.outcomes import some_numbers_of
from backprop_tutor.tutor.mistakes.places import BranchSpot, ForkSpot, ValueSpot
from backprop_tutor.tutor.mistakes.rows import where
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages.stage import Question

OTHER: Final = "not an exercise"
ANSWERS: Final = "answers"
"""What a YAML file that is not an exercise may be."""
_CIRCUIT: Final = "graph"  # a key of exercises, and of answers
_OF_EXERCISES: Final = r"^(title|graph|inputs)\s*:"
STUDENTS: Final = 300  # a class
SAMPLE: Final = 12
"""The number of usable variants that are searched for mistakes giving the right number."""
_FEW: Final = 30  # with fewer variants, answers are soon passed from one student to the next
_SOME: Final = 0.05  # fractions of a class: below, something is an exception, above, it is the rule
_MOST_AT_ONCE: Final = 100_000  # nodes times variants: with more, each variant is looked at by itself


def strangers(places: Places) -> Iterator[Remark]:
    """Names in a file that no question has, and ids that no mistake has."""
    exercise = places.exercise
    asked = places.asked
    called = {name for question in asked for name in question.names}
    worth = {name for question in asked for name in question.own_names}
    named = [(name, called, places.source.place(("ask", number))) for number, name in enumerate(exercise.ask)]
    named += [(name, worth, places.key("points", name)) for name in exercise.points if name not in exercise.stages]
    for name, known, at in named:
        if name not in known:
            why = f"none of the stages ({', '.join(exercise.stages)}) asks about {name}.{nearest(name, known)}"
            yield Remark(at, what=why)
    mistakes = [*MISTAKES, *(_array_mistakes() if exercise.is_array else ())]
    for number, id_ in enumerate(exercise.accept):
        if id_ not in mistakes:
            what = f"{id_} is not the id of a mistake that numbers may hide.{nearest(id_, mistakes)}"
            yield Remark(places.source.place(("accept", number)), what=what)
    for question in asked:
        twice = [name for name in question.own_names if name in exercise.points]
        if len(twice) > 1 and not any(twice[1] in other.own_names for other in asked if other != question):
            yield Remark(
                places.key("points", twice[1]), what=f"{' and '.join(twice)} are the same question. Name it once."
            )


def _array_mistakes() -> Iterable[str]:
    from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS  # files of numbers load no code for arrays

    return OF_ARRAYS


def is_meant_for_exercise(text: str) -> bool:
    """Whether a text that is not valid YAML has a key of an exercise."""
    return re.search(_OF_EXERCISES, text, re.MULTILINE) is not None


def other_kind(value: Any) -> str | None:
    """What a YAML file is if its value is not an exercise; None for an exercise, even with faults."""
    keys = set(value) if isinstance(value, dict) else set()
    if keys & {"title", "inputs"} or keys == {_CIRCUIT}:
        return None
    if keys and keys <= KEYS.keys():
        return ANSWERS
    return None if _CIRCUIT in keys else OTHER


def clashing(reports: Iterable[Report]) -> Iterator[Report]:
    """The reports, with a warning for each exercise whose id another file also has, here or among the built-in
    exercises."""
    ours, seen = {path.stem: path for path in exercise_files(built_in())}, dict[str, str]()
    for report in reports:
        path = Path(report.file)
        if report.gates is None:
            yield report
            continue
        name, found = visible(path.stem), []
        if path.stem in seen and not path.samefile(seen[path.stem]):
            found.append(f"{name} is also the id of {visible(seen[path.stem])}. Rename one of the files.")
        if not found and path.stem in ours and not path.resolve().is_relative_to(built_in()):
            found.append(f"{name} is also the id of a built-in exercise, which this one hides. Rename the file.")
        seen.setdefault(path.stem, report.file)
        yield report._replace(warnings=(*report.warnings, *(Finding(1, 1, what) for what in found)))


class Draws(NamedTuple):
    """What the seeds from 1 to STUDENTS give: the seeds whose first draw is usable, why others are not (the first
    reason), every student's numbers, and for how many of them each gate lets nothing back."""

    usable: list[int]
    reason: str
    variety: Variety
    dead_gates: dict[str, int]


def draws_of(exercise: Exercise) -> Draws:
    """The variants of a class. Raises NoUsableNumbers if a seed has none."""
    numbers_of = drawer(exercise)
    drawn = [numbers_of(seed, 0) for seed in range(1, STUDENTS + 1)]
    known = _seen_at_once(exercise, list(dict.fromkeys(drawn)))  # with few options, most draws repeat

    def why(numbers: tuple[float, ...]) -> str | None:
        if numbers not in known:
            known[numbers] = _looked_at(exercise, dict(zip(exercise.choices, numbers, strict=True)))
        return known[numbers][0]

    usable: list[int] = []
    reason = ""
    for seed, numbers in enumerate(drawn, 1):
        missed = why(numbers)
        if missed is None:
            usable.append(seed)
            continue
        reason = reason or f"Seed {seed}, for instance: {missed}"
        others = (numbers_of(seed, draw) for draw in range(1, MOST_DRAWS))
        another = next((one for one in others if why(one) is None), None)
        if another is None:
            raise NoUsableNumbers(exercise.id, seed)
        drawn[seed - 1] = another
    met = Counter(drawn)
    vanishing = sum(times for at, times in met.items() if known[at][1])
    dead = sum(times for at, times in met.items() if known[at][2])
    gates: Counter[str] = Counter()
    for at, times in met.items():
        gates.update(dict.fromkeys(known[at][2], times))
    return Draws(usable, reason, Variety(STUDENTS, len(met), vanishing, dead), gates)


_Look = tuple[str | None, bool, list[str]]


def _seen_at_once(exercise: Exercise, drawn: list[tuple[float, ...]]) -> dict[tuple[float, ...], _Look]:
    """What a look at each of these sets of numbers would find, for those that can certainly be asked for: no number is
    so small that it might be what rounding leaves of a 0. Works gate by gate on all of them, in a third of the time."""
    graph, size = exercise.graph, len(exercise.graph)
    if exercise.where or exercise.is_array or size * len(drawn) > _MOST_AT_ONCE:
        return {}
    columns = dict(zip(exercise.choices, zip(*drawn, strict=True), strict=True))
    values: list[Sequence[float]] = [columns.get(name, ()) for name in graph.names]
    gradients: list[Sequence[float]] = [[0.0] * len(drawn)] * size
    gradients[graph.output] = [exercise.upstream] * len(drawn)
    slopes: list[list[tuple[float, ...]]] = [[]] * size
    flows: list[Sequence[float]] = []
    found: dict[tuple[float, ...], _Look] = {}
    try:
        gates = [(node, gate, sources, at) for node, (gate, sources, at) in enumerate(graph.rows) if gate is not None]
        for node, gate, sources, constant in gates:
            values[node] = gate.of_rows[0](zip(*(values[source] for source in sources), repeat(0.0)), constant)
        for node, gate, sources, constant in reversed(gates):
            rows = zip(*(values[source] for source in sources), values[node], strict=True)
            slopes[node] = gate.of_rows[1](rows, constant)
            for source, column in zip(sources, zip(*slopes[node], strict=True), strict=True):
                flows.append([*map(mul, gradients[node], column)])
                gradients[source] = [*map(add, gradients[source], flows[-1])]
        asked = [size + leaf for leaf in graph.leaves if graph.names[leaf] not in exercise.given]
        rows = zip(*values, *gradients, *flows, strict=True)
        for number, (numbers, row) in enumerate(zip(drawn, rows, strict=True)):
            sizes = [*map(abs, row)]
            most = max(sizes)
            if not isfinite(sum(row)) or not SMALLEST <= min(filter(None, sizes), default=0.0) <= most < LARGEST:
                continue
            kinks = (one for _, distances, sources, c in graph.kinked for one in distances(row, sources, c))
            if any(abs(distance) <= ZERO * most for distance in kinks):
                continue
            if all(row):
                found[numbers] = None, False, []
            elif any(row[size + leaf] for leaf in graph.leaves):
                dead = [graph.names[at] for at, *_ in gates if row[size + at] and not any(slopes[at][number])]
                found[numbers] = None, not all(row[leaf] for leaf in asked), dead
    except (ArithmeticError, ValueError, TypeError):  # somewhere a gate has no value, or not a real one
        return {}
    return found


def _looked_at(exercise: Exercise, numbers: dict[str, float]) -> _Look:
    """Why some numbers cannot be asked for; whether a gradient that may be asked for is 0; the gates that let nothing
    back."""
    if exercise.is_array:
        from backprop_tutor.authoring.array_proofs import vanishes  # files of numbers load no code for arrays

        why = why_unusable(exercise, numbers)
        return why, why is None and vanishes(exercise, numbers), []
    try:
        solution = solve(exercise.graph, numbers, exercise.upstream)
    except OutOfDomain as error:
        return str(error), False, []
    why = why_not_asked(exercise, solution)
    if why is not None:
        return why, False, []
    zero = ZERO * solution.largest
    asked = (solution.gradient(name) for name in exercise.graph.input_names if name not in exercise.given)
    return None, min(map(abs, asked), default=inf) <= zero, _dead(solution)


def _dead(solution: Solution) -> list[str]:
    """The gates at which something arrives and nothing goes on to any input."""
    found = zip(solution.graph.names, solution.gradients, solution.locals, strict=True)
    return [name for name, upstream, slopes in found if upstream and slopes and not any(slopes)]


class _Search:
    """A quick look for mistakes that give the right number at a question, in any variant: it shares what depends only
    on the graph."""

    def __init__(self, question: Question, key: AnswerKey, ids: frozenset[str]) -> None:
        self.question = question
        spot = question.kind.spot(question, key)
        self.find: Callable[[Solution], tuple[float, Iterable[tuple[str, float]]]] | None = None
        """The right number in a solution, and the numbers of the mistakes."""
        if isinstance(spot, BranchSpot | ForkSpot | ValueSpot):
            place = spot.at(key.solution)
            self.find = partial(_found_at, spot, *some_numbers_of(place, where(place), ids))
        try:
            found = self.find(key.solution)[1] if self.find else []
            self.is_made = any(isfinite(number) for _, number in found)
            """Whether any of the mistakes has a number here."""
        except (ArithmeticError, ValueError, TypeError):
            self.is_made, found = False, []
        self.is_made = self.is_made or bool(key.edits.some_numbers(question, ids)[1])
        if isinstance(spot, BranchSpot | ValueSpot):
            slot = spot.slot if isinstance(spot, BranchSpot) else VALUE
            rules = [(one.id, rule) for one, rule in spot.gate.wrongly(slot) if one.id in ids and one.often >= USUAL]
            if [id_ for id_, _ in found] == [id_ for id_, _ in rules]:
                self.find = partial(_found_by_rules, spot, slot, rules)

    def exactly(self, solution: Solution) -> set[str] | None:
        """The mistakes that give exactly the right number; None unless all others are clearly different."""
        if self.find is None:
            return None
        try:
            right, numbers = self.find(solution)
            zero = ZERO * solution.largest
            room = zero + 2 * CLOSE * (abs(right) + NEAR_ZERO)
            near = [(id_, number) for id_, number in numbers if abs(number - right) <= room]
            if not near:
                return set()
            is_clear = all(number == right for _, number in near) and not 0 < abs(right) <= zero
        except (ArithmeticError, ValueError, TypeError):
            return None
        return {id_ for id_, _ in near} if is_clear else None


def _found_at(
    spot: BranchSpot | ForkSpot | ValueSpot,
    ids: list[str],
    numbers: Callable[..., tuple[list[float], ...]],
    solution: Solution,
) -> tuple[float, list[tuple[str, float]]]:
    place = spot.at(solution)
    return place.right, [(id_, number) for id_, some in zip(ids, numbers(*place), strict=True) for number in some]


def _found_by_rules(
    spot: BranchSpot | ValueSpot, slot: int, rules: list[tuple[str, Wrongly]], solution: Solution
) -> tuple[float, list[tuple[str, float]]]:
    """The same, where the gate's own wrong rules are the only mistakes to look for."""
    node, graph, values = spot.node, spot.graph, solution.values
    _, sources, constant = graph.rows[node]
    out, upstream, local, right = values[node], 1.0, 0.0, values[node]
    if isinstance(spot, BranchSpot):
        local = float(solution.locals[node][slot])
        upstream = 1.0 if spot.is_local else solution.gradients[node]
        right = upstream * local
    return right, [(id_, upstream * rule(values, sources, constant, out, local)) for id_, rule in rules]


def _doubtful(exercise: Exercise, searches: Iterable[_Search]) -> Iterator[Question]:
    """The questions at which some mistake may give the right number, but not at neighbouring inputs."""
    here = [(search, search.exactly(exercise.solution)) for search in searches]
    here = [(search, found) for search, found in here if found or found is None]
    beside = solution_beside(exercise.solution, kept=labels(exercise)) if here else None
    if beside is not None:
        for search, found in here:
            if found is None or not found <= (search.exactly(beside) or set()):
                yield search.question


def hidden_in(
    sample: Sequence[Exercise], asked: Iterable[Question], accepted: frozenset[str] = frozenset()
) -> list[Frequent]:
    """At which of the questions gates' own mistakes, except accepted ones, give the right number in a sample of
    variants, most frequent first."""
    own = HIDING - accepted
    seen: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    met: dict[tuple[float, ...], list[Collision]] = {}  # with few options, many variants coincide
    searches: list[_Search] = []
    for exercise in sample:
        if not searches:  # which mistakes can be made where depends only on the graph
            at = AnswerKey(exercise)
            searches = [one for one in (_Search(question, at, own) for question in searched(asked)) if one.is_made]
        numbers = tuple(exercise.values.values())
        if numbers not in met:
            doubtful = list(_doubtful(exercise, searches))
            met[numbers] = list(by_chance(exercise, doubtful, own, only_right=True)) if doubtful else []
        for one in met[numbers]:
            seen.setdefault((one.question, one.at), []).append(one.mistakes)
    return [
        Frequent(question, tuple(dict.fromkeys(chain(*found))), len(found), len(sample), gate)
        for (question, gate), found in sorted(seen.items(), key=lambda item: -len(item[1]))
    ]


def remarks(places: Places, draws: Draws) -> Iterator[Remark]:
    """Warnings to an author about the variants of a class."""
    students, different, _, _ = draws.variety
    if different < _FEW:
        what = f"{students} students share only {different} variants. Give the inputs wider ranges or smaller steps."
        yield Remark(places.key("inputs"), what=what)
    for gate, times in draws.dead_gates.items():
        if _SOME * students < times < (1 - _SOME) * students:
            node = places.exercise.graph.node(gate)
            what = f"no gradient flows back through {gate} for {times} of {students} students, who have less to do."
            such = f", such as {node.inputs[0]} > 0," if node.gate is not None and node.gate.name == "relu" else ""
            advice = f"A condition in where{such} makes it the same for all of them."
            yield Remark(places.node(gate), what=f"{what} {advice}")


def doubtful_ranges(places: Places) -> Iterator[Remark]:
    """The author's own numbers that no seed can give, and ends of ranges that no step reaches."""
    given = places.source.value["inputs"]
    for name, choice in places.exercise.choices.items():
        one = given.get(name)
        if not isinstance(one, dict) or not isinstance(choice, Choice):
            continue
        if "to" in one:
            yield from _of_steps(places, name, choice)
        elif isinstance(choice.options, tuple) and choice.value not in (None, *choice.options):
            yield _outside(places, name, choice, "is not one of the numbers to choose from")


def _of_steps(places: Places, name: str, choice: Choice) -> Iterator[Remark]:
    options = choice.options
    end = Decimal(places.source.written["inputs", name, "to"])
    if choice.value is not None and not options[0] <= choice.value <= float(end):
        yield _outside(places, name, choice, f"is outside its range, from {options[0]:g} to {end}")
    last = options[-1]
    if last != float(end):
        what = f"{name}: no step reaches {end}, the last number is {last:g}. Change step, or write to: {last:g}."
        yield Remark(places.source.place(("inputs", name, "to")), what=what)


def _outside(places: Places, name: str, choice: Choice, where: str) -> Remark:
    at = places.source.place(("inputs", name, "value"))
    return Remark(at, what=f"{name}: its value {choice.value:g} {where}, so no seed gives this number.")
