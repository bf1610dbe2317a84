"""A mistake is one row: one that is not in the table is named, explained and counted against its skill with no more
than that."""

from __future__ import annotations

import json
import math
import string
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backprop_tutor.course.exercise import STAGES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.skills import failed
from backprop_tutor.tutor.mistakes.diagnosis import read_anew
from backprop_tutor.tutor.mistakes.table import FORK, GATE, MISTAKES, STAGE, UPSTREAM, Mistake
from tests.tutor.classroom import one, with_graph

ANSWERS = "backward: {g7: 0.53, g6: -5.3, g5: 0.37, w0: 0.4}"
PLACES = {
    "source", "node", "value", "upstream", "local", "out", "gate", "rule", "terms", "branches", "signs", "enough",
    "neuron", "derivative", "square", "old", "step", "rate", "given", "convention",
}  # fmt: skip
"""What a sentence may speak of."""


@pytest.fixture
def with_row(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with a row more: the square root's local gradient turned upside down."""
    row = Mistake(
        id="sqrt-upside-down",
        group="gate",
        skill=GATE,
        stages=("local", "backward"),
        gates=("sqrt",),
        sentence="you turn the local gradient upside down: it is 1/(2*sqrt(x)), here {rule}",
        predict=lambda case: [2 * case.out],
    )
    monkeypatch.setitem(MISTAKES, row.id, row)
    read_anew()
    yield
    read_anew()


@pytest.mark.usefixtures("with_row")
def test_a_mistake_is_one_row() -> None:
    exercise = with_graph("q = x*y\nr = sqrt(q)\nf = 1.7*r", {"x": 2.3, "y": 0.9})
    verdict = one(exercise, "backward", "q", repr(1.7 * 2 * math.sqrt(2.3 * 0.9)))
    assert verdict.diagnoses == ("sqrt-upside-down",)
    assert (
        "if you turn the local gradient upside down: it is 1/(2*sqrt(x)), here 1/(2*sqrt(q)) = 0.35" in verdict.message
    )
    assert failed(verdict.diagnoses, ("backward", "sqrt", UPSTREAM)) == [("sqrt",)]
    sign = one(exercise, "backward", "q", repr(-1.7 * 2 * math.sqrt(2.3 * 0.9)))
    assert sign.diagnoses == ("sqrt-upside-down+sign-flipped",)


def test_every_row_says_where_it_is_made_what_it_speaks_against_and_something() -> None:
    for id_, row in MISTAKES.items():
        assert row.id == id_
        assert row.sentence
        assert {name for _, name, _, _ in string.Formatter().parse(row.sentence) if name} <= PLACES, row
        assert row.skill in {None, UPSTREAM, FORK, GATE, STAGE}
        assert set(row.gates or ()) <= set(GATES)
        assert set(row.stages) <= {*STAGES, "error", "output"}
        assert row.group in ("gate", "fork", "neuron", "weight", "chain", "writing")
        assert row.group != "gate" or row.skill == GATE


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
