"""Marks in a notebook: HTML without a style sheet, for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from backprop_tutor.grading.rows import question_name
from backprop_tutor.text import on_a_line, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict
from backprop_tutor.tutor.stages import is_drawn

_LONGEST: Final = 40  # columns of an answer: a formula may have a thousand
_HEAD: Final = ("Question", "Answer", "Mark", "")
_LINE: Final = "rgba(128,128,128,.4)"
_CELL: Final = f"text-align:left;vertical-align:top;padding:2px 10px;border-top:1px solid {_LINE}"
_COLOURS: Final = {
    "right": "#28863d",
    "carried": "#11809a",
    "wrong": "#cf3f97",
    "missing": "#777777",
    "quiet": "#777777",
}
"""The colour of a mark's sign, equally far from white and black: a cell does not know its background. All other text
has the notebook's own colour."""


def marks_as_html(title: str, result: Result) -> str:
    """A result as a table: the sign, word and message of each answer; unanswered questions in one line per stage.
    Nothing that a student or an author wrote is treated as markup."""
    rows = [
        row for word in dict.fromkeys(one.stage for one in result.verdicts) for row in _stage(word, result.verdicts)
    ]
    score = f"{escape(visible(title))}: <b>{result.score:g} of {result.max_score:g}</b>"
    caption = f'<caption style="caption-side:top;text-align:left;padding:2px 10px;color:inherit">{score}</caption>'
    head = "".join(f'<th scope="col" style="{_CELL};border-top:0">{name}</th>' for name in _HEAD)
    return (
        f'<table style="border-collapse:collapse">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _stage(word: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    mine = [one for one in verdicts if one.stage == word]
    yield from (_row(one) for one in mine if one.outcome is not Outcome.MISSING)
    missing = [visible(one.target) for one in mine if one.outcome is Outcome.MISSING]
    if missing:
        said = f"{len(missing)} not answered" if missing != [word] else "not answered"
        names = "" if missing == [word] else ", ".join(missing)
        yield _cells(word, "", _sign(Outcome.MISSING, said), escape(names))


def _row(verdict: Verdict) -> str:
    name = question_name(verdict.stage, verdict.target)
    head, _, rest = verdict.message.partition("\n")
    said = escape(visible(head))
    if rest:  # lines that must stay aligned, such as a caret under the place it points at
        lines = "\n".join(map(visible, rest.split("\n")))
        said += f'<pre style="margin:0;background:none;color:inherit">{escape(lines)}</pre>'
    answer = "" if is_drawn(verdict.stage) else verdict.answer or ""  # a graph may be as long as a page
    return _cells(name, on_a_line(answer, _LONGEST), _sign(verdict.outcome, verdict.outcome.value), said)


def _sign(outcome: Outcome, word: str) -> str:
    return f'<b style="color:{_COLOURS[outcome.mark]}">{outcome.sign}</b>&nbsp;{word}'


def _cells(name: str, answer: str, mark: str, said: str) -> str:
    code = f"<code>{escape(answer)}</code>" if answer else ""
    cells = [f'<th scope="row" style="{_CELL};font-weight:normal;white-space:nowrap">{escape(visible(name))}</th>']
    inside = (code, f'<span style="white-space:nowrap">{mark}</span>', said)
    cells += [f'<td style="{_CELL}">{cell}</td>' for cell in inside]
    return f"<tr>{''.join(cells)}</tr>"
