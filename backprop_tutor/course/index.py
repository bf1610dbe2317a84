"""The plain values of the built-in exercises, stored beside them so that no YAML is read at the start.

An entry is found by the text it was made from: a file changed since then is read as YAML, like any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from backprop_tutor.course.yaml_text import Path as Keys
from backprop_tutor.course.yaml_text import Source, read_yaml
from backprop_tutor.text import Span

INDEX: Final = "index.json"
"""The index file in the exercises' folder."""


class _Anywhere(dict[Keys, Span]):
    """The places of keys, for a text that has no fault to show."""

    def __missing__(self, path: Keys) -> Span:
        return (0, 1)


def kept(text: str, folder: Path) -> Source | None:
    """What a folder's index contains for a text; None if it was made from a different one."""
    found = _entry(text, folder)
    if found is None:
        return None
    written = {tuple(path): scalar for path, scalar in found["written"]}
    return Source(text, found["value"], keys=_Anywhere(), written=written)


def kept_about(text: str, folder: Path) -> list[Any] | None:
    """What the index says about a text's circuit, so that it need not be read; None if it is about a different text."""
    found = _entry(text, folder)
    return None if found is None else found["about"]


def index_of(texts: Iterable[str], about: Callable[[Source], tuple[object, ...]]) -> str:
    """The index of these exercises, with what `about` says of each. Raises Faults."""
    lines = []
    for text in texts:
        source = read_yaml(text)
        entry = {"about": about(source), "value": source.value, "written": list(source.written.items())}
        lines.append(f"{json.dumps(_stamp(text))}: {json.dumps(entry, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"  # one exercise per line, so that a change is one line


def _entry(text: str, folder: Path) -> Any:
    line = _lines(folder).get(_stamp(text))
    return None if line is None else json.loads(line)


@cache
def _lines(folder: Path) -> dict[str, str]:
    """The entries by their stamps, in JSON: a start reads one of them, not all."""
    try:
        lines = (folder / INDEX).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):  # without an index, every file is read as YAML
        return {}
    return {stamp.strip('"'): entry.rstrip(",") for stamp, _, entry in (line.partition(": ") for line in lines)}


def _stamp(text: str) -> str:
    return f"{crc32(text.encode()):08x}-{len(text)}"
