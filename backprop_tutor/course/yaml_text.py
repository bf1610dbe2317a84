"""Turns YAML text into plain values, each with its place in the text; nothing in it can run, explode or hide.

YAML 1.2's core schema (`no` is text, `1e-3` a number). Events become a tree of nodes within bounds, and nodes become
plain values: nothing is constructed, so a number's own digits are kept, aliases cost as much as what they stand for,
and no tag makes an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from backprop_tutor.errors import Fault, Faults
from backprop_tutor.text import LONGEST_NAME, Span, place, visible

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

MOST_VALUES: Final = 20_000  # each alias is counted as what it stands for
_TOO_LONG: Final = f"this file has too many values: at most {MOST_VALUES:,} are read."
DEEPEST: Final = 50

_ADVICE: Final = {
    "'\\t'": "Indent with spaces, not with tabs.",
    "cannot start any token": "Put the text in quotes.",
    "mapping values are not allowed": (
        "Put text that contains `: ` in quotes, and start all keys of a mapping in the same column."
    ),
    "could not find expected ':'": "A key is followed by a colon and a space.",
    "unexpected end of stream": "The quote that opens here is never closed.",
    "unknown escape": "Use single quotes, or write the backslash twice.",
    "expected <block end>": "Start the keys of one mapping in the same column.",
    "sequence entries are not allowed": "Start a list of - lines on a new line.",
    "', but got": "A bracket is not closed, or a comma is missing.",
    "expected the node content": "A value is missing before this, or the text needs quotes.",
}
_LONGEST_INT: Final = 300  # digits; a longer number becomes a float, and an infinite one is reported as too large
_NUMERAL: Final = frozenset("0123456789+-.eE")  # only these are read as the same numbers by Python and YAML
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final = {"", "!", *(_CORE + kind for kind in ("str", "int", "float", "bool", "null", "seq", "map"))}


def read_yaml(text: str, what: str = "") -> Source:
    """The plain values of a YAML text. Raises Faults if it is not YAML at all; other faults are in the Source."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    source = Source(text)
    try:
        root = _tree(text)
        source.value = None if root is None else source.read(root, ())
        return source
    except MarkedYAMLError as error:
        fault = _not_yaml(text, error)
    except YAMLError as error:
        at = min(getattr(error, "position", 0) or 0, len(text))
        fault = Fault((at, at + 1), what="this character is not allowed in YAML. Remove it.")
    except Fault as error:
        fault = error
    except (ValueError, ArithmeticError, LookupError):
        fault = Fault((0, 1), what="this is not YAML: an escape in quotes does not stand for a character.")
    raise Faults(text, [fault], what)


