"""`practice`: ask, listen, say at once what went wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from backprop_tutor.cli.endless import Endless, Forks, Gates, Random, Save, Size, Wish
from backprop_tutor.cli.options import (
    At,
    ExerciseName,
    Folders,
    GraphText,
    NoRecord,
    Only,
    Plain,
    Restart,
    Salt,
    Seed,
    Student,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backprop_tutor.cli.chosen import Wanted
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.records.recorder import Recorder
    from backprop_tutor.records.review import Proposal
    from backprop_tutor.records.sittings import Paused


def practice(
    exercise: ExerciseName = None, graph: GraphText = None, at: At = None, seed: Seed = None, student: Student = None,
    salt: Salt = None, only: Only = None, restart: Restart = False, no_record: NoRecord = False,
    folders: Folders = None,
    view: View = "auto", plain: Plain = False,
    random: Random = False, gates: Gates = None, size: Size = None, forks: Forks = None, save: Save = None,
) -> None:  # fmt: skip
    """Practise an exercise: find the gradient on every branch.

    At a terminal it offers to go on where you stopped (not where --only some of it was asked). What you answer is
    recorded
    on this machine alone. With --random, fresh circuits instead, harder with each one solved.
    """
    from backprop_tutor.cli.chosen import Wanted
    from backprop_tutor.cli.loops import Interactive, Piped
    from backprop_tutor.cli.recording import recorder_for
    from backprop_tutor.cli.screen import Screen

    screen = Screen(plain)
    asks = sys.stdin.isatty()
    recorder = recorder_for(no_record)
    try:
        wanted = Wanted(exercise, graph, at, seed, folders, student, salt)
        wish = Wish(gates, size, forks, save)
        if random:
            wanted.check_random(only)
            raise typer.Exit(Endless(screen, recorder, view, wish, seed, restart).run())
        wish.check_alone()
        alone = None  # an unfinished circuit that nothing but its sitting has
        if exercise is None and graph is None and asks:
            chosen = _from_list(screen, recorder, folders or ())
            wanted, alone = wanted._replace(name=chosen.exercise), chosen.paused
        if alone is None and (student is not None or salt is not None):
            wanted = wanted.with_seed()
        paused = None
        if asks and not restart and only is None:
            paused = alone or recorder.unfinished(wanted.found(), wanted.seed)
        if paused is not None and goes_on(screen, paused):
            recorder.resume(paused)
        else:
            _begin(recorder, _at_numbers(wanted) if alone is None else alone.exercise, asks, only)
        status = (Interactive if asks else Piped)(screen, recorder, view).run()
    finally:
        recorder.close()
    raise typer.Exit(status)


def _begin(recorder: Recorder, exercise: Exercise, asks: bool, only: str | None) -> None:
    from backprop_tutor.tutor.progress import RETRIES
    from backprop_tutor.tutor.session import Session

    retries = RETRIES if asks else 0
    if only is None:
        recorder.start(Session(exercise, retries), "practice" if asks else "piped")
        return
    from backprop_tutor.records.sittings import REST
    from backprop_tutor.tutor.only import names_of

    recorder.start(Session(exercise, retries, names_of(exercise, only)), REST if asks else "piped")


def goes_on(screen: Screen, paused: Paused) -> bool:
    """Whether the student wants to go on with what was left unfinished."""
    from backprop_tutor.cli.prompts import NO, is_yes
    from backprop_tutor.show.practice import offer

    screen.show(offer(paused.exercise.title, paused.left, paused.started))
    return is_yes(screen, "Go on with it? Enter or yes; no begins anew: ", (*NO, "restart"))


def _from_list(screen: Screen, recorder: Recorder, folders: list[str] | tuple[()]) -> Proposal:
    """What a student chooses: what is proposed first, or one of the catalogue by number or by name."""
    from backprop_tutor.cli import prompts
    from backprop_tutor.cli.shelf import shelf
    from backprop_tutor.records.review import Proposal, on_the_path
    from backprop_tutor.show.listing import choices

    exercises, _ = shelf(folders)
    screen.show(choices(exercises, screen.width, screen.text))
    proposed = recorder.proposals(exercises) or [on_the_path(exercises[0])]
    for proposal in proposed:
        screen.show(f"  {proposal.sentence}")
    how = "Type a number or a name; Enter takes what is named first."
    screen.show(how)
    while True:
        typed = prompts.line(screen, "Which exercise? ")
        if typed.lower() == "help":
            screen.show(how)
            continue
        if not typed:
            return proposed[0]
        if typed.isascii() and typed.isdigit() and 0 < int(typed) <= len(exercises):
            return Proposal(exercises[int(typed) - 1].id, "")
        why = _why_not(typed, folders)
        if not why:
            return Proposal(typed, "")
        screen.show(why)


def _why_not(typed: str, folders: Sequence[str]) -> str:
    """Why there is no exercise of that name, in words; nothing where there is."""
    from backprop_tutor.course.catalogue import find
    from backprop_tutor.errors import TutorError

    try:
        find(typed, folders)
    except TutorError as error:
        why = str(error)
        return f"{why[:1].upper()}{why[1:]}"
    return ""


def _at_numbers(wanted: Wanted) -> Exercise:
    """The exercise; without numbers of its own and without a seed, at those of a seed that is drawn (and shown)."""
    if (
        wanted.seed is None
        and wanted.graph is None
        and any(choice.value is None for choice in wanted.found().choices.values())
    ):
        import secrets

        wanted = wanted._replace(seed=secrets.randbelow(9000) + 1000)
    return wanted.chosen()
