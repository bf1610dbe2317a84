"""The circuit as one page to step through, forward then backward: no network, no framework, readable without sight."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import NamedTuple

from backprop_tutor.drawing.formats.plot import Plot
from backprop_tutor.drawing.formats.svg import drawing, foot, style
from backprop_tutor.drawing.picture import Picture
from backprop_tutor.engine.formatting import filled_in, shown, signed, with_number
from backprop_tutor.engine.passes import Flow, Solution


def page(
    picture: Picture, solution: Solution, title: str, about: str = "", loss: str = "L", is_handout: bool = False
) -> str:
    """One file: title, a text `about` it, the circuit, and the steps of the lesson; of a handout the forward ones.

    Raises tracks.Unroutable.
    """
    plot = Plot(picture)
    steps = steps_of(solution, loss, forward_only=is_handout)
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


def _data(steps: list[Step]) -> str:
    """The steps for the script, as JSON in which nothing can end the element that holds it."""
    of_steps = enumerate(steps, 1)
    data = [{"gate": step.gate, "shows": step.shows, "branches": step.branches, "number": at} for at, step in of_steps]
    text = json.dumps(data, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class Step(NamedTuple):
    """One step: the gate that is lit, what is said, and the labels that it `shows`, as (kind, name)."""

    gate: str
    title: str
    lines: tuple[str, ...]
    pattern: str
    shows: tuple[tuple[str, str], ...]
    branches: tuple[str, ...]


def steps_of(solution: Solution, loss: str = "L", forward_only: bool = False) -> list[Step]:
    """Every gate forward, then every gate backward."""
    names = solution.graph.gate_names
    forward = [_forward(solution, name) for name in names]
    return forward if forward_only else forward + [_backward(solution, name, loss) for name in reversed(names)]


def _forward(solution: Solution, name: str) -> Step:
    graph, node = solution.graph, solution.graph.node(name)
    assert node.gate is not None
    numbers = filled_in(node.gate, [solution.value(source) for source in node.inputs], node.constant)
    line = f"{name} = {node.written} = {numbers} = {shown(solution.value(name))}"
    branches = tuple(branch.name for branch in graph.branches_into(name))
    return Step(name, f"Forward: {name} = {node.written}", (line,), "", (("value", name),), branches)


def _backward(solution: Solution, name: str, loss: str) -> Step:
    graph, node = solution.graph, solution.graph.node(name)
    assert node.gate is not None
    branches = graph.branches_into(name)
    lines = [f"upstream ∂{loss}/∂{name} = {shown(solution.gradient(name))}"]
    lines += [_flow(solution, solution.flow(branch), loss) for branch in branches]
    new = [name] if name == graph.output_name else []
    new += [branch.name for branch in branches if len(graph.branches_from[branch.source]) == 1]
    for source in dict.fromkeys(branch.source for branch in branches):
        if source in graph.forks and graph.branches_from[source][0].gate == name:
            flows = [solution.flow(branch).downstream for branch in graph.branches_from[source]]
            total = f"{' + '.join(map(signed, flows))} = {shown(solution.gradient(source))}"
            lines.append(f"forks add: ∂{loss}/∂{source} = {total}")
            new.append(source)
    pattern = f"{node.gate.name}, {node.gate.pattern}"
    shows, through = tuple(("gradient", label) for label in new), tuple(branch.name for branch in branches)
    return Step(name, f"Backward: {name} = {node.written}", tuple(lines), pattern, shows, through)


def _flow(solution: Solution, flow: Flow, loss: str) -> str:
    """`w0->g1: local ∂g1/∂w0 = x0 = -1.00; upstream × local = 0.20 × (-1.00) = -0.20, downstream ∂L/∂w0`."""
    branch, node = flow.branch, solution.graph.node(flow.branch.gate)
    assert node.gate is not None
    formula = node.gate.local_formula(branch.slot, node.inputs, node.name, node.constant)
    local = f"local ∂{node.name}/∂{branch.source} = {with_number(formula, flow.local)}"
    product = f"{shown(flow.upstream)} × {signed(flow.local)} = {shown(flow.downstream)}"
    return f"{branch.name}: {local}; upstream × local = {product}, downstream ∂{loss}/∂{branch.source}"
