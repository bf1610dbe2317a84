"""Students that are simulated: each knows some skills, guesses and slips at times, and may hold one mistake."""

from __future__ import annotations

import random
from dataclasses import replace

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.entries import Entry, Logged
from backprop_tutor.records.review import Item
from backprop_tutor.records.skills import FAILED
from backprop_tutor.records.summary import Summary
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.misconceptions import MISTAKES, mistakes_in, predictions
from backprop_tutor.tutor.session import Session

GUESSES, SLIPS = 0.05, 0.05
SECONDS = 25
START = 1_767_225_600_000
"""The first of January 2026, in milliseconds since 1970."""
PLANTED = [id_ for id_ in MISTAKES if FAILED[id_] is not None]
"""Every mistake that names a skill."""
_SQUARED = ["ep = tp - p", "eq = tq - q", "f = 0.5*(ep**2 + eq**2)"]
_ENTROPY = ["lp = tp*log(p) + (1 - tp)*log(1 - p)", "lq = tq*log(q) + (1 - tq)*log(1 - q)", "f = -(lp + lq)"]
_RANGES = "from: 0.5, to: 3.5, step: 0.25"


def course() -> list[Exercise]:
    """A small course: one circuit a gate in the table's order, then two with forks; all with ranges."""
    found = []
    for gate in GATES.values():
        constant = 3.0 if gate.has_constant else None
        line = gate.written(("p", "d")[: gate.arity], constant)
        found.append(_exercise(gate.name, f"p = a*b\nq = {line}\nf = q*c", "abcd" if gate.arity == 2 else "abc", gate.kink != ""))
    found += [_network("squared", _SQUARED), _network("entropy", _ENTROPY)]
    found.append(_exercise("fork-2", "p = x*y\nq = x + z\nf = p*q", "xyz", False))
    found.append(_exercise("fork-3", "p = x*y\nq = x*z\nr = p + q\nf = r*x", "xyz", False))
    return found


def _exercise(id_: str, graph: str, inputs: str, signed: bool) -> Exercise:
    ranges = _RANGES.replace("0.5, to", "-3.5, to") if signed else _RANGES
    lines = "\n".join(f"  {line}" for line in graph.split("\n"))
    numbers = "\n".join(f"  {name}: {{{ranges}}}" for name in inputs)
    return read_exercise(f"title: {id_}\nstages: [forward, local, backward]\ngraph: |\n{lines}\ninputs:\n{numbers}\n", id_, trusted=True)


def _network(id_: str, loss: list[str]) -> Exercise:
    """A hidden neuron that feeds two, so that with one loss or the other every mistake of an update can be made."""
    graph = ["Xh = a*x - b", "h = sigmoid(Xh)", "Xp = c*h - d", "p = sigmoid(Xp)", "Xq = u*h - v", "q = sigmoid(Xq)"]
    lines = "".join(f"  {line}\n" for line in [*graph, *loss])
    numbers = "".join(f"  {name}: {{from: 0.5, to: 2.5, step: 0.25}}\n" for name in "abcdxuv") + "  tp: 0\n  tq: 1\n"
    keys = "neurons: {h: Xh, p: Xp, q: Xq}\nupdate: {rate: 2, nodes: [a, b, c, d]}\nstages: [delta, update]\n"
    return read_exercise(f"title: {id_}\n{keys}graph: |\n{lines}inputs:\n{numbers}", id_, trusted=True)


class Student:
    """Answers as one who knows everything, but for one planted mistake. Seeded."""

    def __init__(self, mistake: str | None, seed: int, guesses: float = GUESSES, slips: float = SLIPS) -> None:
        self.mistake = mistake
        self.random = random.Random(f"{mistake}:{seed}")
        self.guesses, self.slips = guesses, slips

    @property
    def skill(self) -> str | None:
        """The skill that the planted mistake speaks against, where it does not depend on the question."""
        return None if self.mistake is None else FAILED[self.mistake]

    def answer(self, session: Session) -> str:
        """What the student types at the open question."""
        marker, question = session.marker, session.question
        assert question is not None
        right = marker.expected(question)
        if self.random.random() < self.slips:
            return repr(right * self.random.choice((-3.7, 0.31, 1.7, 2.6)) + self.random.choice((-0.7, 0.7)))
        wrong = self._mistaken(session)
        if wrong and self.random.random() >= self.guesses:
            return repr(self.random.choice(wrong))
        return repr(right)

    def _mistaken(self, session: Session) -> list[float]:
        if self.mistake is None or session.question is None or session.question.stage == "forward":
            return []
        case = session.marker.cases(session.question, Carrying(session.solution))[0]
        if self.mistake == "shared-at-max":
            case = case._replace(partner=case.upstream * 0.5)
        mistake = MISTAKES[self.mistake]
        return predictions(mistake, case) if mistake in mistakes_in(case) else []


class Pupil:
    """A student with the tutor's record of them."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self.summary = Summary()
        self.now = START
        self.asked = 0

    def ask(self, item: Item) -> None:
        """One question, one answer, one line of the log."""
        session = Session(replace(item.exercise, stages=(item.question.stage,)))
        session.position = next(n for n, question in enumerate(session.questions) if question.target == item.question.target)
        reply = session.answer(self.student.answer(session))
        self.asked += 1
        self.now += SECONDS * 1000
        entry = Entry(
            self.now, "answer", item.question.stage, item.question.target, " ".join(item.skills), "", reply.outcome.value,
            " ".join(reply.diagnoses), seconds=float(SECONDS),
        )  # fmt: skip
        self.summary.add(Logged(self.asked, self.asked, "review", item.exercise.id, entry))

    @property
    def weakest(self) -> str | None:
        """The weakest skill, as the record has it."""
        return next(iter(self.summary.by_weakness()), None)
