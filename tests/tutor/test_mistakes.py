"""A mistake is one row: a new one is named, explained and counted against its skill without further code; and each row
of the tables is named where it is made."""

from __future__ import annotations

import json
import math
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.gate import COMMON, RARE, USUAL, VALUE, Gate, Wrong
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.skills import failed
from backprop_tutor.text import ascii_text
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.gate_rules import GATE_RULES
from backprop_tutor.tutor.mistakes.mistake import FORK, GATE, STAGE, UPSTREAM, Mistake
from backprop_tutor.tutor.mistakes.outcomes import NOT_CARRIED
from backprop_tutor.tutor.mistakes.table import MISTAKES, edits_at
from backprop_tutor.tutor.mistakes.words import sentences
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.backward import BACKWARD
from backprop_tutor.tutor.stages.stage import Question
from tests.benchmarks.diagnosis import in_full
from tests.full import times
from tests.networks import random_nets
from tests.shipped import numbers
from tests.strategies import random_circuit
from tests.tutor.classroom import exercise_of, one, with_graph

ANSWERS = "backward: {g7: 0.53, g6: -5.3, g5: 0.37, w0: 0.4}"
PLACES = {
    "source", "gate", "member", "loss", "output", "top", "factor", "factors", "holding", "enough", "symbol", "signs",
    "written", "kind", "Kind", "wrong", "other", "value", "slope", "branches", "neuron", "net", "rule", "square",
    "rate", "step", "convention", "asked",
}  # fmt: skip
"""What a sentence may speak of."""
ENOUGH = times(2, 3)
"""The number of circuits in which each row is planted."""


@pytest.fixture
def with_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with one more row: the square root's local gradient turned upside down."""
    row = Wrong("sqrt-upside-down", "2*out", USUAL)
    root = GATES["sqrt"]
    monkeypatch.setitem(GATES, "sqrt", root._replace(wrong=(*root.wrong, row)))
    saying = Mistake(row.id, GATE, "[turned|turn] the local gradient upside down", "It is 1 over twice the root")
    monkeypatch.setitem(MISTAKES, row.id, saying)


@pytest.mark.usefixtures("with_row")
def test_a_mistake_is_one_row() -> None:
    exercise = with_graph("q = x*y\nr = sqrt(q)\nf = 1.7*r", {"x": 2.3, "y": 0.9})
    verdict = one(exercise, "backward", "q", repr(1.7 * 2 * math.sqrt(2.3 * 0.9)))
    assert verdict.diagnoses == ("sqrt-upside-down", "divided-by-local")  # which is the same here
    assert verdict.message == "You turned the local gradient upside down. It is 1 over twice the root."
    assert failed(verdict.diagnoses, ("backward", "sqrt", UPSTREAM)) == [("sqrt", UPSTREAM)]
    sign = one(exercise, "backward", "q", repr(-1.7 * 2 * math.sqrt(2.3 * 0.9)))
    assert sign.diagnoses == ("sqrt-upside-down+sign-flipped",)


def test_a_mistake_with_arrays_is_one_row_and_its_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    row, product = Wrong("third-of-it", "right/3", COMMON), ARRAY_GATES["matmul"]
    monkeypatch.setitem(ARRAY_GATES, "matmul", product._replace(wrong=(*product.wrong, row)))
    saying = Mistake(row.id, GATE, "[took|take] a third of it", "A product shares nothing")
    monkeypatch.setitem(OF_ARRAYS, row.id, saying)
    text = "title: T\ngraph: |\n  q = W @ x\n  f = sum(q^2)\ninputs: {W: [[1, 2], [3, -1]], x: [2, 0.5]}"
    exercise = variant(read_exercise(f"{text}\nstages: [backward]\n", "mine"), None)
    verdict = one(exercise, "backward", "x", "[13 0.3333]")  # of [39 1]
    assert verdict.diagnoses == ("third-of-it",)
    assert verdict.message == "No entry is right. You took a third of it. A product shares nothing."
    assert failed(verdict.diagnoses, ("backward", "matmul")) == [("matmul",)]


def test_every_wrong_rule_has_its_sentences_and_every_sentence_its_rule() -> None:
    assert {wrong.id for gate in GATES.values() for wrong in gate.wrong} == set(GATE_RULES)
    assert set(GATE_RULES) <= set(MISTAKES)
    for gate in GATES.values():
        assert any(wrong.slot != VALUE for wrong in gate.wrong), gate.name
        assert all(wrong.often in (COMMON, USUAL, RARE) for wrong in gate.wrong)


def test_every_row_says_something_and_what_it_speaks_against() -> None:
    for id_, row in MISTAKES.items():
        assert row.id == id_
        assert row.did
        for text in (row.did, row.holds):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= PLACES, row
            assert not text.endswith("."), row
        assert row.did.startswith("[") or row.did == "{square}", row  # "You kept", "Did you keep"
        assert row.skill in {None, UPSTREAM, FORK, GATE, STAGE}


def rows() -> set[tuple[str, str]]:
    """Every row of every table: the id, and the kind of gate or place."""
    found = {
        (wrong.id, f"{gate.name} {'value' if wrong.slot == VALUE else 'slope'}")
        for gate in GATES.values()
        for wrong in gate.wrong
    }
    places = ("branch", "local", "fork", "output", "forward", "error", "delta", "update")
    found |= {(id_, place) for place in places for id_, _ in edits_at(place)}
    return found | {(id_, "update") for id_, _ in edits_at("delta") if id_ not in NOT_CARRIED}


