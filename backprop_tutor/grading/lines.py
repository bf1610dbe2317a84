"""Turns lines of answers into the report's rows as plain dictionaries, one by one, without files, storage or
processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from backprop_tutor.grading.collecting import NAMELESS, texts_of_lines
from backprop_tutor.grading.grader import Grader, Settings
from backprop_tutor.grading.rows import as_dict


def graded(lines: Iterable[str | bytes], settings: Settings) -> Iterator[dict[str, Any]]:
    """A generator of the rows that `grade - --format jsonl` writes for these lines, each as soon as its line is read.
    Raises TutorError, at once, for an exercise or a folder that cannot be used; no line raises an error."""
    grader = Grader(settings._replace(words=True))
    return (as_dict(row) for row in grader.rows(texts_of_lines(NAMELESS, map(_in_bytes, lines))))


def _in_bytes(line: object) -> object:
    # As bytes, as in a file, so that a text is read by the same rules, including the limit on its size in bytes.
    return line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
