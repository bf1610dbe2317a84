"""Comments on the working that a student typed when asked for it, part by part: which parts are right, what the others
are. It never gives the right number for a wrong part, nor the answer to a question that is still open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from math import isclose, prod
from typing import TYPE_CHECKING, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import listed, visible
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.matching import own_places
from backprop_tutor.tutor.mistakes.mistake import BRANCH
from backprop_tutor.tutor.mistakes.places import AtBranch, AtFork, AtNeuron, BranchSpot, ForkSpot, NeuronSpot, Place
from backprop_tutor.tutor.mistakes.readings import diagnose, ids_of
from backprop_tutor.tutor.mistakes.typed import Factor, Term, stands_for, terms_of
from backprop_tutor.tutor.mistakes.words import Holds, loss_of, sentences
from backprop_tutor.tutor.network import symbol_of

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.stages.stage import Question

_MOST: Final = 6
"""With more factors or terms than this, they are not examined one by one."""
_LINES: Final = 3
_FACTOR: Final = "wrong-factor"
_RATE: Final = "the rate α"
_LEFT_OUT: Final = ("forgot-upstream", "forgot-local")
"""What was left out where only the other part of a product was used, in the order of the parts."""
_QUANTITIES: Final = frozenset(("forward", "local", "backward", "delta"))


class Part(NamedTuple):
    """A part of the right derivation: its name and its possible numbers, the true one and those from the student's
    own."""

    name: str
    numbers: tuple[float, ...]


class Told(NamedTuple):
    """The comment on a working, and the ids of the mistakes that it shows."""

    message: str
    ids: tuple[str, ...] = ()


class Match(NamedTuple):
    """What was typed for a part, in order; whether it is right up to its sign, and whether the sign is right too."""

    part: Part | None
    factors: tuple[Factor, ...]
    is_right: bool
    has_sign: bool = True

    @property
    def text(self) -> str:
        """The part as it was typed."""
        return " × ".join(factor.text for factor in self.factors)


def shape_of(edits: Edits, question: Question, loss: str) -> tuple[str, str] | None:
    """How a number is worked out, in words, and the prompt to type it at; None if it is not worked out."""
    place, spot, prompt = edits.place, edits.spot, question.symbol
    if isinstance(place, AtFork):
        return ("a sum with one term per branch", prompt) if place.flows else None
    if isinstance(place, AtNeuron):
        return "old weight + step" if place.is_weight else "what arrives × slope", prompt
    if isinstance(spot, BranchSpot) and edits.kind == BRANCH:
        gate, source = spot.branch.gate, spot.branch.source
        return "upstream × local", f"∂{loss}/∂{gate} × ∂{gate}/∂{source}"
    return "you worked it out", prompt


def told(edits: Edits, question: Question, attempt: Attempt, answer: Answer, given: Answer) -> Told:
    """Says what is right and what is wrong in `answer`, the working of the wrong number `given`."""
    names, _ = question.kind.names(question, attempt)
    terms = terms_of(answer, names)
    places = [edits.place, *own_places(edits, question, attempt)]
    matches = _matches(terms, edits, places, loss_of(question, attempt.key))
    if attempt.key.is_right(question, answer):
        return _of_the_result([], answer, given, ())
    readings = diagnose(edits, question, attempt, answer) if answer.steps or answer.value != given.value else []
    ids = ids_of(readings[:1])
    if matches and all(match.is_right for match in matches):
        return _of_the_result(matches, answer, given, ids)
    used = [id_ for id_, match in zip(_LEFT_OUT, matches, strict=False) if match.is_right and match.factors]
    known = ids and (not matches or ids[0] not in (_FACTOR, "factor-too-many", *used))
    ids = tuple(id_ for id_ in ids if id_ not in used)  # the same number here, but not what was done
    said = list(_said(matches, edits, attempt, bool(known)))
    if known:
        said.append(sentences(readings[:1], question, attempt.key, edits, Holds.NONE))
    if not said:
        return Told("I can't find the slip in that. `hint` gives the next hint.", ids)
    return Told("\n".join(said[:_LINES]), ids or ((_FACTOR,) if matches else ()))


def comment(edits: Edits, question: Question, attempt: Attempt, answer: Answer) -> str:
    """The same of a working that was typed as the answer itself, if any part of it is right; else empty."""
    terms = terms_of(answer, question.kind.names(question, attempt)[0])
    places = [edits.place, *own_places(edits, question, attempt)]
    matches = _matches(terms, edits, places, loss_of(question, attempt.key))
    if len(matches) < 2 or not any(match.is_right and match.factors for match in matches):
        return ""
    if all(match.is_right for match in matches):
        return _of_the_result(matches, answer, answer, ()).message
    return " ".join(list(_said(matches, edits, attempt, is_named=True))[: _LINES - 1])


def _of_the_result(matches: Sequence[Match], answer: Answer, given: Answer, ids: tuple[str, ...]) -> Told:
    """The comment on a working whose parts are right: a sign is wrong, or the result."""
    turned = [match.text for match in matches if not match.has_sign]
    if turned:
        said = f"The numbers are right, but the sign of {listed(turned)} is not."
        return Told(said, ids or ("sign-flipped",))
    if isclose(answer.value, given.value):
        return Told("That is right as far as I can see. Give more digits.")
    return Told(f"That working is right, but it does not come to {visible(given.text.strip())}. Work it out again.")


def _matches(terms: Sequence[Term], edits: Edits, places: Sequence[Place], loss: str) -> list[Match]:
    """Matches the input with the parts of the right derivation; nothing if their structure differs."""
    if len(terms) > _MOST or any(len(term.factors) > _MOST for term in terms):
        return []
    place, spot = edits.place, edits.spot
    if isinstance(place, AtFork):
        return _of_terms(terms, _flows(edits, places))
    if isinstance(place, AtNeuron) and place.is_weight:
        return _of_step(terms, edits, places)
    if len(terms) != 1:
        return []
    if isinstance(place, AtBranch) and isinstance(spot, BranchSpot) and edits.kind == BRANCH:
        gate, source = spot.branch.gate, spot.branch.source
        parts = [_part(f"the upstream gradient ∂{loss}/∂{gate}", places, lambda one: one.u),
                 _part(f"the local gradient ∂{gate}/∂{source}", places, lambda one: one.l)]  # fmt: skip
        return _of_factors(terms[0], parts)
    if isinstance(place, AtNeuron) and isinstance(spot, NeuronSpot):
        arriving = _part(f"what arrives at {spot.neuron}", places, lambda one: one.a)
        slope = _part(f"the slope of {spot.neuron}", places, lambda one: one.s)
        return _of_factors(terms[0], [arriving] if place.cancels else [arriving, slope])
    return []


def _part(name: str, places: Sequence[Place], number: Callable[..., float]) -> Part:
    return Part(name, tuple(dict.fromkeys(number(place) for place in places)))


def _flows(edits: Edits, places: Sequence[Place]) -> list[Part]:
    """The parts of the sum at a fork."""
    assert isinstance(edits.spot, ForkSpot)
    flows = [place.flows for place in places if isinstance(place, AtFork)]
    return [
        Part(f"what {name} brings back", tuple(dict.fromkeys(one[at] for one in flows)))
        for at, name in enumerate(edits.spot.flow_names)
    ]


def _of_factors(term: Term, parts: Sequence[Part]) -> list[Match]:
    """Matches the factors of a product with its parts so that as many as possible are right."""
    best: tuple[tuple[int, int, int], list[Match]] = ((-1, 0, 0), [])
    for order in product(range(len(parts)), repeat=len(term.factors)):
        matches = []
        for at, part in enumerate(parts):
            heap = tuple(factor for factor, heap in zip(term.factors, order, strict=True) if heap == at)
            matches.append(Match(part, heap, _stands_for(heap, part)))
        right = sum(match.is_right for match in matches)
        filled = sum(bool(match.factors) for match in matches)
        in_order = sum(a <= b for a, b in pairwise(order))  # as it was typed
        if (right, filled, in_order) > best[0]:
            best = ((right, filled, in_order), matches)
    sign = prod(-1 if part.numbers[0] < 0 else 1 for part in parts)
    matches = best[1]
    if all(match.is_right for match in matches) and term.sign != sign:
        whole = Match(None, term.factors, is_right=True, has_sign=False)
        return [whole]
    return matches


def _stands_for(factors: Sequence[Factor], part: Part) -> bool:
    return any(stands_for(factors, abs(number)) if factors else isclose(abs(number), 1) for number in part.numbers)


def _of_terms(terms: Sequence[Term], parts: Sequence[Part]) -> list[Match]:
    """Matches the terms of a sum with its parts: first the right ones, then those with the wrong sign."""
    left, found = list(parts), dict[int, Match]()
    for signed in (True, False):
        for at, term in enumerate(terms):
            part = next((one for one in left if at not in found and _is_term(term, one, signed)), None)
            if part is not None:
                left.remove(part)
                found[at] = Match(part, _whole(term), is_right=True, has_sign=signed)
    wrong = [Match(None, _whole(term), is_right=False) for at, term in enumerate(terms) if at not in found]
    if len(wrong) == len(left):
        wrong = [match._replace(part=part) for match, part in zip(wrong, left, strict=True)]
        left = []
    return [*found.values(), *wrong, *(Match(part, (), is_right=False) for part in left)]


def _whole(term: Term) -> tuple[Factor, ...]:
    first, *rest = term.factors
    has_sign = sum(factor.text.startswith("-") for factor in term.factors) % 2 == (term.sign < 0)
    return (first if has_sign else first._replace(text=f"-{first.text}"), *rest)


def _is_term(term: Term, part: Part, signed: bool) -> bool:
    return any(
        stands_for(term.factors, abs(number)) and (not signed or term.sign == (-1 if number < 0 else 1))
        for number in part.numbers
    )


def _of_step(terms: Sequence[Term], edits: Edits, places: Sequence[Place]) -> list[Match]:
    """Matches an old weight and the product that is its step."""
    place, spot = edits.place, edits.spot
    assert isinstance(place, AtNeuron)
    steps = list(terms)
    matches: list[Match] = []
    old = _part("the old weight", places, lambda one: one.old)
    first = next((term for term in terms if _is_term(term, old, signed=True)), None)
    if first is None and len(terms) > 1 and len(terms[0].factors) == 1:
        first = terms[0]
    if first is None or len(terms) == 1:
        matches.append(Match(old, (), is_right=False))
    else:
        steps.remove(first)
        matches.append(Match(old, _whole(first), _is_term(first, old, signed=True)))
    if len(steps) != 1:
        return [*matches, *(Match(None, _whole(term), is_right=False) for term in steps)] if steps else matches
    if len(steps[0].factors) == 1:
        return [*matches, *_of_terms(steps, [_part("the step", places, lambda one: one.step)])]
    parts = [_part(_RATE, places, lambda one: one.rate)]
    if isinstance(spot, NeuronSpot):
        parts.append(_part("what the weight multiplies", places, lambda one: one.carries))
        parts.append(_part(symbol_of("δ", spot.neuron), places, lambda one: one.d))
    else:
        parts.append(_part("the gradient", places, lambda one: one.d))
    return matches + _of_factors(steps[0], parts)


def _said(matches: Sequence[Match], edits: Edits, attempt: Attempt, is_named: bool) -> Iterator[str]:
    """Says what is right, then what each other part is; less if the mistake `is_named` afterwards."""
    right = [match for match in matches if match.is_right and match.has_sign and match.factors]
    if right:
        called = [_called(match) for match in right]
        yield f"Right so far: {listed(called)}."
    for match in matches:
        if match.is_right and not match.has_sign:
            yield f"{match.text} has the wrong sign."
        elif not match.is_right and match.factors:
            is_rate = match.part is not None and match.part.name == _RATE  # which equals a quantity by chance
            yield _of_wrong(match, [""] if is_rate else _known(match.factors, edits, attempt), is_named)
    if is_named:
        return
    missing = [match for match in matches if not match.is_right and not match.factors]
    if isinstance(edits.spot, ForkSpot) and missing:
        out = f"{edits.spot.name} feeds {len(edits.spot.flow_names)} gates"
        yield (
            f"{out}; one branch is left out." if len(missing) == 1 else f"{out}; {len(missing)} branches are left out."
        )
    elif missing:
        yield f"Missing: {listed([match.part.name for match in missing if match.part])}."


def _called(match: Match) -> str:
    if match.part is None:
        return match.text
    return f"{match.text} is {match.part.name}" if match.text != match.part.name else f"{match.text} belongs there"


def _of_wrong(match: Match, known: Sequence[str], is_named: bool) -> str:
    """Says what a wrong part is, if that is known."""
    wrong = f"{match.text} does not belong there" if match.part is None else f"{match.text} is not {match.part.name}"
    if len(known) == 1 and known[0]:
        return f"{wrong}: it is {known[0]}."
    is_nothing = not known and not is_named and match.part is not None
    return f"{wrong}, and no other quantity here is {match.text}." if is_nothing else f"{wrong}."


def _known(factors: Sequence[Factor], edits: Edits, attempt: Attempt) -> list[str]:
    """The quantities that the input equals: values, gradients, errors and deltas; "" for each that is still asked."""
    graph, key = edits.solution.graph, attempt.key
    if len(factors) > 1 or factors[0].is_name or not factors[0].text.lstrip("-").replace(".", "").isdecimal():
        return [""]  # a product equals a quantity by chance, and whoever names one knows what it is
    found, asked = dict[str, float](), dict[str, bool]()
    for word in _QUANTITIES.intersection(key.exercise.stages):
        for one in key.asked(word):
            found[one.symbol] = key.number(one)
            was_answered = one.target in attempt.carried.answers.get(word, {})
            asked[one.symbol] = not was_answered and (word, one.target) not in attempt.shown
    for branch in graph.branches:
        found.setdefault(f"∂{branch.gate}/∂{branch.source}", edits.solution.flow(branch).local)
    found |= dict(zip(graph.names, edits.solution.values, strict=True))
    names = [name for name, number in found.items() if stands_for(factors, abs(number))]
    return ["" if asked.get(name) else f"the value of {name}" if name in graph.index else name for name in names]
