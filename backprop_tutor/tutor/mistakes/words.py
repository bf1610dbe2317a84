"""Readings as sentences about this gate and these numbers: stated if certain, asked if not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from math import isclose
from typing import TYPE_CHECKING, Final

from backprop_tutor.engine.formatting import formula, shown
from backprop_tutor.engine.gate import EVERY, USUAL, VALUE, Gate
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.mistake import FORK, LOCAL, is_same
from backprop_tutor.tutor.mistakes.places import (
    AtBranch,
    AtFork,
    AtNeuron,
    AtValue,
    BranchSpot,
    ErrorSpot,
    NeuronSpot,
    Place,
    PlainSpot,
    ValueSpot,
)  # fmt: skip
from backprop_tutor.tutor.mistakes.rows import numbers_of
from backprop_tutor.tutor.mistakes.table import MISTAKES, edits_at

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.mistakes.matching import Reading
    from backprop_tutor.tutor.stages.stage import Question

_TWO_FORMS: Final = re.compile(r"\[([^|\]]+)\|([^\]]+)\]")
_FORMULA: Final = re.compile(
    r"[Dd]erivative|local gradient of tanh|sigmoid's local|\)' = |\{rule\}|\{step\}|\{convention\}"
)
"""Rules that give away a formula: that belongs to a hint, not to the first reason."""
_MOST_SLIPS: Final = 2
_MOST: Final = 1_000
"""How many formulas and places are remembered: a class repeats the same ones again and again."""


_PRODUCT: Final = "Multiply the upstream gradient by the local gradient alone"
_ALONE: Final = "A local gradient is of its gate alone"


class Holds(Enum):
    """How much of the right rule is said: nothing, only what gives no derivative away, or all of it."""

    NONE = 0
    WORDS = 1
    ALL = 2


def sentences(
    readings: Sequence[Reading], question: Question, key: AnswerKey, edits: Edits, holds: Holds = Holds.ALL
) -> str:
    """The readings in words: what the student did and, for a single reading, what holds instead."""
    about = holds.value, *[_about(one) for one in readings]
    said = edits.said.get(about)
    if said is None:
        said = _sentences(readings, question, key, edits, holds)
        if len(edits.said) < _MOST:
            edits.said[about] = said
    return said


def _about(reading: Reading) -> object:
    """What the sentence about a reading depends on."""
    ids, _, (_, _, _, _, member, each, further, of), place = reading
    return ids[0], reading.is_plain, member, each, further and further.branch, of, place and _said_of(place)


def _said_of(place: Place) -> object:
    """What a sentence may say of a place at numbers of the student's own; all else is true of every student."""
    if isinstance(place, AtBranch):
        return place.is_local, _signs_of(place)
    return _sign(place.right), isinstance(place, AtNeuron) and (place.old, place.rate)


def _sentences(readings: Sequence[Reading], question: Question, key: AnswerKey, edits: Edits, holds: Holds) -> str:
    first = readings[0]
    words = [_words(reading, question, key, edits) for reading in readings]
    pairs = list(zip(readings, words, strict=True))
    asked = dict.fromkeys(_did(reading, mine, 1) for reading, mine in pairs)
    places = dict.fromkeys(_place_of(reading, mine) for reading, mine in pairs)
    at = _place_of(first, words[0]) if len(asked) > 1 or len(places) == 1 else ""
    did = _did(first, words[0], 0) if first.is_plain else ""
    said = in_one(at, did, asked)
    rules = dict.fromkeys(_instead(reading, mine, holds) for reading, mine in pairs) if len(asked) == 1 else ()
    return " ".join([said, *rules]).rstrip() if len(rules) == 1 else said


def in_one(at: str, did: str, asked: Collection[str]) -> str:
    """What the student did, at a place or at none: stated if that is certain and the only reading, else asked."""
    said = f"you {did}." if did and len(asked) == 1 else f"did you {', or did you '.join(asked)}?"
    said = f"{at} {said}".lstrip()
    return f"{said[0].upper()}{said[1:]}"


def _place_of(reading: Reading, words: dict[str, str]) -> str:
    """Where the mistake happened, if that is further on."""
    name, _, at = reading.ids[0].partition("@")
    if not at:
        return ""
    if at == "all":
        return f"At every {words['kind']} gate,"
    return "Further on," if name == "one-branch-only" else f"Further on, at {at},"


