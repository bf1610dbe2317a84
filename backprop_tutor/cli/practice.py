"""`practice`: ask, listen, say at once what went wrong; with `--random` one fresh circuit after another."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, NamedTuple

import typer
from rich.text import Text

from backprop_tutor.cli import options
from backprop_tutor.cli.loops import Interactive, Piped, recorder_for
from backprop_tutor.cli.options import BadArguments, Wanted, option, shelf
from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.review import Proposal, on_the_path
from backprop_tutor.records.sittings import REST, Paused
from backprop_tutor.show.practice import offer
from backprop_tutor.tutor.commands import Prompt
from backprop_tutor.tutor.only import names_of
from backprop_tutor.tutor.progress import RETRIES
from backprop_tutor.tutor.session import Session

Restart = Annotated[bool, typer.Option("--restart", help="Begin anew, where a session was left unfinished.")]
Only = Annotated[str | None, option("--only", "NAMES", "Ask only about these nodes, branches or neurons: w35,w45.")]
Random = Annotated[bool, typer.Option("--random", help="Fresh circuits without end, harder with each one solved.")]
Gates = Annotated[str | None, option("--gates", "NAMES", "Of --random: the kinds, add,mul,max.")]
Size = Annotated[str | None, option("--size", "N..M", "Of --random: how many gates, 3..8 or 5.")]
Forks = Annotated[int | None, option("--forks", "N", "Of --random: how many forks.")]
Save = Annotated[str | None, option("--save", "FILE", "Of --random: write the circuit as an exercise.")]
_FIRST_SEED: Final = 1000
_SEEDS: Final = 9000
"""A seed that nobody chose has four digits: short enough to be typed again."""


def practice(
    exercise: options.ExerciseName = None, graph: options.GraphText = None, at: options.At = None,
    seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None, only: Only = None,
    restart: Restart = False, no_record: options.NoRecord = False, folders: options.Folders = None,
    view: options.View = "auto", plain: options.Plain = False, random: Random = False, gates: Gates = None,
    size: Size = None, forks: Forks = None, save: Save = None,
) -> None:  # fmt: skip
    """Asks an exercise's questions, or those of random circuits."""
    screen = Screen(plain, view=view)
    with closing(recorder_for(no_record)) as recorder:
        wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
        wish = Wish(gates, size, forks, save)
        if random:
            wanted.check_random(only)
            status = Endless(screen, recorder, wish, seed, restart).run()
        else:
            wish.check_alone()
            _begin(screen, recorder, wanted, only, restart)
            status = (Interactive if sys.stdin.isatty() else Piped)(screen, recorder).run()
    raise typer.Exit(status)


def _begin(screen: Screen, recorder: Recorder, wanted: Wanted, only: str | None, restart: bool) -> None:
    """Begins a session with what is wanted, or goes on with one that was left unfinished."""
    asks, goes_on = sys.stdin.isatty(), not restart and only is None
    paused = None
    if wanted.name is None and wanted.graph is None and asks:
        wanted.name, _, paused = _Choice(screen, recorder, wanted.folders or ()).made()
    # No student has a seed of their own for an unfinished circuit that nothing but its sitting has.
    seed = wanted.own_seed if paused is None else wanted.seed
    offered = paused
    if paused is None and asks and goes_on:
        offered = recorder.unfinished(wanted.exercise, seed)
    if goes_on and offered is not None and _is_resumed(screen, recorder, offered):
        return
    exercise = paused.exercise if paused is not None else wanted.at_seed(_drawn(wanted, seed))
    mode = "piped" if not asks else "practice" if only is None else REST
    names = frozenset() if only is None else names_of(exercise, only)
    recorder.start(Session(exercise, RETRIES if asks else 0, names), mode)


def _drawn(wanted: Wanted, seed: int | None) -> int | None:
    """The seed; for an exercise without numbers of its own one that is drawn (and shown)."""
    if seed is not None or wanted.graph is not None:
        return seed
    return _any_seed() if any(choice.value is None for choice in wanted.exercise.choices.values()) else None


def _any_seed() -> int:
    """A seed by chance (from the system, since importing `random` would delay the first prompt)."""
    return _FIRST_SEED + int.from_bytes(os.urandom(4)) % _SEEDS


def _is_resumed(screen: Screen, recorder: Recorder, paused: Paused) -> bool:
    """Whether the student wants to go on with what was left unfinished, and then does."""
    screen.show(offer(paused.exercise.title, paused.left, paused.started))
    goes_on = screen.is_yes("Go on with it? Enter or yes; no begins anew: ", Prompt.RESUME)
    if goes_on:
        recorder.resume(paused)
    return goes_on


