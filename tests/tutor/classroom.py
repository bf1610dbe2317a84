"""Exercises made from random circuits, answers handed in, and the tutor's verdicts by name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from random import Random
from unittest.mock import patch

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.tutor.marking import checker as marking
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict
from tests.full import times
from tests.shipped import numbers
from tests.strategies import Circuit, random_circuit

ALL = ("forward", "local", "backward")


def exercise_of(circuit: Circuit, stages: tuple[str, ...] = ("backward",)) -> Exercise:
    """An exercise about a random circuit."""
    choices = {name: Choice(value) for name, value in circuit.at.items()}
    return Exercise("random", "A random circuit", circuit.text, circuit.graph, choices, circuit.at, stages=stages)


def with_graph(graph: str, inputs: dict[str, float], stages: tuple[str, ...] = ("backward",)) -> Exercise:
    """An exercise of these lines, at these numbers."""
    choices = {name: Choice(value) for name, value in inputs.items()}
    return Exercise("own", "own", graph, read_graph(graph, list(inputs)), choices, inputs, stages=stages)


def shipped(stages: tuple[str, ...] = ("backward",)) -> list[Exercise]:
    """Every exercise of the catalogue at its own numbers, asked about these stages."""
    return [_shipped(id_, stages) for id_ in sorted(numbers())]


@cache
def _shipped(id_: str, stages: tuple[str, ...]) -> Exercise:
    return variant(find(id_), None)._replace(stages=stages)


@cache
def _random(seed: int, size: int, stages: tuple[str, ...]) -> Exercise:
    return exercise_of(random_circuit(Random(seed), size, separated=True), stages)


def of(id_: str, *stages: str) -> Exercise:
    """One exercise at its own numbers, asked about these stages, or about `backward`."""
    return variant(find(id_), None)._replace(stages=stages or ("backward",))


def a_class(count: int, full: int, stages: tuple[str, ...] = ("backward",), most: int = 10) -> list[Exercise]:
    """Every other shipped exercise and `count` seeded random circuits in which mistakes can be told apart; in the full
    form every exercise and `full` circuits."""
    circuits = (_random(seed, 1 + seed % most, stages) for seed in range(times(count, full)))
    return [*shipped(stages)[:: times(2, 1)], *circuits]


@lru_cache(maxsize=256)
def checker_of(exercise: Exercise) -> Checker:
    """The exercise's checker, which serves every student."""
    return Checker(exercise)


def check(exercise: Exercise, **stages: Mapping[str, str] | str) -> Result:
    """A submission marked."""
    return checker_of(exercise).check(submission_of(dict(stages)))


def scores_alone() -> AbstractContextManager[object]:
    """Within it nothing is said of what is marked: no mistake is looked for, and no verdict given."""
    return patch.object(marking._Marking, "verdicts", lambda *_: ())


def score(exercise: Exercise, **stages: Mapping[str, str] | str) -> float:
    """What a submission earns."""
    with scores_alone():
        return checker_of(exercise).check(submission_of(dict(stages)), words=False).score


def answered(result: Result) -> list[Verdict]:
    """The verdicts on what was answered."""
    return [verdict for verdict in result.verdicts if verdict.answer is not None]


def one(exercise: Exercise, stage: str, name: str, text: str) -> Verdict:
    """The verdict on a single answer."""
    (verdict,) = answered(check(exercise, **{stage: {name: text}}))
    return verdict


def is_right(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.RIGHT
