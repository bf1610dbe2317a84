"""`practice`: ask, listen, say at once what went wrong; with `--random` one fresh circuit after another."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

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

if TYPE_CHECKING:
    from backprop_tutor.authoring.circuits import Asked

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
    screen, asks = Screen(plain), sys.stdin.isatty()
    recorder = recorder_for(no_record)
    try:
        wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
        wish = Wish(gates, size, forks, save)
        if random:
            wanted.check_random(only)
            status = Endless(screen, recorder, view, wish, seed, restart).run()
        else:
            wish.check_alone()
            _begin(screen, recorder, wanted, only, restart)
            status = (Interactive if asks else Piped)(screen, recorder, view).run()
    finally:
        recorder.close()
    raise typer.Exit(status)


def _begin(screen: Screen, recorder: Recorder, wanted: Wanted, only: str | None, restart: bool) -> None:
    """Begins a session with what is wanted, or goes on with one that was left unfinished."""
    asks = sys.stdin.isatty()
    paused = None
    if wanted.name is None and wanted.graph is None and asks:
        chosen = _Choice(screen, recorder, wanted.folders or ()).made()
        wanted.name, paused = chosen.exercise, chosen.paused
    alone = paused is not None  # an unfinished circuit that nothing but its sitting has
    seed = wanted.seed if alone else wanted.own_seed
    if restart or only is not None:
        offered = None
    else:
        offered = paused or (recorder.unfinished(wanted.exercise, seed) if asks else None)
    if offered is not None and goes_on(screen, offered):
        recorder.resume(offered)
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


def goes_on(screen: Screen, paused: Paused) -> bool:
    """Whether the student wants to go on with what was left unfinished."""
    screen.show(offer(paused.exercise.title, paused.left, paused.started))
    return screen.is_yes("Go on with it? Enter or yes; no begins anew: ", Prompt.RESUME)


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
        for proposal in self.proposed:
            self.screen.show(f"  {proposal.sentence}")
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
                except TutorError as error:
                    why = str(error)
                    self.screen.show(f"{why[:1].upper()}{why[1:]}")
                else:
                    return Proposal(typed, "")


class Wish(NamedTuple):
    """The options of `--random` as they were typed."""

    gates: str | None = None
    size: str | None = None
    forks: int | None = None
    save: str | None = None

    def check_alone(self) -> None:
        """Without `--random` none of them means anything. Raises BadArguments."""
        given = next((name for name, value in self._asdict().items() if value is not None), None)
        if given is not None:
            raise BadArguments(f"--{given} goes with --random.")


class Endless:
    """Circuits without end at a terminal; one from a pipe, or where it is saved."""

    def __init__(
        self, screen: Screen, recorder: Recorder, view: str, wish: Wish, seed: int | None, restart: bool
    ) -> None:
        # The generator costs a tenth of the first prompt of an exercise, which needs none of it.
        from backprop_tutor.authoring import circuits, exercise_files

        self.screen, self.recorder, self.view, self.wish = screen, recorder, view, wish
        self._circuits, self._files = circuits, exercise_files
        self.asked: Asked = circuits.asked(wish.gates, wish.size, wish.forks)
        self.asks = sys.stdin.isatty()
        self.goes_on = self.asks and not restart
        self.seed = seed
        if wish.save is not None:
            exercise_files.check_place(wish.save)

    def run(self) -> int:
        """Asks one circuit after another; the exit status."""
        start = _any_seed() if self.seed is None else self.seed
        solved = worst = number = 0
        while True:
            self._begin(start + number, solved)
            status = (Interactive if self.asks else Piped)(self.screen, self.recorder, self.view).run()
            number, solved, worst = number + 1, solved + (status == 0), max(worst, status)
            session = self.recorder.session
            if session.exercise.source and self.wish.save is None:
                self.screen.show(Text(f"The same circuit again: {session.exercise.source}", "dim"))
            is_left = session.question is not None
            if is_left or not self.asks or self.wish.save is not None or not self._another():
                return worst

    def _begin(self, seed: int, solved: int) -> None:
        """A session with the circuit of a seed; with an unfinished one, where the student wants to go on with that."""
        anew = self.seed is None and self.wish.save is None
        exercise = None if anew else self._circuits.generate(self.asked.recipe(solved), seed)
        if self.goes_on:
            self.goes_on = False
            if self._resumed(exercise):
                return
        exercise = exercise or self._circuits.generate(self.asked.recipe(solved), seed)
        file = self.wish.save
        if file is not None:
            self._files.save(exercise, file)
            path = file if "/" in file else f"./{file}"
            complain(f"Saved as {file}. `backprop-tutor practice {path}` asks it again.")
        self.recorder.start(Session(exercise, RETRIES if self.asks else 0), "practice" if self.asks else "piped")

    def _resumed(self, exercise: Exercise | None) -> bool:
        """Whether the student goes on with an unfinished random circuit: this one, or (for None) the newest."""
        generated = self._circuits.ID
        paused = self.recorder.unfinished_circuit(generated) if exercise is None else self.recorder.unfinished(exercise)
        if paused is None:
            return False
        title = self._circuits.title_of(paused.exercise.graph)
        paused = paused._replace(exercise=replace(paused.exercise, title=title))
        if not goes_on(self.screen, paused):
            return False
        self.recorder.resume(paused)
        return True

    def _another(self) -> bool:
        self.screen.show()
        try:
            return self.screen.is_yes("Another one? Enter or yes; no ends: ")
        except typer.Exit:
            return False
