"""`export`: question banks for course systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from backprop_tutor.cli import handout, options
from backprop_tutor.cli.options import BadArguments, ending_in, option, word
from backprop_tutor.cli.screen import complain
from backprop_tutor.course.roster import Person
from backprop_tutor.files import replace
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import PICTURES, Bank, bank_of
from backprop_tutor.publishing.copies import CannotPublish, copies_of, seeds_in
from backprop_tutor.publishing.gaps import unasked
from backprop_tutor.text import counted, listed, visible

_TARGETS: Final = listed((f"{name} ({target.words}, {target.suffix})" for name, target in TARGETS.items()), "or")
_WITH_CHOICES: Final = listed((name for name, target in TARGETS.items() if target.has_choices), "or")
To = Annotated[str, word("--to", "SYSTEM", f"{_TARGETS}.", TARGETS)]
Output = Annotated[str, option("-o", "--output", "FILE", "The bank, a file with that suffix.")]
Seeds = Annotated[str | None, option("--seeds", "SEEDS", "A copy for each of these seeds, such as 1..30.")]
Picture = Annotated[str, word("--picture", "KIND", "svg or png.", PICTURES)]
NoMistakes = Annotated[bool, typer.Option("--no-mistakes", help="Leave out feedback on known wrong answers.")]
_WORDS: Final = f"For {_WITH_CHOICES}: multiple choice, known wrong answers among them."
Choices = Annotated[bool, typer.Option("--choices", help=_WORDS)]


def export(
    to: To, output: Output, exercises: handout.ExerciseNames = None, seeds: Seeds = None,
    roster: handout.RosterFile = None, salt: options.Salt = None, column: handout.StudentColumn = None,
    ask: handout.Ask = None, picture: Picture = "svg", no_mistakes: NoMistakes = False, choices: Choices = False,
    folders: options.Folders = None,
) -> None:  # fmt: skip
    """Writes a question bank for a course system."""
    target = TARGETS[to]
    ending_in(target.suffix, "-o", output)
    if choices and (no_mistakes or not target.has_choices):
        raise BadArguments(f"--choices is for --to {_WITH_CHOICES}, and offers the known wrong answers.")
    if roster is None and salt is not None:
        raise BadArguments("--salt needs --roster.")
    if roster is not None and seeds is not None:
        raise BadArguments("--seeds and --roster both choose the numbers: give only one of them.")
    chosen, people, salt, _ = handout.handout(exercises, roster, salt, column, folders)
    if people is not None:
        handout.warn_without(salt)
    whose: Sequence[int | Person | None] = people or (seeds_in(seeds) if seeds is not None else [None])
    handout.warn_alike(chosen, len(whose))
    banks: list[Bank] = []
    for exercise in chosen:
        copies = list(copies_of(exercise, whose, salt or "", ask))
        bank = bank_of(copies, picture, not no_mistakes)
        if not bank.items[0].gaps:
            complain(f"{exercise.id} has no question that a course system can mark, so it is left out.")
            continue
        banks.append(bank._replace(choices=choices))
        if words := unasked(copies[0], ask):
            complain(words)
    if not banks:
        raise CannotPublish("there are no questions to export.")
    replace(output, target.write(banks))
    count = sum(len(bank.items) for bank in banks)
    held = f"{counted(count, 'copy', 'copies')} with {counted(_gaps(banks), 'question')}"
    complain(f"Wrote {held} to {visible(output)}.")


def _gaps(banks: list[Bank]) -> int:
    return sum(len(item.gaps) for bank in banks for item in bank.items)
