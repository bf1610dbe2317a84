"""CSV for a spreadsheet: one submission per line, one question per column (`exercise/stage/target`), formulas
defused."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import Final, TextIO

from backprop_tutor.grading.reports.report import Report, whence
from backprop_tutor.grading.rows import Row, slips_of
from backprop_tutor.text import defused, visible
from backprop_tutor.tutor.marking.verdicts import Outcome

BEGINS: Final = b"student,exercise,seed,score,max,"
_WORDS: Final = {outcome.letter: outcome.value for outcome in Outcome} | {"-": ""}  # a question that is not asked


def write(stream: TextIO, report: Report) -> None:
    """Writes the rows that count."""
    start: dict[str, int] = {}
    columns: list[str] = []
    for id_ in report.exercises():
        own = report.columns(id_)
        if own is not None:
            start[id_] = len(columns)
            columns += [f"{id_}/{question.stage}/{question.target}" for question in own.questions]
    width = len(columns)

    @lru_cache(maxsize=4096)
    def marks(exercise: str | None, score: float | None, max_score: float, letters: str) -> str:
        if score is None:  # nothing was marked, which is not the same as 0
            return f",{max_score:g}{',' * (width + 1)}"
        before = start.get(exercise or "", 0)
        after = width - before - max(len(letters), 1)
        cells = f"{',' * before}{','.join(_WORDS[letter] for letter in letters)}{',' * after}"
        return f"{score:.10g},{max_score:g},{cells}{',' if width else ''}"

    late = ["late"] if report.has_late else []
    stream.write(BEGINS.decode())
    csv.writer(stream, lineterminator="\n").writerow(
        [defused(cell) for cell in (*columns, *late, "mistakes", "unrecognised", "note")]
    )
    for row in report.rows():
        student, exercise, attempt, seed, score, most, readable, letters, slips, note, *_ = row
        head = f"{_cell(student)},{_cell(exercise)},{'' if seed is None else seed},"
        mistakes = ",".join(map(_cell, _mistakes(row))) if slips else ","
        note = note if student else whence(row)
        note = note if attempt is None else f"Attempt {attempt}. {note}".strip()
        said = _cell(note) if note else ""
        lateness = f"{'late' if row.late else ''}," if late else ""
        stream.write(
            f"{head}{marks(exercise, score if readable else None, most, letters)}{lateness}{mistakes},{said}\n"
        )


def _mistakes(row: Row) -> tuple[str, str]:
    """The wrong answers with the mistakes that they match, `backward w0: swapped-inputs or sign-flipped`; and those
    that match no known mistake, as they were written: `backward w1 = 37`."""
    known, unknown = [], []
    for stage, target, _, _, mistakes, answer in slips_of(row):
        if mistakes:
            known.append(f"{stage} {target}: {' or '.join(mistakes)}")
        else:
            unknown.append(f"{stage} {target} = {answer}")
    return "; ".join(known), "; ".join(unknown)


def _cell(text: str | None) -> str:
    if not text:
        return ""
    if text.isalnum() and text.isascii():
        return text
    text = str(defused(visible(text)))
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
