"""Worksheets for print, one page per student with room for every answer; and the answer key, as a page or as a
table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from io import StringIO
from itertools import groupby
from math import ceil
from typing import Final

from backprop_tutor.drawing.formats.svg import bare_svg
from backprop_tutor.drawing.picture import Unroutable
from backprop_tutor.engine.formatting import formula
from backprop_tutor.fields import NamedTuple
from backprop_tutor.publishing.copies import (
    Copy,
    answer_of_arrays,
    given,
    heading,
    is_drawing,
    lines_of,
    paragraphs_of,
    picture_of,
    shape_asked,
    worded,
)
from backprop_tutor.text import defused, visible
from backprop_tutor.tutor.marking.answer_key import AnswerKey, key_of
from backprop_tutor.tutor.stages.stage import Question

_PAGE: Final = (182.0, 246.0)
"""The part of a page, in millimetres, that fits between the margins of both A4 and Letter."""
_TITLE: Final = 26.0  # millimetres for header and title
_LINE: Final = 5.4  # for a line of text
_HEADING: Final = 9.0  # for a heading
_CIRCUIT: Final = (88.0, 50.0)  # the largest height of a circuit; and if room is short
_ROWS: Final = (9.0, 7.0, 4.6)  # the height of a row of answers: at most, comfortable to write in, at least
_WIDE: Final = 90  # characters of a line
_COLUMNS: Final = (2, 3)  # columns of questions; long ones stand alone
_LONG: Final = 90  # characters of a row that leave room for its boxes
_BOX, _GAP, _LETTER = 17.0, 6.0, 2.1  # millimetres: width of an entry's box, between two arrays, of a letter
_DIGITS: Final = 5
_ACROSS: Final = 255.0  # millimetres of a printed key, in landscape
_CELL, _SMALL = 3.8, 1.75  # millimetres of a cell without its text, and of a letter in it
_WHOSE: Final = 2  # columns of a key that identify the student
KEYS: Final = (".html", ".csv")
"""The suffixes that a key's file may have."""
_NUMBERS: Final = re.compile(r"-?[0-9.]+(e[+-][0-9]+)?")


def sheets(copies: Iterable[Copy], title: str) -> Iterator[str]:
    """One HTML page for a printer, in pieces: each copy begins on a new sheet of paper. It contains no number that is
    asked for."""
    yield _head(title)
    for copy in copies:
        yield _sheet(copy)
    yield "</body></html>\n"


def _head(title: str, more: str = "") -> str:
    rules = (files("backprop_tutor.publishing") / "pages" / "sheets.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(visible(title))}</title>\n'
        f"<style>{rules}{more}</style></head><body>\n"
    )


class _Group(NamedTuple):
    """Questions of one kind under their heading. Formulas are wide, one per line; an array has a box per entry, in
    `grids` of rows and columns."""

    title: str
    texts: Sequence[str]
    is_wide: bool
    grids: Sequence[tuple[int, int]] = ()

    def rows(self, columns: int) -> int:
        """The number of rows of answers that it takes; a grid has its text above it."""
        if not self.grids:
            return ceil(len(self.texts) / (1 if self.is_wide else columns))
        total, high, wide = 0, 0, 0.0
        for text, (rows, across) in zip(self.texts, self.grids, strict=True):
            width = _GAP + max(across * _BOX, len(text) * _LETTER)
            if wide + width > _PAGE[0] + _GAP:
                total, high, wide = total + high, 0, 0.0
            high, wide = max(high, rows + 1), wide + width
        return total + high


class _Plan(NamedTuple):
    """How a sheet is laid out so that it fits a page: the circuit's height and the height of a row, in millimetres, and
    the number of columns of questions."""

    circuit: float
    columns: int
    row: float


def _plan(groups: Sequence[_Group], lines: int, shape: float) -> _Plan:
    """The plan of a sheet with these questions, this many lines of text, and a circuit `shape` times as high as wide:
    as few columns as leave room to write in."""
    small = (group for group in groups if not group.is_wide and not group.grids)
    longest = max((len(text) for group in small for text in group.texts), default=0)
    fitting = [columns for columns in _COLUMNS if longest * columns <= _LONG] or [1]
    plans = []
    for most in _CIRCUIT:
        height = min(most, _PAGE[0] * shape)
        left = _PAGE[1] - _TITLE - lines * _LINE - height - len(groups) * _HEADING
        for columns in fitting:
            rows = sum(group.rows(columns) for group in groups)
            plans.append(_Plan(height, columns, max(_ROWS[2], min(_ROWS[0], left / max(1, rows)))))
    return next((plan for plan in plans if plan.row >= _ROWS[1]), max(plans, key=lambda plan: plan.row))


def _sheet(copy: Copy) -> str:
    exercise, person = copy.exercise, copy.person
    who = "" if person is None else f"<b>{escape(visible(person.name))}</b> {escape(visible(person.number))}"
    formulas, numbers, words = lines_of(exercise), given(exercise), paragraphs_of(exercise, copy.asked)
    drawing, shape = _drawing(copy)
    asked = [question for question in copy.asked if not is_drawing(question)]
    groups = [_group(title, list(of), copy) for title, of in groupby(asked, key=heading)]
    lines = sum(ceil(len(one) / _WIDE) for one in (*words, *numbers.split("\n")))
    lines += ceil(len(formulas) / (1 + (len(formulas) > 4)))
    plan = _plan(groups, lines, shape)
    parts = [
        f'<section class="sheet" style="--height:{plan.circuit:.0f}mm;--row:{plan.row:.1f}mm">',
        f"<header><span>{who}</span><span>{escape(visible(copy.numbers))}</span></header>",
        f"<h1>{escape(visible(exercise.title))}</h1>",
        *(f"<p>{escape(one)}</p>" for one in words),
        f'<p class="code{" halves" * (len(formulas) > 4)}">{escape(chr(10).join(formulas))}</p>',
        f'<p class="code">{escape(numbers)}</p>',
        drawing,
        *(part for group in groups for part in _questions(group, plan.columns)),
        "</section>\n",
    ]
    return "\n".join(parts)


