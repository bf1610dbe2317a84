"""A new exercise file: that it is there, what is doubtful about it, and how to look at it."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.authoring.exercise_files import SCHEMA_FILE
from backprop_tutor.authoring.report import Report
from backprop_tutor.show.validation import finding_lines
from backprop_tutor.show.words import Indented

_NEXT = {"explain": "look at it", "practice": "try it as your students will", "validate": "check it after each change"}


def begun_screen(path: Path, with_schema: bool, report: Report, width: int) -> RenderableType:
    """What was written and what to do next; `with_schema` if the schema's file is new too."""
    text = Text(f"{path} is written.", style="bold green")
    if with_schema:
        text.append(f" Beside it stands {SCHEMA_FILE}, from which an editor knows the keys.", "not bold default")
    parts: list[RenderableType] = [Indented(text, 0), *finding_lines(report, width)]
    shown = shlex.quote(str(path) if path.is_absolute() else f"./{path}")
    longest = max(map(len, _NEXT))
    for command, purpose in _NEXT.items():
        line = Text(f"  backprop-tutor {command} {shown}", style="bold", no_wrap=True, overflow="ignore")
        parts.append(line.append(" " * (longest - len(command) + 2) + purpose, "not bold dim"))
    return Group(*parts)
