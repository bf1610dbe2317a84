"""`practice --random`: one fresh circuit after another, harder with each one solved."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from backprop_tutor.authoring.recipe import Asked
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.recorder import Recorder

Random = Annotated[bool, typer.Option("--random", help="Fresh circuits without end, harder with each one solved.")]
Gates = Annotated[
    str | None,
    typer.Option("--gates", metavar="NAMES", help="Of --random: the kinds, add,mul,max.", show_default=False),
]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="N..M", help="Of --random: how many gates, 3..8 or 5.", show_default=False),
]
Forks = Annotated[
    int | None, typer.Option("--forks", metavar="N", help="Of --random: how many forks.", show_default=False)
]
Save = Annotated[
    str | None,
    typer.Option("--save", metavar="FILE", help="Of --random: write the circuit as an exercise.", show_default=False),
]


class Wish(NamedTuple):
    """The options of `--random` as they were typed."""

    gates: str | None = None
    size: str | None = None
    forks: int | None = None
    save: str | None = None

    def check_alone(self) -> None:
        """Without `--random` none of them means anything. Raises BadArguments."""
        from backprop_tutor.cli.chosen import BadArguments

        given = next((name for name, value in self._asdict().items() if value is not None), None)
        if given is not None:
            raise BadArguments(f"--{given} goes with --random.")


class Endless:
    """Circuits without end at a terminal; one from a pipe, or where it is saved."""

    def __init__(
        self, screen: Screen, recorder: Recorder, view: str, wish: Wish, seed: int | None, restart: bool
    ) -> None:
        from backprop_tutor.authoring.exercise_files import check_place
        from backprop_tutor.authoring.recipe import asked

        self.screen, self.recorder, self.view, self.wish = screen, recorder, view, wish
        self.asked: Asked = asked(wish.gates, wish.size, wish.forks)
        self.asks = sys.stdin.isatty()
        self.goes_on = self.asks and not restart
        self.seed = seed
        if wish.save is not None:
            check_place(wish.save)

    def run(self) -> int:
        """Asks one circuit after another; the exit status."""
        import secrets

        start = secrets.randbelow(9000) + 1000 if self.seed is None else self.seed
        solved = worst = number = 0
        while True:
            status = self._circuit(start + number, solved)
            number, solved, worst = number + 1, solved + (status == 0), max(worst, status)
            self._say_how_again()
            if (
                self.recorder.session.question is not None
                or not self.asks
                or self.wish.save is not None
                or not self._another()
            ):
                return worst

    def _circuit(self, seed: int, solved: int) -> int:
        from backprop_tutor.cli.loops import Interactive, Piped

        self._begin(seed, solved)
        return (Interactive if self.asks else Piped)(self.screen, self.recorder, self.view).run()

    def _begin(self, seed: int, solved: int) -> None:
        """A session with the circuit of a seed; with an unfinished one, where the student wants to go on with that."""
        from backprop_tutor.authoring.circuits import generate
        from backprop_tutor.tutor.progress import RETRIES
        from backprop_tutor.tutor.session import Session

        anew = self.seed is None and self.wish.save is None
        exercise = None if anew else generate(self.asked.recipe(solved), seed)
        if self.goes_on:
            self.goes_on = False
            if self._resumed(exercise):
                return
        exercise = exercise or generate(self.asked.recipe(solved), seed)
        if self.wish.save is not None:
            self._save(exercise, self.wish.save)
        self.recorder.start(Session(exercise, RETRIES if self.asks else 0), "practice" if self.asks else "piped")

    def _resumed(self, exercise: Exercise | None) -> bool:
        """Whether the student goes on with an unfinished random circuit: this one, or (for None) the newest."""
        from backprop_tutor.authoring.circuits import ID, title_of
        from backprop_tutor.cli.practice import goes_on

        recorder = self.recorder
        paused = recorder.unfinished_circuit(ID) if exercise is None else recorder.unfinished(exercise)
        if paused is None:
            return False
        paused = paused._replace(exercise=replace(paused.exercise, title=title_of(paused.exercise.graph)))
        if not goes_on(self.screen, paused):
            return False
        recorder.resume(paused)
        return True

    def _save(self, exercise: Exercise, file: str) -> None:
        from backprop_tutor.authoring.exercise_files import save
        from backprop_tutor.cli.screen import complain

        save(exercise, file)
        complain(f"Saved as {file}. `backprop-tutor practice {file if '/' in file else f'./{file}'}` asks it again.")

    def _say_how_again(self) -> None:
        source = self.recorder.session.exercise.source
        if source and self.wish.save is None:
            from rich.text import Text

            self.screen.show(Text(f"The same circuit again: {source}", "dim"))

    def _another(self) -> bool:
        from backprop_tutor.cli.prompts import is_yes

        self.screen.show()
        try:
            return is_yes(self.screen, "Another one? Enter or yes; no ends: ")
        except typer.Exit:
            return False
