"""`review`: a session of what is due again, with fresh numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, NamedTuple

import typer

from backprop_tutor.authoring.circuits import BadRecipe, Recipe, generate
from backprop_tutor.cli.loops import Interactive, Piped, recorder_for
from backprop_tutor.cli.options import NoRecord, Plain, View
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.review import VARIANTS, Item, Pool, Seen, fresh
from backprop_tutor.show.practice import come_back, problem
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.table import FORK, UPSTREAM
from backprop_tutor.tutor.progress import RETRIES
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import WORDS, stages_of

_BESIDE: Final = ("mul", "add")
"""What a generated circuit has beside the gate that it is for."""
_SIZE: Final = (3, 4)
_MOST_SEEDS: Final = 50
Most = Annotated[int, typer.Option("--questions", metavar="N", min=1, help="At most so many questions.")]


def review(most: Most = 10, no_record: NoRecord = False, view: View = "auto", plain: Plain = False) -> None:
    """Asks what is due; the exit status is 1 where something was not right."""
    recorder = recorder_for(no_record)
    screen = Screen(plain)
    try:
        status = _Review(screen, recorder, view).run(most)
    finally:
        recorder.close()
    raise typer.Exit(status)


class _One(Interactive):
    """One question by itself."""

    numbered = False
    without = frozenset(("back",))

    def back(self) -> None:
        """There is no way back."""
        self.screen.show("In a review every question stands by itself.")


def _circuits(skill: str, seen: Seen) -> Iterator[Exercise]:
    """A generated circuit with a kind of gate, or one that asks for a stage: the first that was never asked."""
    gates = [skill] if skill in GATES else []
    recipe = Recipe((*gates, *(other for other in _BESIDE if other not in gates)), _SIZE, int(skill == FORK))
    for seed in range(1, _MOST_SEEDS):
        try:
            drawn = generate(recipe, seed)
        except BadRecipe:
            return
        drawn = replace(drawn, stages=(skill,)) if stages_of(skill) else drawn
        if not seen(drawn):
            yield drawn
            return


def pool_of(seen: Seen) -> Pool:
    """Every exercise at numbers that were not `seen`; for skills that none has (any more), generated circuits."""
    pool = Pool()
    for exercise in catalogue():
        pool.add(exercise.id, partial(fresh, exercise, seen, VARIANTS))
    exercised = pool.skills
    for skill in (*GATES, *WORDS, FORK, UPSTREAM):
        if skill not in exercised and all(stage.picture != "neurons" for stage in stages_of(skill)):
            pool.add(f"a circuit for {skill}", partial(_circuits, skill, seen))
    return pool


class _Review(NamedTuple):
    """One review: question after question out of the pool, the one that is worth most next."""

    screen: Screen
    recorder: Recorder
    view: str

    def run(self, most: int) -> int:
        """Asks until nothing is due any more; where nothing was, until everything was asked once. The exit status."""
        pool = pool_of(self.recorder.has_asked)
        new = not pool.has_due(self.recorder.summary(), self.recorder.moment())
        right = asked = 0
        while asked < most:
            item = pool.next(self.recorder.summary(), self.recorder.moment(), new)
            if item is None:
                break
            try:
                done = self._ask(item, asked + 1)
            except KeyboardInterrupt:
                self._end(right, asked, 130)
                return 130
            if done is None:
                return self._end(right, asked, 1)
            asked, right = asked + 1, right + (done is Outcome.RIGHT)
            pool.asked(item, skipped=done is Outcome.MISSING)
        return self._end(right, asked, 0 if right == asked else 1)

    def _ask(self, item: Item, number: int) -> Outcome | None:
        """Asks one question, with all before it given; what came of it, None where the student leaves."""
        asks = sys.stdin.isatty()
        session = Session(replace(item.exercise, stages=(item.question.stage,)), RETRIES if asks else 0)
        session.give_until(item.question.target)
        self.recorder.start(session, "review")
        loop = (_One if asks else Piped)(self.screen, self.recorder, self.view)
        loop.introduces = number == 1
        self.screen.show()
        self.screen.show(problem(item.exercise, self.screen.width, f"Review, question {number}: "))
        start = session.position
        try:
            while session.position == start:
                loop.turn()
        except EOFError:
            return None
        return session.progress[start].outcome

    def _end(self, right: int, asked: int, status: int) -> int:
        now = self.recorder.moment()
        self.screen.show()
        self.screen.show(come_back(right, asked, self.recorder.summary().next_due(), now))
        return status
