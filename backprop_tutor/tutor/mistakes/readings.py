"""The possible causes of a wrong answer: at most two readings, likeliest first; none if chance is likelier."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from backprop_tutor.engine.gate import ALWAYS, USUAL
from backprop_tutor.engine.graph import Branch
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT, points_beside
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes import typed
from backprop_tutor.tutor.mistakes.edits import TRUE_FIT, Edits
from backprop_tutor.tutor.mistakes.matching import (
    BY_STRUCTURE,
    TOO_COARSE,
    Candidate,
    Digits,
    Reading,
    candidate,
    candidates,
    candidates_at_own,
    chance,
    cut_off,
    digits_of,
    fit,
    is_too_coarse,
    own_places,
    readings_of,
)  # fmt: skip
from backprop_tutor.tutor.mistakes.mistake import Outcome
from backprop_tutor.tutor.mistakes.places import (
    AtBranch,
    AtNeuron,
    BranchSpot,
    ErrorSpot,
    ForkSpot,
    NeuronSpot,
    NumberSpot,
    PlainSpot,
    Spot,
    ValueSpot,
)  # fmt: skip
from backprop_tutor.tutor.mistakes.rows import Row, numbers_at, where

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.stages.stage import Question

_OF_LOSS: Final = "derivative-of-loss"
POINTS: Final = 4
"""The number of neighbouring points at which a formula must match a mistake."""
_HANDS: Final = (0, 1, 4)
"""The passes by hand that are searched for mistakes: with local gradients rounded or not, or as screens show them."""
_MOST_SPOTS: Final = 512
"""The number of questions whose places are remembered."""
_MOST_ANSWERS, _LONGEST = 2_000, 100
"""The number of wrong numbers to one question that are remembered with their causes, and the longest."""


class EditsOfKey:
    """The edits of every question of one answer key, each computed at the first wrong answer to it."""

    def __init__(self, key: AnswerKey) -> None:
        self.key = key
        self._found: dict[tuple[str, str], Edits] = {}

    @cached_property
    def beside(self) -> list[Solution]:
        """Neighbouring points, on the same side of every kink."""
        return points_beside(self.key.solution, POINTS)

    @cached_property
    def beside_of_neurons(self) -> list[Solution]:
        """The same for the graph that has the neurons."""
        solution = self.key.signals.solution
        return self.beside if solution is self.key.solution else points_beside(solution, POINTS)

    @cached_property
    def beside_of_output(self) -> list[Solution]:
        """The same with 1 as the output's own gradient."""
        return self.beside if self.key.of_output is self.key.solution else points_beside(self.key.of_output, POINTS)

    @cached_property
    def by_hand(self) -> list[Solution]:
        """The passes by hand."""
        return [self.key.rounded[hand].as_solution for hand in _HANDS]

    @cached_property
    def by_hand_of_neurons(self) -> list[Solution]:
        """The passes by hand for the graph that has the neurons."""
        return [self.key.rounded_of_neurons[hand].as_solution for hand in _HANDS]

    def of(self, question: Question) -> Edits:
        """The edits of a question."""
        place = (question.kind.name, question.target)
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = self._of(question)
        return found

    def _of(self, question: Question) -> Edits:
        spot, solution = self._spot_and_solution(question)
        zero = self.key.scale.zero
        if not question.kind.is_number:
            return Edits(spot, solution, list, lambda: self.beside_of_output, zero)
        if isinstance(spot, NeuronSpot | ErrorSpot):
            return Edits(spot, solution, lambda: self.by_hand_of_neurons, lambda: self.beside_of_neurons, zero)
        return Edits(spot, solution, lambda: self.by_hand, lambda: self.beside, zero)

    def _spot_and_solution(self, question: Question) -> tuple[Spot, Solution]:
        spot = question.kind.spot(question, self.key)
        if not question.kind.is_number:
            return spot, self.key.of_output
        return spot, self.key.signals.solution if isinstance(spot, NeuronSpot | ErrorSpot) else self.key.solution

    def some_numbers(self, question: Question, ids: frozenset[str]) -> tuple[float, list[tuple[str, float]]]:
        """The right number and the results of some frequent mistakes, each with its id."""
        spot, solution = self._spot_and_solution(question)
        place = spot.at(solution)
        return place.right, numbers_at(place, where(place), ids, self.key.scale.zero)

    def branch_spot(self, branch: Branch, is_local: bool = False) -> Spot:
        """The place of what a branch carries back, or of its local gradient."""
        return _branch_spot(self.key.graph, branch, is_local)

    def fork_spot(self, name: str) -> Spot:
        """The place of the sum at a node."""
        return _fork_spot(self.key.graph, name)

    def value_spot(self, name: str) -> Spot:
        """The place of a gate's value."""
        return ValueSpot(self.key.graph, name)

    def error_spot(self, neuron: str) -> Spot:
        """The place of an output neuron's error."""
        return ErrorSpot(self.key.exercise, self.key.signals, neuron)

    def neuron_spot(self, neuron: str) -> Spot:
        """The place of a neuron's delta."""
        return NeuronSpot(self.key.exercise, self.key.signals, neuron)

    def weight_spot(self, name: str) -> Spot:
        """The place of a new weight."""
        into = self.key.signals.into(name, self.key.solution.gradient(name))
        if into is None:
            return PlainSpot(self.key.exercise, name)
        return NeuronSpot(self.key.exercise, self.key.signals, into, name)

    def number_spot(self, question: Question) -> Spot:
        """The place of a number about which nothing more is known."""
        return NumberSpot(question.node, lambda solution: question.kind.expected(question, self.key, solution))


