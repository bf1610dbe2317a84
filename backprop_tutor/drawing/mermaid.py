"""The circuit for Mermaid, which course sites draw from a text."""

from __future__ import annotations

from backprop_tutor.drawing.labels import Labels
from backprop_tutor.drawing.picture import Picture


def mermaid(picture: Picture, title: str = "") -> str:
    """The picture as a Mermaid flowchart; nodes are numbered, since not every name of ours is one of Mermaid's."""
    graph, labels = picture.graph, Labels(picture)
    head = ["---", f"title: {_yaml(title)}", "---"] if title else []
    lines = [*head, "flowchart LR"]
    for number, node in enumerate(graph.nodes):
        if node.gate is None:
            lines.append(f"  n{number}[{_text(labels.text(node.name))}]")
        else:
            lines.append(f"  n{number}(({_text(f'{node.gate.symbol(node.constant)} {labels.text(node.name)}')}))")
    for branch in graph.branches:
        wire = _wire(labels.value(branch.source).whole, labels.gradient(branch.name).whole)
        arrow = "==>" if labels.asked == branch.name else "-->"
        lines.append(f"  n{graph.index[branch.source]} {arrow}{wire} n{graph.index[branch.gate]}")
    output = graph.output_name
    lines.append(
        f"  n{graph.index[output]} -->{_wire(labels.value(output).whole, labels.gradient(output).whole)} "
        f"out[{_text(' ')}]"
    )
    for number, row in enumerate(labels.sums(10_000)):
        lines.append(f"  s{number}[{_text(''.join(text for text, _ in row))}]")
    return "\n".join(lines) + "\n"


def _wire(value: str, gradient: str) -> str:
    """Value over gradient, named: Mermaid has one colour for both."""
    parts = [f"{value}" if value else "", f"grad {gradient}" if gradient else ""]
    return f"|{_text('<br/>'.join(filter(None, parts)), breaks=True)}|" if any(parts) else ""


def _text(text: str, breaks: bool = False) -> str:
    """A quoted text; whatever could be markup is written as a numbered entity."""
    parts = text.split("<br/>") if breaks else [text]
    kept = [
        "".join(
            character if character.isalnum() or character in " .-+=_()" else f"#{ord(character)};" for character in part
        )
        for part in parts
    ]
    return f'"{"<br/>".join(kept)}"'


def _yaml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
