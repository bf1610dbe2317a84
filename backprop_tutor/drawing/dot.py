"""The circuit for Graphviz: gates as circles, a value and a gradient on every wire."""

from __future__ import annotations

from backprop_tutor.drawing.labels import Labels
from backprop_tutor.drawing.picture import Picture

_COLOURS = {"value": "#116329", "gradient": "#b01722"}


def dot(picture: Picture, title: str = "") -> str:
    """The picture in the DOT language."""
    graph, labels = picture.graph, Labels(picture)
    lines = ["digraph circuit {", "  rankdir=LR;", '  node [fontname="DejaVu Sans Mono, monospace", fontsize=12];']
    lines += [
        '  edge [fontname="DejaVu Sans Mono, monospace", fontsize=11, arrowsize=0.6];',
        f"  label={_quoted(title)}; labelloc=t;",
    ]
    for node in graph.nodes:
        text = (
            labels.text(node.name)
            if node.gate is None
            else f"{node.gate.symbol(node.constant)}\\n{labels.text(node.name)}"
        )
        shape = "plaintext" if node.gate is None else "circle"
        lines.append(f"  {_quoted(node.name)} [label={_quoted(text)}, shape={shape}];")
    for branch in graph.branches:
        wire = _wire(labels.value(branch.source).whole, labels.gradient(branch.name).whole)
        heavy = ", penwidth=3" if labels.asked == branch.name else ""
        lines.append(f"  {_quoted(branch.source)} -> {_quoted(branch.gate)} [label={wire}{heavy}];")
    output = graph.output_name
    lines.append('  "-> out" [shape=none, label=""];')
    lines.append(
        f'  {_quoted(output)} -> "-> out" [label={_wire(labels.value(output).whole, labels.gradient(output).whole)}];'
    )
    sums = ["".join(text for text, _ in row) for row in labels.sums(10_000)]
    lines += [f'  "-> sums" [shape=plaintext, label={_quoted(chr(10).join(sums))}];'] if sums else []
    return "\n".join([*lines, "}\n"])


def _wire(value: str, gradient: str) -> str:
    """A label of two lines: the value green, the gradient red below it."""
    pairs = [(text, _COLOURS[kind]) for text, kind in ((value, "value"), (gradient, "gradient")) if text]
    rows = (f'<FONT COLOR="{colour}">{_html(text)}</FONT>' for text, colour in pairs)
    return f"<{'<BR/>'.join(rows)}>" if pairs else '""'


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    """A quoted string; a line break is written \\n."""
    kept = text.replace("\\n", "\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{kept}"'
