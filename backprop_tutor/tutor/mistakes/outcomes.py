"""The edits of a place as functions of its numbers: the result of each, and the numbers of all at once, which must be
fast for a whole class."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from math import isfinite, nan
from sys import maxsize
from typing import Any, Final

from backprop_tutor.engine.gate import USUAL, VALUE, Gate, substituted, words_of_rules
from backprop_tutor.tutor.mistakes.mistake import (
    BRANCH,
    DELTA,
    ERROR,
    FORK,
    FORWARD,
    LOCAL,
    OUTPUT,
    TENS,
    UPDATE,
    Edit,
    Outcome,
    family,
    subsets,
)
from backprop_tutor.tutor.mistakes.places import AtBranch, AtError, AtFork, AtNeuron, AtValue, Place
from backprop_tutor.tutor.mistakes.table import edits_at

NOT_CARRIED: Final = frozenset({"sign-flipped", "decimal-slip", "forgot-delta", "gave-value"})
"""Mistakes in a delta that count as different ones in a new weight."""
_FIELDS: Final = {
    BRANCH: AtBranch._fields, LOCAL: AtBranch._fields, FORK: AtFork._fields, OUTPUT: AtFork._fields,
    FORWARD: AtValue._fields, ERROR: AtError._fields, DELTA: AtNeuron._fields, UPDATE: AtNeuron._fields,
}  # fmt: skip
_FAMILIES: Final = {
    "tens": repr(TENS),
    "near": "(*operands, out)",
    "subsets of flows": "[some for some, _ in subsets(flows)]",
    "subsets of terms": "[some for some, _ in subsets(terms)]",
    "mul": "[one for one in meetings if one.kind == 'mul']",
    "div": "[one for one in meetings if one.kind == 'div']",
}
"""The members of a family as a formula; any other name is a field of the place."""
_WORDS: Final[dict[str, object]] = {"len": len, "zip": zip, "subsets": subsets, "nan": nan}
_WORD: Final = re.compile(r"[a-z_]+")
_MEMBER: Final = re.compile(r"\bk\b")
_MOST: Final = 1_000


def _evaluated(text: str) -> Callable[..., Any]:
    found: Callable[..., Any] = eval(text, _words_in(text))  # noqa: S307  our own tables, nothing else
    return found


def _executed(text: str) -> Callable[..., Any]:
    """The function `make` that a text defines."""
    words = _words_in(text)
    exec(text, words)  # noqa: S102  our own tables, nothing else
    return words["make"]  # type: ignore[no-any-return]


def _words_in(text: str) -> dict[str, Any]:
    return {"__builtins__": {}, **words_of_rules(text), **_WORDS}


@lru_cache(_MOST)
def outcome_of(kind: str, edit: Edit) -> Callable[..., Outcome]:
    """The result of an edit, as a function of the fields of a place and, if it has a family, of its member."""
    member = ", k" if edit.each else ""
    return _evaluated(f"lambda {', '.join(_FIELDS[kind])}{member}: {edit.outcome}")


@lru_cache(_MOST)
def _as_number(text: str) -> str:
    """The source text of an outcome's number: the product of a tuple of factors, the sum of a list, nan for None."""
    return _number_at(ast.parse(text, mode="eval").body, text)


def _number_at(node: ast.expr, text: str) -> str:
    """The same for a part, cut out of the text, since ast.unparse is too slow for a first wrong answer."""
    if isinstance(node, ast.Tuple):
        is_spread = any(isinstance(part, ast.Starred) for part in node.elts)
        return f"prod({_cut(node, text)})" if is_spread else "*".join(f"({_cut(part, text)})" for part in node.elts)
    if isinstance(node, ast.List):
        parts = [_cut(part, text) if isinstance(part, ast.Starred) else _number_at(part, text) for part in node.elts]
        return f"fsum([{', '.join(parts)}])"
    if isinstance(node, ast.ListComp):
        return f"fsum({_cut(node, text)})"
    if isinstance(node, ast.IfExp):
        return f"({_number_at(node.body, text)} if {_cut(node.test, text)} else {_number_at(node.orelse, text)})"
    return "nan" if isinstance(node, ast.Constant) and node.value is None else f"({_cut(node, text)})"


