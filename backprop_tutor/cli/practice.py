"""`practice`: ask, listen, and say at once what went wrong; with `--random`, one fresh circuit after another."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from backprop_tutor.cli import options
from backprop_tutor.cli.dialogue import dialogue, recorder_for
from backprop_tutor.cli.options import BadArguments, Wanted, option, shelf
from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.course.catalogue import UnknownExercise, catalogue, find, is_path, meant
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import REST, Paused, Proposal, on_the_path
from backprop_tutor.show import practice as show
from backprop_tutor.tutor.commands import Prompt
from backprop_tutor.tutor.questions import names_of
from backprop_tutor.tutor.session import RETRIES, Session

if TYPE_CHECKING:
    from backprop_tutor.authoring.circuits import Asked

Restart = Annotated[bool, typer.Option("--restart", help="Start again instead of resuming.")]
Only = Annotated[str | None, option("--only", "NAMES", "Ask only about these nodes, branches or neurons: w35,w45.")]
Random = Annotated[bool, typer.Option("--random", help="Practise new circuits, harder after each one you solve.")]
Gates = Annotated[str | None, option("--gates", "NAMES", "With --random: the kinds of gate, such as add,mul,max.")]
Size = Annotated[str | None, option("--size", "N..M", "With --random: the number of gates, such as 5 or 3..8.")]
Forks = Annotated[int | None, option("--forks", "N", "With --random: the number of forks.")]
Save = Annotated[str | None, option("--save", "FILE", "With --random: save the circuit as an exercise file.")]
NoAsk = Annotated[bool, typer.Option("--no-ask", help="Never ask how you got a wrong number.")]
Welcome = Annotated[bool, typer.Option("--welcome", hidden=True, help="Greet users who have no record yet.")]
_FIRST_SEED: Final = 1000
_SEEDS: Final = 9000  # a seed that nobody chose has four digits, short enough to type again


def practice(
    exercise: options.ExerciseName = None, graph: options.GraphText = None, at: options.At = None,
    seed: options.Seed = None, student: options.Student = None, salt: options.Salt = None, only: Only = None,
    restart: Restart = False, no_record: options.NoRecord = False, folders: options.Folders = None,
    view: options.View = "auto", plain: options.Plain = False, random: Random = False, gates: Gates = None,
    size: Size = None, forks: Forks = None, save: Save = None, no_ask: NoAsk = False, welcome: Welcome = False,
) -> None:  # fmt: skip
    """Asks an exercise's questions, or those of random circuits."""
    screen = Screen(plain, view=view)
    with closing(recorder_for(no_record)) as recorder:
        wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
        if random:
            from backprop_tutor.authoring.circuits import asked  # as is the circuit generator: exercises don't need it

            if only is not None:
                raise BadArguments("--only names what an exercise asks; --random asks about everything.")
            if student is not None or salt is not None:
                raise BadArguments("--student and --salt choose the numbers of an exercise; --random takes --seed.")
            if exercise is not None or graph is not None or at:
                raise BadArguments("give only one of EXERCISE, --graph with --at, and --random.")
            status = _endless(screen, recorder, asked(gates, size, forks), seed, save, restart, not no_ask)
        else:
            for name, value in {"gates": gates, "size": size, "forks": forks, "save": save}.items():
                if value is not None:
                    raise BadArguments(f"--{name} needs --random.")
            status = _course(screen, recorder, wanted, only, restart, not no_ask, welcome)
    raise typer.Exit(status)


def _course(
    screen: Screen, recorder: Recorder, wanted: Wanted, only: str | None, restart: bool, asks_back: bool, welcomes: bool
) -> int:
    """Runs what was asked for; at a terminal, then one exercise of the course after another. Returns the exit
    status."""
    paused, worst = None, 0
    choice = _Choice(screen, recorder, wanted.folders or ())
    if wanted.name is None and wanted.graph is None and sys.stdin.isatty():
        first = choice.first(welcomes)
        wanted.name, paused = first.exercise, first.paused
    while True:
        _begin(screen, recorder, wanted, only, restart, paused)
        worst = max(worst, dialogue(screen, recorder, asks_back).run())
        is_over = recorder.session.question is not None or not sys.stdin.isatty() or only is not None
        following = None if is_over else choice.following(recorder.session.exercise)
        if following is None:
            return worst
        # A seed was for the previous exercise only; a student has their own numbers in each.
        wanted = wanted._replace(name=following.exercise, graph=None, at=None, seed=None)
        restart, paused = False, following.paused
        screen.show("")


def _begin(
    screen: Screen, recorder: Recorder, wanted: Wanted, only: str | None, restart: bool, paused: Paused | None
) -> None:
    """Starts the session asked for, or resumes one that was left unfinished."""
    asks, goes_on = sys.stdin.isatty(), not restart and only is None
    # A student has no own seed for an unfinished circuit that exists only in its sitting.
    seed = wanted.own_seed if paused is None else wanted.seed
    offered = recorder.unfinished(wanted.exercise, seed) if paused is None and asks and goes_on else paused
    if goes_on and offered is not None and _is_resumed(screen, recorder, offered):
        return
    if paused is None and seed is None and any(one.value is None for one in wanted.exercise.choices.values()):
        seed = _any_seed()  # which is shown
    exercise = wanted.at_seed(seed) if paused is None else paused.exercise
    mode = "piped" if not asks else "practice" if only is None else REST
    names = frozenset() if only is None else names_of(exercise, only)
    recorder.start(Session(exercise, RETRIES if asks else 0, names), mode)


def _any_seed() -> int:
    """A random seed (from the system, since importing `random` would delay the first prompt)."""
    return _FIRST_SEED + int.from_bytes(os.urandom(4)) % _SEEDS