def _group(title: str, of: Sequence[Question], copy: Copy) -> _Group:
    texts = [worded(one, copy) for one in of]
    if not copy.exercise.is_array:
        return _Group(title, texts, not all(one.kind.is_number for one in of))
    shapes = [shape_asked(one, copy.exercise) for one in of]
    grids = [shape for shape in shapes if shape is not None]
    return _Group(title, texts, not grids, grids)


def _drawing(copy: Copy) -> tuple[str, float]:
    """The circuit with its blanks, and its height relative to its width; if it is to be drawn, room for it."""
    if all(map(is_drawing, copy.asked)):
        return '<div class="drawing"></div>', _CIRCUIT[0] / _PAGE[0]
    try:
        text = bare_svg(picture_of(copy))
    except Unroutable:
        return "", 0.0
    width, height = map(float, text.partition('viewBox="0 0 ')[2].partition('"')[0].split())
    return f'<div class="circuit">{text.strip()}</div>', height / width


def _questions(group: _Group, columns: int) -> Iterator[str]:
    yield f"<h2>{escape(group.title)}</h2>"
    if group.grids:
        yield '<div class="arrays">'
        for text, (rows, across) in zip(group.texts, group.grids, strict=True):
            boxes = '<span class="box"></span>' * (rows * across)
            yield f"<div><span>{escape(visible(text))}</span>"
            yield f'<div class="grid" style="--across:{across}">{boxes}</div></div>'
        yield "</div>"
        return
    yield f'<ul class="questions{" wide" * group.is_wide}" style="--columns:{1 if group.is_wide else columns}">'
    for text in group.texts:
        yield f'<li><span>{escape(visible(text))}</span><span class="box"></span></li>'
    yield "</ul>"


def answer(question: Question, key: AnswerKey, short: dict[str, str]) -> str:
    """The right answer as a key shows it: a number to five digits, a formula in its shortest form, a circuit as one may
    write it. `short` caches shortened formulas, since a class has only a few."""
    if key.exercise.is_array:
        return answer_of_arrays(question, key.exercise)
    if question.kind.is_number:
        number = key.number(question)
        return f"{0.0 if abs(number) <= key.scale.zero else number:.{_DIGITS}g}"
    text = question.kind.model_answer(question, key) or ""
    if text and question.kind.takes_formulas:
        if text not in short:
            from backprop_tutor.engine.symbolic import gradient_formulas  # 0.4 s, and most keys have no formulas

            found = gradient_formulas(key.graph, key.solution.values)
            short[text] = formula(found.get(question.node, text))
        return short[text]
    return text


def key_rows(copies: Sequence[Copy]) -> list[list[str]]:
    """The key as a table, headings first: one row per student, in the order of the sheets, one column per question."""
    ids = list(dict.fromkeys(copy.exercise.id for copy in copies))
    rows: dict[str, list[str]] = {}
    short: dict[str, str] = {}
    heads = ["student", "name"]
    for id_ in ids:
        mine = [copy for copy in copies if copy.exercise.id == id_]
        before = "" if len(ids) == 1 else f"{id_} "
        heads += [f"{before}seed", *(f"{before}{one.stage} {one.target}" for one in mine[0].asked)]
        for copy in mine:
            person, key = copy.person, key_of(copy.exercise)
            number = person.number if person is not None else copy.key
            row = rows.setdefault(number, [number, person.name if person is not None else ""])
            row += [str(copy.exercise.seed or ""), *(answer(one, key, short) for one in copy.asked)]
    return [heads, *rows.values()]


def key_as_csv(rows: Iterable[Sequence[str]]) -> str:
    """The key for a spreadsheet, with the mark that tells Excel that it is UTF-8."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([cell if _NUMBERS.fullmatch(cell) else defused(visible(cell)) for cell in row] for row in rows)
    return f"\ufeff{stream.getvalue()}"


def key_as_page(rows: Sequence[Sequence[str]], title: str) -> str:
    """The key for print, in landscape; split into several tables if not all questions fit side by side."""
    widths = [_width(column) for column in zip(*rows, strict=True)]
    head, *body = ([escape(visible(cell)) for cell in row] for row in rows)
    across = "@page{size:landscape}body{max-width:none}"
    parts = [_head(f"Key: {title}", across), f"<h1>Key: {escape(visible(title))}</h1>"]
    for group in _beside_one_another(widths):
        places = [*range(_WHOSE), *group]
        parts.append(f"<table><thead><tr>{''.join(f'<th>{head[place]}</th>' for place in places)}</tr></thead><tbody>")
        parts += [f"<tr>{''.join(f'<td>{row[place]}</td>' for place in places)}</tr>" for row in body]
        parts.append("</tbody></table>")
    return "\n".join([*parts, "</body></html>\n"])


def _width(column: Sequence[str]) -> float:
    """The width of a column of a key, in millimetres: a heading is broken between words, a cell is not broken."""
    head, *cells = column
    return _CELL + _SMALL * max(map(len, [*head.split(), *cells]), default=0)


def _beside_one_another(widths: Sequence[float]) -> Iterator[list[int]]:
    """The columns of each table: as many as fit beside those that identify the student."""
    group: list[int] = []
    for place, width in list(enumerate(widths))[_WHOSE:]:
        if group and sum(widths[:_WHOSE]) + sum(widths[one] for one in group) + width > _ACROSS:
            yield group
            group = []
        group.append(place)
    yield group