def _did(reading: Reading, words: dict[str, str], form: int) -> str:
    ids = reading.ids[0].partition("@")[0].split("+")
    return " and ".join(_filled(MISTAKES[id_].did, words, form) for id_ in ids)


def _instead(reading: Reading, words: dict[str, str], holds: Holds) -> str:
    if holds is Holds.NONE:
        return ""
    texts = [MISTAKES[id_].holds for id_ in reading.ids[0].partition("@")[0].split("+")]
    said = dict.fromkeys(
        _filled(_begun(text), words, 0) for text in texts if holds is Holds.ALL or not _FORMULA.search(text)
    )
    return " ".join(f"{one}." for one in said if one)


def _begun(text: str) -> str:
    """A sentence with a capital letter, unless it begins with a name."""
    return text if text.startswith("{") else f"{text[:1].upper()}{text[1:]}"


def _filled(text: str, words: dict[str, str], form: int) -> str:
    return _TWO_FORMS.sub(lambda match: match[form + 1], text.format(**words))


def _line(written: str) -> str:
    """A gate as it is written, for people: w0 × x0."""
    return formula(written, times=" × ", folds=False)


def _words(reading: Reading, question: Question, key: AnswerKey, edits: Edits) -> dict[str, str]:
    """The names that the sentences about a reading may use."""
    spot, row, solution = edits.spot, reading.row, edits.solution
    place = reading.place or edits.place
    found = {
        "symbol": question.symbol,
        "asked": question.symbol if row.of or not question.kind.shows_upstream else "Its gradient",
        "source": row.of or question.node, "gate": question.node, "member": row.of,
        "loss": loss_of(question, key, reading.ids[0]), "output": key.graph.output_name,
        "top": shown(solution.upstream), "factor": row.of,
        "factors": row.of, "holding": _ALONE if isinstance(place, AtBranch) and place.is_local else _PRODUCT,
        "enough": "Two decimals or two significant digits are enough",
    }  # fmt: skip
    if row.further is not None:
        spot = BranchSpot(solution.graph, row.further.branch, is_local=False)
        place = spot.at(solution)
    if isinstance(spot, BranchSpot) and isinstance(place, AtBranch):
        found |= _of_branch(spot.graph, spot.branch, reading.ids[0], row.member)
        found["signs"] = _signs_of(place)
    elif isinstance(place, AtFork):
        found |= {"branches": str(len(place.flows)), "signs": f"It is {_sign(place.right)}"}
    elif isinstance(spot, ValueSpot) and isinstance(place, AtValue):
        names = solution.graph.node(spot.name).inputs
        found |= _of_gate(solution.graph, spot.name, place.gate, names, VALUE, reading.ids[0], row.member)
        found["source"] = spot.name if reading.ids[0] != "angle-in-degrees" else names[0]
        found["signs"] = f"It is {_sign(place.right)}"
    elif isinstance(spot, ErrorSpot):
        found |= {
            "source": spot.neuron, "neuron": spot.neuron,
            "signs": f"Here {key.network_words.signs}",
        }  # fmt: skip
    elif isinstance(spot, NeuronSpot | PlainSpot) and isinstance(place, AtNeuron):
        found |= _of_neuron(question, key, spot, place)
    if row.each in edits.names:
        found["member"] = edits.names[row.each][row.member]
    if row.of:
        found["source"] = row.of
    return found


def loss_of(question: Question, key: AnswerKey, id_: str = "") -> str:
    """What the gradients are of: the output itself, where a formula for it is asked for."""
    is_of_loss = question.kind.is_number or id_ == "derivative-of-loss"
    return key.exercise.loss if is_of_loss else key.graph.output_name


@lru_cache(_MOST)
def _of_branch(graph: Graph, branch: Branch, id_: str, member: int) -> dict[str, str]:
    node = graph.node(branch.gate)
    assert node.gate is not None
    found = _of_gate(graph, branch.gate, node.gate, node.inputs, branch.slot, id_, member)
    fed = len(graph.branches_from[branch.source])
    return found | {
        "source": branch.source, "other": node.inputs[1 - branch.slot] if len(node.inputs) > 1 else "",
        "slope": f"∂{branch.gate}/∂{branch.source}", "branches": str(fed),
    }  # fmt: skip


