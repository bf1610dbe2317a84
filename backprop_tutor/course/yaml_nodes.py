"""YAML text in, a tree of nodes out: one event at a time and within bounds, so that no text can hang or fill the
memory.

Nothing is constructed, so no tag makes an object; nothing recurs, so no nesting is too deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from backprop_tutor.errors import Fault, Faults, Span, visible

MOST_VALUES: Final = 20_000
"""The most values that are read, each alias counted as what it stands for."""
DEEPEST: Final = 50
"""How deep values may be nested."""

_ADVICE: Final = {
    "'\\t'": "Indent with spaces, not with tabs.",
    "cannot start any token": "Put the text in quotes.",
    "mapping values are not allowed": (
        "A text that has `: ` in it stands in quotes, and keys of one mapping stand in one column."
    ),
    "could not find expected ':'": "A key is followed by a colon and a space.",
    "unexpected end of stream": "The quote that opens here is never closed.",
    "unknown escape": "Use single quotes, or write the backslash twice.",
    "expected <block end>": "Keys of one mapping stand in one column.",
    "sequence entries are not allowed": "A list of - lines begins on a line of its own.",
    "', but got": "A bracket is not closed, or a comma is missing.",
    "expected the node content": "A value is missing before this, or the text wants quotes.",
}


class YamlFault(Fault):
    """What is no YAML, or more than is read."""

    says = "{what}"


@dataclass(slots=True)
class YamlNode:
    """A scalar, a sequence or a mapping (whose items are keys and values in turn), with its place in the text."""

    kind: str
    span: Span
    tag: str = ""
    text: str = ""
    style: str = ""
    items: list[YamlNode] = field(default_factory=list)


def compose(text: str, what: str = "") -> YamlNode | None:
    """The tree of a text; None for an empty one. Raises Faults for what is no YAML, or too much of it."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _tree(text)
    except Fault as fault:
        raise Faults(text, [fault], what) from None
    except MarkedYAMLError as error:
        raise Faults(text, [_not_yaml(text, error)], what) from None
    except YAMLError as error:
        at = min(getattr(error, "position", 0) or 0, len(text))
        raise Faults(
            text, [YamlFault((at, at + 1), what="this character cannot stand in YAML. Remove it.")], what
        ) from None
    except (ValueError, ArithmeticError, LookupError):
        raise Faults(
            text, [YamlFault((0, 1), what="this is not YAML: an escape in quotes stands for no character.")], what
        ) from None


def _tree(text: str) -> YamlNode | None:
    root: YamlNode | None = None
    open_nodes: list[YamlNode] = []
    anchors: dict[str, YamlNode] = {}
    for number, (name, event, span) in enumerate(_events(text)):
        if number > 2 * MOST_VALUES:
            raise YamlFault(span, what=f"this file is too long: at most {MOST_VALUES:,} values are read.")
        if name in ("SequenceEndEvent", "MappingEndEvent"):
            node = open_nodes.pop()
            node.span = (node.span[0], span[1])
        elif name == "DocumentStartEvent" and root is not None:
            raise YamlFault(
                span, what="a second document begins here, and a file holds one. Make it a file of its own."
            )
        elif name in _KINDS or name == "AliasEvent":
            node = _node(name, event, span, anchors)
            if open_nodes:
                open_nodes[-1].items.append(node)
            else:
                root = node
            if name in ("SequenceStartEvent", "MappingStartEvent"):
                open_nodes.append(node)
                if len(open_nodes) > DEEPEST:
                    raise YamlFault(span, what="this is nested too deeply. No exercise needs it.")
    return root


_KINDS: Final = {"ScalarEvent": "scalar", "SequenceStartEvent": "sequence", "MappingStartEvent": "mapping"}


def _events(text: str) -> Iterator[tuple[str, Any, Span]]:
    from ruamel.yaml import YAML

    for event in YAML(typ="safe", pure=True).parse(text):
        yield type(event).__name__, event, (event.start_mark.index, event.end_mark.index)


def _node(name: str, event: Any, span: Span, anchors: dict[str, YamlNode]) -> YamlNode:
    anchor = event.anchor
    if name == "AliasEvent":
        if anchor not in anchors:
            raise YamlFault(
                span,
                what=(
                    f"the alias *{visible(str(anchor))[:40]} stands for nothing. A text that begins with * stands "
                    f"in quotes."
                ),
            )
        return anchors[anchor]
    tag = str(event.tag) if event.tag is not None else ""
    node = YamlNode(_KINDS[name], span, tag)
    if name == "ScalarEvent":
        node.text, node.style = event.value, event.style or ""
    if anchor is not None:
        anchors[anchor] = node
    return node


def _not_yaml(text: str, error: Any) -> YamlFault:
    """The parser's words with our advice, at the place where the author can mend it."""
    problem = " ".join(str(error.problem or error.context or "no YAML").split())
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and (mark is None or mark.index >= len(text.rstrip())):
        mark = error.context_mark  # where a bracket or a quote opens, not the end of the file
    at = min(mark.index, len(text)) if mark else 0
    advice = next((f" {words}" for key, words in _ADVICE.items() if key in problem), "")
    return YamlFault((at, at + 1), what=f"this is not YAML: {visible(problem)}.{advice}")
