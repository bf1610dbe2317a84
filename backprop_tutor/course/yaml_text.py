"""YAML text in, plain values out, each with its place in the text; nothing in it can run, explode or hide.

YAML 1.2's core schema (`no` is text, `1e-3` a number). Composed nodes are read, never constructed ones:
so a number's own digits are kept, aliases cost what they stand for, and no tag makes an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, Final
from unicodedata import normalize

from backprop_tutor.course.spans import in_block, in_scalar
from backprop_tutor.course.yaml_nodes import DEEPEST, MOST_VALUES, YamlFault, YamlNode, compose
from backprop_tutor.errors import Fault, Faults, Span, TutorError, place, visible

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

MOST_BYTES: Final = 1_000_000
"""The largest file that is read."""
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final = {"", "!", *(_CORE + kind for kind in ("str", "int", "float", "bool", "null", "seq", "map"))}


class DuplicateKey(Fault):
    """A key that stands twice in one mapping."""

    says = "{key} stands twice here: line {line} has it already. Keep one of them.{advice}"


class Unreadable(TutorError):
    """A file that cannot be read as text: `path`, and `why`."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{visible(self.path)}: {self.why}"


@dataclass
class Source:
    """A YAML text and what it holds: `value` in plain dicts, lists, text and numbers; `places` by path.

    `written` has every scalar's own text, `keys` the places of a mapping's keys, `blocks` the texts under `|`.
    """

    text: str
    value: Any = None
    places: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    blocks: set[Path] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def place(self, path: Path) -> Span:
        """Where a value stands, or the nearest thing around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def offset_in(self, path: Path) -> Callable[[int], int]:
        """For a text of several lines: from an offset in it to the offset in the file."""
        found = (in_block if path in self.blocks else in_scalar)(
            self.text, self.place(path), self.written.get(path, "")
        )
        return lambda offset: found[min(offset, len(found) - 1)]


def read_file(path: File) -> str:
    """A file as text. Raises Unreadable: no such file, a folder, not UTF-8, too large."""
    shown = str(path)
    try:
        if not path.is_file():
            raise Unreadable(shown, "this is no file." if path.exists() else "there is no such file.")
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(shown, f"cannot be read: {(error.strerror or 'unknown error').lower()}.") from None
    return decoded(data, shown)


def decoded(data: bytes, shown: str) -> str:
    """Bytes as text. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(shown, f"is larger than {MOST_BYTES:,} bytes.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(shown, "is UTF-16. Save it as UTF-8.")
    try:
        return normalize("NFC", data.decode("utf-8-sig")).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(shown, f"is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from None


def read_yaml(text: str, what: str = "") -> Source:
    """The plain values of a YAML text. Raises Faults where it is no YAML at all; other faults stand in the Source."""
    source = Source(text)
    root = compose(text, what)
    if root is not None:
        try:
            source.value = _Reader(source).read(root, (), 0)
        except Fault as fault:
            raise Faults(text, [fault], what) from None
    return source


class _Reader:
    """Turns composed nodes into plain values, noting places and faults."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values = 0

    def read(self, node: YamlNode, path: Path, depth: int) -> Any:
        source = self.source
        self.values += 1
        if self.values > MOST_VALUES or depth > DEEPEST:
            raise YamlFault(node.span, what="aliases repeat more values here than are read. Write out what is meant.")
        source.places[path] = node.span
        if node.tag not in _TAGS:
            source.faults.append(
                YamlFault(
                    node.span,
                    what=f"the tag {visible(node.tag.replace(_CORE, '!!'))[:40]} is not read here. Remove it.",
                )
            )
            return None
        if node.kind == "scalar":
            return self._scalar(node, path)
        if node.kind == "sequence":
            return [self.read(item, (*path, number), depth + 1) for number, item in enumerate(node.items)]
        return self._mapping(node, path, depth)

    def _mapping(self, node: YamlNode, path: Path, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, item in zip(node.items[::2], node.items[1::2], strict=True):
            if key_node.kind != "scalar":
                self.source.faults.append(YamlFault(key_node.span, what="a key is a word, not a list or a mapping."))
                continue
            key, at = key_node.text, (*path, key_node.text)
            if key in value:
                line = place(self.source.text, self.source.keys[at][0])[0]
                advice = " A decimal is written with a point: 1.5." if key.isdigit() else ""
                self.source.faults.append(DuplicateKey(key_node.span, key=key, line=line, advice=advice))
            self.source.keys[at] = key_node.span
            value[key] = self.read(item, at, depth + 1)
            if item.span[0] == item.span[1]:  # nothing is written, and the next thing that is may stand lines below
                self.source.places[at] = key_node.span
        return value

    def _scalar(self, node: YamlNode, path: Path) -> Any:
        text = node.text
        self.source.written[path] = text
        if node.style == "|":
            self.source.blocks.add(path)
        if node.style or node.tag in ("!", f"{_CORE}str"):
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text) if len(text) < 300 else float(text)
        return float(text) if _FLOAT.fullmatch(text) else text