# One graph serves the numbers of many variants.
_branch_spot = lru_cache(_MOST_SPOTS)(BranchSpot)
_fork_spot = lru_cache(_MOST_SPOTS)(ForkSpot)


def ids_of(readings: Sequence[Reading]) -> tuple[str, ...]:
    """The ids of readings, likeliest first: each reading's own id before the others that are the same function."""
    if len(readings) < 2:
        return readings[0].ids if readings else ()
    return tuple(dict.fromkeys([id_ for reading in readings for id_ in reading.ids]))


def diagnose(
    edits: Edits, question: Question, attempt: Attempt, answer: Answer, before: Collection[str] = ()
) -> list[Reading]:
    """The causes of a wrong answer."""
    if not question.kind.is_number and not answer.has_names:
        return [Reading(("number-for-formula",), 1.0, Row("number-for-formula", USUAL))]
    if answer.steps:
        structured = _of_structure(edits, question, attempt, answer, before)
        if structured is not None:
            return structured
    return _of_number(edits, question, attempt, answer, before)


def _of_structure(
    edits: Edits, question: Question, attempt: Attempt, answer: Answer, before: Collection[str]
) -> list[Reading] | None:
    """The input compared as a function and by its factors; None if only its value is left to compare."""
    names, _ = question.kind.names(question, attempt)
    terms = typed.terms_of(answer, names)
    if not typed.is_structured(terms):
        return None
    found: list[Candidate] = []
    values = typed.values_at(answer, edits.points) if answer.has_names else None
    if values is not None:
        for slack in (EXACT, typed.slack_of(answer)):
            found = found or list(_as_functions(edits, question, attempt, values, slack, len(answer.steps) == 1))
    if not found:
        for hit in typed.by_factors(edits, terms, own_places(edits, question, attempt)):
            same = [hit.number] if hit.place is not None else edits.same(hit.number)
            found += [candidate(edits, number, place=hit.place) for number in same]
    if found:
        return readings_of(found, BY_STRUCTURE, before)
    named = _by_factor(edits, question, attempt, terms)
    if named is not None:
        return [named]
    return [] if answer.has_names or _is_half_right(edits, terms) else None


def _is_half_right(edits: Edits, terms: list[typed.Term]) -> bool:
    """Whether a typed product has the upstream or the local gradient as a factor: then its value alone is no clue."""
    place, factors = edits.place, terms[0].factors if len(terms) == 1 else ()
    if not isinstance(place, AtBranch) or len(factors) < 2:
        return False
    parts = [abs(number) for number in (place.u, place.l) if abs(number) != 1]
    return any(typed.stands_for([factor], number) for factor in factors for number in parts)