def row_of(edits: Edits, number: int) -> tuple[str, str]:
    row, gate = edits.rows[number], getattr(edits.place, "gate", None)
    if isinstance(gate, Gate) and any(wrong.id == row.id for wrong in gate.wrong) and number < len(gate.wrong):
        return row.id, f"{gate.name} {'value' if edits.kind == 'forward' else 'slope'}"
    return row.id, edits.kind


def circuits() -> Iterator[Exercise]:
    """Circuits with every kind of gate and every stage: random ones, random networks, those of the catalogue."""
    stages = ("forward", "local", "backward")
    for seed in range(240):
        yield exercise_of(random_circuit(Random(seed), 1 + seed % 6, separated=True), stages)
    for net in random_nets(12, separated=True, width=3, seed=2000):
        soft = {name: 0.2 + 0.6 * number for name, number in net.numbers.items() if name.startswith("yd")}
        yield replace(net, numbers=net.numbers | soft).exercise()  # a desired 0 or 1 hides mistakes
    for id_ in sorted(numbers()):
        yield from (variant(find(id_), seed) for seed in ((None, 1, 2) if has_ranges(find(id_)) else (None,)))


def questions_of(exercise: Exercise) -> Iterator[Question]:
    """What is asked for, and the gradient of the output, which may be answered."""
    yield from (question for question in questions(exercise) if question.kind.is_number)
    yield from BACKWARD.beside(exercise, exercise.graph)


def planted(edits: Edits, number: int, attempt: Attempt, question: Question) -> Answer | None:
    """The answer that a row leads to, with four digits; None where it is not wrong or another function of the inputs
    leads to it too."""
    value = edits.numbers[number]
    if value is None or edits.is_right[number]:
        return None
    answer = attempt.read(question, in_full(value, 4, edits.old))
    if answer.value == edits.old != 0:
        return None  # that it is the old weight is said without a row
    room = max(0.5 * answer.unit, 1e-9 * abs(value)) if value else 0.0
    alone = len({edits.functions[entry.row] for entry in edits.near(value, room)}) == 1
    return answer if alone and attempt.judge(question, answer).outcome is Outcome.WRONG else None


def test_each_row_is_said_first_on_the_first_circuits_where_it_can_be_made() -> None:
    left = dict.fromkeys(rows(), ENOUGH)
    for exercise in circuits():
        key, seen = AnswerKey(exercise), set[tuple[str, str]]()
        for question in questions_of(exercise):
            edits, attempt = key.edits.of(question), Attempt(key, is_guided=True)
            for number in range(len(edits.numbers)):
                row = row_of(edits, number)
                answer = planted(edits, number, attempt, question) if left[row] and row not in seen else None
                if answer is not None:
                    seen.add(row)
                    readings = attempt.diagnose(question, answer)
                    said = readings[0].ids if readings else ()
                    assert row[0] in said, (row, exercise.graph_text, question.target, answer.text, said)
                    message = sentences(readings, question, key, edits)
                    assert not any(part in message for part in "[]{}|"), message
                    assert "None" not in message
                    assert ascii_text(message).isascii()
        left = {row: count - (row in seen) for row, count in left.items()}
        if not any(left.values()):
            return
    assert not {row: count for row, count in left.items() if count}


def test_each_row_is_said_first_where_a_weight_stays_as_it_is() -> None:
    """Before a neuron whose ReLU is dead, and after it: every gradient is 0."""
    net = variant(find("xor-relu"), None)
    key = AnswerKey(net._replace(values=net.values | {"t3": 1.2}))
    made = set[tuple[str, str]]()
    for question in key.asked("update"):
        edits, attempt = key.edits.of(question), Attempt(key, is_guided=True)
        for number, row in enumerate(edits.rows if key.number(question) == edits.old else ()):
            answer = planted(edits, number, attempt, question)
            if answer is not None:
                made.add((question.target, row.id))
                assert row.id in attempt.diagnose(question, answer)[0].ids, (row, question.target, answer.text)
    assert len({target for target, _ in made}) == 4
    assert {"forgot-activation-derivative", "forgot-delta", "forgot-input", "gave-step"} <= {id_ for _, id_ in made}


def test_sentences_are_said_when_docstrings_are_stripped() -> None:
    command = ["-m", "backprop_tutor", "check", "sigmoid", "-", "--format", "json"]
    plain, stripped = (
        json.loads(
            subprocess.run([sys.executable, *flags, *command], input=ANSWERS, capture_output=True, text=True).stdout
        )
        for flags in ([], ["-OO"])
    )
    assert stripped == plain
    assert all(verdict["message"] for verdict in stripped["verdicts"] if verdict["verdict"] == "wrong")


def test_no_message_asks_the_same_thing_twice() -> None:
    """Two digits fit several rows, some of which are said alike: two upstream gradients that are one too many."""
    said = 0
    for id_ in sorted(numbers())[:: times(4, 1)]:
        key = AnswerKey(variant(find(id_), None))
        for question in questions_of(key.exercise):
            edits, attempt = key.edits.of(question), Attempt(key, is_guided=True)
            for value in {number for number in edits.numbers if number is not None}:
                answer = attempt.read(question, f"{value:.2g}")
                readings = attempt.diagnose(question, answer)
                message = sentences(readings, question, key, edits) if len(readings) > 1 else ""
                asked = re.split(r",? or did you |did you |\?", message, flags=re.IGNORECASE)[1:3]
                assert len(set(asked)) == len(asked), (id_, question.target, answer.text, message)
                said += len(readings) > 1
    assert said > 50
    alike = one(variant(find("logistic-loss"), None), "backward", "g1", "0.5")
    assert alike.message.count("multiply by one upstream gradient too many") == 1
