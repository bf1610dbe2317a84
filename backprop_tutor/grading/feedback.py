"""A page for each student: what was right, why the rest is not, and how it is worked out, as far as the teacher
wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.marks import Total
from backprop_tutor.grading.rows import Row, question_name, verdicts_of
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import points_of

LEVELS: Final = ("verdicts", "reasons", "worked")
"""How much a page says: which answers are right; also why the others are not; also the whole working. With the first
two, the homework can stay open."""
BEGINS: Final = b'<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="backprop-tutor feedback">'
MARKDOWN_BEGINS: Final = b"# Feedback for "
_LONGEST: Final = 80  # characters of an answer that are shown
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")
_BAD: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_TABLE: Final = """<table>
<thead><tr><th scope="col">question</th><th scope="col">your answer</th><th scope="col">result</th></tr></thead>
<tbody>
{{rows}}</tbody>
</table>
"""
At = Callable[[str, int | None], Exercise]
"""Gives an exercise at the numbers of a seed. Raises TutorError."""


class Line(NamedTuple):
    """What a page says about one question: its name, the answer, the outcome, the reason, and the working."""

    question: str
    answer: str
    outcome: Outcome
    reason: str
    working: str = ""


class Style(NamedTuple):
    """A way of writing pages: the suffix and the beginning of their files, and the text of one."""

    suffix: str
    begins: bytes
    write: Callable[[Total, list[tuple[Row, list[Line]]]], str]


def lines_of(row: Row, level: str, at: At) -> list[Line]:
    """The questions of a submission that count, each with what a page of this level says about it."""
    working = _workings(row, at) if level == "worked" and row.readable else {}
    points = _points(row.exercise, at) if row.readable and row.exercise is not None else {}
    found = []
    for verdict in verdicts_of(row):
        if not verdict["scored"]:
            continue
        outcome = Outcome(verdict["verdict"])
        # A right number needs no reason, and neither does a missing one.
        reason = "" if level == "verdicts" or outcome is Outcome.RIGHT else verdict["message"]
        name = question_name(verdict["stage"], verdict["target"])
        name += points.get((verdict["stage"], verdict["question"]), "")
        answer = "" if verdict["answer"] is None else visible(str(verdict["answer"]))[:_LONGEST]
        found.append(Line(name, answer, outcome, reason, working.get((verdict["stage"], verdict["question"]), "")))
    return found


@lru_cache(maxsize=256)
def _points(id_: str, at: At) -> dict[tuple[str, str], str]:
    """What the questions of an exercise are worth, in words (`, 2 points`); nothing if all are worth 1."""
    with suppress(TutorError):
        exercise = at(id_, None)
        if exercise.points:
            asked = ((one, points_of(one, exercise)) for one in questions(exercise))
            return {(one.stage, one.target): f", {worth:g} point{'s' * (worth != 1)}" for one, worth in asked}
    return {}


def _workings(row: Row, at: At) -> dict[tuple[str, str], str]:
    """The working of each question of an exercise at the numbers of a submission."""
    try:
        exercise = at(row.exercise or "", row.seed)
        solution = exercise.solution
    except TutorError:
        return {}
    return {(one.stage, one.target): one.kind.worked_out(one, exercise, solution) for one in questions(exercise)}


def comment(total: Total, level: str = "reasons") -> str:
    """A student's feedback in a few lines of text, for a cell of a gradebook."""
    parts = []
    for row in total.rows:
        score = _score(row.score, row.max_score, bool(row.readable))
        parts.append(f"{row.exercise or 'What was handed in'}: {score}. {row.note}".strip())
        parts += [
            ": ".join(
                filter(None, (line.question, line.answer, f"{line.outcome.words}{line.outcome.then(line.reason)}"))
            )
            for line in lines_of(row, level, _nothing)
            if line.outcome not in (Outcome.RIGHT, Outcome.MISSING)
        ]
    return "\n".join(visible(part) for part in parts)


def _nothing(id_: str, seed: int | None) -> Exercise:
    raise TutorError(id_, seed)