def _is_resumed(screen: Screen, recorder: Recorder, paused: Paused) -> bool:
    screen.show(show.offer(paused))
    goes_on = screen.is_yes("Resume? [Y/n] ", Prompt.RESUME)
    if goes_on:
        recorder.resume(paused)
    return goes_on


_LEVELS: Final = "`list N` shows level N"
_LEVEL: Final = r"(?:list|level|list +(?:--)?level) +([0-9])"


class _Choice:
    """The choice of an exercise: the proposed one, or one of the catalogue by number or name."""

    def __init__(self, screen: Screen, recorder: Recorder, folders: Sequence[str]) -> None:
        self.screen, self.recorder, self.folders = screen, recorder, folders
        self.exercises: list[Exercise] = []
        self.proposed: list[Proposal] = []

    def help(self) -> None:
        self.screen.show(
            "Type a number, a name or the beginning of a name. `list` shows the exercises,\n"
            "`list 2` shows level 2, `quit` ends."
        )

    def list(self, level: int | None = None) -> None:
        """Shows the path, and the level of what is proposed first in full; or the exercises of one level."""
        from backprop_tutor.show.listing import Course, path, whole

        course, width, text = Course(self.exercises, self.recorder.standings(), {}), self.screen.width, self.screen.text
        if level is not None:
            self.screen.show(*whole(course, level, width, text, more=_LEVELS))
            return
        at = next((one for one in self.exercises if one.id == self.proposed[0].exercise), None)
        self.screen.show(*path(course, at or course.at(), width, text, more=_LEVELS))

    def first(self, welcomes: bool) -> Proposal:
        """The exercise to begin with. A new user may be welcomed with a few words instead of a list."""
        self.exercises, _ = shelf(self.folders)
        said = self.recorder.proposals(self.exercises)
        self.proposed = [one for one in said if one.name] or [on_the_path(self.exercises[0])]
        if welcomes and not said:
            self.screen.show(show.welcome(len(self.exercises)))
        else:
            self.list()
            self.screen.show(*(Text(proposal.sentence) for proposal in said))
        return self._made(f"Number or name (Enter: {self.proposed[0].name}): ")

    def following(self, done: Exercise) -> Proposal | None:
        """The next exercise; None if the student leaves, or after an exercise outside the course."""
        self.exercises = self.exercises or catalogue(self.folders)
        if done.path not in {one.path for one in self.exercises}:
            return None
        after = self.recorder.standings().next(self.exercises, done)
        if after is None:
            self.screen.show(show.COURSE_DONE)
            return None
        self.proposed = [on_the_path(after)]
        with suppress(typer.Exit):
            return self._made(f"Next: {self.proposed[0].name} (Enter), or q: ")
        return None

    def _made(self, prompt: str) -> Proposal:
        ids = [one.id for one in self.exercises]
        while True:
            typed, command = self.screen.ask(prompt, Prompt.CHOICE)
            if command is not None:
                command.do(self)
                continue
            if not typed:
                return self.proposed[0]
            if level := re.fullmatch(_LEVEL, typed.lower()):
                self.list(int(level[1]))
                continue
            try:
                name = find(typed, self.folders).path if is_path(typed) else meant(typed, ids, lambda: ids)
                return Proposal(name, "", name)
            except TutorError as error:
                # What to type at a shell is of no use at this prompt.
                why = f"{error.in_short} Type list to see them." if isinstance(error, UnknownExercise) else str(error)
                self.screen.show(f"{why[:1].upper()}{why[1:]}")


def _endless(
    screen: Screen,
    recorder: Recorder,
    asked: "Asked",
    seed: int | None,
    save: str | None,
    restart: bool,
    asks_back: bool,
) -> int:
    """Endless circuits at a terminal; a single one from a pipe or if it is saved. Returns the exit status."""
    # Loading the generator would delay the first prompt of an exercise by a tenth, for nothing.
    from backprop_tutor.authoring import circuits, exercise_files

    if save is not None:
        exercise_files.check_place(save)
    asks = sys.stdin.isatty()
    start = _any_seed() if seed is None else seed
    solved = worst = 0
    for number in count(start):
        generated = partial(circuits.generate, asked.recipe(solved), number)
        exercise = None if seed is None and save is None else generated()
        if number != start or restart or not asks or not _is_circuit_resumed(screen, recorder, exercise):
            exercise = exercise or generated()
            if save is not None:
                exercise_files.save(exercise, save)
                path = save if "/" in save else f"./{save}"
                complain(f"Saved as {save}. `backprop-tutor practice {path}` asks it again.")
            recorder.start(Session(exercise, RETRIES if asks else 0), "practice" if asks else "piped")
        status = dialogue(screen, recorder, asks_back).run()
        solved, worst = solved + (status == 0), max(worst, status)
        if recorder.session.exercise.source and save is None:
            screen.show(Text(f"The same circuit again: {recorder.session.exercise.source}", "quiet"))
        if not asks or save is not None or recorder.session.question is not None:
            break
        screen.show("")
        if not _wants_another(screen):
            break
    return worst


def _is_circuit_resumed(screen: Screen, recorder: Recorder, exercise: Exercise | None) -> bool:
    """Whether the student continues an unfinished circuit: this one, or any if none is given."""
    from backprop_tutor.authoring import circuits  # the generator costs a tenth of a first prompt

    paused = recorder.unfinished(exercise or circuits.ID)
    if paused is None:
        return False
    titled = paused.exercise._replace(title=circuits.title_of(paused.exercise.graph))
    return _is_resumed(screen, recorder, paused._replace(exercise=titled))


def _wants_another(screen: Screen) -> bool:
    try:
        return screen.is_yes("Another one? [Y/n] ")
    except typer.Exit:
        return False
