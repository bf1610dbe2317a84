"""The circuit as one page to step through, forward then backward: no network, no framework, readable without sight."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files

from backprop_tutor.drawing.picture import Picture
from backprop_tutor.drawing.plot import Plot
from backprop_tutor.drawing.steps import Step, forward_steps, steps_of
from backprop_tutor.drawing.svg import drawing, foot, style
from backprop_tutor.engine.passes import Solution


def html(
    picture: Picture, solution: Solution, title: str, about: str = "", loss: str = "L", is_handout: bool = False
) -> str:
    """One file. `picture` is the circuit with its numbers, `about` a text below the title; a handout keeps the backward
    pass to itself.

    Raises layout.Unroutable.
    """
    plot = Plot(picture)
    steps = forward_steps(solution) if is_handout else steps_of(solution, loss)
    parts = {
        "title": escape(title), "about": "".join(f"<p>{escape(part)}</p>" for part in about.strip().splitlines()),
        "style": style(themes=True) + _part("page.css"), "script": _part("page.js"), "last": str(len(steps)),
        "passes": "forward" if is_handout else "forward, then backward",
        "size": f'viewBox="0 0 {plot.width:.0f} {plot.height:.0f}" width="{plot.width:.0f}" height="{plot.height:.0f}"',
        "circuit": "\n".join(drawing(plot)), "sums": "".join(f"<p>{escape(line)}</p>" for line in foot(plot)),
        "rows": "\n".join(_row(number, step) for number, step in enumerate(steps, 1)), "steps": _data(steps),
    }  # fmt: skip
    return re.sub(
        r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _part("page.html")
    )  # in one pass: a text is no template


def _part(name: str) -> str:
    return (files("backprop_tutor.drawing") / "page" / name).read_text(encoding="utf-8")


def _row(number: int, step: Step) -> str:
    said = "".join(f"<p>{escape(line)}</p>" for line in step.lines)
    pattern = f'<p class="pattern">{escape(step.pattern)}</p>' if step.pattern else ""
    return (
        f'<tr id="step-{number}"><th '
        f'scope="row">{number}</th><td>{escape(step.title)}</td><td>{said}{pattern}</td></tr>'
    )


def _data(steps: list[Step]) -> str:
    """The steps for the script, as JSON in which nothing can end the element that holds it."""
    data = [
        {"gate": step.gate, "shows": step.shows, "branches": step.branches, "number": number}
        for number, step in enumerate(steps, 1)
    ]
    text = json.dumps(data, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
