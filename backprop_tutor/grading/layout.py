"""Whose submission a file is, from a pattern over its path: `{student}/{exercise}.yaml`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from backprop_tutor.grading.faults import CannotGrade, NotHandedIn
from backprop_tutor.text import nearest, visible

FIELDS: Final = ("student", "exercise", "attempt")
"""What a pattern may name; `*` stands for any text within one part of the path."""
_PIECE = re.compile(r"\{([^{}]*)\}|(\*)")


class Place(NamedTuple):
    """What is known of a submission before it is opened; None where only the submission itself can say it."""

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None


class Layout:
    """A pattern, ready to be compared with paths. Raises CannotGrade for one that names something else, or one thing
    twice."""

    def __init__(self, pattern: str) -> None:
        pattern = pattern.removeprefix("./").replace("\\", "/")
        parts, start = [], 0
        self.fields: list[str] = []
        for match in _PIECE.finditer(pattern):
            parts.append(re.escape(pattern[start : match.start()]))
            parts.append("[^/]*" if match[2] else self._group(match[1]))
            start = match.end()
        parts.append(re.escape(pattern[start:]))
        if set("{}") & set("".join(_PIECE.split(pattern)[::3])):
            raise CannotGrade("--layout has a brace without its other half.")
        if not self.fields:
            raise CannotGrade(f"--layout names at least one of {_named()}, such as '{{student}}/{{exercise}}.yaml'.")
        self.pattern = pattern
        self._compiled = re.compile("".join(parts), re.DOTALL)

    def _group(self, name: str) -> str:
        if name not in FIELDS:
            raise CannotGrade(f"--layout knows {_named()}, not {{{visible(name)}}}.{nearest(name, FIELDS)}")
        if name in self.fields:
            raise CannotGrade(f"--layout names {{{name}}} twice. Once is enough; * stands for any other text.")
        self.fields.append(name)
        return f"(?P<{name}>[^/]+?)"

    def place(self, path: str) -> Place:
        """What a path says, with `/` between its parts: one inside a folder that was given, or, from `/`, that of a
        file that was.

        Of a file that was given itself the last parts count, as many as the pattern has: they are the teacher's words,
        so
        nobody hands in under another's name. Raises NotHandedIn where it does not fit.
        """
        if path.startswith("/"):
            path, where = "/".join(path.split("/")[-1 - self.pattern.count("/") :]), ""
        else:
            where = ", which is about paths inside the folder that was given"
        match = self._compiled.fullmatch(path)
        if match is None:
            raise NotHandedIn(f"{visible(path)} does not fit --layout{where}.")
        return Place(**match.groupdict())


def _named() -> str:
    return ", ".join(f"{{{name}}}" for name in FIELDS)
