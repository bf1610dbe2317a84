"""Marks a class from Python: lines of answers in, rows out, on one machine or on many."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backprop_tutor.api.exercises import named_folders
from backprop_tutor.grading.grader import Settings
from backprop_tutor.grading.lines import graded


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
    TypeError for one text instead of lines: all of them when it is called.

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
    return graded(lines, Settings(chosen, seed_from_student, salt, named_folders(folders)))