def _cut(node: ast.expr, text: str) -> str:
    return text[node.col_offset : node.end_col_offset]


def _gate_rules(kind: str, gate: Gate, slot: int, ids: frozenset[str] | None) -> list[str]:
    """The numbers of the gate's own wrong rules."""
    value = kind == FORWARD
    words = {"c": "constant", **({"out": "right"} if value else {})}
    if value or gate.arity > 1:
        words |= {name: f"operands[{number}]" for number, name in enumerate(gate.slots)}
    found = []
    for wrong, _ in gate.wrongly(slot):
        if ids is None or (wrong.id in ids and wrong.often >= USUAL):
            rule = substituted(gate.seen_from(slot, wrong.rule), words)
            found.append(f"u*({rule})" if kind == BRANCH else f"({rule})")
    return found


Changed = tuple[frozenset[str], ...]
"""Groups of fields of a place: only edits that read a field of every group are searched."""
EVERYTHING: Final[Changed] = ()
Search = Callable[..., list[tuple[float, int]]]
"""A function of the numbers that a student may have of their own at a place, `own_fields`, and of two more. It finds
the edits whose number lies between the two, each with its row, and raises an ArithmeticError, a ValueError or a
TypeError if any edit's number cannot be computed."""
_OF_A_GATE: Final = ("right", "u", "l", "x", "out", "operands", "other")


def _parts(kind: str, gate: Gate | None, slot: int, plain: bool) -> list[tuple[str, str]]:
    """The source text of the number of each edit of a kind of place, in the order of its rows, with its family."""
    parts = [] if gate is None else [(rule, "") for rule in _gate_rules(kind, gate, slot, None)]
    return parts + [(number, edit.each) for _, edit, number in _edits(kind, plain, None)]


def _tuple_of(parts: Iterable[tuple[str, str]]) -> str:
    """The source text of the numbers of some edits."""
    texts = [f"*[{number} for k in {_FAMILIES.get(each, each)}]" if each else number for number, each in parts]
    return f"({''.join(f'{text}, ' for text in texts)})"


@lru_cache(_MOST)
def _numbers_of(kind: str, gate: Gate | None, slot: int, plain: bool) -> Callable[..., tuple[float, ...]]:
    """The numbers of all edits of a kind of place, as a function of the fields of the place. It raises whatever any of
    them raises."""
    return _evaluated(f"lambda {', '.join(_FIELDS[kind])}: {_tuple_of(_parts(kind, gate, slot, plain))}")


@lru_cache(_MOST)
def _search_of(
    kind: str, gate: Gate | None, slot: int, plain: bool, changed: Changed
) -> tuple[Callable[..., Search], list[tuple[str, bool]]]:
    """What makes the search of these edits, given their rows and the other fields of the place; and for each edit of
    this kind of place its family, and whether it is searched.

    A class asks for so many searches that no list is made for a family whose members are known beforehand.
    """
    parts = _parts(kind, gate, slot, plain)
    known = {"tens": list(map(repr, TENS))}
    if gate is not None:
        known["near"] = [*(f"operands[{number}]" for number in range(gate.arity)), "out"]
    searched: list[tuple[str, str]] = []
    families: list[tuple[str, bool]] = []
    for number, each in parts:
        read = set(_WORD.findall(f"{number} {_FAMILIES.get(each, each)}"))
        is_searched = not any(names.isdisjoint(read) for names in changed)
        families.append((each, is_searched))
        if is_searched and each in known:
            searched += [(_MEMBER.sub(member, number), "") for member in known[each]]
        elif is_searched:
            searched.append((number, each))
    own = own_fields(kind)
    given = ", ".join(["rows", *(field for field in _FIELDS[kind] if field not in own)])
    lines = [f"def search({', '.join(own)}, least, most):", " found = []", *_tests_of(searched), " return found"]
    made = [f"def make({given}):", *(f" {line}" for line in lines), " return search"]
    return _executed("\n".join(made)), families


