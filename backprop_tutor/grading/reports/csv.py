"""CSV, for a spreadsheet: one submission a line, one question a column (`exercise/stage/target`), formulas defused."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import TextIO

from backprop_tutor.errors import visible
from backprop_tutor.grading.report import Report
from backprop_tutor.grading.row import WORDS, slips_of
from backprop_tutor.tutor.cells import defused

_BEFORE = ("student", "exercise", "seed", "score", "max")
_AFTER = ("mistakes", "note")


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    start: dict[str, int] = {}
    columns: list[str] = []
    for exercise in report.chosen.exercises():
        asked = report.asked(exercise)
        if asked is not None:
            start[exercise] = len(columns)
            columns += [f"{exercise}/{question.stage}/{question.target}" for question in asked.questions]
    width = len(columns)

    @lru_cache(maxsize=4096)
    def cells(exercise: str, letters: str) -> str:
        before = start.get(exercise, 0)
        return "," * before + ",".join(WORDS[letter] for letter in letters) + "," * (width - before - max(len(letters), 1))

    csv.writer(stream, lineterminator="\n").writerow([defused(cell) for cell in (*_BEFORE, *columns, *_AFTER)])
    middle = "," if width else ""
    lines = []
    for row in report.chosen.rows():
        exercise = row.exercise or ""
        head = f"{_cell(row.student)},{_cell(exercise)},{'' if row.seed is None else row.seed},{row.score:g},{row.max_score:g},"
        mistakes = "" if not row.slips else _cell(_mistakes(row.slips))
        lines.append(f"{head}{cells(exercise, row.letters)}{middle}{mistakes},{_cell(_note(row.attempt, row.note))}\n")
        if len(lines) == 1000:
            stream.write("".join(lines))
            lines.clear()
    stream.write("".join(lines))


def _note(attempt: str | None, note: str) -> str:
    return note if attempt is None else f"Attempt {attempt}. {note}".strip()


def _mistakes(slips: str) -> str:
    """Each wrong answer with what it matches: `backward w0: swapped-inputs or sign-flipped`."""
    return "; ".join(f"{slip.stage} {slip.target}: {' or '.join(slip.mistakes) or 'no known mistake'}" for slip in slips_of(slips))


def _cell(text: str | None) -> str:
    if not text:
        return ""
    if text.isalnum() and text.isascii():
        return text
    text = str(defused(visible(text)))
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