class _Choice:
    """The choice of an exercise: what is proposed first, or one of the catalogue by number or by name."""

    def __init__(self, screen: Screen, recorder: Recorder, folders: Sequence[str]) -> None:
        self.screen, self.folders = screen, folders
        self.exercises, _ = shelf(folders)
        self.proposed = recorder.proposals(self.exercises) or [on_the_path(self.exercises[0])]

    def help(self) -> None:
        """Says what can be typed."""
        self.screen.show("Type a number or a name; Enter takes what is named first.")

    def made(self) -> Proposal:
        """Shows the list and asks; what is chosen."""
        from backprop_tutor.show.listing import choices  # rich.table, which no session needs

        self.screen.show(choices(self.exercises, self.screen.width, self.screen.text))
        self.screen.show(*(f"  {proposal.sentence}" for proposal in self.proposed))
        self.help()
        while True:
            typed, command = self.screen.ask("Which exercise? ", Prompt.CHOICE)
            if command is not None:
                command.do(self)
            elif not typed:
                return self.proposed[0]
            elif typed.isascii() and typed.isdigit() and 0 < int(typed) <= len(self.exercises):
                return Proposal(self.exercises[int(typed) - 1].id, "")
            else:
                try:
                    find(typed, self.folders)
                    return Proposal(typed, "")
                except TutorError as error:
                    why = str(error)
                    self.screen.show(f"{why[:1].upper()}{why[1:]}")


class Wish(NamedTuple):
    """The options of `--random` as they were typed."""

    gates: str | None = None
    size: str | None = None
    forks: int | None = None
    save: str | None = None

    def check_alone(self) -> None:
        """Without `--random` none of them means anything. Raises BadArguments."""
        for name, value in self._asdict().items():
            if value is not None:
                raise BadArguments(f"--{name} goes with --random.")


class Endless:
    """Circuits without end at a terminal; one from a pipe, or where it is saved."""

    def __init__(self, screen: Screen, recorder: Recorder, wish: Wish, seed: int | None, restart: bool) -> None:
        # The generator costs a tenth of the first prompt of an exercise, which needs none of it.
        from backprop_tutor.authoring import circuits, exercise_files, recipe

        self._circuits, self._files = circuits, exercise_files
        self.screen, self.recorder, self.seed, self.save = screen, recorder, seed, wish.save
        self.asked = recipe.asked(wish.gates, wish.size, wish.forks)
        self.asks = sys.stdin.isatty()
        self.goes_on = self.asks and not restart
        if self.save is not None:
            exercise_files.check_place(self.save)

    def run(self) -> int:
        """Asks one circuit after another; the exit status."""
        start = _any_seed() if self.seed is None else self.seed
        solved = worst = number = 0
        while True:
            self._begin(start + number, solved)
            status = (Interactive if self.asks else Piped)(self.screen, self.recorder).run()
            number, solved, worst = number + 1, solved + (status == 0), max(worst, status)
            session = self.recorder.session
            if session.exercise.source and self.save is None:
                self.screen.show(Text(f"The same circuit again: {session.exercise.source}", "dim"))
            is_left = session.question is not None
            if is_left or not self.asks or self.save is not None or not self._another():
                return worst

    def _begin(self, seed: int, solved: int) -> None:
        """A session with the circuit of a seed; with an unfinished one, where the student wants to go on with that."""
        generated = partial(self._circuits.generate, self.asked.recipe(solved), seed)
        exercise = None if self.seed is None and self.save is None else generated()
        if self.goes_on:
            self.goes_on = False
            if self._resumed(exercise):
                return
        exercise = exercise or generated()
        if self.save is not None:
            self._files.save(exercise, self.save)
            path = self.save if "/" in self.save else f"./{self.save}"
            complain(f"Saved as {self.save}. `backprop-tutor practice {path}` asks it again.")
        self.recorder.start(Session(exercise, RETRIES if self.asks else 0), "practice" if self.asks else "piped")

    def _resumed(self, exercise: Exercise | None) -> bool:
        """Whether the student goes on with an unfinished random circuit: this one, or (for None) the newest."""
        recorder, id_ = self.recorder, self._circuits.ID
        paused = recorder.unfinished_circuit(id_) if exercise is None else recorder.unfinished(exercise)
        if paused is None:
            return False
        titled = replace(paused.exercise, title=self._circuits.title_of(paused.exercise.graph))
        return _is_resumed(self.screen, recorder, paused._replace(exercise=titled))

    def _another(self) -> bool:
        self.screen.show("")
        try:
            return self.screen.is_yes("Another one? Enter or yes; no ends: ")
        except typer.Exit:
            return False
