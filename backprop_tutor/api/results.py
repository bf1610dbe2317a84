"""What an exercise gives back: its circuit as a picture, a mark, and a verdict on each answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any, Final

from backprop_tutor.drawing.formats import rendered, write_picture
from backprop_tutor.drawing.formats.page import Drawable
from backprop_tutor.errors import TutorError
from backprop_tutor.grading.rows import question_name
from backprop_tutor.text import on_a_line, visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Result
from backprop_tutor.tutor.marking.verdicts import Verdict as Marked
from backprop_tutor.tutor.stages import is_drawn


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture of a circuit; a notebook shows it.

    >>> import backprop_tutor as bt
    >>> bt.load("relu").draw("key").svg[:5]
    '<svg '
    """

    _what: Drawable = field(repr=False)

    @cached_property
    def svg(self) -> str:
        """An SVG document, dark if the reader's system is. Raises TutorError if the circuit is too tangled to draw."""
        return str(rendered(".svg", self._what))

    @cached_property
    def text(self) -> str:
        """The circuit in characters, at most 100 columns wide."""
        return str(rendered(".txt", self._what)).rstrip("\n")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file in the format of its suffix: .svg, .png (which needs resvg-py and fonttools), .html (one page
        to step through), .dot, .mmd or .txt. Raises TutorError if it cannot be written."""
        write_picture(os.fspath(path), self._what)

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except TutorError:
            return None  # a notebook shows the line below

    def __repr__(self) -> str:
        return f"<Drawing of {on_a_line(self._what.title)}>"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one answer.

    `stage` and `question` are the keys under which it was answered, `answer` its text (None: not answered). `outcome`
    is right, follow-through (a wrong number, by the right method from an earlier wrong answer), moot (a 0 that follows
    from an earlier wrong 0), wrong, unreadable or missing. `message` is for the student; `mistakes` are the ids of what
    a wrong answer matches, likeliest first.

    >>> import backprop_tutor as bt
    >>> verdicts = bt.load("simple").mark({"q": 4}).verdicts
    >>> [one.mistakes for one in verdicts if one.question == "q"]
    [('sign-flipped',)]
    """

    stage: str
    question: str
    answer: str | None
    outcome: str
    message: str
    mistakes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Verdict {on_a_line(question_name(self.stage, self.question))}: {self.outcome}>"


class Mark:
    """The mark for a set of answers; true if all of them are right. A notebook shows it as a table.

    >>> import backprop_tutor as bt
    >>> exercise = bt.load("simple")
    >>> mark = exercise.mark({"q": -4, "z": 3, "x": -4, "y": 4})
    >>> mark.score, mark.max_score, mark.is_right, mark.of(10)
    (3.0, 8.0, False, 3.75)
    >>> mark.to_dict()["format"]
    'backprop-tutor/result@1'
    """

    def __init__(self, title: str, result: Result) -> None:
        self._title, self._result = title, result

    @property
    def score(self) -> float:
        """The points of the questions that are right or follow through: by default one each."""
        return self._result.score

    @property
    def max_score(self) -> float:
        """The points of all questions that the exercise asks."""
        return self._result.max_score

    @property
    def is_right(self) -> bool:
        """Whether every question scores and no other answer is wrong or unreadable: for otter's `assert`."""
        return self._result.is_full

    def of(self, points: float) -> float:
        """The score as a share of `points`: for a cell with partial credit in nbgrader.

        nbgrader takes a 0 for full marks, so let the cell fail in that case: `assert mark.score > 0`.
        """
        return points * (self.score / self.max_score) if self.max_score else 0.0

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on every answer, and on every question without one, in the order of the exercise."""
        return tuple(
            Verdict(one.stage, one.target, one.answer, one.outcome.value, one.message, tuple(one.diagnoses))
            for one in self._result.verdicts
        )

    def to_dict(self) -> dict[str, Any]:
        """The result that `check --format json` prints, in plain values; `expected` are the right numbers."""
        return self._result.as_json()

    def _repr_html_(self) -> str:
        return marks_as_html(self._title, self._result)

    def __bool__(self) -> bool:
        return self.is_right  # `assert exercise.mark(answers)` is easily written, and must not hold for wrong answers

    def __repr__(self) -> str:
        return f"<Mark {self._result.exercise}: {self.score:g} of {self.max_score:g}>"


_LONGEST: Final = 40  # columns of an answer: a formula may have a thousand
_HEAD: Final = ("Question", "Answer", "Mark", "Comment")
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


def _stage(word: str, verdicts: Sequence[Marked]) -> Iterator[str]:
    mine = [one for one in verdicts if one.stage == word]
    yield from (_row(one) for one in mine if one.outcome is not Outcome.MISSING)
    missing = [visible(one.target) for one in mine if one.outcome is Outcome.MISSING]
    if missing:
        said = f"{len(missing)} not answered" if missing != [word] else "not answered"
        names = "" if missing == [word] else ", ".join(missing)
        yield _cells(word, "", _sign(Outcome.MISSING, said), escape(names))


def _row(verdict: Marked) -> str:
    name = question_name(verdict.stage, verdict.target)
    head, _, rest = verdict.message.partition("\n")
    said = escape(visible(head))
    if rest:  # lines that must stay aligned, such as a caret under the place it points at
        lines = "\n".join(map(visible, rest.split("\n")))
        said += f'<pre style="margin:0;background:none;color:inherit">{escape(lines)}</pre>'
    answer = "" if is_drawn(verdict.stage) else verdict.answer or ""  # a graph may be as long as a page
    return _cells(name, on_a_line(answer, _LONGEST), _sign(verdict.outcome, verdict.outcome.words), said)


def _sign(outcome: Outcome, word: str) -> str:
    return f'<b style="color:{_COLOURS[outcome.mark]}">{outcome.sign}</b>&nbsp;{word}'


def _cells(name: str, answer: str, mark: str, said: str) -> str:
    code = f"<code>{escape(answer)}</code>" if answer else ""
    cells = [f'<th scope="row" style="{_CELL};font-weight:normal;white-space:nowrap">{escape(visible(name))}</th>']
    inside = (code, f'<span style="white-space:nowrap">{mark}</span>', said)
    cells += [f'<td style="{_CELL}">{cell}</td>' for cell in inside]
    return f"<tr>{''.join(cells)}</tr>"