class Source:
    """A YAML text and its contents: `value` in plain dicts, lists, text and numbers; `places` by path. `written` has
    every scalar's own text, `keys` the places of a mapping's keys, `blocks` the texts under `|`.
    """

    def __init__(
        self, text: str, value: Any = None, keys: dict[Path, Span] | None = None, written: dict[Path, str] | None = None
    ) -> None:
        self.text, self.value = text, value
        self.keys, self.written = {} if keys is None else keys, {} if written is None else written
        self.places: dict[Path, Span] = {}
        self.blocks: set[Path] = set()
        self.faults: list[Fault] = []
        self._offsets: dict[Path, list[int]] = {}
        self._read = 0

    def place(self, path: Path) -> Span:
        """The place of a value, or of the nearest thing around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def offset_in(self, path: Path, offset: int) -> int:
        """The offset in the file of an offset in a text that may be folded, quoted or indented there."""
        found = self._offsets.get(path)
        if found is None:  # once per path: a file may have a hundred faults in one text
            at = self.place(path)
            in_block = path in self.blocks
            found = _in_block(self.text, at, self.written[path]) if in_block else _in_scalar(self.text, at)
            self._offsets[path] = found
        return found[min(offset, len(found) - 1)]

    def span_in(self, path: Path, span: Span) -> Span:
        """The same for a span, which holds at least one character."""
        start = self.offset_in(path, span[0])
        return start, max(start + 1, self.offset_in(path, span[1] - 1) + 1)

    def read(self, node: _Node, path: Path) -> Any:
        """The plain value of a node, recording its place and faults. Raises Fault if there are too many values."""
        self._read += 1
        if self._read > MOST_VALUES or len(path) > DEEPEST:
            raise Fault(node.span, what="aliases repeat too many values here. Write them out.")
        self.places[path] = node.span
        tag = "" if node.event.tag is None else str(node.event.tag)
        if tag not in _TAGS:
            shown = visible(tag.replace(_CORE, "!!"))[:LONGEST_NAME]
            self.faults.append(Fault(node.span, what=f"the tag {shown} is not supported here. Remove it."))
            return None
        if node.kind == "Scalar":
            return self._scalar(node.event, tag, path)
        if node.kind == "SequenceStart":
            return [self.read(item, (*path, number)) for number, item in enumerate(node.items)]
        return self._mapping(node, path)

    def spaced(self, value: Mapping[str, Any], path: Path, faults: list[Fault]) -> dict[str, Any]:
        """A mapping with `x: 2` for each `{x:2}`, which YAML takes for a key of that name, and without the key 5 of
        `{x: 3,5}`; each one is a fault."""
        found: dict[str, Any] = {}
        for key, item in value.items():
            name, colon, number = key.partition(":")
            last = next(reversed(found), "")
            before = self.written.get((*path, last), "")
            if item is None and key.isdigit() and re.fullmatch(r"[-+]?[0-9]+", before):
                what = f"write {visible(last)}: {before}.{key}, with a decimal point."
                faults.append(Fault(self.keys.get((*path, key), self.place(path)), what=what))
                continue
            if item is not None or not colon or not number or (*path, key) not in self.keys:
                found[key] = item
                continue
            span = self.keys[(*path, key)]
            faults.append(Fault(span, what=f"write {visible(name)}: {visible(number)}, with a blank after the colon."))
            self.keys[(*path, name)] = self.places[(*path, name)] = span
            self.written[(*path, name)] = number
            found[name] = plain(number)
        return found

    def folds(self, path: Path) -> bool:
        """Whether YAML has joined several assigning lines into one, as below `>`."""
        if path in self.blocks:
            return False
        lines = self.text[slice(*self.place(path))].split("\n")
        return len(lines) > 1 and sum(re.match(_ASSIGNED, line) is not None for line in lines) > 1

    def _mapping(self, node: _Node, path: Path) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, item in zip(node.items[::2], node.items[1::2], strict=True):
            if key_node.kind != "Scalar":
                self.faults.append(Fault(key_node.span, what="a key must be a word, not a list or a mapping."))
                continue
            key = key_node.event.value
            at = (*path, key)
            if key in value:
                line, _ = place(self.text, self.keys[at][0])
                twice = f"duplicate key {key} (first on line {line})."
                advice = " Write decimals with a point: 1.5." if key.isdigit() else ""
                self.faults.append(Fault(key_node.span, what=twice + advice))
            self.keys[at] = key_node.span
            value[key] = self.read(item, at)
            if item.span[0] == item.span[1]:  # an empty value; the next token may be lines below
                self.places[at] = key_node.span
        return value

    def _scalar(self, event: Any, tag: str, path: Path) -> Any:
        text = self.written[path] = event.value
        if event.style == "|":
            self.blocks.add(path)
        if event.style or tag in ("!", f"{_CORE}str"):
            return text
        return plain(text)


def plain(text: str) -> Any:
    """What an unquoted text stands for: None, a truth value, a number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMERAL.issuperset(text):
        whole = len(text) < _LONGEST_INT and text.lstrip("+-").isdigit()
        with suppress(ValueError):
            return int(text) if whole else float(text)
    return text


class _Node:
    """The event of a scalar, or the one that opens a sequence or a mapping (whose items alternate between keys and
    values)."""

    __slots__ = ("event", "items", "kind", "span")

    def __init__(self, kind: str, event: Any, span: Span) -> None:
        self.kind, self.event, self.span = kind, event, span
        self.items: list[_Node] = []


def _tree(text: str) -> _Node | None:
    from ruamel.yaml import YAML

    root: _Node | None = None
    open_nodes: list[_Node] = []
    anchors: dict[str, _Node] = {}
    if text.count(",") + text.count("\n") > MOST_VALUES:  # seen at once: a million entries take seconds to parse
        raise Fault((0, 1), what=_TOO_LONG)
    for number, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
        kind, span = type(event).__name__.removesuffix("Event"), (event.start_mark.index, event.end_mark.index)
        if number > 2 * MOST_VALUES:
            raise Fault(span, what=_TOO_LONG)
        if kind == "DocumentStart" and root is not None:
            raise Fault(
                span, what="a second document begins here, but a file may hold only one. Make it a separate file."
            )
        if kind in ("SequenceEnd", "MappingEnd"):
            node = open_nodes.pop()
            node.span = (node.span[0], span[1])
        if kind not in ("Scalar", "Alias", "SequenceStart", "MappingStart"):
            continue
        if kind == "Alias" and event.anchor not in anchors:
            alias = f"the alias *{visible(str(event.anchor))[:LONGEST_NAME]} is not defined."
            raise Fault(span, what=f"{alias} Put text that begins with * in quotes.")
        node = anchors[event.anchor] if kind == "Alias" else _Node(kind, event, span)
        if event.anchor is not None:
            anchors[event.anchor] = node
        if open_nodes:
            open_nodes[-1].items.append(node)
        else:
            root = node
        if kind in ("SequenceStart", "MappingStart"):
            open_nodes.append(node)
            if len(open_nodes) > DEEPEST:
                raise Fault(span, what="this is nested too deeply. No exercise needs it.")
    return root