def _as_functions(
    edits: Edits, question: Question, attempt: Attempt, values: list[float], slack: float, is_name: bool
) -> Iterator[Candidate]:
    """The edits that a formula matches; if none, the node whose value or gradient it is. A single name is no product,
    if it may be anything else."""
    columns = ((row, [beside[row] for beside in edits.beside]) for row in range(len(edits.rows)))
    rows = [
        row for row, numbers in columns if edits.is_function(values, numbers, slack) and numbers != edits.right_beside
    ]
    if is_name:
        rows = [row for row in rows if _is_single(edits.outcomes[row])] or rows
    yield from (candidate(edits, row) for row in rows)
    is_found = bool(rows)
    more, shows = edits.further, question.kind.shows_upstream
    if (
        more is not None
        and not (shows and attempt.is_guided)
        and not edits.is_function(values, edits.right_beside, slack)
    ):
        answered = attempt.carried.backward if shows else {}
        for index, edit in enumerate(more.all):
            numbers = [beside[index] for beside in more.beside]
            if edits.is_function(values, numbers, slack) and edit.between.isdisjoint(answered):
                is_found = True
                row = Row(edit.id, edit.often, further=edit)
                yield Candidate(edit.id, edit.often / ALWAYS, more.function(index), False, row)
    if is_found:
        return
    upstream = attempt.key.exercise.upstream
    if not question.kind.is_number and upstream not in (0, 1):
        whole = [upstream * number for number in edits.right_beside]
        if edits.is_function(values, whole, slack):
            yield Candidate(_OF_LOSS, USUAL / ALWAYS, _OF_LOSS, False, Row(_OF_LOSS, USUAL))
            return
    for name, number, often, index in edits.pairs:
        if edits.is_function(values, [pairs.get((name, index)) for pairs in edits.pairs_beside], slack):
            row = edits.rows[index]._replace(id=name, often=often)
            yield Candidate(name, often / ALWAYS, f"{number:.9g}", False, row)
            return
    graph = edits.solution.graph
    hidden = _still_asked(question, attempt)
    for node, name in enumerate(graph.names):
        if name == question.node and isinstance(edits.place, AtNeuron):
            continue  # an old weight is reported as such
        for id_, numbers in (
            ("gave-value", [point.values[node] for point in edits.points]),
            ("another-gradient", [point.gradients[node] for point in edits.points]),
        ):
            is_open = id_ != "gave-value" and name in hidden
            if edits.is_function(values, numbers, slack) and not is_open:
                yield Candidate(id_, USUAL / ALWAYS, (id_, name), False, Row(id_, USUAL, of=name))


def _still_asked(question: Question, attempt: Attempt) -> set[str]:
    """The nodes of which a session still asks what it asks here: their numbers are not named."""
    asked = attempt.key.asked(question.stage) if attempt.is_guided else ()
    return {one.node for one in asked if (one.stage, one.target) not in attempt.shown}


def _is_single(outcome: Outcome) -> bool:
    """Whether an outcome is one number, but for factors of 1."""
    return not isinstance(outcome, list) and (
        not isinstance(outcome, tuple) or sum(abs(one) != 1 for one in outcome) < 2
    )


def _by_factor(edits: Edits, question: Question, attempt: Attempt, terms: list[typed.Term]) -> Reading | None:
    """Recognises the right product with one factor too many, and a product whose factors are all known."""
    place = edits.place
    hidden = {f"the gradient of {name}" for name in _still_asked(question, attempt)}
    known = {name: number for name, number in edits.known.items() if name not in hidden}
    too_many = typed.one_too_many(terms, typed.right_outcome(place))
    if too_many is not None:
        row = Row("factor-too-many", USUAL, of=_called(known, too_many))
        return Reading(("factor-too-many",), 1.0, row)
    if not isinstance(place, AtBranch) or len(terms) != 1 or not question.kind.shows_upstream:
        return None
    called = [typed.recognised(factor, known) for factor in terms[0].factors]
    if len(called) < 2 or None in called:
        return None
    said = " by ".join(_called(known, factor) for factor in terms[0].factors)
    return Reading(("wrong-factor",), 1.0, Row("wrong-factor", USUAL, of=said))