@lru_cache(_MOST)
def _of_gate(
    graph: Graph, name: str, gate: Gate, operands: tuple[str, ...], slot: int, id_: str, member: int
) -> dict[str, str]:
    """The words for a gate and one of its wrong rules; if several share an id, the one at this position of the slot."""
    kind = gate.name.replace("_", " ")
    article = "An" if kind[0] in "aeiou" else "A"
    id_ = id_.partition("@")[0].partition("+")[0]
    rules = [rule for rule, _ in gate.wrongly(slot)]
    wrong = rules[member] if 0 <= member < len(rules) else None
    if wrong is None or wrong.id != id_:
        wrong = next((one for one in gate.wrong if one.id == id_ and (one.slot == VALUE) == (slot == VALUE)), None)
    written = ""
    if wrong is not None and " if " not in wrong.rule:
        constant = graph.constant(graph.index[name])
        written = _line(gate.formula(gate.seen_from(slot, wrong.rule), operands, name, constant))
    return {
        "gate": name, "written": _line(graph.node(name).written), "kind": kind, "Kind": f"{article} {kind} gate",
        "wrong": written,
    }  # fmt: skip


def _signs_of(place: AtBranch) -> str:
    if place.is_local:
        return f"The local gradient is {_sign(place.l)}"
    return f"A {_sign(place.u)} upstream gradient times a {_sign(place.l)} local gradient is {_sign(place.right)}"


def _sign(value: float) -> str:
    return "negative" if value < 0 else "positive" if value > 0 else "0"


def _of_neuron(question: Question, key: AnswerKey, spot: NeuronSpot | PlainSpot, place: AtNeuron) -> dict[str, str]:
    words, name = key.network_words, question.node
    found = {"rate": f"α = {abs(place.rate):g}", "signs": ""}
    if isinstance(spot, NeuronSpot):
        y = spot.neuron
        delta = words.delta(y)
        twos = (
            "[left|leave] out the 2 that comes down from the square: the loss has no ½"
            if isclose(place.factor, 2)
            else "[kept|keep] a factor of 2, which the ½ of the loss cancels"
        )
        found |= {
            "neuron": y, "holding": delta.in_letters, "net": words.neurons.named[y], "rule": delta.in_letters,
            "square": twos,
            "signs": f"Here {words.signs}",
        }  # fmt: skip
    if place.is_weight:
        update = words.update(name)
        found |= {
            "step": update.in_letters, "holding": update.in_letters,
            "convention": words.convention(name),
            "enough": "Four decimals show what a step changes", "source": name,
        }  # fmt: skip
    return found


def slips_at_gate(solutions: Sequence[Solution], name: str) -> list[str]:
    """What people often do wrong at a gate of a circuit, the most frequent first, if it gives a wrong number in one of
    the solutions: `multiply by x itself`."""
    graph = solutions[0].graph
    gate = graph.node(name).gate
    assert gate is not None
    found: dict[str, tuple[int, str]] = {}
    for branch in graph.branches_into(name):
        spot = BranchSpot(graph, branch, is_local=True)
        places = [spot.at(solution) for solution in solutions]
        columns = zip(*(numbers_of(place, LOCAL, 0.0) for place in places), strict=True)  # its own rules come first
        for member, ((wrong, _), numbers) in enumerate(zip(gate.wrongly(branch.slot), columns, strict=False)):
            pairs = zip(numbers, places, strict=True)
            if any(number is not None and not is_same(number, place.right) for number, place in pairs):
                words, did = _of_branch(graph, branch, wrong.id, member), MISTAKES[wrong.id].did
                is_of_slot = wrong.slot == EVERY and "{source}" in did and len(gate.slots) > 1  # right for the other
                did += " for {slope}" if is_of_slot else ""
                found.setdefault(wrong.id, (wrong.often, _filled(did, words, 1)))
    return _most_frequent(found.values())


def slips_at_fork(source: str) -> list[str]:
    """What people often do wrong at a fork, the most frequent first."""
    rows = [(id_, edit) for id_, edit in edits_at(FORK) if MISTAKES[id_].skill == FORK]
    slips = {id_: (edit.often, MISTAKES[id_].did) for id_, edit in rows if "{member}" not in MISTAKES[id_].did}
    return _most_frequent((often, _filled(did, {"source": source}, 1)) for often, did in slips.values())


def often_said(slips: Sequence[str]) -> str:
    """Frequent slips as one sentence; empty if there are none."""
    return f"Students often {', or '.join(slips)}." if slips else ""


def _most_frequent(slips: Iterable[tuple[int, str]]) -> list[str]:
    often = sorted((slip for slip in slips if slip[0] >= USUAL), key=lambda slip: -slip[0])
    return list(dict.fromkeys(did for _, did in often))[:_MOST_SLIPS]