def _not_yaml(text: str, error: Any) -> Fault:
    """The parser's message with our advice, at the place where the author can fix it."""
    problem = " ".join(str(error.problem or error.context or "no YAML").split())
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and (mark is None or mark.index >= len(text.rstrip())):
        mark = error.context_mark  # where a bracket or a quote opens, not the end of the file
    at = min(mark.index, len(text)) if mark else 0
    mended = _line_mended(text, at, problem)
    if mended is not None:
        return mended
    advice = next((f" {words}" for key, words in _ADVICE.items() if key in problem), "")
    problem = visible(problem).replace("got '<stream end>'", "the file ends")
    return Fault((at, at + 1), what=f"this is not YAML: {problem}.{advice}")


# Needed only for faults, so compiled where used: the first prompt waits for every other pattern.
_UNINDENTED: Final = r"^(\w+):[ \t]*[|>]?[-+]?[ \t]*\n(?=[^\s:#-][^:\n]*$)"
_RUN_TOGETHER: Final = r"^[ ]*([^\W\d]\w*):([^\s:]\S*)[ \t]*$"
_ASSIGNED: Final = r"\s*[^\W\d]\w*\s*="
_HANGING: Final = r"^ +[^:\n]*=[^:\n]*$"


def _line_mended(text: str, at: int, problem: str) -> Fault | None:
    """The fault of a line near the place where YAML stumbles, if a single correction of that line fixes it."""
    below = next(
        (found for found in reversed([*re.finditer(_UNINDENTED, text, re.MULTILINE)]) if found.end() <= at), None
    )
    if "':'" in problem and below is not None:
        what = f"the text of {below[1]} is not indented. Write {below[1]}: | and two spaces before each line below it."
        return Fault((below.end(), below.end() + 1), what=what)
    before = text.rfind("\n", 0, max(0, text.rfind("\n", 0, at))) + 1
    joined = re.compile(_RUN_TOGETHER, re.MULTILINE).match(text, before)
    if "mapping values" in problem and joined is not None:
        what = f"write {visible(joined[1])}: {visible(joined[2])}, with a blank after the colon."
        return Fault((joined.start(1), joined.end(2)), what=what)
    line = text.rfind("\n", 0, at) + 1
    if "block end" in problem and re.compile(_HANGING, re.MULTILINE).match(text, line):
        return Fault(
            (at, at + 1), what="this line begins further left than those above it. Indent all of them equally."
        )
    return None


_FOLDED = r"[ \t]*\n[ \t\n]*|."
_PIECES: Final = {
    '"': rf"\\(?:x..|u.{{4}}|U.{{8}}|.)|{_FOLDED}",
    "'": rf"''|{_FOLDED}",
    "": _FOLDED,
}
"""How one character of a text may be written, depending on the quotes: as an escape, or as folded line ends."""


def _in_block(text: str, span: Span, value: str) -> list[int]:
    """The file's offset of each character of a text under `|`, and of its end: lines are indented but otherwise as
    written."""
    found: list[int] = []
    at = text.find("\n", span[0]) + 1
    for line in value.removesuffix("\n").split("\n"):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        first = max(at, end - len(line))
        found += range(first, first + len(line) + 1)
        at = end + 1
    return [min(offset, len(text)) for offset in found]


def _in_scalar(text: str, span: Span) -> list[int]:
    """The same for a plain, quoted or folded text."""
    at, end = span
    quote = text[at : at + 1] if text[at : at + 1] in ("'", '"') else ""
    if quote:
        at += 1
    elif text[at : at + 1] == ">":
        at = text.find("\n", at) + 1
        at += len(text[at:]) - len(text[at:].lstrip(" "))
    found: list[int] = []
    for piece in re.compile(_PIECES[quote], re.DOTALL).finditer(text, at, end):
        found += [piece.start()] * max(1, piece[0].count("\n") - 1)  # of several line ends in a row, one is folded away
    return [*found, max(span[0], end - 1)]