def _tests_of(searched: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The lines that find the edits whose numbers lie between two others: a test each, since a class comes by here more
    often than anywhere else, and a list of all the numbers takes twice as long."""
    test = "if least <= one <= most: found.append((one, rows[{}]))"
    start, place = "", 0
    for number, each in searched:
        if each:
            yield f" at = {start}{place}"
            yield f" for k in {_FAMILIES.get(each, each)}:"
            yield f"  one = {number}"
            yield f"  {test.format('at')}"
            yield "  at += 1"
            start, place = "at + ", 0
        else:
            yield f" one = {number}"
            yield f" {test.format(f'{start}{place}')}"
            place += 1


@lru_cache(_MOST)
def _some_numbers_of(
    kind: str, gate: Gate | None, slot: int, plain: bool, ids: frozenset[str]
) -> tuple[list[str], Callable[..., tuple[list[float], ...]]]:
    """The ids of some frequent mistakes, and a function of the fields of the place that gives their numbers."""
    found, parts = [], []
    if gate is not None:
        parts += [f"[{rule}]" for rule in _gate_rules(kind, gate, slot, ids)]
        found += [wrong.id for wrong, _ in gate.wrongly(slot) if wrong.id in ids and wrong.often >= USUAL]
    for id_, edit, number in _edits(kind, plain, ids):
        found.append(id_)
        parts.append(f"[{number} for k in {_FAMILIES.get(edit.each, edit.each)}]" if edit.each else f"[{number}]")
    return found, _evaluated(f"lambda {', '.join(_FIELDS[kind])}: ({''.join(f'{part}, ' for part in parts)})")


def _edits(kind: str, plain: bool, ids: frozenset[str] | None) -> Iterator[tuple[str, Edit, str]]:
    """The edits of a kind of place, each with the source text of its number."""
    for id_, edit in edits_at(kind):
        if ids is None or (id_ in ids and edit.often >= USUAL):
            yield id_, edit, _as_number(edit.outcome)
    for id_, edit in edits_at(DELTA) if kind == UPDATE and not plain else ():
        if id_ not in NOT_CARRIED and (ids is None or (id_ in ids and edit.often >= USUAL)):
            yield id_, edit, f"old + rate*carries*({_as_number(edit.outcome)})"


def _of_place(place: Place) -> tuple[Gate | None, int, bool]:
    if isinstance(place, AtBranch):
        return place.gate, place.slot, False
    return place.gate if isinstance(place, AtValue) else None, VALUE, isinstance(place, AtNeuron) and place.is_plain


def own_fields(kind: str) -> tuple[str, ...]:
    """The fields of a kind of place that may hold a student's own numbers."""
    return _OF_A_GATE if kind in (BRANCH, LOCAL) else _FIELDS[kind]


def search_of(place: Place, kind: str, changed: Changed) -> Search:
    """The search of the edits of a place that read what changed."""
    search, families = _search_of(kind, *_of_place(place), changed)
    own = own_fields(kind)
    others = [value for field, value in zip(_FIELDS[kind], place, strict=True) if field not in own]
    if not changed:
        return search(range(maxsize), *others)  # elsewhere, a family may have fewer members
    rows: list[int] = []
    first = 0
    for each, is_searched in families:
        last = first + (len(family(each, place)) if each else 1)
        rows += range(first, last) if is_searched else ()
        first = last
    return search(rows, *others)


def all_numbers(place: Place, kind: str) -> tuple[float, ...] | None:
    """The numbers of all edits of a place at once, nan where there is none; None if one of them cannot be computed."""
    try:
        found = _numbers_of(kind, *_of_place(place))(*place)
        return None if complex in map(type, found) else found
    except (ArithmeticError, ValueError, TypeError):
        return None


def some_numbers_of(
    place: Place, kind: str, ids: frozenset[str]
) -> tuple[list[str], Callable[..., tuple[list[float], ...]]]:
    """The ids of some frequent mistakes, and a function of the fields of a place that gives the numbers of each. It
    raises whatever any of them raises."""
    return _some_numbers_of(kind, *_of_place(place), ids)


def some_numbers(place: Place, kind: str, ids: frozenset[str]) -> list[tuple[str, float]] | None:
    """The numbers of some frequent mistakes, each with its id; None if one cannot be computed."""
    names, function = some_numbers_of(place, kind, ids)
    try:
        numbers = function(*place)
        return [(id_, number) for id_, some in zip(names, numbers, strict=True) for number in some if isfinite(number)]
    except (ArithmeticError, ValueError, TypeError):
        return None
