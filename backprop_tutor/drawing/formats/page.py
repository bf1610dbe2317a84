"""The circuit as one page to step through, forward then backward: no network, no framework, readable without sight."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple

from backprop_tutor.drawing.formats.plot import Plot
from backprop_tutor.drawing.formats.svg import drawing, foot, style
from backprop_tutor.drawing.picture import Picture


class Step(NamedTuple):
    """One step: the gate that is lit, what is said, and the labels that it `shows`, as (kind, name)."""

    gate: str
    title: str
    lines: Sequence[str]
    pattern: str
    shows: Sequence[tuple[str, str]]
    branches: Sequence[str]


def page(picture: Picture, steps: Sequence[Step], title: str, about: str = "", is_handout: bool = False) -> str:
    """One file: title, a text `about` it, the circuit, and the steps of the lesson (of a handout, the forward pass).

    Raises tracks.Unroutable.
    """
    plot = Plot(picture)
    parts = {
        "title": escape(title), "about": "".join(f"<p>{escape(part)}</p>" for part in about.strip().splitlines()),
        "style": style(themes=True) + _part("page.css"), "script": _part("page.js"), "last": str(len(steps)),
        "passes": "forward" if is_handout else "forward, then backward",
        "size": f'viewBox="0 0 {plot.width:.0f} {plot.height:.0f}" width="{plot.width:.0f}" height="{plot.height:.0f}"',
        "circuit": "\n".join(drawing(plot)), "sums": "".join(f"<p>{escape(line)}</p>" for line in foot(plot)),
        "rows": "\n".join(_row(number, step) for number, step in enumerate(steps, 1)), "steps": _data(steps),
    }  # fmt: skip
    # In one pass: a text that is put in is no template.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _part("page.html"))


def _part(name: str) -> str:
    return (files("backprop_tutor.drawing") / "page" / name).read_text(encoding="utf-8")


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