def _called(known: Mapping[str, float], factor: typed.Factor) -> str:
    """A factor with its name: 0.64, the value of q."""
    name = None if factor.is_name else typed.recognised(factor, known)
    return f"{factor.text} ({name})" if name else factor.text


def _of_number(
    edits: Edits, question: Question, attempt: Attempt, answer: Answer, before: Collection[str]
) -> list[Reading]:
    """The causes of an answer's number."""
    given, here, beyond, memory, _ = known_of(edits, answer)
    own = candidates_at_own(edits, question, attempt, given)
    further = beyond
    if further and attempt.is_guided:
        further = []
    elif further and question.kind.shows_upstream:
        further = [one for one in further if one.between.isdisjoint(attempt.carried.backward)]
    named = None if own or before else memory.get(len(further))
    if named is None:
        found = [*here, *own, *[one.candidate for one in further]]
        named = _named(edits, answer, given, found, before)
        if not own and not before and len(further) in (0, len(beyond)):
            memory[len(further)] = named
    return list(named)


class _Further(NamedTuple):
    """An edit further on that an answer fits, and the names between, under which nothing may have been answered."""

    candidate: Candidate
    between: frozenset[str]


class Known(NamedTuple):
    """What the number of an answer fits at the true numbers, here and further on, whoever gave it; what was `named`
    where that is all, with all of the edits further on or none of them, by their number; and what is `said` where
    nothing is named."""

    given: Digits
    here: list[Candidate]
    further: list[_Further]
    named: dict[int, list[Reading]]
    said: list[str]


def known_of(edits: Edits, answer: Answer) -> Known:
    """What does not depend on who gave an answer: a class gives the same ones again and again."""
    text, _, unit, _, precision, _, _, _ = answer
    if unit <= 0 or precision or len(text) > _LONGEST:  # may be another number elsewhere
        return _known(edits, answer)
    if text not in edits.answers:
        if len(edits.answers) >= _MOST_ANSWERS:
            edits.answers.clear()
        edits.answers[text] = _known(edits, answer)
    return edits.answers[text]  # type: ignore[no-any-return]


def _known(edits: Edits, answer: Answer) -> Known:
    given = digits_of(answer, edits.old)
    here = candidates(edits, given, edits.near(answer.value, given.width))
    here += cut_off(answer, given, edits.place.right, edits.zero)
    return Known(given, here, list(_further(edits, given)), {}, [])


def _named(
    edits: Edits, answer: Answer, given: Digits, found: list[Candidate], before: Collection[str] = ()
) -> list[Reading]:
    """The readings of what an answer fits; two mistakes at once where nothing at its own place explains it."""
    right = edits.place.right
    named = readings_of(found, chance(given, right, found), before) if found else []
    if all("@" in one.ids[0] or one.ids[0].startswith("all-") for one in named):
        pairs = list(_pairs(edits, given))
        if pairs:
            named = readings_of([*found, *pairs], chance(given, right, [*found, *pairs]), before)
    if len(named) < 2 and is_too_coarse(answer, right, edits.zero):
        named.append(Reading(("too-coarse",), 1.0 if not named else 0.0, TOO_COARSE))
    return named


def _further(edits: Edits, given: Digits) -> Iterator[_Further]:
    """The edits further on that an answer fits."""
    more = edits.further
    if more is None:
        return
    for entry in more.near(given.value, given.width):
        edit, how = more.all[entry.row], fit(given, entry.number)
        if how:
            row = Row(edit.id, edit.often, further=edit)
            weight = edit.often / ALWAYS * how * TRUE_FIT
            yield _Further(Candidate(edit.id, weight, more.function(entry.row), False, row), edit.between)


def _pairs(edits: Edits, given: Digits) -> Iterator[Candidate]:
    """The pairs of mistakes that an answer fits."""
    for name, number, often, index in edits.pairs_near(given.value, given.width):
        how = fit(given, number)
        if how:
            row = edits.rows[index]._replace(id=name, often=often)
            yield Candidate(name, often / ALWAYS * how, f"{number:.9g}", False, row)
