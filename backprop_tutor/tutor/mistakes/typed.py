"""Input with structure: a formula is matched as a function, a product by its factors. Where one of these applies, a
coincidence of values is never used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations, product
from math import exp, isclose, prod
from typing import Final

from backprop_tutor.engine.evaluate import apply, evaluate, folded
from backprop_tutor.engine.language import Step
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span
from backprop_tutor.tutor.marking.acceptance import EXACT, shows_enough
from backprop_tutor.tutor.marking.answers import Answer, read_plain
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.mistake import Outcome
from backprop_tutor.tutor.mistakes.places import AtBranch, AtNeuron, Place
from backprop_tutor.tutor.mistakes.rows import outcomes_at

_MANY_EXACT: Final = 1e-8  # of a product of several numbers
_LEAST: Final = 1e-300  # nothing is divided by 0
_MOST_FACTORS: Final = 5
"""The most factors of one product that are sorted into heaps: there are 3^5 ways to do it."""
_MOST_TERMS: Final = 4
_LONGEST: Final = 24
"""Longer parts of a typed answer are shown as their values."""
_MOST_OF_A_HEAP: Final = 0.01
"""The product of several rounded factors may be off by this much, relatively."""
_MOST_SLACK: Final = 0.02
"""A number written with a single digit stands for another one if it is no further off than this, relatively."""


class Factor(NamedTuple):
    """One factor as it was typed: its value, the relative error of that value, its text."""

    value: float
    slack: float
    text: str
    is_name: bool = False


class Term(NamedTuple):
    """A product as it was typed, with its sign: `-0.53*-1` has the factors 0.53 and 1, and a plus."""

    sign: int
    factors: tuple[Factor, ...]

    @property
    def value(self) -> float:
        """Its value."""
        return self.sign * prod(factor.value for factor in self.factors)


def terms_of(answer: Answer, names: Mapping[str, float]) -> list[Term]:
    """The typed input as a sum of products; anything else becomes a single factor."""
    if not answer.steps:
        return [_number(answer, f"{answer.value:.4g}")]

    def result(step: Step, pieces: list[tuple[list[Term], Span]]) -> tuple[list[Term], Span]:
        starts, ends = zip(step.span, *(span for _, span in pieces), strict=True)
        span = min(starts), max(ends)
        return terms(step, [piece for piece, _ in pieces], [span for _, span in pieces], span), span

    def terms(step: Step, operands: list[list[Term]], spans: list[Span], span: Span) -> list[Term]:
        if step.kind == "number":
            # A symbol such as dq has become its number; it is shown as it was typed.
            return [_number(read_plain(step.text), answer.text[slice(*step.span)])]
        if step.kind == "name":
            value = evaluate([step], names)
            return [Term(-1 if value < 0 else 1, (Factor(abs(value), 0.0, step.text, is_name=True),))]
        if step.text == "neg":
            return [_negated(term) for term in operands[0]]
        if step.text == "+":
            return operands[0] + operands[1]
        if step.text == "-":
            return operands[0] + [term._replace(sign=-term.sign) for term in operands[1]]
        left, *right = (_one(*one, answer.text) for one in zip(operands, spans, strict=True))
        if step.text == "*":
            return [Term(left.sign * right[0].sign, left.factors + right[0].factors)]
        if step.text == "/" and not _is_fraction(left, right[0]):
            below = tuple(Factor(1 / one.value, one.slack, f"1/{one.text}", one.is_name) for one in right[0].factors)
            return [Term(left.sign * right[0].sign, left.factors + below)]
        value = apply(step, [left.value, *(one.value for one in right)])
        slack = max(factor.slack for one in (left, *right) for factor in one.factors)
        return [Term(-1 if value < 0 else 1, (Factor(abs(value), slack, _as_typed(answer.text, span, value)),))]

    return folded(answer.steps, result)[0]


def _as_typed(text: str, span: Span, value: float) -> str:
    """A part of an answer as it was typed, with the parentheses that it needs; its value if it is long or in LaTeX."""
    start, end = span
    while text.count(")", start, end) > text.count("(", start, end) and "(" in text[:start]:
        start = text.rindex("(", 0, start)
    while text.count("(", start, end) > text.count(")", start, end) and ")" in text[end:]:
        end = text.index(")", end) + 1
    part = " ".join(text[start:end].split())
    return part if len(part) <= _LONGEST and "\\" not in part else f"{value:.4g}"


def _negated(term: Term) -> Term:
    """The term with its sign flipped; a single factor keeps the sign in its text."""
    factors = term.factors
    if len(factors) == 1 and not factors[0].text.startswith("-"):
        factors = (factors[0]._replace(text=f"-{factors[0].text}"),)
    return Term(-term.sign, factors)


def _number(plain: Answer | None, text: str) -> Term:
    value = plain.value if plain else 0.0
    slack = 0.0
    # A whole number of one digit is exact.
    if plain and value and (plain.unit < 1 or plain.digits > 1):
        slack = 0.5 * plain.unit / abs(value)
        if not shows_enough(plain):  # 0.1 is not 0.06
            slack = min(slack, _MOST_SLACK)
    return Term(-1 if value < 0 else 1, (Factor(abs(value), slack, text),))


def _one(terms: list[Term], span: Span, text: str) -> Term:
    """A sum as one factor of a product."""
    if len(terms) == 1:
        return terms[0]
    value = sum(term.value for term in terms)
    slack = max(factor.slack for term in terms for factor in term.factors)
    return Term(-1 if value < 0 else 1, (Factor(abs(value), slack, f"({_as_typed(text, span, value)})"),))


def _is_fraction(left: Term, right: Term) -> bool:
    """Whether a quotient is a single number, such as 2/3: only whole numbers count."""
    both = (*left.factors, *right.factors)
    return len(both) == 2 and all(not one.is_name and one.value == int(one.value) for one in both) and right.value != 0


def is_structured(terms: Sequence[Term]) -> bool:
    """Whether the input has factors or terms that can be compared."""
    return len(terms) > 1 or len(terms[0].factors) > 1 or terms[0].factors[0].is_name


class Hit(NamedTuple):
    """The index of a row that the input matches, and the place whose numbers it uses."""

    number: int
    place: Place | None = None


def by_factors(edits: Edits, terms: Sequence[Term], places: Iterable[Place]) -> list[Hit]:
    """The rows whose factors were all typed: first with factors of 1, then without."""
    if len(terms) > _MOST_TERMS or any(len(term.factors) > _MOST_FACTORS for term in terms):
        return []
    seen: list[tuple[Place | None, Sequence[Outcome]]] = [(None, edits.outcomes)]
    seen += [(place, outcomes_at(place, edits.kind)) for place in places]
    seen += [(None, outcomes) for outcomes in edits.outcomes_by_hand]
    exactly = [term._replace(factors=tuple(one._replace(slack=0.0) for one in term.factors)) for term in terms]
    for with_ones in (True, False):
        for written in (exactly, terms):
            found = [
                Hit(number, place)
                for place, outcomes in seen
                for number, outcome in enumerate(outcomes[: len(edits.rows)])
                if not edits.is_right[number] and _is_made_of(written, outcome, with_ones)
            ]
            if found:
                return found
    return []


def _is_made_of(terms: Sequence[Term], outcome: Outcome, with_ones: bool) -> bool:
    """Whether the input is this product, or this sum of products."""
    if isinstance(outcome, list):
        wanted = [part if isinstance(part, tuple) else (part,) for part in outcome]
        if len(wanted) != len(terms) or len(wanted) > _MOST_TERMS:
            return False
        orders = permutations(wanted) if len(wanted) > 1 else [wanted]
        return any(
            all(_is_product(term, part, with_ones) for term, part in zip(terms, order, strict=True)) for order in orders
        )
    if not isinstance(outcome, tuple) or len(terms) != 1:
        return False
    return _is_product(terms[0], outcome, with_ones)


def _is_product(term: Term, wanted: Sequence[float], with_ones: bool) -> bool:
    """Whether the factors of a term can be sorted into heaps with the wanted products, with the sign as it was
    typed."""
    sign = -1 if sum(one < 0 for one in wanted) % 2 else 1
    if sign != term.sign:
        return False
    sizes = [abs(one) for one in wanted]
    factors = list(term.factors)
    if not with_ones:
        sizes = [size for size in sizes if not isclose(size, 1, rel_tol=EXACT)]
        factors = [factor for factor in factors if factor.value != 1]
    else:
        sizes = [size for one, size in zip(wanted, sizes, strict=True) if one != -1 or len(wanted) == 2]
    if not sizes or len(factors) < len(sizes):
        return not sizes and not factors
    if len(sizes) == 1:
        return stands_for(factors, sizes[0])
    if not _comes_to(factors, prod(sizes)):
        return False  # as nearly always: nothing needs sorting
    heaps = range(len(sizes))
    return any(
        len(set(order)) == len(sizes)
        and all(
            stands_for([one for one, at in zip(factors, order, strict=True) if at == heap], sizes[heap])
            for heap in heaps
        )
        for order in product(heaps, repeat=len(factors))
    )


def _comes_to(factors: Sequence[Factor], size: float) -> bool:
    """Whether the product of typed factors may be a number, however they are sorted."""
    value = prod(factor.value for factor in factors)
    room = sum(factor.slack for factor in factors) + _MANY_EXACT
    return abs(size - value) <= (exp(room * (1 + room)) - 1) * value


def stands_for(factors: Sequence[Factor], size: float) -> bool:
    """Whether the product of typed factors equals a number, to the precision of their digits."""
    value = prod(factor.value for factor in factors)
    slack = sum(factor.slack for factor in factors)
    if len(factors) > 1:
        slack = min(slack, _MOST_OF_A_HEAP)
    return abs(value - size) <= (slack + EXACT) * max(value, _LEAST) * (1 + slack)


def right_outcome(place: Place) -> Outcome:
    """The factors of the right answer; None if it is not a product."""
    if isinstance(place, AtBranch):
        return (place.u, place.l) if place.right == place.u * place.l else (place.l,)
    if isinstance(place, AtNeuron):
        if place.is_weight:
            return [place.old, (place.rate, place.carries, place.d)]
        return (place.d,) if place.cancels else (place.a, place.s)
    return None


def one_too_many(terms: Sequence[Term], outcome: Outcome) -> Factor | None:
    """The one factor without which the input would be right."""
    for at, term in enumerate(terms):
        for number, factor in enumerate(term.factors):
            if len(term.factors) > 1 and factor.value != 1:
                rest = term._replace(factors=term.factors[:number] + term.factors[number + 1 :])
                for less in (rest, rest._replace(sign=-rest.sign)):
                    changed = [*terms[:at], less, *terms[at + 1 :]]
                    if _is_made_of(changed, outcome, with_ones=False):
                        return factor
    return None


def recognised(factor: Factor, known: Mapping[str, float]) -> str | None:
    """The name of a factor among known numbers; None if it matches none of them, or several."""
    if factor.is_name:
        return f"{factor.text}"
    found = [name for name, number in known.items() if stands_for([factor], abs(number))]
    return found[0] if found else None


def values_at(answer: Answer, points: Sequence[Solution]) -> list[float] | None:
    """A formula's values at points, with the true values for its names; None where it has no value."""
    found = []
    for point in points:
        try:
            found.append(evaluate(answer.steps, dict(zip(point.graph.names, point.values, strict=True))))
        except Fault:
            return None
    return found


def slack_of(answer: Answer) -> float:
    """The relative error allowed in a formula, given how its literals are rounded."""
    slacks = [
        _number(read_plain(step.text), "").factors[0].slack
        for step in answer.steps
        if step.kind == "number" and "." in step.text
    ]
    return sum(slacks) + EXACT
