"""`review`: a session of what is due again, with fresh numbers."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.loops import Interactive, Piped
from backprop_tutor.cli.options import Plain, View

if TYPE_CHECKING:
    from datetime import datetime

    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.recorder import Recorder
    from backprop_tutor.records.review import Item
    from backprop_tutor.records.summary import Summary

Most = Annotated[int, typer.Option("--questions", metavar="N", min=1, help="At most so many questions.")]


def review(most: Most = 10, view: View = "auto", plain: Plain = False) -> None:
    """Review what is due, with fresh numbers.

    Each question is chosen for the skills that are due, or were never asked.
    """
    from backprop_tutor.cli.recording import recorder_for
    from backprop_tutor.cli.screen import Screen

    recorder = recorder_for(no_record=False)
    screen = Screen(plain)
    try:
        status = _Review(screen, recorder, view).run(most)  # type: ignore[arg-type]
    finally:
        recorder.close()
    raise typer.Exit(status)


class _One(Interactive):
    """One question by itself."""

    numbered = False
    introduces = False


class _First(_One):
    """The first one, which says what can be typed."""

    introduces = True


class _Review:
    """One review: a pool of questions at fresh numbers, of which the one that is worth most is asked next."""

    def __init__(self, screen: Screen, recorder: Recorder, view: str) -> None:
        self.screen, self.recorder, self.view = screen, recorder, view
        self.pool: list[Item] = []

    def run(self, most: int) -> int:
        """Asks until nothing is wanted any more; the exit status."""
        from backprop_tutor.records.review import choose, wanted

        exercises = self._fill()
        last: Item | None = None
        tested: set[str] = set()
        right = asked = 0
        while asked < most:
            summary, now = self._summary(), self.recorder.moment()
            skills = dict.fromkeys(skill for item in self.pool for skill in item.skills)
            item = choose(self.pool, wanted(summary, skills, now), last, tested)
            if item is None:
                break
            done = self._ask(item, asked + 1)
            if done is None:
                return self._end(right, asked, 1)
            asked, right, last = asked + 1, right + done, item
            tested.update(item.apart)
            self._renew(item.exercise, exercises)
        return self._end(right, asked, 0 if right == asked else 1)

    def _fill(self) -> dict[str, Exercise]:
        from backprop_tutor.course.catalogue import catalogue

        exercises = {exercise.id: exercise for exercise in catalogue()}
        for exercise in exercises.values():
            self._renew(exercise, exercises)
        return exercises

    def _renew(self, exercise: Exercise, exercises: dict[str, Exercise]) -> None:
        """Puts an exercise's questions into the pool at numbers that were never asked."""
        from backprop_tutor.records.review import VARIANTS, fresh, items

        self.pool = [item for item in self.pool if item.exercise.id != exercise.id]
        for drawn in fresh(exercises[exercise.id], self.recorder.has_asked, VARIANTS):
            self.pool += [item for item in items(drawn) if item.question.stage != "graph"]

    def _ask(self, item: Item, number: int) -> bool | None:
        """Asks one question, with all before it in its exercise given; whether it was right, None where the student leaves."""
        from backprop_tutor.show.practice import problem
        from backprop_tutor.tutor.session import RETRIES, Session
        from backprop_tutor.tutor.verdicts import Outcome

        asks = sys.stdin.isatty()
        session = Session(replace(item.exercise, stages=(item.question.stage,)), RETRIES if asks else 0)
        session.give_until(item.question.target)
        self.recorder.start(session, "review")
        loop = (_First if asks and number == 1 else _One if asks else Piped)(self.screen, self.recorder, self.view)
        self.screen.show()
        self.screen.show(problem(item.exercise, self.screen.width, f"Review, question {number}: "))
        start = session.position
        try:
            while session.position == start:
                if not loop.turn():
                    return None
        except (EOFError, KeyboardInterrupt):
            return None
        outcome = session.progress[start].outcome
        return outcome is Outcome.RIGHT

    def _summary(self) -> Summary:
        return self.recorder.summary()

    def _end(self, right: int, asked: int, status: int) -> int:
        from backprop_tutor.show.practice import come_back

        self.screen.show()
        self.screen.show(come_back(right, asked, self._when(), self.recorder.moment()))
        return status

    def _when(self) -> datetime | None:
        return self._summary().next_due()
