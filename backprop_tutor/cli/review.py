"""`review`: a session on what is due again, with fresh numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from backprop_tutor.cli.dialogue import Interactive, Piped, recorder_for
from backprop_tutor.cli.main import INTERRUPTED
from backprop_tutor.cli.options import NoRecord, Plain, View
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.catalogue import load_catalogued, outlines
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.review import VARIANTS, Item, Pool, Seen, fresh, skills_within
from backprop_tutor.records.sittings import local
from backprop_tutor.records.skills import AHEAD
from backprop_tutor.show.practice import problem
from backprop_tutor.text import counted
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.mistake import FORK, UPSTREAM
from backprop_tutor.tutor.session import RETRIES, Progress, Session
from backprop_tutor.tutor.stages import WORDS, stages_of

_BESIDE: Final = ("mul", "add")  # gates in a generated circuit besides the one that it is for
_SIZE: Final = (3, 4)
_MOST_SEEDS: Final = 50
Most = Annotated[int, typer.Option("--questions", metavar="N", min=1, help="Ask at most N questions.")]


def review(most: Most = 10, no_record: NoRecord = False, view: View = "auto", plain: Plain = False) -> None:
    """Asks until nothing is due any more. Skills never practised are left to `practice`."""
    screen, status = Screen(plain, view=view), None
    with closing(recorder_for(no_record)) as recorder:
        pool = pool_of(recorder.has_asked)
        right = asked = 0
        while asked < most and status is None:
            summary, now = recorder.summary(), recorder.moment()
            item, coming = pool.next(summary, now), asked + pool.coming(summary, now)
            if item is None:
                break
            if not asked:
                screen.show(Text(on_the_way(coming, most)))
            head = f"Review, question {asked + 1} of {min(coming, most)}: "
            done, status = _ask(screen, recorder, item, head, not asked)
            asked, right = asked + (done.outcome is not None or done.tries > 0), right + (done.outcome is Outcome.RIGHT)
            pool.asked(item, skipped=done.outcome is Outcome.MISSING)
        apart = [""] if asked or status is not None else []
        screen.show(*apart, come_back(right, asked, recorder.summary().next_due(), recorder.moment()))
    raise typer.Exit(int(right < asked) if status is None else status)


def _circuits(skill: str, seen: Seen) -> Iterator[Exercise]:
    """A generated circuit with a kind of gate, or one that asks for a stage: the first that has not been asked yet."""
    # Takes a quarter of the start-up time; only for skills that no exercise covers with unseen numbers.
    from backprop_tutor.authoring.circuits import BadRecipe, Recipe, generate

    gates = [skill] if skill in GATES else []
    recipe = Recipe((*gates, *(other for other in _BESIDE if other not in gates)), _SIZE, int(skill == FORK))
    with suppress(BadRecipe):
        for drawn in (generate(recipe, seed) for seed in range(1, _MOST_SEEDS)):
            exercise = drawn._replace(stages=(skill,)) if stages_of(skill) else drawn
            if not seen(exercise):
                yield exercise
                return


def _variants(path: Path, seen: Seen) -> Iterator[Exercise]:
    """The exercise of a file at numbers that were never asked; it is not read before."""
    yield from fresh(load_catalogued(path), seen, VARIANTS)


def pool_of(seen: Seen) -> Pool:
    """Every exercise at numbers not `seen` yet; generated circuits for skills that no exercise covers (any more)."""
    pool = Pool()
    for path, about in outlines().items():
        pool.add(partial(_variants, path, seen), skills_within(about))
    for skill in (*GATES, *WORDS, FORK, UPSTREAM):
        if all(stage.picture != "neurons" for stage in stages_of(skill)):
            pool.add(partial(_circuits, skill, seen), [(skill,)], is_spare=True)
    return pool


def _ask(screen: Screen, recorder: Recorder, item: Item, head: str, is_first: bool) -> tuple[Progress, int | None]:
    """Asks one question, with everything before it given; returns how it went, and the exit status if the student
    leaves."""
    asks = sys.stdin.isatty()
    session = Session(item.exercise._replace(stages=(item.question.stage,)), RETRIES if asks else 0)
    session.give_until(item.question.target)
    recorder.start(session, "review")
    loop = (Interactive if asks else Piped)(screen, recorder)
    loop.introduces = loop.explains = is_first
    loop.alone = True
    screen.show("", problem(item.exercise, screen.width, head))
    start, status = session.position, None
    try:
        while session.position == start:
            loop.turn()
    except (EOFError, KeyboardInterrupt) as end:
        status = INTERRUPTED if isinstance(end, KeyboardInterrupt) else 1
    return session.progress[start], status


def on_the_way(coming: int, most: int) -> str:
    """How many questions a review is about to ask."""
    due = f"Due for review: {counted(coming, 'question')}"
    return f"{due}, with new numbers." if coming <= most else f"{due}. This session asks {most} of them."


def come_back(right: int, asked: int, due: datetime | None, now: datetime) -> Text:
    """How a review went, and when to come back."""
    if due is None:
        return Text(
            "There is nothing to review yet: a review repeats what you have practised. Start with `backprop-tutor "
            "practice`."
        )
    soon = due <= now + AHEAD
    nothing = "Nothing was answered." if soon else "Nothing is due."
    text = Text(f"{right} of {asked} right. " if asked else f"{nothing} ")
    if soon:
        return text.append("More is due now: continue with `backprop-tutor review`.")
    minutes = max(1, round((due - now).total_seconds() / 60))
    hours, days = round(minutes / 60), round(minutes / 1440)
    when = f"in {days} days" if days > 1 else f"in {hours} hours" if hours > 1 else f"in {counted(minutes, 'minute')}"
    then = local(due.timestamp())
    day = "%d %B" if then.year == local(now.timestamp()).year else "%d %B %Y"
    return text.append(f"Come back {when}, on {then:{day} at %H:%M}.")
