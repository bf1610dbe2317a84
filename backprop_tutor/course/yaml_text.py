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

from backprop_tutor.errors import Fault, Faults, Span, TutorError, visible

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

MOST_BYTES: Final = 1_000_000
"""The largest file that is read."""
_MOST_VALUES: Final = 20_000
_DEEPEST: Final = 50
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_KINDS: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map", "merge", "timestamp", "value")}


class YamlFault(Fault):
    """What is no YAML, or more than is read."""

    says = "{what}"


class DuplicateKey(Fault):
    """A key that stands twice in one mapping."""

    says = "{key} stands twice here. Keep one of them."


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

    `written` has every scalar's own text, `keys` the places of a mapping's keys.
    """

    text: str
    value: Any = None
    places: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    literal: set[Path] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def place(self, path: Path) -> Span:
        """Where a value stands, or the nearest thing around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def offset_in(self, path: Path) -> Callable[[int], int]:
        """For a text of several lines: from an offset in it to the offset in the file."""
        start, end = self.place(path)
        value = self.written.get(path, "")
        if path not in self.literal:
            quoted = self.text[start : start + 1] in "'\""
            return lambda offset: min(start + quoted + offset, max(start, end - 1))
        lines = [(match.start(), match[0]) for match in re.finditer(r"[^\n]*\n?", self.text[start:])][1:]
        indent = next((len(line) - len(line.lstrip(" ")) for _, line in lines if line.strip()), 0)

        def in_file(offset: int) -> int:
            row = value.count("\n", 0, offset)
            column = offset - (value.rfind("\n", 0, offset) + 1)
            return start + lines[row][0] + indent + column if row < len(lines) else end

        return in_file


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
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(shown, f"is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from None


def read_yaml(text: str, what: str = "") -> Source:
    """The plain values of a YAML text. Raises Faults where it is no YAML at all; other faults stand in the Source."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    source = Source(text)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        if node is not None:
            _Reader(source).read(node, (), 0)
    except RecursionError:
        raise Faults(text, [YamlFault((0, 1), what="this is nested too deeply to be read.")], what) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index, len(text)) if mark else 0
        problem = " ".join(str(error.problem or error.context or "no YAML").split())
        raise Faults(text, [YamlFault((at, at + 1), what=f"this is not YAML: {problem}.")], what) from None
    except YAMLError as error:
        at = getattr(error, "position", 0) or 0
        raise Faults(text, [YamlFault((at, at + 1), what="this character cannot stand in YAML.")], what) from None
    except ValueError:
        raise Faults(text, [YamlFault((0, 1), what="this is not YAML.")], what) from None
    return source


class _Reader:
    """Turns composed nodes into plain values, noting places and faults."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values = 0

    def read(self, node: Any, path: Path, depth: int) -> Any:
        source = self.source
        span = (node.start_mark.index, node.end_mark.index)
        self.values += 1
        if self.values > _MOST_VALUES or depth > _DEEPEST:
            too = "more values than are read (are aliases repeating them?)" if self.values > _MOST_VALUES else "nested too deeply"
            raise Faults(source.text, [YamlFault((span[0], span[0] + 1), what=f"this is {too}.")])
        source.places[path] = span
        if str(node.tag) not in _KINDS:
            source.faults.append(YamlFault(span, what=f"the tag {visible(str(node.tag))[:40]} is not read here. Remove it."))
            return None
        if node.id == "scalar":
            value = self._scalar(node, path)
        elif node.id == "sequence":
            value = [self.read(item, (*path, number), depth + 1) for number, item in enumerate(node.value)]
        else:
            value = self._mapping(node, path, depth)
        if not path:
            source.value = value
        return value

    def _mapping(self, node: Any, path: Path, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, item in node.value:
            span = (key_node.start_mark.index, key_node.end_mark.index)
            if key_node.id != "scalar":
                self.source.faults.append(YamlFault(span, what="a key is a word, not a list or a mapping."))
                continue
            key = key_node.value
            if key in value:
                self.source.faults.append(DuplicateKey(span, key=key))
            self.source.keys[(*path, key)] = span
            value[key] = self.read(item, (*path, key), depth + 1)
        return value

    def _scalar(self, node: Any, path: Path) -> Any:
        text: str = node.value
        self.source.written[path] = text
        if node.style == "|":
            self.source.literal.add(path)
        if node.style is not None and node.style != "":
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text) if len(text) < 300 else float(text)
        return float(text) if _FLOAT.fullmatch(text) else text
