"""How a report of ours is told from what is handed in: by how its text begins, or by what its data hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

_BEGINNINGS: Final = (
    b'{"format": "backprop-tutor/grade',
    b'{\n "score":',
    b"student,exercise,seed,score,max,",
    b"# Grades\n\n| student | exercise | score | of | seed | note |",
    b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="backprop-tutor">',
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="backprop-tutor grade">',
)
"""Of every format, and of the summary's page; nothing that is handed in begins so."""


def is_report(path: Path, is_begun: bool = False) -> bool:
    """Whether a file is a report; one that `is_begun` may be empty yet."""
    try:
        with path.open("rb") as stream:
            text = stream.read(max(map(len, _BEGINNINGS)))
    except OSError:
        return False
    return text.startswith(_BEGINNINGS) or (is_begun and not text)


def is_report_data(data: Any) -> bool:
    """Whether what a file or a line holds is a report in JSON, or a row of one."""
    if not isinstance(data, dict):
        return False
    return str(data.get("format", "")).startswith("backprop-tutor/grade") or {"tests", "extra_data"} <= data.keys()
