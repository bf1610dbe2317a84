"""Simulated students: each knows some skills, guesses and slips at times, and may hold one misconception."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import chain, count
from pathlib import Path
from unittest.mock import patch

from backprop_tutor.cli.review import pool_of
from backprop_tutor.course.catalogue import load_catalogued, outlines
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.index import About
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.gate import COMMON
from backprop_tutor.engine.gates import GATES
from backprop_tutor.errors import TutorError
from backprop_tutor.records import review
from backprop_tutor.records.review import Item, due_now, items
from backprop_tutor.records.sittings import Entry, Logged, circuit_of, moment, numbers_of
from backprop_tutor.records.skills import skill_of
from backprop_tutor.records.summary import Summary
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.table import MISTAKES, edits_at
from backprop_tutor.tutor.session import Session

GUESSES, SLIPS = 0.05, 0.05
SECONDS = 25
START = 1_767_225_600_000
"""The first of January 2026, in milliseconds since 1970."""
_OF_GATES = {gate.wrong[0].id for gate in GATES.values()}
_COMMON = {
    id_ for place in ("branch", "fork", "delta", "update") for id_, edit in edits_at(place) if edit.often == COMMON
}
_SELDOM = {"kept-activation-derivative", "forgot-an-output"}  # one exercise of the catalogue shows them, out of many
PLANTED = [id_ for id_ in MISTAKES if id_ in (_OF_GATES | _COMMON) - _SELDOM and skill_of(id_)]
"""The likeliest mistake of each gate, and those that are common elsewhere."""


class Student:
    """Answers like somebody who knows everything except for one planted mistake. Seeded."""

    def __init__(self, mistake: str | None, seed: int, guesses: float = GUESSES, slips: float = SLIPS) -> None:
        self.mistake = mistake
        self.random = random.Random(f"{mistake}:{seed}")
        self.guesses, self.slips = guesses, slips
        self.made_it = False  # the last answer came from the planted mistake

    @property
    def skill(self) -> str | None:
        """The skill that the planted mistake counts against, if it does not depend on the question."""
        return None if self.mistake is None else skill_of(self.mistake)

    def answer(self, session: Session) -> str:
        """What the student types at the open question."""
        key, question = session.key, session.question
        assert question is not None
        self.made_it = False
        if question.stage == "graph":
            return written(session.exercise.graph)
        if question.stage == "symbolic":
            formula = question.kind.model_answer(question, key)
            assert formula is not None
            return f"{formula} - 0.7" if self.random.random() < self.slips else formula
        right = key.number(question)
        if self.random.random() < self.slips:
            return repr(right * self.random.choice((-3.7, 0.31, 1.7, 2.6)) + self.random.choice((-0.7, 0.7)))
        wrong = self._mistaken(session)
        if wrong and self.random.random() >= self.guesses:
            self.made_it = True
            return repr(self.random.choice(wrong))
        return repr(right)

    def _mistaken(self, session: Session) -> list[float]:
        if (
            self.mistake is None
            or session.question is None
            or session.question.stage in ("graph", "forward", "symbolic")
        ):
            return []
        edits = session.key.edits.of(session.question)
        made = zip(edits.rows, edits.numbers, edits.is_right, strict=True)
        return [
            number for row, number, is_right in made if row.id == self.mistake and number is not None and not is_right
        ]


class Pupil:
    """A student with the tutor's record of them."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self.summary = Summary()
        self.now = START
        self.asked = 0
        self.showed_it = False  # a wrong answer came from the planted mistake

    def ask(self, item: Item) -> None:
        """One question, one answer, one line of the log."""
        session = Session(item.exercise._replace(stages=(item.question.stage,)))
        session.position = next(
            n for n, question in enumerate(session.questions) if question.target == item.question.target
        )
        reply = session.answer(self.student.answer(session))
        self.showed_it |= self.student.made_it and reply.outcome is Outcome.WRONG
        self.asked += 1
        self.now += SECONDS * 1000
        entry = Entry(
            self.now, "answer", item.question.stage, item.question.target, " ".join(item.skills), "",
            reply.outcome.value,
            " ".join(reply.diagnoses), seconds=float(SECONDS),
        )  # fmt: skip
        self.summary.add(Logged(self.asked, "review", item.exercise.id, entry))

    @property
    def weakest(self) -> str | None:
        """The weakest skill, according to the record."""
        return next(iter(self.summary.by_weakness()), None)


@cache
def _course() -> dict[Path, About]:
    return {path: about for path, about in outlines().items() if not load_once(path).is_array}


load_once = cache(load_catalogued)


_items: dict[str, list[Item]] = {}


def _items_once(exercise: Exercise) -> list[Item]:
    """The questions of an exercise at its numbers, for whichever student they come up: they are the same for all."""
    key = f"{exercise.id} {exercise.stages} {_numbers(exercise)}"
    if key not in _items:
        _items[key] = items(exercise)
    return _items[key]


class Tutor:
    """Asks from the built-in course, and the circuits that `review` generates, at numbers that are always new."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        # Read once for all tutors.
        with patch("backprop_tutor.cli.review.outlines", _course), patch.object(review, "items", _items_once):
            self.pool = pool_of(self._seen)

    def _seen(self, exercise: Exercise) -> bool:
        return _numbers(exercise) in self.asked

    def next(self, pupil: Pupil) -> Item | None:
        """The question that a review would choose if skills never met were due as well."""
        skills, summary = self.pool.skills, pupil.summary
        new = [skill for skill in skills if skill not in summary.skills]
        wanted = [*due_now(summary, skills, moment(pupil.now)), *new]
        with patch.object(review, "items", _items_once):
            return self.pool.choose({skill: 1.5 - summary.mastery_of(skill) for skill in wanted})

    def by_review(self, pupil: Pupil) -> Iterator[int]:
        """Asks question after question, until nothing is due and everything was asked; returns how many were asked."""
        while (item := self.next(pupil)) is not None:
            self.ask(pupil, item)
            yield pupil.asked

    def by_reviews(self, pupil: Pupil) -> Iterator[int]:
        """One review after another, with the student coming back when told; returns how many questions were asked."""
        while True:
            yield from self.by_review(pupil)
            due = pupil.summary.next_due()
            assert due is not None
            pupil.now = max(pupil.now, round(due.timestamp() * 1000))

    def ask(self, pupil: Pupil, item: Item) -> None:
        """One question, whose numbers do not come again."""
        pupil.ask(item)
        self.asked.add(_numbers(item.exercise))
        with patch.object(review, "items", _items_once):
            self.pool.asked(item)

    def in_order(self, pupil: Pupil) -> Iterator[int]:
        """Every question of every exercise in the order of the course, at its own numbers, then again at others;
        returns how many were asked."""
        for seed in chain([None], count(1)):
            for exercise in map(load_once, _course()):
                with suppress(TutorError):
                    for item in items(variant(exercise, seed)):
                        pupil.ask(item)
                        yield pupil.asked


def _numbers(exercise: Exercise) -> str:
    return f"{circuit_of(exercise)}{numbers_of(exercise.values)}"
