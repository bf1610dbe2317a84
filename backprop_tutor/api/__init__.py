"""The tutor from Python, for notebooks, autograders and clusters; it prints nothing and issues no warnings.

Exercises are computed, marked and drawn by the same code as on the command line. Nothing here needs a terminal, a
store, another process or a compiled package, so that a browser can run it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backprop_tutor.api.exercises import Exercise, Question, load, named_folders, seed_for, trace
from backprop_tutor.api.results import Drawing, Mark, Verdict
from backprop_tutor.errors import TutorError
from backprop_tutor.grading.collecting import NAMELESS, texts_of_lines
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.rows import as_dict

__all__ = [
    "Drawing",
    "Exercise",
    "Mark",
    "Question",
    "TutorError",
    "Verdict",
    "grade_lines",
    "load",
    "seed_for",
    "trace",
]


def grade_lines(
    lines: Iterable[str | bytes],
    *,
    exercise: str | os.PathLike[str] | None = None,
    seed_from_student: bool = False,
    salt: str = "",
    folders: Sequence[str | os.PathLike[str]] = (),
) -> Iterator[dict[str, Any]]:
    """A generator of rows, one plain dictionary for each submission: the rows of `grade - --format jsonl`.

    `lines` are JSON Lines, one submission each, as texts or, better, as bytes: if a file is opened with `"rb"`, a line
    that is not UTF-8 costs only one row. Blank lines are skipped. Lines are read one at a time, and each row follows at
    once, so an endless stream works too. All are marked against `exercise` (an id, a path or the text of a file), or
    else against the exercise that each one names. With `seed_from_student`, each student has the numbers of the seed
    that `seed_for` gives.

    A row has the keys format, student, exercise, attempt, seed, score and max_score (in questions), readable, source,
    note and verdicts. A line that cannot be marked also gives a row, with the reason in its note; no line raises an
    error. Only `grade`, which sees the whole class, notes that a student handed in several times.

    Raises TutorError for an exercise or a folder that cannot be used, ValueError for a salt that is not needed, and
    TypeError for one text instead of lines: by the call itself, before the first row.

    >>> import backprop_tutor as bt
    >>> rows = bt.grade_lines(['{"student": "a", "backward": {"w1": -1.2}}', "nonsense"], exercise="relu")
    >>> [(row["student"], row["score"], row["readable"]) for row in rows]
    [('a', 1.0, True), (None, 0.0, False)]
    """
    if isinstance(lines, str | bytes):
        raise TypeError("give lines, not one text: use text.splitlines().")
    if salt and not seed_from_student:
        raise ValueError("salt goes with seed_from_student=True.")
    chosen = () if exercise is None else (os.fspath(exercise),)
    grader = Grader(Settings(chosen, seed_from_student, salt, named_folders(folders), words=True))
    return (as_dict(row) for row in grader.rows(texts_of_lines(NAMELESS, map(_in_bytes, lines))))


def _in_bytes(line: object) -> object:
    # As bytes, as in a file, so that a text is read by the same rules, including the limit on its size in bytes.
    return line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
