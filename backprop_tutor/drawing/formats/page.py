"""A circuit as one web page to step through, forward and then backward; it needs no network and can be read without
sight."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Final

from backprop_tutor.drawing.formats.svg import Plot, drawing, foot, page_part, style
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import reflowed

_SMALLEST: Final = 0.7  # in its own size: on a small screen the circuit is scrolled, not shrunk


class Step(NamedTuple):
    """One step: the gate that is lit, the text, and the labels that it `shows`, as (kind, name)."""

    gate: str
    title: str
    lines: Sequence[str]
    pattern: str
    shows: Sequence[tuple[str, str]]
    branches: Sequence[str]


class Drawable(NamedTuple):
    """What a file may show: the picture and, for a page, the steps of the lesson (for a handout, only the forward
    ones). `about` is the author's text; a text drawing uses a `view`, and ASCII if `plain`."""

    picture: Picture
    title: str
    about: str = ""
    steps: Sequence[Step] = ()
    is_handout: bool = False
    view: str = "auto"
    plain: bool = False


def page(what: Drawable) -> str:
    """The whole page: title, text, circuit and steps. Raises picture.Unroutable."""
    plot = Plot(what.picture)
    parts = {
        "title": escape(what.title), "kind": "" if what.steps else ' class="still"',
        "about": "".join(f"<p>{escape(part)}</p>" for part in reflowed(what.about).splitlines()),
        "style": style(themes=True) + page_part("page.css"), "script": page_part("page.js"),
        "last": str(len(what.steps)),
        "passes": "forward" if what.is_handout else "forward, then backward",
        "size": f'viewBox="0 0 {plot.width:.0f} {plot.height:.0f}" width="{plot.width:.0f}" height="{plot.height:.0f}" '
        f'style="min-width: {_SMALLEST * plot.width:.0f}px"',
        "circuit": "\n".join(drawing(plot)), "sums": "".join(f"<p>{escape(line)}</p>" for line in foot(plot)),
        "rows": "\n".join(_row(number, step) for number, step in enumerate(what.steps, 1)), "steps": _data(what.steps),
    }  # fmt: skip
    # In one pass: inserted text is not a template.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], page_part("page.html"))


def _row(number: int, step: Step) -> str:
    said = "".join(f"<p>{escape(line)}</p>" for line in step.lines)
    pattern = f'<p class="pattern">{escape(step.pattern)}</p>' if step.pattern else ""
    head = f'<th scope="row">{number}</th><td>{escape(step.title)}</td>'
    return f'<tr id="step-{number}">{head}<td>{said}{pattern}</td></tr>'


def _data(steps: Sequence[Step]) -> str:
    """The steps for the script, as JSON in which nothing can end the element that holds it."""
    of_steps = enumerate(steps, 1)
    data = [{"gate": step.gate, "shows": step.shows, "branches": step.branches, "number": at} for at, step in of_steps]
    text = json.dumps(data, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
