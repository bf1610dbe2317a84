"""The circuit in the languages of diagram programs: DOT for Graphviz, and Mermaid, which many course sites can draw."""

from __future__ import annotations

from html import escape

from backprop_tutor.drawing.picture import Labels, Picture


def dot(picture: Picture, title: str = "") -> str:
    """The picture in the DOT language: gates as circles, a value and a gradient on every wire."""
    graph, labels = picture.graph, Labels(picture)
    lines = [
        "digraph circuit {",
        "  rankdir=LR;",
        '  node [fontname="DejaVu Sans Mono, monospace", fontsize=12];',
        '  edge [fontname="DejaVu Sans Mono, monospace", fontsize=11, arrowsize=0.6];',
        f"  label={_quoted(title)}; labelloc=t;",
    ]
    for node in graph.nodes:
        name, shape = labels.text(node.name), "plaintext"
        if node.gate is not None:
            name, shape = f"{node.gate.symbol(node.constant)}\\n{name}", "circle"
        lines.append(f"  {_quoted(node.name)} [label={_quoted(name)}, shape={shape}];")
    for branch in graph.branches:
        wire = _coloured(labels, branch.source, branch.name)
        heavy = ", penwidth=3" if labels.asked == branch.name else ""
        lines.append(f"  {_quoted(branch.source)} -> {_quoted(branch.gate)} [label={wire}{heavy}];")
    output = graph.output_name
    lines.append('  "-> out" [shape=none, label=""];')
    lines.append(f'  {_quoted(output)} -> "-> out" [label={_coloured(labels, output, output)}];')
    sums = labels.sums_in_words()
    lines += [f'  "-> sums" [shape=plaintext, label={_quoted(chr(10).join(sums))}];'] if sums else []
    return "\n".join([*lines, "}\n"])


def _coloured(labels: Labels, node: str, name: str) -> str:
    coloured = ((labels.value(node).whole, "#116329"), (labels.gradient(name).whole, "#b01722"))
    rows = [f'<FONT COLOR="{colour}">{escape(text, quote=False)}</FONT>' for text, colour in coloured if text]
    return f"<{'<BR/>'.join(rows)}>" if rows else '""'


def _quoted(text: str) -> str:
    """A quoted string; a line break is written \\n."""
    kept = text.replace("\\n", "\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{kept}"'


def mermaid(picture: Picture, title: str = "") -> str:
    """The picture as a Mermaid flowchart; nodes are numbered, since not every node name is valid in Mermaid."""
    graph, labels, number = picture.graph, Labels(picture), picture.graph.index
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    lines = [*(["---", f'title: "{quoted}"', "---"] if title else []), "flowchart LR"]
    for at, node in enumerate(graph.nodes):
        name = labels.text(node.name)
        if node.gate is None:
            lines.append(f"  n{at}[{_text(name)}]")
        else:
            lines.append(f"  n{at}(({_text(f'{node.gate.symbol(node.constant)} {name}')}))")
    for branch in graph.branches:
        arrow = "==>" if labels.asked == branch.name else "-->"
        wire = _in_words(labels, branch.source, branch.name)
        lines.append(f"  n{number[branch.source]} {arrow}{wire} n{number[branch.gate]}")
    output = graph.output_name
    lines.append(f"  n{number[output]} -->{_in_words(labels, output, output)} out[{_text(' ')}]")
    lines += [f"  s{at}[{_text(line)}]" for at, line in enumerate(labels.sums_in_words())]
    return "\n".join(lines) + "\n"


def _in_words(labels: Labels, node: str, name: str) -> str:
    """The value over the gradient, with their names, since Mermaid has one colour for both."""
    texts = (("", labels.value(node).whole), ("grad ", labels.gradient(name).whole))
    parts = [words + text for words, text in texts if text]
    return f"|{_text(*parts)}|" if parts else ""


def _text(*lines: str) -> str:
    """A quoted text; anything that could be markup is written as a numbered entity."""
    kept = ["".join(c if c.isalnum() or c in " .-+=_()" else f"#{ord(c)};" for c in line) for line in lines]
    return f'"{"<br/>".join(kept)}"'