def _html(total: Total, parts: list[tuple[Row, list[Line]]]) -> str:
    template = (files("backprop_tutor.grading") / "feedback.html").read_text(encoding="utf-8")
    texts = {
        "student": escape(visible(total.student)),
        "total": _score(total.score, total.most, total.is_marked),
        "parts": "".join(map(_part, parts)),
    }
    # In one pass, since inserted text is not a template.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: texts[place[1]], template)


def _part(part: tuple[Row, list[Line]]) -> str:
    row, lines = part
    head = escape(visible(row.exercise or "What was handed in"))
    note = f"<p>{escape(visible(row.note))}</p>\n" if row.note else ""
    table = _TABLE.replace("{{rows}}", "".join(map(_row, lines))) if lines else ""
    return f"<section>\n<h2>{head}: {_score(row.score, row.max_score, row.readable)}</h2>\n{note}{table}</section>\n"


def _row(line: Line) -> str:
    said = "".join(f'<p class="said">{_in_lines(text)}</p>' for text in (line.reason, line.working) if text)
    outcome = f'<strong class="{line.outcome.mark}">{line.outcome.sign} {line.outcome.words}</strong>'
    return (
        f'<tr><th scope="row">{escape(line.question)}</th><td>{escape(line.answer)}</td><td>{outcome}{said}</td></tr>\n'
    )


def _in_lines(text: str) -> str:
    return "<br>".join(escape(visible(line)) for line in text.split("\n"))


def _markdown(total: Total, parts: list[tuple[Row, list[Line]]]) -> str:
    total_score = _score(total.score, total.most, total.is_marked)
    texts = [f"{MARKDOWN_BEGINS.decode()}{_plain(total.student)}\n\nTotal: {total_score}\n"]
    for row, lines in parts:
        texts.append(
            f"\n## {_plain(row.exercise or 'What was handed in')}: {_score(row.score, row.max_score, row.readable)}\n\n"
        )
        texts += [f"{_plain(row.note)}\n\n"] if row.note else []
        for line in lines:
            said = " ".join(_plain(text) for text in (line.reason, line.working) if text)
            answer = f" {_plain(line.answer)}:" if line.answer else ""
            texts.append(f"- {_plain(line.question)}:{answer} **{line.outcome.words}**{line.outcome.then(said)}\n")
    return "".join(texts)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text.replace("\n", " ")).split()))


def _score(score: float, most: float, is_marked: bool) -> str:
    return f"{score:g} of {most:g}" if is_marked else "not marked"


STYLES: Final = {"html": Style(".html", BEGINS, _html), "md": Style(".md", MARKDOWN_BEGINS, _markdown)}
"""The ways in which pages may be written."""


class Pages(NamedTuple):
    """The feedback pages that are wanted: their folder, their level and their style."""

    folder: Path
    level: str = "reasons"
    style: str = "html"

    def texts(self, totals: Iterable[Total], at: At, name_of: Callable[[str], str]) -> Iterator[tuple[str, str, str]]:
        """Every page: its path inside the folder, the student's name for a file, the text. The path is the one that the
        course system uses for the student, so that it accepts the folder as an archive; otherwise it is the student's
        name."""
        style = STYLES[self.style]
        for total in totals:
            parts = [(row, lines_of(row, self.level, at)) for row in total.rows]
            name = name_of(total.student)
            yield self._path(total.rows, name), name, style.write(total, parts)

    def _path(self, rows: Sequence[Row], name: str) -> str:
        suffix = STYLES[self.style].suffix
        folder = next((row.folder for row in rows if row.folder), "")
        parts = [_BAD.sub("_", part) for part in folder.split("/")]
        if not folder or any(not part.strip(". ") for part in parts) or folder == rows[0].student:
            return f"{name}{suffix}"
        if _is_flat(parts):  # Canvas, which has only a file for each student
            return f"{Path(parts[0]).stem}{suffix}"
        return f"{'/'.join(parts)}/feedback{suffix}"


def _is_flat(parts: Sequence[str]) -> bool:
    return (
        len(parts) == 1 and re.search(r"_(?:[0-9]+_[0-9]+_.+|text\.html|link\.html)$", parts[0], re.DOTALL) is not None
    )
