"""Moodle XML: one cloze question per copy, in a category for its exercise; docs.moodle.org/en/Moodle_XML_format and
/Embedded_Answers_(Cloze)_question_type."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from math import lcm
from typing import Final

from backprop_tutor.publishing.banks.bank import (
    HINT,
    TAG,
    Bank,
    Item,
    by_heading,
    escaped_line,
    introduction,
    lines_of_gaps,
    solution,
)
from backprop_tutor.publishing.gaps import LOST, Accepted, Gap, plain

BEGINS: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- A question bank of backprop-tutor for Moodle.'
_OWN: Final = re.compile(r'[\\}~#"]')
"""Characters with a special meaning inside a gap."""
_MOST_DIGITS: Final = 1_000  # the largest denominator of points, which become whole weights


def write(banks: Sequence[Bank]) -> bytes:
    """The banks as one file."""
    parts = [f"{BEGINS.decode()} {LOST} -->", "<quiz>"]
    parts += [part for bank in banks for part in _bank(bank)]
    return "\n".join([*parts, "</quiz>\n"]).encode()


def _bank(bank: Bank) -> Iterator[str]:
    category = f"$course$/top/{TAG}/{bank.id.replace('/', '//')}"
    yield f'<question type="category"><category><text>{escaped_line(category)}</text></category></question>'
    for item in bank.items:
        yield from _numerical(item, item.gaps[0]) if len(item.gaps) == 1 else _cloze(item)


def _cloze(item: Item) -> Iterator[str]:
    parts = [introduction(item, _place(item))]
    weights = iter(_weights(item.gaps))
    for title, gaps in by_heading(item):
        rows = [f"<li>{line}</li>" for line in lines_of_gaps(gaps, lambda gap: _gap(gap, next(weights)))]
        parts.append(f"<h4>{escape(title)}</h4><ul>{''.join(rows)}</ul>")
    yield '<question type="cloze">'
    yield from _common(item, "".join(parts))
    yield "</question>"


def _weights(gaps: Sequence[Gap]) -> list[int]:
    """The points as whole numbers in the same proportions, since gaps accept no others."""
    points = [Fraction(gap.points).limit_denominator(_MOST_DIGITS) for gap in gaps]
    whole = lcm(*(one.denominator for one in points))
    return [int(one * whole) for one in points]


def _gap(gap: Gap, weight: int) -> str:
    """`{1:NUMERICAL:=2.41:0.005~%100%2.4:0~%0%-2.41:0.005#You flipped the sign.}`; the first that matches counts."""
    first, *others = gap.right
    answers = [f"={_answer(first)}", *(f"%100%{_answer(one)}" for one in others)]
    answers += [f"%0%{_answer(one)}#{_inside(one.said)}" for one in gap.wrong]
    return f"{{{weight}:NUMERICAL:{'~'.join(answers)}}}"


def _answer(one: Accepted) -> str:
    return f"{plain(one.number)}:{plain(one.tolerance)}"


def _inside(text: str) -> str:
    """A sentence as it may appear inside a gap, which is itself inside HTML."""
    return _OWN.sub(r"\\\g<0>", escape(" ".join(text.split()), quote=False))


def _numerical(item: Item, gap: Gap) -> Iterator[str]:
    """A single number as a question of its own kind, whose answers need no escapes."""
    yield '<question type="numerical">'
    yield from _common(item, f"{introduction(item, _place(item))}<p>{escape(gap.whole_text)}</p>")
    yield f"<defaultgrade>{gap.points:g}</defaultgrade>"
    for one in (*gap.right, *gap.wrong):
        said = f'<feedback format="html"><text>{_html(f"<p>{escape(one.said)}</p>")}</text></feedback>'
        yield (
            f'<answer fraction="{0 if one.said else 100}" format="moodle_auto_format"><text>{plain(one.number)}</text>'
            f"{said if one.said else ''}<tolerance>{plain(one.tolerance)}</tolerance></answer>"
        )
    yield "<unitgradingtype>0</unitgradingtype><unitpenalty>0</unitpenalty>"
    yield "<showunits>3</showunits><unitsleft>0</unitsleft>"
    yield "</question>"


def _common(item: Item, text: str) -> Iterator[str]:
    image, exercise = item.image, item.copy.exercise
    yield f"<name><text>{escaped_line(item.title)}</text></name>"
    yield f'<questiontext format="html"><text>{_html(text)}</text>'
    if image is not None:
        data = b64encode(image.data).decode()
        yield f'<file name="{escaped_line(image.name)}" path="/" encoding="base64">{data}</file>'
    yield "</questiontext>"
    yield f'<generalfeedback format="html"><text>{_html(solution(item))}</text></generalfeedback>'
    yield "<penalty>0.3333333</penalty><hidden>0</hidden>"
    yield f"<idnumber>{escaped_line(item.copy.key)}</idnumber>"
    yield f'<hint format="html"><text>{_html(f"<p>{HINT}</p>")}</text></hint>'
    tags = dict.fromkeys((TAG, exercise.id, *exercise.tags))
    yield f"<tags>{''.join(f'<tag><text>{escaped_line(tag)}</text></tag>' for tag in tags)}</tags>"


def _place(item: Item) -> str:
    return "" if item.image is None else f"@@PLUGINFILE@@/{item.image.name}"


def _html(text: str) -> str:
    """HTML inside XML, written so that no text in it can end the element."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
