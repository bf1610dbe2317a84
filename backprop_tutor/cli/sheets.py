"""`sheets`: worksheets for a class, one page per student, with the answer key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from backprop_tutor.cli import handout, options
from backprop_tutor.cli.options import BadArguments, ending_in, option
from backprop_tutor.cli.screen import complain
from backprop_tutor.files import replaced
from backprop_tutor.publishing.copies import copies_of, left_out
from backprop_tutor.publishing.sheets import KEYS, key_as_csv, key_as_page, key_rows
from backprop_tutor.publishing.sheets import sheets as pages
from backprop_tutor.text import counted, listed, visible

Output = Annotated[str, option("-o", "--output", "FILE", "The sheets, an .html file to print.")]
KeyFile = Annotated[str | None, option("--key", "FILE", "The answer key, an .html or .csv file.")]


def sheets(
    output: Output, exercises: handout.ExerciseNames = None, roster: handout.RosterFile = None,
    key: KeyFile = None, salt: options.Salt = None, column: handout.StudentColumn = None,
    course: handout.CourseFile = None, ask: handout.Ask = None, folders: options.Folders = None,
) -> None:  # fmt: skip
    """Writes a worksheet for each student of a roster, at their own numbers."""
    ending_in(".html", "-o", output)
    if key is not None and Path(key).suffix.lower() not in KEYS:
        raise BadArguments(f"--key needs a file name that ends in {listed(KEYS, 'or')}, not {visible(key)}.")
    chosen, people, salt, _ = handout.handout(exercises, roster, salt, column, folders, course)
    if people is None:
        raise BadArguments("give --roster, the class as a CSV file, or a --course that names one.")
    handout.warn_without(salt)
    handout.warn_alike(chosen, len(people))
    by_exercise = [list(copies_of(exercise, people, salt or "", ask)) for exercise in chosen]
    for exercise, (first, *_) in zip(chosen, by_exercise, strict=True):
        if ask is None and (missing := left_out(exercise, first.asked)):
            shows = "the boxes show the shapes" if exercise.is_array else "the sheet shows the circuit"
            complain(f"{exercise.id}: {listed(missing)} is left out, because {shows}.")
    copies = [copy for of_one in zip(*by_exercise, strict=True) for copy in of_one]
    title = listed(visible(exercise.title) for exercise in chosen)
    if key is not None:
        rows = key_rows(copies)
        with replaced(key) as stream:
            stream.write(key_as_csv(rows) if key.lower().endswith(".csv") else key_as_page(rows, title))
    with replaced(output) as stream:
        for piece in pages(copies, title):
            stream.write(piece)
    complain(f"Wrote {counted(len(copies), 'sheet')} to {visible(output)}.")
